"""Which representation of an answer a request accepts (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from functools import lru_cache

from specdouble.contract import Contract, Operation, Response
from specdouble.contract.media_type import concrete
from specdouble.double.http.error_shape import ErrorShapes, Mend
from specdouble.double.http.field_value import elements, parameters
from specdouble.double.http.result import Results
from specdouble.double.state.problem import Problem

_RANGE = re.compile(r"\s*([\w!#$%&'*+.^`|~-]+)/([\w!#$%&'*+.^`|~-]+)\s*(?:;(.*))?", re.DOTALL)
_WEIGHT = re.compile(r"(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)")
_LONG = 256  # a longer field is read anew each time: what is kept stays small


class Negotiation:
    """Chooses among the representations of an operation's success.

    Args:
        contract: the contract.
        operation: the operation.
        offered: their media types, in the order in which the server prefers them.
    """

    def __init__(self, contract: Contract, operation: Operation, offered: tuple[str, ...]) -> None:
        self._offered = offered
        self._results = {one: Results(contract, operation, one) for one in offered}
        self._errors = {one: ErrorShapes(contract, operation, one) for one in offered}

    @classmethod
    def of(cls, contract: Contract, operation: Operation) -> Negotiation | None:
        """The negotiation of an operation; None where its success has one representation, which is sent to all.

        An origin server may disregard the field (RFC 9110, 12.5.1), and where there is nothing to choose, clients
        that ask for `application/json` of an `application/hal+json` are served better so.
        """
        response = operation.response(operation.success)
        medias = response.content.values() if response else ()
        told = [one for media in medias for one in concrete(media, contract.described(media.schema))]
        offered = sorted(dict.fromkeys(told), key=lambda media_type: not _is_json_of(response, media_type))
        return cls(contract, operation, tuple(offered)) if len(offered) > 1 else None

    def mend_with(self, mend: Mend) -> None:
        """Have every problem's body made to conform."""
        for errors in self._errors.values():
            errors.mend = mend

    def results(self, accept: bytes | None) -> Results:
        """What answers in the representation that the request accepts best.

        Raises:
            Problem: 406, it accepts none of them.
        """
        found = self._offered[0] if accept is None else best(accept.decode("latin-1"), self._offered)
        if found is None:
            assert accept is not None
            told = ", ".join(self._offered)
            detail = f"the answer comes as {told}; the request accepts `{accept.decode('latin-1')}`"
            raise Problem(406, "Not Acceptable", detail)
        return self._results[found]

    def errors(self, accept: bytes | None) -> ErrorShapes:
        """What writes the problem of a request; an error is told to whoever accepts no form of it too."""
        found = None if accept is None else best(accept.decode("latin-1"), self._offered)
        return self._errors[found or self._offered[0]]


def _is_json_of(response: Response | None, media_type: str) -> bool:
    """Whether it is JSON that the contract names: of a range, the first type is the likeliest."""
    return response is not None and media_type in response.content and "json" in media_type


def best(accept: str, offered: tuple[str, ...]) -> str | None:
    """The offered media type of the greatest weight, the first of equals; None where each has a weight of 0.

    Args:
        accept: the field's value; one that names no media range accepts everything, as a missing field does.
        offered: media types, in the order of the server's preference.
    """
    return _remembered(accept, offered) if len(accept) <= _LONG else _best(accept, offered)


def _best(accept: str, offered: tuple[str, ...]) -> str | None:
    ranges = [one for part in elements(accept, ",") if (one := _range(part)) is not None]
    if not ranges:
        return offered[0]
    weights = [_weight(ranges, media_type) for media_type in offered]
    greatest = max(weights)
    return offered[weights.index(greatest)] if greatest > 0 else None


_remembered = lru_cache(maxsize=1024)(_best)
_Range = tuple[str, str, frozenset[str], float]


def _range(text: str) -> _Range | None:
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    found, weight = set(), 1.0
    for name, value in parameters(elements(match[3] or "", ";")):
        if name == "q":
            weight = float(value) if _WEIGHT.fullmatch(value) else 1.0
            break  # what follows the weight is no part of the media type
        if name != "charset":  # every answer is in UTF-8
            found.add(f"{name}={value}".lower())
    return match[1].lower(), match[2].lower(), frozenset(found), weight


def _weight(ranges: list[_Range], media_type: str) -> float:
    """The weight that the most specific of the ranges gives the media type."""
    offered = _range(media_type)
    if offered is None:
        return 0.0
    kind, subtype, own, _ = offered
    kind, subtype = ("application", "json") if "*" in media_type else (kind, subtype)  # the likeliest of all
    found = [
        ((one[0] != "*", one[1] != "*", len(one[2])), one[3])
        for one in ranges
        if one[0] in ("*", kind) and one[1] in ("*", subtype) and one[2] <= own
    ]
    return max(found, default=((), 0.0))[1]
