"""From what a handler returns to what is sent, held to the contract."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import orjson

from specdouble.contract import Contract, Media, Operation, Response, Violation
from specdouble.contract.json_type import JSON
from specdouble.contract.media_type import concrete
from specdouble.double.http.representation import represented
from specdouble.double.http.sequence import write_sequence
from specdouble.double.state.conforming import Conforming
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


def fields(headers: Mapping[str, object]) -> list[tuple[bytes, bytes]]:
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

    def answer(self, result: JSON) -> Answer:
        """The answer for a document, `(document, status)` or `(document, status, headers)`.

        Raises:
            ContractBroken: the contract declares no such status, or another body.
        """
        status, own = self._success, None
        if isinstance(result, tuple):
            result, status, own = result if len(result) == 3 else (*result, None)
        response, media, fixed = self._declared.get(status) or self._declare(status)
        headers = fields(own) if own else []
        if media is None:
            return self._undescribed(result, status, response, headers)
        if result is None and self._operation.method == "head":  # what the body would be is the GET's to say
            return Answer(status, b"", [*fixed, *headers])
        body = self._encoded(result, media)
        if own and any(name == b"content-type" for name, _ in headers):  # a file has its own
            fixed = [field for field in fixed if field[0] != b"content-type"]
        return Answer(status, body, [*fixed, *headers])

    @staticmethod
    def _undescribed(result: JSON, status: int, response: Response, headers: Fields) -> Answer:
        """The answer where the contract says of no body what it is: a handler may have one all the same."""
        can_have_one = response.content == {} and status not in (204, 304)
        if result is None or not can_have_one:
            return Answer(status, b"", headers)
        body = result.body if isinstance(result, Conforming) else result
        return Answer(status, written(body), [(b"content-type", b"application/json"), *headers])

    def _declare(self, status: int) -> tuple[Response, Media | None, Fields]:
        if status not in STATUSES:
            message = f"{status!r} is no status of an answer: those are 200 to 599"
            raise ContractBroken([Violation("status", "", message)])
        response = self._operation.response(status)
        if response is None:
            declared = ", ".join(sorted(self._operation.responses))
            message = f"the status {status} is not declared; declared are {declared}"
            raise ContractBroken([Violation("status", "", message)])
        media = response.media(self.media_type)
        if media is not None and "*" in media.type:
            known = concrete(media, self._contract.described(media.schema))
            media = replace(media, type=self.media_type if self.media_type in known else known[0])
        if media is not None and "xml" in media.type and not self._contract.is_structured(media.schema):
            # The schema says that it is a text: what is in it, the JSON beside it says.
            beside = response.media()
            is_another = beside is not None and beside.type != media.type
            schema, slot = (beside.schema, beside.slot) if beside and is_another else (None, None)
            media = replace(media, schema=schema, slot=slot)
        fixed = [] if media is None else [(b"content-type", media.type.encode())]
        if self.media_type is not None:
            fixed.append((b"vary", b"accept"))  # another request may be sent another (RFC 9110, 12.5.5)
        self._declared[status] = response, media, fixed
        return response, media, fixed

    def _encoded(self, result: JSON, media: Media) -> bytes:
        """The body of a result, which conforms to its schema.

        Raises:
            ContractBroken: it does not.
        """
        if isinstance(result, bytes):
            return result
        # What conforms to another schema, that of another representation, is held to this one.
        slot = media.slot
        if isinstance(result, Conforming):
            slot = None if result.slot == slot else slot
            result = result.body
        if media.is_sequence and isinstance(result, list):
            self._hold(result, slot)
            return write_sequence(result, media.type)
        is_json = "json" in media.type
        is_xml = "xml" in media.type and result is not None and not isinstance(result, str)
        if not is_json and not is_xml:
            return represented(self._contract, result, media)
        self._hold(result, slot)
        try:
            return written(result) if is_json else represented(self._contract, result, media)
        except (TypeError, ValueError) as error:
            raise ContractBroken([Violation("response", "", str(error))]) from None

    def _hold(self, result: JSON, slot: str | None) -> None:
        """Let pass what conforms to the schema in a slot; None demands nothing."""
        schemas = self._contract.schemas
        if slot is not None and not schemas.is_valid(slot, result):
            raise ContractBroken(schemas.violations(slot, result, "response"))


def written(value: object) -> bytes:
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
