"""What is remembered to be quick is never told in the wrong place."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from specdouble.contract import Violation, read
from specdouble.double.double import Double, Settings
from specdouble.double.http.error_shape import ErrorShapes
from specdouble.double.state.clock import Clock
from specdouble.double.state.problem import Problem

ROOT = Path(__file__).parent.parent.parent


def test_each_problem_has_words_of_its_own() -> None:
    contract = read(ROOT)
    shapes = ErrorShapes(contract, contract.operations["post_lead_management"])

    def told(problem: Problem) -> str:
        body: dict[str, object] = json.loads(shapes.write(problem)[1])
        return f"{body['error']} {body.get('message')} {body.get('rule')}"

    first, second = Problem(400, "One", "a"), Problem(400, "Two", "a")
    assert told(first) != told(second)
    assert told(first) != told(Problem(400, "One", "b")) != told(Problem(400, "One", "b", rule="r"))
    assert told(Problem(400, "One", "a", violations=[Violation("body", "/x", "is odd")])) != told(
        Problem(400, "One", violations=[Violation("body", "/y", "is odd")])
    )
    assert told(first) == told(Problem(400, "One", "a"))


def test_a_running_clock_writes_every_second_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, moments = Clock(), iter([1_777_626_000_999_000_000, 1_777_626_001_000_000_000, 1_777_626_001_007_999_999])
    monkeypatch.setattr(time, "time_ns", lambda: next(moments))
    written = [clock.timestamp() for _ in range(3)]
    assert written == ["2026-05-01T09:00:00.999Z", "2026-05-01T09:00:01.000Z", "2026-05-01T09:00:01.007Z"]


def test_nothing_is_stored_under_a_name_of_the_doubles_own() -> None:
    things = Double(Settings(ROOT)).world("default").collection("prompts", {"userId": "u", "organizationId": "o"})
    document = {"name": "x", "_specdouble_name": "mine"}
    things.insert_one(document)
    assert "_specdouble_name" not in document
    assert things.count_documents({"_specdouble_name": "mine"}) == 0
