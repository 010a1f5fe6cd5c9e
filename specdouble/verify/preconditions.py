"""Header fields of a request that are right or wrong by what the server has: conditions, and idempotency keys."""

from __future__ import annotations

from specdouble.contract import Operation, Parameter

# RFC 9110, 13.1.
CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range")


def is_condition(name: str) -> bool:
    """Whether a header field makes a request depend on the version that the server has."""
    return name.lower() in CONDITIONS


def is_idempotency_key(name: str) -> bool:
    """Whether a header field tells a repeated request from a new one (draft-ietf-httpapi-idempotency-key-header)."""
    return "idempotency" in name.lower().replace("_", "-")


def header(operation: Operation, name: str) -> Parameter | None:
    """The header field that the operation declares, by its name in lower case."""
    fields = (one for one in operation.parameters if one.location == "header")
    return next((one for one in fields if one.name.lower() == name), None)


def idempotency_key(operation: Operation) -> Parameter | None:
    """The header field that the operation takes an idempotency key in."""
    fields = (one for one in operation.parameters if one.location == "header")
    return next((one for one in fields if is_idempotency_key(one.name)), None)
