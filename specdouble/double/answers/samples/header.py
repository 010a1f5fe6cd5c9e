"""The value of a response's header field: the contract's example, else one that is made."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable
from contextlib import suppress
from email.utils import formatdate

from specdouble.contract import Contract, Header, Operation
from specdouble.contract.json_type import JSON
from specdouble.contract.properties import plain, types_of
from specdouble.double.answers.paging import tells_of_a_page
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError

_HOUR = 3600
# What is known of these by name is truer than a word; a limit is far away, and nothing is kept by caches.
_KNOWN: dict[str, Callable[[], JSON]] = {
    "retryafter": lambda: 1,
    "cachecontrol": lambda: "no-cache",
    "pragma": lambda: "no-cache",
    "lastmodified": lambda: formatdate(usegmt=True),
    "expires": lambda: formatdate(usegmt=True),
    "contentdisposition": lambda: "attachment",
    "acceptranges": lambda: "none",
}
_RATES: dict[str, Callable[[], JSON]] = {
    "limit": lambda: 1000,
    "remaining": lambda: 999,
    "used": lambda: 1,
    "reset": lambda: int(time.time()) // _HOUR * _HOUR + _HOUR,
}
# Without an example, they say what only the server that answers could know.
_BETTER_UNSAID = {
    "link", "location", "contentlocation", "setcookie", "stricttransportsecurity", "deprecation", "sunset", "warning",
}  # fmt: skip


def header_maker(contract: Contract, operation: Operation, sampler: Sampler) -> Callable[[Header, int], str | None]:
    """What makes the values of an operation's header fields; None of a field that is better not sent."""

    action = contract.actions.get(operation.id)
    is_list = action is not None and action.does == "list"

    def make(header: Header, status: int) -> str | None:
        if is_list and status < 300 and not header.required and tells_of_a_page(contract, operation, header):
            return None  # the list itself tells, where there is something to tell
        value = _example(contract, header)
        if value is None:
            value = _known(contract, header)
        if value is None and (header.required or plain(header.name) not in _BETTER_UNSAID):
            value = _made(header, sampler, f"{operation.id} {header.name}")
        if value is None and header.required:
            value = f"sample-{status}"
        text = None if value is None else _written(value, header)
        return text if text is None or (text.isprintable() and text.isascii()) else None

    return make


def _example(contract: Contract, header: Header) -> JSON:
    schema = contract.described(header.schema)
    for value in (header.example, schema.get("example"), schema.get("default"), schema.get("const")):
        if value is not None and _fits(contract, header, value):
            return value
    return None


def _known(contract: Contract, header: Header) -> JSON:
    """A value that the field's name tells, where the schema takes it as a number or a text."""
    key = plain(header.name)
    make = _KNOWN.get(key)
    if "ratelimit" in key:
        make = next((one for name, one in _RATES.items() if key.endswith(name)), None)
    if make is None:
        return None
    is_text = "string" in types_of(contract.described(header.schema))
    value = str(make()) if is_text else make()
    return value if _fits(contract, header, value) else None


def _fits(contract: Contract, header: Header, value: JSON) -> bool:
    return header.slot is None or contract.schemas.is_valid(header.slot, value)


def _made(header: Header, sampler: Sampler, key: str) -> JSON:
    with suppress(UnsatisfiableError):
        return None if header.slot is None else sampler.made(header.slot, key)
    return None


def _written(value: JSON, header: Header) -> str:
    """The value as the field has it: style `simple` (OpenAPI 3.0.3, Header Object), or JSON where that is said."""
    if header.media_type is not None and "json" in header.media_type:
        return json.dumps(value)
    if isinstance(value, dict):  # `R,100,G,200`
        value = [*itertools.chain.from_iterable(value.items())]
    if isinstance(value, list):
        return ",".join(_written(one, header) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
