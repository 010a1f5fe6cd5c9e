"""The request log: a line for each exchange, as `specdouble serve` prints them.

It reads the journal ten times a second, so that no request waits for a terminal; a thread of its own writes, so that
a pipe that nobody reads stops nothing.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

import click
import orjson

from specdouble.contract.json_type import JSON
from specdouble.double.double import Double
from specdouble.double.state.hidden import HiddenDocuments
from specdouble.double.state.journal import Entry
from specdouble.double.state.masking import Masking
from specdouble.double.state.worlds import DEFAULT_WORLD
from specdouble.printable import printable

INTERVAL = 0.1  # seconds
LINES = 20  # in an interval: nobody reads more, and to write them would slow the answers down
BEHIND = 100  # lines that a burst may be ahead of the log: they follow in the next intervals
WAITING = 20  # writes that are still to be made, where the reader is slow
_ENDING = 1.0  # seconds for the last lines
_TARGET = 48  # columns
_LONGEST = 500  # characters of a target, of a reason
_COLORS = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}

Write = Callable[[str], None]
Exchange = Mapping[str, JSON]


class Form(Protocol):
    """How the log is written."""

    def line(self, exchange: Exchange) -> str:
        """An exchange, as the journal tells it."""

    def left_out(self, number: int) -> str:
        """That there were so many more than a reader can follow."""


class Text:
    """A line for people: time, method, target, status, milliseconds; what refused, and the document in the way.

    Args:
        is_colored: whether the status has the color of its class.
    """

    def __init__(self, is_colored: bool = True) -> None:
        self._colors = _COLORS if is_colored else {}

    def line(self, exchange: Exchange) -> str:
        """An exchange, as the journal tells it."""
        moment = datetime.fromisoformat(exchange["time"]).astimezone().strftime("%H:%M:%S")
        color = self._colors.get(exchange["status"] // 100)
        status = click.style(str(exchange["status"]), fg=color, bold=True) if color else str(exchange["status"])
        target = _one_line(exchange["target"])
        milliseconds = f"{exchange['milliseconds']:7.1f} ms"
        line = f"{moment}  {exchange['method']:6}  {target:{_TARGET}}  {status}  {milliseconds}"
        if exchange["world"] != DEFAULT_WORLD:
            line += f"  [{_one_line(exchange['world'])}]"
        if "hidden" in exchange:
            line += f"  {_one_line(_of_rule(exchange['hidden']))}"
        elif exchange["explanation"]:
            line += f"  {_one_line(_reason(exchange['rule'], exchange['explanation']))}"
        return line

    def left_out(self, number: int) -> str:
        """That there were so many more than a reader can follow."""
        return f"{'':8}  … {number} more; /_specdouble/journal keeps the last ones"


class JSONLines:
    """A JSON document for each exchange, as the journal has it, without the bodies."""

    def line(self, exchange: Exchange) -> str:
        """An exchange, as the journal tells it."""
        shown = {name: value for name, value in exchange.items() if name not in ("request", "response")}
        return orjson.dumps(shown, default=str).decode()

    def left_out(self, number: int) -> str:
        """That there were so many more than a reader can follow."""
        return orjson.dumps({"left_out": number}).decode()


def _one_line(text: str) -> str:
    """A text of the request's, fit for one line of a terminal."""
    return printable(text[:_LONGEST]).replace("\n", "\\n")


def _reason(rule: str | None, explanation: dict[str, JSON]) -> str:
    """Why it was refused, in one line: each rule with the document in its way, else what is wrong with the request."""
    if "failure" in explanation:
        return str(explanation["failure"]).strip().rpartition("\n")[2]
    if "rules" in explanation:
        return "; ".join(_of_rule(one) for one in explanation["rules"])
    violations = explanation.get("violations") or []
    detail = explanation.get("detail") or explanation["title"]
    if violations:
        first = violations[0]
        more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
        detail = f"{first['location']}{first['pointer']} {first['message']}{more}"
    return f"{rule}: {detail}" if rule else str(detail)


def _of_rule(broken: dict[str, JSON]) -> str:
    held = f" (held by {broken['document']})" if broken.get("document") is not None else ""
    return f"{broken['rule']}: {broken['message']}{held}"


def _told(entry: Entry, masking: Masking, hidden: HiddenDocuments) -> dict[str, JSON]:
    """An exchange as the journal tells it, and the document that its 404 hides."""
    if entry.why is None:
        # No line shows a body: they are read for the credentials that an explanation may quote, and here is none.
        entry = entry._replace(request_body=b"", response_body=b"")
    told, document = entry.shown(masking.exchange()), hidden.of(entry)
    return told if document is None else {**told, "hidden": document.as_json()}


class RequestLog:
    """Writes what a double is asked and how it answers.

    Args:
        double: whose journal is followed.
        form: how it is written.
        write: takes one or several lines.
    """

    def __init__(self, double: Double, form: Form, write: Write) -> None:
        self._double = double
        self._form = form
        self._write = write
        self._seen = double.journal.own.recorded
        self._waiting: queue.Queue[str | None] = queue.Queue(WAITING)
        self._contract = double.contract
        self._masking: Masking | None = None  # made with the first exchange: it reads the whole contract

    async def follow(self) -> None:
        """Write what is new until cancelled, then the rest."""
        writer = threading.Thread(target=self._write_all, daemon=True)
        writer.start()
        try:
            while True:
                await asyncio.sleep(INTERVAL)
                self._take(LINES)
        finally:
            self._take(BEHIND)
            self._end(writer)

    def _take(self, most: int) -> None:
        """Hand so many of those that are new to the writer; what is too much for a reader is counted."""
        journal = self._double.journal.own
        new = journal.recorded - self._seen
        if new <= 0 or self._waiting.full():
            return
        waiting = journal.since(max(self._seen, journal.recorded - BEHIND))
        left_out, shown = new - len(waiting), waiting[:most]
        self._seen += left_out + len(shown)
        masking = self._current_masking()
        hidden = HiddenDocuments(self._double.contract, self._double.accounts, self._double.worlds.at_hand)
        lines = [self._form.line(_told(entry, masking, hidden)) for entry in shown]
        if left_out:
            lines.insert(0, self._form.left_out(left_out))
        self._waiting.put_nowait("\n".join(lines))

    def _current_masking(self) -> Masking:
        if self._masking is None or self._contract is not self._double.contract:
            self._contract = self._double.contract
            self._masking = Masking(self._contract)
        return self._masking

    def _write_all(self) -> None:
        while (lines := self._waiting.get()) is not None:
            self._write(lines)

    def _end(self, writer: threading.Thread) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(None)
            writer.join(_ENDING)
