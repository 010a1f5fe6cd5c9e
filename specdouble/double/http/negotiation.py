"""Which representation of an answer a request accepts (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

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
        offered: dict[str, None] = {}
        for media in response.content.values() if response else ():
            offered.update(dict.fromkeys(concrete(media, contract.described(media.schema))))
        json_first = sorted(offered, key=lambda media_type: not _is_json_of(response, media_type))
        return cls(contract, operation, tuple(json_first)) if len(json_first) > 1 else None

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
            offered = ", ".join(self._offered)
            detail = f"the answer comes as {offered}; the request accepts `{accept.decode('latin-1')}`"
            raise Problem(406, "Not Acceptable", detail)
        return self._results[found]

    def errors(self, accept: bytes | None) -> ErrorShapes:
        """What writes the problem of a request; an error is told to whoever accepts no form of it too."""
        # To refuse the refusal would say nothing of what is wrong (RFC 9110, 15.5.7).
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
    ranges = [one for one in map(_range, elements(accept, ",")) if one is not None]
    if not ranges:
        return offered[0]
    weights = [_weight(ranges, media_type) for media_type in offered]
    greatest = max(weights)
    return offered[weights.index(greatest)] if greatest > 0 else None


_remembered = lru_cache(maxsize=1024)(_best)


class _Range(NamedTuple):
    """What a request accepts: `text/*;charset=utf-8;q=0.5`.

    Args:
        kind: the type, or `*`.
        subtype: the subtype, or `*`.
        parameters: those that the media type has to have.
        weight: how much it is wished for, from 0 to 1.
    """

    kind: str
    subtype: str
    parameters: frozenset[str]
    weight: float

    def accepts(self, offered: _Range) -> bool:
        """Whether a media type is one of the range."""
        is_kind = self.kind in ("*", offered.kind) and self.subtype in ("*", offered.subtype)
        return is_kind and self.parameters <= offered.parameters

    @property
    def precision(self) -> tuple[bool, bool, int]:
        """The most specific range decides, whatever its weight (RFC 9110, 12.5.1)."""
        return self.kind != "*", self.subtype != "*", len(self.parameters)


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
    return _Range(match[1].lower(), match[2].lower(), frozenset(found), weight)


def _weight(ranges: list[_Range], media_type: str) -> float:
    """The weight that the most specific of the ranges gives the media type."""
    offered = _range(media_type)
    if offered is None:
        return 0.0
    if "*" in media_type:
        offered = offered._replace(kind="application", subtype="json")  # the likeliest of all
    deciding = [(one.precision, one.weight) for one in ranges if one.accepts(offered)]
    return max(deciding)[1] if deciding else 0.0
