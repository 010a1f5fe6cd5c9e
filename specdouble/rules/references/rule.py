"""`x-references`: the value of a property names another document, and what becomes of it when that is deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from specdouble.contract.kind import BY_A_HANDLER, ON_A_PROPERTY, Kind, OnProperty, Reading, mapping, suggestion
from specdouble.contract.resource import Resource
from specdouble.contract.rule import CollectionRule, PropertyRule

VISIBLE = ("caller", "anyone")
ON_DELETE = ("restrict", "cascade", "set-null", "ignore")
_KEYS = ("collection", "visible", "onDelete", "key", "status")


@dataclass(frozen=True, kw_only=True)
class References(PropertyRule):
    """The value names a document of that collection, one that the caller may see.

    Args:
        target: the collection.
        key: the property of its documents that the value is; empty where it is their id.
        of_anyone: whether anybody's document may be named, and not those alone that the caller may see.
    """

    kind = "references"
    refused_with = (422, 400, 409, 404)
    binds = True
    target: str
    key: str = ""
    of_anyone: bool = False

    @property
    def refers_to(self) -> str:
        """The collection."""
        return self.target

    @property
    def refers_by(self) -> str:
        """The property of its documents that the value is; empty where it is their id."""
        return self.key

    def __str__(self) -> str:
        return f"{self.name} is the {self.key or 'id'} of a document of {self.target}"


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
            yield from _rules(annotation, reading.resources[target])


def _rules(annotation: OnProperty, target: Resource) -> Iterator[References | OnDelete]:
    raw = annotation.raw if isinstance(annotation.raw, dict) else {}
    visible = _word(annotation, raw, "visible", VISIBLE)
    key = _key(annotation, raw, target)
    yield References(target=target.collection, key=key, of_anyone=visible == "anyone", **annotation.place)
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
}

KIND = Kind(
    keyword="x-references",
    place=ON_A_PROPERTY,
    written=(
        "`x-references: collection` or `{collection, key: name, visible: caller, onDelete: restrict}`; `visible` is "
        "`caller` or `anyone`, `onDelete` is `restrict`, `cascade`, `set-null` or `ignore`"
    ),
    means=(
        "the value, or each of an array, is the id (or the `key`) of a document of that collection, one that the "
        "caller may see; what becomes of it when that document is deleted"
    ),
    refused="the first of 422, 400, 409, 404; a deletion the first of 409, 422, 400, 403",
    read=_read,
    collection=_collection,
    inside=BY_A_HANDLER,
    shape={"anyOf": [{"type": "string"}, mapping(_SHAPE, "collection")]},
)
