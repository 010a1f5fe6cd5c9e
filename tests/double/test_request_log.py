"""The request log: what a line says, and that it slows nothing down and hides nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from pathlib import Path
from typing import Any

import click
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.request_log import BEHIND, LINES, JSONLines, RequestLog, Text
from specdouble.double.state.journal import Entry
from specdouble.double.state.masking import Masking
from specdouble.double.state.problem import Problem

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def double() -> Double:
    return Double(Settings(ROOT))


@pytest.fixture(scope="module")
def masking(double: Double) -> Masking:
    return Masking(double.contract)


def exchange(**given: Any) -> tuple[Any, ...]:
    fields = {"time": 1.0, "seconds": 0.0012, "world": "default", "method": "POST", "path": "/a", "query": b""}
    fields |= {"operation": None, "request_body": b"", "status": 200, "response_body": b"", "rule": None, "why": None}
    fields |= {"caller": None, "media_type": b"", "is_read": True, "writes": ()}
    return tuple({**fields, **given}.values())


def text(masking: Masking, **given: Any) -> str:
    return click.unstyle(Text().line(Entry(*exchange(**given)).shown(masking.exchange())))


def written(double: Double, *requests: tuple[Any, ...]) -> list[str]:
    """What the log writes while these are recorded."""
    lines: list[str] = []

    async def follow() -> None:
        log = asyncio.create_task(RequestLog(double, JSONLines(), lambda some: lines.extend(some.split("\n"))).follow())
        await asyncio.sleep(0)
        for request in requests:
            double.journal.record(request)
        log.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await log

    asyncio.run(follow())
    return lines


def test_a_line_says_what_was_asked_and_how_it_was_answered(masking: Masking) -> None:
    line = text(masking, query=b"page=2", world="w1")
    assert line.split()[1:] == ["POST", "/a?page=2", "200", "1.2", "ms", "[w1]"]


def test_a_refusal_says_the_rule_and_what_is_wrong(masking: Masking) -> None:
    why = Problem(400, "Taken", "the name is taken", rule="names.unique")
    assert text(masking, status=400, rule=why.rule, why=why).endswith("names.unique: the name is taken")


def test_a_failure_says_its_last_line(masking: Masking) -> None:
    assert text(masking, status=500, why={"failure": "Traceback\n ...\nKeyError: 'x'\n"}).endswith("KeyError: 'x'")


def test_a_404_says_that_the_document_is_anothers(double: Double) -> None:
    document = double.world("default").collection("lead_management", None).find(limit=1)[0]
    path = f"/api/lead-management/{document['_id']}"
    operation = next(key for key, one in double.contract.actions.items() if key.startswith("get") and one.id)
    asked = {"method": "GET", "path": path, "operation": operation, "status": 404}
    own, others = written(double, *[exchange(**asked, caller=caller) for caller in (document["userId"], "somebody")])
    assert "hidden" not in json.loads(own)
    assert json.loads(others)["hidden"]["document"] == document["_id"]
    line = click.unstyle(Text().line(json.loads(others)))
    assert f"for the caller it does not exist (held by {document['_id']})" in line


def test_no_request_moves_the_cursor_or_begins_a_line(masking: Masking) -> None:
    why = Problem(400, detail="\x1b[2J\nGET /forged")
    line = text(masking, world="\x9b1m", path="/\u202e", status=400, why=why)
    assert line.isprintable()
    assert "\\x1b[2J\\nGET /forged" in line


def test_credentials_are_masked(masking: Masking) -> None:
    assert "hunter22" not in text(masking, query=b"password=hunter22")


def test_each_exchange_is_a_json_document(double: Double) -> None:
    (line,) = written(double, exchange(request_body=b'{"a": 1}'))
    told = json.loads(line)
    assert (told["target"], told["status"], "request" in told) == ("/a", 200, False)


def test_what_is_too_much_for_a_reader_is_counted(double: Double) -> None:
    lines = written(double, *[exchange()] * (BEHIND + 7))
    assert json.loads(lines[0]) == {"left_out": 7}
    assert len(lines) == BEHIND + 1


def test_a_burst_is_written_some_lines_at_a_time_and_none_is_lost(double: Double) -> None:
    written_at_once: list[int] = []

    async def follow() -> None:
        log = asyncio.create_task(
            RequestLog(double, JSONLines(), lambda some: written_at_once.append(some.count("\n") + 1)).follow()
        )
        await asyncio.sleep(0)
        for _ in range(2 * LINES + 3):
            double.journal.record(exchange())
        while sum(written_at_once) < 2 * LINES + 3:
            await asyncio.sleep(0.01)
        log.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await log

    asyncio.run(asyncio.wait_for(follow(), 10))
    assert written_at_once == [LINES, LINES, 3]


def test_a_credential_of_the_body_is_masked_where_a_refusal_quotes_it(double: Double) -> None:
    why = Problem(400, "Bad Request", "hunter22 is too short")
    (line,) = written(double, exchange(request_body=b'{"password": "hunter22"}', status=400, why=why))
    assert "hunter22" not in line


def test_a_pipe_that_nobody_reads_stops_nothing(double: Double) -> None:
    read = threading.Event()

    def never_read(_lines: str) -> None:
        read.wait(10)

    async def follow() -> int:
        log = asyncio.create_task(RequestLog(double, Text(), never_read).follow())
        turns = 0
        for _ in range(10):
            double.journal.record(exchange())
            await asyncio.sleep(0.05)
            turns += 1
        log.cancel()
        read.set()
        with contextlib.suppress(asyncio.CancelledError):
            await log
        return turns

    assert asyncio.run(follow()) == 10
