"""Cases run side by side, and what a failure is confirmed by runs alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest

from specdouble.contract import read
from specdouble.verify import verify
from specdouble.verify.turns import Turns
from tests.tracker.score import FOLDER, settings
from tests.tracker.server import Server


def test_who_wants_to_be_alone_waits_for_the_others_and_keeps_new_ones_out() -> None:
    turns, begun, ended = Turns(), Event(), Event()
    told: list[str] = []

    def case() -> None:
        with turns.turn():
            begun.set()
            ended.wait(10)
            told.append("a case")

    def confirmation(name: str) -> None:
        with turns.turn(alone=True):
            told.extend([f"{name} begins", f"{name} ends"])

    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(case)
        begun.wait(10)
        others = [pool.submit(confirmation, name) for name in ("one", "another")]
        ended.set()
        for one in (first, *others):
            one.result(10)
    assert told[0] == "a case"
    assert sorted([told[1:3], told[3:]]) == [["another begins", "another ends"], ["one begins", "one ends"]]


@pytest.mark.slow
def test_nothing_is_held_against_a_correct_server_where_cases_run_side_by_side() -> None:
    with Server() as running:
        verdict = verify(read(FOLDER), replace(settings(running.url), phases=("rules",), workers=4, yes=True))
    assert [failure.sentence for failure in verdict.failures] == []
