"""What rules say of later states, of colleagues, and of what is told beside a document; lists in an order."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from specdouble.verify.settings import Account
from tests.kinds.others import verdict_of

CONTRACT = Path(__file__).with_name("halls.yaml")
HOUSES = {"ada": "north", "grace": "north", "linus": "south"}
USERS = tuple(Account(name, credentials={"token": name}, tenant=house) for name, house in HOUSES.items())
MOVES = {"planned": ("open", "closed"), "open": ("closed",), "closed": ()}
Json = dict[str, Any]


def caller(authorization: Annotated[str, Header()] = "") -> str:
    name = authorization.removeprefix("Bearer ")
    if name not in HOUSES:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    return name


Caller = Annotated[str, Depends(caller)]
Code = Annotated[str, Field(min_length=1)]
Seats = Annotated[int, Field(ge=0)]


class Change(BaseModel):
    """What a client changes a hall with."""

    model_config = ConfigDict(strict=True)
    code: Code = ""
    seats: Seats = 0
    status: Literal["planned", "open"] = "planned"
    tags: Annotated[list[str], Field(max_length=9)] = []


class Draft(Change):
    """What a client makes a hall of."""

    code: Code
    seats: Seats


class Halls:
    """A server that somebody else could have written, with one fault or none.

    A state that its requests do not name it refuses as their schema does; one of its operations leads there.
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.kept: dict[str, Json] = {}
        self.ids = count(1)
        self.app = FastAPI()
        self.app.get("/halls")(self.list)
        self.app.post("/halls", status_code=201)(self.create)
        self.app.get("/halls/{key}")(self.show)
        self.app.patch("/halls/{key}")(self.change)
        self.app.delete("/halls/{key}", status_code=204)(self.remove)
        self.app.post("/halls/{key}/close")(self.close)
        self.app.get("/halls/{key}/plan")(self.plan)

    def shown(self, hall: Json) -> Json:
        stale = self.fault == "flag stale"
        return {
            **hall,
            "tagCount": hall["first"] if self.fault == "count stale" else len(hall["tags"]),
            "isOpen": stale or hall["status"] != "closed",
        }

    def found(self, key: str, by: str, *, writes: bool = False) -> Json:
        hall = self.kept.get(key)
        if hall is None or hall["house"] != HOUSES[by]:
            raise HTTPException(404)
        if writes and hall["maker"] != by:
            raise HTTPException(403)
        return hall

    def list(self, by: Caller, skip: int = 0, take: int = 10, status: str = "", order: str = "") -> list[Json]:
        found = [one for one in self.kept.values() if one["house"] == HOUSES[by]]
        if status and not (self.fault == "filter lost in order" and order):
            found = [one for one in found if one["status"] == status]
        if order:
            found.sort(key=lambda one: one["seats"], reverse=order.endswith("desc") and self.fault != "never downward")
            skip = 0 if self.fault == "first page in order" else skip
        page = found[skip : skip + take]
        if skip and self.fault == "later pages as made":
            page = [one for one in self.kept.values() if one in page]
        return [self.shown(one) for one in page]

    def create(self, draft: Draft, by: Caller, response: Response) -> Json:
        sent = draft.model_dump()
        if sent["status"] != "planned":
            raise HTTPException(409)
        key = f"hall-{next(self.ids)}"
        self.kept[key] = hall = {
            **sent, "id": key, "maker": by, "house": HOUSES[by], "first": len(sent["tags"]),
        }  # fmt: skip
        response.headers["Location"] = f"/halls/{key}"
        return self.shown(hall)

    def show(self, key: str, by: Caller) -> Json:
        return self.shown(self.found(key, by))

    def change(self, key: str, change: Change, by: Caller) -> Json:
        hall, sent = self.found(key, by, writes=True), change.model_dump(exclude_unset=True)
        if self.fault == "seats of what is refused":
            hall["seats"] = sent.get("seats", hall["seats"])
        if sent.get("code", hall["code"]) != hall["code"] and not (
            self.fault == "code of a closed one" and hall["status"] == "closed"
        ):
            raise HTTPException(409)
        self.move(hall, str(sent.get("status", hall["status"])))
        hall.update(sent)
        return self.shown(hall)

    @staticmethod
    def move(hall: Json, status: str) -> None:
        if status != hall["status"] and status not in MOVES[hall["status"]]:
            raise HTTPException(409)
        hall["status"] = status

    def close(self, key: str, by: Caller) -> Json:
        hall = self.found(key, by, writes=self.fault != "closed by colleagues")
        self.move(hall, "closed")
        return self.shown(hall)

    def remove(self, key: str, by: Caller) -> None:
        self.found(key, by, writes=True)
        del self.kept[key]

    def plan(self, key: str, by: Caller, accept: Annotated[str, Header()] = "*/*") -> Response:
        hall = self.kept.get(key) if self.fault == "plan of all" else self.found(key, by)
        if hall is None:
            raise HTTPException(404)
        if weight(accept, "text/csv") > (0 if self.fault == "any weight" else weight(accept, "application/json")):
            return Response(f"seats\r\n{hall['seats']}\r\n", media_type="text/csv")
        return JSONResponse({"seats": hall["seats"]})


def weight(accept: str, media: str) -> float:
    weights: Mapping[str, float] = {
        name.strip(): float(rest.partition("=")[2] or 1)
        for name, _, rest in (part.partition(";") for part in accept.split(","))
    }
    return weights.get(media, weights.get("*/*", 0) / 2 if media == "text/csv" else weights.get("*/*", 0))


FAULTS = {
    "filter lost in order": "filtering",
    "never downward": "filtering",
    "first page in order": "filtering",
    "later pages as made": "filtering",
    "seats of what is refused": "refused_leaves_no_trace",
    "flag stale": "computed:halls.isOpen",
    "count stale": "computed:halls.tagCount",
    "code of a closed one": "immutable:halls.code",
    "closed by colleagues": "owner:halls.maker",
    "plan of all": "tenant:halls.house",
    "any weight": "header_fields",
}


@pytest.mark.slow
@pytest.mark.parametrize("rule", ["read_your_writes", "transitions:halls.status", *sorted(set(FAULTS.values()))])
def test_a_server_that_keeps_it_is_found_to(rule: str) -> None:
    verdict = verdict_of(Halls().app, CONTRACT, (rule,), users=USERS)
    assert ([one.sentence for one in verdict.failures], verdict.rows[rule].state) == ([], "kept")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_under_the_rule_that_forbids_it(fault: str) -> None:
    rule = FAULTS[fault]
    verdict = verdict_of(Halls(fault).app, CONTRACT, (rule,), users=USERS, max_failures=1)
    assert {one.check for one in verdict.failures} == {rule}


def test_a_list_is_read_as_a_whole_however_much_earlier_cases_have_made() -> None:
    """The filter is tried beside what the other checks of a run have left."""
    rules = ("read_your_writes", "boundaries", "transitions:halls.status", "filtering")
    verdict = verdict_of(Halls("filter lost in order").app, CONTRACT, rules, users=USERS)
    assert "filtering" in {one.check for one in verdict.failures}
