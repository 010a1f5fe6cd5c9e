"""Two properties of which one comes first, by their names: an order between them is not ours to break."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

Body = dict[str, Any]

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
# The word that begins a span, and those that end it.
_SPANS = {
    "start": ("end", "finish", "stop"), "starts": ("ends",), "started": ("ended", "finished", "stopped"),
    "begin": ("end",), "begins": ("ends",), "beginning": ("end",), "from": ("to", "until", "till", "through"),
    "since": ("until", "till"), "after": ("before",), "min": ("max",), "minimum": ("maximum",), "lower": ("upper",),
    "low": ("high",), "open": ("close",), "opens": ("closes",), "opening": ("closing",), "first": ("last",),
    "in": ("out",), "arrival": ("departure",), "issued": ("expires",), "before": ("after",),
}  # fmt: skip


def spans(names: Collection[str]) -> Iterator[tuple[str, str]]:
    """The pairs of properties of which the first must not come after the second."""
    words = {name: tuple(word.lower() for word in _WORD.findall(name)) for name in names}
    by_words = {spelled: name for name, spelled in words.items()}
    for name, spelled in words.items():
        for place, word in enumerate(spelled):
            for end in _SPANS.get(word, ()):
                if word in ("before", "after") and ("not" in spelled) != (word == "before"):
                    continue  # `after` and `before` are a span, and so are `notBefore` and `notAfter`
                other = by_words.get((*spelled[:place], end, *spelled[place + 1 :]))
                if other is not None:
                    yield name, other


def other_ends(changed: Collection[str], document: Mapping[str, Any]) -> Body:
    """The properties of a document that are in an order with one that is changed, as they are."""
    pairs = [pair for pair in spans({*document, *changed}) if set(pair) & set(changed)]
    ends = {name for pair in pairs for name in pair if name not in changed}
    return {name: document[name] for name in ends if name in document}


def in_order(names: Collection[str], body: Mapping[str, Any], keep: Collection[str] = ()) -> Body:
    """The body with each span's end after its start.

    Args:
        names: the properties that there may be.
        body: what is to be sent.
        keep: properties that stay as they are: the other end of the span is moved.
    """
    moved = dict(body)
    for start, end in spans(names):
        if start not in moved or end not in moved:
            continue
        if not _is_before(moved[start], moved[end]):
            if end in keep and start not in keep:
                moved[start] = _beside(moved[end], -1)
            else:
                moved[end] = _beside(moved[start], 1)
    return moved


def neighbours(value: object) -> list[Any]:
    """Values a little before and after a time or a number; none of what has no order."""
    if isinstance(value, bool) or not (isinstance(value, int | float) or _time(value) is not None):
        return []
    return [_beside(value, -1), _beside(value, 1)]


def _is_before(one: Any, other: Any) -> bool:
    """Whether a value comes before another; what cannot be compared is left as it is."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (one, other))
    if numbers:
        return bool(one < other)
    times = _time(one), _time(other)
    return None in times or bool(times[0] < times[1])  # type: ignore[operator]


def _beside(value: Any, direction: int) -> Any:
    """A value a little after or before; of times one that is still to come, where it is after."""
    if isinstance(value, int | float):
        return value + direction
    moment = _time(value)
    if moment is None:
        return value
    if direction > 0:
        moment = max(moment, datetime.now(UTC))
    moment += timedelta(days=direction)
    return moment.date().isoformat() if len(value) == len("2026-01-01") else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _time(value: object) -> datetime | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d\d-\d\d", value):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
