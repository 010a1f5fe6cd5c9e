"""Documents as forms (`application/x-www-form-urlencoded`): where an operation takes no JSON, it takes these."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from specdouble.contract import Operation


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


def _fields(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _fields(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _fields(f"{name}[{index}]" if isinstance(item, dict | list) else name, item)
    elif value is not None:
        yield name, as_text(value)


def as_text(value: Any) -> Any:
    """A value as it stands in a form, where all is text; objects and lists as they are."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def read(value: Any) -> Any:
    """A value as a form is read where no text is wanted: `7` is a number, `true` is true."""
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return found if isinstance(found, bool | int | float) else value


def can_hold(value: Any) -> bool:
    """Whether a form can hold the value: it has no null, and nothing that is empty but a text."""
    if isinstance(value, dict | list):
        items = value.values() if isinstance(value, dict) else value
        return len(value) > 0 and all(map(can_hold, items))
    return value is not None
