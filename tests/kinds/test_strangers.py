"""Contracts of strangers with rules beside them, in which many kinds meet: rooms, a shop, a tracker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from click.testing import CliRunner

from specdouble.cli import main
from specdouble.contract import Contract, read
from specdouble.contract.solver import Wish
from specdouble.prove.bench import Bench, Options
from specdouble.rules.validations.rule import Validation
from specdouble.verify.identity import Crowd
from specdouble.verify.settings import Account, Settings
from specdouble.verify.verdict import KEPT
from tests.kinds.others import doubled

STRANGERS = Path(__file__).with_name("strangers")
NAMES = ("rooms", "shop", "tracker")


@pytest.fixture
def client(request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    with doubled(STRANGERS / request.param) as client:
        client.headers["X-Key"] = {"rooms": "key-kim", "shop": "key-meg", "tracker": "key-lea"}[request.param]
        yield client


rooms = pytest.mark.parametrize("client", ["rooms"], indirect=True)
shop = pytest.mark.parametrize("client", ["shop"], indirect=True)
tracker = pytest.mark.parametrize("client", ["tracker"], indirect=True)


def made(client: httpx.Client, path: str, **document: Any) -> dict[str, Any]:
    answer = client.post(path, json=document, headers={"Idempotency-Key": uuid4().hex})
    assert answer.status_code == 201, answer.text
    shown: dict[str, Any] = answer.json()
    return shown


ANY = {"If-Match": "*"}


@pytest.mark.parametrize("name", NAMES)
def test_the_rules_beside_a_strangers_contract_are_found_sound(name: str) -> None:
    run = CliRunner().invoke(main, ["lint", "--strict", str(STRANGERS / name)])
    assert run.output == "0 findings\n"


# Who asks


def crowd_of(contract: Contract, **roles: str) -> Crowd:
    users = (Account(name, {"role": role}, {"key": name}) for name, role in roles.items())
    return Crowd(contract, Settings(users=tuple(users)))


def test_what_a_role_alone_may_ask_for_is_asked_by_one_who_has_it() -> None:
    contract = read(STRANGERS / "rooms")
    crowd, room = crowd_of(contract, ann="reader", kim="keeper"), contract.resources["rooms"]
    ann, kim, add = crowd.users["ann"], crowd.users["kim"], contract.operations["add_room"]
    assert (crowd.first, crowd.who(("add_room",)), crowd.maker(room, add, ann)) == (kim, kim, kim)
    assert (crowd.pairs(add), crowd.pairs(contract.operations["book"])) == ([], [(ann, kim), (kim, ann)])


def test_what_has_an_owner_is_made_by_nobody_else() -> None:
    contract = read(STRANGERS / "shop")
    users = tuple(
        Account(name, {"role": role}, {"key": name}) for name, role in (("lou", "customer"), ("meg", "clerk"))
    )
    crowd, orders = Crowd(contract, Settings(users=users)), contract.resources["orders"]
    assert crowd.maker(orders, contract.operations["ship_order"], crowd.users["lou"]).name == "lou"


# Invariants of what is computed


def test_a_document_is_found_that_breaks_an_invariant_of_what_is_computed() -> None:
    contract = read(STRANGERS / "shop")
    orders = contract.resources["orders"]
    rule = next(one for one in orders.of(Validation) if "total" in one.expression).spelled_out(orders)
    assert rule.names == frozenset({"price", "quantity"})

    def fits(order: dict[str, Any]) -> bool:
        return order["price"] in range(1, 10_001) and order["quantity"] in range(1, 101)

    wish = Wish(rule.compiled.tree, (), False, rule.is_false)
    order = next(contract.solver(orders.schema, fits).solutions([wish], {"price": 7, "quantity": 7}))
    assert order["price"] * order["quantity"] > 500_000


# What no operation of the contract can show, by the reason that the verifier gives.
UNSHOWN = {
    "shop": {},
    "rooms": {},
    "tracker": {
        "validations:tickets.parentId+id": "no operation sets",
    },
}


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_double_of_a_strangers_contract_is_found_to_keep_each_rule(name: str) -> None:
    bench = Bench(Options(STRANGERS / name, seed=1))
    verdict = bench.verified(lambda parts: parts, bench.settings)
    assert [(one.check, one.promise, one.seen) for one in verdict.failures] == []
    rows = {key: verdict.rows[key] for key in bench.contract.rules}
    assert {key for key, row in rows.items() if row.state != KEPT} == UNSHOWN[name].keys()
    assert [key for key, why in UNSHOWN[name].items() if why not in " ".join(map(str, rows[key].reasons))] == []


# Rooms


def booked(client: httpx.Client, room: str, day: int = 1, **more: Any) -> dict[str, Any]:
    return made(client, "/bookings", roomId=room, day=day, **{"from": 9, "to": 11}, **more)


@rooms
def test_what_is_unique_among_some_alone_is_free_once_an_action_has_moved_it_out(client: httpx.Client) -> None:
    room = made(client, "/rooms", name="Blue", floor=1, seats=4)["id"]
    first = booked(client, room)
    body = {"roomId": room, "day": 1, "from": 9, "to": 10}
    assert client.post("/bookings", json=body).status_code == 409
    assert client.post(f"/bookings/{first['id']}/cancel").json()["status"] == "cancelled"
    assert client.post("/bookings", json=body).status_code == 201
    assert client.patch(f"/bookings/{first['id']}", json={"status": "booked"}).status_code == 409


@rooms
def test_a_repeated_request_is_answered_as_it_was_though_there_is_no_room_for_another(client: httpx.Client) -> None:
    room = made(client, "/rooms", name="Blue", floor=1, seats=4)["id"]
    for day in range(2, 6):
        booked(client, room, day)
    body, key = {"roomId": room, "day": 1, "from": 9, "to": 10}, {"Booking-Key": "one"}
    first = client.post("/bookings", json=body, headers=key)
    assert (first.status_code, client.post("/bookings", json=body, headers=key).json()) == (201, first.json())
    another = client.post("/bookings", json={**body, "day": 9}, headers={"Booking-Key": "two"})
    assert another.status_code == 409
    client.delete(f"/bookings/{first.json()['id']}")
    taken = client.post("/bookings", json={**body, "day": 9}, headers={"Booking-Key": "two"})
    assert taken.status_code == 201


@rooms
def test_what_was_retired_keeps_its_name_and_is_booked_no_more(client: httpx.Client) -> None:
    room = made(client, "/rooms", name="Blue", floor=1, seats=4)
    place, tag = f"/rooms/{room['id']}", client.get(f"/rooms/{room['id']}").headers["ETag"]
    assert [client.delete(place).status_code, client.delete(place, headers={"If-Match": '"x"'}).status_code] == [
        428,
        412,
    ]
    assert client.delete(place, headers={"If-Match": tag}).status_code == 204
    assert client.post("/rooms", json={"name": " BLUE ", "floor": 1, "seats": 4}).status_code == 409
    assert client.post("/rooms", json={"name": "Blue", "floor": 2, "seats": 4}).status_code == 201
    booking = {"roomId": room["id"], "day": 1, "from": 9, "to": 10}
    assert client.post("/bookings", json=booking).status_code == 422


@rooms
def test_an_invariant_holds_of_what_is_computed(client: httpx.Client) -> None:
    room = made(client, "/rooms", name="Blue", floor=1, seats=4)["id"]
    booking = booked(client, room)
    assert booking["hours"] == 2
    assert client.patch(f"/bookings/{booking['id']}", json={"to": 18}).status_code == 422
    assert client.patch(f"/bookings/{booking['id']}", json={"to": 17}).json()["hours"] == 8


# A shop


@shop
def test_an_id_that_clients_choose_is_compared_as_its_rule_says(client: httpx.Client) -> None:
    made(client, "/products", sku="Tea-1", title="Tea", price=5)
    assert client.post("/products", json={"sku": " TEA-1", "title": "Tea", "price": 5}).status_code == 409


@shop
def test_what_names_a_document_that_is_deleted_softly_goes_or_forgets_it(client: httpx.Client) -> None:
    made(client, "/products", sku="tea", title="Tea", price=5)
    made(client, "/products", sku="mug", title="Mug", price=5)
    review = made(client, "/reviews", sku="tea", stars=5)
    coupon = made(client, "/coupons", code="TEA", percent=5, products=["tea", "mug"])
    assert client.delete("/products/tea").status_code == 204
    assert client.get(f"/reviews/{review['id']}").status_code == 404
    assert client.get(f"/coupons/{coupon['id']}").json()["products"] == ["mug"]
    assert client.post("/reviews", json={"sku": "tea", "stars": 1}).status_code == 422
    made(client, "/products", sku="tea", title="Other tea", price=5)


@shop
def test_what_is_ordered_stays_and_what_is_paid_stays_as_it_is(client: httpx.Client) -> None:
    made(client, "/products", sku="tea", title="Tea", price=5)
    order = made(client, "/orders", sku="tea", quantity=2, price=5)
    place = f"/orders/{order['id']}"
    assert (order["total"], order["status"], client.delete("/products/tea").status_code) == (10, "open", 409)
    assert client.patch(place, json={"quantity": 3}).json()["total"] == 15
    assert client.post(f"{place}/ship").status_code == 409
    tag = client.get(place).headers["ETag"]
    assert client.post(f"{place}/pay", headers={"If-Match": '"old"'}).status_code == 412
    assert client.post(f"{place}/pay", headers={"If-Match": tag}).json()["status"] == "paid"
    assert client.patch(place, json={"quantity": 4}).status_code == 422
    assert client.post(f"{place}/ship", headers={"X-Key": "key-lou"}).status_code == 403
    assert client.post(f"{place}/ship").json()["status"] == "shipped"


@shop
def test_a_code_is_free_once_its_coupon_is_active_no_more(client: httpx.Client) -> None:
    coupon = made(client, "/coupons", code="TEN", percent=10)
    assert client.post("/coupons", json={"code": "ten", "percent": 5}).status_code == 409
    place = f"/coupons/{coupon['id']}"
    assert client.put(place, json={"code": "TEN", "percent": 10, "active": False}).status_code == 200
    made(client, "/coupons", code="ten", percent=5)
    assert client.put(place, json={"code": "TEN", "percent": 10, "active": True}).status_code == 409


# A tracker


def ticket_in(client: httpx.Client, project: str, **more: Any) -> dict[str, Any]:
    return made(client, f"/projects/{project}/tickets", **{"title": "Broken", **more})


@tracker
def test_a_deletion_takes_what_is_deleted_softly_and_what_names_that(client: httpx.Client) -> None:
    project = made(client, "/projects", code="aa")["id"]
    ticket = ticket_in(client, project)
    comment = made(client, "/comments", ticketId=ticket["id"], text="why")
    assert client.delete(f"/projects/{project}").status_code == 204
    assert client.get(f"/comments/{comment['id']}").status_code == 404
    assert client.post("/comments", json={"ticketId": ticket["id"], "text": "x"}).status_code == 422


@tracker
def test_a_title_is_free_once_its_ticket_is_closed_or_deleted(client: httpx.Client) -> None:
    project = made(client, "/projects", code="aa")["id"]
    first = ticket_in(client, project)
    path = f"/projects/{project}/tickets"
    assert client.post(path, json={"title": "Broken"}).status_code == 409
    assert client.post(f"{path}/{first['id']}/close").status_code == 428
    assert client.post(f"{path}/{first['id']}/close", headers=ANY).json()["state"] == "closed"
    second = ticket_in(client, project)
    assert client.patch(f"{path}/{first['id']}", json={"state": "open"}, headers=ANY).status_code == 409
    assert client.patch(f"{path}/{first['id']}", json={"title": "Else"}, headers=ANY).status_code == 422
    assert client.delete(f"{path}/{second['id']}", headers=ANY).status_code == 204
    assert client.patch(f"{path}/{first['id']}", json={"state": "open"}, headers=ANY).status_code == 200
    assert client.get(path).json()["meta"]["total"] == 1


@tracker
def test_a_label_is_taken_off_and_a_parent_stays(client: httpx.Client) -> None:
    project = made(client, "/projects", code="aa")["id"]
    label = made(client, f"/projects/{project}/labels", name="bug")["id"]
    above = ticket_in(client, project, labels=[label])
    below = ticket_in(client, project, title="Part", parentId=above["id"])
    path = f"/projects/{project}/tickets"
    assert client.delete(f"{path}/{above['id']}", headers=ANY).status_code == 409
    assert client.delete(f"/projects/{project}/labels/{label}").status_code == 204
    assert client.get(f"{path}/{above['id']}").json()["labels"] == []
    itself = client.patch(f"{path}/{below['id']}", json={"parentId": below["id"]}, headers=ANY)
    assert itself.status_code == 422
    assert client.delete(f"{path}/{below['id']}", headers=ANY).status_code == 204
    assert client.delete(f"{path}/{above['id']}", headers=ANY).status_code == 204


@tracker
def test_a_limit_counts_no_document_that_was_deleted_softly(client: httpx.Client) -> None:
    project = made(client, "/projects", code="aa")["id"]
    tickets = [ticket_in(client, project, title=str(number)) for number in range(9)]
    path = f"/projects/{project}/tickets"
    assert client.post(path, json={"title": "more"}).status_code == 409
    assert client.delete(f"{path}/{tickets[0]['id']}", headers=ANY).status_code == 204
    ticket_in(client, project, title="0")
    assert client.post(path, json={"title": "more"}).status_code == 409
