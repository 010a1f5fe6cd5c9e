"""A credential goes where its security scheme wants it, and a token of OAuth 2 to the scheme that takes such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Contract, read
from specdouble.verify import WrongUse
from specdouble.verify.carrying import carry, scheme_of_tokens
from specdouble.verify.settings import OAuth

KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
BEARER = {"type": "http", "scheme": "bearer"}
FLOWS = {"type": "oauth2", "flows": {"password": {"tokenUrl": "/token", "scopes": {}}}}


def contract(folder: Path, **schemes: dict[str, Any]) -> Contract:
    """A contract with these security schemes."""
    raw = {"openapi": "3.0.3", "info": {"title": "Schemes", "version": "1"}, "paths": {}}
    file = folder / "openapi.yaml"
    file.write_text(str({**raw, "components": {"securitySchemes": schemes}}), "utf-8")  # JSON enough for YAML
    return read(file)


@pytest.mark.parametrize(
    ("scheme", "headers", "query"),
    [
        (KEY, {"X-Key": "a:b"}, {}),
        ({**KEY, "in": "query"}, {}, {"X-Key": "a:b"}),
        ({**KEY, "in": "cookie"}, {"Cookie": "X-Key=a:b"}, {}),
        (BEARER, {"Authorization": "Bearer a:b"}, {}),
        ({"type": "http", "scheme": "basic"}, {"Authorization": "Basic YTpi"}, {}),
        ({"type": "http", "scheme": "digest"}, {}, {}),  # a proof is made for each request
    ],
)
def test_a_credential_goes_where_its_scheme_wants_it(
    scheme: dict[str, str], headers: dict[str, str], query: dict[str, str]
) -> None:
    found: tuple[dict[str, str], dict[str, str]] = ({}, {})
    carry(scheme, "a:b", *found)
    assert found == (headers, query)


def test_a_token_goes_to_the_scheme_that_the_settings_name(tmp_path: Path) -> None:
    known = contract(tmp_path, session=BEARER, flows=FLOWS)
    assert scheme_of_tokens(known, OAuth("password", scheme="session")).name == "session"


def test_a_token_goes_to_a_scheme_of_oauth_before_any_bearer(tmp_path: Path) -> None:
    assert scheme_of_tokens(contract(tmp_path, session=BEARER, flows=FLOWS), OAuth("password")).name == "flows"


def test_a_scheme_that_the_contract_has_not_is_wrong_use_and_another_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match=r"`flow`, which the contract has not.*flows"):
        scheme_of_tokens(contract(tmp_path, flows=FLOWS), OAuth("password", scheme="flow"))


def test_where_no_scheme_takes_a_bearer_token_there_is_none_for_one(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="needs `scheme`"):
        scheme_of_tokens(contract(tmp_path, key=KEY), OAuth("password"))
