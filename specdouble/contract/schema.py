"""The contract's schemas, compiled into one validator.

OpenAPI 3.0 and Swagger 2.0 speak a dialect of JSON Schema of their own; each schema is written anew in
draft 2020-12, once for what a request may hold and once for what a response may (`readOnly` and `writeOnly`
differ between the two), and compiled together: one validator a contract, a slot for each use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Literal, NamedTuple

import jsonschema_rs

from specdouble.contract.alternatives import SCHEMA_MAPS, as_wholes, decided, is_whole
from specdouble.contract.discriminator import Discriminators
from specdouble.contract.document import Document
from specdouble.contract.keywords import CHECKS, refuse_to_fetch
from specdouble.contract.pointer import fragment, look_up, pointer
from specdouble.contract.properties import described, parts_of

Direction = Literal["request", "response"]

_SCHEMAS = {"items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
            "unevaluatedProperties", "unevaluatedItems", "additionalItems", "contentSchema"}  # fmt: skip
_SCHEMA_LISTS = {"allOf", "anyOf", "oneOf", "prefixItems"}
_OF_THE_SAME = {"allOf", "anyOf", "oneOf"}  # they speak of the value that the schema around them speaks of
MOST_TOLD = 100  # violations: a megabyte of nonsense has as many as it likes
_BITS = {"int32": 32, "int64": 64}  # of the formats that OpenAPI adds
_ASSERTIONS = {
    "type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf",
    "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
    "required", "dependentRequired", "dependencies", "minContains", "maxContains", "$anchor",
    "$dynamicRef", "$dynamicAnchor", "contentEncoding", "contentMediaType",
}  # fmt: skip
# They assert nothing; whoever makes values of a schema reads them.
_ANNOTATIONS = {"examples", "default", "discriminator"}


class Violation(NamedTuple):
    """One way in which a value breaks its schema.

    Args:
        location: the part of the request or response: `body`, `query`, `path`, `header`, `cookie`.
        pointer: JSON pointer of the offending value inside that part.
        message: what is wrong with it.
    """

    location: str
    pointer: str
    message: str


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
        self._document = document
        self._openapi_30 = not document.is_json_schema
        named = (document.data.get("components") or {}).get("schemas") or {}
        self._components = {id(schema): pointer("components", "schemas", name) for name, schema in named.items()}
        self._shared: dict[str, str] = {}
        self._slots: dict[tuple[int, Direction], str] = {}
        self._held: list[Any] = []  # what a slot was made from: its id must not be given to another
        self._properties: dict[str, Any] = {}
        self._definitions: dict[str, Any] = {}
        self._names: dict[tuple[str, Direction, bool], str] = {}
        self._pending: list[tuple[str, str, Direction, bool]] = []
        self._discriminators = Discriminators(document)
        self._decides = False  # whether any discriminator does
        self._written_out: set[str] = set()
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
                self._properties[name] = self._translate(schema, direction)
            else:  # it is compiled once, however many refer to it
                self._shared[name] = self._reference(at, direction)
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
        name = reference.removeprefix("#/$defs/")
        if name not in self._definitions:
            self._define_pending()
        return self._definitions.get(name, True)

    def subtypes(self, schema: Any) -> list[Any]:
        """The schemas that the discriminator of a schema chooses among, where they build on it."""
        return [look_up(self._document.data, at) for at in self._discriminators.subtypes(schema)]

    def is_valid(self, slot: str, value: Any) -> bool:
        """Whether the value conforms to the slot's schema."""
        return (self._validators.get(slot) or self._compile()[slot]).is_valid({slot: value})

    def violations(self, slot: str, value: Any, location: str) -> list[Violation]:
        """The violations of the slot's schema by the value, the first hundred where there are more."""
        validator = self._explainer(slot, value)
        if validator is None:
            untold = "does not conform to its schema, and is nested too deep for all that is wrong to be told"
            return [] if self.is_valid(slot, value) else [Violation(location, "", untold)]
        errors = validator.iter_errors({slot: value})
        found = dict.fromkeys(
            violation for error in islice(errors, MOST_TOLD) for violation in _violations(error, location)
        )
        return list(islice(found, MOST_TOLD))

    def first_violations(self, slot: str, value: Any, location: str) -> list[Violation]:
        """What is found first to break the slot's schema: of a large value, to find all takes seconds."""
        validator = self._explainer(slot, value)
        if validator is None:
            return self.violations(slot, value, location)
        try:
            validator.validate({slot: value})
        except jsonschema_rs.ValidationError as error:
            return list(islice(_violations(error, location), MOST_TOLD))
        return []

    def _explainer(self, slot: str, value: Any) -> jsonschema_rs.Validator | None:
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
                if key in _ALTERNATIVES and isinstance(value, list):
                    widest = max(widest, len(value))
                waiting.append(value)
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
            return _validator(whole)
        except ValueError:
            return None

    def _define_pending(self) -> None:
        while self._pending:
            name, at, direction, plain = self._pending.pop()
            self._definitions[name] = self._translate(look_up(self._document.data, at), direction, plain=plain)

    def _compile(self) -> dict[str, jsonschema_rs.Validator]:
        """One validator for all slots that have none yet."""
        self._define_pending()
        new = {name: schema for name, schema in self._properties.items() if name not in self._validators}
        definitions = self._definitions
        if self._validators:
            definitions = {}
            for name in new:
                definitions |= self._reach(name).definitions
        whole = self._decided({"$defs": definitions, "properties": new})
        try:
            validator = _validator(whole)
        except ValueError:  # also what a ValidationError is
            validator = _forgiving_validator(whole)
        self._validators.update(dict.fromkeys(new, validator))
        return self._validators

    def _decided(self, schema: Any) -> Any:
        return decided(schema) if self._decides else schema

    def _reference(self, at: str, direction: Direction, *, plain: bool = False) -> str:
        key = (at, direction, plain)
        if key not in self._names:
            self._names[key] = name = f"d{len(self._names)}"
            self._pending.append((name, at, direction, plain))
        return f"#/$defs/{self._names[key]}"

    def _translate(
        self, schema: Any, direction: Direction, withheld: frozenset[str] = frozenset(), *, plain: bool = False
    ) -> Any:
        """A schema in draft 2020-12.

        Args:
            schema: the schema as it stands.
            direction: whether a request or a response holds the value.
            withheld: the properties that the other side alone sends, as the schemas around this one say.
            plain: whether a schema that builds on this one asks: what this one's discriminator chooses among is that.
        """
        if not isinstance(schema, dict):
            return schema if isinstance(schema, bool) else True
        translated: dict[str, Any] = {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            at = fragment(reference)
            translated["$ref"] = self._reference(at, direction) if at[:1] in ("", "/") else reference
            if self._openapi_30:
                return translated
        withheld |= self._withheld(schema, direction)
        translated.update(self._translate_keywords(schema, direction, withheld))
        _leave_out(translated, withheld)
        self._discriminate(schema, translated, direction, plain=plain)
        _move_exclusive_bounds(translated)
        if self._openapi_30:
            _upgrade(schema, translated)
        if translated.get("additionalProperties") is False:
            translated.setdefault("properties", {})  # without them, the validator does not say what is shut out
        bits = _BITS.get(str(schema.get("format")))
        if bits is not None and schema.get("type") == "integer":
            _bound(translated, -(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        if "example" in schema:
            translated["examples"] = [schema["example"]]
        return _or_null(translated) if self._openapi_30 and _is_nullable(schema) else translated

    def _translate_keywords(
        self, schema: dict[str, Any], direction: Direction, withheld: frozenset[str]
    ) -> Iterator[tuple[str, Any]]:
        for key, value in schema.items():
            if key in _SCHEMAS:
                yield key, self._translate(value, direction)
            elif key in _OF_THE_SAME and isinstance(value, list):
                yield key, [self._part(schema, item, direction, withheld) for item in value]
            elif key in _SCHEMA_LISTS and isinstance(value, list):
                yield key, [self._translate(item, direction) for item in value]
            elif key in SCHEMA_MAPS and isinstance(value, dict):
                yield key, {name: self._translate(item, direction) for name, item in value.items()}
            elif key == "examples" and not isinstance(value, list):
                continue  # named ones say nothing in a schema, and the validator takes none
            elif key in _ASSERTIONS or key in _ANNOTATIONS:
                yield key, value

    def _part(self, whole: dict[str, Any], part: Any, direction: Direction, withheld: frozenset[str]) -> Any:
        """One of the schemas that the same value has to fit."""
        reference = part.get("$ref") if isinstance(part, dict) else None
        if not isinstance(reference, str):
            return self._translate(part, direction, withheld)
        at = fragment(reference)
        if self._discriminators.is_subtype(whole, at):
            return {"$ref": self._reference(at, direction, plain=True)}
        # A named schema is compiled once for all; what it demands and others withhold is written out here.
        if withheld and at not in self._written_out and self._demands(part, withheld):
            self._written_out.add(at)
            try:
                return self._translate(self._document.resolve(part), direction, withheld)
            finally:
                self._written_out.remove(at)
        return self._translate(part, direction)

    def _withheld(self, schema: Any, direction: Direction) -> frozenset[str]:
        """A request's `readOnly` properties, a response's `writeOnly` ones: the other side alone sends them."""
        keyword = "readOnly" if direction == "request" else "writeOnly"
        if not any(key in schema for key in ("properties", "allOf")):
            return frozenset()
        parts = parts_of(self._document, schema, "")
        return frozenset(name for name, part, _ in parts if self._flag(part, keyword))

    def _demands(self, schema: Any, names: frozenset[str]) -> bool:
        """Whether a schema requires one of the properties, and says nothing of who sends it."""
        try:
            schema = self._document.resolve(schema)
        except LookupError:
            return False
        if not isinstance(schema, dict):
            return False
        required = schema.get("required")
        return isinstance(required, list) and not names.isdisjoint(one for one in required if isinstance(one, str))

    def _discriminate(
        self, schema: dict[str, Any], translated: dict[str, Any], direction: Direction, *, plain: bool
    ) -> None:
        """Have the property that the schema's discriminator names decide which schema a value has to fit."""
        name = self._discriminators.property_of(schema)
        if name is None:
            return
        self._decides = True
        for keyword in ("oneOf", "anyOf"):
            if plain:
                translated.pop(keyword, None)
            elif keyword in translated:
                options = zip(schema[keyword], translated[keyword], strict=True)
                translated[keyword] = [
                    _tagged(name, self._discriminators.values(schema, option), made) for option, made in options
                ]
        subtypes = {} if plain else self._discriminators.subtypes(schema)
        if not subtypes:
            return
        known = {value for values in subtypes.values() for value in values}
        choices = [
            {"required": [name], **_tagged(name, values, {"$ref": self._reference(at, direction)})}
            for at, values in subtypes.items()
        ]
        own = [value for value in self._discriminators.own_values(schema) if value not in known]
        choices.append({"properties": {name: {"enum": own} if own else False}})
        translated["anyOf"] = choices

    def _flag(self, schema: Any, keyword: str) -> bool:
        """Whether a property has the flag: beside its `$ref`, behind it, or behind an `allOf` around it."""
        if isinstance(schema, dict) and schema.get(keyword) is True:
            return True
        try:
            schema = described(self._document, schema)
        except LookupError:
            return False
        wrapped = schema.get("allOf")
        parts = wrapped if isinstance(wrapped, list) and len(wrapped) == 1 else []
        return schema.get(keyword) is True or any(self._flag(part, keyword) for part in parts)


def _leave_out(translated: dict[str, Any], withheld: frozenset[str]) -> None:
    """What the other side alone sends is neither required nor looked at."""
    properties, required = translated.get("properties"), translated.get("required")
    if withheld and isinstance(properties, dict):
        translated["properties"] = {name: True if name in withheld else part for name, part in properties.items()}
    if withheld and isinstance(required, list):
        translated["required"] = [name for name in required if name not in withheld]


def _tagged(name: str, values: list[str], schema: Any) -> Any:
    """The schema for values whose property says that it is meant."""
    if not values or not isinstance(schema, dict):
        return schema
    tag = {name: {"enum": values}}
    return {"allOf": [schema], "properties": tag} if "properties" in schema else {**schema, "properties": tag}


def _upgrade(schema: dict[str, Any], translated: dict[str, Any]) -> None:
    """From the dialect of OpenAPI 3.0 to draft 2020-12: `nullable`, `type: file`."""
    if translated.get("type") == "file":
        del translated["type"]
    kind = translated.get("type")
    if _is_nullable(schema) and isinstance(kind, str):
        translated["type"] = [kind, "null"]


def _is_nullable(schema: dict[str, Any]) -> bool:
    return schema.get("nullable") is True or schema.get("x-nullable") is True


def _or_null(translated: dict[str, Any]) -> dict[str, Any]:
    """A schema that is composed of others, or null.

    OpenAPI 3.0.3 lets `nullable` count beside a `type` alone; who writes it beside `allOf` with a reference means it.
    """
    if not any(key in translated for key in ("allOf", "anyOf", "oneOf")):
        return translated
    return {"if": {"not": {"type": "null"}}, "then": translated}


def _move_exclusive_bounds(translated: dict[str, Any]) -> None:
    """A flag beside the bound in OpenAPI 3.0, the bound itself in JSON Schema; authors of 3.1 write the flag too."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(translated.get(exclusive), bool) and translated.pop(exclusive) and bound in translated:
            translated[exclusive] = translated.pop(bound)


def _bound(translated: dict[str, Any], low: int, high: int) -> None:
    """The range of a number format, which JSON Schema takes for an annotation."""
    for keyword, bound, narrower in (("minimum", low, max), ("maximum", high, min)):
        told = translated.get(keyword, bound)
        translated[keyword] = narrower(told, bound) if isinstance(told, int | float) else bound


_MOST_LEVELS = 3  # of a value in which all is told that is wrong in each alternative
_MOST_TOLD_OF = 1000  # alternatives inside alternatives
_ASK_WHAT_WAS_TAKEN = {"unevaluatedProperties", "unevaluatedItems"}
_ALTERNATIVES = {"oneOf", "anyOf"}


def _levels(widest: int) -> float:
    """How deep a value may be for each of so many alternatives to be told of in each other one."""
    return math.inf if widest == 1 else min(_MOST_LEVELS, int(math.log(_MOST_TOLD_OF, widest) + 1e-9))


def _members(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _is_deeper(value: Any, levels: float) -> bool:
    """Whether the value is nested deeper than that."""
    if levels == math.inf:
        return False
    inside = [value]
    for _ in range(int(levels) + 1):
        inside = [item for one in inside if isinstance(one, dict | list) for _, item in _members(one)]
        if not inside:
            return False
    return True


# Patterns run in linear time; those that look around or refer back may try so often, and then match nothing.
_PATTERNS = jsonschema_rs.FancyRegexOptions(backtrack_limit=100_000)


def _validator(schema: dict[str, Any]) -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(
        schema,
        validate_formats=True,
        ignore_unknown_formats=True,
        pattern_options=_PATTERNS,
        retriever=refuse_to_fetch,
    )


_ATTEMPTS = 50


def _forgiving_validator(whole: dict[str, Any]) -> jsonschema_rs.Validator:
    """A validator without the keywords that it cannot take: one bad schema spoils itself alone.

    Keywords are looked at when a contract is read, and these are left out of it then. What is left to this are schemas
    that no contract's reading has seen, and what the validator alone refuses; it names the place of one at a time.
    """
    whole = _without_wrong_keywords(whole, named=False)
    for _ in range(_ATTEMPTS):
        try:
            return _validator(whole)
        except jsonschema_rs.ValidationError as error:
            if not error.instance_path:
                break
            _remove(whole, error.instance_path)
        except ValueError:
            break
    # Nothing is asked of a value rather than nothing answered.
    return _validator({})


def _remove(whole: dict[str, Any], path: list[str | int]) -> None:
    """Take the keyword out that a path leads to or into."""
    holders: list[Any] = [whole]
    for token in path[:-1]:
        holders.append(holders[-1][token])
    holder, last = holders[-1], path[-1]
    if isinstance(holder, dict):
        holder.pop(last, None)
    else:
        holder[last] = True


def _without_wrong_keywords(schema: Any, named: bool) -> Any:
    """A copy of the schema without the keywords whose values are none; `named` where its keys are names."""
    if isinstance(schema, list):
        return [_without_wrong_keywords(item, named=False) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if named or key not in CHECKS or CHECKS[key](value) is None:
            kept[key] = _without_wrong_keywords(value, named=not named and key in SCHEMA_MAPS)
    return kept


_OF_ONE_VALUE = ("type", "enum", "const", "format", "pattern", "minimum", "maximum", "minLength", "maxLength")


def taking(schema: Mapping[str, Any]) -> Callable[[Any], bool]:
    """Tells whether a schema takes a plain value; compiled at the first question, for most are never asked.

    Args:
        schema: a schema of the document, resolved.
    """
    made: list[jsonschema_rs.Validator] = []

    def takes(value: Any) -> bool:
        if not made:
            told = {key: schema[key] for key in _OF_ONE_VALUE if key in schema}
            said = {key: value for key, value in told.items() if key not in CHECKS or CHECKS[key](value) is None}
            if schema.get("nullable") is True and isinstance(said.get("type"), str):
                said["type"] = [said["type"], "null"]
            made.append(_validator(said))
        return made[0].is_valid(value)

    return takes


_SHUT_OUT = (
    jsonschema_rs.ValidationErrorKind.AdditionalProperties,
    jsonschema_rs.ValidationErrorKind.UnevaluatedProperties,
)


def _violations(error: jsonschema_rs.ValidationError, location: str) -> Iterator[Violation]:
    path = error.instance_path[1:]  # the first is the slot
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        yield Violation(location, pointer(*path, kind.property), "is required")
    elif isinstance(kind, _SHUT_OUT):
        for name in kind.unexpected:
            yield Violation(location, pointer(*path, name), "is not a property of the schema")
    elif isinstance(kind, _CHOICES) and (meant := _meant_branch(kind.context, len(error.instance_path))):
        for one in meant:
            yield from _violations(one, location)
    elif isinstance(kind, jsonschema_rs.ValidationErrorKind.Not) and is_whole(kind.schema):
        yield Violation(location, pointer(*path), "is not valid under the alternatives of its schema")
    else:
        yield Violation(location, pointer(*path), _shortened(error.message))


_CHOICES = (jsonschema_rs.ValidationErrorKind.AnyOf, jsonschema_rs.ValidationErrorKind.OneOfNotValid)
_OTHER_VALUE = (jsonschema_rs.ValidationErrorKind.Enum, jsonschema_rs.ValidationErrorKind.Constant)


def _meant_branch(
    branches: list[list[jsonschema_rs.ValidationError]], depth: int
) -> list[jsonschema_rs.ValidationError]:
    """What is wrong with the one alternative that no property of the value names another than; else nothing."""

    def names_another(branch: list[jsonschema_rs.ValidationError]) -> bool:
        return any(isinstance(one.kind, _OTHER_VALUE) and len(one.instance_path) == depth + 1 for one in branch)

    meant = [branch for branch in branches if not names_another(branch)]
    return meant[0] if len(meant) == 1 < len(branches) else []


def _shortened(message: str, limit: int = 240) -> str:
    return message if len(message) <= limit else f"{message[: limit // 2]} … {message[-limit // 2 :]}"
