"""What the words of a contract say of pages is held: a foreign cursor, changes between two pages, the last page."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI, HTTPException, Response

from specdouble.contract import read
from specdouble.contract.page_words import promises_end, promises_steadiness
from specdouble.prove.bench import Bench, Options
from specdouble.verify import Settings, verify
from tests.applications import serving

CONTRACT = Path(__file__).with_name("logbook.yaml")
MARK = "e-"
FAULTS = {
    "counts": "what changes between two pages of GET /entries makes none skip or repeat a document",
    "counts back": "what changes between two pages of GET /entries makes none skip or repeat a document",
    "begins anew": "GET /entries refuses a after that it has not given",
    "leads nowhere": "GET /entries says that there is more where there is",
}

Sent = Annotated[dict[str, Any], Body()]


class Logbook:
    """The server, with one fault or none.

    Args:
        fault: `counts` (a cursor is how many were shown), `counts back` (how many are left), `begins anew` (at a
            cursor that it never gave), `leads nowhere` (from a last page that is full).
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.numbers = count(1)
        self.entries: dict[str, dict[str, Any]] = {}
        self.app = app = FastAPI()
        app.post("/entries", status_code=201)(self.write)
        app.get("/entries")(self.log)
        app.get("/entries/{entry}")(self.entry)
        app.delete("/entries/{entry}", status_code=204)(self.strike)

    def write(self, body: Sent) -> dict[str, Any]:
        text = body.get("text")
        if not isinstance(text, str) or not 1 <= len(text) <= 90:
            raise HTTPException(422)
        entry = {"id": f"{MARK}{next(self.numbers):06}", "text": text}
        self.entries[entry["id"]] = entry
        return entry

    def log(self, after: str | None = None, limit: str = "20") -> dict[str, Any]:
        if not limit.isdecimal() or not 1 <= int(limit) <= 50:
            raise HTTPException(400)
        if after is not None and not self.is_given(after):
            if self.fault != "begins anew":
                raise HTTPException(400)
            after = None
        found = list(self.entries.values())
        start = self.start_of(found, after)
        shown = found[start : start + int(limit)]
        more = start + len(shown) < len(found) or (self.fault == "leads nowhere" and len(shown) == int(limit))
        following = {"counts": str(start + len(shown)), "counts back": str(len(found) - start - len(shown))}
        return {"entries": shown, "next": following.get(self.fault, shown[-1]["id"]) if more else None}

    def is_given(self, after: str) -> bool:
        return after.removeprefix(MARK).isdecimal() and after.isascii()

    def start_of(self, found: list[dict[str, Any]], after: str | None) -> int:
        if after is None:
            return 0
        if self.fault == "counts":
            return int(after)
        if self.fault == "counts back":
            return len(found) - int(after)
        return sum(1 for one in found if one["id"] <= after)

    def entry(self, entry: str) -> dict[str, Any]:
        if entry not in self.entries:
            raise HTTPException(404)
        return self.entries[entry]

    def strike(self, entry: str) -> Response:
        del self.entries[self.entry(entry)["id"]]
        return Response(status_code=204)


def broken_by(fault: str) -> list[tuple[str, str]]:
    with serving(Logbook(fault).app) as url:
        settings = Settings(url=url, rules=("paging",), phases=("rules",), yes=True, workers=1)
        verdict = verify(read(CONTRACT), settings)
    assert list(verdict.rows["paging"].reasons) == ["GET /entries tells no total"]
    return [(one.check, one.promise) for one in verdict.failures]


def test_of_a_correct_server_nothing_is_said() -> None:
    assert broken_by("") == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_it_is_found(fault: str) -> None:
    assert ("paging", FAULTS[fault]) in broken_by(fault)


def test_the_double_keeps_what_the_words_say() -> None:
    bench = Bench(Options(CONTRACT, seed=1))
    verdict = bench.verified(lambda parts: parts, bench.settings)
    assert [(one.check, one.promise, one.seen) for one in verdict.failures] == []
    assert list(verdict.rows["paging"].reasons) == ["GET /entries tells no total"]


@pytest.mark.parametrize(
    "words",
    [
        "Pages stay stable while entries are added.",
        "Inserting or deleting between two requests never skips or repeats an item.",
        "No entry is shown twice, even if others are created meanwhile.",
        "Cursors are consistent under concurrent writes",
        "A cursor stays good while visits are planned or removed; none is skipped or repeated.",
    ],
)
def test_words_that_promise_steady_pages(words: str) -> None:
    assert promises_steadiness(words)


@pytest.mark.parametrize(
    "words",
    [
        "Pages are not stable while entries are added.",
        "Items created between two requests may be shown twice.",
        "Stable identifiers. Cursor pagination.",
        "The order isn't guaranteed to be stable between requests.",
        "No more than 50 are returned.",
    ],
)
def test_words_that_promise_no_steady_pages(words: str) -> None:
    assert not promises_steadiness(words)


@pytest.mark.parametrize(
    ("words", "promised"),
    [("Token of the next page; absent when there are no more.", True), ("Token of the next page.", False)],
)
def test_words_that_promise_an_end(words: str, promised: bool) -> None:
    assert promises_end(words) is promised
