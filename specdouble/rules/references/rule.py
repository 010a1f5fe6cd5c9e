"""`x-references`: the value of a property names another document, and what becomes of it when that is deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specdouble.contract.identity import singular
from specdouble.contract.kind import (
    BY_A_HANDLER,
    ON_A_PROPERTY,
    WORDS,
    Kind,
    OnProperty,
    Reading,
    mapping,
    suggestion,
    words,
)
from specdouble.contract.parents import PARENT, names_parent, nouns_of, parents_of
from specdouble.contract.properties import plain, properties_of
from specdouble.contract.resource import HIDDEN, Resource
from specdouble.contract.rule import CollectionRule, PropertyRule

VISIBLE = ("caller", "anyone")
ON_DELETE = ("restrict", "cascade", "set-null", "ignore")
_KEYS = ("collection", "visible", "onDelete", "key", "within", "status")
# "A task of the same project", "must lie in this board".
_SAME = re.compile(r"\b(?:the same|this|its own)\s+(?P<noun>[A-Za-z]+)", re.IGNORECASE)
_FREE = re.compile(
    r"\b(?:need not|needn.t|not necessarily|whether or not|regardless"
    r"|(?:of|in|from) (?:any|another|other|different))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class References(PropertyRule):
    """The value names a document of that collection, one that the caller may see.

    Args:
        target: the collection.
        key: the property of its documents that the value is; empty where it is their id.
        of_anyone: whether anybody's document may be named, and not those alone that the caller may see.
        within: what both documents have to hold alike: what holds it in the one that names, and in the one named.
    """

    kind = "references"
    refused_with = (422, 400, 409, 404)
    binds = True
    target: str
    key: str = ""
    of_anyone: bool = False
    within: tuple[tuple[str, str], ...] = ()

    @property
    def refers_to(self) -> str:
        """The collection."""
        return self.target

    @property
    def refers_by(self) -> str:
        """The property of its documents that the value is; empty where it is their id."""
        return self.key

    def __str__(self) -> str:
        shared = " and ".join(own.removeprefix(HIDDEN) for own, _ in self.within)
        same = f" that has the same {shared}" if shared else ""
        return f"{self.name} is the {self.key or 'id'} of a document of {self.target}{same}"


@dataclass(frozen=True, kw_only=True)
class OnDelete(CollectionRule):
    """What becomes of the documents that name one which is deleted.

    It is a rule of the collection that is named: its documents are deleted.

    Args:
        referrer: the collection of the documents that name it.
        name: the property by which they do.
        key: the property whose value they have; empty where it is the id.
        does: `restrict` (it cannot be deleted), `cascade` (they are deleted too), `set-null`, or `ignore`.
        takes_null: whether the property may be null; else it is left out.
    """

    kind = "references"
    shown_by = ("delete", "delete_many")
    referrer: str
    name: str
    key: str = ""
    does: str
    takes_null: bool = True

    @property
    def refused_with(self) -> tuple[int, ...]:  # type: ignore[override]
        """The statuses of a refusal, where the deletion is refused."""
        return (409, 422, 400, 403) if self.does == "restrict" else ()

    @property
    def about(self) -> str:
        """The property, and the moment."""
        return f"{self.referrer}.{self.name}.onDelete"

    def __str__(self) -> str:
        things, name = f"documents of {self.referrer}", self.name
        return {
            "restrict": f"a document of {self.collection} stays while {things} name it by {name}",
            "cascade": f"{things} are deleted with the document of {self.collection} that {name} names",
            "set-null": f"{name} is emptied when the document of {self.collection} that it names is deleted",
            "ignore": f"{name} stays when the document of {self.collection} that it names is deleted",
        }[self.does]


def _collection(raw: object) -> Any:
    return raw.get("collection") if isinstance(raw, dict) else raw


def _read(reading: Reading) -> Iterator[References | OnDelete]:
    for annotation in reading.on_properties("x-references"):
        target = _collection(annotation.raw)
        if not isinstance(target, str):
            annotation.find_lacking("collection", "`x-references` names no collection", "write `x-references: things`")
        elif target not in reading.resources:
            reason = f"`x-references` names the collection `{target}`, which no `x-resource` keeps"
            remedy = f"{suggestion(target, reading.resources)}, or annotate its schema with `x-resource`"
            remedy += f", or put its documents into mock_data/{target}.json"
            annotation.find(reason, remedy)
        else:
            annotation.find_unknown_keys(_KEYS)
            yield from _rules(reading, annotation, reading.resources[target])


def _rules(reading: Reading, annotation: OnProperty, target: Resource) -> Iterator[References | OnDelete]:
    raw = annotation.raw if isinstance(annotation.raw, dict) else {}
    visible = _word(annotation, raw, "visible", VISIBLE)
    key = _key(annotation, raw, target)
    within = _within(reading, annotation, target, raw)
    yield References(
        target=target.collection, key=key, of_anyone=visible == "anyone", within=within, **annotation.place
    )
    does = _word(annotation, raw, "onDelete", ON_DELETE)
    if does is None:
        return
    if does == "set-null" and not _may_be_empty(annotation):
        reason = f"`{annotation.name}` is required and takes no null: it cannot be emptied"
        annotation.find(reason, "make it nullable, or write `onDelete: cascade`", "onDelete")
    place = {name: value for name, value in annotation.place.items() if name not in ("collection", "status")}
    null = takes_null(annotation.schema)
    yield OnDelete(
        collection=target.collection, referrer=annotation.resource.collection, key=key, does=does, takes_null=null,
        **place,
    )  # fmt: skip


def _word(annotation: OnProperty, raw: Mapping[str, Any], key: str, known: tuple[str, ...]) -> str | None:
    """One of the words that a key may have; what is none is found."""
    word = raw.get(key)
    if word is None or word in known:
        return word
    annotation.find(f"`{key}` knows no `{word}`", suggestion(str(word), known), key)
    return None


def _key(annotation: OnProperty, raw: Mapping[str, Any], target: Resource) -> str:
    """The property of the target that the value is; empty for its id."""
    key = raw.get("key")
    if key is None or key == target.id:
        return ""
    if not isinstance(key, str) or key not in target.properties:
        reason = f"documents of {target.collection} have no property `{key}`"
        annotation.find(reason, suggestion(str(key), target.properties), "key")
        return ""
    return key


def _within(
    reading: Reading, annotation: OnProperty, target: Resource, raw: Mapping[str, Any]
) -> tuple[tuple[str, str], ...]:
    """What both documents have to hold alike: as the annotation names it, else as the property's words do."""
    above = _above(reading, annotation.resource, target)
    alike = {**_shared(annotation.resource, target), **above}
    if "within" not in raw:
        return _said_within(reading, annotation, alike)
    found: list[tuple[str, str]] = []
    for word in words(raw["within"]):
        held = [*above.values()] if word == PARENT else [alike[word]] if word in alike else []
        if not held:
            reason = f"documents of {annotation.resource.collection} and of {target.collection} have no `{word}` alike"
            annotation.find(reason, suggestion(word, [PARENT, *alike]), "within")
        found += held
    return tuple(dict.fromkeys(found))


