"""What is set for all processes of a store: kept in it, and known to each before a change of it is answered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

from specdouble.double.state.problem import Problem
from specdouble.double.state.store import PyMongoError, ReturnDocument
from specdouble.double.state.store.engine import Engine, asked, upserted

Settings = Mapping[str, bytes]
_INTERVAL = 0.1  # seconds between two looks
_BEAT = 1.0  # seconds after which a process tells that it lives
_DEAD = 4.0  # seconds without that after which nobody waits for it
_PATIENCE = 3.0  # seconds for the others to know of a change
_log = logging.getLogger("specdouble")


class SharedControl:
    """Settings under a number that grows with each change; every process looks for it, and tells which it has.

    Args:
        engine: the store.
        adopt: takes the settings over, in this process.
        tell: has in the store what others may ask of this process; done before a number is told to be known.
    """

    def __init__(self, engine: Engine, adopt: Callable[[Settings], None], tell: Callable[[], None]) -> None:
        self._engine = engine
        self._adopt, self._tell = adopt, tell
        self._settings, self._processes = engine.shared["control"], engine.shared["processes"]
        self._name = uuid4().hex
        self._number = -1
        self._beaten = 0.0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._look()
        self._thread = threading.Thread(target=self._follow, name="specdouble-control", daemon=True)
        self._thread.start()

    def change(self, **settings: bytes) -> None:
        """Set something for all; without settings, only wait until all have told what they know.

        Raises:
            Problem: 503, the store is away.
        """
        change: dict[str, Any] = {"$inc": {"number": 1}}
        if settings:
            change["$set"] = settings

        def write() -> int:
            with self._engine.alone("control"):
                changed: Any = self._settings.find_one_and_update(
                    {"_id": "all"}, change, upsert=True, return_document=ReturnDocument.AFTER
                )
            return int(changed["number"])

        number = upserted(write)
        asked(self._look)
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and not self._is_known(number):
            time.sleep(_INTERVAL / 4)

    def close(self) -> None:
        """Follow no longer; what is left to tell is told."""
        self._ended.set()
        self._thread.join(_BEAT)
        try:
            self._tell()
            self._processes.delete_one({"_id": self._name})
        except (PyMongoError, Problem):
            _log.debug("the store is away at the end")

    def _is_known(self, number: int) -> bool:
        """Whether every process that lives has the settings of that number."""
        living = {"beat": {"$gt": time.time() - _DEAD}}
        return all(one["number"] >= number for one in asked(lambda: list(self._processes.find(living))))

    def _follow(self) -> None:
        while not self._ended.wait(_INTERVAL):
            try:
                self._look()
            except (PyMongoError, Problem):
                continue  # it is looked for again
            except Exception:
                _log.exception("what is set for all processes cannot be followed")

    def _look(self) -> None:
        with self._lock:
            found = self._settings.find_one({"_id": "all"}) or {"number": 0}
            is_new, is_due = found["number"] != self._number, time.monotonic() > self._beaten + _BEAT
            if is_new:
                self._adopt({name: value for name, value in found.items() if name not in ("_id", "number")})
            if is_new or is_due:
                self._tell()
                self._number, self._beaten = found["number"], time.monotonic()
                told = {"_id": self._name, "number": self._number, "beat": time.time()}
                self._processes.replace_one({"_id": self._name}, told, upsert=True)
