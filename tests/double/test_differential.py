"""Requests through stock Connexion and through the double: the same status, and the same body for every success."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from specdouble.double.assembly import assembled
from specdouble.double.http.result import Answer
from specdouble.double.stock import application_of
from tests.double.differential.applications import (
    FOLDER,
    ROOT,
    client,
    ours,
    small_contract,
    stock,
    tell,
)
from tests.double.differential.cases import Case, cases, root_cases


@dataclass(frozen=True)
class Difference:
    """Where the double answers otherwise, and means it.

    Args:
        statuses: stock Connexion's status, and the double's.
        request: an expression that the request's line and body contain.
        reason: why the double's answer is right.
    """

    statuses: tuple[int, int]
    request: str
    reason: str


DIFFERENCES = [
    Difference((404, 400), "GET /path/", "stock's router takes a segment of another type for another path"),
    Difference((404, 200), "GET /path/a%2Fb", "an encoded slash is part of its segment (RFC 3986, 2.2)"),
    Difference((200, 400), r"[/=](\+1|01)\b", "a number is written as in JSON; Python's int() takes more"),
    Difference((200, 400), r"number=(NaN|Infinity|1_0|\.5)", "a number is written as in JSON; float() takes more"),
    Difference((200, 400), "integer=%201", "white space is no part of a number; int() strips it"),
    Difference((200, 400), "flag=(True|TRUE)", "a boolean is `true` or `false`; stock ignores case"),
    Difference((200, 400), "text=abc%0A", "`$` matches at the very end (ECMA 262); Python's also before a newline"),
    Difference((200, 400), "joined=1%2C2", "an encoded comma is data, no separator (RFC 6570, 3.2.8)"),
    Difference((200, 200), "/a%2Cb ", "an encoded comma is data, no separator (RFC 6570, 3.2.8)"),
    Difference((200, 400), "exploded=1,2", "an exploded array has an item for each name; a comma is data"),
    Difference((400, 200), "(joined|exploded)=(&| |$)", "an empty text is an empty list, not a list of an empty text"),
    Difference((400, 200), "GET /required", "a header field is read by its schema; stock hands over text alone"),
    Difference((200, 200), "GET /deep $", "a parameter that is not sent has no value; stock makes an empty object"),
    Difference((400, 200), r'"count": 1\.0', "1.0 is an integer (JSON Schema, since draft 6); stock follows draft 4"),
    Difference((200, 200), '"more": 1', "a property that the contract does not name goes no further than validation"),
    Difference((400, 200), "POST /optional $", "a body that is not required may be missing"),
    Difference((500, 400), r"\\xff", "bytes that are not UTF-8 are the client's fault"),
    Difference((500, 200), "POST .* b'.*good", "a media type has no case (RFC 9110, 8.3.1)"),
    Difference((200, 401), "GET /(key|either) ", "an empty credential is none"),
    Difference((404, 307), "GET //?(query)? ", "where the contract has no `/`, people are led to the page"),
    Difference((404, 405), r"\w+ //?(query)? ", "where the contract has no `/`, the double has GET and HEAD"),
    Difference((307, 404), "/json/ ", "a path with a slash at its end is another path (OpenAPI, Paths Object)"),
]


@dataclass
class Comparison:
    """What both answered to one request."""

    case: Case
    theirs: httpx.Response
    ours: httpx.Response

    @property
    def is_equal(self) -> bool:
        if self.theirs.status_code != self.ours.status_code:
            return False
        return not self.theirs.is_success or said(self.theirs) == said(self.ours)

    @property
    def difference(self) -> Difference | None:
        """The listed difference that explains this one."""
        line = f"{self.case.method} {self.case.target} " + (repr(self.case.body) if self.case.body else "")
        statuses = (self.theirs.status_code, self.ours.status_code)
        return next((one for one in DIFFERENCES if one.statuses == statuses and re.search(one.request, line)), None)

    def __str__(self) -> str:
        told = (f"{who}: {one.status_code} {one.text}" for who, one in (("stock", self.theirs), ("ours", self.ours)))
        return "\n  ".join([str(self.case), *told])


def said(answer: httpx.Response) -> Any:
    return answer.json() if answer.content else None


async def compared(stock_app: Any, our_app: Any, those: Iterable[Case]) -> list[Comparison]:
    async with client(stock_app) as theirs, client(our_app) as double:
        found = []
        for case in those:
            first, second = [
                await one.request(case.method, case.target, content=case.body, headers=case.headers)
                for one in (theirs, double)
            ]
            found.append(Comparison(case, first, second))
        return found


@pytest.fixture(autouse=True)
def _quiet() -> None:
    logging.getLogger("connexion").setLevel(logging.CRITICAL)
    logging.getLogger("specdouble").setLevel(logging.CRITICAL)


def test_every_way_to_ask_is_answered_as_by_stock_connexion_or_better_for_a_reason() -> None:
    _, app = ours(FOLDER / "openapi.yaml")
    found = asyncio.run(compared(stock(small_contract(), lambda _id: tell), app, cases()))
    assert len(found) > 1400
    others = [one for one in found if not one.is_equal]
    unexplained = [str(one) for one in others if one.difference is None]
    assert not unexplained, f"{len(unexplained)} differences, such as\n" + "\n".join(unexplained[:20])
    stale = set(DIFFERENCES) - {one.difference for one in others if one.difference}
    assert not stale


def test_the_root_contract_is_answered_as_by_stock_connexion() -> None:
    double, app = ours(ROOT)
    token = double.token("ada@tether.example")
    assert token
    those = root_cases(double.contract, token)
    found = asyncio.run(compared(application_of(double), app, those))
    assert len(found) > 500
    assert not [str(one) for one in found if not one.is_equal]


def test_successes_refusals_and_failures_are_all_among_the_requests() -> None:
    _, app = ours(FOLDER / "openapi.yaml")
    found = asyncio.run(compared(app, app, cases()))
    statuses = {one.ours.status_code for one in found}
    assert statuses >= {200, 202, 204, 400, 401, 404, 405, 415, 500}


def test_what_is_answered_at_once_is_answered_as_through_asgi() -> None:
    double, _ = ours(FOLDER / "openapi.yaml")
    app = assembled(double)

    async def run() -> int:
        count = 0
        async with client(app) as through:
            for case in cases():
                asked = through.build_request(case.method, case.target, content=case.body, headers=case.headers)
                answer = await through.send(asked)
                fields = {name.lower(): value for name, value in asked.headers.raw}
                at_once = app.at_once(case.method, asked.url.raw_path, fields, case.body)
                if isinstance(at_once, Answer):
                    count += 1
                    length = [] if at_once.status == 204 else [(b"content-length", b"%d" % len(at_once.body))]
                    got = (at_once.status, [*at_once.headers, *length], at_once.body)
                    assert got == (answer.status_code, answer.headers.raw, answer.content), str(case)
        return count

    assert asyncio.run(run()) > 1300
