"""Before anything is judged, each operation gets a request that the server takes, or one line says what would help."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from specdouble.contract import Contract, read
from specdouble.verify import Settings, verify
from specdouble.verify.baseline import Baseline
from specdouble.verify.baselines import Baselines
from specdouble.verify.session import Session
from tests.verify.weather import Weather

CONTRACT = """
openapi: 3.0.3
info: {title: Zones, version: "1"}
components:
  schemas:
    Zone:
      type: object
      x-resource: {collection: zones}
      properties:
        id: {type: string, readOnly: true}
        name: {type: string, description: 'The name, e.g. “example.com.”'}
        kind: {type: string}
paths:
  /zones:
    post:
      operationId: createZone
      requestBody:
        required: true
        content: {application/json: {schema: {$ref: "#/components/schemas/Zone"}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Zone"}}}}
        "422": {description: refused}
    get:
      operationId: listZones
      responses:
        "200":
          description: all
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Zone"}}}}
  /zones/{zoneId}:
    get:
      operationId: readZone
      parameters: [{name: zoneId, in: path, required: true, schema: {type: string}}]
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Zone"}}}}
        "404": {description: none}
"""
Judge = Callable[[dict[str, Any], dict[str, dict[str, Any]]], tuple[int, str] | None]


@contextmanager
def serving(refuse: Judge) -> Iterator[str]:
    """A server of zones that refuses what it is told to; its address."""
    zones: dict[str, dict[str, Any]] = {"kept": {"id": "kept", "name": "kept.example.", "kind": "Native"}}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            key = self.path.removeprefix("/zones").strip("/")
            if key and key not in zones:
                self.answer(404, {"error": "there is none"})
            else:
                self.answer(200, zones[key] if key else list(zones.values()))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            refused = refuse(body, zones)
            if refused:
                self.answer(refused[0], {"error": refused[1]})
                return
            key = f"zone{len(zones)}"
            zones[key] = {**body, "id": key}
            self.answer(201, zones[key])

        def answer(self, status: int, content: Any) -> None:
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    file = tmp_path_factory.mktemp("baseline") / "openapi.yaml"
    file.write_text(CONTRACT, encoding="utf-8")
    return read(file)


def sought(contract: Contract, refuse: Judge, name: str = "createZone", **settings: Any) -> tuple[Baseline, Baselines]:
    with serving(refuse) as url:
        session = Session(contract, Settings(url, **settings))
        session.baselines.seek([name])
        return session.baselines.found[name], session.baselines


def needs_a_dot(body: dict[str, Any], _zones: dict[str, dict[str, Any]]) -> tuple[int, str] | None:
    if "name" not in body:
        return 422, "Key 'name' is not present"
    return None if body["name"].endswith(".") else (422, f"DNS name '{body['name']}' is not canonical")


def test_what_is_taken_at_once_is_sent_as_usual(contract: Contract) -> None:
    found, _ = sought(contract, lambda _body, _zones: None)
    assert (found.missing, found.held, found.without) == (None, {}, frozenset())


def test_a_property_that_the_refusal_names_is_sent_as_the_contract_shows_it(contract: Contract) -> None:
    found, _ = sought(contract, needs_a_dot)
    assert (found.missing, list(found.held)) == (None, ["name"])
    assert found.held["name"].endswith(".")


def test_a_value_is_taken_from_a_document_that_is_there(contract: Contract) -> None:
    def refuse(body: dict[str, Any], _zones: dict[str, dict[str, Any]]) -> tuple[int, str] | None:
        return None if body.get("kind") == "Native" else (400, "unknown kind")

    assert sought(contract, refuse)[0].held == {"kind": "Native"}


def test_a_member_of_the_refusal_itself_is_no_value_that_it_asks_for(contract: Contract) -> None:
    def refuse(body: dict[str, Any], _zones: dict[str, dict[str, Any]]) -> tuple[int, str] | None:
        kind = str(body.get("kind", ""))
        return None if kind.islower() and " " not in kind else (400, "kind: expected 3 characters of [a-z0-9-]")

    assert str(sought(contract, refuse)[0].held["kind"]).startswith("specdouble-")


def test_a_name_is_made_anew_where_the_server_says_that_it_is_taken(contract: Contract) -> None:
    def refuse(body: dict[str, Any], zones: dict[str, dict[str, Any]]) -> tuple[int, str] | None:
        taken = any(body.get("name") == one.get("name") for one in zones.values())
        return needs_a_dot(body, zones) or ((409, "that zone exists") if taken else None)

    found, _ = sought(contract, refuse)
    assert found.held["name"] != "example.com."
    assert found.held["name"].endswith(".example.com.")


def test_without_a_request_that_is_taken_one_line_says_what_was_sent_and_what_would_help(contract: Contract) -> None:
    found, baselines = sought(contract, lambda _body, _zones: (422, "no"))
    assert found.missing is not None
    summary, line = baselines.advice()
    assert "`example`" in summary
    assert line.strip().startswith("POST /zones")
    assert "422" in line


def test_a_search_that_the_network_spoils_is_begun_again(contract: Contract) -> None:
    with serving(lambda _body, _zones: None) as url, Weather(url, drop_every=10) as bad:
        bad.numbers = count(10)  # the first request is dropped
        session = Session(contract, Settings(bad.url))
        session.baselines.seek(["createZone"])
    assert session.baselines.found["createZone"].missing is None


def test_a_path_leads_to_a_document_of_this_run(contract: Contract) -> None:
    found, _ = sought(contract, lambda _body, _zones: None, "readZone")
    assert found.taken is not None
    assert found.taken.call.path["zoneId"].startswith("zone")


def test_a_path_parameter_of_the_settings_is_taken(contract: Contract) -> None:
    found, _ = sought(contract, lambda _body, _zones: None, "readZone", parameters={"zoneId": "kept"})
    assert found.taken is not None
    assert found.taken.call.path == {"zoneId": "kept"}


def test_where_no_document_can_be_made_a_listed_one_is_read(contract: Contract) -> None:
    found, _ = sought(contract, lambda _body, _zones: (422, "no"), "readZone")
    assert found.taken is not None
    assert found.taken.call.path == {"zoneId": "kept"}


def test_an_answer_that_is_not_declared_is_told_by_its_operation_and_its_status(contract: Contract) -> None:
    with serving(lambda _body, _zones: (418, "a teapot")) as url:
        verdict = verify(contract, Settings(url, phases=("rules",), rules=("conformance", "read_your_writes")))
    promises = [failure.promise for failure in verdict.failures]
    assert any(promise.startswith("POST /zones answering 418: ") for promise in promises), promises


def test_who_is_refused_for_a_zone_that_is_not_there_names_one_that_is(tmp_path: Path) -> None:
    data = yaml.safe_load(CONTRACT)
    record = {
        "type": "object",
        "properties": {"id": {"type": "string", "readOnly": True}, "zoneId": {"type": "string"}},
    }
    data["components"]["schemas"]["Record"] = {**record, "x-resource": {"collection": "records"}}
    one = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Record"}}}}
    answers = {"201": {"description": "", **one}, "400": {"description": ""}}
    data["paths"]["/records"] = {"post": {"operationId": "createRecord", "requestBody": one, "responses": answers}}
    file = tmp_path / "openapi.yaml"
    file.write_text(yaml.safe_dump(data), "utf-8")

    def refuse(body: dict[str, Any], zones: dict[str, dict[str, Any]]) -> tuple[int, str] | None:
        is_zone = "name" in body or body.get("zoneId") in zones
        return None if is_zone else (400, "no such zone")

    found, _ = sought(read(file), refuse, "createRecord")
    assert found.missing is None
