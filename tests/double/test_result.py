"""What a handler or an automatic operation returns is held to the contract before it is sent, once."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import Contract, Operation, read
from specdouble.double.http.result import ContractBroken, Results
from specdouble.double.state.conforming import Conforming

CONTRACT = """
openapi: 3.0.3
info: {title: Shelves, version: "1"}
paths:
  /shelves/{id}: {get: {operationId: read_shelf, parameters: [{name: id, in: path, required: true, schema: {
    type: string}}], responses: {"200": {description: one, content: {application/json: {schema: {
      type: object, required: [id], properties: {id: {type: string}}}}}}}}}
"""


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    file: Path = tmp_path_factory.mktemp("shelves") / "openapi.yaml"
    file.write_text(CONTRACT)
    return read(file)


def _slot(operation: Operation) -> str:
    response = operation.response(200)
    media = response.media() if response else None
    assert media is not None
    assert media.slot is not None
    return media.slot


def test_a_body_that_does_not_conform_is_not_sent(contract: Contract) -> None:
    operation = contract.operations["read_shelf"]
    with pytest.raises(ContractBroken):
        Results(contract, operation).answer({"id": 1})


def test_a_body_that_was_held_to_the_same_schema_is_sent_as_it_is(contract: Contract) -> None:
    operation = contract.operations["read_shelf"]
    answer = Results(contract, operation).answer((Conforming({"id": "a"}, _slot(operation)), 200, {}))
    assert answer.body == b'{"id":"a"}'


def test_a_body_that_was_held_to_another_schema_is_held_to_that_of_its_answer(contract: Contract) -> None:
    operation = contract.operations["read_shelf"]
    with pytest.raises(ContractBroken):
        Results(contract, operation).answer(Conforming({"id": 1}, "another"))
