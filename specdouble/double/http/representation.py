"""A value in a media type other than JSON."""

from __future__ import annotations

import csv
import io

import orjson

from specdouble.contract import Contract, Media
from specdouble.contract.json_type import JSON
from specdouble.double.http.xml import write_xml


def represented(contract: Contract, value: JSON, media: Media) -> bytes:
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
    for example in media.examples.values():
        if isinstance(example, str):
            return example.encode()
    return orjson.dumps(value)


def _csv(value: JSON) -> bytes:
    rows: list[dict[str, str]] = []
    columns: dict[str, None] = {}  # of all rows, in the order in which they come up
    for one in value if isinstance(value, list) else [value]:
        row = one if isinstance(one, dict) else {"value": one}
        rows.append({name: _cell(item) for name, item in row.items()})
        columns.update(dict.fromkeys(row))
    written = io.StringIO()
    table = csv.DictWriter(written, list(columns))
    table.writeheader()
    table.writerows(rows)
    return written.getvalue().encode()


def _cell(value: JSON) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
