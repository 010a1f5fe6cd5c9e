"""What documents lie below, where a path leads to them, and the words by which contracts speak of it."""

from __future__ import annotations

from collections.abc import Iterator

from specdouble.contract.identity import singular
from specdouble.contract.kind import Reading
from specdouble.contract.properties import plain

PARENT = "parent"  # the word for all that a path leads through


def parents_of(reading: Reading, collection: str) -> dict[str, str]:
    """For each path parameter that names a parent where documents are created, what holds it in a document."""
    found: dict[str, str] = {}
    for action in reading.actions.values():
        if action.collection == collection and action.does == "create":
            found |= dict(action.scope)
    return found


def names_parent(name: str) -> bool:
    """Whether a property or a parameter is called as what names another document: `projectId`, `project_slug`."""
    return plain(name) not in set(nouns_of(name))


def nouns_of(name: str) -> Iterator[str]:
    """What a property or a parameter that names a document says that it is: of `projectId` a project."""
    stem = plain(name)
    for ending in ("uuid", "id", "key", "slug", "code", "ref"):
        if stem.endswith(ending) and stem != ending:
            yield singular(stem.removesuffix(ending))
            return
    yield singular(stem)
