"""Is a body what the operation asks for: types, required, enum, bounds, formats."""

import re
from dataclasses import dataclass
from typing import Any

from .seed import Document
from .service import invalid

EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int, float),
    "boolean": (bool,),
    "array": (list,),
}


@dataclass(frozen=True)
class Field:
    type: str
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    email: bool = False


Fields = dict[str, Field]


def check(fields: Fields, body: Document, faults: frozenset[str], partial: bool = False) -> Document:
    """The known properties of the body, each checked; unknown ones fall away."""
    if "unknown_properties_refused" in faults and body.keys() - fields.keys():
        raise invalid(f"unknown properties: {', '.join(body.keys() - fields.keys())}")
    if not partial:
        _check_required(fields, body, faults)
    known = {name: value for name, value in body.items() if name in fields}
    if "booleans_read_from_strings" in faults:
        known = {name: _as_boolean(fields[name], v) for name, v in known.items()}
    if "null_accepted" in faults:
        known = {name: value for name, value in known.items() if value is not None}
    for name, value in known.items():
        _check_value(name, fields[name], value, faults, partial)
    return known


def with_defaults(fields: Fields, values: Document) -> Document:
    defaults = {name: field.default for name, field in fields.items() if field.default is not None}
    return defaults | values


def _check_required(fields: Fields, body: Document, faults: frozenset[str]) -> None:
    for name, field in fields.items():
        if "stage_not_required" in faults and name == "initialStage":
            continue
        if field.required and name not in body:
            raise invalid(f"{name} is required")


def _check_value(name: str, field: Field, value: Any, faults: frozenset[str], partial: bool) -> None:
    if not _has_type(field.type, value):
        raise invalid(f"{name} must be of type {field.type}")
    if field.choices and value not in field.choices:
        unchecked = "enum_unchecked_on_update" in faults and partial
        if not unchecked and "enum_unchecked" not in faults:
            raise invalid(f"{name} must be one of {', '.join(field.choices)}")
    if field.email and not EMAIL.fullmatch(value):
        unchecked = "email_unchecked_on_update" in faults and partial
        if not unchecked and "email_unchecked" not in faults:
            raise invalid(f"{name} must be an email address")
    _check_bounds(name, field, value, faults)


def _has_type(kind: str, value: Any) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "integer" and isinstance(value, float) and not value.is_integer():
        return False
    return isinstance(value, TYPES[kind])


def _as_boolean(field: Field, value: Any) -> Any:
    if field.type == "boolean" and isinstance(value, str):
        return value == "true"
    return value


def _check_bounds(name: str, field: Field, value: Any, faults: frozenset[str]) -> None:
    low, high = field.minimum, field.maximum
    if low is not None and "minimum_off_by_one" in faults:
        low -= 1
    if low is not None and value < low:
        raise invalid(f"{name} must be at least {low}")
    if low is not None and value == low and "minimum_refused" in faults:
        raise invalid(f"{name} must be more than {low}")
    if high is not None and value > high and "maximum_unchecked" not in faults:
        raise invalid(f"{name} must be at most {high}")
