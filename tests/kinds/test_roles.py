"""`x-roles`: kept by the double, attacked by the verifier with users of each role, broken by its mutants."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from specdouble.contract import ContractError, read
from specdouble.double.double import Double
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.factories import Factories
from specdouble.double.server import Server
from specdouble.prove.fault import Change
from specdouble.prove.mutants import mutants_of
from specdouble.verify.settings import Account, Settings
from specdouble.verify.verdict import Verdict
from specdouble.verify.verification import Show, verify

CONTRACT = Path(__file__).with_name("notices.yaml")
RULE = "roles:post_notice"
USERS = {"admin": "ADMIN", "editor": "EDITOR", "reader": "READER"}
MUTANTS = {mutant.id: mutant for mutant in mutants_of(read(CONTRACT)) if mutant.kind.startswith("roles.")}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copy(CONTRACT, tmp_path / "openapi.yaml")
    (tmp_path / "mock_data").mkdir()
    users = [{"id": name, "role": role} for name, role in USERS.items()]
    (tmp_path / "mock_data" / "users.json").write_text(json.dumps(users), "utf-8")
    return tmp_path


def verdict_of(project: Path, change: Change = lambda parts: parts) -> Verdict:
    double = Double(DoubleSettings(project, seed=1), change(Factories()))
    accounts = tuple(Account(name, credentials={"bearer": str(double.token(name))}) for name in USERS)
    with Server(double, "127.0.0.1", 0).running() as url:
        settings = replace(Settings(url=url), users=accounts, rules=(RULE,), phases=("rules",), yes=True)
        return verify(double.contract, settings, Show())


@pytest.mark.parametrize(("name", "body", "status"), [("admin", "x", 201), ("admin", 7, 400), ("reader", 7, 403)])
def test_the_role_is_looked_at_before_the_body(project: Path, name: str, body: object, status: int) -> None:
    double = Double(DoubleSettings(project, seed=1))
    with Server(double, "127.0.0.1", 0).running() as url:
        headers = {"Authorization": f"Bearer {double.token(name)}"}
        answer = httpx.post(f"{url}/notices", json={"text": body}, headers=headers)
    assert answer.status_code == status
    assert answer.headers.get("X-Specdouble-Rule") == (RULE if status == 403 else None)


def test_the_verifier_finds_the_rule_kept(project: Path) -> None:
    assert verdict_of(project).rows[RULE].state == "kept"


@pytest.mark.parametrize("key", MUTANTS)
def test_the_verifier_kills_each_mutant(project: Path, key: str) -> None:
    assert RULE in verdict_of(project, MUTANTS[key].change).broken


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("[ADMIN, EDITOR]\n", "[ADMN]\n", "no user has the role `ADMN`"),
        ("x-roles:", "x-role:", "unknown annotation `x-role`"),
        ("x-roles: [ADMIN, EDITOR]", "x-roles: {roles: [ADMIN], claim: rol}", "no claim `rol`"),
        ("    User: {type: object,", "    User: {type: object, x-roles: [ADMIN],", "`x-roles` means nothing here"),
    ],
)
def test_lint_refuses_roles_and_places_that_are_none(tmp_path: Path, written: str, instead: str, reason: str) -> None:
    text = CONTRACT.read_text("utf-8")
    assert written in text
    (tmp_path / "openapi.yaml").write_text(text.replace(written, instead), "utf-8")
    with pytest.raises(ContractError) as refused:
        read(tmp_path)
    assert any(reason in finding.reason for finding in refused.value.findings)