def _above(reading: Reading, resource: Resource, target: Resource) -> dict[str, tuple[str, str]]:
    """What holds a parent in both, by the path's parameter that names it."""
    own, theirs = (parents_of(reading, one.collection) for one in (resource, target))
    return {name: (held, theirs[name]) for name, held in own.items() if name in theirs}


def _shared(resource: Resource, target: Resource) -> dict[str, tuple[str, str]]:
    """The properties that both have, but their ids."""
    shared = resource.properties.keys() & target.properties.keys() - {resource.id, target.id}
    return {name: (name, name) for name in sorted(shared)}


def _said_within(
    reading: Reading, annotation: OnProperty, alike: Mapping[str, tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """What the words about the property, where a document shows it or a request sends it, say that is the same."""
    named = {name: {*nouns_of(name), PARENT} for name in alike if names_parent(name)}
    for sentence in _sentences(reading, annotation):
        said = {singular(plain(one["noun"])) for one in _SAME.finditer(sentence)}
        found = [alike[name] for name, nouns in named.items() if said & nouns]
        if found and _FREE.search(sentence) is None:
            return tuple(dict.fromkeys(found))
    return ()


def _sentences(reading: Reading, annotation: OnProperty) -> Iterator[str]:
    for description in _descriptions(reading, annotation):
        yield from re.split(r"[.;]\s", description)


def _descriptions(reading: Reading, annotation: OnProperty) -> Iterator[str]:
    yield str(annotation.schema.get("description") or "")
    collection = annotation.resource.collection
    for operation in reading.operations:
        action = reading.actions.get(operation.id)
        if action is None or action.collection != collection or operation.body is None:
            continue
        for media in operation.body.content.values():
            for name, schema, _ in properties_of(reading.document, media.schema, ""):
                if name == annotation.name:
                    yield str(schema.get("description") or "")


def _may_be_empty(annotation: OnProperty) -> bool:
    """Whether a document may be without a value: an array may always be empty."""
    schema = annotation.resource.schema
    required = schema.get("required") or () if isinstance(schema, dict) else ()
    many = annotation.schema.get("type") == "array"
    return many or annotation.name not in required or takes_null(annotation.schema)


def takes_null(schema: Mapping[str, Any]) -> bool:
    """Whether a property's schema says that it may be null."""
    named = schema.get("type")
    return schema.get("nullable") is True or (isinstance(named, list) and "null" in named)


_SHAPE = {
    "collection": {"type": "string"},
    "visible": {"enum": [*VISIBLE]},
    "onDelete": {"enum": [*ON_DELETE]},
    "key": {"type": "string"},
    "within": WORDS,
}

KIND = Kind(
    keyword="x-references",
    place=ON_A_PROPERTY,
    written=(
        "`x-references: collection` or `{collection, key: name, visible: caller, within: parent, onDelete: restrict}`; "
        "`visible` is `caller` or `anyone`, `within` is `parent`, a path's parameter or properties, `onDelete` is "
        "`restrict`, `cascade`, `set-null` or `ignore`"
    ),
    means=(
        "the value, or each of an array, is the id (or the `key`) of a document of that collection, one that the "
        'caller may see, and (`within`, or words such as "of the same project") that has the same there; what becomes '
        "of it when that document is deleted"
    ),
    refused="the first of 422, 400, 409, 404; a deletion the first of 409, 422, 400, 403",
    read=_read,
    collection=_collection,
    inside=BY_A_HANDLER,
    shape={"anyOf": [{"type": "string"}, mapping(_SHAPE, "collection")]},
)
