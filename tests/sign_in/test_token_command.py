"""`specdouble token` prints what was asked for, and says what it cannot."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jwt
import pytest
from click.testing import CliRunner, Result

from specdouble.cli import main
from tests.sign_in.doubles import CONTRACT


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("token")
    shutil.copy(CONTRACT, found / "openapi.yaml")
    return found


def printed(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["token", "ada", str(folder), *options])


def claims(folder: Path, *options: str) -> Any:
    token = printed(folder, "--scheme", "oauth", *options).stdout.strip()
    return jwt.decode(token, options={"verify_signature": False})


def test_a_token_has_the_scopes_that_are_asked_for_else_all_of_them(folder: Path) -> None:
    assert claims(folder)["scope"] == "read write"
    assert claims(folder, "--scope", "read")["scope"] == "read"
    told = claims(folder, "--expired")
    assert told["exp"] <= told["iat"]


def test_a_scope_that_the_contract_has_not_is_told_with_the_one_that_was_meant(folder: Path) -> None:
    result = printed(folder, "--scope", "reed", "--scheme", "oauth")
    assert (result.exit_code, result.stdout.count(".")) == (0, 2)
    assert result.stderr == "specdouble: the contract has no scope `reed`: write `read`\n"
    assert printed(folder, "--scope", "openid", "--scheme", "oidc").stderr == ""


def test_as_json_it_has_the_same_scopes_and_leaves_out_what_takes_no_token(folder: Path) -> None:
    placed = json.loads(printed(folder, "--json", "--scope", "read").stdout)
    shown = {placed["headers"]["X-API-Key"], placed["query"]["key"], placed["cookies"]["session"]}
    assert {jwt.decode(one, options={"verify_signature": False})["scope"] for one in shown} == {"read"}
    assert placed["headers"]["Authorization"].startswith("Bearer ")
    assert json.loads(printed(folder, "--json").stdout)["headers"]["X-API-Key"] == "ada-key"


TWO = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
paths:
  /notes: {get: {operationId: notes, security: [{oauth: []}], responses: {"200": {description: Notes.}}}}
  /names: {get: {operationId: names, security: [{pair: []}], responses: {"200": {description: Names.}}}}
components:
  securitySchemes:
    pair: {type: http, scheme: basic}
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /token, scopes: {}}}}
"""


def test_as_json_a_field_that_two_schemes_want_has_the_token_or_what_the_named_scheme_wants(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(TWO, "utf-8")
    fields = [
        json.loads(printed(tmp_path, "--json", *options).stdout)["headers"]["Authorization"].split()[0]
        for options in ((), ("--scheme", "oauth"), ("--scheme", "pair"))
    ]
    assert fields == ["Bearer", "Bearer", "Basic"]


KEYS = """
openapi: 3.0.3
info: {title: Notes behind a key, version: "1"}
paths:
  /notes: {get: {operationId: notes, security: [{apiKeyAuth: []}], responses: {"200": {description: Notes.}}}}
components: {securitySchemes: {apiKeyAuth: {type: apiKey, in: header, name: X-Api-Key}}}
"""


def test_who_has_no_key_is_told_where_to_write_one(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(KEYS, "utf-8")
    (tmp_path / "mock_data").mkdir()
    people = [
        {"id": "1", "username": "ada", "password": "ada-secret"},
        {"id": "2", "username": "bob", "password": "b", "apiKey": "bobs-key"},
    ]
    (tmp_path / "mock_data" / "users.json").write_text(json.dumps(people), "utf-8")
    result = printed(tmp_path)
    assert result.stdout.count(".") == 2  # a token, which the double takes
    assert "`ada` has no key for `apiKeyAuth`" in result.stderr
    assert (
        "write a key as `apiKeyAuth` or `X-Api-Key` or `apiKey` of that user in mock_data/users.json" in result.stderr
    )
    other = CliRunner().invoke(main, ["token", "bob", str(tmp_path)])
    assert (other.stdout, other.stderr) == ("bobs-key\n", "")


def test_a_key_that_an_identity_names_and_nobody_has_is_no_empty_one(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parent / "keys.yaml", tmp_path / "openapi.yaml")
    (tmp_path / "mock_data").mkdir()
    (tmp_path / "mock_data" / "users.json").write_text(json.dumps([{"id": "ada"}]), "utf-8")
    result = printed(tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "write one as `apiKey` of that user in mock_data/users.json" in result.stderr
