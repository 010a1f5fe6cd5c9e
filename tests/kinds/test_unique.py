"""`x-unique` of several properties, below a parent, and of some documents alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Response

from specdouble.contract import read
from tests.kinds.others import doubled, findings_of, survivors, verdict_of

CONTRACT = Path(__file__).with_name("hotels.yaml")
TOGETHER, CODE, NUMBER = RULES = ("unique:stays.guest+night", "unique:stays.code", "unique:rooms.number")


@pytest.fixture(scope="module")
def hotels() -> Iterator[httpx.Client]:
    with doubled(CONTRACT) as client:
        yield client


# The double


def test_several_properties_are_unique_together_and_not_alone(hotels: httpx.Client) -> None:
    stays = [("Ann", 1), ("Ann", 2), ("Bob", 1), ("ANN", 1)]
    answers = [hotels.post("/stays", json={"guest": guest, "night": night}) for guest, night in stays]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 409]
    assert answers[-1].headers["X-Specdouble-Rule"] == TOGETHER


def test_a_change_to_what_another_has_together_is_refused(hotels: httpx.Client) -> None:
    hotels.post("/stays", json={"guest": "Cat", "night": 1})
    other = hotels.post("/stays", json={"guest": "Cat", "night": 2}).json()
    assert hotels.patch(f"/stays/{other['id']}", json={"night": 1}).status_code == 409
    assert hotels.patch(f"/stays/{other['id']}", json={"night": 2}).status_code == 200


def test_what_the_condition_leaves_out_does_not_count(hotels: httpx.Client) -> None:
    stay = {"guest": "Dan", "night": 1}
    first = hotels.post("/stays", json=stay).json()
    assert hotels.patch(f"/stays/{first['id']}", json={"state": "cancelled"}).status_code == 200
    assert hotels.post("/stays", json=stay).status_code == 201
    assert hotels.patch(f"/stays/{first['id']}", json={"state": "open"}).status_code == 409


def test_a_parent_that_the_path_alone_names_is_a_scope(hotels: httpx.Client) -> None:
    one, other = (hotels.post("/hotels", json={"name": name}).json()["id"] for name in ("A", "B"))
    answers = [hotels.post(f"/hotels/{hotel}/rooms", json={"number": "101"}) for hotel in (one, one, other)]
    assert [answer.status_code for answer in answers] == [201, 409, 201]


# The annotation


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("fields: [guest, night]", "fields: [gust, night]", "`gust` is no property"),
        ("fields: [guest, night]", "field: [guest, night]", "has no key `field`"),
        ("self.state != 'cancelled'", "self.stat != 'cancelled'", "`self` has no property `stat`"),
        ("self.state != 'cancelled'", "self.state", "the expression is no condition"),
        ("self.state == 'open'", "self.state ==", "the expression is refused"),
        ("{within: hotelId}", "{within: hotlId}", "`hotlId` is the scope of a rule"),
        ("{within: hotelId}", "{fields: [number]}", "`x-unique` has no key `fields`"),
    ],
)
def test_lint_refuses_a_key_that_means_nothing(tmp_path: Path, written: str, instead: str, reason: str) -> None:
    assert any(reason in told for told in findings_of(CONTRACT, written, instead, tmp_path))


def test_several_keys_stand_in_a_list(tmp_path: Path) -> None:
    text = CONTRACT.read_text("utf-8")
    one = """{fields: [guest, night], where: "self.state != 'cancelled'", ignore: case}"""
    assert one in text
    (tmp_path / "openapi.yaml").write_text(text.replace(one, f"[{one}, {{fields: [guest, code]}}]"), "utf-8")
    assert {TOGETHER, "unique:stays.guest+code"} <= read(tmp_path).rules.keys()


# The verifier


class Stays:
    """A server that somebody else could have written, with one fault or none.

    Args:
        fault: what it does wrong; empty where it does nothing wrong.
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.hotels: dict[str, dict[str, Any]] = {}
        self.rooms: list[dict[str, Any]] = []
        self.stays: dict[str, dict[str, Any]] = {}
        self.app = FastAPI()
        self.app.post("/hotels", status_code=201)(self.post_hotel)
        self.app.get("/hotels/{hotel}")(self.get_hotel)
        self.app.get("/hotels/{hotel}/rooms")(self.list_rooms)
        self.app.post("/hotels/{hotel}/rooms", status_code=201)(self.post_room)
        self.app.post("/stays", status_code=201)(self.post_stay)
        self.app.get("/stays/{key}")(self.get_stay)
        self.app.patch("/stays/{key}")(self.patch_stay)
        self.app.delete("/stays/{key}", status_code=204)(self.delete_stay)

    def hold_text(self, text: Any) -> None:
        if not isinstance(text, str) or not 0 < len(text) <= 60:
            raise HTTPException(422)

    def post_hotel(self, body: dict[str, Any]) -> dict[str, Any]:
        self.hold_text(body.get("name"))
        hotel = {"id": f"hotel-{len(self.hotels)}", "name": body["name"]}
        self.hotels[hotel["id"]] = hotel
        return hotel

    def get_hotel(self, hotel: str) -> dict[str, Any]:
        if hotel not in self.hotels:
            raise HTTPException(404)
        return self.hotels[hotel]

    def list_rooms(self, hotel: str) -> list[dict[str, Any]]:
        self.get_hotel(hotel)
        return [{"id": one["id"], "number": one["number"]} for one in self.rooms if one["hotel"] == hotel]

    def post_room(self, hotel: str, body: dict[str, Any]) -> dict[str, Any]:
        self.hold_text(body.get("number"))
        there = self.rooms if self.fault == "numbers of all hotels" else self.list_rooms(hotel)
        if body["number"] in [one["number"] for one in there]:
            raise HTTPException(409)
        room = {"id": f"room-{len(self.rooms)}", "number": body["number"], "hotel": hotel}
        self.rooms.append(room)
        return {"id": room["id"], "number": room["number"]}

    def hold_free(self, stay: dict[str, Any]) -> None:
        others = [one for one in self.stays.values() if one["id"] != stay["id"]]
        if stay["state"] == "open" and stay.get("code") in [one["code"] for one in others if one["state"] == "open"]:
            raise HTTPException(409)
        if self.fault == "guests alone":
            taken = stay["guest"].lower() in [one["guest"].lower() for one in others if one["state"] == "open"]
        else:
            counted = [one for one in others if one["state"] == "open" or self.fault == "cancelled ones count"]
            taken = self.key(stay) in [self.key(one) for one in counted]
        if taken and stay["state"] == "open" and self.fault != "any stay":
            raise HTTPException(409)

    def key(self, stay: dict[str, Any]) -> tuple[str, int]:
        guest = stay["guest"] if self.fault == "case counts" else stay["guest"].lower()
        return guest, stay["night"]

    def hold_shape(self, stay: dict[str, Any]) -> None:
        self.hold_text(stay.get("guest"))
        night = stay.get("night")
        if not isinstance(night, int) or not 1 <= night <= 100000000 or stay["state"] not in ("open", "cancelled"):
            raise HTTPException(422)
        if stay.get("code") is not None:
            self.hold_text(stay["code"])

    def post_stay(self, body: dict[str, Any]) -> dict[str, Any]:
        stay: dict[str, Any] = {"code": None, "state": "open", **body}
        stay["id"] = f"stay-{len(self.stays)}-{id(body)}"
        self.hold_shape(stay)
        if stay["code"] is None:
            stay["code"] = object()  # no other has it
        self.hold_free(stay)
        self.stays[stay["id"]] = stay
        return self.get_stay(stay["id"])

    def get_stay(self, key: str) -> dict[str, Any]:
        if key not in self.stays:
            raise HTTPException(404)
        return {name: value for name, value in self.stays[key].items() if type(value) is not object}

    def patch_stay(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        self.get_stay(key)
        sent = {name: body[name] for name in ("guest", "night", "state") if name in body}
        stay = self.stays[key] | sent
        self.hold_shape(stay | {"code": None})
        if self.fault != "changes are free":
            self.hold_free(stay)
        self.stays[key] = stay
        return self.get_stay(key)

    def delete_stay(self, key: str) -> Response:
        self.get_stay(key)
        del self.stays[key]
        return Response(status_code=204)


@pytest.mark.slow
def test_a_server_that_keeps_the_keys_is_found_to_keep_them() -> None:
    verdict = verdict_of(Stays().app, CONTRACT, RULES)
    assert verdict.failures == []
    assert {key: verdict.rows[key].state for key in RULES} == dict.fromkeys(RULES, "kept")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("any stay", TOGETHER),
        ("guests alone", TOGETHER),
        ("cancelled ones count", TOGETHER),
        ("changes are free", TOGETHER),
        ("numbers of all hotels", NUMBER),
    ],
)
def test_a_server_with_a_fault_is_found_to_break_the_rule(fault: str, rule: str) -> None:
    assert verdict_of(Stays(fault).app, CONTRACT, (rule,)).broken == [rule]


@pytest.mark.slow
def test_every_mutant_is_killed() -> None:
    assert survivors(CONTRACT, "unique") == []
