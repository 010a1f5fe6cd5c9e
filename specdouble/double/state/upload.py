"""A file that a request brings."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a request brings, in a part of a form or as its whole body.

    Args:
        field: the field of the form; empty where the file is the whole body.
        name: its name; empty where the request tells none.
        type: its media type.
        content: its bytes.
    """

    field: str
    name: str
    type: str
    content: bytes
