"""What an operation on the embedded store costs, beside plain mongomock: `python -m benchmarks.store`."""

from __future__ import annotations

import argparse
import itertools
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from specdouble.double.state.store import open_store

SIZES = (100, 10_000, 100_000)
OWNERS = 10
ROUNDS = 5
PATIENCE = 0.4


def document(number: int) -> dict[str, Any]:
    """A flat document of 25 properties, as the double reads it."""
    texts = {f"text{field}": f"value {number} of {field}" for field in range(13)}
    numbers = {f"number{field}": number * field for field in range(5)}
    whole = {
        "_id": f"{number:08d}-aaaa-bbbb-cccc-ddddeeeeffff",
        "owner": f"user {number % OWNERS}",
        "name": f"name {number}",
        "createdAt": f"2024-01-01T00:00:00.{number:09d}Z",
        **texts,
        **numbers,
        "active": True,
        "note": None,
        "share": 1.5,
    }
    read: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
    return read


def operations(things: Any, size: int) -> dict[str, Callable[[], Any]]:
    """The operations to measure; each leaves the collection at about its size."""
    known, fresh = document(size // 2), (document(number) for number in itertools.count(size))
    changes: Iterator[dict[str, Any]] = itertools.cycle([known, {**known, "text1": "changed"}])
    values = itertools.count()
    added: list[str] = []

    def insert() -> float:
        new = next(fresh)
        added.append(new["_id"])
        return seconds(lambda: things.insert_one(new))

    def delete() -> float:
        if not added:
            insert()
        gone = {"_id": added.pop()}
        return seconds(lambda: things.delete_one(gone))

    by_id, owned = {"_id": known["_id"]}, {"owner": known["owner"]}
    return {
        "insert_one": insert,
        "find_one by _id": lambda: things.find_one(by_id),
        "find_one by unique field": lambda: things.find_one({"name": known["name"]}),
        "replace_one by _id": lambda: things.replace_one(by_id, next(changes)),
        "update_one by _id": lambda: things.update_one(by_id, {"$set": {"text1": str(next(values))}}),
        "sorted page of 20": lambda: list(things.find(owned).sort("createdAt", 1).skip(2).limit(20)),
        "newest 20": lambda: list(things.find(owned).sort("createdAt", -1).limit(20)),
        "count_documents": lambda: things.count_documents(owned),
        "delete_one by _id": delete,
    }


def seconds(run: Callable[[], Any]) -> float:
    """How long one call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def microseconds(run: Callable[[], Any]) -> float:
    """The median of some rounds, each of as many calls as patience lasts, at most a thousand.

    An operation that has something to prepare returns its own seconds.
    """
    costs = []
    for _ in range(ROUNDS):
        started, calls = time.perf_counter(), 0
        while calls < 1000 and time.perf_counter() - started < PATIENCE:
            begun = time.perf_counter()
            told = run()
            costs.append(told if isinstance(told, float) else time.perf_counter() - begun)
            calls += 1
    return statistics.median(costs) * 1e6


def filled(things: Any, size: int) -> Any:
    """The collection with its documents; plain mongomock gets its indexes last, or it would take hours."""
    ours = type(things).__module__.startswith("specdouble")
    if ours:
        index(things)
    for number in range(size):
        things.insert_one(document(number))
    if not ours:
        index(things)
    return things


def index(things: Any) -> None:
    things.create_index("name", unique=True, sparse=True)
    things.create_index([("owner", 1), ("createdAt", 1)])


def measure(size: int, *, plain: bool) -> dict[str, float]:
    """The microseconds of each operation."""
    if plain:
        import mongomock

        things: Any = mongomock.MongoClient()["benchmark"]["things"]
    else:
        things = open_store(None).database("benchmark")["things"]
    return {name: microseconds(run) for name, run in operations(filled(things, size), size).items()}


def mebibytes(size: int) -> float:
    """The size of this process, with that many documents that came as JSON, and both kinds of index."""
    things = open_store(None).database("benchmark")["things"]
    index(things)
    for number in range(size):
        things.insert_one(document(number))
    list(things.find({"owner": "user 1"}).sort("createdAt", 1).limit(1))
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def resident(size: int) -> float:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.store", "--memory", str(size)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def show() -> None:
    """Print the table."""
    ours = {size: measure(size, plain=False) for size in SIZES}
    plain = {size: measure(size, plain=True) for size in SIZES[:2]}
    sizes = [f"{size:,}" for size in SIZES]
    columns = [*sizes, "ratio", *[f"plain {size}" for size in sizes[:2]]]
    print(f"{'microseconds at ... documents':30}" + "".join(f"{column:>14}" for column in columns))
    for name in ours[SIZES[0]]:
        costs = [ours[size][name] for size in SIZES]
        beside = [plain[size][name] for size in SIZES[:2]]
        cells = [*costs, costs[-1] / costs[0], *beside]
        print(f"{name:30}" + "".join(f"{cell:14,.1f}" for cell in cells))
    print(f"process with no documents {resident(0):.0f} MiB, with {SIZES[-1]:,} {resident(SIZES[-1]):.0f} MiB")


def main() -> None:
    """Print the table, or with --memory only the size of this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--memory", type=int, metavar="N", help="only the MiB of this process with N documents")
    size = parser.parse_args().memory
    if size is None:
        show()
    else:
        print(mebibytes(size))


if __name__ == "__main__":
    main()
