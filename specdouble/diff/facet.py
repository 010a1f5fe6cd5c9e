"""The keywords of a schema that can be compared alone: each takes values away, or lets more of them in.

JSON Schema draft 2020-12, "A Vocabulary for Structural Validation"; OpenAPI 3.0's `nullable` and boolean
`exclusiveMinimum` are read as what they mean there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from specdouble.contract.json_type import JSON


class Effect(Enum):
    """What a change does to the values that are valid."""

    NARROWER = "narrower"
    WIDER = "wider"
    OTHER = "other"  # some are valid no more, and others are
    UNKNOWN = "unknown"  # nobody can tell without trying values
    NONE = "none"


class Difference(NamedTuple):
    """How one keyword differs: the words for its id, what it does, and a sentence's end."""

    id: str
    effect: Effect
    message: str


Schema = Mapping[str, Any]
_UPPER = {
    "maximum": "max", "exclusiveMaximum": "exclusive-max", "maxLength": "max-length", "maxItems": "max-items",
    "maxProperties": "max-properties", "maxContains": "max-contains",
}  # fmt: skip
_LOWER = {
    "minimum": "min", "exclusiveMinimum": "exclusive-min", "minLength": "min-length", "minItems": "min-items",
    "minProperties": "min-properties", "minContains": "min-contains",
}  # fmt: skip
# What is told by its being there: a demand more is narrower, whatever it says.
_DEMANDS = {
    "not": "not", "if": "if", "then": "then", "else": "else", "contains": "contains", "propertyNames": "property-names",
    "dependentRequired": "dependent-required", "dependentSchemas": "dependent-schemas",
    "patternProperties": "pattern-properties", "unevaluatedProperties": "unevaluated-properties",
    "unevaluatedItems": "unevaluated-items", "contentMediaType": "content-media-type",
    "contentEncoding": "content-encoding", "contentSchema": "content-schema", "format": "format",
}  # fmt: skip

# Schemas in a schema: the more one takes, the more does the whole. By what a message calls what is held.
HELD = {
    "then": "", "else": "", "contains": "*", "contentSchema": "", "propertyNames": "", "unevaluatedProperties": "*",
    "unevaluatedItems": "*", "additionalProperties": "*",
}  # fmt: skip
HELD_BY_NAME = ("dependentSchemas", "patternProperties")

_EXTENSIBLE = "x-extensible-enum"  # of Zalando's guidelines, and known to other tools


def differences(before: Schema, after: Schema) -> Iterator[Difference]:
    """How two schemas differ, keyword by keyword; what is inside of them is left to whoever asks."""
    yield from _type(before, after)
    yield from _nullable(before, after)
    yield from _enum(before, after)
    yield from _const(before, after)
    yield from _bounds(_bounded(before), _bounded(after))
    yield from _pattern(before, after)
    yield from _multiple(before, after)
    yield from _unique(before, after)
    yield from _demands(before, after)
    yield from _extensible(before, after)
    yield from _default(before, after)
    yield from _deprecated(before, after)
    yield from _discriminator(before, after)


def types(schema: Schema) -> frozenset[str] | None:
    """The types that a schema allows but for `null`; None where it allows any."""
    named = schema.get("type")
    if named is None:
        return None
    return frozenset(named if isinstance(named, list) else [named]) - {"null"}


def is_nullable(schema: Schema) -> bool:
    """Whether `null` is allowed, as OpenAPI 3.0 or as JSON Schema says it."""
    named = schema.get("type")
    return schema.get("nullable") is True or (isinstance(named, list) and "null" in named)


def _type(before: Schema, after: Schema) -> Iterator[Difference]:
    was, becomes = types(before), types(after)
    if was == becomes:
        return
    told = f"from {_listed(was)} to {_listed(becomes)}"
    if becomes is None or (was is not None and _widened(becomes) >= _widened(was)):
        yield Difference("type-generalized", Effect.WIDER, f"its type was generalized {told}")
    elif was is None or _widened(was) >= _widened(becomes):
        yield Difference("type-specialized", Effect.NARROWER, f"its type was specialized {told}")
    else:
        yield Difference("type-changed", Effect.OTHER, f"its type was changed {told}")


def _widened(named: frozenset[str]) -> frozenset[str]:
    return named | {"integer"} if "number" in named else named


def _listed(named: frozenset[str] | None) -> str:
    return "any" if named is None else " or ".join(sorted(named)) or "null"


