"""Messages that are read or written otherwise: parts of a request that are passed over, and totals that lie."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.world import World
from specdouble.prove.change import Answering, Asked, changed_answer, is_success, loaded, turn

AT_ONCE = 0.02  # seconds in which requests are at the same time


def with_field(name: str, value: bytes) -> Answering:
    """Answer as though a header field that the request holds held this value."""
    return with_changed_field(name, lambda _value: value)


def with_new_field(name: str) -> Answering:
    """Answer as though a header field held another value each time: one that is required must be there still."""
    return with_changed_field(name, lambda _value: b"%d" % turn())


def with_changed_field(name: str, other: Callable[[bytes], bytes]) -> Answering:
    """Answer as though a header field that the request holds held what is made of its value."""
    field = name.lower().encode()

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        headers = {name: other(value) if name == field else value for name, value in request.headers.items()}
        return await asked(replace(request, headers=headers), world)

    return answer


def as_first_with(name: str) -> Answering:
    """Answer every request as the first one that succeeded with the same value of a header field."""
    field = name.lower().encode()
    known: dict[tuple[str, bytes], Outcome] = {}

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        place = (world.name, request.headers.get(field, b""))
        if place[1] and place in known:
            return known[place]
        outcome = await asked(request, world)
        if is_success(outcome):
            known[place] = outcome
        return outcome

    return answer


def raced_with(name: str) -> Answering:
    """Answer as though a condition held by now where it has held for another request, which came at the same time."""
    field = name.lower().encode()
    held: dict[tuple[str, str, bytes], int] = {}

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        came, place = turn(), (world.name, request.target, request.headers.get(field, b""))
        await asyncio.sleep(AT_ONCE)
        if held.get(place, 0) > came:
            request = replace(request, headers={**request.headers, field: b"*"})
        outcome = await asked(request, world)
        if is_success(outcome):
            held[place] = turn()
        return outcome

    return answer


def query_of(request: Request) -> list[tuple[str, str]]:
    """The parameters of the request's query, each with its value."""
    return parse_qsl(request.query.decode("latin-1"), keep_blank_values=True)


def without_parameter(name: str) -> Answering:
    """Answer as though the query had no such parameter."""

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        query = urlencode([pair for pair in query_of(request) if pair[0] != name]).encode()
        return await asked(replace(request, query=query), world)

    return answer


def with_parameter(name: str, value: str) -> Answering:
    """Answer as though the query had such a parameter, where it has none."""

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        pairs = query_of(request)
        if any(one == name for one, _ in pairs):
            return await asked(request, world)
        return await asked(replace(request, query=urlencode([*pairs, (name, value)]).encode()), world)

    return answer


def more_told(name: str, envelope: tuple[str, ...]) -> Callable[[Outcome], Outcome]:
    """The answer that says of each page which shows anything that another one follows.

    Args:
        name: the property that says so, with dots between the names that lead to it.
        envelope: the names that lead to the documents.
    """
    *outer, last = name.split(".")

    def reply(outcome: Outcome) -> Outcome:
        body = loaded(outcome.answer.body)
        holder = _below(body, outer)
        if not is_success(outcome) or not _below(body, envelope) or not isinstance(holder, dict):
            return outcome
        holder[last] = True
        return changed_answer(outcome, body=orjson.dumps(body))

    return reply


def page_counted(total: str, envelope: tuple[str, ...]) -> Callable[[Outcome], Outcome]:
    """The answer with the number of documents on the page in the place of all.

    Args:
        total: the header field, or the property with dots between the names that lead to it.
        envelope: the names that lead to the documents.
    """
    *outer, last = total.split(".")
    field = total.lower().encode()

    def reply(outcome: Outcome) -> Outcome:
        body = loaded(outcome.answer.body)
        shown = _below(body, envelope)
        if not is_success(outcome) or not isinstance(shown, list):
            return outcome
        holder = _below(body, outer)
        if isinstance(holder, dict) and last in holder:
            holder[last] = len(shown)
            return changed_answer(outcome, body=orjson.dumps(body))
        number = b"%d" % len(shown)
        headers = [(name, number if name.lower() == field else value) for name, value in outcome.answer.headers]
        return changed_answer(outcome, headers=headers)

    return reply


def _below(value: object, names: tuple[str, ...] | list[str]) -> Any:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
