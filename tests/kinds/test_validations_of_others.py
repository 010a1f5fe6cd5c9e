"""`x-validations` on a server that somebody else could have written: bookings of rooms, right or with one fault."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI, HTTPException

from specdouble.contract import read
from specdouble.verify.settings import Settings
from specdouble.verify.verification import verify
from tests.kinds.others import doubled, verdict_of
from tests.kinds.test_validations import BOOKING

RULES = tuple(f"validations:bookings.{name}" for name in ("from+to", "price+guests", "guests", "rooms.*"))
TIMES, PRICE, GUESTS, BEDS = RULES
TAKEN = ("from", "to", "guests", "price", "rooms")


class Bookings:
    """A server that somebody else could have written, with one fault or none."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.kept: dict[str, dict[str, Any]] = {}
        self.app = FastAPI()
        self.app.post("/bookings", status_code=201)(self.create)
        self.app.get("/bookings/{key}")(self.show)
        self.app.patch("/bookings/{key}")(self.change)

    def create(self, body: dict[str, Any]) -> dict[str, Any]:
        booking = self.checked({name: body[name] for name in TAKEN if name in body})
        if not self.is_in_order(booking) or not self.is_roomy(booking):
            raise HTTPException(422)
        if booking.get("price", 1e9) < booking["guests"] * (1 if self.fault == "half the price" else 2):
            raise HTTPException(400)
        self.kept[str(len(self.kept))] = booking = booking | {"id": str(len(self.kept))}
        return booking

    def show(self, key: str) -> dict[str, Any]:
        if key not in self.kept:
            raise HTTPException(404)
        return self.kept[key]

    def change(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        before = self.show(key)
        after = self.checked(before | {name: body[name] for name in ("from", "to", "guests") if name in body})
        leave = after["guests"] < before["guests"] and self.fault != "guests leave"
        is_in_order = self.fault == "changes go unseen" or self.is_in_order(after)
        if leave or not is_in_order:
            raise HTTPException(422)
        if after.get("price", 1e9) < after["guests"] * 2 and self.fault != "half the price":
            raise HTTPException(400)
        self.kept[key] = after
        return after

    def checked(self, booking: dict[str, Any]) -> dict[str, Any]:
        """Of the types that the contract names."""
        rooms, price = booking.get("rooms", []), booking.get("price", 0)
        are_rooms = isinstance(rooms, list) and all(isinstance(room, dict) for room in rooms)
        sizes = [room[name] for room in rooms for name in ("beds", "size") if name in room] if are_rooms else [""]
        if not all(type(one) is int for one in (booking.get("guests"), *sizes)) or type(price) not in (int, float):
            raise HTTPException(400)
        try:
            [self.moment(booking[name]) for name in ("from", "to")]
        except (KeyError, TypeError, ValueError):
            raise HTTPException(400) from None
        return booking

    def moment(self, text: str) -> datetime:
        if "T" not in text or datetime.fromisoformat(text).tzinfo is None:
            raise ValueError(text)
        return datetime.fromisoformat(text)

    def is_in_order(self, booking: dict[str, Any]) -> bool:
        begins, ends = self.moment(booking["from"]), self.moment(booking["to"])
        return self.fault == "any order" or begins < ends or (self.fault == "of no time" and begins == ends)

    def is_roomy(self, booking: dict[str, Any]) -> bool:
        rooms = booking.get("rooms", [])[: 1 if self.fault == "the first room alone" else None]
        return self.fault == "any beds" or all("beds" in one and one["beds"] <= one.get("size", 0) for one in rooms)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bookings")
    (folder / "openapi.yaml").write_text(BOOKING, "utf-8")
    return folder


@pytest.mark.slow
def test_a_server_that_holds_documents_to_them_is_found_to(contract: Path) -> None:
    verdict = verdict_of(Bookings().app, contract, RULES)
    assert verdict.failures == []
    assert {verdict.rows[key].state for key in RULES} == {"kept"}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("any order", TIMES),
        ("of no time", TIMES),
        ("changes go unseen", TIMES),
        ("half the price", PRICE),
        ("guests leave", GUESTS),
        ("any beds", BEDS),
        ("the first room alone", BEDS),
    ],
)
def test_a_server_that_does_not_is_found_to_break_it(contract: Path, fault: str, rule: str) -> None:
    assert rule in verdict_of(Bookings(fault).app, contract, (rule,)).broken


BANDS = """
openapi: 3.1.0
info: {title: Bands, version: "1"}
paths:
  /bands:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Band'}}}}
      responses:
        '201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Band'}}}}
        '409': {description: taken}
        '422': {description: wrong}
  /bands/{id}:
    put:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Band'}}}}
      responses:
        '200': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Band'}}}}
        '404': {description: none}
        '409': {description: taken}
        '422': {description: wrong}
components:
  schemas:
    Band:
      type: object
      x-resource: {collection: bands, id: id}
      x-validations: [{rule: self.low <= self.high}]
      required: [name, low, high]
      properties:
        id: {type: string, readOnly: true}
        name: {type: string, x-unique: true}
        low: {type: integer, minimum: 0}
        high: {type: integer, minimum: 0}
"""


def test_a_whole_body_that_keeps_a_rule_takes_no_name_of_another_document(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(BANDS, "utf-8")
    with doubled(tmp_path) as client:
        settings = Settings(url=str(client.base_url), rules=("validations:bands.low+high",), phases=("rules",))
        verdict = verify(read(tmp_path), settings)
    assert ([one.sentence for one in verdict.failures], verdict.count("kept")) == ([], 1)
