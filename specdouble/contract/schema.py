"""The contract's schemas, compiled together into one validator, with a slot for each use."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import islice
from typing import Any, NamedTuple

import jsonschema_rs

from specdouble.contract.alternatives import as_wholes, decided
from specdouble.contract.bounded import bounded
from specdouble.contract.document import Document
from specdouble.contract.pointer import pointer
from specdouble.contract.translation import Direction, Translation
from specdouble.contract.validator import forgiving_validator_of, validator_of
from specdouble.contract.violation import Violation, violations_of

MOST_TOLD = 100  # violations: a megabyte of nonsense has as many as it likes
_MOST_LEVELS = 3  # of a value in which all is told that is wrong in each alternative
_MOST_TOLD_OF = 1000  # alternatives inside alternatives
_ASK_WHAT_WAS_TAKEN = {"unevaluatedProperties", "unevaluatedItems"}
_ALTERNATIVES = {"oneOf", "anyOf"}


class _Reach(NamedTuple):
    """What a schema leads to.

    Args:
        keys: every key in it and in the definitions that it refers to.
        definitions: these by name.
        told_in_full: so many levels of a value can be explained with all that is wrong in each alternative.
    """

    keys: set[Any]
    definitions: dict[str, Any]
    told_in_full: float


class Schemas:
    """The schemas of one contract; `slot` registers a use, and the first check compiles all of them.

    What is registered after that is compiled with what it leads to, and nothing else: by then most know all their uses.

    Args:
        document: the contract's document.
    """

    def __init__(self, document: Document) -> None:
        named = (document.data.get("components") or {}).get("schemas") or {}
        self._components = {id(schema): pointer("components", "schemas", name) for name, schema in named.items()}
        self._translation = Translation(document)
        self._shared: dict[str, str] = {}  # by slot, the definition that it is one use of
        self._slots: dict[tuple[int, Direction], str] = {}
        self._held: list[Any] = []  # what a slot was made from: its id must not be given to another
        self._properties: dict[str, Any] = {}
        self._validators: dict[str, jsonschema_rs.Validator] = {}  # one for all that were compiled at once
        self._explainers: dict[str, jsonschema_rs.Validator | None] = {}
        self._reached: dict[str, _Reach] = {}

    def slot(self, schema: Any, direction: Direction) -> str:
        """Register a schema of the document and return the name of its slot."""
        key = (id(schema), direction)
        if key not in self._slots:
            # A name of digits alone would come back as an array index in an error's path.
            self._slots[key] = name = f"s{len(self._slots)}"
            at = self._components.get(id(schema))
            if at is None:
                self._properties[name] = self._translation.translate(schema, direction)
            else:  # it is compiled once, however many refer to it
                self._shared[name] = self._translation.reference(at, direction)
                self._properties[name] = {"$ref": self._shared[name]}
            self._held.append(schema)
        return self._slots[key]

    def is_named(self, schema: Any) -> bool:
        """Whether it is one of the contract's named schemas."""
        return id(schema) in self._components

    def translated(self, slot: str) -> Any:
        """The slot's schema in draft 2020-12; a `$ref` in it leads to a `definition`."""
        at = self._shared.get(slot)
        return self._properties[slot] if at is None else self.definition(at)

    def definition(self, reference: str) -> Any:
        """The translated schema that a `$ref` of a translated schema leads to."""
        return self._translation.definition(reference)

    def subtypes(self, schema: Any) -> list[Any]:
        """The schemas that the discriminator of a schema chooses among, where they build on it."""
        return self._translation.subtypes(schema)

    def is_valid(self, slot: str, value: object) -> bool:
        """Whether the value conforms to the slot's schema."""
        return (self._validators.get(slot) or self._compile()[slot]).is_valid({slot: value})

    def violations(self, slot: str, value: object, location: str) -> list[Violation]:
        """The violations of the slot's schema by the value, the first hundred where there are more."""
        validator = self._explainer(slot, value)
        if validator is None:
            untold = "does not conform to its schema, and is nested too deep for all that is wrong to be told"
            return [] if self.is_valid(slot, value) else [Violation(location, "", untold)]
        errors = islice(validator.iter_errors({slot: value}), MOST_TOLD)
        found = dict.fromkeys(violation for error in errors for violation in violations_of(error, location))
        return list(islice(found, MOST_TOLD))

    def first_violations(self, slot: str, value: object, location: str) -> list[Violation]:
        """What is found first to break the slot's schema: of a large value, to find all takes seconds."""
        validator = self._explainer(slot, value)
        if validator is None:
            return self.violations(slot, value, location)
        try:
            validator.validate({slot: value})
        except jsonschema_rs.ValidationError as error:
            return list(islice(violations_of(error, location), MOST_TOLD))
        return []

    def _explainer(self, slot: str, value: object) -> jsonschema_rs.Validator | None:
        """What tells what is wrong with a value in bounded time; None where nothing does.

        Alternatives are told of one by one only as deep as these are not too many, and as a whole below.
        """
        validator = self._validators.get(slot) or self._compile()[slot]
        if not _is_deeper(value, self._reach(slot).told_in_full):
            return validator
        if slot not in self._explainers:
            self._explainers[slot] = self._without_alternatives(slot)
        return self._explainers[slot]

    def _reach(self, slot: str) -> _Reach:
        """All that the slot's schema leads to."""
        if slot not in self._reached:
            self._reached[slot] = self._looked_through(slot)
        return self._reached[slot]

    def _looked_through(self, slot: str) -> _Reach:
        keys, definitions, widest = set[Any](), dict[str, Any](), 1
        waiting: list[Any] = [self._properties[slot]]
        while waiting:
            for key, value in _members(waiting.pop()):
                keys.add(key)
                waiting.append(value)
                if key in _ALTERNATIVES and isinstance(value, list):
                    widest = max(widest, len(value))
                if key == "$ref" and isinstance(value, str) and value.startswith("#/$defs/"):
                    name = value.removeprefix("#/$defs/")
                    if name not in definitions:
                        definitions[name] = self.definition(value)
                        waiting.append(definitions[name])
        return _Reach(keys, definitions, _levels(widest))

    def _without_alternatives(self, slot: str) -> jsonschema_rs.Validator | None:
        """A validator of the slot that looks at alternatives as a whole; None where the schema asks what they took."""
        reach = self._reach(slot)
        if not reach.keys.isdisjoint(_ASK_WHAT_WAS_TAKEN):
            return None
        definitions = {name: as_wholes(self._decided(schema)) for name, schema in reach.definitions.items()}
        whole = {"$defs": definitions, "properties": {slot: as_wholes(self._decided(self._properties[slot]))}}
        try:
            return validator_of(whole)
        except ValueError:
            return None

    def _compile(self) -> dict[str, jsonschema_rs.Validator]:
        """One validator for all slots that have none yet."""
        definitions = self._translation.definitions()
        new = {name: schema for name, schema in self._properties.items() if name not in self._validators}
        if self._validators:  # what is compiled already is not compiled again
            definitions = {}
            for name in new:
                definitions |= self._reach(name).definitions
        whole = self._decided({"$defs": definitions, "properties": new})
        try:
            validator = validator_of(whole)
        except ValueError:  # also what a ValidationError is
            validator = forgiving_validator_of(whole)
        self._validators.update(dict.fromkeys(new, validator))
        return self._validators

    def _decided(self, schema: Any) -> Any:
        schema = decided(schema) if self._translation.decides else schema
        return bounded(schema) if self._translation.has_long_patterns else schema


def _levels(widest: int) -> float:
    """How deep a value may be for each of so many alternatives to be told of in each other one."""
    return math.inf if widest == 1 else min(_MOST_LEVELS, int(math.log(_MOST_TOLD_OF, widest) + 1e-9))


def _members(value: object) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _is_deeper(value: object, levels: float) -> bool:
    """Whether the value is nested deeper than that."""
    if levels == math.inf:
        return False
    inside = [value]
    for _ in range(int(levels) + 1):
        inside = [item for one in inside if isinstance(one, dict | list) for _, item in _members(one)]
        if not inside:
            return False
    return True
