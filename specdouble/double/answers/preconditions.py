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
    """What an operation on a document does of conditions, where an operation of its collection declares `If-Match`.

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
        self._tells = declares and any(_parameter(one) for one in of_same)
        self._asked = _parameter(operation) if operation.response(FAILED) is not None else None

    @property
    def applies(self) -> bool:
        """Whether the operation tells versions, or compares them."""
        return self._tells or self._asked is not None

    def hold(self, document: Document, values: Mapping[str, JSON]) -> None:
        """Let a change pass that names the document's version, or none.

        Args:
            document: as it is.
            values: the parameters by the contract's names.

        Raises:
            Problem: 412, it names another (RFC 9110, 13.1.1: compared strongly).
        """
        asked = values.get(self._asked) if self._asked else None
        if not isinstance(asked, str) or asked.strip() == _ANY:
            return
        if tag(document) not in [one.strip() for one in asked.split(",")]:
            raise Problem(FAILED, None, "the document is another version than If-Match names")

    def headers(self, document: Document) -> dict[str, str]:
        """The header field that tells the document's version, where the answer declares it."""
        return {"ETag": tag(document)} if self._tells else {}


def _parameter(operation: Operation) -> str | None:
    """The name of the header field `If-Match` as the operation declares it."""
    fields = (one.name for one in operation.parameters if one.location == "header")
    return next((name for name in fields if name.lower() == "if-match"), None)


def tag(document: Document) -> str:
    """The entity tag of a document's version."""
    text = json.dumps(document, sort_keys=True, default=str)
    return f'"{blake2b(text.encode(errors="surrogatepass"), digest_size=12).hexdigest()}"'
