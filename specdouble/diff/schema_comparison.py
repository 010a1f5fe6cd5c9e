"""Two schemas of one place, compared as a client meets them: in what it sends, or in what it is answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from specdouble.contract import Contract
from specdouble.contract.pointer import pointer
from specdouble.contract.properties import is_array, parts_of, properties_of
from specdouble.diff.change import Level
from specdouble.diff.facet import HELD, HELD_BY_NAME, Difference, Effect, Schema, differences, types

Direction = Literal["request", "response"]
_COMPOSED = {"oneOf": "one-of", "anyOf": "any-of"}
_SENT = {
    Effect.NARROWER: Level.BREAKING, Effect.OTHER: Level.BREAKING, Effect.WIDER: Level.COMPATIBLE,
    Effect.UNKNOWN: Level.UNCLEAR, Effect.NONE: Level.COMPATIBLE,
}  # fmt: skip
# What is answered is the client's to understand: there it is the wider value that it may not know.
_ANSWERED = {**_SENT, Effect.NARROWER: Level.COMPATIBLE, Effect.WIDER: Level.BREAKING}
_DEEPEST = 30

Tell = Callable[[str, Level, str, str, str, bool], None]
"""Is told of each change: its id, its level, its subject, a message, a pointer, and whether that is in the old one."""


@dataclass(frozen=True)
class Place:
    """Where two schemas stand.

    Args:
        direction: whether the client sends the value, or is answered it.
        what: `parameter`, `body`, `property`, `header`: the middle of a change's id.
        path: the way from the whole value, such as `/lines/*/price`; empty for the whole.
        named: how a message calls the whole: `the query parameter limit`.
        is_silent: what is sent here means nothing, or what is answered here is never there.
        is_text: each value is written as plain text: in a path, a query, a header field.
    """

    direction: Direction
    what: str
    named: str
    path: str = ""
    is_silent: bool = False
    is_text: bool = False

    def inside(self, name: str) -> Place:
        """A place inside of the value."""
        what = self.what if self.what == "header" else "property"
        if self.what in ("parameter", "parameter-property"):
            what = "parameter-property"
        return replace(self, what=what, path=f"{self.path}/{name}")

    @property
    def id(self) -> str:
        """The beginning of the ids of changes here."""
        return f"{self.direction}-{self.what}"

    def __str__(self) -> str:
        return f"{self.path} of {self.named}" if self.path else self.named


class SchemaComparison:
    """Compares the schemas of an operation.

    Args:
        before: the contract as it was.
        after: the contract as it is.
        tell: is told of each change.
    """

    def __init__(self, before: Contract, after: Contract, tell: Tell) -> None:
        self._before, self._after = before, after
        self._tell = tell
        self._begun: set[tuple[str, str, str]] = set()

    def compare(self, was: object, was_at: str, becomes: object, at: str, place: Place, depth: int = 0) -> None:
        """Tell how what is valid at a place has changed.

        Args:
            was: the schema as it was.
            was_at: its pointer.
            becomes: the schema as it is.
            at: its pointer.
            place: where they stand.
            depth: how far inside the whole value.
        """
        old, was_at = _followed(self._before, was, was_at)
        new, at = _followed(self._after, becomes, at)
        seen = (was_at, at, place.direction)
        if seen in self._begun or depth > _DEEPEST:
            return
        self._begun.add(seen)
        if new is False or old is False:
            self._falsity(old, new, place, at)
            return
        old, new = _merged(self._before, old), _merged(self._after, new)
        if place.what == "parameter" and is_array(new) and not is_array(old) and types(old) is not None:
            # One value is a list of one: `?tag=a` is written the same.
            self._told(Difference("type-generalized", Effect.WIDER, "there may be several now"), place, at)
            self.compare(old, was_at, new["items"], at + "/items", place, depth + 1)
            return
        for difference in differences(old, new):
            self._told(_as_written(difference, old, new) if place.is_text else difference, place, at)
        self._properties(old, was_at, new, at, place, depth)
        if is_array(old) and is_array(new):
            items = (old["items"], was_at + "/items", new["items"], at + "/items")
            self.compare(*items, place.inside("*"), depth + 1)
        for index, (first, second) in enumerate(
            zip(old.get("prefixItems", ()), new.get("prefixItems", ()), strict=False)
        ):
            more = pointer("prefixItems", index)
            self.compare(first, was_at + more, second, at + more, place.inside(str(index)), depth + 1)
        for keyword, name in _COMPOSED.items():
            self._alternatives(keyword, name, old, was_at, new, at, place, depth)
        self._parts(old, new, at, place)
        self._held(old, was_at, new, at, place, depth)

    def _held(self, old: Schema, was_at: str, new: Schema, at: str, place: Place, depth: int) -> None:
        """The schemas that a keyword holds: one, or some by name."""
        for keyword, inside in HELD.items():
            was, becomes = old.get(keyword), new.get(keyword)
            if isinstance(was, dict) and isinstance(becomes, dict):
                ends = pointer(keyword)
                self.compare(was, was_at + ends, becomes, at + ends, place.inside(inside or keyword), depth + 1)
        for keyword in HELD_BY_NAME:
            was, becomes = old.get(keyword), new.get(keyword)
            if isinstance(was, dict) and isinstance(becomes, dict):
                for name in was.keys() & becomes.keys():
                    ends = pointer(keyword, name)
                    there = place.inside(name)
                    self.compare(was[name], was_at + ends, becomes[name], at + ends, there, depth + 1)

    def _told(self, difference: Difference, place: Place, at: str) -> None:
        level = (_SENT if place.direction == "request" else _ANSWERED)[difference.effect]
        if place.is_silent:
            level = Level.COMPATIBLE
        self._tell(f"{place.id}-{difference.id}", level, place.path, f"{place}: {difference.message}", at, False)

    def _falsity(self, old: object, new: object, place: Place, at: str) -> None:
        if old is not new:
            effect = Effect.NARROWER if new is False else Effect.WIDER
            name = "schema-became-false" if new is False else "schema-became-not-false"
            told = "nothing is valid any more" if new is False else "it may be there now"
            self._told(Difference(name, effect, told), place, at)

    # Properties

    def _properties(self, old: Any, was_at: str, new: Any, at: str, place: Place, depth: int) -> None:
        was = _properties(self._before, old, was_at)
        becomes = _properties(self._after, new, at)
        needed_before, needed = _required(self._before, old), _required(self._after, new)
        for name in was.keys() - becomes.keys():
            schema, _, there = was[name]
            self._removed(self._of(place, name, schema), schema, name in needed_before, there)
        for name, (schema, part, there) in becomes.items():
            inside = self._of(place, name, schema)
            if name not in was and name not in needed_before:
                self._added(inside, schema, name in needed, there)
                continue
            known, known_part, known_at = was.get(name, ({}, {}, was_at))
            self._obligation(inside, schema, name in needed_before, name in needed, there)
            self._direction_of(inside, known, schema, name in needed, there)
            self.compare(known_part, known_at, part, there, inside, depth + 1)
        for name in sorted((needed | needed_before) - was.keys() - becomes.keys()):
            # What has to be there is a property, though nothing else is said of it.
            self._obligation(place.inside(name), {}, name in needed_before, name in needed, at)

    def _of(self, place: Place, name: str, schema: Any) -> Place:
        unseen = "readOnly" if place.direction == "request" else "writeOnly"
        return replace(place.inside(name), is_silent=place.is_silent or schema.get(unseen) is True)

    def _removed(self, place: Place, schema: Any, was_needed: bool, there: str) -> None:
        if place.direction == "request":
            level = Level.COMPATIBLE if place.is_silent or schema.get("deprecated") else Level.UNCLEAR
            self._tell(f"{place.id}-removed", level, place.path, f"{place} was removed", there, True)
            return
        which = "required" if was_needed else "optional"
        is_harmless = place.is_silent or not was_needed or schema.get("deprecated")
        level = Level.COMPATIBLE if is_harmless else Level.BREAKING
        self._tell(f"response-{which}-property-removed", level, place.path, f"{place} was removed", there, True)

    def _added(self, place: Place, schema: Any, is_needed: bool, there: str) -> None:
        which = "required" if is_needed else "optional"
        if place.direction == "request":
            name = f"new-{which}-request-{place.what}"
            level = Level.BREAKING if is_needed and not place.is_silent else Level.COMPATIBLE
            name += "-with-default" if is_needed and "default" in schema else ""
            self._tell(name, level, place.path, f"{place} was added, {which}", there, False)
        else:
            told = f"{place} was added, {which}"
            self._tell(f"response-{which}-property-added", Level.COMPATIBLE, place.path, told, there, False)

    def _obligation(self, place: Place, schema: Any, was_needed: bool, is_needed: bool, there: str) -> None:
        if was_needed == is_needed:
            return
        if is_needed:
            level = Level.BREAKING if place.direction == "request" and not place.is_silent else Level.COMPATIBLE
            name = f"{place.id}-became-required"
            name += "-with-default" if place.direction == "request" and "default" in schema else ""
            self._tell(name, level, place.path, f"{place} became required", there, False)
        else:
            level = Level.BREAKING if place.direction == "response" and not place.is_silent else Level.COMPATIBLE
            self._tell(f"{place.id}-became-optional", level, place.path, f"{place} became optional", there, False)

    def _direction_of(self, place: Place, known: Any, schema: Any, is_needed: bool, there: str) -> None:
        """A property that only one side may set from now on, or no more."""
        for keyword, name in (("readOnly", "read-only"), ("writeOnly", "write-only")):
            was, becomes = known.get(keyword) is True, schema.get(keyword) is True
            if was == becomes:
                continue
            verb = f"became-{name}" if becomes else f"became-not-{name}"
            level = Level.COMPATIBLE
            if place.direction == "request" and keyword == "readOnly":
                level = Level.UNCLEAR if becomes else Level.BREAKING if is_needed else Level.COMPATIBLE
            elif place.direction == "response" and keyword == "writeOnly" and becomes and is_needed:
                level = Level.BREAKING
            told = f"{place} {verb.replace('-', ' ')}"
            self._tell(f"{place.id}-{verb}", level, place.path, told, there, False)

    # What is composed

    def _alternatives(
        self, keyword: str, name: str, old: Any, was_at: str, new: Any, at: str, place: Place, depth: int
    ) -> None:
        was, becomes = list(old.get(keyword) or ()), list(new.get(keyword) or ())
        if bool(was) != bool(becomes):
            self._wrapping(keyword, name, old, new, at, place)
            return
        partners = {index: self._partner(one, becomes) for index, one in enumerate(was)}
        gone = [index for index, partner in partners.items() if partner is None]
        new_ones = [one for one in becomes if self._partner(one, was, self._after, self._before) is None]
        if len(gone) == len(new_ones) == 1 and _is_same_kind(was[gone[0]], new_ones[0]):
            # All others are as they were: what is left of each is one alternative that was changed.
            partners[gone.pop()] = becomes.index(new_ones.pop())
        for index, partner in partners.items():
            if partner is not None:
                there = at + pointer(keyword, partner)
                self.compare(was[index], was_at + pointer(keyword, index), becomes[partner], there, place, depth + 1)
        for _ in gone:
            less = Difference(f"{name}-removed", Effect.NARROWER, f"an alternative of `{keyword}` was removed")
            self._told(less, place, at)
        for _ in new_ones:
            more = Difference(f"{name}-added", Effect.WIDER, f"an alternative of `{keyword}` was added")
            self._told(more, place, at)

    def _partner(
        self, one: object, others: list[Any], mine: Contract | None = None, theirs: Contract | None = None
    ) -> int | None:
        """Which of the other alternatives is the same one: by the name that it refers to, else by what it says."""
        named, said = _name(one), _said(mine or self._before, one)
        for index, other in enumerate(others):
            both_named = named and _name(other)
            if _name(other) == named if both_named else _said(theirs or self._after, other) == said:
                return index
        return None

    def _wrapping(self, keyword: str, name: str, old: Any, new: Any, at: str, place: Place) -> None:
        """A schema that has become alternatives, or the other way round."""
        verb = "added" if keyword in new else "removed"
        whole, part = (old, new) if verb == "added" else (new, old)
        mine, theirs = (self._before, self._after) if verb == "added" else (self._after, self._before)
        bare = {key: value for key, value in whole.items() if key != keyword}
        taking = sum(_takes_all_of(mine, bare, theirs, one) for one in part[keyword])
        # Where one of the alternatives takes all that the schema does, there are more values, or fewer; else others.
        # What two of them take, no `oneOf` does.
        is_kept = taking == 1 or (taking > 1 and (keyword, verb) != ("oneOf", "added"))
        effect = (Effect.WIDER if verb == "added" else Effect.NARROWER) if is_kept else Effect.OTHER
        self._told(Difference(f"{name}-{verb}", effect, f"`{keyword}` was {verb}"), place, at)

    def _parts(self, old: Any, new: Any, at: str, place: Place) -> None:
        """What was put into an `allOf`, or taken out; what it says is compared with the rest."""
        was = [_said(self._before, one) for one in old.get("allOf") or ()]
        becomes = [_said(self._after, one) for one in new.get("allOf") or ()]
        for verb, some, others in (("added", becomes, was), ("removed", was, becomes)):
            if any(one not in others for one in some):
                self._told(Difference(f"all-of-{verb}", Effect.NONE, f"a part of `allOf` was {verb}"), place, at)


def is_scalar(contract: Contract, schema: Any) -> bool:
    """Whether a value is neither a list nor an object, as far as its type tells."""
    followed, _ = _followed(contract, schema, "")
    named = types(_merged(contract, followed)) if isinstance(followed, dict) else None
    return named is not None and not named & {"array", "object"}


def _followed(contract: Contract, schema: Any, at: str) -> tuple[Any, str]:
    """What a schema refers to, and where that stands; the schema itself where it says more beside its `$ref`."""
    says_more = isinstance(schema, dict) and "$ref" in schema and not schema.keys() <= _PROSE | {"$ref", "summary"}
    if says_more and contract.document.is_json_schema:
        return schema, at
    try:
        found: tuple[Any, str] = contract.document.follow(schema, at)
    except LookupError:
        return {}, at
    return found


def _properties(contract: Contract, schema: Any, at: str) -> dict[str, tuple[dict[str, Any], Any, str]]:
    """The properties: what each says, how it stands there, and its pointer."""
    parts = {name: part for name, part, _ in parts_of(contract.document, schema, at)}
    told = properties_of(contract.document, schema, at)
    return {name: (schema, parts[name], there) for name, schema, there in told}


def _merged(contract: Contract, schema: Any) -> dict[str, Any]:
    """The schema with the keywords of what it is put together of by `allOf`; its own come first."""
    if not isinstance(schema, dict):
        return {}
    schema = _unwrapped(contract, schema)
    merged: dict[str, Any] = {}
    for part in _parts(contract, schema, set()):
        merged = {**part, **merged}
    return {**merged, **({"properties": schema["properties"]} if "properties" in schema else {}), **_all_of(schema)}


def _unwrapped(contract: Contract, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema that is one thing or null, as that thing which may be null: so generators write it for 3.1."""
    for keyword in _COMPOSED:
        alternatives = schema.get(keyword)
        if not isinstance(alternatives, list) or len(alternatives) != 2:
            continue
        real = [one for one in alternatives if one != {"type": "null"}]
        inner = _followed(contract, real[0], "")[0] if len(real) == 1 else None
        if isinstance(inner, dict):
            rest = {key: value for key, value in schema.items() if key != keyword}
            return {**inner, **rest, "nullable": True}
    return schema


