"""Of many clients who want the same at the same moment one has it, whichever worker each of them asks."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
import yaml

from tests.engine.conftest import CONTRACT
from tests.engine.engines import Local
from tests.engine.serving import Clients, Served, Told, serving

CLIENTS, WORKERS = 64, 4
ROUNDS = int(os.environ.get("SPECDOUBLE_RACE_ROUNDS", "12"))
LONGEST = max(600, 10 * ROUNDS)  # seconds
PLACES = 3  # cards that a board of the contract may have


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contract of these tests, whose boards have a property for each client beside."""
    data = yaml.safe_load(CONTRACT.read_text())
    schemas = data["components"]["schemas"]
    names = [f"c{index}" for index in range(CLIENTS)]
    held = {"type": "string", "enum": ["nobody", *names]}
    for schema in (schemas["Board"], schemas["Change"]):
        schema["properties"] |= {"holder": held, **{name: {"type": "integer"} for name in names}}
    rule = {"default": "nobody", "x-transitions": {"nobody": names}}
    schemas["Board"]["properties"]["holder"] = held | rule
    path = tmp_path_factory.mktemp("races") / "openapi.yaml"
    path.write_text(yaml.safe_dump(data))
    return path


@pytest.fixture
def clients(contract: Path, store: str) -> Iterator[Clients]:
    """Clients of a double with several workers."""
    with serving(contract, store, WORKERS) as served, contextlib.closing(Clients(served, CLIENTS)) as clients:
        yield clients


def a_board(served: Served, name: str) -> str:
    """The id of a new board; asked for until somebody answers."""
    return str(_answered(served, "POST", "/boards", {"name": name}, 201).document["id"])


def _answered(served: Served, method: str, path: str, body: object = None, status: int = 200) -> Told:
    end = time.monotonic() + 120
    told = served.ask(method, path, body)
    others: Counter[int | None] = Counter()
    while told.status != status and time.monotonic() < end:
        if told.status == 409 and method == "POST":  # an earlier try had come through
            boards = _answered(served, "GET", "/boards").document
            found = [one for one in boards if one["name"] == body["name"]]  # type: ignore[index]
            if found:
                return Told(status, found[0])
        others[told.status] += 1
        time.sleep(0.05)
        told = served.ask(method, path, body)
    assert told.status == status, f"{method} {path} was answered by {dict(others)} for two minutes"
    return told


def listed(served: Served, path: str) -> list[dict[str, object]]:
    """All that is there."""
    found: list[dict[str, object]] = _answered(served, "GET", path).document
    return found


class Race:
    """What all clients want at once; who got it, and what is there afterwards.

    Args:
        clients: who ask.
        is_calm: nothing dies meanwhile, so every client is answered, by what the contract says.
    """

    places = 1
    won = 200

    def __init__(self, clients: Clients, is_calm: bool) -> None:
        self.clients, self.served, self.is_calm = clients, clients.served, is_calm

    def run(self, name: str) -> None:
        """One round; the name is one that no other round has."""
        told = self.clients.at_once(self.request(name))
        winners = [index for index, one in enumerate(told) if one.status == self.won]
        refused = [index for index, one in enumerate(told) if one.status == 409]
        there = self.there(name)
        expected = {self.told(index, told[index]) for index in winners}
        assert len(expected) == len(winners) <= self.places
        assert expected <= set(there), "who was told to have it has lost it"
        assert len(there) == len(set(there)) <= self.places
        if refused:
            assert len(there) == self.places, "who was refused was refused for nobody's sake"
        if self.is_calm:
            assert Counter(one.status for one in told) == {self.won: self.places, 409: CLIENTS - self.places}
            assert set(there) == expected
        else:
            statuses = {one.status for one in told}
            assert statuses <= {self.won, 409, 503, None}, statuses

    def request(self, name: str) -> Callable[[int], tuple[str, str, object]]:
        raise NotImplementedError

    def there(self, name: str) -> list[object]:
        raise NotImplementedError

    def told(self, index: int, told: Told) -> object:
        raise NotImplementedError


class Creation(Race):
    """All create a document of the same name."""

    won = 201

    def request(self, name: str) -> Callable[[int], tuple[str, str, object]]:
        return lambda _index: ("POST", "/boards", {"name": f" {name} "})

    def there(self, name: str) -> list[object]:
        return [one["id"] for one in listed(self.served, "/boards") if one["name"] == f" {name} "]

    def told(self, _index: int, told: Told) -> object:
        return told.document["id"]


