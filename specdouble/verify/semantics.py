"""What a status says whatever the operation is (RFC 9110, 15), held against each answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from specdouble.verify.exchange import Exchange
from specdouble.verify.problem import Broken

EXPECTED = "a status to say what HTTP means by it"
CHECK = "conformance"


class Meaning(NamedTuple):
    """What a status means, and when an answer does not mean it.

    Args:
        code: of the Web Fuzzing Commons, for who compares tools.
        told: what is wrong.
        is_broken: whether an answer is wrong so.
    """

    code: int
    told: str
    is_broken: Callable[[Exchange], bool]


def _has_content(exchange: Exchange) -> bool:
    # What follows the head of a 204 is read by no client: the length that it tells is all that shows (8.6).
    return bool(exchange.content) or exchange.headers.get("content-length", "0") != "0"


def _can_be_had(exchange: Exchange) -> bool:
    """Whether the request asks for one type, and the contract declares a success of it."""
    operation = exchange.call.operation
    response, asked = operation.response(operation.success), exchange.sent_headers.get("Accept", "")
    return response is not None and asked in response.content


MEANINGS = (
    Meaning(101, "there is no such status", lambda one: not 100 <= one.status <= 599),
    Meaning(102, "a DELETE creates nothing (201)", lambda one: one.status == 201 and one.method == "DELETE"),
    Meaning(103, "a GET creates nothing (201)", lambda one: one.status == 201 and one.method == "GET"),
    Meaning(104, "a PATCH creates nothing (201)", lambda one: one.status == 201 and one.method == "PATCH"),
    Meaning(105, "204 has content, and says that it has none", lambda one: one.status == 204 and _has_content(one)),
    Meaning(106, "413 speaks of content that was not sent", lambda one: one.status == 413 and not one.sent),
    Meaning(107, "415 speaks of content that was not sent", lambda one: one.status == 415 and not one.sent),
    Meaning(108, "304 answers GET and HEAD alone", lambda one: one.status == 304 and one.method not in ("GET", "HEAD")),
    Meaning(110, "405 has no Allow", lambda one: one.status == 405 and "allow" not in one.headers),
    Meaning(111, "205 has content, and says that it has none", lambda one: one.status == 205 and _has_content(one)),
    Meaning(204, "406 refuses what the contract says is to be had", lambda one: one.status == 406 and _can_be_had(one)),
    Meaning(112, "426 has no Upgrade", lambda one: one.status == 426 and "upgrade" not in one.headers),
)  # fmt: skip


def held_to_its_meaning(exchange: Exchange) -> Iterator[Broken]:
    """Each way in which an answer does not mean what its status says."""
    for meaning in MEANINGS:
        if meaning.is_broken(exchange):
            yield Broken(EXPECTED, f"{exchange.status} to a {exchange.method}: {meaning.told}", CHECK)
