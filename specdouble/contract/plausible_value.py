"""Values that a schema takes, simple ones first: what a search for documents begins with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from specdouble.contract.document import Document
from specdouble.contract.typing import Schema, fields_of, kind_of, whole

Texts = Callable[[str], Iterable[str]]  # texts that match a pattern

_FORMATS = {
    "email": "probe{0}@example.com", "uri": "https://example.com/{0}", "hostname": "h{0}.example.com",
    "ipv4": "192.0.2.{0}", "ipv6": "2001:db8::{0}", "time": "05:06:07Z", "byte": "cHJvYmU=",
}  # fmt: skip
_TIMES = {"date-time": "2026-03-{0:02}T05:06:07Z", "date": "2026-03-{0:02}"}
_DEEPEST = 6
_LONGEST = 1000


class PlausibleValues:
    """Makes values of schemas.

    Args:
        document: the contract's document.
        texts: gives texts that match a pattern.
    """

    def __init__(self, document: Document, texts: Texts = lambda _: ()) -> None:
        self._document = document
        self._texts = texts

    def of(self, schema: Any, number: int = 1, depth: int = 0) -> Iterator[Any]:
        """Values of the schema; another number gives others, as far as there are any."""
        try:
            told = whole(self._document, schema)
        except LookupError:
            return
        if "const" in told:
            yield told["const"]
            return
        if told.get("enum"):
            yield from (value for value in told["enum"] if value is not None)
            return
        yield from self._shown(told)
        yield from self._made(told, number, depth)

    def _shown(self, told: Schema) -> Iterator[Any]:
        """What the schema itself shows."""
        yield from (told[key] for key in ("example", "default") if told.get(key) is not None)
        examples = told.get("examples")
        yield from examples if isinstance(examples, list) else ()

    def _made(self, told: Schema, number: int, depth: int) -> Iterator[Any]:
        kind = kind_of(told) or ("object" if "properties" in told else "array" if "items" in told else "string")
        if kind == "boolean":
            yield from (True, False)
        elif kind in ("integer", "number"):
            yield from _numbers(told, kind, number)
        elif kind == "array":
            yield from self._lists(told, depth)
        elif kind == "object":
            yield self._object(told, number, depth)
        elif kind == "duration":
            yield f"PT{number}H"
        else:
            yield from self._text(told, number)

    def _text(self, told: Schema, number: int) -> Iterator[str]:
        form = str(told.get("format"))
        if form in _TIMES:
            yield _TIMES[form].format(1 + number % 28)
        elif form == "uuid":
            yield str(uuid5(NAMESPACE_URL, str(number)))
        elif form in _FORMATS:
            yield _FORMATS[form].format(number)
        elif "pattern" in told:
            yield from islice(self._texts(str(told["pattern"])), number - 1, number + 5)
        else:
            # A length may be written as `5.0`, or as more than any text has.
            bounds = (told.get("minLength", 0), told.get("maxLength", _LONGEST))
            least, most = (int(min(bound, _LONGEST)) for bound in bounds)
            yield f"text {number}".ljust(least, "x")[:most]

    def _lists(self, told: Schema, depth: int) -> Iterator[list[Any]]:
        least = min(int(told.get("minItems", 0)), _LONGEST)
        yield [next(self.of(told.get("items"), index + 1, depth + 1), None) for index in range(least)]

    def _object(self, told: Schema, number: int, depth: int) -> dict[str, Any]:
        if depth > _DEEPEST:
            return {}
        required = told.get("required") or ()
        fields = fields_of(self._document, told)
        needed = {*required, *(name for part in told.get("allOf") or () for name in self._required(part))}
        made = {name: next(self.of(fields[name], number, depth + 1), None) for name in fields if name in needed}
        return {name: value for name, value in made.items() if value is not None}

    def _required(self, part: object) -> Iterable[str]:
        told = self._document.resolve(part)
        return (told.get("required") or ()) if isinstance(told, dict) else ()


def _numbers(told: Schema, kind: str, number: int) -> Iterator[float]:
    low, high = _bound(told, "inimum", 1), _bound(told, "aximum", -1)
    usual: float = number
    if low is not None and usual < low:
        usual = low + number - 1
    if high is not None and usual > high:
        usual = high
    for value in (usual, low, high):
        if value is not None:
            yield int(value) if kind == "integer" or float(value).is_integer() else value


def _bound(told: Schema, name: str, inward: int) -> float | None:
    bound, exclusive = told.get("m" + name), told.get("exclusiveM" + name)
    if isinstance(exclusive, int | float) and not isinstance(exclusive, bool):
        return exclusive + inward
    return bound + inward if bound is not None and exclusive is True else bound
