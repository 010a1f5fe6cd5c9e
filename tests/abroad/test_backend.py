"""Faults of a backend that somebody wrote with FastAPI are found, and nothing is where there is none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI

from specdouble.contract import Contract, read
from specdouble.verify import Account, Settings, Verdict, verify
from tests.applications import serving

from .backend import create_app

TENANT = "tenant:projects.organization"
UNIQUE = "unique:projects.name"
# The rule or check that each fault breaks.
BREAKS = {
    "duplicate_in_other_case": UNIQUE,
    "race": UNIQUE,
    "tenant_leak": TENANT,
    "page_off_by_one": "read_your_writes",
    "refused_patch_has_an_effect": "refused_leaves_no_trace",
}


@dataclass
class Served:
    """The backend while it runs.

    Args:
        url: its address.
        faults: what is wrong with it; may be changed.
        contract: what FastAPI says that it promises.
    """

    url: str
    faults: set[str]
    contract: Contract

    def verified(self, *names: str, rules: tuple[str, ...] = (), faults: tuple[str, ...] = ()) -> Verdict:
        """The verdict with these users; where there are no rules, on all of them."""
        self.faults.clear()
        self.faults.update(faults)
        users = tuple(Account(name, credentials={"HTTPBearer": f"token-of-{name}"}) for name in names)
        return verify(self.contract, Settings(self.url, users, rules=rules, phases=("rules",), yes=True))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    faults: set[str] = set()
    app: FastAPI = create_app(faults)
    file = tmp_path_factory.mktemp("backend") / "openapi.json"
    file.write_text(json.dumps(app.openapi()), encoding="utf-8")
    with serving(app) as url:
        yield Served(url, faults, read(file))


@pytest.mark.slow
def test_without_a_fault_nothing_is_broken(served: Served) -> None:
    assert [failure.sentence for failure in served.verified("ada", "grace", "linus").failures] == []


@pytest.mark.slow
@pytest.mark.parametrize("fault", BREAKS)
def test_each_fault_is_found(served: Served, fault: str) -> None:
    assert BREAKS[fault] in served.verified("ada", "grace", "linus", faults=(fault,)).broken


def test_a_leak_between_organizations_is_broken_with_users_of_two(served: Served) -> None:
    verdict = served.verified("ada", "grace", "linus", rules=(TENANT,), faults=("tenant_leak",))
    assert verdict.rows[TENANT].state == "broken"


def test_without_a_leak_the_rule_is_kept_with_users_of_two(served: Served) -> None:
    assert served.verified("ada", "linus", rules=(TENANT,)).rows[TENANT].state == "kept"


def test_a_leak_between_organizations_is_not_exercised_with_users_of_one(served: Served) -> None:
    row = served.verified("ada", "grace", rules=(TENANT,), faults=("tenant_leak",)).rows[TENANT]
    assert (row.state, "they are of one" in row.reason) == ("not exercised", True)
