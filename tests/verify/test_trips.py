"""Trips that end after they begin, by the instant: what is compared, kept, sorted and counted of times and numbers."""

from __future__ import annotations

from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Body, FastAPI, HTTPException, Response

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import Verdict
from tests.applications import serving

CONTRACT = Path(__file__).with_name("trips.yaml")
ORDER, LIST = "validations:trips.leavesAt+backAt", "listing:listTrips"
GUESTS = ("minGuests", "maxGuests")
KEPT = {"leavesAt", "backAt", "seats", "mark", "note", *GUESTS}

Sent = Annotated[dict[str, Any], Body()]


class Trips:
    """The server, with one fault or none.

    Args:
        fault: `texts`, `texts on change`, `cut on change`, `doubles`, `by creation`, `fares as texts`, `total of all`.
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.numbers = count(1)
        self.trips: dict[str, dict[str, Any]] = {}
        self.app = app = FastAPI()
        app.post("/trips", status_code=201)(self.post)
        app.get("/trips")(self.list)
        app.get("/trips/{trip}")(self.trip)
        app.patch("/trips/{trip}")(self.patch)
        app.delete("/trips/{trip}", status_code=204)(self.delete)

    def post(self, body: Sent) -> dict[str, Any]:
        trip = {"id": f"trip-{next(self.numbers)}", "mark": 0, "note": "", **known(body)}
        self.hold(trip, by_text=self.fault == "texts")
        self.trips[trip["id"]] = self.finished(trip)
        return trip

    def list(self, page: int = 1, size: int = 20, sort: str = "", q: str = "") -> dict[str, Any]:
        if page < 1 or not 1 <= size <= 50 or sort not in ("", "leavesAt", "fare"):
            raise HTTPException(422)
        found = [one for one in self.trips.values() if q in one["note"]]
        if sort == "leavesAt" and self.fault != "by creation":
            found.sort(key=lambda one: datetime.fromisoformat(one["leavesAt"]))
        if sort == "fare":
            found.sort(key=lambda one: str(one["fare"]) if self.fault == "fares as texts" else one["fare"])
        total = len(self.trips if self.fault == "total of all" else found)
        return {"items": found[(page - 1) * size : page * size], "total": total}

    def trip(self, trip: str) -> dict[str, Any]:
        if trip not in self.trips:
            raise HTTPException(404)
        return self.trips[trip]

    def patch(self, trip: str, body: Sent) -> dict[str, Any]:
        changed = {**self.trip(trip), **known(body)}
        self.hold(changed, by_text=self.fault == "texts on change")
        if self.fault == "cut on change":
            changed["note"] = changed["note"].strip()
        self.trips[trip] = self.finished(changed)
        return changed

    def delete(self, trip: str) -> Response:
        del self.trips[self.trip(trip)["id"]]
        return Response(status_code=204)

    def finished(self, trip: dict[str, Any]) -> dict[str, Any]:
        trip["fare"] = trip["seats"] * 10
        if self.fault == "doubles":
            trip["mark"] = int(float(trip["mark"]))
        return trip

    @staticmethod
    def hold(trip: dict[str, Any], *, by_text: bool) -> None:
        numbers = [(trip.get("seats"), 1, 1000), (trip["mark"], 0, 9 * 10**18)]
        if any(type(one) is not int or not least <= one <= most for one, least, most in numbers):
            raise HTTPException(422)
        if not isinstance(trip["note"], str) or len(trip["note"]) > 200:
            raise HTTPException(422)
        guests = [trip[name] for name in GUESTS if name in trip]
        if any(type(one) is not int or not 0 <= one <= 9 for one in guests) or guests != sorted(guests):
            raise HTTPException(422)
        leaves, back = (moment_of(trip.get(name)) for name in ("leavesAt", "backAt"))
        if not (trip["leavesAt"][:19] < trip["backAt"][:19] if by_text else leaves < back):
            raise HTTPException(422)


def known(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name in KEPT}


def moment_of(text: object) -> datetime:
    try:
        told = datetime.fromisoformat(str(text))
    except ValueError:
        raise HTTPException(422) from None
    if told.tzinfo is None or "T" not in str(text).upper():
        raise HTTPException(422)
    return told


def verdict_of(fault: str, *rules: str) -> Verdict:
    with serving(Trips(fault).app) as url:
        settings = Settings(url=url, rules=rules, phases=("rules",), yes=True, max_failures=1)
        return verify(read(CONTRACT), settings)


def test_of_a_correct_server_nothing_is_said() -> None:
    verdict = verdict_of("", ORDER, LIST, "read_your_writes")
    assert not verdict.failures
    reasons = [reason for one in (ORDER, "read_your_writes") for reason in verdict.rows[one].reasons]
    assert reasons == []


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("texts", ORDER),
        ("texts on change", ORDER),
        ("cut on change", "read_your_writes"),
        ("doubles", "read_your_writes"),
        ("by creation", LIST),
        ("fares as texts", LIST),
        ("total of all", LIST),
    ],
)
def test_a_fault_of_it_is_found(fault: str, rule: str) -> None:
    assert [one.check for one in verdict_of(fault, rule).failures] == [rule]
