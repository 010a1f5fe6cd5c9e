"""What a worker makes of a store that is a server: beside plain PyMongo, and two workers beside one.

python -m benchmarks.engine [ENGINE ...]     prints a table, and writes `engine.json` and `engine.svg` beside this file

Of engines that are not named, or not here, the rows stay that there are.

A double is asked in this process once, to see which commands each kind of request sends. Plain PyMongo sends the very
same, from as many threads as there are connections to the worker, and does nothing else: no HTTP, no contract.
Both ask the same server of MongoDB's protocol by turns, on the two cores that they share with it and with the client;
both read all documents in turn.

On a machine that others use, rates tell how it shares its cores. So the milliseconds of a processor are told beside
them that each call costs each process. Two cores allow no more than two divided by their sum; one worker, whose
interpreter holds one core, no more than one divided by its own. Two workers with a core each, and an engine and a
client that are no limit, do twice what one does, less what a request costs more where there are two: that is told too.
And it is tried: with a fifth of a core for each worker, and no more, server and client have what they need.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pymongo
from bson import ObjectId
from pymongo import monitoring

from benchmarks import plot
from benchmarks.load import CHOSEN, FRESH, Job, Load, run
from benchmarks.share import NotBounded, bounded
from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from tests.engine.engines import ENGINES, Local, NotInstalled, running
from tests.engine.serving import Served, serving

FOLDER = Path(__file__).parent
CONTRACT = FOLDER.parent / "tests" / "engine" / "boards.yaml"
CONNECTIONS, SECONDS, ROUNDS = 64, 1.0, 3
DOCUMENTS = 100
SHARE = 0.2  # of a core for each worker, where these are to be the only limit
_SENT = {"find", "insert", "update", "delete", "findAndModify", "aggregate", "count", "distinct"}
_LEFT_OUT = ("lsid", "$db", "txnNumber", "$clusterTime", "$readPreference")

Command = tuple[str, dict[str, Any]]  # a database, and what is asked of it
Kind = tuple[str, str, dict[str, str] | None]  # a method, a path and a body
KINDS: dict[str, Kind] = {
    "read": ("GET", f"/boards/{CHOSEN.decode()}", None),
    "list": ("GET", "/cards", None),
    "create": ("POST", "/boards", {"name": f"n{FRESH.decode()}"}),
}


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


class Costs:
    """The milliseconds of a processor that each call costs each of some processes, this one among them."""

    def __init__(self, **processes: Sequence[int]) -> None:
        self._processes = processes | {"client": [os.getpid()]}
        self._before = self._now()

    def each(self, number: int) -> dict[str, float]:
        """By process, for so many calls."""
        return {name: (spent - self._before[name]) / number * 1000 for name, spent in self._now().items()}

    def _now(self) -> dict[str, float]:
        return {name: sum(map(_spent, those)) for name, those in self._processes.items()}


class Seen:
    """What a double sends to its store for each kind of request, as it is seen to do; it fills the store before.

    Args:
        url: of the store.
    """

    def __init__(self, url: str) -> None:
        listener = Listener()
        monitoring.register(listener)
        self.commands: dict[str, list[Command]] = {}
        double = Double(Settings(CONTRACT, store=url))
        with Server(double, "127.0.0.1", 0).running() as base, httpx.Client(base_url=base, timeout=60) as client:
            made = [client.post("/boards", json={"name": f"b{number}"}).json() for number in range(DOCUMENTS)]
            self.boards = [str(board["id"]) for board in made]
            for _ in range(3):
                client.post("/cards", json={"board": self.boards[0]})
            for name, (method, path, body) in KINDS.items():
                listener.commands.clear()
                client.request(method, path.replace(CHOSEN.decode(), self.boards[0]), json=body).raise_for_status()
                self.commands[name] = list(listener.commands)

    def plain(self, server: Local, kind: str) -> tuple[float, dict[str, float]]:
        """How often in a second PyMongo alone does it, from as many threads as there are connections; and the costs."""
        client: pymongo.MongoClient[dict[str, Any]] = pymongo.MongoClient(server.url)
        numbers, done = count(time.time_ns() // 1000), [0] * CONNECTIONS
        end = time.perf_counter() + SECONDS

        def send(index: int) -> None:
            while time.perf_counter() < end:
                number = next(numbers)
                for database, command in self.commands[kind]:
                    client[database].command(self._fresh(command, number))
                done[index] += 1

        threads = [threading.Thread(target=send, args=(index,)) for index in range(CONNECTIONS)]
        costs, begun = Costs(engine=server.processes()), time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took, each = time.perf_counter() - begun, costs.each(sum(done))
        client.close()
        return sum(done) / took, each

    def forget(self, server: Local) -> None:
        """Remove what was created since: where a server searches for a key, each document makes the next one dearer."""
        database, _ = self.commands["create"][0]
        with pymongo.MongoClient[dict[str, Any]](server.url) as client:
            client[database]["boards"].delete_many({"_id": {"$nin": self.boards}})

    def _fresh(self, command: dict[str, Any], number: int) -> dict[str, Any]:
        """The command, with values of its own where they must be unique, and another document than the last one."""
        sent = {name: value for name, value in command.items() if name not in _LEFT_OUT}
        if "insert" in sent:
            made = {**sent["documents"][0], "_id": str(ObjectId())}
            sent["documents"] = [{name: self._with(value, number) for name, value in made.items()}]
        elif "filter" in sent:
            sent["filter"] = self._with(sent["filter"], number)
        return sent

    def _with(self, value: Any, number: int) -> Any:
        if isinstance(value, dict):
            return {name: self._with(one, number) for name, one in value.items()}
        if isinstance(value, list):
            return [self._with(one, number) for one in value]
        if not isinstance(value, str):
            return value
        if value == self.boards[0]:
            return self.boards[number % DOCUMENTS]
        return value.replace(FRESH.decode().lower(), str(number)).replace(FRESH.decode(), str(number))


def served(
    double: Served, server: Local, kind: str, boards: Sequence[str], seconds: float = SECONDS
) -> tuple[Load, dict[str, float]]:
    """What the workers answer in a second, how long it takes, and what each request costs."""
    method, path, body = KINDS[kind]
    content = "" if body is None else json.dumps(body)
    # The client writes twelve digits in the place of the mark.
    length = len(content) + (12 - len(FRESH) if FRESH.decode() in content else 0)
    request = f"{method} {path} HTTP/1.1\r\nHost: x\r\n"
    request += f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{content}" if body else "\r\n"
    costs = Costs(worker=_workers(double), engine=server.processes())
    load = run(Job(double.port, request, seconds, connections=CONNECTIONS, sleeps=True, drains=True, chosen=boards))
    return load, costs.each(sum(load.statuses.values()))


def _workers(double: Served) -> list[int]:
    return double.workers() or [double.process.pid]


def _spent(process: int) -> float:
    """The seconds that a process has had on a processor."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(engine: str) -> Iterator[dict[str, Any]]:
    """A row for each kind of request: medians of rounds in which the three take turns."""
    with running(engine) as server, contextlib.ExitStack() as stack:
        url = f"{server.url}/bench"
        seen = Seen(url)
        one = stack.enter_context(serving(CONTRACT, url, 1))
        two = stack.enter_context(serving(CONTRACT, url, 2))
        for kind in KINDS:
            row = _row(server, seen, kind, one, two) | _with_shares(server, seen, kind, one, two)
            yield {"engine": engine, "kind": kind} | row


