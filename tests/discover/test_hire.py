"""Owners whose 404 no contract declares, quotas of each user, states, and what is computed are found; no more."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Contract, read
from specdouble.rules.unique.rule import Unique
from specdouble.verify import Settings, verify
from specdouble.verify.settings import Account
from specdouble.verify.verdict import BROKEN, KEPT
from tests.discover.conftest import discovered, sentences
from tests.discover.hire import CONTRACT, USERS, Hire

FOUND = {
    "owner:hires.userId": "userId is the caller's: another's document does not exist for the caller",
    "unique:hires.plate": "plate is unique, ignoring ASCII case",
    "transitions:hires.status": "status begins as wished and moves from fixed to over, "
    "over to nothing, wished to fixed",
    "computed:hires.price": "price is `self.days * self.rate`",
    "limit:hires": "there are at most 4 documents of hires of the same userId",
}
# What is true beside it: set by the server.
ALSO = {"readOnly:hires.id", "readOnly:hires.userId", "readOnly:hires.price"}


def _contract(folder: Path, **annotated: Any) -> Contract:
    """The contract, with annotations on properties of its documents, or on all of them."""
    data = copy.deepcopy(CONTRACT)
    schema = data["components"]["schemas"]["Hire"]
    schema |= {"x-resource": annotated.pop("resource", {"collection": "hires"})}
    for name, said in annotated.items():
        schema["properties"][name] = {**schema["properties"][name], **said}
    file = folder / "openapi.json"
    file.write_text(json.dumps(data), "utf-8")
    return read(file)


def _settings(url: str, *rules: str) -> Settings:
    users = tuple(Account(user, {}, {"bearer": token}) for token, user in USERS.items())
    return Settings(url=url, yes=True, users=users, phases=("rules",), rules=rules)


def test_a_404_that_no_operation_declares_keeps_a_document_from_others(tmp_path: Path) -> None:
    contract = _contract(tmp_path, resource={"collection": "hires", "owner": "userId"})
    with Hire().running() as url:
        verdict = verify(contract, _settings(url, "owner:hires.userId"))
    assert verdict.rows["owner:hires.userId"].state == KEPT


def test_a_time_that_is_shown_in_another_way_is_the_clients(tmp_path: Path) -> None:
    contract = _contract(tmp_path, begins={"readOnly": True})
    with Hire().running() as url:
        verdict = verify(contract, _settings(url, "readOnly:hires.begins"))
    assert verdict.rows["readOnly:hires.begins"].state == BROKEN


def test_what_the_request_takes_and_refuses_for_its_form_is_no_proof_that_the_server_sets_it(tmp_path: Path) -> None:
    contract = _contract(tmp_path, rate={"readOnly": True})
    with Hire().running() as url:
        verdict = verify(contract, _settings(url, "readOnly:hires.rate"))
    assert verdict.rows["readOnly:hires.rate"].state == BROKEN


def test_letters_beyond_ascii_are_told_apart_where_its_case_alone_is_ignored(tmp_path: Path) -> None:
    contract = _contract(tmp_path, plate={"x-unique": {"ignore": "ascii-case"}})
    rule = contract.rules["unique:hires.plate"]
    assert isinstance(rule, Unique)
    assert rule.normalised("Ärzte AB") == "Ärzte ab"
    assert replace(rule, ignore=frozenset({"case"})).looser_than(rule) is False
    assert rule.looser_than(replace(rule, ignore=frozenset({"case"}))) is True
    with Hire().running() as url:
        verdict = verify(contract, _settings(url, "unique:hires.plate"))
    assert verdict.rows["unique:hires.plate"].state == KEPT


@pytest.mark.slow
def test_rules_of_a_server_that_declares_few_refusals_are_found(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(CONTRACT), "utf-8")
    server = Hire()
    with server.running() as url:
        found = sentences(discovered(read(file), _settings(url)))
    assert {rule: found.get(rule) for rule in FOUND} == FOUND
    assert found.keys() - FOUND.keys() <= ALSO
    assert server.held == {}
