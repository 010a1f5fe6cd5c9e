"""Credentials go where the contract says; of a contract that says nothing of them, with every request."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from specdouble.contract import Contract, read
from specdouble.verify import Account, Login, Settings, WrongUse, verify
from specdouble.verify.exchange import Call
from specdouble.verify.identity import Crowd
from tests.verify.test_proof import CONTRACT, PROTECTED


def _contract(folder: Path, text: str, **components: object) -> Contract:
    raw = yaml.safe_load(text)
    raw["components"] |= components
    (folder / "openapi.yaml").write_text(yaml.safe_dump(raw), "utf-8")
    return read(folder)


def _carried(contract: Contract, **credentials: str) -> dict[str, str]:
    crowd = Crowd(contract, Settings(users=(Account("ada", credentials=credentials),)))
    headers, _ = crowd.authorize(Call(contract.operations["list"], "ada"))
    return dict(headers)


def test_a_contract_without_security_schemes_lets_a_user_have_header_fields(tmp_path: Path) -> None:
    contract = _contract(tmp_path, CONTRACT, securitySchemes={})
    assert _carried(contract, Authorization="token sesame") == {"Authorization": "token sesame"}


def test_a_token_of_a_login_is_a_bearers_where_the_contract_has_no_security_scheme(tmp_path: Path) -> None:
    crowd = Crowd(_contract(tmp_path, CONTRACT, securitySchemes={}), Settings(login=Login("create")))
    assert (crowd.login_scheme(), crowd.token_prefix) == ("Authorization", "Bearer ")


def test_a_security_scheme_that_no_operation_asks_for_is_sent_with_each(tmp_path: Path) -> None:
    assert _carried(_contract(tmp_path, CONTRACT), apiKey="sesame") == {"X-Api-Key": "sesame"}


def test_an_open_operation_of_a_contract_that_protects_others_is_sent_no_credentials(tmp_path: Path) -> None:
    contract = _contract(tmp_path, PROTECTED.replace("operationId: list", "operationId: list\n      security: []", 1))
    assert _carried(contract, apiKey="sesame") == {}


def test_a_misspelt_security_scheme_is_told_with_those_that_there_are(tmp_path: Path) -> None:
    users = (Account("ada", credentials={"apiKy": "sesame"}),)
    with pytest.raises(WrongUse, match="`apiKy`, which the contract has not: write `apiKey`"):
        verify(_contract(tmp_path, CONTRACT), Settings(url="http://127.0.0.1:1", users=users))
