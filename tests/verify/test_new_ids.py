"""What a create made is known by the id that its answer tells, else by the name that the create made up."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Contract, read
from specdouble.verify.document_kinds import DocumentKinds
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.new_ids import NewIds

CONTRACT = """
openapi: 3.0.3
info: {title: Tags, version: "1"}
paths:
  /tags:
    post:
      operationId: makeTag
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"201": {description: made}}
  /tags/{type}/{value}:
    parameters:
      - {name: type, in: path, required: true, schema: {type: string}}
      - {name: value, in: path, required: true, schema: {type: string}}
    delete: {operationId: deleteTag, responses: {"204": {description: gone}}}
  /rooms:
    post:
      operationId: makeRoom
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {"201": {description: made}}
  /rooms/{roomId}:
    parameters: [{name: roomId, in: path, required: true, schema: {type: string}}]
    put: {operationId: putRoom, responses: {"201": {description: made}}}
"""
MADE_UP = ("word-1", "word-2")


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    file: Path = tmp_path_factory.mktemp("ids") / "openapi.yaml"
    file.write_text(CONTRACT, "utf-8")
    return read(file)


@pytest.fixture(scope="module")
def ids(contract: Contract) -> NewIds:
    return NewIds(contract, DocumentKinds(contract), lambda value: value in MADE_UP)


def answered(call: Call, shown: bytes, **headers: str) -> Exchange:
    return Exchange(call, "POST", "", {}, None, 201, headers, shown, 0.0, 0.0)


@pytest.mark.parametrize(
    ("shown", "headers", "told"),
    [
        (b'{"roomId": "r7", "name": "word-1"}', {}, "r7"),
        (b'{"room": {"id": 7}}', {}, 7),
        (b"", {"location": "https://there/rooms/r%207"}, "r 7"),
        (b'"0123456789abcdef01234567"', {}, "0123456789abcdef01234567"),
        (b"{}", {}, None),
    ],
)
def test_an_answer_tells_the_id_in_its_body_in_location_or_as_its_whole(
    contract: Contract, ids: NewIds, shown: bytes, headers: dict[str, str], told: Any
) -> None:
    call = Call(contract.operations["makeRoom"], body={}, has_body=True)
    assert ids.answered(call, answered(call, shown, **headers)) == told


def test_what_no_answer_tells_is_known_by_the_name_that_was_made_up(contract: Contract, ids: NewIds) -> None:
    call = Call(contract.operations["makeRoom"], body={"size": "large", "name": "word-1"}, has_body=True)
    assert ids.of(call, answered(call, b"{}")) == "word-1"
    another = Call(contract.operations["makeRoom"], body={"name": "large"}, has_body=True)
    assert ids.of(another, answered(another, b"{}")) is None


@pytest.mark.parametrize(("room", "asked"), [("word-2", "word-2"), ("lobby", None)])
def test_a_path_asks_for_an_id_where_this_run_made_it_up(
    contract: Contract, ids: NewIds, room: str, asked: str | None
) -> None:
    assert ids.asked(Call(contract.operations["putRoom"], path={"roomId": room})) == asked


def test_of_several_those_are_new_that_the_request_asked_for(contract: Contract, ids: NewIds) -> None:
    call = Call(contract.operations["makeRoom"], body=[{"name": "Word-1"}], has_body=True)
    assert ids.several(call, answered(call, b'[{"name": "word-1"}, {"name": "lobby"}]')) == ["word-1"]


def test_what_two_parameters_name_is_known_by_both(contract: Contract, ids: NewIds) -> None:
    call = Call(contract.operations["makeTag"], body={"type": "colour", "value": "word-1"}, has_body=True)
    assert ids.pair(call, answered(call, b"{}")) == ("/tags/{}/{}", {"type": "colour", "value": "word-1"})
