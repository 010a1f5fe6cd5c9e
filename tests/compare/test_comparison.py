"""Beside each other, doubles of one contract do not differ; one with a fault differs in that alone."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from specdouble.compare.comparison import Comparison, compare
from specdouble.double.factories import Factories
from specdouble.prove.bench import Bench, Options
from specdouble.prove.fault import Change
from tests.abroad.test_ordinary import CONTRACTS as ABROAD
from tests.backend import Backend
from tests.discover.conftest import OFFICE
from tests.test_cli import ROOT, run
from tests.verify.weather import Weather

# A fault of the server, and where it shows: what differs, and in which property or operation.
FAULTS = {
    "unique.dropped:rooms.name": ("status", "post_room"),
    "owner.unchecked:get_booking.personId": ("status", "get_booking"),
    "default.wrong:bookings.guests": ("value", "guests"),
    "write.update-not-stored:patch_booking": ("shape", "remark"),
}


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Doubles of the office, with faults and without."""
    return Bench(Options(OFFICE))


def _without_fault(factories: Factories) -> Factories:
    return factories


def compared(bench: Bench, change: Change, programs: int = 60) -> Comparison:
    with bench._served(change) as url, bench._served(_without_fault) as double:
        return compare(bench.contract, replace(bench.settings, url=url), double, programs)


@pytest.mark.slow
def test_two_doubles_of_one_contract_do_not_differ(bench: Bench) -> None:
    comparison = compared(bench, _without_fault)
    assert [cause.first.sentence for cause in comparison.found] == []
    assert comparison.steps > 100


@pytest.mark.slow
def test_two_doubles_whose_collections_are_numbered_alike_do_not_differ() -> None:
    comparison = compared(Bench(Options(ABROAD / "boards-with-cards.yaml")), _without_fault)
    assert [cause.first.sentence for cause in comparison.found] == []
    assert comparison.steps > 100


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_where_it_shows_with_the_requests_that_show_it(bench: Bench, fault: str) -> None:
    comparison = compared(bench, bench.mutants[fault].change)
    shown = {(one.first.what, one.first.place or one.first.operation) for one in comparison.found}
    assert FAULTS[fault] in shown
    assert all("curl" in one.curl for one in comparison.found)


@pytest.mark.slow
def test_what_the_network_spoils_is_no_difference(bench: Bench) -> None:
    with (
        bench._served(_without_fault) as url,
        Weather(url, drop_every=15) as bad,
        bench._served(_without_fault) as double,
    ):
        comparison = compare(bench.contract, replace(bench.settings, url=bad.url), double, 12)
    assert [cause.first.sentence for cause in comparison.found] == []
    assert comparison.spoilt


@pytest.mark.slow
def test_the_command_tells_where_the_double_of_the_reference_differs_from_the_backend(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with Backend() as backend:
        done = run("compare", str(ROOT), "--url", backend.url, "--programs", "12", "--report", str(report), "--yes")
    told = json.loads(report.read_text("utf-8"))
    assert done.returncode == 1
    assert "the server shows [], the double shows nothing" in done.stdout
    assert {one["property"] for one in told["differences"]} == {"tools", "toolConfigs", "isHidden"}
    assert "ada-password" not in done.stdout + report.read_text("utf-8")


def test_without_a_server_there_is_nothing_to_compare_with() -> None:
    done = run("compare", str(OFFICE))
    assert done.returncode == 2
    assert "name it with --url" in done.stderr
