"""A double over a server of MongoDB's protocol answers as one over its own memory, whoever else writes there."""

from __future__ import annotations

import json
import logging
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pymongo
import pymongo.monitoring
import pytest
import yaml
from click.testing import CliRunner

from specdouble.cli import main
from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from specdouble.double.state.store.engine import EngineCollection, attempted, current_attempt, locked
from specdouble.double.state.store.engine.clients import Clients
from specdouble.double.state.store.engine.indexes import create_index
from specdouble.double.state.store.engine.names import as_given, plain
from tests.double.test_reserved_names import CONTRACT as DEVICES
from tests.double.test_reserved_names import LABELS as DEVICE_LABELS
from tests.engine.conftest import CONTRACT
from tests.engine.engines import Local
from tests.kinds.test_dangling import CONTRACT as LETTERS

Serve = Callable[..., httpx.Client]
Call = Callable[[httpx.Client, int], httpx.Response]
SHAPES = CONTRACT.parents[1] / "double" / "shapes.yaml"
SETTINGS: dict[str, Any] = {"seed": 7, "clock": "2026-05-01T09:00:00Z"}


def at_once(clients: Sequence[httpx.Client], number: int, call: Call) -> list[int]:
    """The statuses of so many calls at the same moment, spread over the clients."""
    with ThreadPoolExecutor(number) as pool:
        answers = pool.map(lambda index: call(clients[index % len(clients)], index), range(number))
        return [answer.status_code for answer in answers]


def _create(name: str, client: httpx.Client, _index: int) -> httpx.Response:
    return client.post("/boards", json={"name": name})


def _delete_or_name(id: str, client: httpx.Client, index: int) -> httpx.Response:
    return client.delete(f"/boards/{id}") if index == 3 else client.post("/cards", json={"board": id})


