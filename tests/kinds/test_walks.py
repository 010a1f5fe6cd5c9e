"""An operation that needs another first gets a baseline: the verifier leads a document to where it is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Header, HTTPException

from specdouble.contract import read
from specdouble.verify.session import Session
from specdouble.verify.settings import Account, Settings
from specdouble.verify.trial import Trial
from tests.applications import serving
from tests.kinds.others import verdict_of

CONTRACT = Path(__file__).with_name("till.yaml")
ROLES = {"anna": "CLERK", "carl": "CASHIER", "paul": "PACKER"}
USERS = tuple(Account(name, credentials={"key": name}, login={"role": role}) for name, role in ROLES.items())


class Till:
    """A server that somebody else could have written.

    Args:
        packers: the roles that it lets ship.
    """

    def __init__(self, *packers: str) -> None:
        self.packers = packers
        self.status: dict[str, str] = {}
        self.app = FastAPI()
        self.app.post("/orders", status_code=201)(self.post_order)
        self.app.get("/orders/{key}")(self.get_order)
        self.app.post("/orders/{key}/pay", status_code=204)(self.pay_order)
        self.app.post("/orders/{key}/ship", status_code=204)(self.ship_order)
        self.app.post("/orders/{key}/refunds", status_code=202)(self.refund_order)
        self.app.post("/orders/{key}/parcels", status_code=201)(self.post_parcel)

    def hold(self, key: str, *wanted: str) -> None:
        if key not in self.status:
            raise HTTPException(404)
        if self.status[key] not in wanted:
            raise HTTPException(409)

    def hold_role(self, user: str, *roles: str) -> None:
        if ROLES[user] not in roles:
            raise HTTPException(403)

    def post_order(self, body: dict[str, Any]) -> dict[str, Any]:
        key = f"order-{len(self.status)}"
        self.status[key] = "draft"
        return {"id": key, "status": "draft"} | {name: body[name] for name in ("note",) if name in body}

    def get_order(self, key: str) -> dict[str, Any]:
        self.hold(key, "draft", "paid", "shipped")
        return {"id": key, "status": self.status[key]}

    def pay_order(self, key: str, x_user: Annotated[str, Header()]) -> None:
        self.hold_role(x_user, "CASHIER")
        self.hold(key, "draft")
        self.status[key] = "paid"

    def ship_order(self, key: str, x_user: Annotated[str, Header()]) -> None:
        self.hold_role(x_user, *self.packers)
        self.hold(key, "paid")
        self.status[key] = "shipped"

    def refund_order(self, key: str, body: dict[str, str]) -> None:
        if "reason" not in body:
            raise HTTPException(422)
        self.hold(key, "shipped")

    def post_parcel(self, key: str, body: dict[str, int]) -> dict[str, Any]:
        if body.get("weight", 0) < 1:
            raise HTTPException(422)
        self.hold(key, "paid", "shipped")
        return {"id": "parcel", "weight": body["weight"]}


@pytest.mark.parametrize("operation", ["pay_order", "ship_order", "refund_order", "post_parcel"])
def test_a_document_is_led_to_where_the_operation_takes_it(operation: str) -> None:
    with serving(Till("PACKER").app) as url:
        session = Session(read(CONTRACT), Settings(url=url, users=USERS))
        session.sign_in.all()
        session.baselines.seek([operation])
        assert session.baselines.advice() == []
        # What is known of one request holds for the next: it has a document of its own.
        # What is known of one request holds for the next, which has a document of its own.
        asked, user = session.contract.operations[operation], session.crowd.who((operation,))
        assert Trial(session).send(asked, user, **session.request(asked, user)).ok


@pytest.mark.parametrize(("packers", "state"), [(("PACKER",), "kept"), (("PACKER", "CASHIER"), "broken")])
def test_roles_are_judged_of_an_operation_that_needs_another_first(packers: tuple[str, ...], state: str) -> None:
    verdict = verdict_of(Till(*packers).app, CONTRACT, ("roles:ship_order",), users=USERS)
    assert verdict.rows["roles:ship_order"].state == state
