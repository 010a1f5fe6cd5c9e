"""Reads parameters: every style of OpenAPI (3.0.3, Parameter Object, "Style Values")."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

from specdouble.contract import Contract, Parameter, Violation
from specdouble.contract.properties import is_array
from specdouble.double.http.json_text import is_json, read_json
from specdouble.double.http.scalar import typed
from specdouble.double.state.problem import Problem
from specdouble.double.state.storable import unstorable

MISSING: Any = object()
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


@dataclass(slots=True)
class Query:
    """A query string, its names decoded and its values still as they came: a `%2C` is no separator."""

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
    schema: Mapping[str, Any]
    items: Mapping[str, Any]
    properties: Mapping[str, Mapping[str, Any]]
    default: Any
    alternatives: tuple[str, ...]
    reserved: Container[str]
    is_text: bool

    @classmethod
    def of(cls, contract: Contract, parameter: Parameter) -> ParameterReader:
        """The reader of a contract's parameter."""
        schema = contract.described(parameter.schema)
        kinds = schema.get("type")
        kind = next((one for one in kinds if one != "null"), "") if isinstance(kinds, list) else str(kinds or "")
        items = contract.described(schema.get("items") or {})
        properties = contract.properties(schema)
        if not kind and properties:
            kind = "object"
        choices = [contract.described(one) for key in ("oneOf", "anyOf") for one in schema.get(key) or () if not kind]
        alternatives = tuple(str(one["type"]) for one in choices if "type" in one)
        arrays = [contract.described(one.get("items") or {}) for one in choices if is_array(one)]
        if arrays:
            items = {"anyOf": arrays}
            kind = "array" if {*alternatives} <= {"array", "null"} else kind
        default = schema.get("default", MISSING)
        is_text = kinds == "string"
        return cls(parameter, kind, schema, items, properties, default, alternatives, contract.reserved, is_text)

    def from_path(self, raw: str) -> Any:
        """The value of a path segment, as it came."""
        style, name = self.parameter.style, self.parameter.name
        if style == "label":
            return self._parts(raw[1:], "." if self.parameter.explode else ",", unquote)
        if style == "matrix":
            return self._matrix(raw, name)
        return self._parts(raw, ",", unquote)

    def from_query(self, query: Query) -> Any:
        """The value in a query string; MISSING where it is not sent."""
        name, style = self.parameter.name, self.parameter.style
        if style == "deepObject":
            return self._deep_object(query, name)
        sent = query.values.get(name)
        if self.kind == "object" and style == "form" and self.parameter.explode and self.parameter.media_type is None:
            return self._exploded_object(query)
        if sent is None:
            return MISSING
        if self.parameter.media_type is not None:
            return self._content(unquote_plus(sent[-1]))
        several = len(sent) > 1 and "array" in self.alternatives
        if (self.kind == "array" or several) and self.parameter.explode:
            return [self._typed(unquote_plus(one), self.items) for one in sent]
        separator = _SEPARATORS.get(style, ",")
        text = sent[-1]
        if separator != ",":
            text = text.replace("%20", " ").replace("+", " ").replace("%7C", "|").replace("%09", "\t")
        return self._parts(text, separator, unquote_plus)

    def from_querystring(self, raw: bytes) -> Any:
        """The query string as a whole (`in: querystring`, OpenAPI 3.2); MISSING where there is none."""
        if not raw:
            return MISSING
        if "json" in (self.parameter.media_type or ""):
            return self._content(unquote(raw.decode("latin-1")))
        return self._exploded_object(Query.parse(raw))

    def from_header(self, value: str | None) -> Any:
        """The value of a header field; MISSING where it is not sent."""
        if value is None:
            return MISSING
        return self._content(value) if self.parameter.media_type else self._parts(value, ",", str.strip)

    def from_cookie(self, value: str | None) -> Any:
        """The value of a cookie; MISSING where it is not sent."""
        return MISSING if value is None else self._parts(value, ",", unquote)

    def checked(self, contract: Contract, value: Any) -> tuple[Any, list[Violation]]:
        """The value, and what is wrong with it; a text that only another alternative takes is read as that one."""
        found = self.violations(contract, value)
        if found and isinstance(value, str):
            for kind in self.alternatives:
                is_one = kind == "array"
                other = [self._typed(value, self.items)] if is_one else self._typed(value, {"type": kind})
                if other is not value and not self.violations(contract, other):
                    return other, []
        return value, found

    def violations(self, contract: Contract, value: Any) -> list[Violation]:
        """What is wrong with the value; a required one that is missing included.

        Raises:
            Problem: 404, it stands in the path, and no store can keep it.
        """
        parameter = self.parameter
        if value is MISSING:
            return [Violation(parameter.location, f"/{parameter.name}", "is required")] if parameter.required else []
        found = unstorable(value, parameter.location, self.reserved)
        if found and parameter.location == "path":
            raise Problem(404, None, f"{parameter.name} {found[0].message}: nothing has such a path")
        if found:
            return self.placed(found)
        if parameter.slot is None or contract.schemas.is_valid(parameter.slot, value):
            return []
        return self.placed(contract.schemas.violations(parameter.slot, value, parameter.location))

    def placed(self, violations: Iterable[Violation]) -> list[Violation]:
        """What is wrong with a value, told of the parameter that has it."""
        location, at = self.parameter.location, f"/{self.parameter.name}"
        return [Violation(location, at + one.pointer, one.message) for one in violations]

    def _typed(self, text: str, schema: Mapping[str, Any]) -> Any:
        return typed(text, schema, self.reserved)

    def _content(self, text: str) -> Any:
        """The value of a parameter whose media type is JSON; what is no JSON is a text, for the schema to judge."""
        if "json" not in (self.parameter.media_type or "") or not is_json(text):
            return text
        return read_json(text.encode("utf-8"), self.reserved)

    def _parts(self, text: str, separator: str, decode: Callable[[str], str]) -> Any:
        if self.is_text:
            return decode(text)
        if self.kind == "array":
            return [self._typed(decode(one), self.items) for one in text.split(separator)] if text else []
        if self.kind == "object":
            return dict(self._members(text, separator, decode))
        return self._typed(decode(text), self.schema)

    def _members(self, text: str, separator: str, decode: Callable[[str], str]) -> Iterator[tuple[str, Any]]:
        """`R,100,G,200`, or exploded `R=100,G=200`."""
        parts = text.split(separator) if text else []
        if self.parameter.explode:
            pairs = [part.partition("=")[::2] for part in parts]
        else:
            pairs = list(zip(parts[::2], parts[1::2], strict=False))
        for name, value in pairs:
            yield decode(name), self._typed(decode(value), self.properties.get(decode(name), {}))

    def _matrix(self, raw: str, name: str) -> Any:
        parts = [part.partition("=") for part in raw.split(";")[1:]]
        values = [value for key, _, value in parts if unquote(key) == name]
        if self.kind == "array" and self.parameter.explode:
            return [self._typed(unquote(one), self.items) for one in values]
        if self.kind == "object" and self.parameter.explode:
            members = [(unquote(key), unquote(value)) for key, _, value in parts]
            return {key: self._typed(value, self.properties.get(key, {})) for key, value in members}
        return self._parts(values[0], ",", unquote) if values else self._typed(unquote(raw), self.schema)

    def _deep_object(self, query: Query, name: str) -> Any:
        found = {}
        for key, values in query.values.items():
            if not key.startswith(name + "[") or not key.endswith("]"):
                continue
            inner = key[len(name) + 1 : -1]
            schema = self.properties.get(inner, {})
            decoded = [unquote_plus(value) for value in values]
            if schema.get("type") == "array":
                found[inner] = [self._typed(one, schema.get("items", {})) for one in decoded]
            else:
                found[inner] = self._typed(decoded[-1], schema)
        return found or MISSING

    def _exploded_object(self, query: Query) -> Any:
        found = {
            name: self._typed(unquote_plus(query.values[name][-1]), schema)
            for name, schema in self.properties.items()
            if name in query.values
        }
        return found or MISSING
