"""A moment is written as the contract shows it, as far as that matters to who reads it; whole seconds are no fault."""

from __future__ import annotations

import re

import pytest

from specdouble.contract import Contract
from specdouble.rules.timestamp.attack import _shape
from specdouble.verify import verify
from specdouble.verify.moment import resolution
from tests.backend import Backend
from tests.verify.conftest import settings

STAMPS = ("timestamp:lead_management.createdAt", "timestamp:lead_management.updatedAt", "timestamp:prompts.updatedAt")


@pytest.mark.parametrize("text", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05.1+00:00"])
@pytest.mark.parametrize("example", ["2019-01-01T00:00:00Z", "2019-01-01T00:00:00.000Z", "2019-01-01T00:00:00+01:00"])
def test_a_fraction_and_the_way_to_write_utc_are_free(example: str, text: str) -> None:
    assert re.fullmatch(_shape(example), text)


@pytest.mark.parametrize("text", ["2026-01-02", "2026-01-02T03:04:05", "1767323045", "2026-01-02 03:04:05Z"])
def test_another_form_is_none(text: str) -> None:
    assert re.fullmatch(_shape("2019-01-01T00:00:00Z"), text) is None


def test_what_is_no_moment_is_written_digit_by_digit() -> None:
    assert [bool(re.fullmatch(_shape("01.02.2019"), one)) for one in ("31.12.2026", "1.2.2026")] == [True, False]


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("2026-01-02T03:04:05Z", 1),
        ("2026-01-02T03:04:05.000+02:00", 1),
        ("2026-01-02T03:04:05.12Z", 0.01),
        ("2026-01-02T03:04:05.123456Z", 0.000001),
        (1767323045, 1),
        (1767323045123, 0.001),
        ("revision 7", 0),
        (None, 0),
    ],
)
def test_how_a_moment_is_written_tells_how_soon_another_one_differs(written: object, seconds: float) -> None:
    assert resolution(written) == pytest.approx(seconds)


@pytest.mark.slow
def test_a_server_that_keeps_whole_seconds_is_not_accused(contract: Contract, backend: Backend) -> None:
    backend.switch(["whole_seconds"])
    verdict = verify(contract, settings(backend.url, phases=("rules",), rules=STAMPS))
    assert {rule: verdict.rows[rule].state for rule in STAMPS} == dict.fromkeys(STAMPS, "kept")


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "rule"), [("updated_not_moved", STAMPS[1]), ("created_moves_on_update", STAMPS[0])])
def test_what_is_wrong_with_whole_seconds_is_found_and_waited_for_when_it_is_played_again(
    contract: Contract, backend: Backend, fault: str, rule: str
) -> None:
    backend.switch(["whole_seconds", fault])
    verdict = verify(contract, settings(backend.url, phases=("rules",), rules=(rule,)))
    assert verdict.broken == [rule]
    assert "sleep 1.05" in verdict.failures[0].curl
