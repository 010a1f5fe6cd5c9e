"""New ids, in the style of the schema: ObjectId, UUID, integer."""

from __future__ import annotations

import re
import time
import uuid
from random import Random, SystemRandom
from typing import Any

_OBJECT_ID = re.compile(r"[0-9a-f]{24}")


class Ids:
    """Gives ids that were not given before.

    Args:
        seed: the same ids again for the same seed; None for ids that nobody can foresee.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seeded = seed is not None
        self._random = Random(seed) if seed is not None else SystemRandom()
        self._last: dict[str, int] = {}

    def new(self, collection: str, schema: dict[str, Any]) -> str | int:
        """An id for a document of the collection, in the style of the id property's schema."""
        kind = schema.get("type")
        if "integer" in (kind if isinstance(kind, list) else [kind]) or kind == "number":
            self._last[collection] = self._last.get(collection, 0) + 1
            return self._last[collection]
        if schema.get("format") == "uuid":
            return str(uuid.UUID(int=self._random.getrandbits(128), version=4))
        # As an ObjectId begins: with the second of its making, unless a seed must repeat it.
        head = self._random.getrandbits(32) if self._seeded else int(time.time())
        return f"{head:08x}{self._random.getrandbits(64):016x}"

    def seen(self, collection: str, value: object) -> None:
        """Take note of an id that came from elsewhere, so that it is not given again."""
        if isinstance(value, int):
            self._last[collection] = max(self._last.get(collection, 0), value)
