"""`x-unique`: no two documents of a collection share the value of a property, or of several together."""

from __future__ import annotations

import json
import string
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from specdouble.contract.expression import Expression, compiled
from specdouble.contract.kind import (
    BY_A_HANDLER,
    ON_A_PROPERTY,
    WORDS,
    Belied,
    Example,
    Found,
    Kind,
    OnSchema,
    Reading,
    Shown,
    mapping,
    suggestion,
    words,
)
from specdouble.contract.parents import PARENT, parents_of
from specdouble.contract.pointer import pointer
from specdouble.contract.program import program_of
from specdouble.contract.resource import HIDDEN
from specdouble.contract.rule import CollectionRule, PropertyRule

IGNORABLE = ("case", "ascii-case", "space")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
IGNORED = {"anyOf": [{"enum": [*IGNORABLE]}, {"type": "array", "items": {"enum": [*IGNORABLE]}}]}
_KEYS = ("within", "ignore", "where", "status")
_VARIABLES = frozenset({"self"})
_ON_A_SCHEMA = "write `x-unique: {fields: [a, b]}`, or a list of such"


@dataclass(frozen=True, kw_only=True)
class UniqueKey(CollectionRule):
    """What no two documents of the collection share.

    Args:
        within: the properties that two documents must share for their values to be compared.
        ignore: what does not tell values apart: `case`, `ascii-case` (of the letters A to Z alone), `space` (the
            surrounding).
        where: the condition of a document that counts, as it is written; empty where all do.
        program: the same, with conversions where schemas ask for them.
        defaults: what properties are where they are not there, as the condition reads them.
    """

    kind = "unique"
    refused_with = (409, 422, 400)
    within: tuple[str, ...] = ()
    ignore: frozenset[str] = frozenset()
    where: str = ""
    program: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @cached_property  # each write asks for them
    def fields(self) -> tuple[str, ...]:
        """The properties whose values are compared."""
        raise NotImplementedError

    @property
    def condition(self) -> Expression:
        """The condition, compiled."""
        return compiled(self.program, _VARIABLES)

    def counts(self, document: Mapping[str, Any]) -> bool:
        """Whether a document, as it is shown, is one of those that are compared."""
        return not self.program or self.condition.holds({"self": {**self.defaults, **document}})

    def normalised(self, value: object) -> Any:
        """A value without what does not tell values apart: outer white space, case (fully folded, or of ASCII)."""
        if not self.ignore or not isinstance(value, str):
            return value
        value = value.strip() if "space" in self.ignore else value
        if "case" in self.ignore and not value.isascii():
            return unicodedata.normalize("NFC", unicodedata.normalize("NFC", value).casefold())
        if "case" in self.ignore:
            return value.lower()
        return value.translate(_LOWER) if "ascii-case" in self.ignore else value

    def ignores(self, word: str) -> bool:
        """Whether what a word names does not tell values apart: who ignores all case ignores that of ASCII, too."""
        return word in self.ignore or (word == "ascii-case" and "case" in self.ignore)

    def looser_than(self, other: Self) -> bool | None:
        """Whether fewer documents are in each other's way: they are compared more closely, or among fewer."""
        if (self.fields, self.where) != (other.fields, other.where):
            return None
        if all(map(other.ignores, self.ignore)) and {*self.within} >= {*other.within}:
            return True
        return False if all(map(self.ignores, other.ignore)) and {*self.within} <= {*other.within} else None

    def __str__(self) -> str:
        shown = [name.removeprefix(HIDDEN) for name in self.within]
        scope = f" within {' and '.join(shown)}" if shown else ""
        ignored = [word.replace("ascii-case", "ASCII case") for word in sorted(self.ignore)]
        ignoring = f", ignoring {' and '.join(ignored)}" if ignored else ""
        where = f", where `{self.where}`" if self.where else ""
        are = "are together" if len(self.fields) > 1 else "is"
        return f"{' and '.join(self.fields)} {are} unique{scope}{ignoring}{where}"


@dataclass(frozen=True, kw_only=True)
class Unique(PropertyRule, UniqueKey):
    """No two documents of the collection (within the same scope) share the value."""

    binds = True

    @property
    def identifies(self) -> bool:  # type: ignore[override]
        """Whether a value names one document: where some do not count, several may have it."""
        return not self.where

    @cached_property  # each write asks for them
    def fields(self) -> tuple[str, ...]:
        """The property."""
        return (self.name,)


@dataclass(frozen=True, kw_only=True)
class UniqueTogether(UniqueKey):
    """No two documents share the values of several properties.

    Args:
        names: the properties.
    """

    names: tuple[str, ...]

    @property
    def about(self) -> str:
        """The collection and the properties."""
        return f"{self.collection}.{'+'.join(self.names)}"

    @cached_property  # each write asks for them
    def fields(self) -> tuple[str, ...]:
        """The properties."""
        return self.names


def _read(reading: Reading) -> Iterator[Unique | UniqueTogether]:
    for annotation in reading.on_properties("x-unique"):
        if annotation.raw is not True and not isinstance(annotation.raw, dict):
            remedy = "write `x-unique: true` or `{within: [owner]}`"
            annotation.find("`x-unique` is neither true nor a mapping", remedy)
            continue
        annotation.find_unknown_keys(_KEYS)
        yield Unique(**_key(reading, annotation), **annotation.place)
    for whole in reading.on_schemas("x-unique"):
        yield from _on_schema(reading, whole)


