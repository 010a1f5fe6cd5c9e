"""New ids, in the style of the schema: ObjectId, UUID, integer."""

from __future__ import annotations

import ipaddress
import re
import time
import uuid
from collections.abc import Callable, Mapping
from itertools import cycle
from random import Random

from specdouble.contract.json_type import JSON
from specdouble.contract.pattern import matches
from specdouble.double.state.pattern import matching

_OBJECT_ID_PATTERN = re.compile(r"\^\[(?:0-9a-f|a-f0-9|0-9a-fA-F|a-fA-F0-9|A-Fa-f0-9)\]\{24\}\$")


_PRIVATE = {  # addresses that lead nowhere (RFC 1918, RFC 4193)
    ipaddress.IPv4Address: int(ipaddress.IPv4Address("10.0.0.0")),
    ipaddress.IPv6Address: int(ipaddress.IPv6Address("fd00::")),
}
_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TRIES = 100  # at a text that was not given before
_FAR = 2**31 - 1000  # a client's id beyond is no number to count on from

Maker = Callable[["Ids"], "str | int"]


class Ids:
    """Gives ids that were not given before.

    Args:
        seed: the same ids again for the same seed; None for others at each start.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seeded = seed is not None
        self._random = Random(seed)
        self._last: dict[str, int] = {}
        self._makers: dict[str, Maker] = {}

    def new(self, collection: str, schema: Mapping[str, JSON]) -> str | int:
        """An id for a document of the collection, in the style of the id property's schema."""
        make = self._makers.get(collection)
        if make is None:
            make = self._makers[collection] = self._maker(collection, schema)
        return make(self)

    def _maker(self, collection: str, schema: Mapping[str, JSON]) -> Maker:
        """Makes ids in the style of the schema, of any `Ids`: one that held these would live until it is looked for."""
        kind, choices = schema.get("type"), schema.get("enum")
        if isinstance(choices, list) and choices:
            # One after the other: the contract allows no more.
            turns = cycle([one if isinstance(one, int) else str(one) for one in choices])
            return lambda _: next(turns)
        if "integer" in (kind if isinstance(kind, list) else [kind]) or kind == "number":
            least = schema.get("minimum")
            first = max(1, int(least)) if isinstance(least, int | float) else 1
            return lambda ids: ids._next(collection, first)
        if schema.get("format") == "uuid":
            return lambda ids: str(uuid.UUID(int=ids._random.getrandbits(128), version=4))
        return self._as_described(schema) or Ids._object_id

    def _next(self, collection: str, first: int) -> int:
        self._last[collection] = max(self._last.get(collection, 0) + 1, first)
        return self._last[collection]

    def _object_id(self) -> str:
        # As an ObjectId begins: with the second of its making, unless a seed must repeat it.
        head = self._random.getrandbits(32) if self._seeded else int(time.time())
        return f"{head:08x}{self._random.getrandbits(64):016x}"

    @staticmethod
    def _as_described(schema: Mapping[str, JSON]) -> Maker | None:
        """Makes texts that fit the schema's pattern and length, where an ObjectId would not."""
        if schema.get("format") in ("ipv4", "ipv6"):
            make = ipaddress.IPv4Address if schema["format"] == "ipv4" else ipaddress.IPv6Address
            return lambda ids: str(make(_PRIVATE[make] + ids._random.getrandbits(24)))
        pattern, least, most = schema.get("pattern"), schema.get("minLength", 0), schema.get("maxLength")
        others = [one["pattern"] for one in schema.get("allOf") or () if isinstance(one.get("pattern"), str)]
        if isinstance(pattern, str) and (others or not _OBJECT_ID_PATTERN.fullmatch(pattern)):
            given: set[str] = set()  # a pattern may have few texts, and chance repeats itself
            return lambda ids: ids._matching([pattern, *others], least, most, given)
        if not isinstance(pattern, str) and (least > 24 or (most is not None and most < 24)):
            length = max(least, min(most or least, 12))
            return lambda ids: "".join(ids._random.choice(_LETTERS) for _ in range(length))
        return None

    def last(self, collection: str) -> int:
        """The greatest number that was given or seen in the collection; 0 where there was none."""
        return self._last.get(collection, 0)

    def _matching(self, patterns: list[str], least: int, most: int | None, given: set[str]) -> str:
        """A text of all the patterns that was not given before, as long as one is found."""
        text = ""
        for attempt in range(_TRIES):
            # Made of one after the other: of `^[a-z]+$` and `^\\w+$` only the first makes texts that fit both.
            text = matching(patterns[attempt % len(patterns)], self._random, least, most) or self._object_id()
            if text not in given and all(matches(one, text) for one in patterns if len(patterns) > 1):
                break
        given.add(text)
        return text

    def is_taken(self, value: object) -> None:
        """An id that was given is another document's: that never happens to who gives them alone."""

    def seen(self, collection: str, value: object) -> None:
        """Take note of an id that came from elsewhere, so that it is not given again."""
        if isinstance(value, int) and value < _FAR:
            self._last[collection] = max(self._last.get(collection, 0), value)