def _all_of(schema: dict[str, Any]) -> dict[str, Any]:
    return {"allOf": schema["allOf"]} if "allOf" in schema else {}


def _parts(contract: Contract, schema: dict[str, Any], seen: set[int]) -> Iterator[dict[str, Any]]:
    if id(schema) in seen:
        return
    seen.add(id(schema))
    yield {key: value for key, value in schema.items() if key not in ("properties", "allOf", "$ref")}
    referred = [{"$ref": schema["$ref"]}] if "$ref" in schema else []  # more is said beside it, as OpenAPI 3.1 allows
    for part in (*referred, *(schema.get("allOf") or ())):
        try:
            resolved = contract.resolve(part)
        except LookupError:
            continue
        if isinstance(resolved, dict):
            yield from _parts(contract, resolved, seen)


def _required(contract: Contract, schema: dict[str, Any]) -> set[str]:
    needed: set[str] = set()
    for part in _parts(contract, schema, set()):
        named = part.get("required")
        needed.update(named if isinstance(named, list) else ())
    return needed


_PROSE = frozenset({"title", "description", "example", "examples", "externalDocs"})


def _name(schema: Any) -> str:
    return str(schema.get("$ref", "")) if isinstance(schema, dict) else ""


def _takes_all_of(contract: Contract, schema: Any, other_contract: Contract, other: object) -> bool:
    """Whether what is valid by a schema is valid by another one too."""
    levels: list[Level] = []
    trial = SchemaComparison(contract, other_contract, lambda _id, level, *_: levels.append(level))
    trial.compare(schema, "", other, "", Place("request", "body", ""))
    return all(level is Level.COMPATIBLE for level in levels)


def _is_same_kind(one: object, other: object) -> bool:
    """Whether an alternative may be another one changed: neither goes by a name, nor is of another type."""
    if _name(one) or _name(other) or not isinstance(one, dict) or not isinstance(other, dict):
        return False
    return types(one) is None or types(other) is None or types(one) == types(other)


def _as_written(difference: Difference, old: Any, new: Any) -> Difference:
    """A change of type, as who writes the value as text meets it: every number is a text, too."""
    was, becomes = types(old), types(new)
    is_of_type = difference.id in ("type-changed", "type-specialized")
    if not is_of_type or was is None or was & {"array", "object"} or "string" not in (becomes or ()):
        return difference
    return Difference("type-generalized", Effect.WIDER, f"its type is {' or '.join(sorted(becomes or ()))} now")


def _said(contract: Contract, schema: Any) -> Any:
    """What two alternatives are told apart by: what they say, without prose."""
    try:
        schema = contract.resolve(schema)
    except LookupError:
        return schema
    return {key: value for key, value in schema.items() if key not in _PROSE} if isinstance(schema, dict) else schema
