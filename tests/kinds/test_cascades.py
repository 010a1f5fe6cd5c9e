"""What stands above others: it takes them along from every list, and tells how many they are."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from tests.kinds.others import doubled, verdict_of

CONTRACT = Path(__file__).with_name("houses.yaml")
RULE, COMPUTED = "references:rooms.houseId.onDelete", "computed:houses.isEmpty"
Document = dict[str, Any]


class New(BaseModel):
    """What has a name."""

    model_config = ConfigDict(strict=True)
    name: Annotated[str, Field(min_length=1)]


class NewChair(BaseModel):
    """A chair of somebody's."""

    model_config = ConfigDict(strict=True)
    ownerId: str  # noqa: N815 - as the contract names it


class Houses:
    """A server that somebody else could have written: with one fault or none."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.owners, self.houses = dict[str, Document](), dict[str, Document]()
        self.rooms, self.chairs = dict[str, Document](), dict[str, Document]()
        self.ids = count(1)
        self.app = FastAPI()
        self.app.post("/owners", status_code=201)(self.owner)
        self.app.get("/owners/{owner}/chairs")(self.owned)
        self.app.get("/houses/{house}")(self.shown)
        self.app.delete("/houses/{house}", status_code=204)(self.remove)
        self.app.post("/houses/{house}/rooms", status_code=201)(self.room)
        self.app.post("/houses/{house}/rooms/{room}/chairs", status_code=201)(self.chair)
        self.app.post("/houses", status_code=201)(self.house)

    def add(self, kept: dict[str, Document], **held: str) -> Document:
        key = f"no-{next(self.ids)}"
        kept[key] = {"id": key, **held}
        return kept[key]

    def owner(self, new: New) -> Document:
        return self.add(self.owners, name=new.name)

    def house(self, new: New) -> Document:
        return self.shown(self.add(self.houses, name=new.name)["id"])

    def shown(self, house: str) -> Document:
        if house not in self.houses:
            raise HTTPException(404)
        rooms = sum(one["houseId"] == house for one in self.rooms.values())
        return {**self.houses[house], "roomCount": rooms, "isEmpty": rooms == 0 or self.fault == "always empty"}

    def room(self, house: str, new: New) -> Document:
        if house not in self.houses:
            raise HTTPException(404)
        return self.add(self.rooms, houseId=house, name=new.name)

    def chair(self, house: str, room: str, new: NewChair) -> Document:
        if room not in self.rooms or self.rooms[room]["houseId"] != house:
            raise HTTPException(404)
        if new.ownerId not in self.owners:
            raise HTTPException(422)
        return self.add(self.chairs, roomId=room, ownerId=new.ownerId)

    def owned(self, owner: str) -> list[Document]:
        if owner not in self.owners:
            raise HTTPException(404)
        return [one for one in self.chairs.values() if one["ownerId"] == owner]

    def remove(self, house: str) -> None:
        if self.houses.pop(house, None) is None:
            raise HTTPException(404)
        self.rooms = {key: one for key, one in self.rooms.items() if one["houseId"] != house}
        if self.fault != "forgets chairs":
            self.chairs = {key: one for key, one in self.chairs.items() if one["roomId"] in self.rooms}


@pytest.mark.parametrize(("fault", "rules"), [("", set()), ("forgets chairs", {RULE}), ("always empty", {COMPUTED})])
def test_what_lies_below_is_looked_for_elsewhere_and_is_counted(fault: str, rules: set[str]) -> None:
    verdict = verdict_of(Houses(fault).app, CONTRACT, (RULE, COMPUTED))
    assert {one.check for one in verdict.failures} == rules


def test_the_double_takes_along_what_names_what_goes() -> None:
    with doubled(CONTRACT) as client:
        owner, house = (client.post(path, json={"name": "a"}).json()["id"] for path in ("/owners", "/houses"))
        room = client.post(f"/houses/{house}/rooms", json={"name": "a"}).json()["id"]
        chair = client.post(f"/houses/{house}/rooms/{room}/chairs", json={"ownerId": owner})
        before = client.get(f"/owners/{owner}/chairs").json()
        client.delete(f"/houses/{house}")
        assert (chair.status_code, len(before), client.get(f"/owners/{owner}/chairs").json()) == (201, 1, [])
