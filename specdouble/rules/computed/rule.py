"""`x-computed`: the server computes a property from others, by an expression in CEL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isclose
from typing import Any

from specdouble.contract.expression import EvaluationError, Expression, compiled
from specdouble.contract.expression_tree import Node
from specdouble.contract.kind import ON_A_PROPERTY, Belied, Kind, OnProperty, Reading, Shown
from specdouble.contract.pointer import pointer
from specdouble.contract.program import program_of
from specdouble.contract.rule import PropertyRule

_VARIABLES = frozenset({"self"})
_WITHOUT = 'write `x-computed: "self.price * self.quantity"`'


@dataclass(frozen=True, kw_only=True)
class Computed(PropertyRule):
    """The server computes the value: a client's has no effect.

    Args:
        expression: what it is, as it is written.
        program: the same, with conversions where schemas ask for them.
        whole: whether the property is an integer.
        defaults: what properties are where they are not there.
    """

    kind = "computed"
    binds = True
    server_sets = True
    follows = True
    expression: str
    program: str
    whole: bool = False
    defaults: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def compiled(self) -> Expression:
        """What is evaluated."""
        return compiled(self.program, _VARIABLES)

    @property
    def reads(self) -> frozenset[str] | None:
        """The properties that it is computed from; None where it may be all."""
        return self.compiled.names("self")

    @property
    def made_of(self) -> Node:
        """The expression."""
        return self.compiled.tree

    def value(self, document: Mapping[str, Any]) -> Any:
        """The value for a document as it is shown; None where it has none: something that it is made of is missing."""
        try:
            found = self.compiled.value({"self": {**self.defaults, **document}})
        except EvaluationError:
            return None
        return _plain(found, self.whole)

    def __str__(self) -> str:
        return f"{self.name} is `{self.expression}`"


def _plain(value: object, whole: bool) -> Any:
    """The value in JSON: CEL has times, and the double 6.0 where the schema has the integer 6."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if whole and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _read(reading: Reading) -> Iterator[Computed]:
    found: dict[str, list[tuple[OnProperty, Computed]]] = {}
    for annotation in reading.on_properties("x-computed"):
        rule = _rule(annotation)
        if rule is not None:
            found.setdefault(rule.collection, []).append((annotation, rule))
    for rules in found.values():
        yield from _in_order(rules)


def _rule(annotation: OnProperty) -> Computed | None:
    text = annotation.raw.get("expression") if isinstance(annotation.raw, dict) else annotation.raw
    annotation.find_unknown_keys(("expression",))
    if not isinstance(text, str):
        annotation.find("`x-computed` is no expression", _WITHOUT)
        return None
    below = ("expression",) if isinstance(annotation.raw, dict) else ()
    program = program_of(annotation, text, annotation.resource.schema, *below)
    if program is None:
        return None
    properties = annotation.resource.properties
    defaults = {name: schema["default"] for name, schema in properties.items() if "default" in schema}
    defaults.pop(annotation.name, None)
    whole = annotation.schema.get("type") == "integer"
    place = annotation.place
    return Computed(expression=text.strip(), program=program, whole=whole, defaults=defaults, **place)


def _in_order(rules: list[tuple[OnProperty, Computed]]) -> Iterator[Computed]:
    """The rules of a collection, each after those that it is computed from."""
    waiting = rules
    while waiting:
        names = {rule.name for _, rule in waiting}
        ready = [rule for _, rule in waiting if names.isdisjoint((rule.reads or frozenset()) - {rule.name})]
        ready = [rule for rule in ready if rule.name not in (rule.reads or ())]
        yield from ready
        if not ready:
            for annotation, rule in waiting:
                annotation.find(f"`{rule.name}` is computed from itself", "write what the client sends instead")
            return
        waiting = [(annotation, rule) for annotation, rule in waiting if rule not in ready]


def _belied(shown: Shown) -> Iterator[Belied]:
    """A document that shows another value than what it is computed from gives."""
    for rule in shown.of(Computed):
        for at, document in shown.documents:
            if rule.reads is None or not {rule.name, *rule.reads} <= document.keys():
                continue  # what it is computed from is not all shown
            expected, found = rule.value(document), document[rule.name]
            if expected is not None and not _is_same(expected, found):
                yield rule, at + pointer(rule.name), f"{found!r}, where `{rule.expression}` is {expected!r}"


def _is_same(one: Any, other: Any) -> bool:
    is_number = isinstance(one, int | float) and isinstance(other, int | float)
    return isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) if is_number else one == other


KIND = Kind(
    keyword="x-computed",
    place=ON_A_PROPERTY,
    written='`x-computed: "self.price * self.quantity"`',
    means="the server computes it, by an expression in [CEL](https://cel.dev); a client's value has no effect",
    refused="",
    read=_read,
    belied=_belied,
    shape={
        "anyOf": [
            {"type": "string"},
            {
                "type": "object",
                "properties": {"expression": {"type": "string"}},
                "required": ["expression"],
                "additionalProperties": False,
            },
        ]
    },
)
