"""The contract's own login, where nobody has written a handler: its token is that of the `x-identity`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import jwt
import pytest

from specdouble.contract.token_claims import token_claims
from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Notes, version: '1'}
security: [{bearer: []}]
paths:
  /login:
    post:
      operationId: login
      security: []
      requestBody:
        content:
          application/json:
            schema: {type: object, properties: {email: {type: string}, password: {type: string}}}
      responses:
        '200':
          description: Signed in.
          content:
            application/json:
              schema:
                type: object
                properties: {token: {type: string}, user: {$ref: '#/components/schemas/Person'}}
  /notes:
    post:
      operationId: post_note
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
components:
  securitySchemes:
    bearer:
      {type: http, scheme: bearer, x-identity: {collection: people, claims: {userId: id, role: role}, expires: 600}}
  schemas:
    Person:
      type: object
      x-resource: {collection: people, id: id}
      properties: {id: {type: string}, email: {type: string}, role: {type: string}}
    Note:
      type: object
      x-resource: {collection: notes, id: id, owner: personId}
      properties: {id: {type: string}, personId: {type: string, readOnly: true}, text: {type: string}}
"""
ANN = {"id": "p-1", "email": "ann@example.org", "role": "editor"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(CONTRACT.replace("userId: id", "personId: id"), "utf-8")
    (tmp_path / "mock_data").mkdir()
    (tmp_path / "mock_data" / "people.json").write_text(json.dumps([ANN]), "utf-8")
    return tmp_path


@pytest.fixture
def client(folder: Path) -> Iterator[httpx.Client]:
    with serving(Settings(folder)) as url, httpx.Client(base_url=url) as client:
        yield client


def test_who_signs_in_gets_a_token_of_the_identity(client: httpx.Client) -> None:
    answer = client.post("/login", json={"email": "ann@example.org", "password": "any"}).json()
    claims = token_claims(answer["token"])
    assert (claims["personId"], claims["role"], claims["exp"] - claims["iat"]) == ("p-1", "editor", 600)
    assert answer["user"] == ANN
    made = client.post("/notes", json={"text": "hello"}, headers={"Authorization": f"Bearer {answer['token']}"})
    assert (made.status_code, made.json()["personId"]) == (201, "p-1")


@pytest.mark.parametrize(
    ("takes_foreign", "id", "status"), [(True, "p-1", 201), (True, "p-2", 401), (False, "p-1", 401)]
)
def test_a_token_of_another_server_is_its_users_where_tokens_of_others_are_read(
    folder: Path, takes_foreign: bool, id: str, status: int
) -> None:
    token = jwt.encode({"personId": id}, "another server's secret, of 32 bytes", "HS256")
    with serving(Settings(folder, takes_foreign=takes_foreign)) as url:
        answer = httpx.post(f"{url}/notes", json={"text": "hello"}, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status