class Renaming(Race):
    """Each gives a document of its own the same name."""

    _own: Sequence[str] = ()

    def request(self, name: str) -> Callable[[int], tuple[str, str, object]]:
        self._own = self._own or [a_board(self.served, f"own {index}") for index in range(CLIENTS)]
        return lambda index: ("PATCH", f"/boards/{self._own[index]}", {"name": name})

    def there(self, name: str) -> list[object]:
        return [one["id"] for one in listed(self.served, "/boards") if one["name"] == name]

    def told(self, index: int, _told: Told) -> object:
        return self._own[index]


class Transition(Race):
    """Each wants one document for itself, by a move that may be made once."""

    def request(self, name: str) -> Callable[[int], tuple[str, str, object]]:
        self._board = a_board(self.served, name)
        return lambda index: ("PATCH", f"/boards/{self._board}", {"holder": f"c{index}"})

    def there(self, name: str) -> list[object]:
        holder = _answered(self.served, "GET", f"/boards/{self._board}").document["holder"]
        return [] if holder == "nobody" else [holder]

    def told(self, index: int, told: Told) -> object:
        assert told.document["holder"] == f"c{index}"
        return f"c{index}"


class Quota(Race):
    """All create a document of which there may be few."""

    places, won = PLACES, 201

    def request(self, name: str) -> Callable[[int], tuple[str, str, object]]:
        self._board = a_board(self.served, name)
        return lambda _index: ("POST", "/cards", {"board": self._board})

    def there(self, name: str) -> list[object]:
        return [one["number"] for one in listed(self.served, "/cards") if one["board"] == self._board]

    def told(self, _index: int, told: Told) -> object:
        return told.document["number"]


KINDS = (Creation, Renaming, Transition, Quota)


def races(clients: Clients, is_calm: bool, goes_on: Callable[[int], bool]) -> None:
    """Rounds of each kind in turn, as long as the function says so of their number and for as long as they may take."""
    kinds = [kind(clients, is_calm) for kind in KINDS]
    end = time.monotonic() + LONGEST
    number = 0
    while goes_on(number) and time.monotonic() < end:
        kinds[number % len(kinds)].run(f"round {number}")
        number += 1
    print(f"{number} rounds of {CLIENTS} clients and {WORKERS} workers")  # pytest -rP shows it
    assert not goes_on(number), f"only {number} rounds in {LONGEST} s"


@contextlib.contextmanager
def meanwhile(interval: float, action: Callable[[], None]) -> Iterator[None]:
    """Something is done again and again while the context lasts."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(interval):
            action()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Killer:
    """Ends workers as suddenly as a machine that has no memory left: the oldest, once the last one is replaced.

    On a machine so busy that a worker takes seconds to start, one each second would leave none that serves, or one that
    is ended as soon as it does.
    """

    def __init__(self, served: Served) -> None:
        self._served = served
        self.killed: list[int] = []

    def kill(self) -> None:
        """End one, unless the one in the last one's place does not serve yet."""
        if self._served.replaced() == len(self.killed):
            oldest = self._served.workers()[0]
            os.kill(oldest, signal.SIGKILL)
            self.killed.append(oldest)


@pytest.mark.slow
def test_of_many_clients_of_many_workers_one_wins(clients: Clients) -> None:
    races(clients, is_calm=True, goes_on=lambda number: number < ROUNDS)


@pytest.mark.slow
def test_no_more_than_one_wins_while_workers_are_killed_and_nothing_is_lost(clients: Clients) -> None:
    before = clients.served.workers()
    killer = Killer(clients.served)
    with meanwhile(1, killer.kill):
        races(clients, is_calm=False, goes_on=lambda number: number < ROUNDS or len(killer.killed) < 2 * WORKERS)
    print(f"{len(killer.killed)} workers were killed meanwhile")
    assert set(before) <= set(killer.killed)


@pytest.mark.slow
def test_no_more_than_one_wins_while_the_engine_restarts_and_nothing_is_lost(contract: Path, own: Local) -> None:
    restarts: list[float] = []

    def restart() -> None:
        own.stop()
        own.start()
        restarts.append(time.monotonic())

    with (
        serving(contract, f"{own.url}/races", WORKERS) as served,
        contextlib.closing(Clients(served, CLIENTS)) as clients,
    ):
        # FerretDB that is killed while it makes a collection has half of one from then on: they are made before.
        _answered(served, "POST", "/cards", {"board": a_board(served, "first")}, 201)
        with meanwhile(3, restart):
            races(clients, is_calm=False, goes_on=lambda number: number < ROUNDS or len(restarts) < 4)
    print(f"the engine restarted {len(restarts)} times meanwhile")
