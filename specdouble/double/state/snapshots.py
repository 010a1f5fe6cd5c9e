"""Snapshots: the documents of a world under a name, to come back to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any

from specdouble.double.state.keeper import Document
from specdouble.double.state.problem import Problem
from specdouble.double.state.seed import Seed
from specdouble.double.state.snapshot import Snapshot
from specdouble.double.state.store import DuplicateKeyError
from specdouble.double.state.world import World
from specdouble.double.state.worlds import is_name

MOST = 100


class Snapshots:
    """Snapshots by name, of any world and for any world.

    Args:
        snapshots: where they are; a file may keep it.
    """

    def __init__(self, snapshots: MutableMapping[str, Snapshot] | None = None) -> None:
        self._snapshots: MutableMapping[str, Snapshot] = {} if snapshots is None else snapshots

    def __iter__(self) -> Iterator[Snapshot]:
        return iter(self._snapshots.values())

    def of(self, name: str) -> Snapshot:
        """The snapshot of that name.

        Raises:
            Problem: 404, there is none.
        """
        snapshot = self._snapshots.get(name)
        if snapshot is None:
            known = ", ".join(self._snapshots) or "none"
            raise Problem(404, "No such snapshot", f"there is no snapshot `{name}`; there are: {known}")
        return snapshot

    def keep(self, name: str, documents: Seed) -> bool:
        """Keep documents under a name, in place of those that were kept under it.

        Returns:
            Whether the name is new.

        Raises:
            Problem: 400, the name is none; 409, there are too many.
        """
        if not is_name(name):
            raise Problem(400, "Not the name of a snapshot", "a name has 1 to 64 letters, digits, `_`, `.` or `-`")
        is_new = name not in self._snapshots
        if is_new and len(self._snapshots) >= MOST:
            raise Problem(409, "Too many snapshots", f"there are {MOST}: delete one that is done with")
        taken = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        self._snapshots[name] = Snapshot(name, taken, documents)
        return is_new

    def restore(self, name: str, world: World) -> None:
        """Give a world the documents of a snapshot, and no others.

        Raises:
            Problem: 404, there is no such snapshot; 409, its documents break a rule that the contract has got since.
        """
        try:
            world.begin_with(self.of(name).documents)
        except DuplicateKeyError:
            detail = f"two documents of `{name}` share what is unique by now; the world is as it was"
            raise Problem(409, "The snapshot breaks a rule", detail) from None

    def delete(self, name: str) -> None:
        """Forget a snapshot.

        Raises:
            Problem: 404, there is none.
        """
        del self._snapshots[self.of(name).name]


def difference(before: Seed, after: Seed, keys: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """How documents differ, one by one: added, removed and changed ones, of the collections that do.

    Args:
        before: the documents as they were.
        after: the documents as they are.
        keys: by collection, the properties that tell its documents apart; `_id` where nothing is said.
    """
    found = {}
    for collection in sorted(before.keys() | after.keys()):
        names = keys.get(collection, ("_id",))
        old, new = _by_key(before.get(collection, []), names), _by_key(after.get(collection, []), names)
        differences = _differences(old, new)
        if any(differences.values()):
            found[collection] = differences
    return found


def _differences(old: Mapping[str, Document], new: Mapping[str, Document]) -> dict[str, list[Document]]:
    """What has become of the documents under each key."""
    found: dict[str, list[Document]] = {"added": [], "removed": [], "changed": []}
    for key, document in old.items():
        if key not in new:
            found["removed"].append(document)
        elif document != new[key]:
            found["changed"].append({"before": document, "after": new[key]})
    for key, document in new.items():
        if key not in old:
            found["added"].append(document)
    return found


def _by_key(documents: list[dict[str, Any]], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    return {repr([document.get(name) for name in names]): document for document in documents}
