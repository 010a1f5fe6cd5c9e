"""A server of books on shelves, of which several can be created at once."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI, Header, HTTPException
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from specdouble.contract import read
from specdouble.verify.case import Case
from specdouble.verify.plan import plan
from specdouble.verify.session import Session
from specdouble.verify.settings import Account, Settings
from specdouble.verify.verdict import Verdict
from specdouble.verify.verification import verify
from tests.applications import serving
from tests.kinds.others import survivors

CONTRACT = Path(__file__).with_name("shelves.yaml")
HOUSES = {"ada": "north", "grace": "south"}
USERS = tuple(Account(name, tenant=house, credentials={"key": name}) for name, house in HOUSES.items())
RULES = (
    "unique:books.title", "limit:books", "tenant:shelves.house", "read_your_writes", "refused_leaves_no_trace",
    "boundaries", "nesting",
)  # fmt: skip
BULK = "POST /shelves/{shelfId}/books/bulk"
Json = dict[str, Any]


def caller(authorization: Annotated[str, Header()] = "") -> str:
    name = authorization.removeprefix("Bearer ")
    if name not in HOUSES:
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    return name


Caller = Annotated[str, Depends(caller)]


class Shelf(BaseModel):
    """What a client says of a shelf."""

    model_config = ConfigDict(strict=True)
    name: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class Book(BaseModel):
    """What a client says of a book."""

    model_config = ConfigDict(strict=True)
    title: Annotated[str, StringConstraints(min_length=1, max_length=60)]
    pages: Annotated[int, Field(ge=1, le=9000)]
    tags: Annotated[list[Annotated[str, StringConstraints(max_length=60)]], Field(max_length=5)] = []


class Books(BaseModel):
    """What a client says of several."""

    model_config = ConfigDict(strict=True)
    books: Annotated[list[Book], Field(min_length=1, max_length=4)]


class Loose(BaseModel):
    """The same, whatever is said of each."""

    books: list[Json]


class Shelves:
    """A server that somebody else could have written, with one fault or none."""

    def __init__(self, fault: str = "") -> None:
        self.fault, self.ids = fault, count(1)
        self.shelves: dict[str, Json] = {}
        self.books: dict[str, Json] = {"old": {"id": "old", "shelf": "old", "title": "old", "pages": 1, "tags": []}}
        self.app = FastAPI()
        self.app.post("/shelves", status_code=201)(self.build)
        self.app.get("/shelves/{key}")(self.shelf)
        self.app.delete("/shelves/{key}", status_code=204)(self.burn)
        self.app.get("/shelves/{key}/books")(self.books_on)
        self.app.post("/shelves/{key}/books", status_code=201)(self.add)
        self.app.post("/shelves/{key}/books/bulk", status_code=201)(
            self.add_loosely if fault == LOOSE else self.add_all
        )
        self.app.get("/shelves/{key}/books/{one}")(self.show)
        self.app.delete("/shelves/{key}/books/{one}", status_code=204)(self.remove)

    def build(self, sent: Shelf, by: Caller) -> Json:
        key = f"shelf-{next(self.ids)}"
        self.shelves[key] = {"id": key, "house": HOUSES[by], "name": sent.name}
        return self.shelves[key]

    def shelf(self, key: str, by: Caller) -> Json:
        if self.shelves.get(key, {}).get("house") != HOUSES[by]:
            raise HTTPException(404)
        return self.shelves[key]

    def burn(self, key: str, by: Caller) -> None:
        self.shelf(key, by)
        del self.shelves[key]
        self.books = {one: book for one, book in self.books.items() if book["shelf"] != key}

    def books_on(self, key: str, by: Caller) -> list[Json]:
        self.shelf(key, by)
        return self._on(key)

    def _on(self, key: str) -> list[Json]:
        return [one for one in self.books.values() if one["shelf"] == key]

    def add(self, key: str, sent: Book, by: Caller) -> Json:
        self.shelf(key, by)
        return self._added(key, sent.model_dump(), self._on(key))

    def _added(self, key: str, sent: Json, there: list[Json], most: int = 9) -> Json:
        if len(there) >= most or any(one["title"].casefold() == sent["title"].casefold() for one in there):
            raise HTTPException(409)
        one = str(next(self.ids))
        self.books[one] = {"id": one, "shelf": key, **sent}
        return self.books[one]

    def add_all(self, key: str, sent: Books, by: Caller) -> Json:
        return self._added_all(key, [one.model_dump() for one in sent.books], by)

    def add_loosely(self, key: str, sent: Loose, by: Caller) -> Json:
        return self._added_all(key, [{"title": "", "pages": 1, "tags": [], **one} for one in sent.books], by)

    def _added_all(self, key: str, sent: list[Json], by: str) -> Json:
        if self.fault != "anybody adds several":
            self.shelf(key, by)
        before, made = self._on(key), list[Json]()
        most = 99 if self.fault == "several find room where there is none" else 9
        try:
            for one in sent:
                there = before if self.fault == "several of one title" else self._on(key)
                if self.fault == "case counts of several":
                    there = [book for book in there if book in made or book["title"] == one["title"]]
                if self.fault == "tags of several are lost":
                    one["tags"] = []
                made.append(self._added(key, one, there, most))
        except HTTPException:
            for book in made if self.fault != "half of several stays" else ():
                del self.books[book["id"]]
            raise
        if self.fault == "the last of many is lost" and len(made) > 3:
            del self.books[made[-1]["id"]]
        return {"books": made}

    def show(self, key: str, one: str, by: Caller) -> Json:
        self.shelf(key, by)
        if self.books.get(one, {}).get("shelf") != key:
            raise HTTPException(404)
        return self.books[one]

    def remove(self, key: str, one: str, by: Caller) -> None:
        self.show(key, one, by)
        del self.books[one]


LOOSE = "several are taken as they come"


def said_of(server: Shelves) -> Verdict:
    with serving(server.app) as url:
        operations = (BULK.replace("POST", "post"),)
        settings = Settings(url=url, users=USERS, phases=("rules",), operations=operations, rules=RULES)
        return verify(read(CONTRACT), settings)


def test_several_documents_are_created_at_once_and_all_of_them_are_deleted_again() -> None:
    server = Shelves()
    verdict = said_of(server)
    assert not verdict.failures
    assert {*RULES} <= {row.check for row in verdict.rows.values() if row.state == "kept"}
    assert {*server.books} == {"old"}
    assert not server.shelves


@pytest.mark.parametrize(
    ("fault", "rule", "promise"),
    [
        ("several of one title", "unique:books.title", f"{BULK} creates no two documents with the same title"),
        ("case counts of several", "unique:books.title", f"{BULK} creates no two documents with the same title"),
        ("half of several stays", "refused_leaves_no_trace", f"{BULK} creates no two documents with the same title"),
        ("several find room where there is none", "limit:books", f"{BULK} creates no more than there is room for"),
        ("anybody adds several", "tenant:shelves.house", f"nothing is created below another's document by {BULK}"),
        ("the last of many is lost", "read_your_writes", f"{BULK} makes each document that it is sent, as it is sent"),
        ("tags of several are lost", "read_your_writes", f"{BULK} makes each document that it is sent, as it is sent"),
        (LOOSE, "conformance", f"{BULK} refuses what does not fit, and nothing is left of it"),
    ],
)
def test_each_of_several_is_held_to_what_one_alone_is_held_to(fault: str, rule: str, promise: str) -> None:
    failures = said_of(Shelves(fault)).failures
    assert (rule, promise) in {(one.check, one.promise) for one in failures}


@pytest.mark.slow
def test_a_double_that_loses_one_of_several_or_keeps_half_of_a_refused_request_is_found_out() -> None:
    assert not survivors(CONTRACT, "together")


def test_who_creates_below_anothers_parent_is_refused_whosever_the_new_document_would_be(tmp_path: Path) -> None:
    owned = CONTRACT.read_text("utf-8").replace("{collection: books}", "{collection: books, owner: shelf}")
    promise = "what lies below another's document is not found by POST /shelves/{shelfId}/books"
    assert promise in _promises(owned, tmp_path)


def test_a_create_of_an_array_wherever_it_lies_is_one_of_several_where_an_annotation_says_so(tmp_path: Path) -> None:
    text = CONTRACT.read_text("utf-8").replace("/shelves/{shelfId}/books/bulk:", "/shelves/{shelfId}/book-batches:")
    at = text.index("      requestBody:", text.index("/book-batches:"))
    said = text[:at] + "      x-action: {action: create, collection: books}\n" + text[at:]
    promise = "POST /shelves/{shelfId}/book-batches makes each document that it is sent, as it is sent"
    assert promise not in _promises(text, tmp_path)
    assert promise in _promises(said, tmp_path)


@pytest.mark.parametrize(
    "said", ["        '207': {description: made or not}\n", "      summary: Those that are taken are skipped\n"]
)
def test_where_some_may_be_made_and_others_refused_none_is_held_to_be_refused_for_another(
    said: str, tmp_path: Path
) -> None:
    text = CONTRACT.read_text("utf-8")
    whole = set(_promises(text, tmp_path))
    at = text.index("      responses:", text.index("books: {type: array, minItems"))
    at += len("      responses:\n") if "207" in said else 0
    apart = set(_promises(text[:at] + said + text[at:], tmp_path))
    assert f"{BULK} makes each document that it is sent, as it is sent" in apart
    assert whole - apart == {
        f"{BULK} creates no two documents with the same title",
        f"{BULK} creates no more than there is room for",
        f"{BULK} refuses what does not fit, and nothing is left of it",
        f"what breaks the rule is refused by {BULK}, and nothing is left of the others",
    }


def _promises(text: str, folder: Path) -> Iterator[str]:
    (folder / "openapi.yaml").write_text(text, "utf-8")
    session = Session(read(folder), Settings(url="http://127.0.0.1:9", users=USERS))
    yield from (one.promise for one in plan(session) if isinstance(one, Case))
