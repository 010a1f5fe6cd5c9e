"""A server of bookings: what lies below a room, is listed beside it, and is read by whoever works there."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from specdouble.contract import read
from specdouble.verify.settings import Account, Settings
from specdouble.verify.verdict import Verdict
from specdouble.verify.verification import verify
from tests.applications import serving
from tests.kinds.others import verdict_of

CONTRACT = Path(__file__).with_name("bookings.yaml")
ROLES = {"ada": "staff", "grace": "guest", "linus": "guest"}
USERS = tuple(Account(name, login={"role": role}, credentials={"key": name}) for name, role in ROLES.items())
Json = dict[str, Any]


def caller(authorization: Annotated[str, Header()] = "") -> str:
    name = authorization.removeprefix("Bearer ")
    if name not in ROLES:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    return name


Caller = Annotated[str, Depends(caller)]


class Room(BaseModel):
    """What a client says of a room."""

    model_config = ConfigDict(strict=True)
    name: str


class Booking(BaseModel):
    """What a client says of a booking."""

    model_config = ConfigDict(strict=True)
    title: str
    seats: Annotated[int, Field(ge=1, le=400)] = 1
    note: str = ""


class Change(BaseModel):
    """What a client changes of a booking."""

    model_config = ConfigDict(strict=True)
    seats: Annotated[int, Field(ge=1, le=400)] = 1
    note: str = ""


class Hours(BaseModel):
    """When a room is open."""

    model_config = ConfigDict(strict=True)
    days: str
    note: str = ""


class Bookings:
    """A server that somebody else could have written, with one fault or none."""

    def __init__(self, fault: str = "", there_before: int = 0) -> None:
        self.fault, self.ids = fault, count(1)
        self.rooms: dict[str, Json] = {"old": {"id": "old", "name": "old", "version": 1}}
        self.bookings: dict[str, Json] = {}
        self.done: dict[tuple[str, str, str | None], tuple[Booking, Json]] = {}
        for _ in range(there_before):
            self._book("old", "nobody", Booking(title="before"))
        self.app = FastAPI()
        self.app.post("/rooms", status_code=201)(self.open)
        self.app.get("/rooms/{key}")(self.room)
        self.app.put("/rooms/{key}")(self.rename)
        self.app.delete("/rooms/{key}", status_code=204)(self.close)
        self.app.get("/rooms/{key}/hours")(self.hours)
        self.app.put("/rooms/{key}/hours", status_code=204)(self.set_hours)
        self.app.post("/rooms/{key}/bookings", status_code=201)(self.book)
        self.app.patch("/rooms/{key}/bookings/{one}")(self.change)
        self.app.post("/rooms/{key}/bookings/{one}/confirm")(self.confirm)
        self.app.post("/rooms/{key}/bookings/{one}/finish")(self.finish)
        self.app.get("/rooms/{key}/bookings/{one}")(self.show)
        self.app.delete("/rooms/{key}/bookings/{one}", status_code=204)(self.cancel)
        self.app.post("/rooms/{key}/bookings/{one}/remind", status_code=202)(self.remind)
        self.app.get("/bookings")(self.list)

    def _room(self, key: str, response: Response) -> Json:
        response.headers["ETag"] = f'"{self.rooms[key]["version"]}"'
        return {name: self.rooms[key][name] for name in ("id", "name")}

    def _book(self, room: str, by: str, sent: Booking) -> Json:
        key = str(next(self.ids))
        self.bookings[key] = {"id": key, "roomId": room, "bookedBy": by, "status": "requested", **sent.model_dump()}
        return self.bookings[key]

    def _found(self, key: str, one: str, by: str) -> Json:
        booking = self.bookings.get(one)
        if booking is None or booking["roomId"] != key or key not in self.rooms:
            raise HTTPException(404)
        if booking["bookedBy"] != by and ROLES[by] != "staff":
            raise HTTPException(404)
        return booking

    def open(self, sent: Room, by: Caller, response: Response) -> Json:
        key = f"room-{next(self.ids)}"
        self.rooms[key] = {"id": key, "name": sent.name, "version": 1}
        return self._room(key, response)

    def room(self, key: str, by: Caller, response: Response) -> Json:
        if key not in self.rooms:
            raise HTTPException(404)
        return self._room(key, response)

    def rename(
        self, key: str, sent: Room, by: Caller, response: Response, if_match: Annotated[str | None, Header()] = None
    ) -> Json:
        self._conditional(key, if_match)
        self.rooms[key] |= {"name": sent.name, "version": self.rooms[key]["version"] + 1}
        return self._room(key, response)

    def _conditional(self, key: str, if_match: str | None) -> None:
        if key not in self.rooms:
            raise HTTPException(404)
        if if_match is None:
            raise HTTPException(422 if self.fault == "a condition is refused as a body is" else 428)
        if if_match not in ("*", f'"{self.rooms[key]["version"]}"'):
            raise HTTPException(412)

    def hours(self, key: str, by: Caller) -> Json:
        if "hours" not in self.rooms.get(key, {}):
            raise HTTPException(404)
        found: Json = self.rooms[key]["hours"]
        return found

    def set_hours(self, key: str, sent: Hours, by: Caller) -> None:
        if key not in self.rooms:
            raise HTTPException(404)
        told, room = sent.model_dump(exclude_unset=True), self.rooms[key]
        if self.fault == "hours lose their note":
            told.pop("note", None)
        room["hours"] = {**room.get("hours", {}), **told} if self.fault == "hours are merged" else told

    def close(self, key: str, by: Caller, if_match: Annotated[str | None, Header()] = None) -> None:
        self._conditional(key, if_match)
        if self.fault == "bookings go with their room":
            self.bookings = {one: booking for one, booking in self.bookings.items() if booking["roomId"] != key}
        if any(one["roomId"] == key for one in self.bookings.values()) and self.fault != "a room in use is closed":
            raise HTTPException(409)
        name = self.rooms.pop(key)["name"]
        if self.fault == "rooms of one name go together":
            self.rooms = {one: room for one, room in self.rooms.items() if room["name"] != name}

    def book(
        self, key: str, sent: Booking, by: Caller, idempotency_key: Annotated[str | None, Header()] = None
    ) -> Json:
        if key not in self.rooms:
            raise HTTPException(404)
        by_whom = "" if self.fault == "a key is of all users" else by
        done = (by_whom, "" if self.fault == "a key is of all rooms" else key, idempotency_key)
        if idempotency_key and done in self.done:
            was, booking = self.done[done]
            if was != sent:
                raise HTTPException(409)
            return dict(booking)
        counts = [one for one in self.bookings.values() if one["roomId"] == key and one["title"] == sent.title]
        if self.fault == "what is finished frees its title":
            counts = [one for one in counts if one["status"] != "finished"]
        if counts:
            raise HTTPException(409)
        booking = self._book(key, by, sent)
        self.done[done] = (sent, dict(booking))
        return booking

    def change(self, key: str, one: str, sent: Change, by: Caller) -> Json:
        booking = self._own(key, one, by)
        told, fixed = sent.model_dump(exclude_unset=True), {"confirmed", "finished"}
        if self.fault == "what is finished has other seats":
            fixed.remove("finished")
        if booking["status"] in fixed and told.get("seats", booking["seats"]) != booking["seats"]:
            raise HTTPException(422)
        booking |= told
        if self.fault == "a change begins anew":
            booking["status"] = "requested"
        return booking

    def confirm(self, key: str, one: str, by: Caller) -> Json:
        return self._moved(self._own(key, one, by), "requested", "confirmed")

    def finish(self, key: str, one: str, by: Caller) -> Json:
        anywhere = self.fault == "finished below any room" and one in self.bookings
        booking = self._own(self.bookings[one]["roomId"] if anywhere else key, one, by)
        return self._moved(booking, "confirmed", "finished")

    @staticmethod
    def _moved(booking: Json, before: str, after: str) -> Json:
        if booking["status"] != before:
            raise HTTPException(409)
        booking["status"] = after
        return booking

    def _own(self, key: str, one: str, by: str) -> Json:
        booking = self._found(key, one, by)
        if booking["bookedBy"] != by:
            raise HTTPException(403)
        return booking

    def show(self, key: str, one: str, by: Caller) -> Json:
        return self._found(key, one, by)

    def cancel(self, key: str, one: str, by: Caller) -> None:
        self._own(key, one, by)
        del self.bookings[one]

    def remind(self, key: str, one: str, by: Caller) -> None:
        if self.fault == "anybody has it reminded":
            return
        found = self._found(self.bookings[one]["roomId"] if self.fault == "reminded below any room" else key, one, by)
        if self.fault == "who is reminded has confirmed" and found["status"] == "requested":
            found["status"] = "confirmed"

    def list(
        self,
        by: Caller,
        token: str = "0",
        size: Annotated[int, Query(ge=1, le=20)] = 2,
        room: str = "",
        sort: str = "",
        q: str = "",
        status: str = "",
    ) -> Json:
        searched = self.fault == "a search finds everybody's" and q
        found = [one for one in self.bookings.values() if q in one["title"]]
        found = [one for one in found if searched or by == one["bookedBy"] or ROLES[by] == "staff"]
        if room and self.fault != "bookings of all rooms":
            found = [one for one in found if one["roomId"] == room]
        if self.fault == "what is finished is not listed" and not status:
            found = [one for one in found if one["status"] != "finished"]
        is_later = self.fault == "later pages are of any state" and token != "0"
        if status and self.fault != "bookings in any state" and not is_later:
            found = [one for one in found if one["status"] == status]
        if sort:
            found.sort(key=lambda one: str(one["seats"]) if self.fault == "text order" else one["seats"])
        end = int(token) + size - (self.fault == "a page repeats" and size > 1)
        return {"items": found[int(token) : int(token) + size], "next": str(end) if end < len(found) else None}


def said_of(fault: str, *rules: str, there_before: int = 0) -> Verdict:
    return verdict_of(Bookings(fault, there_before).app, CONTRACT, rules, users=USERS)


def broken(verdict: Verdict) -> set[str]:
    return {failure.promise for failure in verdict.failures}


def test_a_list_is_filtered_by_what_its_documents_lie_below() -> None:
    correct = said_of("", "listing:get /bookings")
    assert [row.state for row in correct.rows.values()] == ["kept"]
    promise = "GET /bookings with room shows what names the document, and nothing else"
    assert promise in broken(said_of("bookings of all rooms", "listing:get /bookings"))


def test_who_reads_a_document_may_ask_for_what_does_nothing_to_it_and_nobody_else_may() -> None:
    rule = "owner:bookings.bookedBy"
    assert not broken(said_of("", rule))
    assert any("remind" in promise for promise in broken(said_of("anybody has it reminded", rule)))


@pytest.mark.parametrize("there_before", [150, pytest.param(1_200, marks=pytest.mark.slow)])
def test_a_new_document_at_the_end_of_a_long_list_is_found_or_not_looked_for(there_before: int) -> None:
    verdict = said_of("", "owner:bookings.bookedBy", "read_your_writes", there_before=there_before)
    assert not broken(verdict)
    sees_all = not any("pages" in reason for row in verdict.rows.values() for reason in row.reasons)
    assert sees_all == (there_before < 1_000)


@pytest.mark.parametrize(
    ("fault", "rule", "promise"),
    [
        ("a room in use is closed", "references:bookings.roomId.onDelete", "stays while"),
        ("what is finished frees its title", "unique:bookings.title", "a taken title is refused on create"),
        ("a change begins anew", "transitions:bookings.status", "makes no other move of status"),
        ("a key is of all rooms", "idempotency:post /rooms/{roomId}/bookings", "below another roomId"),
        ("a search finds everybody's", "owner:bookings.bookedBy", "is found by no search"),
        ("hours lose their note", "read_your_writes", "PUT /rooms/{roomId}/hours keeps what it is sent"),
        ("hours are merged", "replacement", "PUT /rooms/{roomId}/hours leaves nothing"),
        ("bookings in any state", "listing:get /bookings", "with status shows what has the value"),
        ("finished below any room", "nesting", "finish finds nothing below another roomId"),
        ("a key is of all users", "idempotency:post /rooms/{roomId}/bookings", "does not take another user's key"),
        ("who is reminded has confirmed", "partial_update", "remind leaves its document as it is"),
        ("what is finished is not listed", "read_your_writes", "GET /bookings shows documents in every state"),
        ("rooms of one name go together", "read_your_writes", "DELETE /rooms/{roomId} takes its document away"),
        ("later pages are of any state", "listing:get /bookings", "with status shows what has the value"),
        ("what is finished has other seats", "validations:bookings.status+seats", "is refused on"),
    ],
)
def test_a_rule_holds_below_any_parent_in_any_state_and_for_each_way_to_ask(
    fault: str, rule: str, promise: str
) -> None:
    correct = said_of("", rule)
    assert [row.state for row in correct.rows.values() if row.check == rule] == ["kept"]
    assert any(promise in one for one in broken(said_of(fault, rule)))


@pytest.mark.parametrize(
    ("fault", "is_told"),
    [pytest.param("", False, marks=pytest.mark.slow), ("a condition is refused as a body is", True)],
)
def test_a_request_without_a_condition_may_be_refused_for_want_of_one(
    fault: str, is_told: bool, tmp_path: Path
) -> None:
    contract = tmp_path / "openapi.yaml"  # in which no rule demands the condition, that requests are sent with it
    contract.write_text(CONTRACT.read_text("utf-8").replace("      x-etag: {required: true}\n", ""))
    with serving(Bookings(fault).app) as url:
        settings = Settings(
            url=url, users=USERS, phases=("coverage", "fuzzing"), operations=("put /rooms/{roomId}",), max_examples=5
        )
        verdict = verify(read(contract), settings)
    assert any("rejected" in promise for promise in broken(verdict)) == is_told


def test_what_is_done_to_a_document_is_done_below_its_own_parent_alone() -> None:
    assert not broken(said_of("", "nesting"))
    found = broken(said_of("reminded below any room", "nesting"))
    assert found == {"POST /rooms/{roomId}/bookings/{bookingId}/remind finds nothing below another roomId"}


@pytest.mark.parametrize(
    ("fault", "promise"),
    [
        ("", ""),
        ("text order", "GET /bookings keeps the order that is asked for"),
        ("a page repeats", "the pages of GET /bookings show every document once"),
    ],
)
def test_a_list_of_all_that_lies_below_any_parent_is_read_as_a_whole(fault: str, promise: str) -> None:
    found = broken(said_of(fault, "listing:get /bookings", there_before=300))
    assert promise in found if fault else not found


@pytest.mark.parametrize(
    ("server", "is_told"), [("bookings go with their room", False), ("a room in use is closed", True)]
)
def test_what_goes_with_its_parent_goes_from_the_list_of_all(server: str, is_told: bool, tmp_path: Path) -> None:
    contract = tmp_path / "openapi.yaml"
    contract.write_text(CONTRACT.read_text("utf-8").replace("onDelete: restrict", "onDelete: cascade"))
    rule = "references:bookings.roomId.onDelete"
    verdict = verdict_of(Bookings(server).app, contract, (rule,), users=USERS)
    assert verdict.rows[rule].state == ("broken" if is_told else "kept")
