"""Reads JSON texts (RFC 8259), and takes of them what a store can keep."""

from __future__ import annotations

import json
from collections.abc import Container

import msgspec

from specdouble.contract import Violation
from specdouble.contract.json_type import JSON
from specdouble.double.state.problem import Problem
from specdouble.double.state.storable import DEEPEST, LARGEST, SMALLEST, storable

_FLAT = frozenset({str, float, bool, type(None)})
_decode = msgspec.json.Decoder().decode


def read_json(raw: bytes, reserved: Container[str] = ()) -> JSON:
    """The value of a JSON text.

    Args:
        raw: the text.
        reserved: the names that begin with `$` or contain a dot and are taken all the same.

    Raises:
        Problem: 400, when the text is not JSON in UTF-8, names a member twice (RFC 8259, 4), or holds what no store
            can keep.
    """
    try:
        value = _decode(raw)
    except RecursionError:
        raise _problem(f"is nested more than {DEEPEST} levels deep") from None
    except msgspec.ValidationError:  # all that can be wrong with a value that no type is asked of
        raise _problem("has a number that is beyond what can be kept") from None
    except msgspec.DecodeError as error:
        raise _problem(f"is not JSON: {error}") from None
    except UnicodeDecodeError:
        raise _problem("is not JSON in UTF-8") from None
    if not _is_plainly_harmless(raw, value):
        storable(value, reserved)
        _refuse_twins(raw)
    return value


def is_json(text: str) -> bool:
    """Whether the text is JSON, whatever it holds."""
    try:
        _decode(text)
    except (RecursionError, msgspec.ValidationError):  # too deep, or a number too long: it is JSON all the same
        return True
    except (msgspec.DecodeError, UnicodeError):
        return False
    return True


def _problem(message: str) -> Problem:
    return Problem(400, "Invalid request body", violations=[Violation("body", "", message)])


def _is_plainly_harmless(raw: bytes, value: JSON) -> bool:
    """Whether no closer look is needed: as many colons as members, no reserved name, no long integer, no escaped NUL.

    Each member brings one colon. More colons than members are colons inside strings, or members that were lost
    because their name stands twice.
    """
    if not isinstance(value, dict) or raw.count(b":") != len(value) or b"\\u0000" in raw:
        return False
    names = "".join(value)
    if "$" in names or "." in names:
        return False
    if _FLAT.issuperset(map(type, value.values())):
        return True
    for member in value.values():
        kind = type(member)
        if kind not in _FLAT and not (kind is int and SMALLEST <= member <= LARGEST):
            return False
    return True


def _refuse_twins(raw: bytes) -> None:
    """Refuse an object that names a member twice: which of them counts, every reader decides otherwise."""

    def members(pairs: list[tuple[str, JSON]]) -> None:
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _problem(f"names the member {name!r} twice")
            seen.add(name)

    # Numbers stay texts: long ones would be converted for nothing.
    json.loads(raw, object_pairs_hook=members, parse_int=str, parse_float=str)
