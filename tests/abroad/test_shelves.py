"""Documents of which a parent takes a few alone are looked for in the list of the parent that they lie below."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import yaml
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import BROKEN, KEPT, Verdict
from tests.applications import serving

Title = Annotated[str, Field(min_length=1, max_length=80)]
ROOM = 5  # books


class NewShelf(BaseModel):
    """What a client creates a shelf with."""

    model_config = ConfigDict(strict=True)
    label: Title


class Shelf(NewShelf):
    """A shelf, as it is shown."""

    id: int


class NewBook(BaseModel):
    """What a client puts on a shelf."""

    model_config = ConfigDict(strict=True)
    title: Title


class Book(NewBook):
    """A book, as it is shown."""

    id: int


def _library(hides_the_last: bool) -> FastAPI:
    """A server of shelves that are soon full; its lists may hide the book that came last."""
    app, shelves, books = FastAPI(), dict[int, Shelf](), dict[int, list[Book]]()

    def of(shelf: int) -> list[Book]:
        if shelf not in shelves:
            raise HTTPException(404, "no such shelf")
        return books[shelf]

    @app.post("/shelves", status_code=201)
    def build(new: NewShelf) -> Shelf:
        shelves[len(shelves)] = shelf = Shelf(**new.model_dump(), id=len(shelves))
        books[shelf.id] = []
        return shelf

    @app.get("/shelves/{shelf}", responses={404: {}})
    def look(shelf: int) -> Shelf:
        of(shelf)
        return shelves[shelf]

    @app.post("/shelves/{shelf}/books", status_code=201, responses={404: {}, 409: {}})
    def put(shelf: int, new: NewBook) -> Book:
        if len(of(shelf)) == ROOM:
            raise HTTPException(409, "the shelf is full")
        of(shelf).append(book := Book(**new.model_dump(), id=sum(map(len, books.values())) + 1))
        return book

    @app.get("/shelves/{shelf}/books", responses={404: {}})
    def stand(shelf: int) -> list[Book]:
        return of(shelf)[:-1] if hides_the_last else of(shelf)

    return app


def _verified(app: FastAPI, folder: Path) -> Verdict:
    (folder / "openapi.yaml").write_text(yaml.safe_dump(app.openapi()), "utf-8")
    with serving(app) as url:
        return verify(
            read(folder / "openapi.yaml"),
            Settings(url=url, seed=1, yes=True, phases=("rules",), rules=("read_your_writes",)),
        )


def test_a_shelf_that_is_soon_full_is_no_fault_of_its_list(tmp_path: Path) -> None:
    verdict = _verified(_library(hides_the_last=False), tmp_path)
    assert [failure.sentence for failure in verdict.failures] == []
    assert verdict.rows["read_your_writes"].state == KEPT


def test_a_list_that_hides_what_came_last_is_broken_though_shelves_are_soon_full(tmp_path: Path) -> None:
    verdict = _verified(_library(hides_the_last=True), tmp_path)
    assert verdict.rows["read_your_writes"].state == BROKEN
