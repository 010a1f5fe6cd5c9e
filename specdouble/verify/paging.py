"""The pages of a list: what the next one is asked for by, as the answer or the contract tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs

from specdouble.contract import Contract, Operation
from specdouble.contract.digits import number_of
from specdouble.contract.page_words import promises_end, refusal_of_unknown
from specdouble.contract.pointer import value_at
from specdouble.url import split_url
from specdouble.verify.exchange import Exchange
from specdouble.verify.values import merged

MOST_PAGES = 50
WIDER = 20  # times a page that was not wide enough
USUAL_SIZE = 20  # entries of a page, where the contract does not say
_PAGES = {"page", "pagenumber", "pageno", "pageindex", "p"}
_OFFSETS = {"offset", "skip", "start", "startindex", "startat", "pageoffset"}
_CURSORS = {
    "cursor", "after", "pagetoken", "startingafter", "continuationtoken", "nexttoken", "nextcursor", "marker",
    "pagecursor", "pageafter", "startafter",
}  # fmt: skip
_LIMITS = {
    "limit", "perpage", "pagesize", "size", "maxresults", "take", "top", "pagelimit", "first", "itemsperpage",
    "resultsperpage", "maxitems", "pagelen",
}  # fmt: skip
_NAMES = {"page": _PAGES, "offset": _OFFSETS, "cursor": _CURSORS, "size": _LIMITS}  # of what plays each part
_NEXT = {
    "next", "nextpage", "nexturl", "nextlink", "nextcursor", "nexttoken", "nextpagetoken", "continuationtoken",
    "endcursor",
}  # fmt: skip
_MORE = {"hasnextpage", "hasnext", "hasmore"}  # whether there is a next page
_TOTALS = {"total", "totalcount", "totalitems", "totalelements", "totalresults", "totalrecords", "itemcount"}
_LINK = re.compile(r'<([^>]*)>[^,]*;\s*rel="?next"?')  # RFC 8288


def is_paged(operation: Operation) -> bool:
    """Whether a parameter chooses a page."""
    return any(_parameter(operation, role) for role in _NAMES)


def chooses_page(operation: Operation, name: str) -> bool:
    """Whether a query parameter chooses a page, or its size."""
    return any(_plays(operation, name, role) for role in _NAMES)


def is_cursor(operation: Operation, name: str) -> bool:
    """Whether a query parameter says after which document a page begins: the server alone knows its values."""
    return _plays(operation, name, "cursor")


def is_by_cursor(operation: Operation) -> bool:
    """Whether a parameter says after which document a page begins."""
    return _parameter(operation, "cursor") is not None


def larger_page(operation: Operation) -> dict[str, Any] | None:
    """The query of a first page that is larger than the usual one; None where no parameter says how large it is."""
    limit = _parameter(operation, "size")
    if limit is None:
        return None
    usual, most = _bound(operation, limit, "default"), _bound(operation, limit, "maximum")
    usual = usual if isinstance(usual, int) else USUAL_SIZE
    size = min(2 * usual + 1, most) if isinstance(most, int) else 2 * usual + 1
    return {limit: size} if size > usual else None


def page_parameters(operation: Operation) -> tuple[str | None, str | None, str | None, str | None]:
    """The query parameters that choose a page by its number, by an offset, by a cursor, and its size."""
    page, offset = _parameter(operation, "page"), _parameter(operation, "offset")
    return page, offset, _parameter(operation, "cursor"), _parameter(operation, "size")


def size_bounds(operation: Operation, limit: str) -> tuple[int, int | None, int | None]:
    """The least and the greatest size of a page, and the usual one, as far as the contract says them."""
    least, most = _bound(operation, limit, "minimum"), _bound(operation, limit, "maximum")
    usual = _bound(operation, limit, "default")
    return (
        least if isinstance(least, int) else 1,
        most if isinstance(most, int) else None,
        usual if isinstance(usual, int) else None,
    )


def first_page(operation: Operation, page: str) -> int:
    """The number of the first page."""
    return 0 if _bound(operation, page, "minimum", "default") == 0 else 1


def total_told(exchange: Exchange) -> int | None:
    """How many entries the whole list has, as a page or its header fields tell it; None where they do not."""
    place = exchange.call.operation.listed.total
    if place:
        said = _at(exchange, place)
        return number_of(str(said)) if isinstance(said, int | str) else None
    for name, text in exchange.headers.items():
        number = number_of(text.strip())
        if number is not None and _plain(name.removeprefix("x-")) in _TOTALS:
            return number
    for holder in _holders(exchange):
        for name, value in holder.items():
            if _plain(name) in _TOTALS and isinstance(value, int) and not isinstance(value, bool):
                return value
    return None


def more_told(exchange: Exchange) -> bool | None:
    """Whether a page says in so many words (`hasMore`) that there is a next one; None where it says nothing of it."""
    told = [(_plain(name), value) for holder in _holders(exchange) for name, value in holder.items()]
    return next((value for name, value in told if name in _MORE and isinstance(value, bool)), None)


def told_of_more(contract: Contract, operation: Operation) -> str | None:
    """The property in which a list says whether there is a next page, dots between the names that lead to it."""
    paths = (path for path, _ in _told_beside(contract, operation))
    return next((path for path in paths if _plain(path.rpartition(".")[2]) in _MORE), None)


def _told_beside(contract: Contract, operation: Operation) -> Iterator[tuple[str, Any]]:
    """What an answer of the list may tell beside its entries: where, with dots between the names, and its schema."""
    response = operation.response(operation.success)
    for media in response.content.values() if response is not None else ():
        named = contract.properties(media.schema)
        yield from named.items()
        for outer, held in named.items():
            for name, schema in contract.properties(held).items():
                yield f"{outer}.{name}", schema


def leads_on(exchange: Exchange) -> bool | None:
    """Whether a page tells how a next one is asked for; None where it says nothing of it."""
    told = _told(exchange)
    return None if told is None else bool(told)


def says_end(contract: Contract, operation: Operation) -> bool:
    """Whether the contract says what stands in place of the next page on the last one: that none may be told there."""
    response = operation.response(operation.success)
    if response is None:
        return False
    said = [header.description for name, header in response.headers.items() if name.lower() == "link"]
    for path, schema in _told_beside(contract, operation):
        if path == operation.listed.next or (not operation.listed.next and _plain(path.split(".")[-1]) in _NEXT):
            said.append(str(merged(schema, contract.resolve).get("description") or ""))
    return any(promises_end(one) for one in said)


def refusal_of_garbage(operation: Operation) -> int | None:
    """The status that the contract promises a cursor which no answer has told; None where it promises none."""
    name = _parameter(operation, "cursor")
    cursor = next((one for one in operation.parameters if one.location == "query" and one.name == name), None)
    return None if cursor is None else refusal_of_unknown(operation, cursor)


def tells_next(exchange: Exchange) -> bool:
    """Whether the answer says how the next page is asked for, or that there is none."""
    return _told(exchange) is not None


def next_page(
    exchange: Exchange, entries: list[Any], last: object = None, *, was_told: bool = False
) -> dict[str, Any] | None:
    """The query of the page after this one; None where it is the last, as far as can be told.

    Args:
        exchange: the page.
        entries: what it shows of the list.
        last: the id of the last of them: most servers take it for a cursor where their answers tell none.
        was_told: whether the answer before has said how this page is asked for.
    """
    if not entries:
        return None
    operation, query = exchange.call.operation, exchange.call.query
    told = _told(exchange)
    if told is not None:
        asked = _asked_by(operation, told)
        if not told or not asked:
            return None
        # An address is followed as it is (RFC 8288); a token goes where the parameter of cursors is.
        return dict(asked) if "?" in told else {**query, **asked}
    page, offset = _parameter(operation, "page"), _parameter(operation, "offset")
    if was_told and (declares_link(operation) or (page is None and offset is None)):
        return None  # `Link`, or a token, has led here, and leads no further: the last page may leave it out (AIP-158)
    size = _size(operation, query)
    if size is not None and len(entries) < size:
        return None
    if page is not None:
        return {**query, page: int(query.get(page, first_page(operation, page))) + 1}
    if offset is not None:
        return {**query, offset: int(query.get(offset, 0)) + len(entries)}
    cursor = _parameter(operation, "cursor")
    return {**query, cursor: last} if cursor is not None and last is not None else None


def is_cut_short(contract: Contract, exchange: Exchange, entries: list[Any]) -> bool:
    """Whether there may be more than a page shows, and nothing says how the next one is asked for."""
    operation = exchange.call.operation
    if _chooses_within(contract, operation) and _tells_more(exchange, entries):
        return True
    sizes = [one for one in (_size(operation, exchange.call.query), _most_shown(contract, exchange)) if one is not None]
    ways = ("page", "offset", "cursor")
    return (
        len(entries) >= min(sizes, default=len(entries) + 1)
        and not tells_next(exchange)
        and not any(_parameter(operation, role) for role in ways)
    )


def _most_shown(contract: Contract, exchange: Exchange) -> int | None:
    """How many documents an answer of the list may show, by its schema; None where that does not say."""
    operation = exchange.call.operation
    action, response = contract.actions.get(operation.id), operation.response(exchange.status)
    if action is None or response is None:
        return None
    for media in response.content.values():
        schema = media.schema
        for name in action.envelope:
            schema = contract.properties(schema).get(name)
        most = merged(schema, contract.resolve).get("maxItems")
        if isinstance(most, int):
            return most
    return None


def _chooses_within(contract: Contract, operation: Operation) -> bool:
    """Whether a query parameter that is an object chooses a page by one of its members."""
    parts = frozenset().union(*_NAMES.values())
    query = (one for one in operation.parameters if one.location == "query")
    return any(_plain(name) in parts for one in query for name in contract.properties(one.schema))


def _tells_more(exchange: Exchange, entries: list[Any]) -> bool:
    """Whether the answer says that there are more than it shows."""
    told = [value for one in _holders(exchange) for name, value in one.items() if _plain(name) in {"count", *_TOTALS}]
    return any(isinstance(value, int) and value > len(entries) for value in told)


def wider_page(operation: Operation, query: Mapping[str, Any]) -> dict[str, Any] | None:
    """The query of a page in which several of these have room; None where there may be no larger one."""
    limit, size = _parameter(operation, "size"), _size(operation, query)
    if limit is None or size is None:
        return None
    most = _bound(operation, limit, "maximum")
    wider = min(WIDER * size, most) if isinstance(most, int) else WIDER * size
    return {**query, limit: wider} if wider > size else None


def widest_page(operation: Operation, query: Mapping[str, Any]) -> dict[str, Any] | None:
    """The query of the largest page that the contract allows; None where it tells no bound, or a size is asked for."""
    limit = _parameter(operation, "size")
    most = _bound(operation, limit, "maximum") if limit is not None else None
    return {**query, limit: most} if limit is not None and limit not in query and isinstance(most, int) else None


def declares_link(operation: Operation) -> bool:
    """Whether answers may tell the next page in `Link` (RFC 8288), as the contract says."""
    return any(name.lower() == "link" for one in operation.responses.values() for name in one.headers)


def _told(exchange: Exchange) -> str | None:
    """How the answer tells the next page: an address or a token, empty where there is none; None where it does not."""
    place = exchange.call.operation.listed.next
    if place:
        said = _at(exchange, place)
        return "" if said in (None, False) else str(said)
    link = _LINK.search(exchange.headers.get("link", ""))
    if link or "link" in exchange.headers:
        return link[1] if link else ""
    told = [(_plain(name), value) for holder in _holders(exchange) for name, value in holder.items()]
    if any(name in _MORE and value is False for name, value in told):
        return ""  # whatever the last page tells to go on from
    following = (value for name, value in told if name in _NEXT and (value is None or isinstance(value, str)))
    return next((value or "" for value in following), None)


def _holders(exchange: Exchange) -> list[dict[str, Any]]:
    """The objects in which an answer tells of its page: itself, and those directly inside."""
    whole = exchange.json
    return [whole, *(one for one in whole.values() if isinstance(one, dict))] if isinstance(whole, dict) else []


def _asked_by(operation: Operation, told: str) -> Mapping[str, Any]:
    """The query parameters of a page's address; a token is what the parameter of cursors takes."""
    query = parse_qs(split_url(told).query, keep_blank_values=True) if "?" in told else {}
    if query:
        return {name: values[0] if len(values) == 1 else values for name, values in query.items()}
    ways = (_parameter(operation, role) for role in ("cursor", "page", "offset"))
    way = next((one for one in ways if one is not None), None)
    return {way: told} if way else {}