def _nullable(before: Schema, after: Schema) -> Iterator[Difference]:
    if types(before) is None or types(after) is None or is_nullable(before) == is_nullable(after):
        return
    if is_nullable(after):
        yield Difference("became-nullable", Effect.WIDER, "it may be null now")
    else:
        yield Difference("became-not-nullable", Effect.NARROWER, "it may be null no more")


def _enum(before: Schema, after: Schema) -> Iterator[Difference]:
    was, becomes = before.get("enum"), after.get("enum")
    if was == becomes:
        return
    if not isinstance(was, list):
        yield Difference("became-enum", Effect.NARROWER, f"it is one of {becomes} now")
    elif not isinstance(becomes, list):
        yield Difference("became-not-enum", Effect.WIDER, "it may be any value now")
    else:
        for value in was:
            if value not in becomes:
                yield Difference("enum-value-removed", Effect.NARROWER, f"it may be {value!r} no more")
        for value in becomes:
            if value not in was:
                yield Difference("enum-value-added", Effect.WIDER, f"it may be {value!r} now")


def _extensible(before: Schema, after: Schema) -> Iterator[Difference]:
    """`x-extensible-enum`: what is listed is known, and more may come."""
    was, becomes = before.get(_EXTENSIBLE), after.get(_EXTENSIBLE)
    if not isinstance(was, list) or not isinstance(becomes, list):
        return
    for value in was:
        if value not in becomes:
            told = f"`{_EXTENSIBLE}` lists {value!r} no more"
            yield Difference(f"{_EXTENSIBLE}-value-removed", Effect.NARROWER, told)


def _discriminator(before: Schema, after: Schema) -> Iterator[Difference]:
    was, becomes = before.get("discriminator"), after.get("discriminator")
    if was != becomes:
        verb = "added" if was is None else "removed" if becomes is None else "changed"
        yield Difference(f"discriminator-{verb}", Effect.NONE, f"its discriminator was {verb}")


def _const(before: Schema, after: Schema) -> Iterator[Difference]:
    yield from _demand("const", "const", before, after)


def _bounded(schema: Schema) -> Schema:
    """The schema with its exclusive bounds as numbers: in OpenAPI 3.0 they are a flag beside the inclusive one."""
    told = dict(schema)
    for exclusive, inclusive in (("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")):
        flag = told.get(exclusive)
        if isinstance(flag, bool):
            del told[exclusive]
            if flag and inclusive in told:
                told[exclusive] = told.pop(inclusive)
    return told


def _bounds(before: Schema, after: Schema) -> Iterator[Difference]:
    for keyword, name in _UPPER.items():
        yield from _bound(name, before.get(keyword), after.get(keyword), lambda was, becomes: becomes < was)
    for keyword, name in _LOWER.items():
        yield from _bound(name, before.get(keyword), after.get(keyword), lambda was, becomes: becomes > was)


def _bound(name: str, was: JSON, becomes: JSON, is_narrower: Callable[[Any, Any], bool]) -> Iterator[Difference]:
    if was == becomes:
        return
    if was is None:
        # `minLength: 0` demands nothing.
        is_empty = becomes == 0 and name.startswith("min-") and name != "min"
        yield Difference(f"{name}-set", Effect.NONE if is_empty else Effect.NARROWER, f"{name} was set to {becomes}")
    elif becomes is None:
        yield Difference(f"{name}-unset", Effect.WIDER, f"{name} {was} was taken away")
    elif isinstance(was, int | float) and isinstance(becomes, int | float):
        verb = "increased" if becomes > was else "decreased"
        effect = Effect.NARROWER if is_narrower(was, becomes) else Effect.WIDER
        yield Difference(f"{name}-{verb}", effect, f"{name} was {verb} from {was} to {becomes}")


def _pattern(before: Schema, after: Schema) -> Iterator[Difference]:
    was, becomes = before.get("pattern") or None, after.get("pattern") or None  # an empty one matches everything
    if was == becomes:
        return
    if was is None:
        yield Difference("pattern-added", Effect.NARROWER, f"it has to match {becomes} now")
    elif becomes is None:
        yield Difference("pattern-removed", Effect.WIDER, f"it need not match {was} any more")
    elif becomes in (".*", "^.*$"):
        yield Difference("pattern-generalized", Effect.WIDER, f"its pattern {was} was generalized to {becomes}")
    else:
        yield Difference("pattern-changed", Effect.UNKNOWN, f"its pattern was changed from {was} to {becomes}")


