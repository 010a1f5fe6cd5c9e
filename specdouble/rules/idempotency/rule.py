"""`x-idempotency`: a header field by which a repeated request is told from a new one, and is done once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from specdouble.contract.completion import with_request_field
from specdouble.contract.kind import Kind, Reading, mapping
from specdouble.contract.operation import TOKEN, Operation
from specdouble.contract.rule import OperationRule

_WITHOUT = "write `x-idempotency: Idempotency-Key`"
_HEADER = {"type": "string", "minLength": 1}


@dataclass(frozen=True, kw_only=True)
class Idempotency(OperationRule):
    """The same request with the same key is answered as it was the first time; another one with the key is refused.

    Args:
        header: the header field that holds the key (`Idempotency-Key` of draft-ietf-httpapi-idempotency-key-header).
        required: whether each request must hold one.
    """

    kind = "idempotency"
    refused_with = (422, 409, 400)
    plays = ("idempotency",)
    header: str
    required: bool = False

    def completes(self, operation: Operation, does: str) -> Operation:
        """With the header field, and that it holds a key, whatever its name."""
        operation = with_request_field(operation, self.header, self.pointer, required=self.required)
        return replace(operation, idempotency_key=self.header)

    def __str__(self) -> str:
        return f"{self.operation} with the same {self.header} is done once"


def _read(reading: Reading) -> Iterator[Idempotency]:
    for annotation in reading.on_operations("x-idempotency"):
        raw = annotation.raw
        annotation.find_unknown_keys(("header", "required", "status"))
        header = raw.get("header") if isinstance(raw, dict) else raw
        required = raw.get("required", False) if isinstance(raw, dict) else False
        if not isinstance(header, str) or not TOKEN.fullmatch(header):
            annotation.find("`x-idempotency` names no header field", _WITHOUT)
        elif not isinstance(required, bool):
            annotation.find("`required` is neither true nor false", "write `required: true`", "required")
        elif annotation.operation.is_safe:
            reason = f"a {annotation.operation.method.upper()} changes nothing, however often it is repeated"
            annotation.find(reason, "remove it")
        else:
            yield Idempotency(header=header, required=required, **annotation.place)


KIND = Kind(
    keyword="x-idempotency",
    place="an operation",
    written="`x-idempotency: Idempotency-Key` or `{header: Idempotency-Key, required: true}`",
    means="the header field holds a key: the same request of the same caller with the same key is done once, "
    "and answered as it was the first time",
    refused="another request with the key: the first of 422, 409, 400",
    read=_read,
    shape={"anyOf": [_HEADER, mapping({"header": _HEADER, "required": {"type": "boolean"}}, "header")]},
)
