"""A HEAD of which the contract says nothing is answered as its GET is, or not taken at all (RFC 9110, 9.3.2)."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
import yaml
from fastapi import Body, FastAPI, Header, HTTPException, Response

from specdouble.contract import read
from specdouble.verify import Account, Settings, verify
from tests.applications import serving

CONTRACT = """
openapi: 3.1.0
info: {title: Keys, version: "1"}
components:
  securitySchemes: {token: {type: apiKey, in: header, name: X-Token}}
  schemas:
    New: {type: object, required: [bit], properties: {bit: {type: string, minLength: 1, maxLength: 60}}}
    Key:
      x-resource: {collection: keys}
      type: object
      required: [id, bit]
      properties: {id: {type: string, readOnly: true}, bit: {type: string, minLength: 1, maxLength: 60}}
security: [{token: []}]
paths:
  /keys:
    post:
      operationId: cut
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/New"}}}}
      responses:
        "201": {description: cut, content: {application/json: {schema: {$ref: "#/components/schemas/Key"}}}}
        "401": {description: nobody}
        "422": {description: no}
  /keys/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: show
      responses:
        "200": {description: it, content: {application/json: {schema: {$ref: "#/components/schemas/Key"}}}}
        "401": {description: nobody}
        "404": {description: none}
"""
TOKEN = "t-4711"
Sent = Annotated[dict[str, Any], Body()]
Token = Annotated[str, Header(alias="X-Token")]


class Keys:
    """A server that takes HEAD beside GET.

    Args:
        fault: `refuses` (which is none), `asks nobody`, `finds all`, `tags otherwise`.
    """

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.numbers = count(1)
        self.kept: dict[str, dict[str, Any]] = {}
        self.app = app = FastAPI()
        app.post("/keys", status_code=201)(self.cut)
        app.get("/keys/{id}")(self.show)
        app.head("/keys/{id}")(self.tell)

    def hold(self, token: str) -> None:
        if token != TOKEN:
            raise HTTPException(401)

    def cut(self, body: Sent, token: Token = "") -> dict[str, Any]:
        self.hold(token)
        bit = body.get("bit")
        if not isinstance(bit, str) or not 1 <= len(bit) <= 60:
            raise HTTPException(422)
        key = {"id": f"k{next(self.numbers)}", "bit": bit}
        self.kept[key["id"]] = key
        return key

    def show(self, id: str, response: Response, token: Token = "") -> dict[str, Any]:
        self.hold(token)
        if id not in self.kept:
            raise HTTPException(404)
        response.headers["ETag"] = f'"{id}"'
        return self.kept[id]

    def tell(self, id: str, token: Token = "") -> Response:
        if self.fault == "refuses":
            raise HTTPException(405)
        if self.fault != "asks nobody":
            self.hold(token)
        if id not in self.kept and self.fault != "finds all":
            raise HTTPException(404)
        tag = "other" if self.fault == "tags otherwise" else id
        return Response(headers={"ETag": f'"{tag}"', "Content-Type": "application/json"})


def promises_broken(fault: str, tmp_path: Path, **settings: Any) -> list[tuple[str, str]]:
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(yaml.safe_load(CONTRACT)))
    user = Account("ada", credentials={"token": TOKEN})
    with serving(Keys(fault).app) as url:
        told = Settings(url=url, users=(user,), rules=("header_fields",), phases=("rules",), yes=True)
        verdict = verify(read(tmp_path), replace(told, **settings))
    return [(one.promise, one.detail) for one in verdict.failures]


@pytest.mark.parametrize("fault", ["", "refuses"])
def test_a_head_that_is_right_or_not_taken_is_no_failure(fault: str, tmp_path: Path) -> None:
    assert promises_broken(fault, tmp_path) == []


@pytest.mark.parametrize(
    ("fault", "case"),
    [("asks nobody", "without credentials"), ("finds all", "an id of none"), ("tags otherwise", "a document")],
)
def test_a_head_that_tells_something_else_is_found(fault: str, case: str, tmp_path: Path) -> None:
    assert promises_broken(fault, tmp_path) == [("HEAD /keys/{id}, where it is taken, tells what GET tells", case)]


def test_a_failure_that_is_too_light_to_count_is_not_the_one_that_ends_a_run(tmp_path: Path) -> None:
    """Each 401 of this server lacks WWW-Authenticate, which counts at `rfc` alone."""
    rules = ("authentication", "conformance", "header_fields")
    light = promises_broken("finds all", tmp_path, rules=rules, max_failures=1, strictness="rfc")
    counting = promises_broken("finds all", tmp_path, rules=rules, max_failures=1)
    assert [promise for promise, _ in light] != [promise for promise, _ in counting]
    assert [promise for promise, _ in counting] == ["HEAD /keys/{id}, where it is taken, tells what GET tells"]
