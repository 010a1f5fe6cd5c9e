"""What an answer tells of the page that it shows: totals, whether more follows, and how the other pages are asked for.

Contracts agree on no names; these are the ones that public contracts use. What the contract declares is told truly,
in the body around the documents (`PageFields`) and in header fields (`PageHeaders`); nothing else is added.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from specdouble.contract import Contract, Header, Operation, Response
from specdouble.contract.digits import number_of
from specdouble.contract.identity import singular
from specdouble.contract.json_type import JSON, Schema
from specdouble.contract.listed import BY_NAMES, Listed
from specdouble.contract.properties import plain, types_of
from specdouble.double.answers.listing import Page
from specdouble.double.answers.samples.merged import Definition, merged
from specdouble.double.state.exchange import current

ABSENT: Any = object()  # there is nothing to say: not the same as null, which says that there is no such page
_DEEPEST = 3  # levels of the body in which fields are looked for: further down nothing tells of a page
_TOTALS = {
    "total", "totalcount", "totalitems", "totalresults", "totalelements", "totalrecords", "totalhits", "totalrows",
    "totalsize", "totaldocs", "totalentries", "numfound", "nbhits", "recordstotal", "itemcount", "odatacount",
    "totalnumber", "totalamount", "resultcount", "totalobjects", "totalnum", "totalfilteredresults",
}  # fmt: skip
_SHOWN = {"numberofelements", "pagecount", "returned", "currentsize", "resultsreturned", "currentcount", "pageitems"}
_LIMITS = {
    "limit", "perpage", "pagesize", "pagelimit", "itemsperpage", "maxresults", "pagelen", "resultsperpage",
    "resultperpage",
}  # fmt: skip
_OFFSETS = {"offset", "skip", "start", "startindex", "startat"}
_NUMBERS = {"page", "currentpage", "pagenumber", "pageindex", "number", "pageno", "current"}
_LASTS = {"pages", "totalpages", "lastpage", "pagetotal", "numpages", "numberofpages", "pagestotal", "last", "nbpages"}
_MORE = {"hasmore", "hasnext", "hasnextpage", "more", "truncated", "istruncated", "moreavailable", "moreitems", "next"}
_NO_MORE = {"islast", "islastpage", "last", "lastpage", "complete"}
_FIRST = {"isfirst", "isfirstpage", "first", "firstpage"}
_EARLIER = {"hasprevious", "hasprev", "haspreviouspage", "hasprevpage", "previous", "prev"}
_CURSORS = {"cursor", "continue", "continuationtoken", "pagetoken", "marker", "after", "paginationtoken"}
_HERE = {"url", "uri", "self", "selflink", "selfurl", "href"}
_RELATIONS = {"prev": "previous", "start": "first", "end": "last", "selflink": "self"}
# `next`, `next_page_url`, `previousCursor`, `lastId`: which page, and how it is told.
_OTHER_PAGE = re.compile(
    "(?:odata|pagination)?(next|previous|prev|first|last|self|start|end|current)(?:results|items)?(page)?"
    "(url|uri|link|href|path|cursor|token|marker|key|id|offset|start|number)?"
)
_RATHER_ADDRESSES = {"last", "start", "page", "current"}
_LINKS = {"url", "uri", "link", "href", "path"}
_LINK_HOLDERS = {"links", "link", "pages", "urls"}

Tell = Callable[[Page], JSON]


class _Field(NamedTuple):
    """A field that tells of the page.

    Args:
        path: the names that lead to it.
        tell: what it says; ABSENT where there is nothing to say.
        without: what stands there where there is nothing to say: ABSENT, null, or an empty text.
    """

    path: tuple[str, ...]
    tell: Tell
    without: JSON


class PageFields:
    """Tells of the page in the body around the documents.

    Args:
        schema: the body's schema in draft 2020-12.
        definition: gives the schema that a `$ref` of it leads to.
        documents: the property names that lead to the array of documents.
        said: what the contract says of the list.
    """

    def __init__(
        self, schema: JSON, definition: Definition, documents: tuple[str, ...], said: Listed = BY_NAMES
    ) -> None:
        self._said = said
        self._definition = definition
        self._documents = documents
        self._fields = list(self._found(schema, (), in_links=False))

    def tell(self, body: dict[str, JSON], page: Page) -> None:
        """Write what is true of the page into the body."""
        for path, tell, without in self._fields:
            value = tell(page)
            if value is ABSENT:
                value = without
            holder = _holder(body, path[:-1], make=value is not ABSENT)
            if holder is None:
                continue
            if value is ABSENT:
                holder.pop(path[-1], None)
            else:
                holder[path[-1]] = value

    def _found(self, schema: JSON, path: tuple[str, ...], in_links: bool) -> Iterator[_Field]:
        whole = _opened(schema, self._definition)
        required = {*(whole.get("required") or ())}
        names = set(map(plain, whole["properties"]))
        for name, alternatives in whole["properties"].items():
            part = _opened(alternatives, self._definition)
            place = (*path, name)
            if place == self._documents:
                continue
            tell = _said_teller(self._said, ".".join(place), part) or teller(name, part, names, in_links)
            if tell is not None:
                yield _Field(place, tell, _without(part, name in required))
            elif len(path) < _DEEPEST and "items" not in part:
                yield from self._found(part, place, in_links=in_links or plain(name) in _LINK_HOLDERS)


def _opened(schema: JSON, definition: Definition) -> dict[str, JSON]:
    """The schema with what its alternatives name: forward links in one, backward ones in another, or null."""
    whole = merged(schema, definition)
    properties: dict[str, JSON] = {}
    kinds = types_of(whole)
    formats = []
    for choice in whole.choices:
        for alternative in choice:
            option = merged(alternative, definition)
            properties.update(option.get("properties") or {})
            kinds |= types_of(option)
            if "format" in option:
                formats.append(option["format"])
    properties.update(whole.get("properties") or {})
    opened = {**whole, "type": sorted(kinds - {None}) or None, "properties": properties}
    if formats:
        opened.setdefault("format", formats[0])
    return opened


class PageHeaders:
    """Tells of the page in the header fields that the response declares.

    Args:
        contract: the contract.
        response: the response.
        said: what the contract says of the list.
    """

    def __init__(self, contract: Contract, response: Response, said: Listed = BY_NAMES) -> None:
        beside = {plain(name).removeprefix("x") for name in response.headers}
        self._tellers: dict[str, Tell] = {}
        for name, header in response.headers.items():
            schema = contract.described(header.schema)
            tell = _said_teller(said, name, schema) or _header_teller(name, schema, beside)
            if tell is not None:
                self._tellers[name] = tell

    def of(self, page: Page) -> dict[str, str]:
        """The header fields by name; none for what there is nothing to say of."""
        fields: dict[str, str] = {}
        for name, tell in self._tellers.items():
            value = tell(page)
            if value is not ABSENT and value is not None:
                fields[name] = _written(value)
        return fields


def _said_teller(said: Listed, place: str, schema: Schema) -> Tell | None:
    """What a field tells that the contract names; None where it names another, or none."""
    if place == said.total:
        return _as_declared(lambda page: page.total, schema)
    if place != said.next:
        return None
    if types_of(schema) & {"integer", "number"}:
        return lambda page: _number_of(page, "next", offset=False)
    is_address = str(schema.get("format", "")).startswith(("uri", "url", "iri"))
    return (lambda page: _link(page, "next")) if is_address else _neighbour("next", None)


def _as_declared(tell: Tell, schema: Schema) -> Tell:
    """A number as the schema wants it: as a text, where it takes no number."""
    is_text = types_of(schema) <= {"string", "null"} and "string" in types_of(schema)
    return (lambda page: str(tell(page))) if is_text else tell


def tells_of_a_page(contract: Contract, operation: Operation, header: Header) -> bool:
    """Whether a header field is one that a list fills in."""
    if header.name in (operation.listed.total, operation.listed.next):
        return True
    return _header_teller(header.name, contract.described(header.schema), set()) is not None


def teller(name: str, schema: Schema, beside: set[str], in_links: bool = False) -> Tell | None:
    """What a field of that name tells of a page; None where it tells nothing that is known.

    Args:
        name: the field's name.
        schema: its schema, merged.
        beside: the plain names of the fields beside it: what `count` counts, they say.
        in_links: whether it stands among links.
    """
    key, kinds = plain(name), types_of(schema)
    if "boolean" in kinds:
        return _FLAGS.get(key)
    if kinds & {"integer", "number"}:
        return _number(key, beside)
    if "object" in kinds or schema.get("properties"):
        return _hypertext(key, schema) if in_links else None
    if "array" in kinds or kinds == {"null"}:
        return None
    # A text of that name: `last` is an address, where it is no number.
    number = None if key in _RATHER_ADDRESSES or "format" in schema else _NUMERIC.get(key)
    if number is None:
        return _text(key, schema, in_links)
    return number if kinds == {None} else lambda page: str(number(page))


def _number(key: str, beside: set[str]) -> Tell | None:
    if key in ("count", "size"):
        return _counted(key, beside)
    match = _OTHER_PAGE.fullmatch(key)
    if match is not None and match[1] in ("next", "previous", "prev"):
        relation = _RELATIONS.get(match[1], match[1])
        if match[3] in ("cursor", "token", "marker", "key", "id"):
            return lambda page: _as_number(_cursor(page, relation))
        return lambda page: _number_of(page, relation, offset=match[3] in ("offset", "start"))
    if key in ("from", "to"):  # of people who count from 1: `from: 11, to: 20`
        return _FROM_TO[key] if {"from", "to"} <= beside else _NUMERIC.get("start" if key == "from" else "")
    is_total = key.startswith("total") and any(singular(key[5:]) == singular(one) for one in beside)
    return _NUMERIC.get(key, _NUMERIC["total"] if is_total else None)  # `totalProducts` beside `products`


def _counted(key: str, beside: set[str]) -> Tell:
    """What `count` and `size` count: all, those on the page, or those that a page may hold."""
    if key == "size" and beside & (_NUMBERS | _LASTS) and not beside & _LIMITS:
        return _NUMERIC["limit"]
    has_total = bool(beside & _TOTALS) or (key == "size" and {"limit", "start"} <= beside)
    return (lambda page: len(page.documents)) if has_total else (lambda page: page.total)


def _hypertext(key: str, schema: Schema) -> Tell | None:
    """A link as an object (HAL, JSON:API): `next: {href: ...}`."""
    match = _OTHER_PAGE.fullmatch(key)
    properties = schema.get("properties") or {}
    holder = next((name for name in ("href", "url", "uri") if name in properties), None)
    if match is None or holder is None:
        return None
    relation = _RELATIONS.get(match[1], match[1])

    def tell(page: Page) -> JSON:
        address = _link(page, relation)
        return ABSENT if address is ABSENT else {holder: address}

    return tell


def _text(key: str, schema: Schema, in_links: bool) -> Tell | None:
    examples = [str(one) for one in (schema.get("example"), *(schema.get("examples") or ()))]
    is_address = str(schema.get("format", "")).startswith(("uri", "url", "iri"))
    is_address = is_address or any("?" in one or "://" in one for one in examples)
    if key in _HERE:
        is_whole = in_links or is_address
        return (lambda page: _link(page, "self")) if is_whole else (lambda _page: _here().path)
    if key in _CURSORS:
        return lambda page: _cursor(page, "next")
    match = _OTHER_PAGE.fullmatch(key)
    if match is None or match[1] == "current":
        return None
    relation, how = _RELATIONS.get(match[1], match[1]), match[3]
    if how == "id" or (how == "cursor" and match[1] in ("start", "end")):  # GraphQL's: of the documents shown
        return _ids(relation)
    if is_address or in_links or how in _LINKS:
        return lambda page: _link(page, relation)
    return _neighbour(relation, how) if relation in ("next", "previous") else None


def _neighbour(relation: str, how: str | None) -> Tell:
    """How the next or the previous page is asked for, in a text."""
    if how in ("offset", "start", "number"):
        return lambda page: _as_text(_number_of(page, relation, offset=how != "number"))
    if how is not None:
        return lambda page: _cursor(page, relation)

    def tell(page: Page) -> JSON:
        return _cursor(page, relation) if "cursor" in page.listing.roles else _link(page, relation)

    return tell


def _ids(relation: str) -> Tell | None:
    """The id of the first or the last document that is shown."""
    if relation not in ("first", "last"):
        return lambda page: _cursor(page, relation)
    index = 0 if relation == "first" else -1
    return lambda page: str(page.documents[index].get(page.listing.id)) if page.documents else ABSENT


def _cursor(page: Page, relation: str) -> JSON:
    start = page.start_of(relation)
    if start is None:
        return ABSENT
    if relation == "previous" and "before" in page.listing.roles:
        return str(page.documents[0].get(page.listing.id)) if page.documents else ABSENT
    if "page" in page.listing.roles and "cursor" not in page.listing.roles:
        return str(page.number_at(start))
    found = page.cursor_at(start)
    return ABSENT if found is None else found


def _number_of(page: Page, relation: str, *, offset: bool) -> JSON:
    start = page.start_of(relation)
    if start is None:
        return ABSENT
    by_offset = offset or ("offset" in page.listing.roles and "page" not in page.listing.roles)
    return start if by_offset else page.number_at(start)


def _as_number(cursor: JSON) -> JSON:
    number = number_of(cursor)
    return ABSENT if number is None else number


def _as_text(value: JSON) -> JSON:
    return value if value is ABSENT else str(value)


_FROM_TO: dict[str, Tell] = {
    "from": lambda page: page.start + 1 if page.documents else ABSENT,
    "to": lambda page: page.start + len(page.documents) if page.documents else ABSENT,
}
_NUMERIC: dict[str, Tell] = {
    **dict.fromkeys(_TOTALS, lambda page: page.total),
    **dict.fromkeys(_SHOWN, lambda page: len(page.documents)),
    **dict.fromkeys(_LASTS, lambda page: page.pages),
    **dict.fromkeys(_LIMITS, lambda page: page.size),
    **dict.fromkeys(_OFFSETS, lambda page: page.start),
    **dict.fromkeys(_NUMBERS, lambda page: page.number),
    **dict.fromkeys(("remaining", "remainingitemcount"), lambda page: page.total - page.start - len(page.documents)),
}
_FLAGS: dict[str, Tell] = {
    **dict.fromkeys(_MORE, lambda page: page.more),
    **dict.fromkeys(_NO_MORE, lambda page: not page.more),
    **dict.fromkeys(_FIRST, lambda page: page.start == 0),
    **dict.fromkeys(_EARLIER, lambda page: page.start > 0),
    "empty": lambda page: not page.documents,
}


# Header fields


def _header_teller(name: str, schema: Schema, beside: set[str]) -> Tell | None:
    key = plain(name)
    if key == "link":
        return _link_header
    if key == "contentrange":
        return _content_range
    for prefix in ("x", "pagination", "collection", "paging"):
        key = key.removeprefix(prefix)
    if key not in _NUMERIC and key not in ("count", "size") and _OTHER_PAGE.fullmatch(key) is None:
        return None
    if not types_of(schema).isdisjoint({"boolean", "array", "object"}):
        return None
    # All fields are texts, whatever their schema calls them: a number of that name comes first.
    as_number = teller(key, {"type": "integer"}, beside)
    return as_number if as_number is not None else teller(key, schema, beside)


def _link_header(page: Page) -> JSON:
    """RFC 8288, section 3."""
    relations = ["previous", "next", "first", "last"]
    if "cursor" in page.listing.roles:
        relations.remove("last")  # whoever pages by cursors cannot count to the last page
    links = []
    for relation in relations:
        address = _link(page, relation)
        is_here = page.start_of(relation) == page.start
        if address is not ABSENT and not is_here:
            name = "prev" if relation == "previous" else relation
            links.append(f'<{address}>; rel="{name}"')
    return ", ".join(links) or ABSENT


def _content_range(page: Page) -> str:
    """RFC 9110, section 14.4, in a unit of items."""
    end = page.start + len(page.documents) - 1
    return f"items {page.start}-{end}/{page.total}" if page.documents else f"items */{page.total}"


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# Addresses


class _Here(NamedTuple):
    """Where the request under way was sent."""

    origin: str
    path: str
    query: str


def _here() -> _Here:
    exchange = current.get()
    request = exchange.request
    if request is None:
        return _Here("", exchange.operation.path, "")
    host = request.headers.get(b"host", b"localhost").decode("latin-1")
    return _Here(f"http://{host}", request.target, request.query.decode("latin-1"))


def _link(page: Page, relation: str) -> JSON:
    """The address of another page; ABSENT where there is none."""
    if relation not in page.addresses:
        page.addresses[relation] = _address(page, relation)
    return page.addresses[relation]


def _address(page: Page, relation: str) -> JSON:
    start = page.start_of(relation)
    if start is None:
        return ABSENT
    here = _here()
    query = here.query if relation == "self" else _query_of(here.query, tuple(page.asked_at(start).items()))
    return here.origin + here.path + (f"?{query}" if query else "")


@lru_cache(maxsize=1024)  # clients ask for the same pages, and each answer names four: parsing was half of the cost
def _query_of(here: str, changes: tuple[tuple[str, str | None], ...]) -> str:
    """The query string of a request, with other values for some names; None takes a name out."""
    changed = dict(changes)
    pairs: list[tuple[str, str]] = []
    for name, value in parse_qsl(here, keep_blank_values=True):
        if name not in changed:
            pairs.append((name, value))
    for name, other in changed.items():
        if other is not None:
            pairs.append((name, other))
    return urlencode(pairs)


def _holder(body: dict[str, JSON], path: tuple[str, ...], *, make: bool) -> dict[str, JSON] | None:
    """The mapping that a path leads to; None where there is none, and none is made."""
    holder: JSON = body
    for name in path:
        inner = holder.get(name)
        if not isinstance(inner, dict):
            if not make:
                return None
            inner = holder[name] = {}
        holder = inner
    return holder if isinstance(holder, dict) else None


def _without(schema: Schema, required: bool) -> JSON:
    """What stands for nothing: as little as the schema takes."""
    if "null" in types_of(schema):
        return None
    return "" if required and "string" in types_of(schema) else ABSENT
