"""What goes with a deletion goes in one transaction where the server says that it has them, else in its order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.state.problem import Problem
from specdouble.double.state.store import open_store
from specdouble.double.state.store.engine import Engine
from tests.contracts import client_for
from tests.double.test_below import contract, made
from tests.engine.engines import Local
from tests.engine.replica_set import AWAY, CONFLICT, UNKNOWN, ReplicaSet, member_before

Serve = Callable[..., httpx.Client]
CARDS = 3
DONE: dict[str, Any] = {}


@pytest.fixture
def member(local: Local) -> Iterator[ReplicaSet]:
    """A member of a replica set; asked for before the double, it stays until that has ended."""
    with member_before(local.url) as member:
        yield member


def a_board_with_cards(client: httpx.Client) -> str:
    board = str(client.post("/boards", json={"name": "one"}).json()["id"])
    for _ in range(CARDS):
        client.post("/cards", json={"board": board}).raise_for_status()
    return board


def there(client: httpx.Client) -> tuple[int, int]:
    """How many boards and cards there are."""
    return len(client.get("/boards").json()), len(client.get("/cards").json())


def deletions(member: ReplicaSet) -> int:
    return member.sent.count("delete")


@pytest.mark.parametrize(
    ("says", "told"),
    [
        ({}, "without a transaction"),
        ({"msg": "isdbgrid"}, "in one transaction"),
        (None, "in one transaction"),  # a replica set
    ],
)
def test_the_start_says_which_by_what_the_server_says_of_itself(
    says: dict[str, str] | None, told: str, local: Local
) -> None:
    with member_before(local.url, says) as member:
        store = open_store(f"{member.url}/says")
        assert told in store.told  # type: ignore[attr-defined]
        store.close()


def test_all_that_goes_with_a_document_goes_in_one_transaction(member: ReplicaSet, serve: Serve) -> None:
    client = serve(store=f"{member.url}/t")
    board = a_board_with_cards(client)
    assert client.delete(f"/boards/{board}").status_code == 204
    assert there(client) == (0, 0)
    assert deletions(member) == CARDS + 1
    assert member.sent[-1] == "commitTransaction"


def test_what_lies_below_it_goes_in_the_same_transaction(member: ReplicaSet, tmp_path: Path) -> None:
    with client_for(contract(), tmp_path, store=f"{member.url}/t") as client:
        org = made(client, "/orgs")
        made(client, f"{made(client, f'{org}/repos')}/issues")
        assert client.delete(org).status_code == 204
    assert deletions(member) == 3
    assert member.sent[-1] == "commitTransaction"


def test_nothing_was_done_of_what_the_engine_has_not_ended(member: ReplicaSet, local: Local) -> None:
    store = open_store(f"{member.url}/t")
    assert isinstance(store, Engine)
    documents = store.database("world")["notes"]
    for id in "ab":
        documents.insert_one({"_id": id})

    def remove_both() -> None:
        with store.together():
            documents.delete_one({"_id": "a"})
            local.stop()
            documents.delete_one({"_id": "b"})

    with pytest.raises(Problem):
        remove_both()
    local.start()
    assert [one["_id"] for one in documents.find({})] == ["a", "b"]
    store.close()


def test_what_goes_alone_needs_no_transaction(member: ReplicaSet, serve: Serve) -> None:
    client = serve(store=f"{member.url}/t")
    a_board_with_cards(client)
    assert client.delete("/cards/1").status_code == 204
    assert there(client) == (1, CARDS - 1)
    assert member.sent == []


def test_a_transaction_that_meets_another_is_done_anew(member: ReplicaSet, serve: Serve) -> None:
    client = serve(store=f"{member.url}/t")
    board = a_board_with_cards(client)
    member.refusals = [DONE, DONE, DONE, CONFLICT]
    assert client.delete(f"/boards/{board}").status_code == 204
    assert there(client) == (0, 0)
    assert member.sent.count("commitTransaction") == 1


@pytest.mark.slow
def test_nothing_has_gone_where_the_server_goes_away_in_the_middle(member: ReplicaSet, serve: Serve) -> None:
    client = serve(store=f"{member.url}/t")
    board = a_board_with_cards(client)
    member.refusals = [DONE, DONE, DONE, AWAY]
    assert client.delete(f"/boards/{board}").status_code == 503
    member.is_primary = True
    assert there(client) == (1, CARDS)
    assert client.delete(f"/boards/{board}").status_code == 204
    assert there(client) == (0, 0)


def test_an_end_whose_answer_is_lost_is_asked_for_again(member: ReplicaSet, serve: Serve) -> None:
    client = serve(store=f"{member.url}/t")
    board = a_board_with_cards(client)
    member.refusals = [*[DONE] * 2 * (CARDS + 1), UNKNOWN, UNKNOWN]
    assert client.delete(f"/boards/{board}").status_code == 204
    assert there(client) == (0, 0)
    assert member.sent[-3:] == ["commitTransaction"] * 3
    assert deletions(member) == CARDS + 1
