"""Which documents a list shows: the filters, order and page that its query asks for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.json_type import JSON, Schema
from specdouble.contract.listed import BY_NAMES, Listed
from specdouble.contract.properties import plain, types_of
from specdouble.contract.validator import taking
from specdouble.double.state.keeper import Document

# The names of parameters, without case and punctuation, by the part that they play.
_LIMITS = {
    "limit", "perpage", "pagesize", "pagelimit", "pagelen", "pagelength", "maxresults", "maxitems", "resultsperpage",
    "itemsperpage", "size", "max", "take", "top", "first", "count", "rows",
}  # fmt: skip
_OFFSETS = {"offset", "pageoffset", "skip", "startindex", "startat", "start", "from"}
_PAGES = {"page", "pagenumber", "pageno", "pagenum", "currentpage", "pageindex", "p"}
_CURSORS = {
    "cursor", "pagecursor", "after", "pageafter", "startingafter", "startafter", "pagetoken", "nextpagetoken",
    "nexttoken", "nextcursor", "continuationtoken", "continue", "paginationtoken", "marker", "exclusivestartkey",
    "afterid", "maxid",
}  # fmt: skip
_BACKWARDS = {"before", "pagebefore", "endingbefore", "endbefore"}
_SORTS = {"sort", "sortby", "orderby", "orderfield", "sortfield", "sortkey", "sortcolumn", "ordering"}
_DIRECTIONS = {"order", "sortorder", "direction", "sortdirection", "sortdir", "orderdirection", "dir"}
_SEARCHES = {"q", "query", "search", "searchtext", "searchterm", "searchquery", "term", "keyword", "keywords"}
_ROLES = {
    "limit": _LIMITS,
    "offset": _OFFSETS,
    "page": _PAGES,
    "cursor": _CURSORS,
    "before": _BACKWARDS,
    "sort": _SORTS,
    "direction": _DIRECTIONS,
    "search": _SEARCHES,
}
_NUMBERED = ("limit", "offset", "page")
# They are too often the name of a property to be anything else where there is one of that name.
_AMBIGUOUS = {"size", "max", "top", "first", "count", "rows", "start", "from", "p", "take"}
_DIGITS = re.compile("[0-9]{1,20}")
_FILTER = re.compile(r"(?:filters?|where)[\[.](\w[\w.-]*)\]?")
_SORTED = re.compile(
    r"\s*(?P<sign>[+-]?)(?P<name>[\w.-]+?)(?:(?:[:|. ,_-]+|(?=[AD]))(?P<direction>asc|desc)(?:ending)?)?\s*",
    re.IGNORECASE,
)
# What public contracts call the bounds of a range: `created[gte]`, `price_min`.
_BOUNDS = {
    "gt": "$gt", "gte": "$gte", "lt": "$lt", "lte": "$lte", "min": "$gte", "max": "$lte", "eq": "$eq", "ne": "$ne",
}  # fmt: skip
_BOUND = re.compile(r"(?P<name>\w[\w.-]*)(?:\[(?P<inside>\w+)\]|(?:__|[._])(?P<after>gte?|lte?|min|max))")
_QUALIFIER = re.compile(r"-?\w+:\S+")  # `language:python` in a search: it is about something else than the text
_MOMENTS = re.compile("(?:at|on|date|time|timestamp)$|^date")
_EVERYTHING = {"", "*", "all", "any"}  # what a client sends that wants no filter
_LARGEST = 2**31 - 1  # answers tell the numbers again, and their products: JSON is written with 64 bits
_NESTED = ("attributes", "properties", "fields", "spec", "metadata")  # where documents keep their properties inside
_DEEPEST = 3  # levels of a document in which a text is searched for

Values = Mapping[str, JSON]  # of parameters, by the contract's names


class Sent(NamedTuple):
    """What a query names: a parameter, or one part of a parameter that is an object.

    Args:
        name: how the query names it: `page`, `page[size]`.
        parameter: the parameter.
        part: the property of its value; None where the value as a whole is meant.
        schema: the schema of the value.
        required: whether no request may leave it out.
    """

    name: str
    parameter: str
    part: str | None
    schema: Schema
    required: bool = False

    def value(self, values: Values) -> JSON:
        """What was sent; None where nothing was."""
        whole = values.get(self.parameter)
        if self.part is None:
            return whole
        return whole.get(self.part) if isinstance(whole, dict) else None


class Comparable(NamedTuple):
    """A property that documents can be compared and sorted by.

    Args:
        path: how the store finds it: what is inside of another property has its name before, `attributes.title`.
        name: its own name.
        schema: its schema.
    """

    path: str
    name: str
    schema: Schema


class Filter(NamedTuple):
    """A part of a query that asks for documents with a value.

    Args:
        sent: what is sent.
        path: how the store finds the property that it is compared with.
        can_hold: whether the property may have a value.
        is_choice: whether a text of the property is one of few.
        bound: how the store compares, where the value is the bound of a range: `$gte`; None where it is the value.
    """

    sent: Sent
    path: str
    can_hold: Callable[[object], bool]
    is_choice: bool
    bound: str | None = None

    @property
    def unset(self) -> str | None:
        """The default that stands for no filter: of a text that may be any, `none` is no choice."""
        default = self.sent.schema.get("default")
        return default if isinstance(default, str) and not self.is_choice else None

    def condition(self, value: object) -> JSON:
        """What the store compares with; None where the value asks for nothing that the property can hold."""
        if value is None or isinstance(value, dict) or value == self.unset:
            return None
        if self.bound is not None:
            return {self.bound: value} if self.can_hold(value) else None
        if isinstance(value, list):
            held = [one for one in value if self.can_hold(one)]
            return {"$in": held} if held else None
        if value is False and self.can_hold(value):
            return {"$in": [False, None]}  # what has no such flag has it not set
        if self.can_hold(value):
            return value
        return self._one_of(value) if isinstance(value, str) and "," in value else None

    def _one_of(self, text: str) -> JSON:
        """`open,closed`: any of them; None where one is none that the property can hold."""
        choices = [choice.strip() for choice in text.split(",")]
        return {"$in": choices} if all(map(self.can_hold, choices)) else None


@dataclass(frozen=True, slots=True)
class Page:
    """A part of a list.

    Args:
        every: the documents of all pages.
        start: the place of the first that is shown, from 0.
        limit: how many a page holds; None where all are on one.
        number: the page's number as the query counts it.
        listing: how the query asks for pages.
        addresses: of other pages by relation, as they become known: the body and the header tell the same ones.
    """

    every: list[Document]
    start: int
    limit: int | None
    number: int
    listing: Listing
    addresses: dict[str, JSON] = field(default_factory=dict, compare=False)

    @property
    def documents(self) -> list[Document]:
        """Those on the page."""
        end = None if self.limit is None else self.start + self.limit
        return self.every[self.start : end]

    @property
    def total(self) -> int:
        """How many documents there are on all pages."""
        return len(self.every)

    @property
    def size(self) -> int:
        """How many documents a page holds, at least one."""
        return max(1, self.total if self.limit is None else self.limit)

    @property
    def more(self) -> bool:
        """Whether another page follows."""
        return self.limit is not None and self.start + self.limit < self.total

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return -(-self.total // self.size)

    def start_of(self, relation: str) -> int | None:
        """The place at which another page begins.

        Args:
            relation: `self`, `first`, `previous`, `next` or `last`.

        Returns:
            The place; None where there is no such page.
        """
        if relation == "next":
            return self.start + self.size if self.more else None
        if relation == "previous":
            return max(0, self.start - self.size) if 0 < self.start <= self.total else None
        return {"self": self.start, "first": 0, "last": max(0, self.pages - 1) * self.size}[relation]

    def number_at(self, start: int) -> int:
        """The number of the page that begins at a place."""
        return self.listing.first_page + start // self.size

    def cursor_at(self, start: int) -> str | None:
        """The cursor with which the page that begins at a place is asked for; the first page needs none."""
        if not 0 < start <= self.total:
            return None
        return str(self.every[start - 1].get(self.listing.id))

    def asked_at(self, start: int) -> dict[str, str | None]:
        """What the query says for the page that begins at a place, by name; None for what it must not say."""
        roles = self.listing.roles
        found: dict[str, str | None] = {}
        if "before" in roles:  # whoever goes forward must not ask backwards too
            found[roles["before"].name] = None
        if "page" in roles:
            found[roles["page"].name] = str(self.number_at(start))
        elif "offset" in roles:
            found[roles["offset"].name] = str(start)
        elif "cursor" in roles:
            found[roles["cursor"].name] = self.cursor_at(start)
        return found


@dataclass(frozen=True, slots=True)
class Listing:
    """What the query parameters of a list mean.

    Args:
        id: the property that holds a document's id.
        filters: what asks for documents with a value.
        roles: what plays the part of `limit`, `offset`, `page`, `cursor`, `before`, `sort`, `direction`, `search`.
        properties: what can be sorted by.
        first_page: the number of the first page.
        most: how many a page may hold at most; None for any number.
        others: the parameters that do not filter, each with its default.
        said: what the contract says of the list.
    """

    id: str
    filters: tuple[Filter, ...]
    roles: Mapping[str, Sent]
    properties: tuple[Comparable, ...]
    first_page: int = 1
    most: int | None = None
    others: Values = field(default_factory=dict)
    said: Listed = BY_NAMES

    @classmethod
    def of(cls, contract: Contract, operation: Operation, resource: Resource, most: int | None = None) -> Listing:
        """The meaning of an operation's query parameters, where a page may hold that many at most."""
        known = tuple(_comparable(contract, resource))
        by_name: dict[str, Comparable] = {}
        for one in known:  # the outer ones first
            by_name.setdefault(plain(one.name), one)
        filters, roles, said = [], {}, operation.listed
        for sent in _sent(contract, operation):
            if said.names(sent.name):
                role, filtered = _said_role(said, sent.name), _said_filter(said, sent.name, known)
            else:
                role, filtered = _role(sent, plain(sent.name) in by_name), _filtered(sent.name, by_name)
                # What the contract says goes before what names tell.
                role = None if role in [_ours(one) for one in said.roles] else role
                filtered = filtered if said.filters is None else None
            if role is not None and role not in roles:
                roles[role] = sent
            elif filtered is not None:
                to, bound = filtered
                can_hold, is_choice = _holder(contract, to.schema), _is_choice(to.schema)
                filters.append(Filter(sent, to.path, can_hold, is_choice, bound))
        first_page = 0 if "page" in roles and _counts_from_zero(roles["page"].schema) else 1
        others = _without_filters(contract, operation, filters)
        return cls(resource.id, tuple(filters), roles, known, first_page, most, others, said)

    def filter(self, values: Values) -> Document:
        """The filter that the sent parameters ask for; a value that the property cannot hold asks for nothing."""
        found: Document = {}
        for one in self.filters:
            condition = one.condition(one.sent.value(values))
            known = found.get(one.path)
            if one.bound is not None and isinstance(condition, dict) and isinstance(known, dict):
                found[one.path] = {**known, **condition}
            elif condition is not None:
                found[one.path] = condition
        return found

    def understands(self, values: Values) -> bool:
        """Whether every parameter that was sent filters, or was sent as it is by default."""
        return all(values.get(name) in (None, default) for name, default in self.others.items())

    # The order

    def order(self, values: Values) -> list[tuple[str, int]]:
        """The properties to sort by, each with 1 or -1: `name`, `-name`, `name:desc`, `name desc`, `name,desc`."""
        said, asked = self._value(values, "direction"), self._value(values, "sort")
        direction = -1 if said == "-1" or _is_word(said, "desc") else 1
        if asked is None and said is not None and not _is_word(said, "asc", "desc"):
            asked = said  # `order=name`, where nothing else says by what
        words = asked if isinstance(asked, list) else str(asked or "").split(",")
        found: list[tuple[str, int]] = []
        for word in (self.said.sorted_by(str(one)) for one in words):
            is_direction = word.strip().lower() in ("asc", "desc")
            if is_direction and found:  # `sort=name,desc`: it is about the one before
                name, _ = found.pop()
                found.append((name, -1 if _is_word(word.strip(), "desc") else 1))
            else:
                found += self._ordered(word, direction)
        return found

    def _ordered(self, word: str, direction: int) -> Iterator[tuple[str, int]]:
        """The property that a word names, with the word's own direction, else the given one."""
        whole = self._property(word)
        if whole is not None and word.strip()[:1] not in ("+", "-"):
            yield whole, direction
            return
        match = _SORTED.fullmatch(word)
        name = None if match is None else self._property(match["name"])
        if match is None or name is None:
            return
        said = (match["direction"] or "").lower()
        if said == "desc" or match["sign"] == "-":
            direction = -1
        elif said or match["sign"] == "+":
            direction = 1
        yield name, direction

    def _property(self, word: str) -> str | None:
        """The property of that name; `created` is `created_at` too."""
        wanted = plain(word)
        if not wanted:
            return None
        for one in self.properties:
            if wanted in (plain(one.path), plain(one.name)):
                return one.path
        for one in self.properties:
            if wanted == _MOMENTS.sub("", plain(one.name)):
                return one.path
        return None

    # The page

    def page(self, documents: list[Document], values: Values) -> Page:
        """The part of the documents that the sent parameters ask for."""
        wanted = self._value(values, "search")
        if isinstance(wanted, str) and wanted.strip():
            documents = _searched(documents, wanted, self.id)
        limit = self._limit(values)
        number = self._number(values, "page")
        start = self._number(values, "offset") or 0
        if number is not None and "offset" not in self.roles:
            size = len(documents) if limit is None else limit
            start = max(0, number - self.first_page) * size
        after = self._place(documents, values, "cursor")
        before = self._place(documents, values, "before")
        if after is not None:
            start = after + 1
        elif before is not None:
            start = 0 if limit is None else max(0, before - limit)
            limit = before - start  # the page ends where the cursor stands, be it the shorter for it
        return Page(documents, start, limit, self.first_page if number is None else number, self)

    def whole(self, documents: list[Document]) -> Page:
        """All documents as one page."""
        return Page(documents, 0, None, self.first_page, self)

    def _limit(self, values: Values) -> int | None:
        asked = self._number(values, "limit")
        if asked is None or self.most is None:
            return self.most if asked is None else asked
        return min(asked, self.most)

    def _place(self, documents: list[Document], values: Values, role: str) -> int | None:
        """The place of the document that a cursor names; None where it names none."""
        cursor = self._value(values, role)
        if cursor is None:
            return None
        for index, document in enumerate(documents):
            if str(document.get(self.id)) == str(cursor):
                return index
        return None

    def _value(self, values: Values, role: str) -> JSON:
        sent = self.roles.get(role)
        return None if sent is None else sent.value(values)

    def _number(self, values: Values, role: str) -> int | None:
        """The number that plays a part; None where none was sent that can."""
        found = self._value(values, role)
        if isinstance(found, str) and _DIGITS.fullmatch(found):
            found = int(found)
        is_number = isinstance(found, int | float) and not isinstance(found, bool)
        return int(min(found, _LARGEST)) if is_number and found >= 0 else None