def _multiple(before: Schema, after: Schema) -> Iterator[Difference]:
    was, becomes = before.get("multipleOf"), after.get("multipleOf")
    if was == becomes:
        return
    if was is None:
        yield Difference("multiple-of-set", Effect.NARROWER, f"it has to be a multiple of {becomes} now")
        return
    if becomes is None:
        yield Difference("multiple-of-unset", Effect.WIDER, f"it need not be a multiple of {was} any more")
        return
    how, effect = "changed", Effect.OTHER
    if _divides(becomes, was):
        how, effect = "generalized", Effect.WIDER
    elif _divides(was, becomes):
        how, effect = "specialized", Effect.NARROWER
    yield Difference(f"multiple-of-{how}", effect, f"it has to be a multiple of {becomes}, not of {was}")


def _divides(divisor: Any, number: Any) -> bool:
    both_whole = isinstance(divisor, int) and isinstance(number, int)
    return both_whole and divisor > 0 and number % divisor == 0


def _unique(before: Schema, after: Schema) -> Iterator[Difference]:
    was, becomes = bool(before.get("uniqueItems")), bool(after.get("uniqueItems"))
    if becomes and not was:
        yield Difference("unique-items-set", Effect.NARROWER, "its items have to be unique now")
    elif was and not becomes:
        yield Difference("unique-items-unset", Effect.WIDER, "its items need not be unique any more")


def _demands(before: Schema, after: Schema) -> Iterator[Difference]:
    for keyword, name in _DEMANDS.items():
        yield from _demand(keyword, name, before, after)
    if ("prefixItems" in before) != ("prefixItems" in after):
        verb = "added" if "prefixItems" in after else "removed"
        yield Difference(f"prefix-items-{verb}", Effect.UNKNOWN, f"`prefixItems` was {verb}")
    yield from _closing(before, after)


def _demand(keyword: str, name: str, before: Schema, after: Schema) -> Iterator[Difference]:
    if _is_asked(before, keyword) == _is_asked(after, keyword) and before.get(keyword) == after.get(keyword):
        return
    if not _is_asked(before, keyword):
        yield Difference(f"{name}-added", Effect.NARROWER, f"`{keyword}` was added: {_short(after[keyword])}")
    elif not _is_asked(after, keyword):
        yield Difference(f"{name}-removed", Effect.WIDER, f"`{keyword}` was removed: {_short(before[keyword])}")
    elif not _is_compared_within(keyword, before[keyword], after[keyword]):
        told = f"`{keyword}` was changed from {_short(before[keyword])} to {_short(after[keyword])}"
        yield Difference(f"{name}-changed", Effect.OTHER, told)


def _is_compared_within(keyword: str, was: object, becomes: object) -> bool:
    """Whether all that has changed is inside of the schemas that a keyword holds."""
    if not isinstance(was, dict) or not isinstance(becomes, dict):
        return False
    return keyword in HELD or (keyword in HELD_BY_NAME and was.keys() == becomes.keys())


def _is_asked(schema: Schema, keyword: str) -> bool:
    """Whether a keyword is there, and asks for something: what is `true` lets everything in."""
    return keyword in schema and (keyword == "const" or schema[keyword] is not True)


def _closing(before: Schema, after: Schema) -> Iterator[Difference]:
    was, becomes = before.get("additionalProperties", True), after.get("additionalProperties", True)
    if was is not False and becomes is False:
        yield Difference("additional-properties-forbidden", Effect.NARROWER, "it may have no other properties any more")
    elif was is False and becomes is not False:
        yield Difference("additional-properties-allowed", Effect.WIDER, "it may have other properties now")


def _default(before: Schema, after: Schema) -> Iterator[Difference]:
    if before.get("default") == after.get("default") and ("default" in before) == ("default" in after):
        return
    if "default" not in before:
        yield Difference("default-value-added", Effect.NONE, f"its default is {_short(after['default'])} now")
    elif "default" not in after:
        yield Difference("default-value-removed", Effect.NONE, f"its default {_short(before['default'])} is gone")
    else:
        told = f"its default was changed from {_short(before['default'])} to {_short(after['default'])}"
        yield Difference("default-value-changed", Effect.NONE, told)


def _deprecated(before: Schema, after: Schema) -> Iterator[Difference]:
    was, becomes = before.get("deprecated") is True, after.get("deprecated") is True
    if becomes and not was:
        yield Difference("deprecated", Effect.NONE, "it is deprecated now")
    if was and not becomes:
        yield Difference("reactivated", Effect.NONE, "it is deprecated no more")


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
