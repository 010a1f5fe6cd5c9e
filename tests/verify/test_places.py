"""Of the documents of a place a list shows those that it should, and no others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Contract, read
from specdouble.verify import Broken
from specdouble.verify.document import Document
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import User
from specdouble.verify.places import Place
from specdouble.verify.subject import Subject, subjects


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read(Path(__file__).parent.parent / "kinds" / "library" / "openapi.yaml")


@pytest.fixture(scope="module")
def books(contract: Contract) -> Subject:
    return subjects(contract)["books"]


def document(subject: Subject, key: str) -> Document:
    """A document that a trial has made."""
    call = Call(subject.creators[0])
    made = Exchange(call, "POST", "", {}, None, 201, {}, b"", 0.0, 0.0)
    return Document(subject, key, User("ada"), {}, {}, made)


def place(subject: Subject, *keys: str) -> Place:
    """A place in which these documents were made."""
    return Place(subject, User("ada"), {}, is_known=True, made=[document(subject, one) for one in keys])


def entries(subject: Subject, *keys: str) -> list[dict[str, Any]]:
    return [{subject.key: one} for one in keys]


def test_a_list_that_shows_what_is_wanted_holds_whatever_others_have_made(books: Subject) -> None:
    there = place(books, "a", "b")
    there.hold_shown(entries(books, "a", "another's"), there.made[:1], "title=x")


def test_a_list_without_a_wanted_document_is_broken(books: Subject) -> None:
    there = place(books, "a", "b")
    with pytest.raises(Broken, match="a is not in it"):
        there.hold_shown(entries(books), there.made[:1], "title=x")


def test_a_list_with_a_document_that_is_not_wanted_is_broken(books: Subject) -> None:
    there = place(books, "a", "b")
    with pytest.raises(Broken, match="b is in it"):
        there.hold_shown(entries(books, "a", "b"), there.made[:1], "title=x")
