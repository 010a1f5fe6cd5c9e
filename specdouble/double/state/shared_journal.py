"""The journal and the coverage of all processes of a store: each tells its own, and reads all when it is asked."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from uuid import uuid4

import orjson

from specdouble.contract import Contract
from specdouble.double.state.coverage import Coverage, Report
from specdouble.double.state.journal import KEPT, Beginning, Entry, Journal, Recorded, bounded
from specdouble.double.state.store import BulkWriteError, EncodingError, decoded, encoded
from specdouble.double.state.store.engine import Engine, asked, locked, upserted

_LOST = ""  # in the place of an exchange that had to make room before it was told


class SharedJournal(Journal):
    """The last exchanges of all processes, in the order of their end.

    A process does not know how many the others have answered meanwhile, so a number is given to an exchange when
    somebody looks for the first time since: for all processes, and for good.

    Args:
        engine: the store.
        own: the exchanges of this process.
    """

    def __init__(self, engine: Engine, own: Journal) -> None:
        super().__init__()
        self._own, self._shared = own, engine.shared
        self._rows, self._orders = engine.shared["journal"], engine.shared["journal_order"]
        self._keep_latest = engine.keep_latest
        self._untold: deque[Recorded] = deque(maxlen=KEPT)
        self._lost = 0  # how many had to make room before they were told
        self._telling: list[dict[str, Any]] = []  # rows of which it is not known whether they have arrived
        self._read: dict[Any, Recorded] = {}
        self._all = Journal()
        self._lock = threading.Lock()
        self.announce: Callable[[], None] = lambda: None
        """Have every process forget what it has not told yet, and wait until each has."""

    @property
    def own(self) -> Journal:
        """The exchanges of this process alone."""
        return self._own

    def record(self, exchange: Recorded) -> None:
        """Keep an exchange; the others are told of it soon."""
        self._own.record(exchange)
        self._lost += len(self._untold) == KEPT
        self._untold.append(exchange)

    def tell(self) -> None:
        """Have in the store what this process has recorded."""
        with self._lock:
            new = [self._untold.popleft() for _ in range(len(self._untold))]
            rows = [row for row in map(_row, new) if row is not None]
            lost, self._lost = self._lost, 0
            if rows:
                rows[0]["lost"] = lost
            self._telling = _last([*self._telling, *rows])
            if not self._telling:
                return
            with suppress(BulkWriteError):  # some of an earlier try have arrived
                self._rows.insert_many(self._telling, ordered=False)
            self._telling = []
            self._keep_latest(self._rows, "time", KEPT)

    # What was gathered

    @property
    def recorded(self) -> int:
        """How many exchanges there have been in all, as far as they were gathered."""
        return self._all.recorded

    @property
    def forgotten(self) -> int:
        """How many of them had to make room."""
        return self._all.forgotten

    def of(self, number: int) -> Entry | None:
        """The exchange of that number; None where it is not kept, or is still to come."""
        return self._all.of(number)

    def found(self, wanted: Mapping[str, str], since: int = 0) -> Iterator[tuple[int, Entry]]:
        """The exchanges that have these fields, each with its number, the last one first."""
        return self._all.found(wanted, since)

    def gather(self) -> None:
        """Have at hand what all processes have told."""
        with self._lock:
            order = self._ordered()
            rows = order["rows"][-KEPT:]
            missing = [row for row in rows if row not in self._read]
            found = asked(lambda: list(self._rows.find({"_id": {"$in": missing}}))) if missing else []
            read = self._read | {row["_id"]: _exchange(row["exchange"]) for row in found}
            self._read = {row: read[row] for row in rows if row in read}
            last = order["first"] + len(order["rows"])
            gathered = Journal(last - len(self._read), order["cleared"])
            for exchange in self._read.values():
                gathered.record(exchange)
            self._all = gathered  # at once: others read meanwhile

    def clear(self) -> None:
        """Forget all, in all processes."""
        self.announce()
        with self._lock:
            asked(lambda: self._rows.delete_many({}))
            order = self._ordered()
            order["cleared"] = order["first"]
            upserted(lambda: self._orders.replace_one({"_id": "all"}, order, upsert=True))
            self._all = Journal(order["first"], order["cleared"])

    def forget_untold(self) -> None:
        """Forget what this process has recorded and the others do not know."""
        with self._lock:
            self._untold.clear()
            self._lost, self._telling = 0, []

    def _ordered(self) -> dict[str, Any]:
        """The rows of all exchanges in the order of their numbers, the `first` of which is told."""
        with locked(self._shared, "journal"):
            kept = asked(lambda: self._orders.find_one({"_id": "all"}))
            order: dict[str, Any] = kept or {"_id": "all", "first": 0, "cleared": 0, "rows": []}
            there = asked(lambda: list(self._rows.find({}, {"time": 1, "lost": 1}, sort=[("time", 1)])))
            known, present = set(order["rows"]), {row["_id"] for row in there}
            rows = list(order["rows"])
            for row in there:
                if row["_id"] not in known:
                    rows += [*[_LOST] * row.get("lost", 0), row["_id"]]
            gone = [place for place, row in enumerate(rows, 1) if row not in present]
            forgotten = gone[-1] if gone else 0  # what stands before one that is gone is forgotten with it
            if forgotten or len(rows) > len(known):
                order["first"] += forgotten
                order["rows"] = rows[forgotten:]
                upserted(lambda: self._orders.replace_one({"_id": "all"}, order, upsert=True))
        return order


class SharedCoverage(Coverage):
    """What the clients of all processes have provoked.

    Args:
        engine: the store.
    """

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self._name = uuid4().hex
        self._told_by_all = engine.shared["coverage"]
        self._told = 0
        self.announce: Callable[[], None] = lambda: None
        """Have every process begin anew, and wait until each has."""

    def tell(self) -> None:
        """Have in the store what this process has counted."""
        counts = [[operation, status, rules, times] for (operation, status, rules), times in self._counted()]
        total = sum(self._counts.values())
        if total != self._told:
            self._told = total
            told = {"_id": self._name, "counts": orjson.dumps(counts).decode()}  # not every server replaces bytes
            self._told_by_all.replace_one({"_id": self._name}, told, upsert=True)

    def _counted(self) -> list[tuple[Any, int]]:
        return list(self._counts.items())

    def clear(self) -> None:
        """Begin anew, in all processes."""
        asked(lambda: self._told_by_all.delete_many({}))  # of those that have ended too
        self.announce()

    def begin_anew(self) -> None:
        """Begin anew, in this process; what it has told is forgotten."""
        super().clear()
        self._told = 0
        self._told_by_all.delete_one({"_id": self._name})

    def report(self, contract: Contract) -> Report:
        """What it means for a contract."""
        counts: dict[Any, int] = {}
        for told in asked(lambda: list(self._told_by_all.find())):
            for operation, status, rules, times in orjson.loads(told["counts"]):
                key = (operation, status, tuple(rules))
                counts[key] = counts.get(key, 0) + times
        return Report(contract, counts)


def _row(exchange: Recorded) -> dict[str, Any] | None:
    """An exchange as the store has it; None where it holds what no store can."""
    entry = Entry(*bounded(exchange))
    why = entry.explained()
    told = entry._asdict() | {
        "why": None if why is None else orjson.dumps(why, default=str),
        "caller": orjson.dumps(entry.caller, default=str),
        "writes": [list(write) for write in entry.writes],
    }
    for name in ("request_body", "response_body"):
        if isinstance(told[name], Beginning):
            told[name] = list(told[name])
    try:
        return {"time": entry.time + entry.seconds, "exchange": encoded(told)}
    except EncodingError:
        return None


def _last(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As many rows as are kept, the last ones; the first of them tells how many were before it."""
    gone, kept = rows[:-KEPT], rows[-KEPT:]
    if gone:
        kept[0]["lost"] = kept[0].get("lost", 0) + sum(1 + row.get("lost", 0) for row in gone)
    return kept


def _exchange(row: bytes) -> Recorded:
    told = decoded(row)
    told["why"] = None if told["why"] is None else orjson.loads(told["why"])
    told["caller"] = orjson.loads(told["caller"])
    told["writes"] = [tuple(write) for write in told["writes"]]
    for name in ("request_body", "response_body"):
        if isinstance(told[name], list):
            told[name] = Beginning(*told[name])
    exchange: Recorded = tuple(told[name] for name in Entry._fields)
    return exchange
