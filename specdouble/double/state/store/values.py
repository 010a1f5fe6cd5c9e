"""The values of documents: which of them an index can hold, and copies as cheap as can be."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from bson import ObjectId, encode
from mongomock import collection as upstream
from mongomock.helpers import patch_datetime_awareness_in_document

Document = dict[str, Any]

Slot = Any

# By exact type: a subclass may compare and hash as it likes.
IMMUTABLE = frozenset({str, int, float, bool, type(None), ObjectId, bytes})

_NAMES = frozenset({str})

_JSON = frozenset({str, int, float, bool, type(None)})

PLAIN = IMMUTABLE | {datetime}

# What an index cannot file: it equals nothing, not even the same value.
ODD = object()


def rebuilt(document: Document, odd: Callable[[Any], Any]) -> Document:
    """A copy that shares nothing that can change; `odd` copies what is neither JSON-like nor an id."""
    if IMMUTABLE.issuperset(map(type, document.values())):
        return document.copy()
    return {name: value if type(value) in IMMUTABLE else _rebuilt_value(value, odd) for name, value in document.items()}


def _rebuilt_value(value: Any, odd: Callable[[Any], Any]) -> Any:
    if type(value) is dict:
        return rebuilt(value, odd)
    if type(value) is list:
        return [one if type(one) in IMMUTABLE else _rebuilt_value(one, odd) for one in value]
    return odd(value)


def owned(document: Document) -> Document:
    """The copy that is stored."""
    return rebuilt(document, patch_datetime_awareness_in_document)


def handed_out(document: Document) -> Document:
    return rebuilt(document, _mongomock_copy) if type(document) is dict else _mongomock_copy(document)


def _mongomock_copy(value: Any) -> Any:
    return upstream._copy_field(value, dict)


def draft(document: Document) -> Document:
    return rebuilt(document, copy.deepcopy) if type(document) is dict else copy.deepcopy(document)


def storable(document: Document) -> bool:
    """Whether mongomock would take it without complaint: how it complains is left to mongomock."""
    return flat_size(document) is not None or is_bson(document)


def is_bson(document: Document) -> bool:
    """Whether BSON can hold it, and MongoDB takes its names."""
    if not _NAMES.issuperset(map(type, document)):
        return False
    names = "".join(document)
    if "$" in names or "\0" in names:
        return False
    try:
        encode(document)
    except Exception:
        return False
    return True


def flat_size(document: Document) -> int | None:
    """The bytes of a flat document as JSON; None where it is not flat, or BSON might not hold it.

    What orjson writes of these types BSON can hold too; it refuses lone surrogates and long integers faster.
    """
    if not _JSON.issuperset(map(type, document.values())):
        return None
    try:
        written = orjson.dumps(document, option=orjson.OPT_STRICT_INTEGER)
    except orjson.JSONEncodeError:
        return None
    return None if b"$" in written or b"\\u0000" in written else len(written)


def is_id(value: Any) -> bool:
    """Whether the value is its own key: mongomock files dates, arrays and objects under another one."""
    return type(value) in IMMUTABLE and value == value


def is_plain(value: Any) -> bool:
    """Whether a hash finds all that equals the value; NaN is not even equal to itself."""
    return type(value) in PLAIN and value == value


def by_dot(document: Document, field: str) -> Any:
    try:
        return upstream.helpers.get_value_by_dot(document, field)
    except KeyError:
        return None