def _on_schema(reading: Reading, annotation: OnSchema) -> Iterator[UniqueTogether]:
    """What stands on the schema of the documents: one mapping, or a list of them."""
    many = isinstance(annotation.raw, list)
    for index, raw in enumerate(annotation.raw if many else [annotation.raw]):
        at = annotation.pointer + (pointer(index) if many else "")
        one = OnSchema(annotation.document, annotation.keyword, raw, at, annotation.resource)
        names = words(raw.get("fields")) if isinstance(raw, dict) else []
        if not names:
            one.find_lacking("fields", "`x-unique` on a schema names no `fields`", _ON_A_SCHEMA)
            continue
        one.find_unknown_keys(("fields", *_KEYS))
        properties = one.resource.properties
        for name in (name for name in names if name not in properties):
            one.find(f"`{name}` is no property of the schema", suggestion(name, properties), "fields")
        if set(names) <= properties.keys():
            yield UniqueTogether(names=tuple(dict.fromkeys(names)), **_key(reading, one), **one.place)


def _key(reading: Reading, annotation: OnSchema) -> dict[str, Any]:
    """What a property and a schema say alike."""
    raw = annotation.raw if isinstance(annotation.raw, dict) else {}
    for word in words(raw.get("ignore")):
        if word not in IGNORABLE:
            annotation.find(f"`{word}` cannot be ignored", suggestion(word, IGNORABLE), "ignore")
    scope = tuple(name for word in words(raw.get("within")) for name in _scope(reading, annotation, word))
    properties = annotation.resource.properties
    return {
        "within": scope,
        "ignore": frozenset(words(raw.get("ignore"))),
        **_condition(annotation, raw.get("where")),
        "defaults": {name: schema["default"] for name, schema in properties.items() if "default" in schema},
    }


def _scope(reading: Reading, annotation: OnSchema, word: str) -> list[str]:
    """What a word of `within` means: a property, or what a path's parameter names the parent by."""
    properties = annotation.resource.properties
    if word in properties:
        return [word]
    parents = parents_of(reading, annotation.resource.collection)
    held = parents.values() if word == PARENT else [parents[word]] if word in parents else []
    if not held:
        reason = f"`{word}` is the scope of a rule and no property of the schema"
        annotation.find(reason, suggestion(word, [*properties, *parents]), "within")
    return list(dict.fromkeys(held))


def _condition(annotation: OnSchema, where: object) -> dict[str, str]:
    if where is None:
        return {}
    if not isinstance(where, str):
        annotation.find("`where` is no expression", "write `where: \"self.status != 'archived'\"`", "where")
        return {}
    program = program_of(annotation, where, annotation.resource.schema, "where", kind="BOOL")
    return {} if program is None else {"where": where.strip(), "program": program}


def _contradicted(example: Example) -> Iterator[Found]:
    """Two documents of one example that share a value."""
    if example.sent:
        return
    for rule in example.resource.of(UniqueKey):
        seen: set[tuple[str, ...]] = set()
        for at, document in example.documents:
            if any(document.get(name) is None for name in rule.fields) or not rule.counts(document):
                continue
            key = tuple(json.dumps(document.get(name), sort_keys=True) for name in (*rule.within, *rule.fields))
            if key in seen:
                reason = f"two documents of the example share a value, against {rule.id}"
                yield at + pointer(rule.fields[0]), reason, "give each its own value"
            seen.add(key)


_SHAPE = {"within": WORDS, "ignore": IGNORED, "where": {"type": "string"}}
_TOGETHER = mapping({"fields": WORDS, **_SHAPE}, "fields")


def _belied(shown: Shown) -> Iterator[Belied]:
    """Two documents of one answer that share what no two may."""
    identity = shown.resource.id if shown.resource else ""
    for rule in shown.of(UniqueKey):
        seen: dict[tuple[str, ...], Any] = {}
        for at, document in shown.documents:
            if any(document.get(name) is None for name in (*rule.within, *rule.fields)) or not rule.counts(document):
                continue
            scope = [json.dumps(document[name], sort_keys=True) for name in rule.within]
            key = (*scope, *(json.dumps(rule.normalised(document[name]), sort_keys=True) for name in rule.fields))
            own = document.get(identity)
            if seen.setdefault(key, own) != own:
                values = " and ".join(repr(document[name]) for name in rule.fields)
                yield rule, at + pointer(rule.fields[0]), f"another document has {values} too"


KIND = Kind(
    keyword="x-unique",
    place=f"{ON_A_PROPERTY}, or with `fields` on that schema",
    written=(
        "`x-unique: true` or `{within: [prop, ...], ignore: [case, space], where: \"self.status != 'archived'\"}`; "
        "`{fields: [prop, ...]}`, or a list of such"
    ),
    means=(
        "no two documents of the collection (within the scope: properties, or a path's parameter that names a parent) "
        "share the value, or those of all `fields`; `case` is Unicode case folding of the NFC form, `ascii-case` that "
        "of A to Z (of other letters nothing is said), `space` the surrounding white space; documents for which "
        "`where` does not hold do not count"
    ),
    refused="the first of 409, 422, 400 that the operation declares",
    read=_read,
    belied=_belied,
    contradicted=_contradicted,
    inside=BY_A_HANDLER,
    shape={"anyOf": [{"type": "boolean"}, mapping(_SHAPE), _TOGETHER, {"type": "array", "items": _TOGETHER}]},
    of_ids=lambda resource: Unique(
        collection=resource.collection, name=".".join(resource.id_path) or resource.id, within=resource.parents
    ),
)
