"""Values of a schema: realistic by name and format, the same each time for the same source of chance.

A value is proposed, never promised: `sample` validates it, and asks anew with the places that were wrong.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from random import Random
from typing import Any

from specdouble.contract.json_type import JSON
from specdouble.contract.pattern import matches
from specdouble.double.answers.samples.merged import Definition, Merged, kinds, merged, with_choice
from specdouble.double.answers.samples.wording import Wording
from specdouble.double.state.pattern import matching

Place = tuple[str | int, ...]
MISSING: Any = object()  # there is no value: null is one
_RICH = 3  # levels down to which optional properties are filled in
_DEEPEST = 24  # levels of a value: what is deeper can only be a circle
_TRIES = 12  # for an item that an array does not have yet
_MOST_INSIDE = 2000  # items or properties that are made for one value; a schema may demand a million
HOPELESS = 20  # troubles, after which a place is left out: the schema may be met without what cannot be made
_MOST = 1500  # values; beyond, what is optional is left out


class Effort:
    """How many values may still be made for one sample: lists of lists of lists multiply."""

    def __init__(self) -> None:
        self.left = 50_000


class Values:
    """Proposes a value for a schema.

    Args:
        definition: gives the schema that a `$ref` leads to.
        random: makes the choices.
        wording: writes texts, from the same source.
        troubles: how often each place was wrong before: another choice is made there.
        effort: how many values may be made; beyond, there are none.
        uses_examples: whether examples and defaults are used.

    `examples` tells which values are examples of the schema's own, `impossible` which required ones cannot be made.
    """

    def __init__(
        self,
        definition: Definition,
        random: Random,
        wording: Wording,
        troubles: Mapping[Place, int],
        effort: Effort,
        uses_examples: bool = True,
    ) -> None:
        self._definition = definition
        self._random = random
        self._wording = wording
        self._troubles = troubles
        self._effort = effort
        self._uses_examples = uses_examples
        self._made = 0
        self._others: list[JSON] = []  # the alternatives that the choice at hand has not taken
        self.examples: set[Place] = set()
        self.impossible: list[Place] = []

    def value(self, schema: JSON, place: Place = (), above: frozenset[str] = frozenset()) -> JSON:
        """A value for the schema; MISSING where there can be none, or none of a bounded depth.

        Args:
            schema: the schema.
            place: where the value stands; its last name tells what it is about.
            above: the references that led here, to see a circle.
        """
        self._made += 1
        self._effort.left -= 1
        trouble = self._troubles.get(place, 0)
        if self._effort.left < 0 or (trouble >= HOPELESS and place):
            return MISSING
        whole = merged(schema, self._definition)
        if trouble == 0 and self._uses_examples:
            given = self._given(whole)
            if given is not MISSING:
                self.examples.add(place)
                return given
        whole, minimal = self._chosen(whole, trouble, above)
        if whole.never or len(place) > _DEEPEST:
            return MISSING
        if "const" in whole:
            return deepcopy(whole["const"])
        if "enum" in whole:
            return self._one_of(whole, trouble)
        others, self._others = self._others, []
        value = self._of_kind(self._kind(whole, trouble), whole, place, above | whole.references, minimal)
        # Every alternative has been tried by itself: perhaps the value fits too many of a `oneOf`.
        if trouble > len(others) > 0 and isinstance(value, dict) and trouble % 3 == 0:
            self._set_apart(value, whole, others)
        return value

    def _given(self, whole: Merged) -> JSON:
        """The schema's own example or default, when there is one."""
        examples = whole.get("examples")
        candidates = [*examples] if isinstance(examples, list) else []
        if whole.get("default") is not None:
            candidates.append(whole["default"])
        for candidate in candidates:
            value = _fitting(candidate, kinds(whole))
            if value is not MISSING and value not in ({}, []):
                return deepcopy(value)
        return MISSING

    def _chosen(self, whole: Merged, trouble: int, above: frozenset[str]) -> tuple[Merged, bool]:
        """One of each of the schema's alternatives, another with each trouble; and whether to leave options out."""
        rounds = trouble
        for _ in range(8):
            if not whole.choices:
                break
            picks = []
            for options in whole.choices:
                ranked = sorted(options, key=lambda option: self._rank(option, above))
                pick = ranked[rounds % len(ranked)]
                picks.append(pick)
                self._others = [option for option in options if option is not pick]
                rounds //= len(ranked)
            whole = with_choice(whole, picks, self._definition)
        # Once each alternative has had its turn, all have another one, with nothing that may be left out.
        has_alternatives = rounds != trouble
        if has_alternatives:
            return whole, rounds % 2 == 1
        return whole, trouble >= 2 and trouble % 2 == 0

    def _set_apart(self, value: dict[str, JSON], whole: Merged, others: list[JSON]) -> None:
        """Where open schemas stand in a `oneOf`, a value fits several: what only the others name is made wrong."""
        own = whole.get("properties") or {}
        for other in others:
            for name, schema in (merged(other, self._definition).get("properties") or {}).items():
                if name not in value and name not in own:
                    takes_texts = "string" in kinds(merged(schema, self._definition))
                    value[name] = 0 if takes_texts else "none"
                    break

    @staticmethod
    def _rank(option: JSON, above: frozenset[str]) -> int:
        """What says something goes before null, and null before a circle."""
        if not isinstance(option, dict):
            return 0
        return 2 if option.get("$ref") in above else int(option.get("type") == "null")

    def _one_of(self, whole: Merged, trouble: int) -> JSON:
        """A value of an `enum`; nothing is the last that is taken."""
        allowed = kinds(whole)
        fitting = [one for one in whole["enum"] if not allowed or _is_of(one, allowed)]
        choices = [one for one in fitting if one not in (None, "")] or fitting
        return deepcopy(choices[trouble % len(choices)]) if choices else MISSING

    def _kind(self, whole: Merged, trouble: int) -> str:
        allowed = kinds(whole)
        if not allowed:
            return "any"
        ranked = sorted(allowed, key=lambda kind: kind == "null")
        return ranked[(trouble // 3) % len(ranked)]

    def _of_kind(self, kind: str, whole: Merged, place: Place, above: frozenset[str], minimal: bool) -> JSON:
        # The items of an array are about what the array is about.
        name = next((part for part in reversed(place) if isinstance(part, str)), "")
        if kind == "object":
            return self._object(whole, place, above, minimal)
        if kind == "array":
            return self._array(whole, place, above, minimal)
        if kind in ("integer", "number"):
            return self._number(whole, name, kind == "integer")
        if kind == "boolean":
            # A document that says it is gone would be none to show.
            return not name.startswith(("is_deleted", "deleted", "archived", "disabled"))
        return None if kind == "null" else self._text(whole, name)

    # Objects and arrays

    def _object(self, whole: Merged, place: Place, above: frozenset[str], minimal: bool) -> JSON:
        properties: Mapping[str, JSON] = whole.get("properties") or {}
        required: Mapping[str, None] = whole.get("required") or {}
        if whole.get("minProperties", 0) > _MOST_INSIDE:
            return MISSING
        found: dict[str, JSON] = {}
        declared = [name for name in properties if name in required]
        for name in dict.fromkeys([*declared, *required]):
            self._add(found, name, self._property(whole, name), place, above)
            if name not in found:
                self.impossible.append((*place, name))
                return MISSING
        for name in self._optional(whole, place, above, minimal):
            self._add(found, name, properties[name], place, above)
        self._add_dependent(whole, found, place, above)
        self._fill_up(whole, found, place, above)
        ordered = {name: found[name] for name in properties if name in found}
        return {**ordered, **found}

    def _add(self, found: dict[str, JSON], name: str, schema: JSON, place: Place, above: frozenset[str]) -> None:
        """Add a property with a value of its schema, where there is one."""
        value = self.value(schema, (*place, name), above)
        if value is not MISSING:
            found[name] = value

    def _property(self, whole: Merged, name: str) -> JSON:
        """The schema of a property, which may be named by a pattern alone, or not at all."""
        properties = whole.get("properties") or {}
        if name in properties:
            return properties[name]
        for pattern, schema in (whole.get("patternProperties") or {}).items():
            if matches(pattern, name):
                return schema
        return whole.get("additionalProperties", True)

    def _optional(self, whole: Merged, place: Place, above: frozenset[str], minimal: bool) -> list[str]:
        if minimal or len(place) >= 2 * _RICH or self._made > _MOST:
            return []
        required: Mapping[str, None] = whole.get("required") or {}
        forbidden = _forbidden(whole.get("not"))
        names = []
        for name, schema in (whole.get("properties") or {}).items():
            is_open = name not in required and name not in forbidden and not isinstance(schema, bool)
            if not is_open or self._leads_to(schema, above):
                continue
            # Far down, only what is small is worth its place.
            if len(place) < _RICH or not self._is_large(schema):
                names.append(name)
        most = whole.get("maxProperties")
        return names if most is None else names[: max(0, int(most) - len(required))]

    def _leads_to(self, schema: JSON, above: frozenset[str]) -> bool:
        """Whether an optional property leads into a circle."""
        if not isinstance(schema, dict):
            return False
        inner = schema["items"] if isinstance(schema.get("items"), dict) else schema
        parts = (inner, *inner.get("allOf", ()))
        return any(isinstance(part, dict) and part.get("$ref") in above for part in parts)

    def _is_large(self, schema: JSON) -> bool:
        whole = merged(schema, self._definition)
        return bool(whole.choices) or not {"object", "array"}.isdisjoint(kinds(whole))

    def _add_dependent(self, whole: Merged, found: dict[str, JSON], place: Place, above: frozenset[str]) -> None:
        """Add what the properties that are there demand beside them."""
        for name, others in (whole.get("dependentRequired") or {}).items():
            if name not in found:
                continue
            for other in others:
                if other not in found:
                    self._add(found, other, self._property(whole, other), place, above)
        for name, schema in (whole.get("dependentSchemas") or {}).items():
            if name in found:
                more = self.value({"allOf": [{"type": "object"}, schema]}, place, above)
                if more is not MISSING:
                    found.update({**more, **found})

    def _fill_up(self, whole: Merged, found: dict[str, JSON], place: Place, above: frozenset[str]) -> None:
        """Properties that nothing names: as many as there must be, and one where there is nothing else."""
        additional = whole.get("additionalProperties", whole.get("unevaluatedProperties"))
        patterns = whole.get("patternProperties") or {}
        properties = whole.get("properties") or {}
        wanted = whole.get("minProperties", 0)
        if not found and not properties and (isinstance(additional, dict) or patterns):
            wanted = max(wanted, 1)
        for name, schema in properties.items():
            if len(found) < wanted and name not in found:
                self._add(found, name, schema, place, above)
        if additional is False and not patterns:
            return
        unnamed = (None, True if additional is None else additional)
        pattern, schema = next(iter(patterns.items()), unnamed)
        for _ in range(4 * wanted):  # chance may choose a name twice, or one that cannot be
            if len(found) >= wanted:
                break
            self._add(found, self._name(whole, pattern), schema, place, above)

    def _name(self, whole: Merged, pattern: str | None) -> str:
        if pattern is not None:
            return matching(pattern, self._random) or self._wording.word()
        names = merged(whole.get("propertyNames", True), self._definition)
        if "enum" in names:
            return str(self._random.choice(names["enum"]))
        return str(self._text(names, "")) if names else self._wording.word()

    def _array(self, whole: Merged, place: Place, above: frozenset[str], minimal: bool) -> JSON:
        least = int(whole.get("minItems", 0))
        if least > _MOST_INSIDE:
            return MISSING
        is_unique = bool(whole.get("uniqueItems"))
        found: list[JSON] = []
        for index in range(self._length(whole, least, place, above, minimal)):
            schema = self._item_schema(whole, index)
            for again in range(_TRIES if is_unique else 1):
                value = self._item(schema, (*place, index), above, again)
                if value is MISSING:
                    return found if len(found) >= least else MISSING
                if not is_unique or value not in found:
                    found.append(value)
                    break
            else:
                break  # there are no others
        return found

    def _length(self, whole: Merged, least: int, place: Place, above: frozenset[str], minimal: bool) -> int:
        """How many items an array gets: one or two where nothing says how many."""
        prefix, items = whole.get("prefixItems") or [], whole.get("items", True)
        is_sparse = minimal or len(place) >= 2 * _RICH or self._made > _MOST
        wanted = least if is_sparse else max(least, 1 if place else 2)
        if not minimal:
            wanted = max(wanted, len(prefix))
        if whole.get("contains") is not None:
            wanted = max(wanted, int(whole.get("minContains", 1)))
        if wanted > least and items is False:
            wanted = max(least, len(prefix))
        elif wanted > least and self._leads_to({"items": items}, above):
            wanted = least
        return int(min(wanted, whole.get("maxItems", _MOST_INSIDE), _MOST_INSIDE))

    @staticmethod
    def _item_schema(whole: Merged, index: int) -> JSON:
        prefix, items = whole.get("prefixItems") or [], whole.get("items", True)
        if index < len(prefix):
            return prefix[index]
        contains = whole.get("contains")
        if contains is not None and index < int(whole.get("minContains", 1)):
            return {"allOf": [contains, items]}
        return items

    def _item(self, schema: JSON, place: Place, above: frozenset[str], again: int) -> JSON:
        """An item; another one each time that it is asked for again."""
        if not again:
            return self.value(schema, place, above)
        whole = merged(schema, self._definition)
        if "enum" in whole:
            return self._random.choice(whole["enum"])
        troubles, self._troubles = self._troubles, {**self._troubles, place: self._troubles.get(place, 0) + again}
        try:
            return self.value(schema, place, above)
        finally:
            self._troubles = troubles

    # Plain values

    def _number(self, whole: Merged, name: str, integer: bool) -> int | float:
        low, high = whole.get("minimum", -math.inf), whole.get("maximum", math.inf)
        step = whole.get("multipleOf")
        unit = step or (1 if integer else 0.01)
        if "exclusiveMinimum" in whole:
            low = max(low, whole["exclusiveMinimum"] + unit)
        if "exclusiveMaximum" in whole:
            high = min(high, whole["exclusiveMaximum"] - unit)
        wished = self._wording.number(name)
        if wished is None or not low <= wished <= high:
            wished = self._between(low, high)
        if step:
            return self._multiple(wished, step, low, high, integer)
        if integer:
            lowest = math.ceil(low) if low > -math.inf else -(2**53)  # as far as every reader counts exactly
            return int(min(max(round(wished), lowest), high))
        rounded = round(wished, 2)
        return rounded if low <= rounded <= high else wished

    def _between(self, low: float, high: float) -> float:
        """A number within the bounds that people would write: near 1, else near a bound."""
        if low <= 1 <= high:
            start: float = 1
        else:
            start = low if low > -math.inf else high
        end = min(high, start + 99)
        return self._random.uniform(start, max(start, end))

    @staticmethod
    def _multiple(wished: float, step: float, low: float, high: float, integer: bool) -> int | float:
        if not math.isfinite(wished / step):
            return 0  # the step is too small to be counted in
        times = round(wished / step)
        while times * step < low:
            times += 1
        while times * step > high and (times - 1) * step >= low:
            times -= 1
        digits = max(0, -math.floor(math.log10(abs(step))) + 6) if step < 1 else 6
        found = times * step if isinstance(step, int) else round(times * step, digits)
        return int(found) if integer or float(found).is_integer() else found

    def _text(self, whole: Merged, name: str) -> str:
        least, most = int(whole.get("minLength", 0)), whole.get("maxLength")
        most = None if most is None else int(most)
        form = whole.get("format")
        written = self._wording.formatted(form, least, most) if isinstance(form, str) else None
        text = written if written is not None else self._wording.named(name)
        pattern = whole.get("pattern")
        if isinstance(pattern, str):
            return self._matching(pattern, text, least, most)
        if written is not None:
            return written
        while len(text) < least:
            text += f" {self._wording.word()}" if least > 20 else self._wording.digits(1)
        if most is None:
            return text
        cut = text[:most]
        return cut.strip() if len(cut.strip()) >= least else cut

    def _matching(self, pattern: str, text: str, least: int, most: int | None) -> str:
        fits = least <= len(text) and (most is None or len(text) <= most)
        if fits and matches(pattern, text):
            return text
        found = matching(pattern, self._random, least, most)
        return text if found is None else found


def _fitting(value: object, allowed: list[str]) -> JSON:
    """An example as the type wants it: authors write `example: 12` for a string, and '12' for a number."""
    if not allowed or _is_of(value, allowed):
        return value
    if "string" in allowed and isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str) and {"integer", "number"} & {*allowed}:
        try:
            return int(value) if "integer" in allowed else float(value)
        except ValueError:
            return MISSING
    return MISSING


def _is_of(value: object, allowed: list[str]) -> bool:
    """Whether the value is of one of the types; in JSON Schema `1.0` is an integer."""
    kind = _kind_of(value)
    if kind in allowed or (kind == "integer" and "number" in allowed):
        return True
    return isinstance(value, float) and value.is_integer() and "integer" in allowed


def _kind_of(value: object) -> str:
    if isinstance(value, bool):  # first: in Python a boolean is an integer too
        return "boolean"
    for kind, python in (("string", str), ("integer", int), ("number", float), ("array", list), ("object", dict)):
        if isinstance(value, python):
            return kind
    return "null"


def _forbidden(schema: JSON) -> set[str]:
    """The properties that a `not: {required: [...]}` (of one name each) rules out."""
    if not isinstance(schema, dict):
        return set()
    required = schema.get("required") or []
    found = {*required} if len(required) == 1 else set()
    for part in schema.get("anyOf") or ():
        found |= _forbidden(part)
    return found
