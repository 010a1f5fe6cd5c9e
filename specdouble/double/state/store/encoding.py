"""A document as bytes, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bson
from bson.errors import BSONError

from specdouble.double.state.store.values import Document


class EncodingError(Exception):
    """A document has what no file can keep."""


def encoded(document: Mapping[str, Any]) -> bytes:
    """A document as BSON, in which a store's own values (dates, bytes, ids) stay what they are.

    Raises:
        EncodingError: it has a value that no MongoDB could hold.
    """
    try:
        return bson.encode(document)
    except (BSONError, OverflowError) as error:
        raise EncodingError(str(error)) from None


def decoded(content: bytes) -> Document:
    """The document that was encoded.

    Raises:
        EncodingError: it is none.
    """
    try:
        document: Document = bson.decode(content)
    except (BSONError, TypeError, ValueError, RecursionError) as error:
        raise EncodingError(str(error)) from None
    return document
