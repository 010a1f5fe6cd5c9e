"""A file that a request brings, and the document that keeps it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from specdouble.contract.json_type import JSON

FILES = "_specdouble_files"
"""The collection of the documents that keep files."""
_PARTS = ("name", "type", "base64")


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

    def kept(self) -> dict[str, JSON]:
        """What a document keeps of it: texts alone, so that an exported snapshot can be imported again."""
        return {"name": self.name, "type": self.type, "base64": base64.b64encode(self.content).decode()}

    @classmethod
    def of_kept(cls, document: Mapping[str, JSON]) -> Upload:
        """The file that a document keeps.

        Raises:
            ValueError: it keeps none, and says why.
        """
        texts = {name: document.get(name) for name in _PARTS}
        for name, text in texts.items():
            if not isinstance(text, str):
                raise ValueError(f"`{name}` is no text")
        try:
            content = base64.b64decode(str(texts["base64"]), validate=True)
        except binascii.Error as error:
            raise ValueError(f"`base64` is not that: {error}") from None
        return cls("", str(texts["name"]), str(texts["type"]), content)
