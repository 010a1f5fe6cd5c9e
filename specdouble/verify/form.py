"""Documents as forms (`application/x-www-form-urlencoded`): where an operation takes no JSON, it takes these."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from typing import Any
from urllib.parse import parse_qsl, urlencode

from specdouble.contract import Operation
from specdouble.contract.media_type import essence
from specdouble.verify.values import kind

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"


def may_be_none(operation: Operation) -> bool:
    """Whether a form without fields is no wrong body: on its way it is none, and none is required."""
    return operation.json_body is None and operation.body is not None and not operation.body.required


def written(document: Any) -> bytes:
    """The document as the body of a form.

    What stands within a property is written as most servers read it: `address[city]=Oslo`, `tags=a&tags=b`,
    `items[0][price]=1` (OpenAPI 3.0, 4.7.12: `deepObject`).
    """
    fields = [field for name, value in document.items() for field in _fields(name, value)]
    return urlencode(fields, errors="surrogatepass").encode()


def _fields(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _fields(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _fields(f"{name}[{index}]" if isinstance(item, dict | list) else name, item)
    elif value is not None:
        yield name, as_text(value)


def as_text(value: object) -> Any:
    """A value as it stands in a form, where all is text; objects and lists as they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def read(value: object) -> Any:
    """A value as a form is read where no text is wanted: `7` is a number, `true` is true."""
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return found if isinstance(found, bool | int | float) else value


def arrived(body: bytes, content_type: str) -> dict[str, list[str]]:
    """The texts of a form on its way, by the names of their fields; of a file no more than that it is there."""
    if essence(content_type) == MULTIPART:
        whole = message_from_bytes(b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body)
        parts = whole.get_payload() if whole.is_multipart() else []
        pairs = [_pair(part) for part in parts if not isinstance(part, str)]
    else:
        pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    found: dict[str, list[str]] = {}
    for name, text in pairs:
        found.setdefault(name, []).append(text)
    return found


def _pair(part: Any) -> tuple[str, str]:
    name, content = part.get_param("name", "", header="content-disposition"), part.get_payload(decode=True)
    is_file = part.get_filename() is not None
    return str(name), "" if is_file or not isinstance(content, bytes) else content.decode("utf-8", "replace")


def readings(
    sent: object, fields: Mapping[str, list[str]], schemas: Mapping[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """What a server may read of a form: of a single value that is there several times the first, or the last.

    An array has a field for each entry, and what is null or empty has none (OpenAPI 3.0, 4.7.14 and 4.7.15).

    Args:
        sent: what was to be sent; what is no object is read as the fields that it has become.
        fields: what is on its way.
        schemas: the merged schemas of the properties; what is an object or of any type is read as it was sent.
    """
    members = sent if isinstance(sent, dict) else {name: texts[0] for name, texts in fields.items()}
    for which in (0, -1):
        document = {}
        for name, value in members.items():
            schema = schemas.get(name, {})
            if not is_of_texts(schema):
                document[name] = value
            elif fields.get(name):
                document[name] = as_read(schema, fields[name], which)
        yield document


def is_of_texts(schema: dict[str, Any]) -> bool:
    """Whether each value of the schema is a text on its way, or several of them."""
    if not {"type", "enum", "items"} & schema.keys():
        return False
    if kind(schema) == "array":
        items = schema.get("items")
        return isinstance(items, dict) and "$ref" not in items and kind(items) != "array" and is_of_texts(items)
    return kind(schema) in ("string", "integer", "number", "boolean")


def as_read(schema: dict[str, Any], texts: list[str], which: int = 0) -> Any:
    """The texts of one field as what its schema asks for: all of them where that is an array, else this one."""
    if kind(schema) == "array":
        return [as_read(schema["items"], [text]) for text in texts]
    return texts[which] if kind(schema) == "string" else read(texts[which])


def can_hold(value: object) -> bool:
    """Whether a form can hold the value: it has no null, and nothing that is empty but a text."""
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return len(value) > 0 and all(map(can_hold, items))
    return value is not None
