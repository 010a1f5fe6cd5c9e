"""What is wrong with a value, in words, by what the validator says of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import jsonschema_rs

from specdouble.contract.alternatives import is_whole
from specdouble.contract.pointer import pointer


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


_SHUT_OUT = (
    jsonschema_rs.ValidationErrorKind.AdditionalProperties,
    jsonschema_rs.ValidationErrorKind.UnevaluatedProperties,
)
_CHOICES = (jsonschema_rs.ValidationErrorKind.AnyOf, jsonschema_rs.ValidationErrorKind.OneOfNotValid)
_OTHER_VALUE = (jsonschema_rs.ValidationErrorKind.Enum, jsonschema_rs.ValidationErrorKind.Constant)


def violations_of(error: jsonschema_rs.ValidationError, location: str) -> Iterator[Violation]:
    """What a validator's error says: each property that lacks or is shut out by itself, a choice by what was meant."""
    path = error.instance_path[1:]  # the first is the slot
    kind = error.kind
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Required):
        yield Violation(location, pointer(*path, kind.property), "is required")
    elif isinstance(kind, _SHUT_OUT):
        for name in kind.unexpected:
            yield Violation(location, pointer(*path, name), "is not a property of the schema")
    elif isinstance(kind, _CHOICES) and (meant := _meant_branch(kind.context, len(error.instance_path))):
        for one in meant:
            yield from violations_of(one, location)
    elif isinstance(kind, jsonschema_rs.ValidationErrorKind.Not) and is_whole(kind.schema):
        yield Violation(location, pointer(*path), "is not valid under the alternatives of its schema")
    else:
        yield Violation(location, pointer(*path), _shortened(error.message))


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