def _is_word(word: object, *beginnings: str) -> bool:
    """Whether it is a word that begins so: `desc`, `DESC` and `descending` are one."""
    return str(word).lower().startswith(beginnings)


def _without_filters(contract: Contract, operation: Operation, filters: Iterable[Filter]) -> dict[str, JSON]:
    """The query parameters that are no filters, each with its default."""
    filtering = {one.sent.parameter for one in filters}
    found: dict[str, JSON] = {}
    for parameter in operation.parameters:
        if parameter.location == "query" and parameter.name not in filtering:
            found[parameter.name] = contract.described(parameter.schema).get("default")
    return found


# What lists ask of new documents


@dataclass(frozen=True, slots=True)
class ListedBy:
    """What documents must have to be in the lists of their collection.

    Args:
        defaults: what lists filter by where nothing is asked for: `state: open`.
        required: the properties that a list cannot be asked for without: a document without them is never listed.
    """

    defaults: Mapping[str, JSON] = field(default_factory=dict)
    required: frozenset[str] = frozenset()


class Lists:
    """The lists of a contract, read once for each collection however many operations it has.

    Args:
        contract: the contract.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._known: dict[str, ListedBy] = {}

    def of(self, resource: Resource) -> ListedBy:
        """What the lists of an inferred collection ask for; nothing where annotations tell of it."""
        if not resource.why:
            return ListedBy()
        if resource.collection not in self._known:
            self._known[resource.collection] = self._read(resource)
        return self._known[resource.collection]

    def _read(self, resource: Resource) -> ListedBy:
        defaults: Document = {}
        filters = list(self._filters(resource))
        for one in filters:
            default = _default_of(one.sent)
            filters_by_it = isinstance(default, str | int | float) and default != one.unset
            if filters_by_it and one.can_hold(default):
                defaults.setdefault(one.path, default)
        return ListedBy(defaults, frozenset(one.path for one in filters if one.sent.required))

    def _filters(self, resource: Resource) -> Iterator[Filter]:
        """The filters of all lists of a collection, as far as they are by the documents' own properties."""
        for operation_id, action in self._contract.actions_of.get(resource.collection, ()):
            if action.does != "list":
                continue
            for one in Listing.of(self._contract, self._contract.operations[operation_id], resource).filters:
                if one.path in resource.properties and one.bound is None:
                    yield one


