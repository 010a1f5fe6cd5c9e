"""`x-transitions` behind a `$ref`, with a beginning, and moved by operations that mean one move."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Response

from specdouble.prove.bench import Bench, Options
from tests.kinds.others import doubled, findings_of, survivors, verdict_of

CONTRACT = Path(__file__).with_name("orders.yaml")
RULE = "transitions:orders.status"
MOVES = {"draft": ["paid", "cancelled"], "paid": ["shipped", "cancelled"]}


@pytest.fixture(scope="module")
def orders() -> Iterator[httpx.Client]:
    with doubled(CONTRACT) as client:
        yield client


# The double


def test_a_document_begins_with_the_initial_state(orders: httpx.Client) -> None:
    assert orders.post("/orders", json={}).json()["status"] == "draft"
    assert orders.post("/orders", json={"status": "draft"}).status_code == 201
    refused = orders.post("/orders", json={"status": "paid"})
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (409, RULE)


def test_an_operation_that_means_a_move_makes_it(orders: httpx.Client) -> None:
    order = orders.post("/orders", json={"note": "gift"}).json()
    cancelled = orders.post(f"/orders/{order['id']}/cancel")
    assert (cancelled.status_code, cancelled.json()) == (200, {**order, "status": "cancelled"})
    assert orders.get(f"/orders/{order['id']}").json()["status"] == "cancelled"


def test_an_operation_that_means_a_forbidden_move_is_refused(orders: httpx.Client) -> None:
    order = orders.post("/orders", json={}).json()["id"]
    assert orders.post(f"/orders/{order}/ship").status_code == 409
    assert orders.patch(f"/orders/{order}", json={"status": "paid"}).status_code == 200
    assert orders.post(f"/orders/{order}/ship").status_code == 204
    assert orders.post(f"/orders/{order}/cancel").status_code == 409
    assert orders.post("/orders/none/cancel").status_code == 404


# The annotation


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("initial: draft", "initial: drafts", "`drafts` is no value of the property's `enum`"),
        ("draft: [paid, cancelled]", "draft: [payed]", "`payed` is no value of the property's `enum`"),
        ("{status: cancelled}}", "{stats: cancelled}}", "sets `stats`, which is no property of orders"),
        ("{action: update, set:", "{action: update, sets:", "`x-action` has no key `sets`"),
        (", collection: orders}", "}", "nothing tells whose documents the operation changes"),
        ("[{$ref: '#/components/schemas/Status'}]", "[{type: string}]", "on a property without `enum`"),
    ],
)
def test_lint_refuses_a_lifecycle_that_means_nothing(tmp_path: Path, written: str, instead: str, reason: str) -> None:
    assert any(reason in told for told in findings_of(CONTRACT, written, instead, tmp_path))


# The verifier


class Orders:
    """A server that somebody else could have written, with one fault or none.

    Args:
        fault: what it does wrong; empty where it does nothing wrong.
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.kept: dict[str, dict[str, Any]] = {}
        self.app = FastAPI()
        self.app.post("/orders", status_code=201)(self.post_order)
        self.app.get("/orders/{key}")(self.get_order)
        self.app.patch("/orders/{key}")(self.patch_order)
        self.app.post("/orders/{key}/cancel")(self.cancel_order)
        self.app.post("/orders/{key}/ship", status_code=204)(self.ship_order)

    def hold_shape(self, body: dict[str, Any]) -> None:
        note = body.get("note", "")
        if not isinstance(note, str) or len(note) > 60:
            raise HTTPException(422)
        if body.get("status", "draft") not in ("draft", "paid", "shipped", "cancelled"):
            raise HTTPException(422)

    def post_order(self, body: dict[str, Any]) -> dict[str, Any]:
        self.hold_shape(body)
        if body.get("status", "draft") != "draft" and self.fault != "begins anyhow":
            raise HTTPException(409)
        status = "paid" if self.fault == "begins as paid" else body.get("status", "draft")
        order = {"id": f"order-{len(self.kept)}", "status": status}
        order |= {"note": body["note"]} if "note" in body else {}
        self.kept[order["id"]] = order
        return order

    def get_order(self, key: str) -> dict[str, Any]:
        if key not in self.kept:
            raise HTTPException(404)
        return self.kept[key]

    def move(self, key: str, to: str) -> dict[str, Any]:
        order = self.get_order(key)
        if to != order["status"] and to not in MOVES.get(order["status"], []):
            raise HTTPException(409)
        order["status"] = to
        return order

    def patch_order(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        self.get_order(key)
        self.hold_shape(body)
        if "status" in body:
            self.move(key, body["status"])
        self.kept[key] |= {"note": body["note"]} if "note" in body else {}
        return self.kept[key]

    def cancel_order(self, key: str) -> dict[str, Any]:
        if self.fault == "cancels nothing":
            return self.get_order(key)
        if self.fault == "cancels anything":
            self.get_order(key)["status"] = "cancelled"
        return self.move(key, "cancelled")

    def ship_order(self, key: str) -> Response:
        if self.fault == "ships drafts" and self.get_order(key)["status"] == "draft":
            self.kept[key]["status"] = "shipped"
        if self.fault == "never ships" and self.get_order(key):
            raise HTTPException(409)
        if self.fault == "notes what it refuses" and self.get_order(key)["status"] == "cancelled":
            self.kept[key]["note"] = "refused"
        self.move(key, "shipped")
        return Response(status_code=204)


@pytest.mark.slow
def test_a_server_that_keeps_the_lifecycle_is_found_to_keep_it() -> None:
    verdict = verdict_of(Orders().app, CONTRACT, (RULE,))
    assert (verdict.rows[RULE].state, verdict.failures) == ("kept", [])


def test_no_document_is_sent_with_a_state_that_it_may_not_begin_with_where_it_is_to_be_taken() -> None:
    verdict = verdict_of(Orders().app, CONTRACT, ("read_your_writes",))
    assert [failure.sentence for failure in verdict.failures] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault",
    ["begins anyhow", "begins as paid", "cancels nothing", "cancels anything", "ships drafts", "never ships"],
)
def test_a_server_with_a_fault_is_found_to_break_the_lifecycle(fault: str) -> None:
    assert verdict_of(Orders(fault).app, CONTRACT, (RULE,)).broken == [RULE]


def test_a_refused_move_that_leaves_something_else_behind_is_found() -> None:
    verdict = verdict_of(Orders("notes what it refuses").app, CONTRACT, (RULE,))
    assert [one.expected for one in verdict.failures] == ["a refused update to change nothing"]


@pytest.mark.slow
def test_every_mutant_is_killed() -> None:
    assert survivors(CONTRACT, "transitions") == []


@pytest.mark.parametrize("operation", ["cancel_order", "ship_order"])
def test_an_operation_that_sets_a_state_sets_it_of_its_document_alone(operation: str) -> None:
    bench = Bench(Options(CONTRACT))
    chosen = replace(bench.settings, phases=("rules",), rules=("partial_update",))
    fault = bench.mutants[f"write.act-reaches-others:{operation}"]
    assert bench.verified(fault.change, chosen).broken == ["partial_update"]
    assert bench.verified(lambda factories: factories, chosen).failures == []