def board(client: httpx.Client, name: str) -> str:
    made = client.post("/boards", json={"name": name, "code": "c"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def program(random: Random, steps: int) -> list[tuple[str, str, dict[str, Any] | None]]:
    """Requests of which some are kept and some are refused; `B` and `C` stand for ids that came before."""
    found: list[tuple[str, str, dict[str, Any] | None]] = []
    for _ in range(steps):
        name = random.choice(["One", " one ", "Two", "three", "Straße", "STRASSE", "x.y"])
        state = random.choice(["open", "closed", "archived"])
        found.append(
            random.choice(
                [
                    ("POST", "/boards", {"name": name, "code": random.choice(["a", "b"])}),
                    ("GET", "/boards", None),
                    ("PATCH", "/boards/B", {"name": name}),
                    ("PATCH", "/boards/B", {"state": state}),
                    ("PATCH", "/boards/B", {"code": random.choice(["a", "b"]), "name": name}),
                    ("DELETE", "/boards/B", None),
                    ("GET", "/boards/B", None),
                    ("POST", "/cards", {"board": "B", "text": name}),
                    ("POST", "/cards", {"board": "B"}),
                    ("POST", "/cards", {"board": "nobody's"}),
                    ("GET", "/cards", None),
                    ("GET", "/cards/C", None),
                    ("PATCH", "/cards/C", {"board": "B"}),
                    ("DELETE", "/cards/C", None),
                ]
            )
        )
    return found


def played(client: httpx.Client, steps: list[tuple[str, str, dict[str, Any] | None]]) -> list[tuple[int, str]]:
    """What each step was answered; which of the ids it means, the seed decides."""
    random, boards, cards = Random(1), ["none"], [0]
    answers = []
    for method, path, body in steps:
        chosen, card = random.choice(boards[-6:]), random.choice(cards[-6:])
        sent = None if body is None else {name: chosen if value == "B" else value for name, value in body.items()}
        answer = client.request(method, path.replace("B", chosen).replace("C", str(card)), json=sent)
        answers.append((answer.status_code, answer.text))
        if answer.status_code == 201:
            made = answer.json()
            boards += [made["id"]] if "id" in made else []
            cards += [made["number"]] if "number" in made else []
    return answers


def assert_alike(serve: Serve, store: str, steps: int) -> None:
    asked = program(Random(steps), steps)
    embedded, shared = played(serve(**SETTINGS), asked), played(serve(store=store, **SETTINGS), asked)
    differing = [(step, *both) for step, *both in zip(asked, embedded, shared, strict=True) if both[0] != both[1]]
    assert differing == []
    assert {status for status, _ in embedded} >= {200, 201, 204, 404, 409, 422}


def test_a_random_program_is_answered_as_by_the_embedded_store(serve: Serve, store: str) -> None:
    assert_alike(serve, store, 150)


@pytest.mark.slow
def test_a_long_random_program_is_answered_as_by_the_embedded_store(serve: Serve, store: str) -> None:
    assert_alike(serve, store, 2500)


def test_of_many_who_create_one_name_one_wins(serve: Serve, store: str) -> None:
    clients = [serve(store=store), serve(store=store)]
    for name in ("a", "b"):
        statuses = at_once(clients, 12, partial(_create, name))
        assert sorted(statuses) == [201] + [409] * 11
    assert len(clients[0].get("/boards").json()) == 2


def test_of_many_who_take_one_name_or_move_one_document_one_wins(serve: Serve, store: str) -> None:
    clients = [serve(store=store), serve(store=store)]
    ids = [board(clients[0], f"n{index}") for index in range(8)]
    renamed = at_once(clients, 8, lambda client, index: client.patch(f"/boards/{ids[index]}", json={"name": "X"}))
    assert sorted(renamed) == [200] + [409] * 7
    clients[0].patch(f"/boards/{ids[0]}", json={"state": "closed"})
    moved = at_once(clients, 8, lambda client, _: client.patch(f"/boards/{ids[0]}", json={"state": "archived"}))
    assert moved.count(200) == 8 or sorted(set(moved)) in ([200, 409], [200])


def test_a_limit_holds_whoever_writes(serve: Serve, store: str) -> None:
    clients = [serve(store=store), serve(store=store)]
    one = board(clients[0], "full")
    statuses = at_once(clients, 10, lambda client, _: client.post("/cards", json={"board": one}))
    assert sorted(statuses) == [201] * 3 + [409] * 7
    numbers = [card["number"] for card in clients[1].get("/cards").json()]
    assert len(set(numbers)) == 3


def test_who_comes_into_a_scope_with_room_is_refused_for_nobody(serve: Serve, store: str) -> None:
    clients = [serve(store=store), serve(store=store)]

    def move(one: str, client: httpx.Client, index: int) -> httpx.Response:
        return client.patch(f"/cards/{cards[index]}", json={"board": one})

    first = board(clients[0], "first")
    cards = [clients[0].post("/cards", json={"board": first}).json()["number"] for _ in range(3)]
    for index in range(8):  # who chooses the same place at the same moment looks for another
        assert at_once(clients, 3, partial(move, board(clients[0], f"n{index}"))) == [200, 200, 200]


def test_a_document_is_changed_though_what_it_names_is_gone(store: str, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(LETTERS)
    double = Double(Settings(tmp_path, store=store))
    with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url, timeout=60) as client:
        person = client.post("/people", json={}).json()["id"]
        letter = client.post("/letters", json={"to": person}).json()["id"]
        assert client.delete(f"/people/{person}").status_code == 204
        assert client.patch(f"/letters/{letter}", json={"text": "a"}).json()["text"] == "a"
        assert client.patch(f"/letters/{letter}", json={"to": person}).status_code == 422


def test_threads_that_want_one_lock_ask_the_server_one_after_the_other(engine_url: str) -> None:
    asked: list[str] = []

    class Listener(pymongo.monitoring.CommandListener):
        def started(self, event: pymongo.monitoring.CommandStartedEvent) -> None:
            asked.append(event.command_name)

        def succeeded(self, event: pymongo.monitoring.CommandSucceededEvent) -> None:
            pass

        def failed(self, event: pymongo.monitoring.CommandFailedEvent) -> None:
            pass

    def hold(_index: int) -> None:
        with locked(database, "one"):
            time.sleep(0.02)

    with closing(Clients(engine_url, event_listeners=[Listener()])) as clients:
        database = clients[f"locks{time.time_ns()}"]
        with ThreadPoolExecutor(12) as pool:
            list(pool.map(hold, range(12)))
        clients.of_threads.drop_database(database.name)
    assert (asked.count("insert"), asked.count("delete"), asked.count("find")) == (12, 12, 0)


def test_nothing_speaks_of_what_is_deleted_at_the_same_moment(serve: Serve, store: str) -> None:
    clients = [serve(store=store), serve(store=store)]

    for name in ("a", "b", "c"):
        one = board(clients[0], name)
        at_once(clients, 6, partial(_delete_or_name, one))
        left = [card for card in clients[1].get("/cards").json() if card["board"] == one]
        there = clients[0].get(f"/boards/{one}").status_code == 200
        assert there or left == []


def test_what_is_made_of_a_document_that_was_read_twice_and_changed_in_between_is_made_anew() -> None:
    marks = iter([(1, 1), (2, 1), (2, 1), (2, 1)])

    def answer() -> list[tuple[int, int]]:
        read = [next(marks), next(marks)]
        for mark in read:
            current_attempt().see(("world", "boards", "one"), mark)
        return read

    assert attempted(answer) == [(2, 1), (2, 1)]


def test_partial_changes_of_one_document_are_all_there(serve: Serve, store: str) -> None:
    clients = [serve(store=store), serve(store=store)]
    one = board(clients[0], "one")
    changes = [{"name": "two"}, {"state": "closed"}]
    statuses = at_once(clients, 2, lambda client, index: client.patch(f"/boards/{one}", json=changes[index]))
    assert statuses == [200, 200]
    told = clients[0].get(f"/boards/{one}").json()
    assert (told["name"], told["state"], told["code"]) == ("two", "closed", "c")


def _ids(client: httpx.Client, *names: str) -> list[str]:
    return [board(client, name) for name in names]


def test_a_seed_repeats_its_ids_in_a_store_that_is_new_and_after_a_reset(serve: Serve, store: str) -> None:
    embedded, shared = serve(seed=7), serve(seed=7, store=store)
    first = _ids(embedded, "a", "b", "c")
    assert _ids(shared, "a", "b", "c") == first
    shared.post("/_specdouble/reset")
    assert _ids(shared, "a", "b", "c") == first


def test_no_id_is_given_twice_over_restarts_and_processes_of_one_seed(serve: Serve, store: str) -> None:
    first, second = serve(seed=7, store=store), serve(seed=7, store=store)
    names = [f"n{index}" for index in range(30)]
    ids = [board((first, second)[index % 2], name) for index, name in enumerate(names)]
    for one in ids:  # an id of what is gone is another document's never
        first.delete(f"/boards/{one}")
    ids += _ids(serve(seed=7, store=store), *names)
    assert len(set(ids)) == 60


def test_one_process_follows_another_whose_row_of_ids_has_begun_again(serve: Serve, store: str) -> None:
    first, second = serve(seed=7, store=store), serve(seed=7, store=store)
    _ids(first, "a")
    second.post("/_specdouble/reset")
    ids = _ids(first, *(f"f{index}" for index in range(30))) + _ids(second, *(f"s{index}" for index in range(30)))
    assert len(set(ids)) == 60


def test_what_is_kept_beside_a_document_is_never_shown(serve: Serve, store: str) -> None:
    client = serve(store=store)
    board(client, "one")
    told = client.get("/boards").text + client.get("/_specdouble/worlds").text
    assert "_specdouble_" not in told


def test_a_reset_and_worlds_hold_for_all(serve: Serve, store: str) -> None:
    first, second = serve(store=store), serve(store=store)
    world = {"X-Specdouble-World": "Other.One"}
    board(first, "one")
    second.post("/boards", json={"name": "one"}, headers=world)
    assert len(first.get("/boards", headers=world).json()) == 1
    assert second.post("/_specdouble/reset").status_code == 204
    assert first.get("/boards").json() == []
    assert first.post("/boards", json={"name": "one"}).status_code == 201


@pytest.mark.slow
def test_an_engine_that_is_away_is_503_and_back_is_as_before(serve: Serve, own: Local) -> None:
    client = serve(store=f"{own.url}/away?serverSelectionTimeoutMS=300")
    one = board(client, "one")
    own.stop()
    for answer in (
        client.get("/boards"),
        client.post("/boards", json={"name": "two"}),
        client.patch(f"/boards/{one}", json={"name": "x"}),
    ):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
    assert client.get("/_specdouble/health").json() == {"status": "the store is away"}
    for path in ("/_specdouble/journal", "/_specdouble/worlds"):
        assert (client.get(path).status_code, client.get(path).headers["Retry-After"]) == (503, "1")
    own.start()
    assert client.post("/boards", json={"name": "two"}).status_code == 201
    assert [told["name"] for told in client.get("/boards").json()] == ["one", "two"]
    assert client.get("/_specdouble/health").json() == {"status": "ok"}
    assert client.get(f"/boards/{one}").status_code == 200


def test_documents_whose_id_stands_inside_are_kept_under_a_name_that_every_server_indexes(store: str) -> None:
    pod = {"kind": "Pod", "metadata": {"name": "web", "labels": {}}, "spec": {"image": "a"}}
    double = Double(Settings(SHAPES, store=store))
    with Server(double, "127.0.0.1", 0).running() as base, httpx.Client(base_url=base, timeout=60) as client:
        for space in ("one", "two"):
            assert client.post(f"/namespaces/{space}/pods", json=pod).status_code == 201
        assert client.get("/namespaces/two/pods/web").json() == pod
        assert client.delete("/namespaces/two/pods/web").status_code == 200
        assert client.get("/namespaces/one/pods/web").json() == pod


NAMED = {"a.b": {"$ref": [{"50%": 1, "x%2E": 2}]}, "%24": 3, "$": {"a%b.c": "d.e"}}


def test_a_name_within_a_document_that_a_server_does_not_take_is_escaped_and_meets_no_other() -> None:
    kept = plain(NAMED)
    assert [name for name in _names_within(kept) if "." in name or name.startswith("$")] == []
    assert as_given(kept) == NAMED


def _names_within(value: Any) -> list[str]:
    inner = [*value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    return [*(value if isinstance(value, dict) else ()), *(name for one in inner for name in _names_within(one))]


def test_a_name_within_a_document_may_be_any(store: str, tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(DEVICES.replace("LABELS", DEVICE_LABELS))
    with (
        Server(Double(Settings(path, store=store)), "127.0.0.1", 0).running() as url,
        httpx.Client(base_url=url, timeout=60) as client,
    ):
        made = client.post("/devices", json={"versions": {"ios 12.0": ["iphone"]}})
        assert made.status_code == 201, made.text
        path_of = f"/devices/{made.json()['id']}"
        changed = client.put(path_of, json={"labels": {"app.io/name": "x", "$where": "y", "50%25": "z"}}).json()
        assert client.get(path_of).json() == changed
        assert changed in client.get("/devices").json()
        assert changed["labels"] == {"app.io/name": "x", "$where": "y", "50%25": "z"}


def test_an_index_that_the_server_does_not_make_is_done_without(store: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", "specdouble")  # a server in a test is quieter
    with closing(Clients(store)) as clients:
        documents = clients[store.rpartition("/")[2]]["odd"]
        documents.insert_one({"_id": "1", "board-id": "b"})
        create_index(documents, "board-id")
        assert EngineCollection(documents, is_atomic=True).find({"_id": "1"}).to_list() == [
            {"_id": "1", "board-id": "b"}
        ]
        assert "board-id" in caplog.text or any("board-id" in name for name in documents.index_information())


def test_what_was_provoked_is_told_as_often_as_somebody_asks(serve: Serve, store: str) -> None:
    client = serve(store=store)
    for times in (1, 2):
        board(client, f"name {times}")
        rules = client.get("/_specdouble/coverage").json()["rules"]
        assert next(rule["kept"] for rule in rules if rule["id"] == "unique:boards.name") == times


def test_many_workers_on_the_embedded_store_are_refused_with_the_way_out() -> None:
    told = CliRunner().invoke(main, ["serve", str(CONTRACT), "--workers", "2"])
    assert told.exit_code == 2
    assert "--store mongodb://" in told.output


def test_the_password_of_a_store_is_in_no_log(serve: Serve, local: Local, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConnectionError) as told:
        serve(store="mongodb://somebody:secret-word@127.0.0.1:1/x?serverSelectionTimeoutMS=100")
    assert "secret-word" not in str(told.value) + caplog.text


def test_clock_journal_coverage_and_snapshots_are_of_all(serve: Serve, store: str) -> None:
    first, second = serve(store=store), serve(store=store)
    first.put("/_specdouble/clock", json={"at": "2030-01-01T00:00:00Z"})
    made = second.post("/boards", json={"name": "one"})
    assert made.json()["createdAt"].startswith("2030-01-01T00:00:00")
    assert first.get("/boards").status_code == 200
    for client in (first, second):
        told = client.get("/_specdouble/journal").json()
        assert [(one["method"], one["status"]) for one in told] == [("GET", 200), ("POST", 201)]
        assert client.get("/_specdouble/coverage").json()["summary"]["operations"]["seen"] == 2
    with pymongo.MongoClient[dict[str, Any]](store) as store_client:
        told = store_client.get_default_database()
        assert [told[name].count_documents({}) for name in ("processes", "coverage")] == [2, 2], "one of each process"
    first.put("/_specdouble/snapshots/kept")
    second.delete(f"/boards/{made.json()['id']}")
    assert second.post("/_specdouble/snapshots/kept/restore").status_code == 204
    assert [one["name"] for one in first.get("/boards").json()] == ["one"]


def test_an_exchange_has_one_number_whichever_process_answered_it_and_is_asked_for_it(serve: Serve, store: str) -> None:
    first, second = serve(store=store), serve(store=store)
    for client in (first, second, first):
        client.get("/boards")
    journals = [client.get("/_specdouble/journal").json() for client in (first, second, first)]
    assert [one["number"] for one in journals[0]] == [2, 1, 0]
    assert journals[1] == journals[2] == journals[0]
    sent = second.post(
        "/_specdouble/send", json={"method": "POST", "target": "/boards", "body": '{"name": "one"}'}
    ).json()
    assert first.get(f"/_specdouble/journal/{sent['number']}").json()["method"] == "POST"
    with first.stream("GET", "/_specdouble/events") as stream:
        lines = stream.iter_lines()
        second.get("/boards/none")
        told = next(line for line in lines if line.startswith("data: "))
    assert [one["target"] for one in json.loads(told.removeprefix("data: "))["exchanges"]] == ["/boards/none"]
    second.post("/_specdouble/reset")
    first.get("/boards")
    assert [one["number"] for one in second.get("/_specdouble/journal").json()] == [5]


def test_a_fault_that_is_met_once_is_met_in_one_process(serve: Serve, store: str) -> None:
    first, second = serve(store=store), serve(store=store)
    first.put("/_specdouble/faults", json=[{"operation": "listBoards", "status": 503, "times": 3}])
    first.put("/_specdouble/clock", json={"at": "2030-01-01T00:00:00Z"})  # which leaves the faults as they are
    statuses = at_once([first, second], 12, lambda client, _: client.get("/boards"))
    assert sorted(statuses) == [200] * 9 + [503] * 3
    assert [client.get("/_specdouble/faults").json()[0]["met"] for client in (first, second)] == [3, 3]
    second.put("/_specdouble/faults", json=[{"operation": "listBoards", "status": 503, "times": 1}])
    assert [client.get("/boards").status_code for client in (first, second)] == [503, 200]


ASYNC_HANDLER = """
import asyncio
from specdouble.double import AFTER, Problem, async_collection

async def create_board(body):
    boards = async_collection("boards")
    await asyncio.sleep(0)
    if await boards.count_documents({"code": body.get("code")}):
        raise Problem(409, "One of this code is there")
    await boards.insert_one(body)
    return await boards.find_one({"id": body["id"]}), 201

async def change_board(id, body):
    changed = await async_collection("boards").find_one_and_update({"id": id}, {"$set": body}, return_document=AFTER)
    if changed is None:
        raise Problem(404)
    return changed

async def delete_board(id):
    await async_collection("boards").delete_one({"id": id})
    return None, 204

async def list_boards():
    return await async_collection("boards").find(sort="name")
"""


@pytest.mark.parametrize("is_shared", [False, True])
def test_an_async_handler_awaits_its_collection(is_shared: bool, store: str, tmp_path: Path) -> None:
    contract = yaml.safe_load(CONTRACT.read_text())
    for operations in contract["paths"].values():
        for method in {"get", "post", "patch", "delete"} & operations.keys():
            operations[method]["tags"] = ["boards"]
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(contract))
    shutil.copytree(CONTRACT.with_name("mock_data"), tmp_path / "mock_data")
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "boards.py").write_text(ASYNC_HANDLER)
    double = Double(Settings(tmp_path, store=store if is_shared else None))
    with Server(double, "127.0.0.1", 0).running() as url, httpx.Client(base_url=url, timeout=60) as client:
        second, first = board(client, "b"), client.post("/boards", json={"name": "a", "code": "d"}).json()["id"]
        assert client.post("/boards", json={"name": "a", "code": "e"}).status_code == 409
        names = [f"n{index}" for index in range(8)]
        changed = at_once([client], 8, lambda one, index: one.patch(f"/boards/{first}", json={"name": names[index]}))
        assert set(changed) == {200}
        assert [one["id"] for one in client.get("/boards").json()] == [second, first]
        assert client.delete(f"/boards/{first}").status_code == 204
        assert client.patch(f"/boards/{first}", json={"name": "x"}).status_code == 404


PATIENT_HANDLER = """
import time
from pathlib import Path
from specdouble.double import collection

HERE = Path(__file__).parent

def list_cards():
    (HERE / "begun").touch()
    while not (HERE / "open").exists():
        time.sleep(0.01)
    return collection("cards").find()
"""


def test_a_handler_waits_in_a_thread_and_what_none_answers_takes_none(store: str, tmp_path: Path) -> None:
    shutil.copy(CONTRACT, tmp_path / "openapi.yaml")
    handlers = tmp_path / "handlers"
    handlers.mkdir()
    (handlers / "default.py").write_text(PATIENT_HANDLER)
    double, before = Double(Settings(tmp_path, store=store)), {*threading.enumerate()}
    with (
        Server(double, "127.0.0.1", 0).running() as url,
        httpx.Client(base_url=url, timeout=20) as client,
        ThreadPoolExecutor(1) as pool,
    ):
        listed = pool.submit(client.get, "/cards")
        while not (handlers / "begun").exists():
            time.sleep(0.01)

        made = at_once([client], 8, lambda one, index: one.post("/boards", json={"name": f"n{index}"}))
        later = client.get("/boards", headers={"Prefer": "delay=20"})
        is_waiting = not listed.done()
        (handlers / "open").touch()

        assert is_waiting
        assert listed.result(10).status_code == 200
        assert made == [201] * 8
        assert (later.status_code, later.headers["Preference-Applied"]) == (200, "delay=20")
        answering = [one.name for one in {*threading.enumerate()} - before if one.name.startswith("specdouble_")]
    assert len(answering) == 1


SECRET = "S3CRET"
URLS = [
    f"mongodb://u:{SECRET}@127.0.0.1:1/x?serverSelectionTimeoutMS=100",
    f"mongodb://u:{SECRET}@127.0.0.1:99999/x",
    f"mongodb://u:{SECRET}/a@127.0.0.1:1/x",
    f"mongodb://u:{SECRET}@w@127.0.0.1:1/x",
    f"mongodb://u:{SECRET}%zz@127.0.0.1:1/",
    f"mongodb://u:{SECRET}",
    f"mongodb://u:{SECRET}@",
    f"u:{SECRET}@127.0.0.1",
    f"mongodb:/u:{SECRET}@127.0.0.1/y",
    f"mongodb://u:{SECRET}?x@127.0.0.1/y",
    f"mongodb://u:1@127.0.0.1,u2:{SECRET}@127.0.0.1/x",
    f"MONGODB://u:{SECRET}@127.0.0.1/x",
    f"mongodb://127.0.0.1/x?password={SECRET}",
    f"mongodb://127.0.0.1/x?tls=true&tlsCertificateKeyFilePassword={SECRET}&tlsCertificateKeyFile=/none",
    f"mongodb://127.0.0.1/x?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:{SECRET},X:1",
]


@pytest.mark.parametrize("url", URLS)
def test_no_error_about_a_url_tells_what_signs_in_there(url: str) -> None:
    told = CliRunner().invoke(main, ["serve", str(CONTRACT), "--port", "0", "--store", url])
    assert told.exit_code in (2, 3)
    assert "specdouble:" in told.output
    assert "nobody foresaw" not in told.output
    assert SECRET not in told.output


def test_what_a_new_world_begins_with_is_put_in_once(store: str, tmp_path: Path) -> None:
    shutil.copy(CONTRACT, tmp_path / "openapi.yaml")
    (tmp_path / "mock_data").mkdir()
    (tmp_path / "mock_data" / "boards.json").write_text('[{"id": "a", "name": "A"}, {"id": "b", "name": "B"}]')
    doubles = [Double(Settings(tmp_path, store=store)) for _ in range(2)]
    with (
        Server(doubles[0], "127.0.0.1", 0).running() as first,
        Server(doubles[1], "127.0.0.1", 0).running() as second,
        httpx.Client(base_url=first, timeout=60) as one,
        httpx.Client(base_url=second, timeout=60) as other,
        ThreadPoolExecutor(12) as pool,
    ):
        for world in ("w1", "w2", "w3"):
            header = {"X-Specdouble-World": world}
            clients = [one, other] * 6
            told = pool.map(lambda client, header=header: client.get("/boards", headers=header).json(), clients)
            assert {tuple(board["name"] for board in boards) for boards in told} == {("A", "B")}


WAITING_HANDLER = """
import asyncio
from pathlib import Path

from specdouble.double import async_collection

FOLDER = Path(__file__).parent


async def post_ticket(body):
    (FOLDER / "begun").touch()
    while not (FOLDER / "open").exists():
        await asyncio.sleep(0.01)
    ticket = dict(body)
    await async_collection("tickets").insert_one(ticket)
    return ticket, 201
"""


def test_while_a_request_waits_for_its_twin_at_another_process_others_are_answered(store: str, tmp_path: Path) -> None:
    shutil.copy(CONTRACT.parent.parent / "kinds" / "tickets.yaml", tmp_path / "openapi.yaml")
    handlers = tmp_path / "handlers"
    handlers.mkdir()
    (handlers / "default.py").write_text(WAITING_HANDLER)
    doubles = [Double(Settings(tmp_path, store=store)) for _ in range(2)]
    with (
        Server(doubles[0], "127.0.0.1", 0).running() as first,
        Server(doubles[1], "127.0.0.1", 0).running() as second,
        ThreadPoolExecutor(2) as pool,
    ):

        def create(url: str) -> httpx.Response:
            sent = {"subject": "no light"}
            return httpx.post(f"{url}/tickets", json=sent, headers={"X-Request-Key": "one"}, timeout=30)

        try:
            one = pool.submit(create, first)
            while not (handlers / "begun").exists():
                time.sleep(0.01)
            twin = pool.submit(create, second)
            others = [httpx.get(f"{second}/tickets", timeout=5).status_code for _ in range(30)]
        finally:
            (handlers / "open").touch()
        made = [one.result(), twin.result()]
    assert set(others) == {200}
    assert [answer.json()["id"] for answer in made] == [made[0].json()["id"]] * 2


SIGNED = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
paths:
  /mine: {get: {operationId: mine, security: [{token: []}], responses: {"200": {description: Mine.}}}}
  /ours: {get: {operationId: ours, security: [{oauth: []}], responses: {"200": {description: Ours.}}}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer, bearerFormat: JWT}
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /token, scopes: {}}}}
"""


@pytest.mark.parametrize(("scheme", "path"), [("token", "/mine"), ("oauth", "/ours")])
def test_a_store_takes_the_tokens_that_the_command_prints_in_the_folder_of_its_first_process(
    scheme: str, path: str, store: str, tmp_path: Path
) -> None:
    (tmp_path / "openapi.yaml").write_text(SIGNED, "utf-8")
    settings = Settings(tmp_path, store=store, strict_auth=True)
    with Server(Double(settings), "127.0.0.1", 0).running() as url:
        printed = CliRunner().invoke(main, ["token", "ada", str(tmp_path), "--scheme", scheme]).stdout.strip()
        answer = httpx.get(url + path, headers={"Authorization": f"Bearer {printed}"})
    assert answer.status_code == 200, answer.text
