"""An answer is held to what the contract declares, as far as HTTP lets it have that."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from specdouble.contract import Contract, read
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.judge import judge

DECLARED = {"description": "done", "content": {"application/json": {"schema": {"type": "object"}}}}


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    moved = {"description": "moved", "headers": {"Location": {"required": True, "schema": {"type": "string"}}}}
    responses = {"204": DECLARED, "205": DECLARED, "200": DECLARED, "202": moved}
    operation = {"operationId": "remove", "responses": responses}
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/things": {"delete": operation}}}
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document))
    return read(tmp_path)


def _broken(contract: Contract, status: int, **more: str) -> list[str]:
    call, fields = Call(contract.operations["remove"], None), {"content-type": "application/json", **more}
    answer = Exchange(call, "DELETE", "http://127.0.0.1/things", {}, None, status, fields, b"", 0.0, 0.0)
    return [one.expected for one in judge(contract, answer)]


@pytest.mark.parametrize("status", [204, 205])
def test_a_status_without_content_is_held_to_none_whatever_is_declared(contract: Contract, status: int) -> None:
    assert _broken(contract, status) == []


def test_a_status_with_content_is_held_to_what_is_declared(contract: Contract) -> None:
    assert _broken(contract, 200) == ["an answer that is JSON"]


def test_a_success_has_the_header_fields_that_the_contract_requires(contract: Contract) -> None:
    assert _broken(contract, 202, location="/things/1") == []
    assert _broken(contract, 202) == ["an answer 202 with the header field Location, which the contract requires"]


def test_a_refusal_has_the_header_fields_that_the_contract_requires_of_its_very_status(tmp_path: Path) -> None:
    field = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
    responses = {"200": DECLARED, "401": {"description": "who?", "headers": field}}
    operation = {"operationId": "remove", "responses": responses}
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {"/things": {"delete": operation}}}
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document))
    expected = "an answer 401 with the header field WWW-Authenticate, which the contract requires"
    assert expected in _broken(read(tmp_path), 401)
    assert expected not in _broken(read(tmp_path), 401, **{"www-authenticate": "Bearer"})
