"""A value in a media type other than JSON."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson

from specdouble.contract import Contract, Media
from specdouble.double.http.xml import write_xml


def represented(contract: Contract, value: Any, media: Media) -> bytes:
    """The value as the media type has it; a text is taken for the finished body.

    An array's documents become the rows of `text/csv` (RFC 4180). Of what has no form of its own the media's example is
    shown, or else its JSON text.
    """
    if value is None or isinstance(value, str):
        return (value or "").encode()
    if "xml" in media.type:
        return write_xml(contract, value, media.schema)
    if media.type.startswith("text/csv"):
        return _csv(value)
    example = next((one for one in media.examples.values() if isinstance(one, str)), None)
    return orjson.dumps(value) if example is None else example.encode()


def _csv(value: Any) -> bytes:
    rows = value if isinstance(value, list) else [value]
    rows = [row if isinstance(row, dict) else {"value": row} for row in rows]
    written = io.StringIO()
    table = csv.DictWriter(written, list(dict.fromkeys(name for row in rows for name in row)))
    table.writeheader()
    table.writerows({name: _cell(item) for name, item in row.items()} for row in rows)
    return written.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
