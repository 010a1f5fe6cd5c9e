"""Reads request bodies: JSON as RFC 8259 has it, and as a store can keep it."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterator, Mapping
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from specdouble.contract import Violation
from specdouble.contract.pointer import pointer
from specdouble.contract.reserved import is_reserved
from specdouble.double.state.problem import Problem

DEEPEST = 100
_BEYOND = 2**63
_FLAT = frozenset({str, float, bool, type(None)})
_decode = msgspec.json.Decoder().decode


def read_json(raw: bytes, reserved: Container[str] = ()) -> Any:
    """The value of a JSON text.

    Args:
        raw: the text.
        reserved: the names that begin with `$` or contain a dot and are taken all the same.

    Raises:
        Problem: 400, when the text is not JSON in UTF-8, names a member twice (RFC 8259, 4), nests deeper than
            100 levels, or holds what no store can keep: NUL, integers beyond 64 bits, other names that begin
            with `$` or contain a dot.
    """
    if raw.count(b"[") + raw.count(b"{") > DEEPEST:
        _refuse_depth(raw)
    try:
        value = _decode(raw)
    except msgspec.DecodeError as error:
        raise _problem("", f"is not JSON: {error}") from None
    except (UnicodeDecodeError, RecursionError):
        raise _problem("", "is not JSON in UTF-8") from None
    if not _plainly_harmless(raw, value):
        _refuse_twins(raw)
        storable(value, reserved)
    return value


def storable(value: Any, reserved: Container[str] = ()) -> Any:
    """The value, where a store can keep it.

    Raises:
        Problem: 400, with everything in it that no store can keep.
    """
    violations = [Violation("body", at, message) for at, message in _unstorable(value, reserved)]
    if violations:
        raise Problem(400, "Invalid request body", violations=violations)
    return value


def _problem(at: str, message: str) -> Problem:
    return Problem(400, "Invalid request body", violations=[Violation("body", at, message)])


def _plainly_harmless(raw: bytes, value: Any) -> bool:
    """Whether no closer look is needed: as many colons as members, no `$`, no long integer, no escaped NUL.

    Each member brings one colon. More colons than members are colons inside strings, or members that were lost
    because their name stands twice.
    """
    if not isinstance(value, dict) or raw.count(b":") != len(value) or b"$" in raw or b"\\u0000" in raw:
        return False
    if "." in "".join(value):
        return False
    if _FLAT.issuperset(map(type, value.values())):
        return True
    odd = [part for part in value.values() if type(part) not in _FLAT]
    return all(type(part) is int and -_BEYOND <= part < _BEYOND for part in odd)


def _refuse_depth(raw: bytes) -> None:
    depth = inside = 0
    for char in re.sub(rb'"(?:[^"\\]|\\.)*"', b"", raw):
        if char in b"[{":
            depth += 1
            inside = max(inside, depth)
        elif char in b"]}":
            depth -= 1
    if inside > DEEPEST:
        raise _problem("", f"is nested {inside} levels deep, more than {DEEPEST}")


def _refuse_twins(raw: bytes) -> None:
    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            names = [name for name, _ in pairs]
            twin = next(name for name in names if names.count(name) > 1)
            raise _problem("", f"names the member {twin!r} twice")
        return found

    json.loads(raw, object_pairs_hook=members)


def _unstorable(value: Any, reserved: Container[str], path: tuple[str | int, ...] = ()) -> Iterator[tuple[str, str]]:
    """What in the value no store can keep: its pointer and the reason."""
    if isinstance(value, str) and "\0" in value:
        yield pointer(*path), "contains the character NUL"
    elif isinstance(value, int) and not -_BEYOND <= value < _BEYOND:
        yield pointer(*path), "is an integer beyond 64 bits"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _unstorable(item, reserved, (*path, index))
    elif isinstance(value, dict):
        for name, item in value.items():
            if "\0" in name or (is_reserved(name) and name not in reserved):
                yield pointer(*path, name), "has a name that begins with $, or contains a dot or NUL"
            yield from _unstorable(item, reserved, (*path, name))


def read_form(raw: bytes, properties: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The fields of an `application/x-www-form-urlencoded` body, each as its property's schema has it."""
    try:
        pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise _problem("", "is no form in UTF-8") from None
    return from_pairs(pairs, properties)


def read_multipart(
    raw: bytes, content_type: bytes, properties: Mapping[str, Mapping[str, Any]], reserved: Container[str] = ()
) -> dict[str, Any]:
    """The parts of a `multipart/form-data` body by name; a file's bytes as text, one character each."""
    whole = b"Content-Type: " + content_type + b"\r\n\r\n" + raw
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(whole)
    if not message.is_multipart():
        if raw.strip().startswith(b"--") and raw.strip().endswith(b"--"):
            return {}
        raise _problem("", "has no parts: does the content type name the boundary?")
    pairs: list[tuple[str, Any]] = []
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        if not isinstance(name, str):
            raise _problem("", "has a part without a name")
        if "json" in part.get_content_type():
            pairs.append((name, read_json(content, reserved)))
        else:
            pairs.append((name, content.decode("latin-1" if part.get_filename() else "utf-8", "replace")))
    return from_pairs(pairs, properties)


def from_pairs(pairs: list[tuple[str, Any]], properties: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """An object of form fields; a field that stands several times, or whose schema is an array, becomes a list."""
    found: dict[str, list[Any]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {
        name: [typed(one, properties.get(name, {}).get("items", {})) for one in values]
        if properties.get(name, {}).get("type") == "array"
        else typed(values[-1], properties.get(name, {}))
        for name, values in found.items()
    }


def typed(text: Any, schema: Any) -> Any:
    """The value that a text stands for under a schema; the text itself where it stands for none."""
    if not isinstance(text, str) or not isinstance(schema, Mapping):
        return text
    kinds = schema.get("type")
    for kind in kinds if isinstance(kinds, list) else [kinds]:
        if kind == "boolean" and text in ("true", "false"):
            return text == "true"
        if kind == "null" and text in ("", "null"):
            return None
        if kind in ("integer", "number"):
            number = _number(text)
            if number is not None and (kind == "number" or isinstance(number, int)):
                return number
        if kind == "object" and text[:1] == "{":
            try:
                return json.loads(text)
            except ValueError:
                return text
    return text


_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,400})")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


def _number(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return int(text)
    if _NUMBER.fullmatch(text):
        number = float(text)
        return number if number not in (float("inf"), float("-inf")) else None
    return None
