"""The header fields that a response declares: sent with every answer that has not told them itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from specdouble.contract import Header, Operation
from specdouble.double.http.field_value import elements
from specdouble.double.http.result import Answer, Fields, fields, is_field_name

# Of these HTTP itself, the server or the answer's own body decide; a made one would be a lie that breaks clients.
_OTHERS_DECIDE = frozenset({
    "content-type", "content-length", "content-encoding", "content-range", "transfer-encoding", "connection",
    "keep-alive", "date", "trailer", "upgrade", "vary", "server", "www-authenticate", "etag",
})  # fmt: skip

Make = Callable[[Header, int], str | None]


@dataclass(frozen=True, slots=True)
class _Declared:
    """What one status declares: the fields that are always the same, those that echo the request, the entity tag."""

    fixed: Fields
    echoed: tuple[bytes, ...]
    has_tag: bool


class DeclaredHeaders:
    """Completes the answers of one operation.

    Args:
        operation: the operation.
        make: the value of a header with a status; None where it is better not sent.
    """

    def __init__(self, operation: Operation, make: Make) -> None:
        self._operation = operation
        self._make = make
        self._declared: dict[int, _Declared | None] = {}
        self._knows_304 = operation.method in ("get", "head") and "304" in operation.responses

    def complete(self, answer: Answer, asked: Mapping[bytes, bytes]) -> Answer:
        """The answer with what its status declares.

        Args:
            answer: the answer.
            asked: the request's header fields, names in lower case.
        """
        if answer.status not in self._declared:
            self._declared[answer.status] = self._declare(answer.status)
        declared = self._declared[answer.status]
        if declared is None:
            return answer
        present = {name for name, _ in answer.headers}
        for name in declared.echoed:
            if name in asked and name not in present:
                answer.headers.append((name, asked[name]))
                present.add(name)
        answer.headers += [field for field in declared.fixed if field[0] not in present]
        return self._tagged(answer, present, asked) if declared.has_tag else answer

    def _declare(self, status: int) -> _Declared | None:
        response = self._operation.response(status)
        headers = response.headers if response else {}
        made: dict[str, str] = {}
        echoed: list[bytes] = []
        has_tag = False
        for name, header in headers.items():
            field = name.lower()
            has_tag |= field == "etag"
            if field.endswith(("request-id", "correlation-id")):
                echoed.append(field.encode())
            is_ours = field not in _OTHERS_DECIDE and not field.startswith("access-control-")
            value = self._make(header, status) if is_ours and is_field_name(name) else None
            if value is not None:
                made[name] = value
        if not made and not echoed and not has_tag:
            return None
        # Of a failure's body nobody keeps a copy.
        return _Declared(fields(made), tuple(echoed), has_tag and status < 300)

    def _tagged(self, answer: Answer, present: set[bytes], asked: Mapping[bytes, bytes]) -> Answer:
        """The answer with the tag of its body, or 304 for who has that body already (RFC 9110, 8.8.3 and 13.1.2)."""
        if b"etag" in present:
            tag = next(value for name, value in answer.headers if name == b"etag").decode("latin-1")
        else:
            tag = f'"{blake2b(answer.body, digest_size=12).hexdigest()}"'
            answer.headers.append((b"etag", tag.encode()))
        known = asked.get(b"if-none-match")
        if known is None or not self._knows_304 or not _has_tag(known.decode("latin-1"), tag):
            return answer
        return Answer(304, b"", [field for field in answer.headers if field[0] != b"content-type"])


def _has_tag(known: str, tag: str) -> bool:
    """Whether the tag is among those that the client has (RFC 9110, 13.1.2: compared weakly)."""
    if known.strip() == "*":
        return True
    return any(one.strip().removeprefix("W/") == tag for one in elements(known, ","))
