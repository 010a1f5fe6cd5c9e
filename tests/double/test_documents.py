"""A collection as handlers see it: rules on every write, the caller's documents on every read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.double.state.clock import Clock
from specdouble.double.state.documents import Collection
from specdouble.double.state.initial_state import InitialState
from specdouble.double.state.problem import Refusal
from specdouble.double.state.store import open_store
from specdouble.double.state.world import World

CONTRACT = """
openapi: 3.0.3
info: {title: Orders, version: '1'}
paths: {}
components:
  schemas:
    Customer:
      type: object
      x-resource: {collection: customers, id: id}
      properties:
        id: {type: integer}
        email: {type: string, x-unique: {ignore: [case]}}
    Order:
      type: object
      x-resource: {collection: orders, id: id, owner: userId}
      properties:
        id: {type: string, format: uuid, readOnly: true}
        userId: {type: string, readOnly: true}
        number: {type: number, x-unique: {within: [userId]}}
        customer: {type: integer, x-references: customers}
        others: {type: array, items: {type: integer}, x-references: customers}
        currency: {type: string, x-immutable: true}
        status: {type: string, enum: [draft, sent, paid], x-transitions: {draft: [sent], sent: [paid]}}
        lines: {type: array, items: {type: object}}
        createdAt: {type: string, format: date-time, x-timestamp: created}
        updatedAt: {type: string, format: date-time, x-timestamp: updated}
