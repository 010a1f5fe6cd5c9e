"""Sequential media types: values one after another, each told by `itemSchema` (OpenAPI 3.2, Media Type Object)."""

from __future__ import annotations

from collections.abc import Container

import orjson

from specdouble.contract.json_type import JSON
from specdouble.contract.media_type import essence
from specdouble.double.http.json_text import read_json

_RECORD = b"\x1e"  # what begins each text of application/json-seq (RFC 7464)
_EVENT_FIELDS = ("event", "id", "retry")


def write_sequence(values: list[JSON], media_type: str) -> bytes:
    """The values in the media type; a JSON array where it has no way of its own for many.

    Args:
        values: what is sent, one after another.
        media_type: `application/jsonl` and its like, `application/json-seq` or `text/event-stream`.
    """
    kind = essence(media_type)
    if kind == "text/event-stream":
        return b"".join(map(_event, values))
    if not kind.endswith("json-seq") and not _has_lines(kind):
        return orjson.dumps(values)
    beginning = _RECORD if kind.endswith("json-seq") else b""
    return b"".join(beginning + orjson.dumps(value) + b"\n" for value in values)


def read_sequence(raw: bytes, media_type: str, reserved: Container[str]) -> list[JSON]:
    """The values of a body in the media type.

    Raises:
        Problem: 400, one of them is not JSON, or holds what no store can keep.
    """
    kind = essence(media_type)
    if kind.endswith("json-seq"):
        texts = raw.split(_RECORD)
    elif _has_lines(kind):
        texts = raw.splitlines()
    else:
        whole = read_json(raw, reserved)
        return whole if isinstance(whole, list) else [whole]
    return [read_json(text, reserved) for text in texts if text.strip()]


def _has_lines(kind: str) -> bool:
    return kind.endswith(("jsonl", "ndjson", "jsonlines", "json-lines"))


def _event(value: JSON) -> bytes:
    """One server-sent event (WHATWG HTML, 9.2): its fields, or the value as its data."""
    fields = value if isinstance(value, dict) and "data" in value else {"data": value}
    lines = [f"{name}: {fields[name]}" for name in _EVENT_FIELDS if name in fields]
    data = fields["data"]
    text = data if isinstance(data, str) else orjson.dumps(data).decode()
    lines += [f"data: {line}" for line in text.splitlines() or [""]]
    return ("\n".join(lines) + "\n\n").encode()
