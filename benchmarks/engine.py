"""What a worker makes of a store that is a server: beside plain PyMongo, and two workers beside one.

python -m benchmarks.engine        prints a table, and writes `engine.json` and `engine.svg` beside this file

A double is asked in this process once, to see which commands each kind of request sends. Plain PyMongo sends the very
same, from as many threads as there are connections to the worker, and does nothing else: no HTTP, no contract.
Both ask the same server of MongoDB's protocol by turns, on the two cores that they share with it and with the client.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pymongo
from bson import ObjectId
from pymongo import monitoring

from benchmarks import plot
from benchmarks.load import FRESH, Job, Load, run
from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from tests.engine.engines import ENGINES, NotInstalled, running
from tests.engine.serving import Served, serving

FOLDER = Path(__file__).parent
CONTRACT = FOLDER.parent / "tests" / "engine" / "boards.yaml"
CONNECTIONS, SECONDS, ROUNDS = 16, 2.0, 3
DOCUMENTS = 100
_SENT = {"find", "insert", "update", "delete", "findAndModify", "aggregate", "count", "distinct"}
_LEFT_OUT = ("lsid", "$db", "txnNumber", "$clusterTime", "$readPreference")

Command = tuple[str, dict[str, Any]]  # a database, and what is asked of it


class Listener(monitoring.CommandListener):
    """Notes the commands that PyMongo sends for the double's documents."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        """A command is sent."""
        is_of_world = "_default" in event.database_name
        if event.command_name in _SENT and is_of_world:
            self.commands.append((event.database_name, dict(event.command)))

    def succeeded(self, _event: monitoring.CommandSucceededEvent) -> None:
        """It was done."""

    def failed(self, _event: monitoring.CommandFailedEvent) -> None:
        """It was not."""


def kinds(board: str) -> dict[str, tuple[str, str, dict[str, str] | None]]:
    """The kinds of requests: a document, a page of a list, a creation."""
    return {
        "read": ("GET", f"/boards/{board}", None),
        "list": ("GET", "/cards", None),
        "create": ("POST", "/boards", {"name": f"n{FRESH.decode()}"}),
    }


def commands_of(url: str, listener: Listener) -> dict[str, list[Command]]:
    """What a double sends to its store for each kind of request, as it is seen to do; it fills the store before."""
    double = Double(Settings(CONTRACT, store=url))
    with Server(double, "127.0.0.1", 0).running() as base, httpx.Client(base_url=base, timeout=60) as client:
        for number in range(DOCUMENTS):
            board = client.post("/boards", json={"name": f"b{number}"}).json()["id"]
        for _ in range(3):
            client.post("/cards", json={"board": board})
        seen = {}
        for name, (method, path, body) in kinds(board).items():
            listener.commands.clear()
            client.request(method, path, json=body).raise_for_status()
            seen[name] = list(listener.commands)
    seen["board"] = board
    return seen


def plain(url: str, commands: list[Command], seconds: float) -> float:
    """How often in a second PyMongo alone sends the commands, from as many threads as there are connections."""
    client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(url)
    numbers, done = count(time.time_ns() // 1000), [0] * CONNECTIONS
    end = time.perf_counter() + seconds

    def send(index: int) -> None:
        while time.perf_counter() < end:
            number = next(numbers)
            for database, command in commands:
                client[database].command(_fresh(command, number))
            done[index] += 1

    threads = [threading.Thread(target=send, args=(index,)) for index in range(CONNECTIONS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    client.close()
    return sum(done) / (time.perf_counter() - begun)


def _fresh(command: dict[str, Any], number: int) -> dict[str, Any]:
    """The command, with values of its own where they must be unique."""
    sent = {name: value for name, value in command.items() if name not in _LEFT_OUT}
    if "insert" in sent:
        made = {**sent["documents"][0], "_id": str(ObjectId())}
        sent["documents"] = [{name: _with(value, number) for name, value in made.items()}]
    elif "filter" in sent:
        sent["filter"] = {name: _with(value, number) for name, value in sent["filter"].items()}
    return sent


def _with(value: Any, number: int) -> Any:
    if isinstance(value, str):
        return value.replace(FRESH.decode().lower(), str(number)).replace(FRESH.decode(), str(number))
    return value


def served(double: Served, kind: tuple[str, str, dict[str, str] | None], seconds: float) -> tuple[Load, float]:
    """What the workers answer in a second, how long it takes, and the milliseconds of a processor that each costs."""
    method, path, body = kind
    content = "" if body is None else json.dumps(body)
    # The client writes twelve digits in the place of the mark.
    length = len(content) + (12 - len(FRESH) if FRESH.decode() in content else 0)
    request = f"{method} {path} HTTP/1.1\r\nHost: x\r\n"
    request += f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{content}" if body else "\r\n"
    processes = double.workers() or [double.process.pid]
    before = sum(map(_spent, processes))
    load = run(Job(double.port, request, seconds, connections=CONNECTIONS, sleeps=True))
    spent = sum(map(_spent, processes)) - before
    return load, spent / sum(load.statuses.values()) * 1000


def _spent(process: int) -> float:
    """The seconds that a process has had on a processor."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(engine: str) -> Iterator[dict[str, Any]]:
    """A row for each kind of request: medians of rounds in which the three take turns."""
    listener = Listener()
    monitoring.register(listener)
    with running(engine) as server, contextlib.ExitStack() as stack:
        url = f"{server.url}/bench"
        seen = commands_of(url, listener)
        one = stack.enter_context(serving(CONTRACT, url, 1))
        two = stack.enter_context(serving(CONTRACT, url, 2))
        for name, kind in kinds(str(seen["board"])).items():
            yield {"engine": engine, "kind": name} | _row(server.url, seen[name], one, two, kind)


def _row(url: str, commands: list[Command], one: Served, two: Served, kind: Any) -> dict[str, Any]:
    turns: dict[str, list[float]] = {"plain": [], "one": [], "two": []}
    spent: list[float] = []
    loads: list[Load] = []
    for _ in range(ROUNDS):
        turns["plain"].append(plain(url, commands, SECONDS))
        load, cost = served(one, kind, SECONDS)
        loads.append(load)
        spent.append(cost)
        turns["one"].append(load.rate)
        turns["two"].append(served(two, kind, SECONDS)[0].rate)
    rates = {name: statistics.median(values) for name, values in turns.items()}
    middle = sorted(loads, key=lambda load: load.rate)[len(loads) // 2]
    return {
        "commands": len(commands),
        "plain": round(rates["plain"]),
        "one worker": round(rates["one"]),
        "of plain": round(rates["one"] / rates["plain"], 2),
        "two workers": round(rates["two"]),
        "of one": round(rates["two"] / rates["one"], 2),
        "p50": round(middle.p50, 1),
        "p95": round(middle.p95, 1),
        "p99": round(middle.p99, 1),
        "processor": round(statistics.median(spent), 2),
        "statuses": middle.statuses,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    names = [name for name in rows[0] if name != "statuses"]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(lines + ["| " + " | ".join(str(row[name]) for name in names) + " |" for row in rows])


def main(measured: Callable[[str], Iterator[dict[str, Any]]] = measure) -> None:
    """Measure on each engine that is here, print, write."""
    rows: list[dict[str, Any]] = []
    for engine in ENGINES:
        try:
            for row in measured(engine):
                print(row, flush=True)
                rows.append(row)
        except NotInstalled as error:
            print(f"{engine} is left out: {error}")
    print(table(rows))
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    (FOLDER / "engine.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n", "utf-8")
    (FOLDER / "engine.svg").write_text(plot.engine(rows), "utf-8")


if __name__ == "__main__":
    main()
