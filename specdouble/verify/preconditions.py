"""Header fields of a request that are right or wrong by what the server has: conditions, and idempotency keys."""

from __future__ import annotations

import re

from specdouble.contract import Contract, Operation, Parameter

# RFC 9110, 13.1.
CONDITIONS = ("if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range")
OF_CHANGES = {"if-match", "if-unmodified-since"}  # those that keep a change from an older version

_VERSION = re.compile(r"^_*v$|(?:^|_)(?:version|revision|rev|etag)$|[a-z](?:Version|Revision|Rev|Etag|ETag)$")


def is_condition(name: str) -> bool:
    """Whether a header field makes a request depend on the version that the server has."""
    return name.lower() in CONDITIONS


def tells_a_version(name: str) -> bool:
    """Whether a property tells one state of a document from another by its name: `version`, `_rev`, `rowVersion`."""
    return _VERSION.search(name) is not None


def is_idempotency_key(name: str) -> bool:
    """Whether a header field tells a repeated request from a new one (draft-ietf-httpapi-idempotency-key-header)."""
    return "idempotency" in name.lower().replace("_", "-")


def is_played(contract: Contract, operation: Operation, check: str) -> bool:
    """Whether a rule about the operation has the cases of a check, which would be tried twice."""
    return any(check in rule.plays for rule in contract.rules_of(operation))


def header(operation: Operation, name: str) -> Parameter | None:
    """The header field that the operation declares, by its name in lower case."""
    fields = (one for one in operation.parameters if one.location == "header")
    return next((one for one in fields if one.name.lower() == name), None)


def is_key_of(operation: Operation, parameter: Parameter) -> bool:
    """Whether a parameter holds the idempotency key of a request, which each request has a new one of."""
    return parameter.location == "header" and parameter == idempotency_key(operation)


def idempotency_key(operation: Operation) -> Parameter | None:
    """The header field that the operation takes an idempotency key in, by its name or as a rule says."""
    if operation.idempotency_key:
        return header(operation, operation.idempotency_key.lower())
    fields = (one for one in operation.parameters if one.location == "header")
    return next((one for one in fields if is_idempotency_key(one.name)), None)
