"""From what a handler returns to what is sent, held to the contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from specdouble.contract import Contract, Media, Operation, Response, Violation
from specdouble.double.representation import represented
from specdouble.double.samples.sample import media_of
from specdouble.double.xml import is_structured

Fields = list[tuple[bytes, bytes]]


class ContractBroken(Exception):
    """A handler's answer is not what the contract declares.

    Args:
        violations: each way in which it is not.
    """

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__("; ".join(f"{one.location} {one.pointer}: {one.message}" for one in violations))
        self.violations = violations


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, ready to be sent."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]]


class Results:
    """Turns an operation's results into answers, and checks them.

    Args:
        contract: the contract.
        operation: the operation.
        media_type: the representation to send, where the contract declares it; None for JSON, where it does.
    """

    def __init__(self, contract: Contract, operation: Operation, media_type: str | None = None) -> None:
        self.media_type = media_type
        self._contract = contract
        self._operation = operation
        self._success = operation.success
        self._declared: dict[int, tuple[Response, Media | None, Fields]] = {}

    def answer(self, result: Any) -> Answer:
        """The answer for a document, `(document, status)` or `(document, status, headers)`.

        Raises:
            ContractBroken: the contract declares no such status, or another body.
        """
        status, fields = self._success, None
        if isinstance(result, tuple):
            result, status, fields = result if len(result) == 3 else (*result, None)
        response, media, fixed = self._declared.get(status) or self._declare(status)
        headers = [(name.lower().encode(), str(value).encode()) for name, value in fields.items()] if fields else []
        if media is None:
            if result is not None and response.content == {} and status not in (204, 304):
                return Answer(status, orjson.dumps(result), [(b"content-type", b"application/json"), *headers])
            return Answer(status, b"", headers)
        body = self._encoded(result, media)
        return Answer(status, body, [*fixed, *headers])

    def _declare(self, status: int) -> tuple[Response, Media | None, Fields]:
        response = self._operation.response(int(status))
        if response is None:
            message = (
                f"the status {status} is not declared; declared are {', '.join(sorted(self._operation.responses))}"
            )
            raise ContractBroken([Violation("status", "", message)])
        media = media_of(response, self.media_type)
        if media is not None and "*" in media.type:
            media = Media("application/json", media.schema, media.slot, media.examples, media.pointer)
        if media is not None and "xml" in media.type and not is_structured(self._contract, media.schema):
            # The schema says that it is a text: what is in it, the JSON beside it says.
            told = media_of(response)
            schema, slot = (told.schema, told.slot) if told and told.type != media.type else (None, None)
            media = Media(media.type, schema, slot, media.examples, media.pointer)
        fixed = [] if media is None else [(b"content-type", media.type.encode())]
        if self.media_type is not None:
            fixed.append((b"vary", b"accept"))  # another request may be sent another (RFC 9110, 12.5.5)
        self._declared[status] = response, media, fixed
        return response, media, fixed

    def _encoded(self, result: Any, media: Media) -> bytes:
        if isinstance(result, bytes):
            return result
        is_json = "json" in media.type
        if not is_json and ("xml" not in media.type or result is None or isinstance(result, str)):
            return represented(self._contract, result, media)
        if media.slot is not None and not self._contract.schemas.is_valid(media.slot, result):
            raise ContractBroken(self._contract.schemas.violations(media.slot, result, "response"))
        try:
            return orjson.dumps(result) if is_json else represented(self._contract, result, media)
        except TypeError as error:
            raise ContractBroken([Violation("response", "", str(error))]) from None
