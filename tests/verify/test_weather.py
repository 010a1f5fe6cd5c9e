"""What the network does is never told as a broken rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from specdouble.contract import Contract
from specdouble.verify import CouldNotRun, Show, verify
from specdouble.verify.verdict import NOT_EXERCISED
from tests.backend import Backend
from tests.verify.conftest import settings
from tests.verify.weather import Weather

SLACK = 8  # seconds: a last look whether the server is there (3 s), an answer that is cut, and a busy machine


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize(
    "weather",
    [
        {"drop_every": 10},
        {"limit_every": 7},
        {"html_every": 15},
        {"unavailable_every": 9},
    ],
)
def test_trouble_now_and_then_breaks_no_rule_and_leaves_none_untried(
    contract: Contract, backend: Backend, weather: dict[str, Any]
) -> None:
    with Weather(backend.url, **weather) as bad:
        verdict = verify(contract, settings(bad.url))
    assert [failure.sentence for failure in verdict.failures] == []
    assert {name: row.reasons for name, row in verdict.rows.items() if row.state == NOT_EXERCISED} == {}
    assert any("network" in note or "limits" in note for note in verdict.notes)


@pytest.mark.slow
def test_what_the_network_spoils_of_many_requests_is_tried_anew(contract: Contract, backend: Backend) -> None:
    with Weather(backend.url, drop_every=6) as bad:
        verdict = verify(contract, settings(bad.url, phases=("rules",), rules=("programs", "concurrency")))
    assert [failure.sentence for failure in verdict.failures] == []
    assert {name: verdict.rows[name].state for name in ("programs", "concurrency")} == {
        "programs": "kept", "concurrency": "kept",
    }  # fmt: skip


@pytest.mark.slow
def test_a_fault_is_found_through_bad_weather(contract: Contract, backend: Backend) -> None:
    backend.switch(["name_case_matters"])
    with Weather(backend.url, drop_every=10) as bad:
        verdict = verify(contract, settings(bad.url, phases=("rules",)))
    assert verdict.broken == ["unique:lead_management.configurationName"]


@pytest.mark.parametrize(
    ("weather", "message"),
    [
        ({"html": 200}, "is not this API"),
        ({"html": 401}, "is not this API"),
        ({"always_limited": True}, "limits the rate"),
    ],
)
def test_a_server_that_never_answers_for_itself_cannot_be_verified(
    contract: Contract, backend: Backend, weather: dict[str, Any], message: str
) -> None:
    with Weather(backend.url, **weather) as bad, pytest.raises(CouldNotRun, match=message):
        verify(contract, settings(bad.url))


def test_a_server_that_is_down_cannot_be_verified(contract: Contract) -> None:
    with Backend() as gone:
        url = gone.url
    with pytest.raises(CouldNotRun, match="is the server up"):
        verify(contract, settings(url))


@pytest.mark.slow
def test_a_slow_server_is_tried_until_the_time_is_over_and_the_rest_is_not_exercised(
    contract: Contract, backend: Backend
) -> None:
    said: list[str] = []
    with Weather(backend.url, delay=2) as slow:
        verdict = verify(contract, settings(slow.url, max_time=15), Show(said.append))
    assert verdict.failures == []
    assert "2.0 s for an answer" in said[0]
    assert verdict.stopped == "the time was over"
    left = [row.reason for row in verdict.rows.values() if row.state == "not exercised"]
    assert "the time was over before it was tried" in left
    assert verdict.seconds < 40


@pytest.mark.slow
@pytest.mark.parametrize("weather", [{"delay": 0.5}, {"drip": 0.1}, {"stall_after": 60}, {"stall_after": 500}])
def test_the_time_holds_in_every_phase_however_the_server_is_slow(
    contract: Contract, backend: Backend, weather: dict[str, Any]
) -> None:
    with Weather(backend.url, **weather) as slow:
        verdict = verify(contract, settings(slow.url, max_time=20))
    assert verdict.failures == []
    assert verdict.stopped == "the time was over"
    assert any("the time was over" in row.reason for row in verdict.rows.values())
    assert verdict.seconds < 20 + SLACK


def test_a_server_that_takes_no_login_cannot_be_verified(contract: Contract, backend: Backend) -> None:
    told = settings(backend.url)
    wrong = replace(told.users[0], login={"email": "ada@tether.example", "password": "changed"})
    with pytest.raises(CouldNotRun, match="ada cannot sign in: POST /api/auth/login answers 401") as raised:
        verify(contract, replace(told, users=(wrong,)))
    assert "changed" not in str(raised.value)
