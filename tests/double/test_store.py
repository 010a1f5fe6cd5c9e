"""The embedded store: the answers of plain mongomock, without its scans, and without a short list of its defects."""

from __future__ import annotations

import copy
import importlib.metadata
import os
import random
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from types import CellType, FunctionType
from typing import Any

import mongomock as untyped_mongomock
import pytest

from specdouble.double.state import store as door
from specdouble.double.state.store import DuplicateKeyError, ObjectId, ReturnDocument, conditions, open_store, updated
from specdouble.double.state.store import collection as narrowed
from specdouble.double.state.store.values import ODD

mongomock: Any = untyped_mongomock
SEEDS = int(os.environ.get("SPECDOUBLE_SEEDS", "400"))
BATCH = 50

Program = Callable[[Any], Any]


@pytest.fixture
def things() -> Any:
    return open_store(None).database("world")["things"]


def ids(found: Any) -> list[Any]:
    return [document["_id"] for document in found]


# What it rests on


def test_the_insides_of_mongomock_are_those_it_was_written_against() -> None:
    assert importlib.metadata.version("mongomock") == door.MONGOMOCK


def test_an_update_takes_documents_from_iter_documents_and_checks_them_with_ensure_uniques() -> None:
    names = mongomock.Collection._update.__code__.co_names
    assert {"_iter_documents", "_ensure_uniques", "_insert"} <= set(names)


def test_a_query_takes_documents_from_iter_documents_and_copies_them_with_copy_only_fields() -> None:
    assert {"_iter_documents", "_copy_only_fields"} <= set(mongomock.Collection._get_dataset.__code__.co_names)


# The store


def test_no_url_is_the_embedded_store() -> None:
    assert open_store(None).embedded


def test_a_server_that_is_away_is_named_without_its_password() -> None:
    with pytest.raises(ConnectionError) as told:
        open_store("mongodb://somebody:secret@localhost:1/?serverSelectionTimeoutMS=1")
    assert "localhost:1" in str(told.value)
    assert "secret" not in str(told.value)


def test_another_url_is_refused() -> None:
    with pytest.raises(ValueError, match="not http://localhost"):
        open_store("http://localhost")


def test_databases_are_isolated() -> None:
    opened = open_store(None)
    opened.database("one")["things"].insert_one({"_id": 1})
    assert opened.database("two")["things"].find_one({"_id": 1}) is None
    assert open_store(None).database("one")["things"].find_one({"_id": 1}) is None


def test_drop_forgets_documents_and_indexes_of_one_database() -> None:
    opened = open_store(None)
    dropped, kept = opened.database("one")["things"], opened.database("two")["things"]
    for collection in (dropped, kept):
        collection.create_index("name", unique=True)
        collection.insert_one({"_id": 1, "name": "a"})
    opened.drop("one")
    assert dropped.count_documents({}) == 0
    assert dropped.index_information() == {}
    dropped.insert_many([{"_id": 1, "name": "a"}, {"_id": 2, "name": "a"}])
    assert opened.database("one")["things"].count_documents({}) == 2
    assert kept.count_documents({}) == 1


# Copies


@pytest.mark.parametrize(
    "nested", [{"deep": {"list": [{"x": 1}]}}, {"at": datetime(2024, 1, 1), "deep": {"list": [1]}}]
)
def test_documents_handed_out_are_copies(things: Any, nested: dict[str, Any]) -> None:
    document = {"_id": 1, "n": 1, **copy.deepcopy(nested)}
    before = copy.deepcopy(document)
    things.create_index([("n", 1), ("m", 1)])
    things.insert_one(document)
    reads: list[Callable[[], Any]] = [
        lambda: document,
        lambda: things.find_one({"_id": 1}),
        lambda: things.find_one({"n": 1}),
        lambda: things.find_one({"n": {"$gt": 0}}),
        lambda: next(things.find({"n": 1})),
        lambda: next(things.find({"n": 1}).sort("m", 1).limit(1)),
        lambda: next(things.find({}, {"deep": 1})),
        lambda: things.find_one_and_update({"_id": 1}, {"$set": {"n": 1}}, return_document=ReturnDocument.AFTER),
    ]
    for read in reads:
        changed = read()
        changed["deep"]["list"].append("changed")
        changed["more"] = True
        assert things.find_one({"_id": 1}) == before


def test_a_replacement_is_copied(things: Any) -> None:
    things.insert_one({"_id": 1})
    replacement = {"deep": {"list": [1]}}
    things.replace_one({"_id": 1}, replacement)
    replacement["deep"]["list"].append(2)
    assert things.find_one({"_id": 1}) == {"_id": 1, "deep": {"list": [1]}}


