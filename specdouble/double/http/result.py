"""From what a handler returns to what is sent, held to the contract."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from specdouble.contract import Contract, Media, Operation, Response, Violation
from specdouble.contract.media_type import concrete
from specdouble.double.http.representation import represented
from specdouble.double.http.sequence import write_sequence
from specdouble.double.state.problem import STATUSES

Fields = list[tuple[bytes, bytes]]

_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9a-z-]+")
_LONG = 256  # a longer value is looked at each time: what is kept stays small
_VALUE = re.compile(rb"[^\x00-\x08\x0a-\x1f\x7f]*")


class ContractBroken(Exception):
    """A handler's answer is not what the contract declares.

    Args:
        violations: each way in which it is not.
    """

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__("; ".join(f"{one.location} {one.pointer}: {one.message}" for one in violations))
        self.violations = violations


@dataclass(slots=True)
class Answer:
    """A response, ready to be sent."""

    status: int
    body: bytes
    headers: list[tuple[bytes, bytes]]


def _field(name: str, value: str) -> tuple[bytes, bytes]:
    written = name.lower().encode(), value.encode()
    if not _NAME.fullmatch(written[0]) or not _VALUE.fullmatch(written[1]):
        raise ContractBroken([Violation("header", f"/{name}", f"is no header field: {value!r}")])
    return written


def is_field_name(name: str) -> bool:
    """Whether a header can be called so (RFC 9110, 5.1)."""
    return bool(_NAME.fullmatch(name.lower().encode()))


_remembered = functools.lru_cache(maxsize=1024)(_field)


def fields(headers: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Header fields as they are sent (RFC 9110, 5.1 and 5.5).

    Raises:
        ContractBroken: a name or a value cannot stand in a header.
    """
    found = []
    for name, value in headers.items():
        text = str(value)
        found.append(_remembered(name, text) if len(text) <= _LONG else _field(name, text))
    return found


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
        status, told = self._success, None
        if isinstance(result, tuple):
            result, status, told = result if len(result) == 3 else (*result, None)
        response, media, fixed = self._declared.get(status) or self._declare(status)
        headers = fields(told) if told else []
        if media is None:
            if result is not None and response.content == {} and status not in (204, 304):
                return Answer(status, written(result), [(b"content-type", b"application/json"), *headers])
            return Answer(status, b"", headers)
        body = self._encoded(result, media)
        if told and any(name == b"content-type" for name, _ in headers):  # a file has its own
            fixed = [field for field in fixed if field[0] != b"content-type"]
        return Answer(status, body, [*fixed, *headers])

    def _declare(self, status: int) -> tuple[Response, Media | None, Fields]:
        if status not in STATUSES:
            message = f"{status!r} is no status of an answer: those are 200 to 599"
            raise ContractBroken([Violation("status", "", message)])
        response = self._operation.response(status)
        if response is None:
            message = (
                f"the status {status} is not declared; declared are {', '.join(sorted(self._operation.responses))}"
            )
            raise ContractBroken([Violation("status", "", message)])
        media = response.media(self.media_type)
        if media is not None and "*" in media.type:
            known = concrete(media, self._contract.described(media.schema))
            media = replace(media, type=self.media_type if self.media_type in known else known[0])
        if media is not None and "xml" in media.type and not self._contract.is_structured(media.schema):
            # The schema says that it is a text: what is in it, the JSON beside it says.
            told = response.media()
            schema, slot = (told.schema, told.slot) if told and told.type != media.type else (None, None)
            media = replace(media, schema=schema, slot=slot)
        fixed = [] if media is None else [(b"content-type", media.type.encode())]
        if self.media_type is not None:
            fixed.append((b"vary", b"accept"))  # another request may be sent another (RFC 9110, 12.5.5)
        self._declared[status] = response, media, fixed
        return response, media, fixed

    def _encoded(self, result: Any, media: Media) -> bytes:
        if isinstance(result, bytes):
            return result
        if media.is_sequence and isinstance(result, list):
            return self._in_sequence(result, media)
        is_json = "json" in media.type
        if not is_json and ("xml" not in media.type or result is None or isinstance(result, str)):
            return represented(self._contract, result, media)
        if media.slot is not None and not self._contract.schemas.is_valid(media.slot, result):
            raise ContractBroken(self._contract.schemas.violations(media.slot, result, "response"))
        try:
            return written(result) if is_json else represented(self._contract, result, media)
        except (TypeError, ValueError) as error:
            raise ContractBroken([Violation("response", "", str(error))]) from None

    def _in_sequence(self, result: list[Any], media: Media) -> bytes:
        if media.slot is not None and not self._contract.schemas.is_valid(media.slot, result):
            raise ContractBroken(self._contract.schemas.violations(media.slot, result, "response"))
        return write_sequence(result, media.type)


def written(value: Any) -> bytes:
    """The JSON text of a value.

    Raises:
        TypeError: there is none for a part of it.
        ValueError: a text in it has none in UTF-8.
    """
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        # It has no integers beyond 64 bits: a page number that a client made up, for one.
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
