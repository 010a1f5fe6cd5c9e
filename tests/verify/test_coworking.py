"""Desks that are one's once confirmed, few bookings an office, and offices that managers alone delete."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Body, Depends, FastAPI, Header, HTTPException, Response

from specdouble.contract import read
from specdouble.verify import Account, Settings, verify
from specdouble.verify.verdict import Verdict
from tests.applications import serving

CONTRACT = Path(__file__).with_name("coworking.yaml")
MOST = 4
COMPANIES = {"ann": ("north", "MANAGER"), "bob": ("south", "MANAGER"), "cem": ("south", "GUEST")}
STAMP, DESK, BESIDE = "timestamp:bookings.changedAt", "unique:bookings.desk", "references:bookings.besideId.onDelete"


def caller(x_key: Annotated[str, Header()] = "") -> str:
    if x_key not in COMPANIES:
        raise HTTPException(401)
    return x_key


Caller = Annotated[str, Depends(caller)]
Sent = Annotated[dict[str, Any], Body()]


class Coworking:
    """The server, with one fault or none.

    Args:
        fault: `two confirmed`, `raced`, `never freed`, `labels leave no time`, `until leaves no time`, `beside nobody`,
            `confirmed for ever`, `cancelled leave room`, `cancelling leaves no time`.
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.numbers = count(1)
        self.offices: dict[str, dict[str, Any]] = {}
        self.bookings: dict[str, dict[str, Any]] = {}
        self.app = app = FastAPI()
        app.post("/offices", status_code=201)(self.post_office)
        app.get("/offices")(self.list_offices)
        app.get("/offices/{office}")(self.office)
        app.delete("/offices/{office}", status_code=204)(self.delete_office)
        app.post("/offices/{office}/bookings", status_code=201)(self.post_booking)
        app.get("/bookings/{booking}")(self.booking)
        app.patch("/bookings/{booking}")(self.patch_booking)
        app.delete("/bookings/{booking}", status_code=204)(self.delete_booking)
        app.post("/bookings/{booking}/confirm")(self.confirm)
        app.post("/bookings/{booking}/cancel")(self.cancel)

    # Offices

    def post_office(self, user: Caller, body: Sent) -> dict[str, Any]:
        hold_text(body.get("name"), 60)
        office = {"id": f"office-{next(self.numbers)}", "company": COMPANIES[user][0], "name": body["name"]}
        self.offices[office["id"]] = office
        return office

    def list_offices(self, user: Caller) -> list[dict[str, Any]]:
        return [one for one in self.offices.values() if one["company"] == COMPANIES[user][0]]

    def office(self, user: Caller, office: str) -> dict[str, Any]:
        found = self.offices.get(office)
        if found is None or found["company"] != COMPANIES[user][0]:
            raise HTTPException(404)
        return found

    def delete_office(self, user: Caller, office: str) -> Response:
        if COMPANIES[user][1] != "MANAGER":
            raise HTTPException(403)
        self.office(user, office)
        del self.offices[office]
        self.bookings = {key: one for key, one in self.bookings.items() if one["officeId"] != office}
        return Response(status_code=204)

    # Bookings

    def post_booking(self, user: Caller, office: str, body: Sent) -> dict[str, Any]:
        self.office(user, office)
        hold_text(body.get("desk"), 60)
        known = self.taken(body)
        beside = body.get("besideId")
        if beside is not None:
            if beside not in self.bookings:
                raise HTTPException(422)
            self.booking(user, beside, 422)
        gone = "cancelled" if self.fault == "cancelled leave room" else ""
        if sum(one["officeId"] == office and one["status"] != gone for one in self.bookings.values()) >= MOST:
            raise HTTPException(409)
        booking = {
            "id": f"booking-{next(self.numbers)}", "officeId": office, "desk": body["desk"], "labels": [],
            "until": None, "besideId": beside, "status": "asked", "changedAt": now(), **known,
        }  # fmt: skip
        self.bookings[booking["id"]] = booking
        return booking

    def taken(self, body: dict[str, Any]) -> dict[str, Any]:
        known: dict[str, Any] = {name: body[name] for name in ("labels", "until") if name in body}
        labels = known.get("labels", [])
        if not isinstance(labels, list) or len(labels) > 3:
            raise HTTPException(422)
        for label in labels:
            hold_text(label, 20)
        if "until" in known:
            hold_time(known["until"])
        return known

    def booking(self, user: Caller, booking: str, status: int = 404) -> dict[str, Any]:
        found = self.bookings.get(booking)
        if found is None or self.offices[found["officeId"]]["company"] != COMPANIES[user][0]:
            raise HTTPException(status)
        return found

    def patch_booking(self, user: Caller, booking: str, body: Sent) -> dict[str, Any]:
        found = self.booking(user, booking)
        known = self.taken(body)
        silent = {"labels leave no time": {"labels"}, "until leaves no time": {"until"}}.get(self.fault)
        if known and known.keys() != silent:
            known["changedAt"] = now()
        found.update(known)
        return found

    def delete_booking(self, user: Caller, booking: str) -> Response:
        if self.booking(user, booking)["status"] == "confirmed":
            raise HTTPException(409)
        if any(one["besideId"] == booking for one in self.bookings.values()) and self.fault != "beside nobody":
            raise HTTPException(409)
        del self.bookings[booking]
        return Response(status_code=204)

    def confirm(self, user: Caller, booking: str) -> dict[str, Any]:
        found = self.booking(user, booking)
        if found["status"] != "asked":
            raise HTTPException(409)
        counting = {"confirmed", "cancelled"} if self.fault == "never freed" else {"confirmed"}
        place = (found["officeId"], found["desk"])
        others = [one for one in self.bookings.values() if one["status"] in counting]
        is_taken = any((one["officeId"], one["desk"]) == place for one in others)
        if self.fault == "raced":
            time.sleep(0.03)
        if is_taken and self.fault != "two confirmed":
            raise HTTPException(409)
        found.update(status="confirmed", changedAt=now())
        if self.fault == "confirmed for ever":
            found["until"] = None
        return found

    def cancel(self, user: Caller, booking: str) -> dict[str, Any]:
        found = self.booking(user, booking)
        if found["status"] == "cancelled":
            raise HTTPException(409)
        moment = found["changedAt"] if self.fault == "cancelling leaves no time" else now()
        found.update(status="cancelled", changedAt=moment)
        return found