def test_dates_are_kept_as_mongodb_keeps_them(things: Any) -> None:
    things.create_index("when")
    aware = datetime(2024, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
    things.insert_one({"_id": 1, "when": aware, "deep": [{"when": aware}]})
    naive = datetime(2024, 1, 1, 12, 0, 0, 123000)
    assert things.find_one({"_id": 1}) == {"_id": 1, "when": naive, "deep": [{"when": naive}]}
    assert ids(things.find({"when": aware})) == [1]
    assert things.count_documents({"when": aware}) == 1
    assert things.find_one({"when": aware}) is not None


# Uniqueness


def test_a_duplicate_names_its_index_and_its_value(things: Any) -> None:
    things.create_index([("owner", 1), ("name", 1)], unique=True)
    things.insert_one({"_id": 1, "owner": "ada", "name": "x"})
    things.insert_one({"_id": 2, "owner": "bob", "name": "x"})
    with pytest.raises(DuplicateKeyError, match=r"world\.things index: owner_1_name_1") as refused:
        things.insert_one({"_id": 3, "owner": "ada", "name": "x"})
    assert refused.value.code == 11000
    assert refused.value.details is not None
    assert refused.value.details["keyPattern"] == {"owner": 1, "name": 1}
    assert refused.value.details["keyValue"] == {"owner": "ada", "name": "x"}


def test_a_duplicate_id_names_its_index(things: Any) -> None:
    things.insert_one({"_id": 1})
    with pytest.raises(DuplicateKeyError, match=r"index: _id_ dup key: \{ _id: 1 \}"):
        things.insert_one({"_id": 1})


@pytest.mark.parametrize(
    "write",
    [
        lambda things: things.insert_one({"_id": 3, "name": "a"}),
        lambda things: things.replace_one({"_id": 2}, {"name": "a"}),
        lambda things: things.replace_one({"name": "b"}, {"name": "a"}),
        lambda things: things.update_one({"_id": 2}, {"$set": {"other": 1, "name": "a"}}),
        lambda things: things.find_one_and_replace({"_id": 2}, {"name": "a"}),
        lambda things: things.update_one({"_id": 3}, {"$set": {"name": "a"}}, upsert=True),
        lambda things: things.replace_one({"_id": 3}, {"name": "a"}, upsert=True),
    ],
)
def test_a_refused_write_changes_nothing(things: Any, write: Program) -> None:
    things.create_index("name", unique=True, sparse=True)
    things.insert_many([{"_id": 1, "name": "a"}, {"_id": 2, "name": "b"}])
    with pytest.raises(DuplicateKeyError):
        write(things)
    assert list(things.find()) == [{"_id": 1, "name": "a"}, {"_id": 2, "name": "b"}]
    assert ids(things.find({"name": "b"})) == [2]


@pytest.mark.parametrize("taken", [1, True, 1.0])
@pytest.mark.parametrize("asked", [1, True, 1.0])
def test_one_and_true_are_the_same_key_as_in_mongomock(things: Any, taken: Any, asked: Any) -> None:
    things.create_index("n", unique=True)
    things.insert_one({"_id": taken, "n": taken})
    assert repr(things.find_one({"_id": asked})) == repr({"_id": taken, "n": taken})
    with pytest.raises(DuplicateKeyError):
        things.insert_one({"_id": 5, "n": asked})


def test_values_without_an_order_or_a_hash_are_compared_by_mongomock(things: Any) -> None:
    things.create_index("n", unique=True)
    things.insert_one({"_id": 1, "n": [1, 2]})
    for taken in (1, [1, 2]):
        with pytest.raises(DuplicateKeyError, match="n_1"):
            things.insert_one({"_id": 2, "n": taken})
    things.insert_one({"_id": 2, "n": {"x": 1}})
    with pytest.raises(DuplicateKeyError):
        things.insert_one({"_id": 3, "n": {"x": 1}})
    things.insert_one({"_id": 3, "n": 3})


def test_a_sparse_index_lets_many_go_without(things: Any) -> None:
    things.create_index("name", unique=True, sparse=True)
    things.insert_many([{"_id": 1}, {"_id": 2}, {"_id": 3, "name": None}])
    assert ids(things.find({"name": None})) == [1, 2, 3]


def test_an_index_that_is_not_sparse_takes_missing_for_null(things: Any) -> None:
    things.create_index("name", unique=True)
    things.insert_one({"_id": 1})
    with pytest.raises(DuplicateKeyError):
        things.insert_one({"_id": 2, "name": None})


def test_of_many_threads_that_insert_the_same_value_exactly_one_wins() -> None:
    for attempt in range(20):
        things = open_store(None).database("world")["things"]
        things.create_index("name", unique=True, sparse=True)
        outcomes = in_threads(8, lambda n: things.insert_one({"_id": n, "name": "same"}))  # noqa: B023
        assert sorted(outcomes) == ["DuplicateKeyError"] * 7 + ["done"], attempt
        assert things.count_documents({"name": "same"}) == 1


def test_of_many_threads_that_insert_the_same_id_exactly_one_wins(things: Any) -> None:
    outcomes = in_threads(8, lambda _: things.insert_one({"_id": 1}))
    assert sorted(outcomes) == ["DuplicateKeyError"] * 7 + ["done"]


def test_threads_that_add_to_a_number_lose_nothing(things: Any) -> None:
    things.insert_one({"_id": 1, "n": 0})

    def count(_: int) -> None:
        for _ in range(50):
            things.update_one({"_id": 1}, {"$inc": {"n": 1}})

    assert in_threads(4, count) == ["done"] * 4
    assert things.find_one({"_id": 1})["n"] == 200


def test_readers_see_whole_documents_while_a_writer_changes_them(things: Any) -> None:
    things.create_index([("owner", 1), ("at", 1)])
    things.insert_many([{"_id": n, "owner": "ada", "at": n, "x": 0, "y": 0} for n in range(20)])

    def work(thread: int) -> None:
        for turn in range(60):
            if thread == 0:
                things.update_many({"owner": "ada"}, {"$set": {"x": turn, "y": turn}})
            else:
                found = [*things.find({"owner": "ada"}).sort("at", -1).limit(5), things.find_one({"_id": 3})]
                assert all(document["x"] == document["y"] for document in found)

    assert in_threads(3, work) == ["done"] * 3


@pytest.fixture(autouse=True)
def eager_threads() -> Iterator[None]:
    """Threads that take turns after each instruction or so: races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def in_threads(count: int, work: Callable[[int], Any]) -> list[str]:
    outcomes: list[str] = []
    start = threading.Barrier(count)

    def run(number: int) -> None:
        start.wait()
        try:
            work(number)
        except BaseException as error:
            outcomes.append(type(error).__name__)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


# Indexes follow the documents


def test_an_index_on_documents_that_are_there_finds_them(things: Any) -> None:
    things.insert_many([{"_id": n, "owner": n % 2} for n in range(4)])
    things.create_index("owner")
    assert ids(things.find({"owner": 1})) == [1, 3]


def test_results_come_in_the_order_of_insertion(things: Any) -> None:
    things.create_index("owner")
    things.insert_many([{"_id": n, "owner": "bob"} for n in range(5)])
    for n in (3, 0, 2):
        things.update_one({"_id": n}, {"$set": {"owner": "ada"}})
    assert ids(things.find({"owner": "ada"})) == [0, 2, 3]
    assert ids(things.find({"_id": {"$in": [4, 1, 3]}})) == [1, 3, 4]


def test_a_dropped_collection_has_neither_documents_nor_indexes(things: Any) -> None:
    things.create_index("name", unique=True)
    things.insert_one({"_id": 1, "name": "a"})
    things.drop()
    things.insert_many([{"_id": 1, "name": "a"}, {"_id": 2, "name": "a"}])
    assert things.count_documents({"name": "a"}) == 2


def test_a_renamed_collection_takes_its_indexes_along(things: Any) -> None:
    things.create_index("name", unique=True)
    things.insert_one({"_id": 1, "name": "a"})
    things.rename("others")
    others = things.database["others"]
    assert things.find_one({"_id": 1}) is None
    assert others.find_one({"name": "a"}) == {"_id": 1, "name": "a"}
    with pytest.raises(DuplicateKeyError):
        others.insert_one({"_id": 2, "name": "a"})
    things.insert_one({"_id": 2, "name": "a"})


def test_a_dropped_index_refuses_no_more(things: Any) -> None:
    things.create_index("name", unique=True)
    things.insert_one({"_id": 1, "name": "a"})
    things.drop_index("name_1")
    things.insert_one({"_id": 2, "name": "a"})
    things.drop_indexes()
    assert ids(things.find({"name": "a"})) == [1, 2]


def test_documents_past_their_time_to_live_are_not_found(things: Any) -> None:
    things.create_index("at", expireAfterSeconds=60)
    things.create_index("name", unique=True)
    old = datetime.now(UTC) - timedelta(hours=1)
    things.insert_one({"_id": 1, "name": "a", "at": old})
    assert things.find_one({"_id": 1}) is None
    for ask in (
        lambda: things.find_one({"name": "a"}) is None,
        lambda: things.count_documents({"name": "a"}) == 0,
        lambda: things.replace_one({"_id": 1}, {}).matched_count == 0,
        lambda: things.delete_one({"_id": 1}).deleted_count == 0,
    ):
        things.insert_one({"_id": 1, "name": "a", "at": old})
        assert ask()


def test_a_document_past_its_time_to_live_is_not_found_by_id(things: Any) -> None:
    things.insert_one({"_id": 1, "at": datetime.now(UTC) - timedelta(hours=1)})
    things.create_index("at", expireAfterSeconds=60)
    assert things.find_one({"_id": 1}) is None


@pytest.mark.parametrize("key", [[("n", 1)], [("n", 1), ("m", 1)]])
def test_a_number_that_is_no_number_equals_none_not_even_itself(things: Any, key: Any) -> None:
    things.create_index(key, unique=True)
    nan = float("nan")
    things.insert_many([{"_id": 1, "n": nan}, {"_id": 2, "n": nan}])
    assert things.count_documents({"n": nan}) == 0


def test_values_of_several_fields_are_combined(things: Any) -> None:
    things.create_index([("a", 1), ("b", 1)])
    things.insert_many([{"_id": 10 * a + b, "a": a, "b": b} for a in range(3) for b in range(3)])
    assert ids(things.find({"a": {"$in": [0, 1]}, "b": {"$in": [1, 2]}})) == [1, 2, 11, 12]


def test_a_replacement_that_changes_nothing_modifies_nothing(things: Any) -> None:
    things.insert_one({"_id": 1, "n": 1})
    assert written(things.replace_one({"_id": 1}, {"n": 1})) == (1, 0, None)
    assert written(things.replace_one({"_id": 1}, {"n": 2})) == (1, 1, None)


def test_a_filter_that_fails_on_a_later_document_fails_as_in_mongomock(things: Any) -> None:
    things.insert_many([{"_id": 1, "n": 1}, {"_id": 2, "n": 2}])
    asked = {"$or": [{"n": 1}, {"n": {"$unknown": 1}}]}
    with pytest.raises(door.OperationFailure, match="unknown operator"):
        things.find_one(asked)


def test_a_dropped_database_keeps_no_husks() -> None:
    opened = open_store(None)
    opened.database("one")["things"].insert_one({"_id": 1})
    opened.drop("one")
    assert opened.database("one").list_collection_names(filter={"name": {"$regex": "."}}) == []


def test_collections_with_other_options_share_the_indexes(things: Any) -> None:
    things.create_index("name", unique=True)
    other = things.with_options(write_concern=mongomock.WriteConcern(w=0))
    other.insert_one({"_id": 1, "name": "a"})
    other.update_one({"_id": 1}, {"$set": {"name": "b"}})
    assert things.find_one({"name": "b"}) is not None
    with pytest.raises(DuplicateKeyError):
        other.insert_one({"_id": 2, "name": "b"})


@pytest.mark.parametrize("value", [ObjectId("0" * 24), float("nan"), datetime(2024, 1, 1), [1], {"x": 1}])
def test_rare_values_are_found_as_mongomock_finds_them(things: Any, value: Any) -> None:
    plain = mongomock.MongoClient()["world"]["things"]
    for collection in (plain, things):
        collection.create_index("n")
        collection.insert_many([{"_id": 1, "n": value}, {"_id": 2, "n": [str(value), value]}, {"_id": 3, "n": 3}])
    for asked in ({"n": value}, {"n": {"$in": [value]}}, {"n": {"$eq": value}}, {"n": {"$ne": value}}):
        assert ids(things.find(asked)) == ids(plain.find(asked))
        assert things.count_documents(asked) == plain.count_documents(asked)


@pytest.mark.parametrize("id", [{"x": 1}, (1, 2), datetime(2024, 1, 1, tzinfo=UTC), ObjectId("0" * 24), None])
def test_documents_with_rare_ids_are_found_as_mongomock_finds_them(things: Any, id: Any) -> None:
    plain = mongomock.MongoClient()["world"]["things"]
    for collection in (plain, things):
        collection.insert_many([{"_id": id, "n": 0}, {"_id": 7}])
        collection.update_one({"n": 0}, {"$set": {"n": 1}})
    for asked in ({"_id": id}, {"_id": 1}, {"_id": 7}, {"n": 1}):
        assert list(things.find(asked)) == list(plain.find(asked))
        assert things.find_one(asked) == plain.find_one(asked)


# Sorted pages


@pytest.fixture(params=[10, 200], ids=["few", "many"])
def pages(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    plain, ours = mongomock.MongoClient()["world"]["things"], open_store(None).database("world")["things"]
    chance = random.Random(7)
    ours.create_index([("owner", 1), ("at", 1)])
    for n in range(request.param):
        at = chance.choice([None, True, 1, 1.5, 2, "a", "b", n, str(n)])
        document = {"_id": n, "owner": chance.choice(["ada", "bob"]), **({} if n % 9 == 4 else {"at": at})}
        for collection in (plain, ours):
            collection.insert_one(dict(document))
    return plain, ours


def same_pages(plain: Any, ours: Any) -> None:
    for asked in ({"owner": "ada"}, {"owner": "ada", "_id": {"$nin": [3, 5]}}, {"owner": {"$in": ["ada"]}}):
        for direction in (1, -1):
            for skip, limit in ((0, 0), (0, 3), (3, 20), (150, 20), (1, -2), (500, 5)):
                expected = list(plain.find(asked).sort("at", direction).skip(skip).limit(limit))
                assert list(ours.find(asked).sort("at", direction).skip(skip).limit(limit)) == expected


def test_sorted_pages_are_mongomocks(pages: tuple[Any, Any]) -> None:
    same_pages(*pages)


def test_sorted_pages_follow_writes(pages: tuple[Any, Any]) -> None:
    same_pages(*pages)
    for collection in pages:
        collection.update_many({"owner": "ada", "at": "a"}, {"$set": {"at": 0}})
        collection.replace_one({"_id": 1}, {"owner": "ada", "at": 1})
        collection.delete_many({"at": 2})
        collection.insert_one({"_id": "late", "owner": "ada", "at": 1})
        collection.update_one({"_id": 7}, {"$set": {"owner": "ada", "at": 1.5}})
    same_pages(*pages)


def test_sorted_pages_with_values_that_no_order_is_kept_for_are_mongomocks(pages: tuple[Any, Any]) -> None:
    for collection in pages:
        collection.insert_one({"_id": "array", "owner": "ada", "at": [5, 1]})
        collection.insert_one({"_id": "owners", "owner": ["ada", "bob"], "at": 3})
    same_pages(*pages)


def test_a_page_with_arrays_is_mongomocks(pages: tuple[Any, Any]) -> None:
    for collection in pages:
        collection.insert_one({"_id": "array", "owner": "ada", "at": [5, 1]})
    same_pages(*pages)


def test_a_page_of_an_owner_among_several_is_mongomocks(pages: tuple[Any, Any]) -> None:
    for collection in pages:
        collection.insert_one({"_id": "owners", "owner": ["ada", "bob"], "at": 3})
    same_pages(*pages)


def watched(monkeypatch: pytest.MonkeyPatch, look: Callable[..., Any]) -> None:
    """Have mongomock's filter told to `look`, wherever it is asked."""
    for module in (narrowed, conditions):
        monkeypatch.setattr(module, "filter_applies", look)


def test_a_page_costs_no_scan(things: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    things.create_index([("owner", 1), ("at", 1)])
    things.insert_many([{"_id": n, "owner": "ada", "at": n} for n in range(100)])
    watched(monkeypatch, lambda *_: pytest.fail("a document was looked at"))
    assert ids(things.find({"owner": "ada"}).sort("at", -1).skip(10).limit(3)) == [89, 88, 87]
    assert things.count_documents({"owner": "ada"}) == 100


def test_an_index_leaves_only_its_candidates_to_mongomock(things: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at: list[int] = []
    real = conditions.filter_applies  # type: ignore[attr-defined]

    def look(spec: Any, found: Any) -> Any:
        looked_at.append(found["_id"])
        return real(spec, found)

    watched(monkeypatch, look)
    things.create_index([("owner", 1), ("name", 1)], unique=True)
    things.create_index("name")
    things.insert_many([{"_id": n, "owner": n % 3, "name": n} for n in range(30)])
    assert looked_at == []
    assert things.find_one({"_id": 4, "owner": 1}) is not None
    assert things.find_one({"name": 5}) is not None
    assert list(things.find({"owner": 0, "name": 6})) != []
    assert things.find_one({"name": {"$in": [7, 8]}, "owner": 1}) is not None
    assert looked_at == [4, 5, 6, 7]


# Failures


def test_an_update_that_fails_half_way_leaves_the_document_as_it_was(things: Any) -> None:
    things.create_index("name")
    things.insert_one({"_id": 1, "name": "a", "list": [1]})
    with pytest.raises(TypeError):
        things.update_one({"_id": 1}, {"$set": {"name": "b"}, "$push": {"list": 2}, "$inc": {"name": 1}})
    assert things.find_one({"_id": 1}) == {"_id": 1, "name": "a", "list": [1]}
    assert ids(things.find({"name": "a"})) == [1]


def test_an_update_of_many_that_fails_keeps_those_done_before_as_mongodb_does(things: Any) -> None:
    things.insert_many([{"_id": 1, "n": 1}, {"_id": 2, "n": "x"}, {"_id": 3, "n": 3}])
    with pytest.raises(TypeError):
        things.update_many({}, {"$set": {"seen": True}, "$inc": {"n": 1}})
    assert list(things.find()) == [{"_id": 1, "n": 2, "seen": True}, {"_id": 2, "n": "x"}, {"_id": 3, "n": 3}]


def test_an_update_cannot_change_the_id(things: Any) -> None:
    things.insert_one({"_id": 1, "n": 1})
    with pytest.raises(door.OperationFailure):
        things.update_one({"_id": 1}, {"$set": {"n": 2, "_id": 2}})
    with pytest.raises(door.OperationFailure):
        things.replace_one({"_id": 1}, {"_id": 2})
    assert list(things.find()) == [{"_id": 1, "n": 1}]


@pytest.mark.parametrize("document", [{"$n": 1}, {"a\0b": 1}, {"n": 2**70}, {"n": object()}, {1: 1}, {"n": "\ud800"}])
def test_what_mongomock_does_not_store_is_refused_in_the_same_way(things: Any, document: Any) -> None:
    plain = mongomock.MongoClient()["world"]["things"]
    for collection in (plain, things):
        collection.insert_one({"_id": 1})
    writes: list[Program] = [
        lambda it: it.insert_one(dict(document)),
        lambda it: it.replace_one({"_id": 1}, dict(document)),
    ]
    for write in writes:
        expected = outcome(write, plain)[:2]
        assert expected[0] == "error"
        assert outcome(write, things)[:2] == expected
    assert list(things.find()) == [{"_id": 1}]


def test_updated_applies_operators_to_a_copy() -> None:
    before = {"n": 1, "deep": {"list": [1]}}
    after = updated(before, {"$inc": {"n": 1}, "$push": {"deep.list": 2}, "$unset": {"none": ""}})
    assert after == {"n": 2, "deep": {"list": [1, 2]}}
    assert before == {"n": 1, "deep": {"list": [1]}}
    with pytest.raises(ValueError, match="operators"):
        updated(before, {"n": 2})


@pytest.mark.parametrize(
    "told",
    [
        {"n": 2}, {"n": 2, "more": [1, {"a": None}]}, {"deep.list.0": 9}, {"deep": {"x": 1}}, {"_id": 1},
        {"$n": 1}, {"a\0b": 1}, {"n": 2**70}, {"n": "\ud800"}, {}, {"": 1}, {1: 1}, {"a$b": 1}, {"n": object()},
        {"when": datetime(2026, 1, 2, 3, 4, 5, 678901)},
    ],
)  # fmt: skip
def test_what_is_set_is_set_as_mongomock_sets_it(told: Any) -> None:
    document = {"_id": 1, "n": 1, "deep": {"list": [1]}}
    plain = mongomock.MongoClient()["world"]["things"]
    plain.insert_one(copy.deepcopy(document))
    expected = outcome(lambda it: [it.update_one({"_id": 1}, {"$set": told}), it.find_one({"_id": 1})][1], plain)
    got = outcome(lambda _: updated(document, {"$set": told}), plain)
    assert got[:2] == expected[:2]
    assert document == {"_id": 1, "n": 1, "deep": {"list": [1]}}


def test_to_list_gives_what_is_left_of_a_cursor(things: Any) -> None:
    things.insert_many([{"_id": n} for n in range(5)])
    cursor = things.find().skip(1)
    assert (next(cursor), ids(cursor.to_list(2)), ids(cursor.to_list()), cursor.to_list()) == (
        {"_id": 1},
        [2, 3],
        [4],
        [],
    )
    assert ids(things.find({"_id": {"$gt": 2}}).sort("_id", -1).limit(1).to_list()) == [4]
    whole = things.find()
    assert (ids(whole.to_list()), whole.to_list()) == ([0, 1, 2, 3, 4], [])


# Differential: random programs on plain mongomock and on ours

FIELDS = ("a", "b", "c", "d", "n", "n.x", "n.y", "b.0", "d.x")
STORED = ("a", "b", "c", "d", "n")
ATOMS = (None, True, False, 0, 1, 1.0, 2, 2.5, -1, "a", "b", "ab", "", datetime(2024, 1, 2, 3, 4, 5, 678901))


class Chance(random.Random):
    """Draws the steps of a program."""

    def value(self) -> Any:
        kind = self.random()
        if kind < 0.75:
            return self.choice(ATOMS)
        if kind < 0.87:
            return [self.choice(ATOMS) for _ in range(self.randrange(3))]
        if kind < 0.95:
            return {key: self.choice(ATOMS) for key in self.sample("xy", self.randrange(1, 3))}
        return [{"x": self.choice(ATOMS)} for _ in range(self.randrange(1, 3))]

    def id(self) -> Any:
        return self.choice((0, 1, 2, 3, 4, 5, 6, 7, "1", True, 1.0, 2.0))

    def body(self) -> dict[str, Any]:
        return {field: self.value() for field in self.sample(STORED, self.randrange(len(STORED) + 1))}

    def document(self) -> dict[str, Any]:
        return {"_id": self.id(), **self.body()}

    def condition(self) -> Any:
        operators: list[Callable[[], Any]] = [
            lambda: {self.choice(("$gt", "$gte", "$lt", "$lte", "$ne", "$eq")): self.value()},
            lambda: {self.choice(("$in", "$nin")): [self.value() for _ in range(self.randrange(4))]},
            lambda: {"$exists": self.choice((True, False, 1, 0))},
            lambda: {"$regex": self.choice(("a", "^a", "b$")), "$options": self.choice(("", "i"))},
            lambda: {"$not": {"$gt": self.value()}},
            lambda: {"$elemMatch": self.choice(({"x": self.choice(ATOMS)}, {"$gt": self.choice(ATOMS)}))},
            lambda: {"$size": self.randrange(3)},
            lambda: {"$all": [self.choice(ATOMS)]},
            lambda: {"$type": self.choice(("string", "int", "bool", "array"))},
            lambda: {"$gte": self.choice(ATOMS), "$lt": self.choice(ATOMS)},
            lambda: {"$in": self.choice(ATOMS)},
            lambda: {"$unknown": 1},
        ]
        weights = [6, 4, 2, 2, 2, 2, 1, 1, 1, 2, 0.2, 0.2]
        return self.value() if self.random() < 0.5 else self.choices(operators, weights)[0]()

    def filter(self) -> dict[str, Any]:
        kind = self.random()
        if kind < 0.25:
            return {"_id": self.id()}
        if kind < 0.3:
            return {"_id": {"$in": [self.id() for _ in range(3)]}, self.choice(FIELDS): self.condition()}
        if kind < 0.4:
            return {self.choice(("$and", "$or", "$nor")): [self.simple() for _ in range(self.randrange(1, 3))]}
        return self.simple()

    def simple(self) -> dict[str, Any]:
        return {field: self.condition() for field in self.sample((*STORED, *FIELDS), self.randrange(3))}

    def operators(self) -> dict[str, Any]:
        drawn: dict[str, Callable[[], Any]] = {
            "$set": self.value,
            "$unset": lambda: "",
            "$inc": lambda: self.choice((1, 2, -1.5)),
            "$push": lambda: self.choice((self.value(), {"$each": [self.choice(ATOMS)]})),
            "$pull": lambda: self.choice((self.choice(ATOMS), {"$gt": 1})),
            "$addToSet": self.value,
            "$rename": lambda: self.choice(STORED),
            "$min": lambda: self.choice(ATOMS),
            "$max": lambda: self.choice(ATOMS),
            "$mul": lambda: 2,
            "$pop": lambda: 1,
            "$pullAll": lambda: [self.choice(ATOMS)],
            "$setOnInsert": self.value,
        }
        weights = [8, 3, 3, 3, 2, 2, 1, 1, 1, 0.5, 1, 0.5, 1]
        names = dict.fromkeys(self.choices(list(drawn), weights, k=self.choice((1, 1, 2, 3))))
        return {name: {self.choice(FIELDS): drawn[name]()} for name in names}

    def sort(self) -> list[tuple[str, int]]:
        fields = self.sample((*FIELDS, "_id"), self.choice((1, 1, 1, 2)))
        return [(field, self.choice((1, -1))) for field in fields]

    def index(self) -> tuple[Any, dict[str, Any]]:
        options: dict[str, Any] = self.choice(({}, {}, {"unique": True}, {"unique": True, "sparse": True}))
        fields = self.sample((*STORED, "n.x"), self.choice((1, 1, 2)))
        if self.random() < 0.05:
            options = {"unique": True, "partialFilterExpression": {"a": {"$gt": 0}}}
        return [(field, 1) for field in fields], options


def step(chance: Chance) -> tuple[str, Program]:
    asked, other, document, body = chance.filter(), chance.filter(), chance.document(), chance.body()
    update, sort, upsert = chance.operators(), chance.sort(), chance.random() < 0.2
    skip, limit, after = chance.randrange(3), chance.randrange(4), chance.random() < 0.5
    documents = [chance.document() for _ in range(3)]
    (key, options), field = chance.index(), chance.choice(FIELDS)
    equal = {chance.choice(STORED): chance.choice(ATOMS)}
    projection = chance.choice(({field: 1}, {field: 0}, {"_id": 0, "a": 1}, ["a", "b"], {}, {"b": {"$slice": 1}}))
    steps: dict[str, tuple[float, Program]] = {
        "insert_one": (6, lambda it: (it.insert_one(document).inserted_id, document)),
        "insert_many": (3, lambda it: it.insert_many(documents, ordered=after).inserted_ids),
        "find": (6, lambda it: list(it.find(asked))),
        "find sorted": (4, lambda it: list(it.find(asked).sort(sort).skip(skip).limit(limit))),
        "find equal": (4, lambda it: list(it.find(equal).sort(sort[:1]).skip(skip).limit(limit))),
        "find projected": (2, lambda it: list(it.find(asked, projection, sort=sort, limit=limit))),
        "find_one": (5, lambda it: it.find_one(asked)),
        "find_one id": (1, lambda it: it.find_one(document["_id"])),
        "count_documents": (2, lambda it: (it.count_documents(asked), it.count_documents(equal))),
        "distinct": (1, lambda it: sorted(map(repr, it.distinct(field, asked)))),
        "aggregate": (
            1,
            lambda it: list(it.aggregate([{"$match": asked}, {"$group": {"_id": "$a", "n": {"$sum": 1}}}])),
        ),
        "update_one": (8, lambda it: written(it.update_one(asked, update, upsert=upsert))),
        "update_many": (3, lambda it: written(it.update_many(asked, update, upsert=upsert))),
        "replace_one": (6, lambda it: written(it.replace_one(asked, body if after else document, upsert=upsert))),
        "find_one_and_update": (
            2,
            lambda it: it.find_one_and_update(asked, update, upsert=upsert, return_document=after),
        ),
        "find_one_and_replace": (2, lambda it: it.find_one_and_replace(asked, body, sort=sort, return_document=after)),
        "find_one_and_delete": (2, lambda it: it.find_one_and_delete(other, sort=sort)),
        "delete_one": (3, lambda it: it.delete_one(other).deleted_count),
        "delete_many": (0.5, lambda it: it.delete_many(other).deleted_count),
        "create_index": (4, lambda it: it.create_index(key, **options)),
        "drop_index": (1, lambda it: it.drop_index(f"{field}_1")),
        "drop_indexes": (0.2, lambda it: it.drop_indexes()),
        "index_information": (0.3, lambda it: it.index_information()),
        "drop": (0.2, lambda it: it.drop()),
        "rename": (0.3, lambda it: (it.rename("moved"), it.database["moved"].rename(it.name))),
    }
    name = chance.choices(list(steps), [weight for weight, _ in steps.values()])[0]
    return name, steps[name][1]


def written(result: Any) -> Any:
    return result.matched_count, result.modified_count, result.upserted_id


def outcome(run: Program, collection: Any) -> tuple[str, str, str]:
    try:
        return "result", shown(run(collection)), ""
    except Exception as error:
        return "error", type(error).__name__, str(error)


def shown(value: Any) -> str:
    """As text: 1, 1.0 and True differ there; ids that the store made are all one."""
    if isinstance(value, ObjectId):
        return "<id>"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(one)}" for key, one in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(shown, value)) + "]"
    return repr(value)


def stored(collection: Any) -> list[str]:
    return [shown(document) for document in collection._store._documents.values()]


def adopt(plain: Any, ours: Any) -> None:
    """Give plain mongomock the documents of ours, each on its own."""
    plain._store._documents = OrderedDict((key, copy.deepcopy(one)) for key, one in ours._store._documents.items())


def run_program(seed: int) -> None:
    chance = Chance(seed)
    plain, ours = mongomock.MongoClient()["world"]["things"], open_store(None).database("world")["things"]
    for number in range(40):
        name, run = step(chance)
        before = stored(ours)
        expected = outcome(fresh(run), plain)
        got = outcome(fresh(run), ours)
        where = f"seed {seed}, step {number}, {name}: mongomock {expected}, ours {got}"
        if is_known_defect(name, expected, got, before, stored(ours)):
            adopt(plain, ours)
            continue
        assert got[:2] == expected[:2], where
        assert stored(ours) == stored(plain), where
        # Upstream defect: `update_many` puts one and the same object or array into all documents, and a later
        # change of one of them in place changes the others.
        adopt(plain, ours)
        check_indexes(ours)


def fresh(run: Program) -> Program:
    """The step with its own copies of all that was drawn: a driver may change what it is given."""
    step: Any = run
    cells = tuple(CellType(copy.deepcopy(cell.cell_contents)) for cell in step.__closure__ or ())
    return FunctionType(step.__code__, step.__globals__, step.__name__, None, cells)


def is_known_defect(
    name: str, expected: tuple[str, str, str], got: tuple[str, str, str], before: list[str], after: list[str]
) -> bool:
    """Whether a difference is one of upstream's defects, and ours does what MongoDB does."""
    failed = expected[0] == "error"
    # Upstream changes documents in place: an update that fails half-way leaves half of it there. MongoDB leaves
    # the document as it was; those that an update of many had finished before stay changed.
    if failed and expected[:2] == got[:2] and ("update" in name or "replace" in name):
        return name == "update_many" or before == after
    # Upstream puts the values of a sparse unique index into a set: arrays and objects raise, and an inserted
    # document stays although the insert failed. Ours goes on, and an update of many may fail at a later document.
    unhashable = failed and expected[1] == "TypeError" and "unhashable" in expected[2]
    goes_on = got[0] == "result" or got[1] in ("DuplicateKeyError", "BulkWriteError") or name == "update_many"
    return unhashable and goes_on


def check_indexes(collection: Any) -> None:
    """What the indexes hold is what building them anew would hold."""
    kept = collection._store
    for index in kept.hashes.values():
        slots: dict[Any, set[Any]] = {}
        for key, document in kept._documents.items():
            slots.setdefault(index.slot(document), set()).add(key)
        assert set(index.odd) == slots.pop(ODD, set())
        assert {slot: set(index.at(slot)) for slot in index.buckets} == slots
    assert kept.positions.keys() == kept._documents.keys()
    assert list(kept.positions.values()) == sorted(kept.positions.values())


@pytest.mark.parametrize("first", range(0, SEEDS, BATCH))
def test_random_programs_end_as_on_plain_mongomock(first: int) -> None:
    for seed in range(first, first + BATCH):
        run_program(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", range(100_000, 105_000, BATCH))
def test_thousands_of_random_programs_end_as_on_plain_mongomock(first: int) -> None:
    for seed in range(first, first + BATCH):
        run_program(seed)
