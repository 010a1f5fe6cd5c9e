"""What is printed: a line that moves at a terminal, no colours where none are wanted, nothing that a server may do."""

from __future__ import annotations

import os
import pty
import re
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest
from click.testing import CliRunner

from specdouble.cli import main
from specdouble.verify.screen import Screen
from specdouble.verify.verdict import Failure, Row, Verdict
from tests.verify.conftest import ROOT

COLOR = re.compile(r"\x1b\[[\d;]*m")


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> str:
    """What a terminal is sent."""
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm")  # whoever runs the tests may have a `dumb` one
    with os.fdopen(theirs, "w", encoding="utf-8") as stream:
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, stream)
        act()
    monkeypatch.undo()
    shown = b""
    with suppress(OSError):  # once all has been read, for the other end is closed
        while chunk := os.read(ours, 65536):
            shown += chunk
    os.close(ours)
    return shown.decode()


def test_the_progress_is_one_line_that_is_written_over_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def act() -> None:
        screen = Screen()
        screen.progress(1, 4, "unique:pets.name", 0)
        screen._drawn = 0.0  # as after a while
        screen.progress(2, 4, "unique:pets.name", 1)
        screen.line("done")

    shown = at_a_terminal(monkeypatch, act)
    first, second, cleared = shown.split("\r\x1b[K")[1:]
    assert "1/4 cases, no failure so far: unique:pets.name" in first
    assert "2/4 cases, 1 failure so far" in second
    assert "\n" not in first + second
    assert cleared.startswith("done")


def test_elsewhere_the_progress_is_a_few_lines(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen()
    for done in range(1, 101):
        screen.progress(done, 100, "unique:pets.name", 0)
    assert capsys.readouterr().err.count("\n") == 4


def test_what_a_server_answers_moves_no_cursor_and_turns_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict("pets", "http://127.0.0.1:1", 1)
    row = _broken_row("the server answered 200 \x1b[2J\x1b]0;title\x07\u202egnp.exe\r\x00")
    verdict.rows[row.check] = row
    Screen().verdict(verdict)
    shown = COLOR.sub("", capsys.readouterr().out)
    assert r"\x1b[2J\x1b]0;title\x07\u202egnp.exe\x0d\x00" in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\u202e]", shown)


def test_a_failure_names_the_operation_that_its_promise_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict("pets", "http://127.0.0.1:1", 1, asked={"rename": "PUT /pets/{id}"})
    row = _broken_row("it was not", operations=("rename",))
    verdict.rows[row.check] = row
    Screen().verdict(verdict)
    assert "\n   PUT /pets/{id}\n" in COLOR.sub("", capsys.readouterr().out)


def _broken_row(seen: str, operations: tuple[str, ...] = ()) -> Row:
    row = Row("unique:pets.name", "names are unique", cases=1)
    promise = "a taken name is refused"
    row.failures[promise] = Failure(row.check, promise, "", "it to be refused", seen, [], operations)
    return row


def test_no_color_is_heeded_where_colours_could_be_shown() -> None:
    wrong = ["verify", str(ROOT), "--report", "pdf=x"]
    assert COLOR.search(CliRunner().invoke(main, wrong, color=True, env={"NO_COLOR": None}).output)
    assert not COLOR.search(CliRunner().invoke(main, wrong, color=True, env={"NO_COLOR": "1"}).output)


def _verdict_of(failures: int, seen: str = "the server answered 200") -> Verdict:
    """One of that many failures, each of another promise."""
    verdict = Verdict("pets", "http://127.0.0.1:1", 1)
    row = Row("conformance", "answers are as declared", cases=failures)
    for number in range(failures):
        promise = f"promise {number}"
        row.failures[promise] = Failure(row.check, promise, "", "it to be refused", seen, [])
    verdict.rows[row.check] = row
    return verdict


def test_however_much_fails_a_screenful_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    verdict = _verdict_of(60)
    verdict.rows |= {f"check {n}": Row(f"check {n}", "", reasons=Counter({f"reason {n}": 1})) for n in range(30)}
    verdict.lacking = verdict.left = verdict.notes = [f"line {n}" for n in range(40)]
    Screen().verdict(verdict)
    lines = [line for line in COLOR.sub("", capsys.readouterr().out).splitlines() if line]
    assert len(lines) < 20
    assert "1. conformance" in lines[1]
    assert "and 52 more" in "\n".join(lines)


def test_verbose_prints_each_failure_with_its_requests(capsys: pytest.CaptureFixture[str]) -> None:
    Screen(verbose=True).verdict(_verdict_of(60))
    assert capsys.readouterr().out.count("Reproduce from a fresh state") == 60


def test_a_line_is_cut_after_its_secrets_are_masked(capsys: pytest.CaptureFixture[str]) -> None:
    secret = "s3cret-" * 40
    Screen({secret: "$TOKEN"}).verdict(_verdict_of(2, f"it answered {'x' * 80} {secret}"))
    assert "s3cret" not in capsys.readouterr().out
