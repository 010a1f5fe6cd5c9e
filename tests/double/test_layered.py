"""A mapping over a shared one behaves as a copy of it, and leaves it as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specdouble.double.state.store.held import Held, size_of
from specdouble.double.state.store.indexed import IndexedStore
from specdouble.double.state.store.layered import Layered

KEYS = st.integers(0, 12)
STEPS = st.lists(st.tuples(st.sampled_from(["set", "delete", "setdefault", "pop"]), KEYS, st.integers()), max_size=40)


@settings(deadline=None)
@given(st.dictionaries(KEYS, st.integers()), STEPS)
def test_it_is_what_a_copy_would_be_after_any_program(base: dict[int, int], steps: list[tuple[str, int, int]]) -> None:
    shared, copied = dict(base), dict(base)
    over = Layered(shared)
    for step, key, value in steps:
        if step == "set":
            over[key] = copied[key] = value
        elif step == "setdefault":
            assert over.setdefault(key, value) == copied.setdefault(key, value)
        elif step == "pop":
            assert over.pop(key, None) == copied.pop(key, None)
        elif key in copied:
            del over[key], copied[key]
        else:
            with pytest.raises(KeyError):
                del over[key]
        assert (list(over.items()), len(over), bool(over)) == (list(copied.items()), len(copied), bool(copied))
        assert [over.get(one, "none") for one in range(13)] == [copied.get(one, "none") for one in range(13)]
        assert [one in over for one in range(13)] == [one in copied for one in range(13)]
    assert shared == base


def store_of(documents: list[dict[str, Any]]) -> IndexedStore:
    store = IndexedStore("things", Held())
    store.create_index("owner_1", {"key": [("owner", 1)]})
    store.create_index("name_1", {"key": [("name", 1)], "unique": True})
    for document in documents:
        store.add(document["_id"], document)
    return store


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["add", "change", "remove"]), st.integers(0, 600), st.integers(0, 2)), max_size=30
    )
)
def test_a_collection_that_shares_its_beginning_finds_what_one_of_its_own_finds(
    steps: list[tuple[str, int, int]],
) -> None:
    first = [{"_id": number, "owner": f"o{number % 3}", "name": f"n{number}"} for number in range(590)]
    contents = store_of(first).contents()
    sharing, alone = store_of([]), store_of(first)
    sharing.begin_with(contents)
    for step, key, owner in steps:
        for store in (sharing, alone):
            document = {"_id": key, "owner": f"o{owner}", "name": f"n{key}"}
            if step == "remove" and key in store._documents:
                del store[key]
            elif step == "add" and key not in store._documents:
                store.add(key, document)
            elif step == "change" and key in store._documents:
                store[key] = document
    for owner in range(3):
        asked = {"owner": [f"o{owner}"]}
        assert sharing.candidates(asked) == alone.candidates(asked)
        assert sharing.exact_count(asked) == alone.exact_count(asked)
    other = store_of([])
    other.begin_with(contents)
    assert list(other._documents.values()) == first
    assert other.exact_count({"owner": ["o0"]}) == 197


def test_what_is_shared_takes_room_once_and_what_is_written_over_it_its_own() -> None:
    held = Held()
    sharing = IndexedStore("things", held)
    contents = IndexedStore("things", Held())
    for number in range(2):
        contents.add(number, {"_id": number, "name": "x"})
    sharing.begin_with(contents.contents())
    assert held.bytes == 0
    sharing[0] = {"_id": 0, "name": "longer"}
    assert held.bytes == size_of({"_id": 0, "name": "longer"})
    del sharing[0], sharing[1]
    assert held.bytes == 0


def test_what_cannot_be_ordered_is_still_known_to_be_so_where_it_is_shared() -> None:
    first = IndexedStore("things", Held())
    sharing = IndexedStore("things", Held())
    for store in (first, sharing):
        store.create_index("order", {"key": [("owner", 1), ("at", 1)]})
    first.add(1, {"_id": 1, "owner": "o", "at": {"no": "order"}})
    sharing.begin_with(first.contents())
    assert sharing.orders["owner", "at"].odd == {1}
    del sharing[1]
    assert (sharing.orders["owner", "at"].odd, first.orders["owner", "at"].odd) == (set(), {1})


WORLDS = """
import gc, json, sys, tempfile
from pathlib import Path
from specdouble.double.double import Double, Settings

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20

root, folder = Path(sys.argv[1]), Path(tempfile.mkdtemp())
(folder / "openapi.yaml").write_text((root / "openapi.yaml").read_text())
(folder / "mock_data").mkdir()
for file in (root / "mock_data").glob("*.json"):
    (folder / "mock_data" / file.name).write_text(file.read_text())
seeded = json.loads((root / "mock_data" / "lead_management.json").read_text())
more = [{**seeded[0], "_id": f"{number:024x}", "configurationName": f"Seeded {number}"} for number in range(10_000)]
(folder / "mock_data" / "lead_management.json").write_text(json.dumps(more))
double = Double(Settings(folder, worlds=2000))
for name in ("first", "second"):
    double.world(name).prepare()
gc.collect()
before = resident()
for number in range(1000):
    leads = double.world(f"w{number}").collection("lead_management", None)
    for one in range(10):
        leads.insert_one({**seeded[0], "_id": f"{one:023x}x", "configurationName": f"New {one}"})
gc.collect()
assert len(list(double.worlds)) == 1003, "none has left to make room"
print(resident() - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")
def test_a_thousand_worlds_that_each_wrote_ten_documents_take_less_than_200_mib_over_a_seed_of_10_000() -> None:
    root = Path(__file__).parent.parent.parent
    done = subprocess.run([sys.executable, "-c", WORLDS, str(root)], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 200, f"{float(done.stdout):.0f} MiB"
