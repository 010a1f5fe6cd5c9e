"""A filter of strings is answered without mongomock's filter, and as mongomock would."""

from __future__ import annotations

from typing import Any

import mongomock
import pytest

from specdouble.double.state.store import open_store

DOCUMENTS: list[dict[str, Any]] = [
    {"_id": "1", "owner": "ada", "name": "one", "tags": ["x", "y"]},
    {"_id": "2", "owner": "ada", "name": "two", "tags": "x"},
    {"_id": "3", "owner": "grace", "name": None},
    {"_id": "4", "owner": ["ada"], "name": "four", "inner": {"name": "x"}},
    {"_id": "5", "name": 5},
    {"_id": 6, "owner": "linus", "name": "six"},
    {"_id": "7", "inner.name": "x", "name": "seven"},
    {"_id": "9", "owner": "grace", "name": "two"},
]
FILTERS: list[dict[str, Any]] = [
    {"_id": "1"}, {"_id": "8"}, {"_id": "6"}, {"_id": 6}, {"_id": ""}, {"_id": None}, {"_id": "1", "owner": "ada"},
    {"owner": "ada", "_id": "1"}, {"_id": "1", "owner": "grace"}, {"_id": "4", "owner": "ada"},
    {"_id": "5", "owner": "ada"}, {"_id": "3", "name": "x"}, {"_id": "1", "tags": "x"}, {"_id": "1", "tags": "z"},
    {"_id": "4", "inner.name": "x"}, {"_id": "4", "inner.name": "y"}, {"_id": "1", "nothing": "x"}, {"name": "one"},
    {"name": "two"},
    {"name": "nobody"}, {"name": "5"}, {"owner": "ada"}, {"owner": "grace"}, {"owner": "nobody"}, {"tags": "x"},
    {"owner": "ada", "name": "two"}, {"inner.name": "x"}, {"_id": "7", "inner.name": "x"}, {},
    {"_id": "1", "$comment": "only a remark"},
]  # fmt: skip


def answer(things: Any, asked: dict[str, Any]) -> Any:
    try:
        return things.find_one(asked)
    except Exception as error:
        return type(error)


@pytest.fixture(params=["with indexes", "without"])
def both(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    """Plain mongomock and ours, with the same documents."""
    plain: Any = mongomock.MongoClient()
    pair = plain["a"]["things"], open_store(None).database("a")["things"]
    for things in pair:
        if request.param == "with indexes":
            things.create_index("name")
            things.create_index("owner")
        for document in DOCUMENTS:
            things.insert_one(dict(document))
    return pair


@pytest.mark.parametrize("asked", FILTERS, ids=str)
def test_a_filter_of_strings_finds_what_plain_mongomock_finds(both: tuple[Any, Any], asked: dict[str, Any]) -> None:
    plain, ours = both
    assert answer(ours, asked) == answer(plain, asked)
    if len(asked) == 1:
        ((field, wanted),) = asked.items()
        assert ours.peek(field, wanted) == answer(plain, asked)


def test_what_is_found_is_a_copy_and_what_is_peeked_at_is_not(both: tuple[Any, Any]) -> None:
    _, ours = both
    assert ours.find_one({"_id": "1"}) is not ours.find_one({"_id": "1"})
    assert ours.peek("_id", "1") is ours.peek("_id", "1")
    ours.find_one({"_id": "1"})["tags"].append("z")
    assert ours.find_one({"_id": "1"})["tags"] == ["x", "y"]
