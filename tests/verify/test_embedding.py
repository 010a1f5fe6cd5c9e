"""Documents within documents: what a body holds with its id is one that there is, and not any that fits."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import hypothesis
import jsonschema
import pytest
import yaml

from specdouble.contract import Contract, read
from specdouble.verify import Settings, verify
from specdouble.verify.session import Session
from specdouble.verify.strategies import fitting
from specdouble.verify.values import plausible
from specdouble.verify.verdict import KEPT

CONTRACT = """
openapi: 3.0.3
info: {title: Dogs of a breed that there is, version: "1"}
paths:
  /breeds:
    get: {operationId: listBreeds, responses: {"200": {description: all, content: {application/json: {
      schema: {type: array, items: {$ref: "#/components/schemas/Breed"}}}}}}}
  /breeds/{breedId}:
    parameters: [{name: breedId, in: path, required: true, schema: {type: integer}}]
    get: {operationId: getBreed, responses: {"404": {description: none}, "200": {description: one, content: {
      application/json: {schema: {$ref: "#/components/schemas/Breed"}}}}}}
  /dogs:
    post: {operationId: addDog, requestBody: {required: true, content: {application/json: {
      schema: {$ref: "#/components/schemas/Dog"}}}}, responses: {
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Dog"}}}},
        "400": {description: refused}}}
    get: {operationId: listDogs, responses: {"200": {description: all, content: {application/json: {
      schema: {type: array, items: {$ref: "#/components/schemas/Dog"}}}}}}}
  /dogs/{dogId}:
    parameters: [{name: dogId, in: path, required: true, schema: {type: integer}}]
    get: {operationId: getDog, responses: {"404": {description: none}, "200": {description: one, content: {
      application/json: {schema: {$ref: "#/components/schemas/Dog"}}}}}}
    delete: {operationId: removeDog, responses: {"204": {description: gone}, "404": {description: none}}}
components:
  schemas:
    Breed: {type: object, required: [id], properties: {id: {type: integer, minimum: 1}, name: {type: string}}}
    Dog:
      type: object
      required: [name, breed, mixed]
      properties:
        id: {type: integer, readOnly: true}
        name: {type: string, minLength: 1, maxLength: 200}
        breed: {$ref: "#/components/schemas/Breed"}
        mixed: {type: array, items: {$ref: "#/components/schemas/Breed"}, maxItems: 3}
"""
DOG = {"$ref": "#/components/schemas/Dog", **yaml.safe_load(CONTRACT)}
BREEDS = {41: "Pointer", 42: "Setter"}


class _Kennel(BaseHTTPRequestHandler):
    """Finds breeds by their ids, and shows them as it has them."""

    protocol_version = "HTTP/1.1"
    dogs: dict[int, dict[str, Any]]

    def do_GET(self) -> None:
        place = self.path.partition("?")[0].strip("/").split("/")
        if place == ["breeds"]:
            self.answer(200, [{"id": key, "name": name} for key, name in BREEDS.items()])
        elif place == ["dogs"]:
            self.answer(200, [*self.dogs.values()])
        else:
            key = int(place[-1]) if place[-1].isdecimal() else 0
            breed = {"id": key, "name": BREEDS[key]} if key in BREEDS else None
            found = breed if place[0] == "breeds" else self.dogs.get(key)
            self.answer(200 if found else 404, found)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            sent = json.loads(content)
            jsonschema.validate(sent, DOG)
            shown = [{"id": one["id"], "name": BREEDS[one["id"]]} for one in (sent["breed"], *sent["mixed"])]
        except (ValueError, LookupError, RecursionError, jsonschema.ValidationError):
            self.answer(400)
            return
        key = max(self.dogs, default=0) + 1
        self.dogs[key] = {"id": key, "name": sent["name"], "breed": shown[0], "mixed": shown[1:]}
        self.answer(201, self.dogs[key])

    def do_DELETE(self) -> None:
        key = self.path.rpartition("/")[2]
        found = self.dogs.pop(int(key), {}) if key.isdecimal() else {}
        self.answer(204 if found else 404)

    def answer(self, status: int, content: Any = None) -> None:
        data = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_arguments: Any) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Kennel", (_Kennel,), {"dogs": {}}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    file = tmp_path_factory.mktemp("kennel") / "openapi.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(CONTRACT)), "utf-8")
    return read(file)


def test_a_document_within_a_body_is_one_that_there_is_as_the_server_shows_it(contract: Contract, url: str) -> None:
    session = Session(contract, Settings(url))
    session.baselines.seek(["addDog"])
    taken = session.baselines.found["addDog"].taken
    assert taken is not None
    assert [taken.call.body["breed"], taken.call.body["mixed"]] == [
        {"id": 41, "name": "Pointer"}, [{"id": 41, "name": "Pointer"}],
    ]  # fmt: skip


@pytest.mark.slow
def test_who_holds_documents_within_documents_by_their_ids_is_told_no_failure(contract: Contract, url: str) -> None:
    verdict = verify(contract, Settings(url, yes=True, phases=("rules",), rules=("read_your_writes",)))
    assert [failure.sentence for failure in verdict.failures] == []
    kept = {row.check for row in verdict.rows.values() if row.state == KEPT}
    assert kept == {"read_your_writes"}


def test_an_id_within_is_sent_where_it_is_required_and_not_read_only() -> None:
    text, number = {"type": "string"}, {"type": "integer"}
    part: dict[str, Any] = {"type": "object", "properties": {"id": number, "text": text}}
    required = {**part, "required": ["id"]}
    set_by_server = {**required, "properties": {"id": {**number, "readOnly": True}, "text": text}}
    sent = [sorted(plausible(one, lambda schema: schema, "word")) for one in (part, required, set_by_server)]
    assert sent == [["text"], ["id", "text"], ["text"]]


def test_random_values_of_what_requires_an_id_have_one() -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
    assert "id" in hypothesis.find(fitting(schema, lambda one: one), lambda _: True)
