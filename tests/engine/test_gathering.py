"""Questions that wait at the same moment are asked as one, and each who asks finds what it would find alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from pymongo.errors import AutoReconnect
from pymongo.monitoring import CommandListener, CommandStartedEvent

from specdouble.double.state.store.engine import EngineCollection
from specdouble.double.state.store.engine.clients import Clients
from specdouble.double.state.store.engine.gathering import Gathering, Sharing

Document = dict[str, Any]


class Server:
    """Documents by id; it can be held while it answers, after it has looked."""

    def __init__(self, documents: dict[str, Document]) -> None:
        self.documents = documents
        self.asked: list[list[str]] = []
        self.failure: Exception | None = None
        self.may_answer = threading.Event()
        self.may_answer.set()

    def find(self, ids: Sequence[str]) -> list[Document]:
        self.asked.append(list(ids))
        if self.failure is not None:
            self.may_answer.wait()
            raise self.failure
        found = [dict(self.documents[id]) for id in ids if id in self.documents]
        self.may_answer.wait()
        return found


class Readers:
    """Threads that read, of which the first is held at the server."""

    def __init__(self, pool: ThreadPoolExecutor, server: Server) -> None:
        self._pool, self._server = pool, server
        self._gathering = Gathering(server.find)
        server.may_answer.clear()
        self.first = self.read("first")
        while not server.asked:
            time.sleep(0.001)

    def read(self, id: str) -> Future[Document | None]:
        return self._pool.submit(self._gathering.read, id)

    def wait_for(self, number: int) -> None:
        """Wait until so many are in the next question."""
        end = time.monotonic() + 10
        while len(self._waiting()) < number:
            assert time.monotonic() < end, self._waiting()
            time.sleep(0.001)

    def _waiting(self) -> list[str]:
        return list(self._gathering._turns.waiting)


@pytest.fixture
def pool() -> Any:
    with ThreadPoolExecutor(32) as pool:
        yield pool


def test_all_who_wait_are_asked_for_by_one_question(pool: ThreadPoolExecutor) -> None:
    server = Server({name: {"_id": name} for name in ("first", "a", "b")})
    readers = Readers(pool, server)
    reads = [readers.read(id) for id in ("a", "b", "a", "none")]
    readers.wait_for(4)

    server.may_answer.set()

    assert [read.result(10) for read in reads] == [{"_id": "a"}, {"_id": "b"}, {"_id": "a"}, None]
    assert len(server.asked) == 2
    assert sorted(server.asked[1]) == ["a", "b", "none"]


def test_a_read_is_answered_by_no_question_that_was_sent_before(pool: ThreadPoolExecutor) -> None:
    server = Server({"first": {"_id": "first", "value": "old"}})
    readers = Readers(pool, server)  # the server has looked, and has not answered
    server.documents["first"] = {"_id": "first", "value": "new"}

    later = readers.read("first")
    readers.wait_for(1)
    server.may_answer.set()

    assert readers.first.result(10) == {"_id": "first", "value": "old"}
    assert later.result(10) == {"_id": "first", "value": "new"}


def test_who_changes_what_was_read_changes_it_for_nobody_else(pool: ThreadPoolExecutor) -> None:
    server = Server({"first": {"_id": "first"}, "a": {"_id": "a", "tags": ["x"]}})
    readers = Readers(pool, server)
    reads = [readers.read("a") for _ in range(3)]
    readers.wait_for(3)
    server.may_answer.set()
    one, *others = [read.result(10) for read in reads]
    assert one is not None

    one["tags"].append("y")
    one.pop("_id")

    assert others == [{"_id": "a", "tags": ["x"]}] * 2


def test_a_failure_is_told_to_all_who_wait_and_the_next_is_asked_anew(pool: ThreadPoolExecutor) -> None:
    server = Server({"first": {"_id": "first"}})
    readers = Readers(pool, server)
    server.failure = AutoReconnect("away")
    reads = [readers.read("first") for _ in range(3)]
    readers.wait_for(3)
    server.may_answer.set()
    for read in reads:
        with pytest.raises(AutoReconnect):
            read.result(10)

    server.failure = None

    assert readers.read("first").result(10) == {"_id": "first"}


class Finds(CommandListener):
    """How often something was looked for."""

    def __init__(self) -> None:
        self.number, self._guard = 0, threading.Lock()

    def started(self, event: CommandStartedEvent) -> None:
        with self._guard:  # many threads look at the same moment
            self.number += event.command_name == "find"

    def succeeded(self, _event: Any) -> None:
        pass

    def failed(self, _event: Any) -> None:
        pass


def test_an_engine_is_asked_less_often_and_finds_the_same(engine_url: str, pool: ThreadPoolExecutor) -> None:
    finds, random = Finds(), Random(5)
    with closing(Clients(engine_url, event_listeners=[finds])) as clients:
        about = clients.of_threads.admin.command("buildInfo")
        documents = clients[f"g{uuid4().hex[:8]}"]["boards"]
        owners: list[Any] = ["a", "b", ["a", "b"], 1, None]
        documents.insert_many([{"_id": f"i{n}", "owner": owners[n % 5], "n": n} for n in range(30)])
        wanted = [{"owner": random.choice("ab"), "_id": f"i{random.randrange(35)}"} for _ in range(400)]
        expected = [documents.find_one(one) for one in wanted]
        kept = EngineCollection(documents, is_atomic="ferretdbVersion" not in about)
        finds.number = 0

        found = list(pool.map(kept.find_one, wanted))

        assert found == expected
        if "ferretdbVersion" in about:  # which looks through the whole collection for several ids
            assert finds.number == len(wanted)
        else:
            assert finds.number < len(wanted)


def test_the_same_question_of_many_is_asked_once_for_all_who_wait(pool: ThreadPoolExecutor) -> None:
    sharing, may_answer, asked = Sharing(), threading.Event(), list[str]()

    def ask(question: str) -> Future[str]:
        def find() -> str:
            asked.append(question)
            may_answer.wait()
            return f"{question} {len(asked)}"

        return pool.submit(sharing.ask, question.encode(), find)

    first = ask("a")
    while not asked:
        time.sleep(0.001)
    same, other = [ask("a") for _ in range(3)], ask("b")
    while len(asked) < 2 or sharing._asked[b"a", False][1] < 4:
        time.sleep(0.001)

    may_answer.set()

    assert [one.result(10) for one in (first, *same, other)].count(first.result()) == 1
    assert len({one.result(10) for one in same}) == 1
    assert sorted(asked) == ["a", "a", "b"]
    assert not sharing._asked


def test_an_engine_is_asked_for_the_same_list_less_often_and_each_has_its_own(
    engine_url: str, pool: ThreadPoolExecutor
) -> None:
    finds, random = Finds(), Random(6)
    with closing(Clients(engine_url, event_listeners=[finds])) as clients:
        documents = clients[f"g{uuid4().hex[:8]}"]["boards"]
        kept = EngineCollection(documents, is_atomic=True)
        for n in range(30):
            kept.insert_one({"_id": f"i{n}", "owner": "ab"[n % 2], "tags": [n]})

        def page(owner: str, skip: int, limit: int) -> list[Document]:
            return kept.find({"owner": owner}).sort([("owner", 1)]).skip(skip).limit(limit).to_list()

        wanted = [(random.choice("ab"), random.choice((0, 3)), random.choice((0, 4))) for _ in range(400)]
        expected = {one: page(*one) for one in wanted}
        finds.number = 0

        found = list(pool.map(lambda one: page(*one), wanted))

        assert found == [expected[one] for one in wanted]
        assert finds.number < len(wanted)
        everything = [id(tags) for documents in found for tags in (one["tags"] for one in documents)]
        assert len(set(everything)) == len(everything)


def test_who_has_written_finds_it_in_the_list_and_in_the_count_that_it_asks_for_next(
    engine_url: str, pool: ThreadPoolExecutor
) -> None:
    with closing(Clients(engine_url)) as clients:
        kept = EngineCollection(clients[f"g{uuid4().hex[:8]}"]["boards"], is_atomic=True)

        def write_and_look(number: int) -> bool:
            before = kept.count_documents({})
            kept.insert_one({"_id": f"i{number}"})
            is_listed = f"i{number}" in {one["_id"] for one in kept.find({}).to_list()}
            return is_listed and kept.count_documents({}) > before

        assert all(pool.map(write_and_look, range(300)))