def _default_of(sent: Sent) -> JSON:
    """What a list filters by where nobody says otherwise; of a required parameter its only choice is as good."""
    choices = sent.schema.get("enum")
    if sent.required and choices and len(choices) == 1:
        return choices[0]
    return sent.schema.get("default")


# How parameters are read


def _sent(contract: Contract, operation: Operation) -> Iterator[Sent]:
    """What the query parameters of an operation name, those of an object one by one."""
    for parameter in operation.parameters:
        if parameter.location != "query":
            continue
        schema = contract.described(parameter.schema)
        parts = contract.properties(schema) if parameter.media_type is None else {}
        if not parts:
            yield Sent(parameter.name, parameter.name, None, schema, parameter.required)
        for part, inner in parts.items():
            name = f"{parameter.name}[{part}]" if parameter.style == "deepObject" else part
            yield Sent(name, parameter.name, part, inner)


def _ours(role: str) -> str:
    """A part that a contract says of a list, by our name for it."""
    return "limit" if role == "size" else role


def _said_role(said: Listed, name: str) -> str | None:
    role = said.role_of(name)
    return None if role is None else _ours(role)


def _said_filter(said: Listed, name: str, known: Iterable[Comparable]) -> tuple[Comparable, str | None] | None:
    wanted = (said.filters or {}).get(name)
    return next(((one, None) for one in known if one.path == wanted), None)


