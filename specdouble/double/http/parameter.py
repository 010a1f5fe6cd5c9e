"""Reads parameters: every style of OpenAPI (3.0.3, Parameter Object, "Style Values")."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

from specdouble.contract import Contract, Parameter, Violation
from specdouble.contract.json_type import JSON, Schema
from specdouble.contract.properties import is_array
from specdouble.double.http.json_text import is_json, read_json
from specdouble.double.http.scalar import typed
from specdouble.double.state.storable import unstorable

MISSING: Any = object()  # nothing was sent: `null` and an empty text are something
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


class Nowhere(Exception):
    """A value of a path that is not invalid, and that nothing stored can have: such a path leads nowhere.

    Args:
        parameter: whose value it is.
        violations: why no store can keep it.
    """

    def __init__(self, parameter: Parameter, violations: list[Violation]) -> None:
        super().__init__(f"{parameter.name} {violations[0].message}: nothing has such a path")
        self.violations = violations


@dataclass(slots=True)
class Query:
    """A query string, its names decoded and its values still as they came: a `%2C` is no separator.

    Args:
        values: by name, in the order in which they stand.
    """

    values: dict[str, list[str]]

    @classmethod
    def parse(cls, raw: bytes) -> Query:
        """Read a query string; the order of equal names is kept."""
        values: dict[str, list[str]] = {}
        for pair in raw.decode("latin-1").split("&") if raw else ():
            name, _, value = pair.partition("=")
            if name:
                values.setdefault(unquote_plus(name), []).append(value)
        return cls(values)


@dataclass(frozen=True, slots=True)
class ParameterReader:
    """Reads one parameter from where it stands, and gives its value the schema's type.

    Args:
        parameter: the parameter.
        kind: its schema's type: `array`, `object`, or anything else for a single value.
        schema: its schema, resolved.
        items: its items' schema, resolved.
        properties: its properties' schemas, resolved.
        default: the value where it is not sent; MISSING where there is none.
        alternatives: the types that the alternatives of a schema without one have; `items` is of those that are arrays.
        reserved: the names that begin with `$` or contain a dot and are taken all the same.
        is_text: whether it is a text and nothing else, as most are.
    """

    parameter: Parameter
    kind: str
    schema: Schema
    items: Schema
    properties: Mapping[str, Schema]
    default: JSON
    alternatives: tuple[str, ...]
    reserved: Container[str]
    is_text: bool

    @classmethod
    def of(cls, contract: Contract, parameter: Parameter) -> ParameterReader:
        """The reader of a contract's parameter."""
        schema = contract.described(parameter.schema)
        properties = contract.properties(schema)
        items: Schema = contract.described(schema.get("items") or {})
        kind = _kind_of(schema) or ("object" if properties else "")
        alternatives: list[str] = []
        arrays: list[Schema] = []
        for choice in [] if kind else _choices(contract, schema):
            if "type" in choice:
                alternatives.append(str(choice["type"]))
            if is_array(choice):
                arrays.append(contract.described(choice.get("items") or {}))
        if arrays:
            items = {"anyOf": arrays}
            if {*alternatives} <= {"array", "null"}:
                kind = "array"
        return cls(
            parameter,
            kind,
            schema,
            items,
            properties,
            default=schema.get("default", MISSING),
            alternatives=tuple(alternatives),
            reserved=contract.reserved,
            is_text=schema.get("type") == "string",
        )

    def from_path(self, raw: str) -> JSON:
        """The value of a path segment, as it came."""
        style, name = self.parameter.style, self.parameter.name
        if style == "label":
            return self._parts(raw[1:], "." if self.parameter.explode else ",", unquote)
        if style == "matrix":
            return self._matrix(raw, name)
        return self._parts(raw, ",", unquote)

    def from_query(self, query: Query) -> JSON:
        """The value in a query string; MISSING where it is not sent."""
        # Values are split before they are decoded: an escaped separator is part of a value.
        parameter = self.parameter
        if parameter.style == "deepObject":
            return self._deep_object(query, parameter.name)
        is_exploded_object = self.kind == "object" and parameter.style == "form" and parameter.explode
        if is_exploded_object and parameter.media_type is None:
            return self._exploded_object(query)  # its members stand under names of their own
        sent = query.values.get(parameter.name)
        if sent is None:
            return MISSING
        if parameter.media_type is not None:
            return self._content(unquote_plus(sent[-1]))
        are_several = self.kind == "array" or (len(sent) > 1 and "array" in self.alternatives)
        if are_several and parameter.explode:
            return [self._typed(unquote_plus(one), self.items) for one in sent]
        separator = _SEPARATORS.get(parameter.style, ",")
        text = sent[-1]
        if separator != ",":
            # A space and a bar cannot stand in a URL: the separator itself comes escaped.
            text = text.replace("%20", " ").replace("+", " ").replace("%7C", "|").replace("%09", "\t")
        return self._parts(text, separator, unquote_plus)

    def from_querystring(self, raw: bytes) -> JSON:
        """The query string as a whole (`in: querystring`, OpenAPI 3.2); MISSING where there is none."""
        if not raw:
            return MISSING
        if "json" in (self.parameter.media_type or ""):
            return self._content(unquote(raw.decode("latin-1")))
        return self._exploded_object(Query.parse(raw))

    def from_header(self, value: str | None) -> JSON:
        """The value of a header field; MISSING where it is not sent."""
        if value is None:
            return MISSING
        return self._content(value) if self.parameter.media_type else self._parts(value, ",", str.strip)

    def from_cookie(self, value: str | None) -> JSON:
        """The value of a cookie; MISSING where it is not sent."""
        return MISSING if value is None else self._parts(value, ",", unquote)

    def checked(self, contract: Contract, value: JSON) -> tuple[JSON, list[Violation]]:
        """The value, and what is wrong with it; a text that only another alternative takes is read as that one."""
        found = self.violations(contract, value)
        if not found or not isinstance(value, str):
            return value, found
        for kind in self.alternatives:
            # One value stands for an array of one.
            other = [self._typed(value, self.items)] if kind == "array" else self._typed(value, {"type": kind})
            if other is not value and not self.violations(contract, other):
                return other, []
        return value, found

    def violations(self, contract: Contract, value: JSON) -> list[Violation]:
        """What is wrong with the value; a required one that is missing included.

        Raises:
            Nowhere: it stands in the path, fits its schema, and no store can keep it.
        """
        parameter = self.parameter
        if value is MISSING:
            return [Violation(parameter.location, f"/{parameter.name}", "is required")] if parameter.required else []
        found = unstorable(value, parameter.location, self.reserved)
        fits = parameter.slot is None or contract.schemas.is_valid(parameter.slot, value)
        if found and fits and parameter.location == "path":
            raise Nowhere(parameter, found)
        if found:
            return self.placed(found)
        if parameter.slot is None or fits:
            return []
        return self.placed(contract.schemas.violations(parameter.slot, value, parameter.location))

    def placed(self, violations: Iterable[Violation]) -> list[Violation]:
        """What is wrong with a value, told of the parameter that has it."""
        location, at = self.parameter.location, f"/{self.parameter.name}"
        return [Violation(location, at + one.pointer, one.message) for one in violations]

    def _typed(self, text: str, schema: Schema) -> JSON:
        return typed(text, schema, self.reserved)

    def _content(self, text: str) -> JSON:
        """The value of a parameter whose media type is JSON; what is no JSON is a text, for the schema to judge."""
        if "json" not in (self.parameter.media_type or "") or not is_json(text):
            return text
        return read_json(text.encode("utf-8"), self.reserved)

    def _member(self, name: str, text: str) -> JSON:
        """The value of one property of an object."""
        return self._typed(text, self.properties.get(name, {}))

    def _parts(self, text: str, separator: str, decode: Callable[[str], str]) -> JSON:
        if self.is_text:
            return text if decode is unquote and "%" not in text else decode(text)
        if self.kind == "array":
            return [self._typed(decode(one), self.items) for one in text.split(separator)] if text else []
        if self.kind == "object":
            return dict(self._members(text, separator, decode))
        return self._typed(decode(text), self.schema)

    def _members(self, text: str, separator: str, decode: Callable[[str], str]) -> Iterator[tuple[str, JSON]]:
        """`R,100,G,200`, or exploded `R=100,G=200`."""
        parts = text.split(separator) if text else []
        if not self.parameter.explode:
            for name, value in zip(parts[::2], parts[1::2], strict=False):
                yield decode(name), self._member(decode(name), decode(value))
            return
        for part in parts:
            name, _, value = part.partition("=")
            yield decode(name), self._member(decode(name), decode(value))

    def _matrix(self, raw: str, name: str) -> JSON:
        """`;color=blue,black`, or exploded `;color=blue;color=black` and `;R=100;G=200`."""
        pairs: list[tuple[str, str]] = []
        for part in raw.split(";")[1:]:
            key, _, value = part.partition("=")
            pairs.append((unquote(key), value))
        if self.kind == "object" and self.parameter.explode:
            return {key: self._member(key, unquote(value)) for key, value in pairs}
        values = [value for key, value in pairs if key == name]
        if self.kind == "array" and self.parameter.explode:
            return [self._typed(unquote(one), self.items) for one in values]
        return self._parts(values[0], ",", unquote) if values else self._typed(unquote(raw), self.schema)

    def _deep_object(self, query: Query, name: str) -> JSON:
        """`address[city]=Oslo&address[zip]=0150`."""
        found: dict[str, JSON] = {}
        for key, values in query.values.items():
            if not key.startswith(name + "[") or not key.endswith("]"):
                continue
            inner = key[len(name) + 1 : -1]
            schema = self.properties.get(inner, {})
            if schema.get("type") == "array":
                items = schema.get("items", {})
                found[inner] = [self._typed(unquote_plus(value), items) for value in values]
            else:
                found[inner] = self._typed(unquote_plus(values[-1]), schema)
        return found or MISSING

    def _exploded_object(self, query: Query) -> JSON:
        found: dict[str, JSON] = {}
        for name in self.properties:
            if name in query.values:
                found[name] = self._member(name, unquote_plus(query.values[name][-1]))
        return found or MISSING


def _kind_of(schema: Schema) -> str:
    """The first type of a schema that is not null; empty where it names none."""
    named = schema.get("type")
    if not isinstance(named, list):
        return str(named or "")
    return next((str(one) for one in named if one != "null"), "")


def _choices(contract: Contract, schema: Schema) -> Iterator[dict[str, JSON]]:
    """The alternatives of a schema, resolved."""
    for keyword in ("oneOf", "anyOf"):
        for option in schema.get(keyword) or ():
            yield contract.described(option)
