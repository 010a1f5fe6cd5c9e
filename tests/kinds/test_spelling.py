"""Ids that clients name, spelled otherwise: what a read finds nothing by names nothing."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field

from tests.kinds.others import verdict_of

CONTRACT = Path(__file__).with_name("stock.yaml")
REFERENCE, FILTERING = "references:stocks.part", "filtering"


class NewPart(BaseModel):
    """What a part is made of."""

    model_config = ConfigDict(strict=True)
    name: Annotated[str, Field(min_length=1)]


class NewStock(BaseModel):
    """What a stock is made of."""

    model_config = ConfigDict(strict=True)
    part: str
    count: Annotated[int, Field(ge=0)]


class Stock:
    """A server that somebody else could have written, with one fault, one way of its own, or neither."""

    def __init__(self, way: str = "") -> None:
        self.way = way
        self.parts: dict[str, dict[str, Any]] = {}
        self.stocks: list[dict[str, Any]] = []
        self.ids = count(1)
        self.app = FastAPI()
        self.app.get("/parts/{code}")(self.part)
        self.app.put("/parts/{code}")(self.put)
        self.app.get("/stocks")(self.list)
        self.app.post("/stocks", status_code=201)(self.create)

    def part(self, code: str) -> dict[str, Any]:
        known = code.upper() if self.way == "codes in any case" else code
        if known not in self.parts:
            raise HTTPException(404)
        return self.parts[known]

    def put(self, code: str, sent: NewPart, response: Response) -> dict[str, Any]:
        response.status_code = 200 if code in self.parts else 201
        self.parts[code] = {"code": code, "name": sent.name}
        return self.parts[code]

    def list(self, part: str = "") -> list[dict[str, Any]]:
        if self.way == "filtered by a beginning":
            return [one for one in self.stocks if one["part"].startswith(part)]
        if self.way in ("filtered in any case", "codes in any case"):
            part = part.upper()
        return [one for one in self.stocks if part in ("", one["part"])]

    def create(self, sent: NewStock) -> dict[str, Any]:
        loose = self.way in ("named in any case", "codes in any case", "kept as it is known")
        known = sent.part.upper() if loose else sent.part
        if known not in self.parts:
            raise HTTPException(422)
        kept = sent.part if self.way == "named in any case" else known
        self.stocks.append({"id": f"stock-{next(self.ids)}", "part": kept, "count": sent.count})
        return self.stocks[-1]


@pytest.mark.parametrize("way", ["", "codes in any case", "kept as it is known"])
def test_a_server_may_take_ids_in_any_case(way: str) -> None:
    """One that does not, one that finds documents so too, and one that keeps the id as the document has it."""
    verdict = verdict_of(Stock(way).app, CONTRACT, (REFERENCE, FILTERING))
    assert [one.sentence for one in verdict.failures] == []


@pytest.mark.parametrize(
    ("way", "rule"),
    [
        ("named in any case", REFERENCE),
        ("filtered in any case", FILTERING),
        ("filtered by a beginning", FILTERING),
    ],
)
def test_what_names_no_document_is_neither_taken_nor_finds_one(way: str, rule: str) -> None:
    verdict = verdict_of(Stock(way).app, CONTRACT, (REFERENCE, FILTERING))
    assert {one.check for one in verdict.failures} == {rule}
