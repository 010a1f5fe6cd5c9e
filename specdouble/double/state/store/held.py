"""How much an embedded store holds."""

from __future__ import annotations

from typing import Any

import orjson

from specdouble.double.state.store.changes import Changes
from specdouble.double.state.store.values import Document

# The document as it was stored (None: it is new) and as it is (None: it was removed), and the bytes of both together.
Write = tuple[Document | None, Document | None, int]


class Held:
    """A count of what all collections of a store hold together.

    `bytes` is the size of the documents as JSON, and a little for each: what they take in memory is some times that.
    `latest` is the last write to any of them, `changes` what has changed where somebody keeps it.
    """

    __slots__ = ("bytes", "changes", "latest")

    def __init__(self) -> None:
        self.bytes = 0
        self.latest: Write = (None, None, 0)
        self.changes: Changes | None = None


_EACH = 256  # bytes that an empty document takes too, with its entries in the indexes


def size_of(document: Document, json_size: int | None = None) -> int:
    """The bytes of a document as JSON, and some for its being there; what JSON cannot say counts by its text.

    Args:
        document: the document.
        json_size: its bytes as JSON, where they have been counted already.
    """
    if json_size is not None:
        return _EACH + json_size
    try:
        return _EACH + len(orjson.dumps(document, default=_text, option=orjson.OPT_NON_STR_KEYS))
    except TypeError:
        return _EACH + len(repr(document))


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
