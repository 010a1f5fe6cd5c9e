"""The one thing below a new document is not there before somebody puts it there: no failure, whatever leads to it."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

import yaml
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field

from specdouble.contract import read
from specdouble.verify import Settings, verify
from tests.applications import serving


class New(BaseModel):
    model_config = ConfigDict(strict=True)
    name: str = Field(min_length=1, max_length=60)


class Person(New):
    id: int


class Address(BaseModel):
    model_config = ConfigDict(strict=True)
    city: str = Field(min_length=1, max_length=60)


def people() -> FastAPI:
    unread: dict[int | str, dict[str, Any]] = {400: {"description": "it is no JSON"}}
    app, numbers = FastAPI(responses=unread), count(1)
    kept, addresses = dict[int, Person](), dict[int, Address]()
    none: dict[int | str, dict[str, Any]] = {404: {"description": "none"}}

    @app.post("/people", status_code=201, operation_id="meet")
    def meet(sent: New, response: Response) -> Person:
        person = Person(id=next(numbers), name=sent.name)
        kept[person.id] = person
        response.headers["Location"] = f"/people/{person.id}"
        return person

    @app.get("/people/{id}", operation_id="person", responses=none)
    def person(id: int) -> Person:
        if id not in kept:
            raise HTTPException(404)
        return kept[id]

    @app.get("/people/{id}/address", operation_id="address", responses=none)
    def address(id: int) -> Address:
        if id not in addresses:
            raise HTTPException(404)
        return addresses[id]

    @app.put("/people/{id}/address", operation_id="move", responses=none)
    def move(id: int, sent: Address) -> Address:
        person(id)
        addresses[id] = sent
        return sent

    return app


def test_an_address_that_nobody_has_given_is_not_missing(tmp_path: Path) -> None:
    app = people()
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(app.openapi()))
    with serving(app) as url:
        settings = Settings(url=url, phases=("coverage", "stateful"), yes=True)
        verdict = verify(read(tmp_path), settings)
    assert [(one.promise, one.seen) for one in verdict.failures] == []
    assert verdict.rows["conformance"].cases
