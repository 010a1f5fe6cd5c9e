"""A sign-up makes users that no path names: they are told before and after, and a taken address is no failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.intent import intent
from tests.guard.service import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Members, version: "1"}
paths:
  /auth/sign-up:
    post:
      operationId: signUp
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              required: [email]
              properties:
                email: {type: string, example: ada@example.com}
                name: {type: string, maxLength: 9}
      responses:
        "201":
          description: made
          content: {application/json: {schema: {type: object, properties: {id: {type: integer}}}}}
        "400": {description: refused}
  /auth/sign-in:
    post:
      operationId: signIn
      responses:
        "201":
          description: a token
          content: {application/json: {schema: {type: object, properties: {token: {type: string}}}}}
"""


class Members:
    """Takes each address once."""

    def __init__(self) -> None:
        self.addresses: list[str] = []

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        if method != "POST":
            return 405, None
        if path == "/auth/sign-in":
            return 201, {"token": "abc"}
        try:
            body = json.loads(sent)
        except ValueError:
            return 400, None
        right = isinstance(body, dict) and isinstance(body.get("email"), str) and not body.keys() - {"email", "name"}
        if not right or not isinstance(body.get("name", ""), str) or len(body.get("name", "")) > 9:
            return 400, {"detail": "INVALID"}
        if body["email"] in self.addresses:
            return 400, {"detail": "REGISTER_USER_ALREADY_EXISTS"}
        self.addresses.append(body["email"])
        return 201, {"id": len(self.addresses)}


def test_users_of_a_sign_up_are_told_and_a_taken_address_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    contract, members = read(tmp_path), Members()
    with serving(members.answer) as url:
        settings = Settings(url=url, phases=("coverage",), max_examples=5)
        told = "\n".join(intent(contract, settings))
        verdict = verify(contract, settings)
    assert "No operation deletes what is created by POST /auth/sign-up: it stays." in told
    assert f"{len(members.addresses)} made by POST /auth/sign-up: no operation deletes them" in verdict.left
    assert [one.promise for one in verdict.failures if "rejected" in one.promise] == []
