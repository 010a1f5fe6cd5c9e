"""What can be created without a credential, and not be deleted without one, is told before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import Contract, read
from specdouble.verify import Account, Settings
from specdouble.verify.intent import intent

CONTRACT = """
openapi: 3.0.3
info: {title: Todos that anybody adds, version: "1"}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
paths:
  /todos:
    post: {operationId: addTodo, responses: {"201": {description: made, content: {application/json: {
      schema: {type: object, properties: {id: {type: integer}}}}}}}}
  /todos/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    delete: {operationId: dropTodo, security: [{key: []}], responses: {"204": {description: gone}}}
"""
TOLD = "Nobody is named who may delete what is created by POST /todos: it stays. Add --user."
ADA = Account("ada", credentials={"key": "secret"})


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    return read(tmp_path)


def test_that_nobody_may_delete_what_is_created_is_told_before(contract: Contract) -> None:
    assert TOLD in [*intent(contract, Settings("http://x"))]


def test_with_a_user_who_may_delete_it_nothing_of_it_is_told(contract: Contract) -> None:
    assert TOLD not in [*intent(contract, Settings("http://x", (ADA,)))]
