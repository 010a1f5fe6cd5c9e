"""The journal and the coverage of all processes of a store: each tells its own, and reads all when it is asked."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any
from uuid import uuid4

import orjson

from specdouble.contract import Contract
from specdouble.double.state.coverage import Coverage, Report
from specdouble.double.state.journal import KEPT, Beginning, Entry, Journal, Recorded
from specdouble.double.state.store import EncodingError, decoded, encoded
from specdouble.double.state.store.engine import Engine, asked


class SharedJournal(Journal):
    """The last exchanges of all processes, in the order of their beginning.

    Args:
        engine: the store.
        own: the exchanges of this process.
    """

    def __init__(self, engine: Engine, own: Journal) -> None:
        super().__init__()
        self._own, self._engine = own, engine
        self._entries_of_all = engine.shared["journal"]
        self._untold: deque[Recorded] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    @property
    def own(self) -> Journal:
        """The exchanges of this process alone."""
        return self._own

    def record(self, exchange: Recorded) -> None:
        """Keep an exchange; the others are told of it soon."""
        self._own.record(exchange)
        self._untold.append(exchange)

    def tell(self) -> None:
        """Have in the store what this process has recorded."""
        with self._lock:
            told = [self._untold.popleft() for _ in range(len(self._untold))]
            rows = [row for row in map(_row, told) if row is not None]
            if rows:
                self._entries_of_all.insert_many(rows)
                self._engine.keep_latest(self._entries_of_all, "time", KEPT)

    def gather(self) -> None:
        """Have at hand what all processes have told."""
        rows = asked(lambda: list(self._entries_of_all.find().sort([("time", 1)])))
        with self._lock:
            super().clear()
            for row in rows:
                super().record(_exchange(row["exchange"]))

    def clear(self) -> None:
        """Forget all, in all processes."""
        self._untold.clear()
        asked(lambda: self._entries_of_all.delete_many({}))
        super().clear()


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

    def tell(self) -> None:
        """Have in the store what this process has counted."""
        counts = [[operation, status, rules, times] for (operation, status, rules), times in self._counted()]
        total = sum(self._counts.values())
        if total != self._told:
            self._told = total
            told = {"_id": self._name, "counts": orjson.dumps(counts)}
            self._told_by_all.replace_one({"_id": self._name}, told, upsert=True)

    def _counted(self) -> list[tuple[Any, int]]:
        return list(self._counts.items())

    def clear(self) -> None:
        """Begin anew, in this process; what it has told is forgotten."""
        super().clear()
        self._told = 0
        asked(lambda: self._told_by_all.delete_many({}))

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
    entry = Entry(*exchange)
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
        return {"time": entry.time, "exchange": encoded(told)}
    except EncodingError:
        return None


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
