"""A server that refuses what it should, and in its own way, is not accused; faults of the kinds beside it are found."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify import Account, Settings, Verdict, verify
from tests.abroad.accounts import Accounts
from tests.applications import serving

CONTRACT = Path(__file__).with_name("accounts.yaml")
# The checks that each once held a right answer against such a server.
ACCUSED = (
    "owner:customers.account",
    "references:invoices.customerId",
    "limit:lines",
    "partial_update",
    "nesting",
    "owner:invoices.account",
    "filtering",
    "header_fields",
)
BREAKS = {
    "acted_on_by_others": "owner:invoices.account",
    "put_takes_anothers": "owner:customers.account",
    "null_becomes_text": "read_your_writes",
    "default_missing": "default:customers.currency",
    "customer_filter_ignored": "filtering",
    "q_ignored": "filtering",
    "q_is_a_pattern": "filtering",
    "star_replaces": "header_fields",
}


def verified(*faults: str, rules: tuple[str, ...] = (), seed: int = 1) -> Verdict:
    users = tuple(Account(name, credentials={"account": f"token-of-{name}"}) for name in ("mira", "tom"))
    phases = ("rules",) if rules else Settings.phases
    with serving(Accounts(faults).app()) as url:
        settings = Settings(url, users, rules=rules, phases=phases, seed=seed, yes=True)
        return verify(read(CONTRACT), settings)


def test_what_is_refused_rightly_is_not_held_against_a_server() -> None:
    verdict = verified(rules=ACCUSED)
    assert [failure.sentence for failure in verdict.failures] == []
    assert [row.check for row in verdict.rows.values() if row.state != "kept"] == []


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "rule"), BREAKS.items())
def test_a_fault_is_found(fault: str, rule: str) -> None:
    assert verified(fault, rules=(rule,)).broken == [rule]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_correct_server_is_silent(seed: int) -> None:
    assert [failure.sentence for failure in verified(seed=seed).failures] == []
