"""Which documents a list shows: the filters, order and page that its query asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.json_type import JSON, Schema
from specdouble.contract.listed import BY_NAMES, Listed
from specdouble.contract.page_words import promises_steadiness, refusal_of_unknown
from specdouble.contract.properties import plain
from specdouble.double.answers.query import Comparable, Filter, Sent, Values, comparable, read_query
from specdouble.double.answers.search import searched
from specdouble.double.state.keeper import Document
from specdouble.double.state.problem import Problem

_DIGITS = re.compile("[0-9]{1,20}")
_SORTED = re.compile(
    r"\s*(?P<sign>[+-]?)(?P<name>[\w.-]+?)(?:(?:[:|. ,_-]+|(?=[AD]))(?P<direction>asc|desc)(?:ending)?)?\s*",
    re.IGNORECASE,
)
_MOMENTS = re.compile("(?:at|on|date|time|timestamp)$|^date")
_AT = "~"  # between a document's id and the place behind it, in a cursor
_GIVEN = re.compile(rf"(?P<id>.+){_AT}(?P<place>[0-9]{{1,10}})", re.DOTALL)
_LARGEST = 2**31 - 1  # answers tell the numbers again, and their products: JSON is written with 64 bits


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
        last = str(self.every[start - 1].get(self.listing.id))
        return f"{last}{_AT}{start}" if self.listing.is_steady else last

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
        unknown: the status that refuses a cursor which was never given; None where such a one begins the list anew.
        is_steady: whether a cursor leads on when the document that it names is deleted.
    """

    id: str
    filters: tuple[Filter, ...]
    roles: Mapping[str, Sent]
    properties: tuple[Comparable, ...]
    first_page: int = 1
    most: int | None = None
    others: Values = field(default_factory=dict)
    said: Listed = BY_NAMES
    unknown: int | None = None
    is_steady: bool = False

    @classmethod
    def of(cls, contract: Contract, operation: Operation, resource: Resource, most: int | None = None) -> Listing:
        """The meaning of an operation's query parameters, where a page may hold that many at most."""
        known = tuple(comparable(contract, resource))
        filters, roles = read_query(contract, operation, known)
        first_page = 0 if "page" in roles and _counts_from_zero(roles["page"].schema) else 1
        others = _without_filters(contract, operation, filters)
        unknown = _unknown_cursor(operation, roles)
        is_steady = "cursor" in roles and (unknown is not None or promises_steadiness(contract.said_of(operation)))
        return cls(resource.id, filters, roles, known, first_page, most, others, operation.listed, unknown, is_steady)

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
        """The part of the documents that the sent parameters ask for.

        Raises:
            Problem: the cursor is none that was given, and the contract says that such a one is refused.
        """
        wanted = self._value(values, "search")
        if isinstance(wanted, str) and wanted.strip():
            documents = searched(documents, wanted, self.id)
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
        """The place of the document that a cursor names, or before which it stood; None where it names none."""
        cursor = self._value(values, role)
        if cursor is None:
            return None
        given = _GIVEN.fullmatch(str(cursor)) if self.is_steady else None
        names = {str(cursor), given["id"] if given else ""}
        for index, document in enumerate(documents):
            if str(document.get(self.id)) in names:
                return index
        if given is not None:  # it was deleted, and those behind it moved up
            return min(int(given["place"]), len(documents) + 1) - 2
        if self.unknown is not None and role == "cursor":
            raise Problem(self.unknown, detail=f"{self.roles[role].name} is no cursor that this list has given")
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


def _unknown_cursor(operation: Operation, roles: Mapping[str, Sent]) -> int | None:
    """The status that the contract promises a cursor which was never given."""
    name = roles["cursor"].parameter if "cursor" in roles else None
    said = next((one for one in operation.parameters if one.location == "query" and one.name == name), None)
    return None if said is None else refusal_of_unknown(operation, said)


def _is_word(word: object, *beginnings: str) -> bool:
    """Whether it is a word that begins so: `desc`, `DESC` and `descending` are one."""
    return str(word).lower().startswith(beginnings)


def _counts_from_zero(schema: Schema) -> bool:
    return 0 in (schema.get("default"), schema.get("minimum"))


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