def _at(exchange: Exchange, place: str) -> Any:
    """What an answer tells in a header field, or in a property of its body, names with dots between; else None."""
    found = exchange.headers.get(place.lower())
    if found is not None:
        return found
    return value_at(exchange.json, place.split("."))


def _size(operation: Operation, query: Mapping[str, Any]) -> int | None:
    """How many entries a full page has, where the request or the contract says it."""
    limit = _parameter(operation, "size")
    if limit is None:
        return None
    asked = query.get(limit, _bound(operation, limit, "default"))
    return asked if isinstance(asked, int) else None


def _bound(operation: Operation, name: str, *keywords: str) -> Any:
    schema = next(one.schema for one in operation.parameters if one.name == name)
    held = schema if isinstance(schema, dict) else {}
    return next((held[keyword] for keyword in keywords if keyword in held), None)


def _parameter(operation: Operation, role: str) -> str | None:
    """The query parameter that plays a part."""
    query = (one.name for one in operation.parameters if one.location == "query")
    return next((name for name in query if _plays(operation, name, role)), None)


def _plays(operation: Operation, name: str, role: str) -> bool:
    """Whether a query parameter plays a part: as the contract says, else as its name tells."""
    said = operation.listed
    if role in said.roles or said.names(name):
        return said.roles.get(role) == name
    return _plain(name) in _NAMES[role]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
