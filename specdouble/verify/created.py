"""Which document a create made, as its answer or its request tells."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from specdouble.contract.digits import number_of
from specdouble.url import split_url
from specdouble.verify.exchange import Exchange
from specdouble.verify.id_shape import bare_id
from specdouble.verify.subject import Subject
from specdouble.verify.values import kind, merged


def created_id(subject: Subject, exchange: Exchange, shown: dict[str, Any]) -> Any:
    """The id of a new document: as the answer shows it, by `Location` (RFC 9110, 10.2.2), or by the request's path.

    None where nothing tells it.
    """
    key = subject.key
    if key in shown:
        return shown[key]
    if subject.names_in_path(exchange.call.operation):
        return exchange.call.path.get(subject.action(exchange.call.operation).id or "")
    location = exchange.headers.get("location", "")
    if location:
        return _typed(subject, unquote(split_url(location).path.rstrip("/").rpartition("/")[2]))
    if (bare := bare_id(exchange.json)) is not None:
        return bare
    others = [name for name, value in shown.items() if name.lower().endswith("id") and isinstance(value, str | int)]
    return shown[others[0]] if len(others) == 1 else None


def _typed(subject: Subject, text: str) -> Any:
    """An id of a URL, as documents hold it."""
    schema = subject.resource.properties.get(subject.key, {})
    number = number_of(text) if kind(merged(schema, subject.contract.resolve)) == "integer" else None
    return number if number is not None else text or None
