"""Conditional requests: a change that names a version of its document is made to that version alone (RFC 9110, 13)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b

from specdouble.contract import Contract, Operation
from specdouble.contract.json_type import JSON
from specdouble.double.state.keeper import Document
from specdouble.double.state.problem import Problem

FAILED = 412
_ANY = "*"


class Preconditions:
    """What an operation on a document does of the conditions that it declares, and of tags where others compare them.

    Args:
        contract: the contract.
        operation: the operation.
        collection: the documents.
    """

    def __init__(self, contract: Contract, operation: Operation, collection: str) -> None:
        # Where tags are compared, each operation must tell the same one, however its answer shows the document.
        of_same = (contract.operations[name] for name, _ in contract.actions_of.get(collection, ()))
        response = operation.response(operation.success)
        declares = response is not None and any(name.lower() == "etag" for name in response.headers)
        self._tells = declares and any(_parameter(one, "if-match") for one in of_same)
        can_fail = operation.response(FAILED) is not None
        self._match = _parameter(operation, "if-match") if can_fail else None
        # A read that names what is there answers 304.
        self._none_match = _parameter(operation, "if-none-match") if can_fail and not operation.is_safe else None

    @property
    def applies(self) -> bool:
        """Whether the operation tells versions, or compares them."""
        return self._tells or self._match is not None or self._none_match is not None

    def hold(self, document: Document | None, values: Mapping[str, JSON]) -> None:
        """Let a change pass whose conditions hold of the document, or that has none.

        Args:
            document: as it is; None where there is none.
            values: the parameters by the contract's names.

        Raises:
            Problem: 412, one does not hold (RFC 9110, 13.1.1 and 13.1.2).
        """
        match, none_match = (values.get(name) if name else None for name in (self._match, self._none_match))
        if isinstance(match, str) and not _names(match, document):
            raise Problem(FAILED, None, "the document is another version than If-Match names")
        if isinstance(none_match, str) and _names(none_match.replace("W/", ""), document):  # compared weakly
            raise Problem(FAILED, None, "the document is there, in a version that If-None-Match names")

    def headers(self, document: Document) -> dict[str, str]:
        """The header field that tells the document's version, where the answer declares it."""
        return {"ETag": tag(document)} if self._tells else {}


def _parameter(operation: Operation, field: str) -> str | None:
    """The name of the header field as the operation declares it."""
    fields = (one.name for one in operation.parameters if one.location == "header")
    return next((name for name in fields if name.lower() == field), None)


def _names(asked: str, document: Document | None) -> bool:
    """Whether a condition names the version that is there."""
    if document is None:
        return False
    return asked.strip() == _ANY or tag(document) in [one.strip() for one in asked.split(",")]


def tag(document: Document) -> str:
    """The entity tag of a document's version."""
    text = json.dumps(document, sort_keys=True, default=str)
    return f'"{blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()}"'
