"""Lists whose pages, totals, filters and orders are not what was asked for, where names tell what parameters do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import orjson

from specdouble.contract import Contract, Operation
from specdouble.double.answers.listing import Listing
from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.world import World
from specdouble.prove.change import Answering, Asked, answering, changed_answer, is_success, loaded, replying
from specdouble.prove.facts import creators
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.prove.message import more_told, page_counted, query_of, with_parameter, without_parameter
from specdouble.verify.list_parameters import looks_within, search_of
from specdouble.verify.paging import told_of_more

PAGING, FILTERING = "paging", "filtering"
_PAGES = ("page", "offset", "cursor")


def mutants(contract: Contract) -> Mutants:
    """The mutants of every list of documents that are created."""
    for key, action in contract.actions.items():
        operation, things = contract.operations[key], action.collection
        if action.does != "list" or operation.listed.roles or not creators(contract, things):
            continue
        listing = Listing.of(contract, operation, contract.resources[things])
        roles = {role: one.name for role, one in listing.roles.items()}
        paged = (*_paged(key, roles, action.envelope), *_unasked(operation, roles))
        for kind, name, sentence, change in (*paged, *_asked_for(key, listing, roles)):
            check = PAGING if kind.startswith("paging") else FILTERING
            yield Mutant(kind, f"{key}.{name}", f"{sentence}.", change, (check,), (key,))
        for name in _totals(contract, key) if "limit" in roles and not operation.listed.total else ():
            sentence = f"{key} tells by {name} how many documents it shows, not how many there are."
            change = replying((key,), page_counted(name, action.envelope))
            yield Mutant("paging.page-counted", f"{key}.{name}", sentence, change, (PAGING,), (key,))
        searched = search_of(operation)
        if searched is not None and looks_within(searched):
            sentence = f"{key} finds nothing, whatever {searched.name} asks for."
            change = answering((key,), _finding_nothing(searched.name, action.envelope))
            yield Mutant("filtering.finds-nothing", f"{key}.{searched.name}", sentence, change, (FILTERING,), (key,))
        more = told_of_more(contract, operation) if "limit" in roles else None
        if more is not None:
            sentence = f"{key} says by {more} that there is more, after its last page too."
            change = replying((key,), more_told(more, action.envelope))
            yield Mutant("paging.more-after-all", f"{key}.{more}", sentence, change, (PAGING,), (key,))


def _totals(contract: Contract, key: str) -> Iterator[str]:
    """The properties and header fields in which a list tells how many documents there are, by their names."""
    operation = contract.operations[key]
    response = operation.response(operation.success)
    if response is not None:
        yield from (name for name in response.headers if _is_total(name.lower().removeprefix("x-")))
        for media in response.content.values():
            yield from (name for name in contract.properties(media.schema) if _is_total(name.lower()))


def _is_total(name: str) -> bool:
    return name.replace("_", "").replace("-", "") in ("total", "totalcount", "totalitems", "totalelements")


def _paged(key: str, roles: dict[str, str], envelope: tuple[str, ...]) -> Iterator[tuple[str, str, str, Change]]:
    size = roles.get("limit")
    turner = next((roles[one] for one in _PAGES if one in roles), None)
    if size is None:
        return
    sentence = f"{key} shows as many as it likes, whatever {size}"
    yield "paging.size-ignored", size, sentence, answering((key,), without_parameter(size))
    if turner is None:
        return
    change = answering((key,), _later(turner, envelope, lambda items: items[1:]))
    yield "paging.skips-one", turner, f"{key} leaves the first document of each later page out", change
    order = roles.get("sort")
    if order is not None:
        change = answering((key,), _later(turner, envelope, lambda items: items[1:], order))
        sentence = f"{key} leaves the first document of each later page out where {order} is asked for"
        yield "filtering.page-of-order-skips-one", turner, sentence, change
    sentence = f"{key} shows the first page, whatever {turner}"
    yield "paging.page-ignored", turner, sentence, answering((key,), without_parameter(turner))


def _unasked(operation: Operation, roles: dict[str, str]) -> Iterator[tuple[str, str, str, Change]]:
    """A page that is smaller than the default of its size says."""
    size = roles.get("limit", "")
    schemas: list[Any] = [one.schema for one in operation.parameters if one.name == size]
    schema = next((one for one in schemas if isinstance(one, dict)), {})
    least, usual = schema.get("minimum", 1), schema.get("default")
    if isinstance(usual, int) and isinstance(least, int) and 0 < least < usual:
        sentence = f"{operation.id} shows {least} where no {size} is sent, whatever its default"
        yield "paging.default-ignored", size, sentence, answering((operation.id,), with_parameter(size, str(least)))


def _asked_for(key: str, listing: Listing, roles: dict[str, str]) -> Iterator[tuple[str, str, str, Change]]:
    for one in listing.filters:
        name = one.sent.name
        sentence = f"{key} shows documents of any value, whatever {name} asks for"
        yield "filtering.ignored", name, sentence, answering((key,), without_parameter(name))
    for role in ("sort", "direction"):
        if role in roles:
            sentence = f"{key} has one order, whatever {roles[role]} asks for"
            yield f"filtering.{role}-ignored", roles[role], sentence, answering((key,), without_parameter(roles[role]))


def _later(
    name: str, envelope: tuple[str, ...], other: Callable[[list[Any]], list[Any]], beside: str = ""
) -> Answering:
    """Answer a page after the first with other documents; where it is named, beside another parameter alone."""

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        outcome = await asked(request, world)
        query = dict(query_of(request))
        is_first = query.get(name, "") in ("", "0", "1")
        if not is_success(outcome) or is_first or (beside and beside not in query):
            return outcome
        return changed_answer(outcome, body=orjson.dumps(with_items(loaded(outcome.answer.body), envelope, other)))

    return answer


def _finding_nothing(name: str, envelope: tuple[str, ...]) -> Answering:
    """Answer what has the parameter with no document."""

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        outcome = await asked(request, world)
        if not is_success(outcome) or name not in dict(query_of(request)):
            return outcome
        return changed_answer(
            outcome, body=orjson.dumps(with_items(loaded(outcome.answer.body), envelope, lambda _: []))
        )

    return answer


def with_items(body: object, envelope: tuple[str, ...], other: Callable[[list[Any]], list[Any]]) -> Any:
    """The body of a list with other documents in it."""
    if envelope:
        inner = with_items(body.get(envelope[0]), envelope[1:], other) if isinstance(body, dict) else None
        return {**body, envelope[0]: inner} if isinstance(body, dict) else body
    return other(body) if isinstance(body, list) else body
