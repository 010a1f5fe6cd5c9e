"""What is beside the contract (control plane, console, provider) and what guards it answers whatever it is asked."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from specdouble.double.double import Settings
from tests.hostile.doubles import Running, running, statuses
from tests.hostile.surfaces import CONTROL, SURFACES, Asked, changed

_GUARDED = Path(__file__).parent / "guarded.yaml"
_CASES = 300


@pytest.fixture(scope="module")
def guarded() -> Iterator[Running]:
    with running(settings=Settings(_GUARDED, seed=1)) as server:
        yield server


def drive(server: Running, cases: range) -> None:
    """Send each case; none is the server's failure."""
    for number in cases:
        asked = changed(random.Random(number))
        if not _is_endless(asked):
            assert _is_answered(server, asked), f"case {number}: {asked}"


def _is_endless(asked: Asked) -> bool:
    return asked.path == f"{CONTROL}/events" or "wait" in asked.query


def _is_answered(server: Running, asked: Asked) -> bool:
    """Whether the answer is whole and no failure, but for those that faults in the control plane bring about."""
    told = statuses(server.answers(asked.sent()))
    return len(told) == 1 and (told[0] < 500 or told[0] in (501, 503))


@pytest.mark.parametrize("asked", SURFACES, ids=lambda asked: f"{asked.method} {asked.path}")
def test_a_sound_request_is_answered(guarded: Running, asked: Asked) -> None:
    assert _is_answered(guarded, asked)


def test_changed_requests_beside_the_contract_are_no_failures(guarded: Running) -> None:
    drive(guarded, range(_CASES))


@pytest.mark.slow
def test_many_changed_requests_beside_the_contract_are_no_failures(guarded: Running) -> None:
    drive(guarded, range(_CASES, 100 * _CASES))


@pytest.mark.parametrize("sent", ["Digest a=", "Digest a=,b", "Digest username=", "Basic é", "Basic =", "Bearer é.é.é"])
def test_a_credential_that_is_none_is_no_failure(guarded: Running, sent: str) -> None:
    assert _is_answered(guarded, Asked("GET", "/things", {}, {"Authorization": sent}))
