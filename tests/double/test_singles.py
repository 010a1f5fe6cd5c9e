"""Singletons, custom methods, documents that are created many at once, and collections that several paths tell of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.contract import read
from specdouble.double.double import Settings
from specdouble.double.server import serving

CONTRACT = Path(__file__).parent / "singles.yaml"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with serving(Settings(CONTRACT, seed=1)) as url, httpx.Client(base_url=url) as client:
        yield client


def test_each_caller_has_a_singleton_of_their_own(client: httpx.Client) -> None:
    ada, bob = {"X-Key": "ada"}, {"X-Key": "bob"}
    before = client.get("/me", headers=bob).json()
    changed = client.patch("/me", headers=ada, json={"name": "Ada", "city": "Oslo"})
    assert changed.json() == {"name": "Ada", "city": "Oslo"}
    assert client.get("/me", headers=ada).json() == {"name": "Ada", "city": "Oslo"}
    assert client.get("/me", headers=bob).json() == before


def test_a_singleton_begins_with_the_contracts_example_and_keeps_what_is_put(client: httpx.Client) -> None:
    assert client.get("/settings").json() == {"settings": {"theme": "dark", "size": 12}}
    assert client.put("/settings", json={"settings": {"theme": "light"}, "dryRun": False}).status_code == 204
    assert client.get("/settings").json() == {"settings": {"theme": "light"}}
    assert client.delete("/settings").status_code == 204
    assert client.get("/settings").json() == {"settings": {"theme": "dark", "size": 12}}


def test_a_singleton_under_a_document_is_that_documents_own(client: httpx.Client) -> None:
    one, two = (client.post("/orders", json={"item": item}).json()["id"] for item in ("tea", "milk"))
    assert client.put(f"/orders/{one}/address", json={"street": "High", "city": "Ely"}).status_code == 200
    assert client.get(f"/orders/{one}/address").json() == {"street": "High", "city": "Ely"}
    assert client.get(f"/orders/{two}/address").json() != {"street": "High", "city": "Ely"}
    assert client.get("/orders/nobody/address").status_code == 404


def test_a_custom_method_sets_the_state_that_is_named_after_it(client: httpx.Client) -> None:
    order = client.post("/orders", json={"item": "tea"}).json()
    cancelled = client.post(f"/orders/{order['id']}/cancel", json={"note": "too late", "by": "me"}).json()
    assert cancelled == {**order, "status": "cancelled", "note": "too late"}
    assert client.get(f"/orders/{order['id']}").json() == cancelled
    assert client.post(f"/orders/{order['id']}:ship").json()["status"] == "SHIPPED"
    assert client.post("/orders/nobody/cancel", json={}).status_code == 404


def test_a_custom_method_that_shows_nothing_sets_the_flag_that_is_named_after_it(client: httpx.Client) -> None:
    path = f"/orders/{client.post('/orders', json={'item': 'tea'}).json()['id']}"
    assert client.put(f"{path}/actions/lock").status_code == 204
    assert client.get(path).json()["locked"] is True
    assert client.delete(f"{path}/actions/lock").status_code == 204
    assert client.get(path).json()["locked"] is False


def test_a_custom_method_that_makes_another_document_leaves_this_one_alone(client: httpx.Client) -> None:
    order = client.post("/orders", json={"item": "tea"}).json()
    assert client.post(f"/orders/{order['id']}/copy", json={"item": "milk"}).status_code == 200
    assert client.get(f"/orders/{order['id']}").json() == order


def test_a_list_of_summaries_shows_what_was_created(client: httpx.Client) -> None:
    client.post("/orders", json={"item": "rare tea"})
    assert "rare tea" in [one["item"] for one in client.get("/orders").json()]


def test_paths_may_name_their_parameters_differently(client: httpx.Client) -> None:
    path = f"/orders/{client.post('/orders', json={'item': 'tea'}).json()['id']}"
    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404


def test_documents_are_created_many_at_once_and_read_in_an_array_of_one(client: httpx.Client) -> None:
    made = client.post("/tags", json=[{"name": "red", "colour": "f00"}, {"name": "blue"}]).json()
    assert [tag["name"] for tag in made["tags"]] == ["red", "blue"]
    assert client.get("/tags/red").json() == {"tags": [{"name": "red", "colour": "f00"}], "count": 1}
    assert client.post("/tags/red", json={"tags": [{"name": "red", "colour": "e00"}]}).status_code == 200
    assert {"name": "red", "colour": "e00"} in client.get("/tags").json()["tags"]


def test_a_collection_is_one_though_its_documents_are_created_under_a_parent(client: httpx.Client) -> None:
    made = client.post("/shelves/a/books", json={"title": "Emma"}).json()
    assert client.get(f"/books/{made['id']}").json() == made
    assert made in client.get("/shelves/a/books").json()
    assert made not in client.get("/shelves/b/books").json()


def test_a_collection_is_emptied_where_the_contract_lets_a_client(client: httpx.Client) -> None:
    path = f"/orders/{client.post('/orders', json={'item': 'tea'}).json()['id']}"
    assert client.delete("/orders").status_code == 204
    assert client.get("/orders").json() == []
    assert client.get(path).status_code == 404


def test_the_id_may_be_told_by_the_creation_alone(client: httpx.Client) -> None:
    made = client.post("/rooms", json={"name": "Attic", "seats": 4}).json()
    assert client.get(f"/rooms/{made['room_id']}").json() == {"basic": {"name": "Attic", "seats": 4}}
    assert client.get("/rooms/nowhere").status_code == 404


def test_a_creation_that_shows_no_document_tells_its_id_by_the_paths_name(client: httpx.Client) -> None:
    key = client.post("/words", json={"name": "Ada"}).json()["wordId"]
    assert client.get(f"/words/{key}").json() == {"id": key, "name": "Ada"}


def test_an_envelope_may_be_called_as_a_property_of_the_document_is(client: httpx.Client) -> None:
    key = client.post("/words", json={"name": "Ada"}).json()["wordId"]
    made = client.post(f"/words/{key}/links", json={"link": {"link": "a", "label": "b"}}).json()
    assert made["link"] == {"id": made["link"]["id"], "link": "a", "label": "b"}
    assert client.get(f"/words/{key}/links/{made['link']['id']}").json() == made


def test_what_is_let_in_under_a_parent_that_is_not_there_is_found_under_it(client: httpx.Client) -> None:
    made = client.post("/words/none/links", json={"link": {"link": "a"}})  # it declares no 404
    assert made.status_code == 200
    assert client.get(f"/words/none/links/{made.json()['link']['id']}").json() == made.json()


def test_of_a_collection_whose_documents_nobody_can_find_again_nothing_is_remembered() -> None:
    contract = read(CONTRACT)
    assert {"createDraft", "readDraft", "changeDraft"}.isdisjoint(contract.actions)