"""
ADA, BOB = {"userId": "ada"}, {"userId": "bob"}


@pytest.fixture
def world(tmp_path: Path) -> World:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    contract = read(tmp_path)
    seed: dict[str, list[dict[str, Any]]] = {"customers": [{"id": 7, "email": "x@y.example"}]}
    return World("test", open_store(None), contract, InitialState(seed), Clock(), 1, {})


@pytest.fixture
def orders(world: World) -> Collection:
    return world.collection("orders", ADA)


def inserted(orders: Collection, **properties: Any) -> dict[str, Any]:
    order = {"status": "draft", **properties}
    orders.insert_one(order)
    return order


def test_insert_sets_what_the_server_sets(orders: Collection) -> None:
    order = inserted(orders, number=1)
    assert (len(order["id"]), order["userId"]) == (36, "ada")
    assert order["createdAt"] == order["updatedAt"]
    assert orders.find_one({"id": order["id"]}) == order


def test_integer_ids_go_on_from_the_seed(world: World) -> None:
    customer: dict[str, Any] = {"email": "a@b.example"}
    world.collection("customers", None).insert_one(customer)
    assert customer["id"] == 8


def test_what_is_handed_out_is_a_copy_without_anything_internal(orders: Collection) -> None:
    order = inserted(orders, number=1, lines=[{"text": "a"}])
    found = orders.find_one({})
    assert found is not None
    found["lines"][0]["text"] = "changed"
    order["lines"].append("changed")
    assert orders.find() == [{**found, "lines": [{"text": "a"}]}]
    assert not any(name.startswith("_") for document in orders.aggregate([]) for name in document if name != "_id")


def test_another_callers_documents_are_neither_read_nor_counted_nor_changed(world: World, orders: Collection) -> None:
    order = inserted(orders, number=1)
    bob = world.collection("orders", BOB)
    assert bob.find() == bob.distinct("number") == bob.aggregate([{"$match": {}}]) == []
    assert bob.find_one({"id": order["id"]}) is None
    assert bob.find_one({"userId": "ada"}) is None
    assert bob.find_one({"$or": [{"userId": "ada"}, {"number": 1}]}) is None
    assert bob.count_documents() == 0
    assert bob.update_one({"id": order["id"]}, {"$set": {"number": 2}}).matched_count == 0
    assert bob.replace_one({"id": order["id"]}, {}).matched_count == 0
    assert bob.delete_one({"id": order["id"]}).deleted_count == bob.delete_many({}).deleted_count == 0
    assert bob.find_one_and_delete({"id": order["id"]}) is None
    assert orders.find() == [order]


@pytest.mark.parametrize("value", [1, 1.0])
def test_a_number_is_unique_whatever_its_spelling(orders: Collection, value: float) -> None:
    inserted(orders, number=1)
    with pytest.raises(Refusal) as caught:
        inserted(orders, number=value)
    assert caught.value.rule == "unique:orders.number"
    assert orders.count_documents() == 1


def test_documents_without_a_value_do_not_share_it(orders: Collection) -> None:
    inserted(orders)
    inserted(orders, number=None)
    inserted(orders, number=None)
    assert orders.count_documents() == 3


def test_a_number_is_unique_within_its_scope_alone(world: World, orders: Collection) -> None:
    inserted(orders, number=1)
    inserted(world.collection("orders", BOB), number=1)
    assert world.collection("orders", None).count_documents({"number": 1}) == 2


def test_true_is_not_one(orders: Collection) -> None:
    inserted(orders, number=1)
    inserted(orders, number=True)
    assert orders.count_documents() == 2


@pytest.mark.parametrize("value", [8, "7", True, {"$ne": None}])
def test_a_reference_to_nothing_is_refused(orders: Collection, value: object) -> None:
    with pytest.raises(Refusal) as caught:
        inserted(orders, customer=value)
    assert caught.value.rule == "references:orders.customer"


def test_each_of_several_references_must_exist(orders: Collection) -> None:
    inserted(orders, customer=7, others=[7, 7])
    with pytest.raises(Refusal):
        inserted(orders, others=[7, 8])


def test_a_reference_that_was_deleted_since_is_refused_when_it_is_sent_again(world: World, orders: Collection) -> None:
    order = inserted(orders, customer=7)
    world.collection("customers", None).delete_one({"id": 7})
    orders.update_one({"id": order["id"]}, {"$set": {"lines": []}})
    with pytest.raises(Refusal):
        orders.update_one({"id": order["id"]}, {"$set": {"customer": 7}})


def test_a_document_moves_as_its_transitions_say(orders: Collection) -> None:
    order = inserted(orders)
    move = {"id": order["id"]}
    with pytest.raises(Refusal) as caught:
        orders.update_one(move, {"$set": {"status": "paid"}})
    assert (caught.value.rule, caught.value.status) == ("transitions:orders.status", 409)
    orders.update_one(move, {"$set": {"status": "draft"}})
    orders.update_one(move, {"$set": {"status": "sent"}})
    with pytest.raises(Refusal):
        orders.update_one(move, {"$set": {"status": "draft"}})


def test_an_immutable_property_stays(orders: Collection) -> None:
    order = inserted(orders, currency="EUR")
    orders.update_one({"id": order["id"]}, {"$set": {"currency": "EUR"}})
    for update in ({"$set": {"currency": "USD"}}, {"$unset": {"currency": ""}}):
        with pytest.raises(Refusal) as caught:
            orders.update_one({"id": order["id"]}, update)
        assert caught.value.rule == "immutable:orders.currency"


def test_an_update_moves_its_time_forward_and_leaves_the_rest(orders: Collection) -> None:
    order = inserted(orders, number=1)
    stamps = [order["updatedAt"]]
    for _ in range(3):
        after = orders.find_one_and_update({"id": order["id"]}, {"$set": {"lines": []}}, return_document=True)
        assert after is not None
        assert (after["createdAt"], after["number"]) == (order["createdAt"], 1)
        stamps.append(after["updatedAt"])
    assert stamps == sorted(set(stamps))


def test_update_operators_are_held_to_the_rules_too(orders: Collection) -> None:
    inserted(orders, number=2)
    order = inserted(orders, number=1)
    with pytest.raises(Refusal):
        orders.update_one({"id": order["id"]}, {"$inc": {"number": 1}})
    orders.update_one({"id": order["id"]}, {"$push": {"lines": {"text": "a"}}, "$inc": {"number": 5}})
    found = orders.find_one({"number": 6})
    assert found is not None
    assert found["lines"] == [{"text": "a"}]


def test_a_replacement_keeps_id_owner_and_creation(orders: Collection) -> None:
    order = inserted(orders, number=1)
    replacement = {"number": 3, "status": "draft", "userId": "bob", "id": "other", "createdAt": "then"}
    after = orders.find_one_and_replace({"id": order["id"]}, replacement, return_document=True)
    assert after is not None
    for name in ("id", "userId", "createdAt"):
        assert after[name] == order[name]
    assert after["number"] == 3


def test_a_replacement_that_leaves_out_a_state_or_what_is_fixed_keeps_it(orders: Collection) -> None:
    order = inserted(orders, currency="EUR", status="sent")
    after = orders.find_one_and_replace({"id": order["id"]}, {"number": 3}, return_document=True)
    assert after is not None
    assert (after["currency"], after["status"], after["number"]) == ("EUR", "sent", 3)


def test_a_value_that_was_given_up_is_free_again(orders: Collection) -> None:
    order = inserted(orders, number=1)
    orders.update_one({"id": order["id"]}, {"$set": {"number": 2}})
    inserted(orders, number=1)
    orders.delete_one({"number": 2})
    inserted(orders, number=2)


def test_sort_skip_and_limit_give_a_page(orders: Collection) -> None:
    for number in (3, 1, 2):
        inserted(orders, number=number)
    assert [order["number"] for order in orders.find(sort=[("number", -1)], skip=1, limit=1)] == [2]
    assert [order["number"] for order in orders.find(sort="number")] == [1, 2, 3]


def test_an_upsert_creates_what_was_not_there(orders: Collection) -> None:
    result = orders.update_one({"number": 9}, {"$set": {"lines": []}}, upsert=True)
    found = orders.find_one({"number": 9})
    assert found is not None
    assert result.upserted_id == found["id"]


def test_a_reset_brings_the_seed_back_and_the_rules_stay(world: World) -> None:
    customers = world.collection("customers", None)
    customers.insert_one({"email": "new@y.example"})
    world.reset()
    customers = world.collection("customers", None)
    assert customers.find() == [{"id": 7, "email": "x@y.example"}]
    with pytest.raises(Refusal):
        customers.insert_one({"email": "X@Y.example"})


def test_an_id_that_is_taken_is_refused(world: World) -> None:
    with pytest.raises(Refusal) as caught:
        world.collection("customers", None).insert_one({"id": 7, "email": "z@y.example"})
    assert caught.value.rule == "unique:customers.id"


def test_the_same_random_seed_gives_the_same_ids(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    contract = read(tmp_path)
    ids = []
    for _ in range(2):
        world = World("test", open_store(None), contract, InitialState({}), Clock("2026-05-01T09:00:00Z"), 42, {})
        ids.append(inserted(world.collection("orders", ADA))["id"])
    assert ids[0] == ids[1]