def _row(server: Local, seen: Seen, kind: str, one: Served, two: Served) -> dict[str, Any]:
    rates: dict[str, list[float]] = {"plain": [], "one": [], "two": []}
    alone: list[dict[str, float]] = []
    spent: list[dict[str, float]] = []
    shared: list[dict[str, float]] = []
    loads: list[Load] = []
    for double in (one, two):
        served(double, server, kind, seen.boards)  # to be warm
    for _ in range(ROUNDS):
        seen.forget(server)
        rate, costs = seen.plain(server, kind)
        seen.forget(server)
        rates["plain"].append(rate)
        alone.append(costs)
        load, costs = served(one, server, kind, seen.boards)
        rates["one"].append(load.rate)
        loads.append(load)
        spent.append(costs)
        seen.forget(server)
        load, costs = served(two, server, kind, seen.boards)
        rates["two"].append(load.rate)
        shared.append(costs)
    rates_of = {name: statistics.median(values) for name, values in rates.items()}
    middle = sorted(loads, key=lambda load: load.rate)[len(loads) // 2]
    cost, plain, of_two = _medians(spent), _medians(alone), _medians(shared)
    return {
        "commands": len(seen.commands[kind]),
        "plain": round(rates_of["plain"]),
        "one worker": round(rates_of["one"]),
        "of plain": round(rates_of["one"] / rates_of["plain"], 2),
        "two workers": round(rates_of["two"]),
        "of one": round(rates_of["two"] / rates_of["one"], 2),
        "PyMongo ms": round(plain["client"], 3),
        "its engine ms": round(plain["engine"], 3),
        **{f"{name} ms": round(value, 3) for name, value in cost.items()},
        "cores allow of plain": round(_most(cost, "worker") / _most(plain, "client"), 2),
        "cores allow of one": round(2000 / sum(cost.values()) / _most(cost, "worker"), 2),
        "worker of two ms": round(of_two["worker"], 3),
        "own cores allow of one": round(2 * cost["worker"] / of_two["worker"], 2),
        "p50": round(middle.p50, 1),
        "p95": round(middle.p95, 1),
        "p99": round(middle.p99, 1),
        "statuses": middle.statuses,
    }


def _with_shares(server: Local, seen: Seen, kind: str, one: Served, two: Served) -> dict[str, Any]:
    """What two workers do beside one, each with a share of a core for itself; nothing where none can be given."""
    rates: dict[Served, list[float]] = {one: [], two: []}
    try:
        for _ in range(ROUNDS):
            for double, measured in rates.items():
                seen.forget(server)
                with bounded(_workers(double), SHARE):
                    load, _ = served(double, server, kind, seen.boards, 3 * SECONDS)
                measured.append(load.rate)
    except NotBounded as error:
        print(f"two workers with shares of their own are left out: {error}")
        return {}
    of_one, of_two = statistics.median(rates[one]), statistics.median(rates[two])
    return {
        "share, one": round(of_one),
        "share, two": round(of_two),
        "share, two of one": round(of_two / of_one, 2),
    }


def _medians(costs: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in costs) for name in costs[0]}


def _most(cost: dict[str, float], interpreter: str) -> float:
    """The calls a second that two cores allow, of which one is all that an interpreter has."""
    return min(1000 / cost[interpreter], 2000 / sum(cost.values()))


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as Markdown."""
    names = [name for name in max(rows, key=len) if name != "statuses"]
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    return "\n".join(lines + ["| " + " | ".join(str(row.get(name, "")) for name in names) + " |" for row in rows])


def main(engines: Sequence[str]) -> None:
    """Measure on those of these engines that are here, print, write."""
    file = FOLDER / "engine.json"
    measured: dict[str, list[dict[str, Any]]] = {}
    for row in json.loads(file.read_text("utf-8"))["rows"]:
        measured.setdefault(row["engine"], []).append(row)
    for engine in engines:
        try:
            measured[engine] = list(measure(engine))
        except NotInstalled as error:
            print(f"{engine} is left out: {error}")
    rows = [row for engine in ENGINES for row in measured.get(engine, [])]
    print(table(rows))
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.system()}"
    file.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n", "utf-8")
    (FOLDER / "engine.svg").write_text(plot.engine(rows), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:] or [*ENGINES])
