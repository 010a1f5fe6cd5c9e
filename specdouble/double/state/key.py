"""What two documents of a collection must not share, as one text."""

from __future__ import annotations

import orjson

from specdouble.contract.json_type import JSON


def key_of(values: list[JSON]) -> str:
    """The values as a text; equal values make the same."""
    if float in map(type, values):
        values = [_plain(value) for value in values]
    return orjson.dumps(values, option=orjson.OPT_SORT_KEYS).decode()


def _plain(value: JSON) -> JSON:
    # 1 and 1.0 are one number to JSON (and to MongoDB), true is none.
    return int(value) if isinstance(value, float) and value.is_integer() else value
