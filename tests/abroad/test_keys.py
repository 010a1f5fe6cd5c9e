"""A server that counts the idempotency keys of all its operations together, as a payment provider does: no alarm."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import pytest
from fastapi import Body, FastAPI, Header
from fastapi.responses import JSONResponse

from tests.kinds.others import verdict_of

PATH = """
  /NAME:
    post:
      operationId: post_NAME
      x-idempotency: Idempotency-Key
      x-action: {action: create, collection: NAME}
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/NAME'}}}}
      responses:
        '201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/NAME'}}}}
        '409': {description: the key is known}
        '422': {description: wrong}
"""
SCHEMA = """
    NAME:
      type: object
      x-resource: {collection: NAME, id: id}
      required: [text]
      properties: {id: {type: string, readOnly: true}, text: {type: string}}
"""
NAMES = ("charges", "refunds")
CONTRACT = "openapi: 3.1.0\ninfo: {title: Payments, version: '1'}\npaths:" + "".join(
    PATH.replace("NAME", name) for name in NAMES
)
CONTRACT += "components:\n  schemas:" + "".join(SCHEMA.replace("NAME", name) for name in NAMES)


def payments(*, refuses: bool) -> FastAPI:
    """It refuses what another operation's key is sent with, or answers it with what that one made."""
    app, known = FastAPI(), dict[str, tuple[str, Any, Any]]()

    @app.post("/{name}")
    async def create(
        name: str, body: Annotated[Any, Body()], idempotency_key: Annotated[str, Header()] = ""
    ) -> JSONResponse:
        first = known.get(idempotency_key)
        if first is not None and (first[:2] == (name, body) or (not refuses and first[0] != name)):
            return JSONResponse(first[2], 201)
        if first is not None:
            return JSONResponse({}, 409)
        made = {**body, "id": uuid4().hex}
        if idempotency_key:
            known[idempotency_key] = (name, body, made)
        return JSONResponse(made, 201)

    return app


@pytest.mark.parametrize("refuses", [True, False])
def test_a_key_of_another_operation_may_be_refused_and_not_answered(tmp_path: Path, *, refuses: bool) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    rules = tuple(f"idempotency:post_{name}" for name in NAMES)
    verdict = verdict_of(payments(refuses=refuses), tmp_path, rules)
    assert {one.check for one in verdict.failures} == (set() if refuses else set(rules))
    assert [verdict.rows[rule].state for rule in rules] == ["kept" if refuses else "broken"] * 2