def now() -> str:
    return datetime.now(UTC).isoformat()


def hold_text(text: Any, most: int) -> None:
    if not isinstance(text, str) or not 0 < len(text) <= most:
        raise HTTPException(422)


def hold_time(text: Any) -> None:
    try:
        told = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise HTTPException(422) from None
    if told.tzinfo is None:
        raise HTTPException(422)


def verdict_of(server: Coworking, *rules: str) -> Verdict:
    users = tuple(
        Account(name, login={"role": role}, credentials={"key": name}, tenant=company)
        for name, (company, role) in COMPANIES.items()
    )
    with serving(server.app) as url:
        settings = Settings(url=url, users=users, rules=rules, phases=("rules",), yes=True, max_failures=1)
        return verify(read(CONTRACT), settings)


def test_of_a_correct_server_nothing_is_said_and_nothing_left_though_not_everybody_may_delete() -> None:
    server = Coworking()
    verdict = verdict_of(server, STAMP, DESK, BESIDE, "partial_update", "roles:deleteOffice", "tenant:offices.company")
    assert not verdict.failures
    assert not [reason for reason in verdict.rows[DESK].reasons if "leaves room" in reason]
    assert verdict.left == []
    assert server.offices == {}


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("two confirmed", DESK),
        ("raced", DESK),
        ("never freed", DESK),
        ("labels leave no time", STAMP),
        ("until leaves no time", STAMP),
        ("beside nobody", BESIDE),
        ("confirmed for ever", "partial_update"),
        ("cancelled leave room", "limit:bookings"),
        ("cancelling leaves no time", STAMP),
    ],
)
def test_a_fault_of_it_is_found(fault: str, rule: str) -> None:
    verdict = verdict_of(Coworking(fault), rule, *(["partial_update"] if rule == STAMP else []))
    assert [one.check for one in verdict.failures] == [rule]