def _role(sent: Sent, is_property: bool) -> str | None:
    """The part that a parameter of that name and type plays."""
    name = plain(sent.name)
    role = next((role for role, names in _ROLES.items() if name in names), None)
    if name == "since" and types_of(sent.schema) == {"integer"}:  # of an id: since a moment, it is a filter
        role = "cursor"
    if role not in _NUMBERED:
        return None if is_property else role
    if is_property and name in _AMBIGUOUS:
        return None
    kinds = types_of(sent.schema)
    takes_numbers = not kinds.isdisjoint({"integer", "number", None})
    is_free_text = "string" in kinds and "enum" not in sent.schema  # authors call numbers of the query texts
    return role if takes_numbers or is_free_text else None


def _counts_from_zero(schema: Schema) -> bool:
    return 0 in (schema.get("default"), schema.get("minimum"))


def _filtered(name: str, by_name: Mapping[str, Comparable]) -> tuple[Comparable, str | None] | None:
    """The property that a parameter of another name means, and how it is compared, where by a range.

    `filter[author]`, `ids`, `statuses`, `tag`; `created[gte]`, `price_min`.
    """
    inner = _FILTER.fullmatch(name)
    wanted = plain(inner[1] if inner else name)
    for other in (
        plain(name),
        wanted,
        wanted.removesuffix("s"),
        wanted.removesuffix("es"),
        wanted + "s",
        wanted + "code",
    ):
        if other in by_name:
            return by_name[other], None
    bounded = _BOUND.fullmatch(name)
    bound = _BOUNDS.get(bounded["inside"] or bounded["after"]) if bounded else None
    ranged = by_name.get(plain(bounded["name"])) if bounded and bound else None
    return (ranged, bound) if ranged is not None else None


