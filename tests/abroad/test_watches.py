"""Of a create that answers with an id alone the rest is read; what it makes beside its document is told."""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import Verdict
from tests.guard.service import serving

CONTRACT = """
openapi: 3.1.0
info: {title: Watches of pages, version: "1"}
components:
  schemas:
    Watch:
      type: object
      required: [url]
      properties:
        uuid: {type: string, readOnly: true}
        url: {type: string, maxLength: 100}
        paused: {type: boolean, default: true}
        tag: {type: string, maxLength: 50}
    Tag: {type: object, required: [title], properties: {uuid: {type: string, readOnly: true}, title: {type: string}}}
    Id: {type: object, properties: {uuid: {type: string}}}
paths:
  /watch:
    get:
      operationId: listWatches
      responses: {"200": {description: all, content: {application/json: {schema:
        {type: object, additionalProperties: {$ref: "#/components/schemas/Watch"}}}}}}
    post:
      operationId: createWatch
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Watch"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Id"}}}}
        "400": {description: refused}
  /watch/{uuid}:
    parameters: [{name: uuid, in: path, required: true, schema: {type: string}}]
    get:
      operationId: readWatch
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Watch"}}}}
        "404": {description: none}
    delete: {operationId: deleteWatch, responses: {"204": {description: gone}, "404": {description: none}}}
  /tags:
    get:
      operationId: listTags
      responses: {"200": {description: all, content: {application/json: {schema:
        {type: object, additionalProperties: {$ref: "#/components/schemas/Tag"}}}}}}
  /tag:
    post:
      operationId: createTag
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Tag"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Id"}}}}
        "400": {description: refused}
  /tag/{uuid}:
    parameters: [{name: uuid, in: path, required: true, schema: {type: string}}]
    get:
      operationId: readTag
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Tag"}}}}
        "404": {description: none}
    delete: {operationId: deleteTag, responses: {"204": {description: gone}, "404": {description: none}}}
"""
ASKED = {"watch": ("url", 100), "tag": ("title", 10**6)}  # what a document must hold, and its longest


class Watches:
    """Makes a tag of each that a new watch names; answers each create with an id alone."""

    def __init__(self, paused: bool = True) -> None:
        self.paused = paused  # where a request does not say
        self.numbers = count(1)
        self.held: dict[str, dict[str, dict[str, Any]]] = {"watch": {}, "tag": {}}
        self._add("tag", {"title": "somebody's"})

    def verified(self, folder: Path) -> Verdict:
        (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
        rules = ("default:watch.paused", "read_your_writes")
        with serving(self.answer) as url:
            return verify(read(folder), Settings(url=url, phases=("rules",), rules=rules))

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        kind, _, key = path.strip("/").partition("/")
        if not key:
            return (200, self.held[kind.removesuffix("s")]) if method == "GET" else self._create(kind, sent)
        if key not in self.held[kind]:
            return 404, None
        return (200, self.held[kind][key]) if method == "GET" else (204, self.held[kind].pop(key) and None)

    def _create(self, kind: str, sent: bytes) -> tuple[int, Any]:
        body, (name, longest) = json.loads(sent), ASKED[kind]
        if not isinstance(body, dict) or not isinstance(body.get(name), str) or len(body[name]) > longest:
            return 400, None
        if kind == "watch":
            body = {"paused": self.paused, **body}
            if isinstance(body.get("tag"), str):
                self._add("tag", {"title": body["tag"]})
        return 201, {"uuid": self._add(kind, body)}

    def _add(self, kind: str, document: dict[str, Any]) -> str:
        key = f"{next(self.numbers):032x}"
        self.held[kind][key] = {**document, "uuid": key}
        return key


@pytest.mark.slow
def test_what_a_create_answers_with_an_id_alone_is_read_and_what_it_made_beside_is_told(tmp_path: Path) -> None:
    watches = Watches()
    verdict = watches.verified(tmp_path)
    beside = len(watches.held["tag"]) - 1
    assert [(failure.promise, failure.seen) for failure in verdict.failures] == []
    assert verdict.rows["default:watch.paused"].state == "kept"
    assert [line.partition(" that")[0] for line in verdict.left] == [f"{beside} in GET /tags"]


@pytest.mark.slow
def test_a_default_that_is_not_filled_in_is_found_where_a_create_answers_with_an_id_alone(tmp_path: Path) -> None:
    verdict = Watches(paused=False).verified(tmp_path)
    assert [failure.check for failure in verdict.failures] == ["default:watch.paused"]
