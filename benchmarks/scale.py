"""What a rule costs as documents grow: in this process, through the collection that handlers use."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

from benchmarks.contender import ROOT
from specdouble.double import AFTER
from specdouble.double.double import Double, Settings
from specdouble.double.state.problem import Refusal

SIZES = (100, 100_000)
ROUNDS, CALLS = 9, 200
USER = {"userId": "64ee9a8b1e7f2a0011223399", "organizationId": "64ee9a8b1e7f2a0011223344", "accessRole": "ADMIN"}
PROMPT = "64eea1110000000000000001"
_numbers = itertools.count()


def document(**changes: Any) -> dict[str, Any]:
    """A configuration with a name of its own."""
    fresh = {"configurationName": f"fresh {next(_numbers)}", "initialStage": "New", "defaultProcess": PROMPT}
    return {**fresh, "source": "Website", "costPerLead": 1.5, "status": "active", "createApplication": False, **changes}


def operations(size: int) -> dict[str, Callable[[], Any]]:
    """The operations, on a collection with that many documents."""
    world = Double(Settings(ROOT)).world("default")
    things: Any = world.collection("lead_management", USER, frozenset({"400"}))
    for number in range(size):
        things.insert_one(document(configurationName=f"stored {number}"))
    known = things.find_one({"configurationName": f"stored {size // 2}"})["_id"]
    page = size // 2
    return {
        "create": lambda: things.insert_one(document()),
        "read": lambda: things.find_one({"_id": known}),
        "update": lambda: things.find_one_and_update(
            {"_id": known}, {"$set": {"source": str(next(_numbers))}}, return_document=AFTER
        ),
        "unique check": lambda: refused(things, configurationName=f"stored {page}"),
        "reference check": lambda: refused(things, defaultProcess="0" * 24),
        "sorted page of 20": lambda: things.find(sort=[("createdAt", -1)], skip=20, limit=20),
    }


def refused(things: Any, **changes: Any) -> None:
    """A creation that breaks a rule."""
    try:
        things.insert_one(document(**changes))
    except Refusal:
        return
    raise AssertionError(f"{changes} was not refused")


def measure() -> dict[str, dict[str, float]]:
    """The microseconds of each operation at each size, in rounds that take turns."""
    by_size = {size: operations(size) for size in SIZES}
    found: dict[str, dict[str, list[float]]] = {}
    for _ in range(ROUNDS):
        for size, named in by_size.items():
            for name, run in named.items():
                found.setdefault(name, {}).setdefault(str(size), []).append(microseconds(run))
    return {name: {size: statistics.median(costs) for size, costs in told.items()} for name, told in found.items()}


def microseconds(run: Callable[[], Any], calls: int = CALLS) -> float:
    """What one call costs on a processor, on average."""
    started = time.process_time()
    for _ in range(calls):
        run()
    return (time.process_time() - started) / calls * 1e6
