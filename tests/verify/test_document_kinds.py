"""Paths name documents of collections, or of a kind of their own where no collection is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import Contract, read
from specdouble.verify.document_kinds import DocumentKinds

CONTRACT = """
openapi: 3.0.3
info: {title: Shelves, version: "1"}
components:
  parameters:
    shelf: {name: shelfId, in: path, required: true, schema: {type: integer}}
    label: {name: label, in: path, required: true, schema: {type: string}}
paths:
  /shelves:
    post: {operationId: makeShelf, responses: {"201": {description: made}}}
  /shelves/{shelfId}:
    parameters: [{$ref: "#/components/parameters/shelf"}]
    get: {operationId: readShelf, responses: {"200": {description: it}}}
    delete: {operationId: deleteShelf, responses: {"204": {description: gone}}}
  /shelves/{shelfId}/labels/{label}:
    parameters: [{$ref: "#/components/parameters/shelf"}, {$ref: "#/components/parameters/label"}]
    put: {operationId: putLabel, responses: {"200": {description: there}}}
  /rooms/{room}:
    parameters: [{name: room, in: path, required: true, schema: {type: string, format: uuid}}]
    get: {operationId: readRoom, responses: {"200": {description: it}}}
"""
SHELF, LABEL, ROOM = "/shelves/{}", "/shelves/{}/labels/{}", "/rooms/{}"


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    file: Path = tmp_path_factory.mktemp("kinds") / "openapi.yaml"
    file.write_text(CONTRACT, "utf-8")
    return read(file)


@pytest.fixture(scope="module")
def kinds(contract: Contract) -> DocumentKinds:
    return DocumentKinds(contract)


def test_each_parameter_of_a_path_names_a_document_of_its_kind(contract: Contract, kinds: DocumentKinds) -> None:
    label = contract.operations["putLabel"]
    assert kinds.named(label, {"shelfId": 7, "label": "new"}) == [("shelfId", SHELF, 7), ("label", LABEL, "new")]


def test_a_create_makes_what_the_path_below_names_and_a_put_what_its_own_path_names(
    contract: Contract, kinds: DocumentKinds
) -> None:
    assert {name: kinds.made_by(one) for name, one in contract.operations.items()} == {
        "makeShelf": SHELF,
        "readShelf": None,
        "deleteShelf": None,
        "putLabel": LABEL,
        "readRoom": None,
    }


def test_what_no_operation_creates_is_given(kinds: DocumentKinds) -> None:
    assert [kind for kind in (SHELF, LABEL, ROOM) if kinds.is_given(kind)] == [ROOM]


def test_what_paths_name_by_a_number_is_numbered(kinds: DocumentKinds) -> None:
    assert kinds.numbered == {SHELF}


@pytest.mark.parametrize(
    ("kind", "value", "fits"),
    [
        (SHELF, 7, True),
        (SHELF, "red", False),
        (LABEL, "red", True),
        (ROOM, "red", False),
        (ROOM, "3a85acb3-926c-4807-853c-552d569536eb", True),
    ],
)
def test_a_name_of_another_form_is_the_id_of_no_document(
    kind: str, value: object, fits: bool, kinds: DocumentKinds
) -> None:
    assert kinds.may_be_named(kind, value) is fits


def test_what_a_path_names_leads_through_what_lies_above_it(contract: Contract, kinds: DocumentKinds) -> None:
    assert kinds.above(contract.operations["putLabel"], {"shelfId": 7, "label": "new"}) == {SHELF: "7"}


def test_what_can_be_deleted_is_known_by_its_path(kinds: DocumentKinds) -> None:
    assert [one.id for one in kinds.deletes] == ["deleteShelf"]