def _comparable(contract: Contract, resource: Resource) -> Iterator[Comparable]:
    """The properties that hold one value or several plain ones, with those inside."""
    for name, schema in resource.properties.items():
        if _is_comparable(schema):
            yield Comparable(name, name, schema)
    for name in _NESTED:
        if name not in resource.properties:
            continue
        for inner, schema in contract.properties(resource.properties[name]).items():
            can_be_found = "." not in inner and inner[:1] != "$"  # the store would take it for a path, or an operator
            if can_be_found and _is_comparable(schema):
                yield Comparable(f"{name}.{inner}", inner, schema)


def _is_comparable(schema: Schema) -> bool:
    if schema.get("type") == "array":
        items = schema.get("items")
        return isinstance(items, dict) and items.get("type") in ("string", "integer", "number")
    return "properties" not in schema and schema.get("type") != "object"


def _element(schema: Schema) -> Schema:
    """The schema of one plain value: an array's items, else itself."""
    items = schema.get("items")
    return items if schema.get("type") == "array" and isinstance(items, dict) else schema


def _is_choice(schema: Schema) -> bool:
    """Whether a text of the schema is one of few."""
    return "enum" in _element(schema)


def _holder(contract: Contract, schema: Schema) -> Callable[[object], bool]:
    """Tells whether a property of the schema may have a value: `visibility=all` is none, nor is `*`."""
    element = _element(schema)
    options = [*(element.get("anyOf") or ()), *(element.get("oneOf") or ())] or [element]
    takers = [taking(contract.described(option)) for option in options]

    def can_hold(value: object) -> bool:
        asks_for_all = isinstance(value, str) and value.lower() in _EVERYTHING
        if asks_for_all and "enum" not in element:
            return False
        return any(takes(value) for takes in takers)

    return can_hold


# The search


def _searched(documents: list[Document], text: str, id: str) -> list[Document]:
    """The documents in which the text stands, or each of its words; a part of an id is no word."""
    sought = _QUALIFIER.sub(" ", text).lower()
    found = []
    for document in documents:
        spoken = [value for name, value in document.items() if name != id]
        if str(document.get(id)) == text or _speak_of(spoken, sought):
            found.append(document)
    return found


def _speak_of(values: list[JSON], sought: str) -> bool:
    """Whether the words stand in the values: together, or each somewhere."""
    # One text of all, with breaks that no word has: what is sought is found within one value.
    text = "\0".join(_texts(values)).lower()
    return sought.strip() in text or all(word in text for word in sought.split())


def _texts(values: Iterable[JSON], depth: int = 0) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict | list) and depth < _DEEPEST:
            yield from _texts(value.values() if isinstance(value, dict) else value, depth + 1)
