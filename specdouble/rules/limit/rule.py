"""`x-limit`: there are no more documents than so many, of each owner or below each parent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from specdouble.contract.kind import WORDS, Belied, Kind, OnSchema, Reading, Shown, mapping, suggestion, words
from specdouble.contract.resource import HIDDEN, Resource
from specdouble.contract.rule import CollectionRule

REACHABLE = 40  # documents that are made, at the most, to come to a limit
_MOST = {"type": "integer", "minimum": 1}
_WITHOUT = "write `x-limit: {max: 10, per: owner}`"


@dataclass(frozen=True, kw_only=True)
class Limit(CollectionRule):
    """There are no more documents of the collection (of the same scope) than so many.

    Args:
        most: how many there may be.
        per: the properties that the documents which are counted together share; none where all are counted.
    """

    kind = "limit"
    refused_with = (409, 422, 403, 400)
    shown_by = ("create", "create_many", "replace")
    most: int
    per: tuple[str, ...] = ()

    def scope(self, document: Mapping[str, Any]) -> dict[str, Any]:
        """What the documents that are counted with this one have in common with it."""
        return {name: document.get(name) for name in self.per}

    def is_seen_whole(self, resource: Resource) -> bool:
        """Whether whoever may create a document sees all that are counted with it: none is another's."""
        hiding = {name for name in (resource.owner, resource.tenant) if name}
        return resource.owner in self.per or hiding <= {*self.per}

    def looser_than(self, other: Self) -> bool | None:
        """Whether there may be more."""
        return self.most > other.most if self.per == other.per else None

    def __str__(self) -> str:
        scope = f" of the same {' and '.join(self.per)}" if self.per else ""
        return f"there are at most {self.most} documents of {self.collection}{scope}"


def _read(reading: Reading) -> Iterator[Limit]:
    for annotation in reading.on_schemas("x-limit"):
        raw = annotation.raw
        most = raw.get("max") if isinstance(raw, dict) else raw
        annotation.find_unknown_keys(("max", "per", "status"))
        if not isinstance(most, int) or isinstance(most, bool) or most < 1:
            annotation.find("`x-limit` names no number of documents from 1", _WITHOUT)
            continue
        named = words(raw.get("per")) if isinstance(raw, dict) else []
        per = [name for word in named for name in _properties(reading, annotation, word)]
        yield Limit(most=most, per=tuple(dict.fromkeys(per)), **annotation.place)


def _properties(reading: Reading, annotation: OnSchema, word: str) -> list[str]:
    """The properties that a word of `per` means: the owner's, the tenant's, the parents', or the one of that name."""
    resource = annotation.resource
    if word in resource.properties:
        return [word]
    meant: dict[str, list[str]] = {
        "owner": [resource.owner] if resource.owner else [],
        "tenant": [resource.tenant] if resource.tenant else [],
        "parent": _parents(reading, annotation),
    }
    found = meant.get(word, [])
    if not found and word in meant:
        reason = f"documents of {resource.collection} have no {word} that a property tells"
        annotation.find(reason, "name the property that they share", "per")
    elif not found:
        known = [*(one for one, names in meant.items() if names), *resource.properties]
        annotation.find(f"`{word}` is no property of the schema", suggestion(word, known), "per")
    return found


def _parents(reading: Reading, annotation: OnSchema) -> list[str]:
    """The properties that hold what a path leads through to where documents are created."""
    actions = [one for one in reading.actions.values() if one.collection == annotation.resource.collection]
    scope = [name for one in actions if one.does in Limit.shown_by for _, name in one.scope]
    return [name for name in dict.fromkeys(scope) if not name.startswith(HIDDEN)]


def _belied(shown: Shown) -> Iterator[Belied]:
    """A list that shows more documents of one scope than there may be."""
    for rule in shown.of(Limit) if shown.does == "list" else ():
        counted = Counter(
            json.dumps(rule.scope(document), sort_keys=True)
            for _, document in shown.documents
            if document.keys() >= {*rule.per}
        )
        most = max(counted.values(), default=0)
        if most > rule.most:
            yield rule, "", f"{most} documents are shown, where there are at most {rule.most}"


KIND = Kind(
    keyword="x-limit",
    place="an object schema that carries `x-resource`",
    written="`x-limit: {max: 10, per: owner}`; `per` is `owner`, `tenant`, `parent` or properties",
    means="there are no more documents of the collection than so many, of each owner or below each parent",
    refused="the first of 409, 422, 403, 400",
    read=_read,
    belied=_belied,
    shape={"anyOf": [_MOST, mapping({"max": _MOST, "per": WORDS}, "max")]},
)
