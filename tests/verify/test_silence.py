"""A server that keeps the contract is found to keep it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Contract, read
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.server import serving
from specdouble.verify import load, verify
from tests.backend import Backend
from tests.verify.conftest import ROOT, settings

NOTES = Path(__file__).parent / "notes"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1, 11))
def test_verify_is_silent_on_the_correct_backend(contract: Contract, backend: Backend, seed: int) -> None:
    """The first three with all phases; the others with those that a seed changes, and a third of the examples."""
    told: dict[str, Any] = {} if seed <= 3 else {"phases": ("rules", "fuzzing", "stateful"), "max_examples": 5}
    verdict = verify(contract, settings(backend.url, seed=seed, **told))
    assert [failure.sentence for failure in verdict.failures] == []
    assert verdict.count("not exercised") == 0
    assert verdict.exit_code == 0


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_the_double_keeps_every_rule(contract: Contract, seed: int) -> None:
    with serving(DoubleSettings(ROOT)) as url:
        verdict = verify(contract, load(ROOT, url=url, seed=seed))
    assert [failure.sentence for failure in verdict.failures] == []
    assert verdict.count("not exercised") == 0


def test_without_annotations_the_other_checks_run_and_it_says_what_annotations_unlock() -> None:
    with serving(DoubleSettings(NOTES)) as url:
        verdict = verify(read(NOTES), load(NOTES, url=url))
    assert verdict.failures == []
    for check in ("read_your_writes", "partial_update", "refused_leaves_no_trace", "boundaries", "distinct_ids"):
        assert verdict.rows[check].state == "kept"
    assert "x-resource" in " ".join(verdict.notes)


def test_a_run_leaves_no_connection_open() -> None:
    open_ones = []
    for _ in range(2):  # with the first run, much is opened once and for all
        with serving(DoubleSettings(NOTES)) as url:
            verify(read(NOTES), load(NOTES, url=url, phases=("rules",), rules=("distinct_ids",)))
        open_ones.append(len(list(Path("/dev/fd").iterdir())))
    assert open_ones[1] <= open_ones[0]


@pytest.mark.slow
def test_documents_are_deleted_again_where_the_contract_has_a_delete() -> None:
    import httpx

    with serving(DoubleSettings(NOTES)) as url:
        before = len(httpx.get(f"{url}/notebooks").json())
        verify(read(NOTES), load(NOTES, url=url))
        assert len(httpx.get(f"{url}/notebooks").json()) == before


def test_with_one_user_the_owner_rules_are_not_exercised_and_it_says_so(contract: Contract, backend: Backend) -> None:
    rules = ("owner:lead_management.userId", "tenant:lead_management.organizationId")
    alone = settings(backend.url, phases=("rules",))
    verdict = verify(contract, settings(backend.url, phases=("rules",), users=alone.users[:1], rules=rules))
    assert verdict.failures == []
    for check in rules:
        assert "user" in verdict.rows[check].reason


def test_without_two_organizations_the_tenant_rule_is_not_kept(contract: Contract, backend: Backend) -> None:
    users = settings(backend.url).users[:2]
    rules = ("tenant:lead_management.organizationId",)
    told = settings(backend.url, phases=("rules",), users=users, rules=rules, require_all=True)
    verdict = verify(contract, told)
    assert verdict.rows[rules[0]].state == "not exercised"
    assert "they are of one" in verdict.rows[rules[0]].reason
    assert verdict.exit_code == 1
