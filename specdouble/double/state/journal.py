"""The last exchanges, each with the explanation of its answer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count, islice
from typing import Any, NamedTuple

from specdouble.contract.json_type import JSON
from specdouble.double.state.documents import Written
from specdouble.double.state.masking import Exchanged, Masking
from specdouble.double.state.problem import Problem

KEPT = 1000
BYTES = 8 * 1024 * 1024
_SHOWN = 4096  # bytes of a body, of a target, of an explanation's texts
_SENTENCES = 20  # of an explanation's violations
_SENTENCE = 200  # characters of each, where the whole is too long
_WRITES = 50  # of an exchange
_WRITTEN = 64 * 1024  # bytes of the documents before and after them

Why = Problem | dict[str, JSON] | None
# The fields of an `Entry` while nobody looks at it: to make a named tuple takes longer than all else here.
Target = tuple[str, str, str, bytes, str | None]  # of `world` to `operation`
Led = tuple[JSON, bytes, bool, Sequence[Written]]  # of `caller` to `writes`: what led to the answer
Recorded = tuple[float, float, *Target, bytes, int, bytes, str | None, Why, *Led]


def recorded(
    *,
    time: float,
    seconds: float,
    world: str,
    method: str,
    path: str,
    status: int,
    query: bytes = b"",
    operation: str | None = None,
    request_body: bytes = b"",
    response_body: bytes = b"",
    rule: str | None = None,
    why: Why = None,
    media_type: bytes = b"",
) -> Recorded:
    """An exchange by the names of an `Entry`, for those who record few; it was read, and has written nothing."""
    target = (world, method, path, query, operation)
    return (time, seconds, *target, request_body, status, response_body, rule, why, None, media_type, True, ())


class Beginning(NamedTuple):
    """What is kept of a body that is longer than what is shown.

    Args:
        bytes: how it begins.
        size: all its bytes.
    """

    bytes: bytes
    size: int


Body = bytes | Beginning


FIELDS = ("world", "operation", "method", "status", "rule")
"""The fields of an exchange by which it can be looked for."""


class Entry(NamedTuple):
    """One exchange; `shown` makes it readable.

    Args:
        time: seconds since the epoch.
        seconds: how long the answer took.
        query: the query string.
        why: what the answer is a refusal or a failure for.
        caller: the id of who asked; None where nobody was asked to say it, or could.
        media_type: of the body that was sent.
        is_read: whether the request got as far as the operation: its caller and its values were found valid.
        writes: those that were tried, in their order. One without documents stands for all that is not kept.
    """

    time: float
    seconds: float
    world: str
    method: str
    path: str
    query: bytes
    operation: str | None
    request_body: Body
    status: int
    response_body: Body
    rule: str | None
    why: Why
    caller: JSON
    media_type: bytes
    is_read: bool
    writes: Sequence[Written]

    def has(self, wanted: Mapping[str, str]) -> bool:
        """Whether each of these fields has this value."""
        return all(str(getattr(self, name)) == value for name, value in wanted.items())

    def explained(self) -> dict[str, JSON] | None:
        """What the answer is a refusal or a failure for, as a JSON document."""
        return self.why.explained() if isinstance(self.why, Problem) else self.why

    def shown(self, masked: Exchanged) -> dict[str, JSON]:
        """The entry as a JSON document, without credentials."""
        return {
            "time": datetime.fromtimestamp(self.time, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "milliseconds": round(self.seconds * 1000, 3),
            "world": self.world,
            "method": self.method,
            "target": masked.target(self.path, self.query.decode("latin-1"), self.operation),
            "operation": self.operation,
            "request": _shown(self.request_body, masked),
            "status": self.status,
            "response": _shown(self.response_body, masked),
            "rule": self.rule,
            "explanation": masked.value(self.explained()),
        }


def _shown(body: Body, masked: Exchanged) -> str:
    if isinstance(body, Beginning):
        return f"{_text(body.bytes, masked)} … ({body.size} bytes)"
    return _text(body, masked)


def _text(body: bytes, masked: Exchanged) -> str:
    return masked.body(body.decode("utf-8", "replace"))


class Journal:
    """Keeps the last 1,000 exchanges, fewer where they are large: of each what is shown, and 8 MiB in all.

    It keeps no header fields, and shows no credentials.

    Most exchanges are small. None of them is weighed: each counts as if it were as large as a small one may be.

    Args:
        recorded: how many there have been before, of which none is kept.
        cleared: how many of those were forgotten because somebody wanted it.
    """

    def __init__(self, recorded: int = 0, cleared: int = 0) -> None:
        # What an `Entry` is made of, when it is asked for.
        self._kept: deque[tuple[Any, ...]] = deque(maxlen=KEPT)
        self._large: deque[tuple[int, int]] = deque()  # number and bytes of each of them that is not small
        self._large_bytes = 0
        self._recorded, self._cleared = recorded, cleared

    @property
    def own(self) -> Journal:
        """The exchanges of this process alone."""
        return self

    @property
    def recorded(self) -> int:
        """How many exchanges there have been in all, those that are kept no more among them."""
        return self._recorded

    @property
    def forgotten(self) -> int:
        """How many exchanges had to make room, since it was cleared."""
        return self._first - self._cleared

    @property
    def _first(self) -> int:
        """The number of the oldest exchange that is kept."""
        return self._recorded - len(self._kept)

    @property
    def latest(self) -> Recorded:
        """The exchange that was recorded last."""
        latest: Recorded = self._kept[-1]
        return latest

    def number_of(self, exchange: Recorded) -> int | None:
        """The number of an exchange; None where it is not kept."""
        began, path = exchange[0], exchange[4]
        return next((number for number, one in self.found({}) if (one.time, one.path) == (began, path)), None)

    def since(self, number: int) -> list[Entry]:
        """The exchanges after that many, the first one first, as far as they are still kept."""
        new = min(self._recorded - number, len(self._kept))
        newest = list(islice(reversed(self._kept), new))
        return [Entry(*exchange) for exchange in reversed(newest)]

    def of(self, number: int) -> Entry | None:
        """The exchange of that number, the first one of all being 0; None where it is not kept, or is still to come."""
        if not self._first <= number < self._recorded:
            return None
        return Entry(*self._kept[number - self._first])

    def found(self, wanted: Mapping[str, str], since: int = 0) -> Iterator[tuple[int, Entry]]:
        """The exchanges that have these fields, each with its number, the last one first.

        Args:
            wanted: what the fields `world`, `operation`, `method`, `status` or `rule` have to be.
            since: only those of that number or later.
        """
        new = min(self._recorded - since, len(self._kept))
        numbers = count(self._recorded - 1, -1)
        for number, exchange in zip(numbers, islice(reversed(self._kept), max(new, 0)), strict=False):
            entry = Entry(*exchange)
            if entry.has(wanted):
                yield number, entry

    def record(self, exchange: Recorded) -> None:
        """Keep an exchange, and forget the oldest where there is no room.

        Args:
            exchange: the fields of an `Entry`, its bodies whole. Most are kept as they are: they are small.
        """
        if _size_of(exchange) <= _SHOWN:
            self._kept.append(exchange)
        else:
            shown, size = _bounded(exchange)
            self._kept.append(shown)
            self._large.append((self._recorded, size))
            self._large_bytes += size
        self._recorded += 1
        if self._large:
            self._make_room()

    def _make_room(self) -> None:
        """Forget the oldest exchanges until the others have room."""
        self._pass_large_ones()
        while (len(self._kept) - len(self._large)) * _SHOWN + self._large_bytes > BYTES:
            self._kept.popleft()
            self._pass_large_ones()

    def _pass_large_ones(self) -> None:
        """Count those of the large exchanges no more that are not kept any more."""
        while self._large and self._large[0][0] < self._first:
            self._large_bytes -= self._large.popleft()[1]

    def clear(self) -> None:
        """Forget all."""
        self._cleared = self._recorded
        self._kept.clear()
        self._large.clear()
        self._large_bytes = 0

    def shown(self, masking: Masking, **wanted: str) -> list[dict[str, JSON]]:
        """The exchanges as JSON documents, the last one first.

        Args:
            masking: what keeps credentials out.
            wanted: what the fields `world`, `operation`, `method`, `status` or `rule` of an exchange have to be.
        """
        return [{"number": number, **entry.shown(masking.exchange())} for number, entry in self.found(wanted)]


def _size_of(exchange: Recorded) -> int:
    """The bytes that are kept of an exchange, were it kept whole."""
    _, _, world, _, path, query, _, asked, _, answered, _, why, _, media_type, _, writes = exchange
    size = len(asked) + len(answered) + len(path) + len(query) + len(world) + len(media_type)
    if why is not None:
        size += _length(why)
    for write in writes:
        size += write[3]
    return size


def bounded(exchange: Recorded) -> tuple[Any, ...]:
    """The exchange without what is never shown of it."""
    return exchange if _size_of(exchange) <= _SHOWN else _bounded(exchange)[0]


def _bounded(exchange: Recorded) -> tuple[tuple[Any, ...], int]:
    """The exchange without what is never shown of it, and the bytes that are left."""
    time, seconds, world, method, path, query, operation, asked, status, answered, rule, why, *led = exchange
    caller, media_type, is_read, writes = led
    media_type = media_type[:_SHOWN]
    kept, written = _bounded_writes(writes)
    why = _explanation(why)
    size = len(world) + len(path) + len(query) + (0 if why is None else _length(why))
    size += min(len(asked), _SHOWN) + min(len(answered), _SHOWN)
    target = world, method, path, query, operation
    shown = (time, seconds, *target, _begun(asked), status, _begun(answered), rule, why)
    return (*shown, caller, media_type, is_read, kept), size + len(media_type) + written


def _bounded_writes(writes: Sequence[Written]) -> tuple[Sequence[Written], int]:
    """As many of the writes as are shown, and the bytes of their documents; one without any stands for the rest."""
    size = 0
    for index, (collection, _, _, written, is_refused) in enumerate(writes):
        if index == _WRITES or size + written > _WRITTEN:
            left_out = sum(write[3] for write in writes[index:])
            return [*writes[:index], (collection, None, None, left_out, is_refused)], size
        size += written
    return writes, size


def _begun(body: bytes) -> Body:
    return body if len(body) <= _SHOWN else Beginning(body[:_SHOWN], len(body))


def _explanation(why: Why) -> Why:
    """An explanation that is no longer than what is shown."""
    if why is None or _length(why) <= _SHOWN:
        return why
    story = why.explained() if isinstance(why, Problem) else why
    return {name: _cut(value) for name, value in story.items()}


def _length(why: Problem | dict[str, JSON]) -> int:
    """The characters of all texts in an explanation."""
    if not isinstance(why, Problem):
        return sum(map(_size, why.values()))
    # A message may quote the value that is wrong, and that may be a whole body.
    size = len(why.title or "") + len(why.detail or "")
    for one in why.violations:
        size += len(one.message) + len(one.pointer)
    return size


def _size(value: JSON) -> int:
    """The characters of all texts in a JSON value."""
    if isinstance(value, dict):
        return sum(map(_size, value.values()))
    return sum(map(_size, value)) if isinstance(value, list) else len(str(value))


def _cut(value: JSON, longest: int = _SHOWN) -> JSON:
    if isinstance(value, dict):
        return {name: _cut(one, longest) for name, one in value.items()}
    if isinstance(value, list):
        shown = [_cut(one, _SENTENCE) for one in value[:_SENTENCES]]
        if len(value) > _SENTENCES:
            shown.append(f"… ({len(value)} in all)")
        return shown
    if not isinstance(value, str) or len(value) <= longest:
        return value
    # The end of a traceback says what happened.
    return f"{value[: longest // 4]} … {value[-longest * 3 // 4 :]}"
