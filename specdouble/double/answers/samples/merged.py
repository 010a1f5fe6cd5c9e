"""A schema of draft 2020-12 as one mapping: what `$ref` leads to and what `allOf` lists, merged into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from specdouble.contract.json_type import JSON, Schema

Definition = Callable[[str], JSON]
_LEAST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
_MOST = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")
_BOTH = ("items", "additionalProperties", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties")


class Merged(dict[str, JSON]):
    """A schema without `$ref`, `allOf`, `oneOf`, `anyOf` and `if`.

    `choices` holds what the last three leave open: for each a list of schemas of which one may be taken.
    `required` is a mapping of the names to None. What was made in merging is `own`, by identity: it is added to in
    place, for an `allOf` may have thirty thousand parts.
    """

    choices: list[list[JSON]]
    references: set[str]
    never: bool
    own: dict[int, JSON]


def merged(schema: JSON, definition: Definition) -> Merged:
    """The schema as one mapping.

    Args:
        schema: a schema; `true` is an empty one.
        definition: gives the schema that a `$ref` leads to.
    """
    whole = Merged()
    whole.choices, whole.references, whole.never, whole.own = [], set(), False, {}
    _add(whole, schema, definition)
    return whole


def with_choice(whole: Merged, picks: list[JSON], definition: Definition) -> Merged:
    """The schema with one of each of its choices merged in."""
    taken = Merged(whole)
    taken.choices, taken.references, taken.never, taken.own = [], {*whole.references}, whole.never, {}
    for pick in picks:
        _add(taken, pick, definition)
    return taken


def kinds(schema: Schema) -> list[str]:
    """The types that the schema allows; those that its keywords speak of where it names none."""
    named = schema.get("type")
    if named is not None:
        return list(named) if isinstance(named, list) else [named]
    for kind, keywords in _SPEAKS_OF.items():
        if any(keyword in schema for keyword in keywords):
            return [kind]
    return []


_SPEAKS_OF = {
    "object": ("properties", "required", "patternProperties", "minProperties", "maxProperties", "dependentRequired"),
    "array": ("items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems"),
    "string": ("pattern", "format", "minLength", "maxLength"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


Join = Callable[[Merged, JSON, JSON], JSON]


def _add(whole: Merged, schema: JSON, definition: Definition) -> None:
    if schema is False:
        whole.never = True
    if not isinstance(schema, dict):
        return
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in whole.references:
        whole.references.add(reference)
        _add(whole, definition(reference), definition)
    for keyword, value in schema.items():
        _add_keyword(whole, keyword, value)
    for part in schema.get("allOf", ()):
        _add(whole, part, definition)
    whole.choices += _choices(schema)


def _choices(schema: dict[str, JSON]) -> Iterator[list[JSON]]:
    """What the schema leaves open, each a list of which one has to be met."""
    for keyword in ("oneOf", "anyOf"):
        if schema.get(keyword):
            yield list(schema[keyword])
    if "if" in schema:
        yield [{"allOf": [schema["if"], schema.get("then", True)]}, schema.get("else", True)]


def _add_keyword(whole: Merged, keyword: str, value: JSON) -> None:
    if keyword in ("$ref", "allOf", "oneOf", "anyOf", "if", "then", "else"):
        return
    if keyword == "required":
        value = {name: None for name in value if isinstance(name, str)}
    old = whole.get(keyword)
    if old is None or old == value:
        whole[keyword] = value
    elif keyword in _JOIN:
        whole[keyword] = _JOIN[keyword](whole, old, value)
    # Of two others the outer one is the closer one; whether both are met is seen when the value is validated.


def _joined(whole: Merged, old: dict[str, JSON], value: dict[str, JSON]) -> dict[str, JSON]:
    """Both mappings of schemas; under a name that stands in both, both schemas."""
    joined = _owned(whole, old)
    for name, schema in value.items():
        joined[name] = _both(whole, joined[name], schema) if name in joined else schema
    return joined


def _added(whole: Merged, old: dict[str, None], value: dict[str, None]) -> dict[str, None]:
    joined = _owned(whole, old)
    joined.update(value)
    return joined


def _demanded(whole: Merged, old: dict[str, list[str]], value: dict[str, list[str]]) -> dict[str, list[str]]:
    """Both mappings from a name to those that it demands."""
    joined = _owned(whole, old)
    for name, others in value.items():
        joined[name] = [*joined.get(name, ()), *others]
    return joined


def _both(whole: Merged, old: JSON, value: JSON) -> dict[str, JSON]:
    return _listed(whole, "allOf", old, value)


def _either(whole: Merged, old: JSON, value: JSON) -> dict[str, JSON]:
    return _listed(whole, "anyOf", old, value)


def _listed(whole: Merged, keyword: str, old: JSON, value: JSON) -> dict[str, JSON]:
    """A schema that lists both: one list however many come together, for a list in a list would end the stack."""
    if id(old) in whole.own:
        old[keyword].append(value)
        return old  # type: ignore[no-any-return]
    both = {keyword: [old, value]}
    whole.own[id(both)] = both
    return both


def _owned(whole: Merged, value: dict[str, JSON]) -> dict[str, JSON]:
    """The mapping itself where it was made in merging, else a copy of it."""
    if id(value) in whole.own:
        return value
    copy = dict(value)
    whole.own[id(copy)] = copy
    return copy


def _bound(choose: Callable[[JSON, JSON], JSON]) -> Join:
    numbers = int | float
    return lambda _, old, value: choose(old, value) if isinstance(old, numbers) and isinstance(value, numbers) else old


def _common(_: Merged, one: JSON, other: JSON) -> list[str]:
    """The types that both schemas allow; every integer is a number."""
    one = one if isinstance(one, list) else [one]
    other = other if isinstance(other, list) else [other]
    found = [kind for kind in one if kind in other]
    either = one + other
    if "integer" in either and "number" in either and "integer" not in found:
        found.append("integer")
    return found


def _in_both(_: Merged, old: list[JSON], value: list[JSON]) -> list[JSON]:
    """The values of an `enum` that stand in the other too; texts and numbers are looked up."""
    # An enum may have ten thousand values: what has a hash is not compared with each.
    hashed: set[JSON] = set()
    others: list[JSON] = []
    for one in value:
        if isinstance(one, dict | list):
            others.append(one)
        else:
            hashed.add(one)
    return [one for one in old if one in (others if isinstance(one, dict | list) else hashed)]


_JOIN: dict[str, Join] = {
    **dict.fromkeys(("properties", "patternProperties", "dependentSchemas"), _joined),
    **dict.fromkeys(_LEAST, _bound(min)),
    **dict.fromkeys(_MOST, _bound(max)),
    **dict.fromkeys(_BOTH, _both),
    "dependentRequired": _demanded,
    "required": _added,
    "enum": _in_both,
    "not": _either,
    "type": _common,
}
