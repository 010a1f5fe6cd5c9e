"""What the parameters of a list do, where their names do not tell: pages, order, filters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Any

from specdouble.contract import Operation, Parameter
from specdouble.verify.document import Document
from specdouble.verify.list_parameters import plays_order
from specdouble.verify.paging import chooses_page, page_parameters
from specdouble.verify.places import Place, place
from specdouble.verify.problem import NotExercised
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, Probe, Sight, new_trial
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged

COUNT = 5  # documents that are listed
SIZE = 2  # entries of a page
WIDE = 50  # entries of a page that shows others' documents, too
MOST = 40  # pairs of a parameter and a property that are tried
_ORDER = (3, 0, 4, 1, 2)  # in which values are given to documents: no list keeps it by chance


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """What the parameters of the list do that no name tells."""
    if not subject.listers or not subject.creators:
        return
    operation, trial = subject.listers[0], new_trial(session, subject)
    with suppress(*INCONCLUSIVE), place(trial, subject) as there:
        said = _Listing(trial, subject, operation, there).said()
        if said:
            words = f"the list shows what {', '.join(_parameters(said))} ask for"
            yield Sight("x-list", operation.pointer, said, words, trial.exchanges)


def _parameters(said: dict[str, Any]) -> list[str]:
    named = [one["parameter"] if isinstance(one, dict) else one for role, one in said.items() if role != "filters"]
    return [*named, *said.get("filters", ())]


@dataclass
class _Listing:
    """One list under trial, and the documents of ours that it shows."""

    trial: Trial
    subject: Subject
    operation: Operation
    there: Place
    wide: dict[str, Any] = field(default_factory=dict)  # the query of a page that shows more than the usual one

    def said(self) -> dict[str, Any]:
        """The annotation's value; empty where names tell everything, or nothing was seen."""
        if not self.unknown():
            return {}
        self.fill()
        if not self.shows_all({}):
            raise NotExercised("the first page does not show all new documents")
        said = self.pages()
        taken, size = {*said.values()}, said.get("size") or page_parameters(self.operation)[-1]
        if size is not None and self.shows_all({size: WIDE}):
            self.wide = {size: WIDE}
        order = self.order(taken)
        filters = self.filters(taken | {order.get("parameter")})
        return said | ({"sort": order} if order else {}) | ({"filters": filters} if filters else {})

    def unknown(self) -> list[Parameter]:
        """The parameters of which no name tells what they do."""
        known = self.subject.resource.properties
        query = [one for one in self.operation.parameters if one.location == "query" and not one.required]
        return [one for one in query if not chooses_page(self.operation, one.name) and one.name not in known]

    def fill(self) -> None:
        """Create documents whose comparable properties are in an order of their own."""
        for number in _ORDER:
            self.there.create(self.trial, **{name: values[number] for name, values in self.values().items()})

    def values(self) -> dict[str, list[Any]]:
        """For properties that a list may be ordered by, values from the least on."""
        found: dict[str, list[Any]] = {}
        free = {*self.subject.chosen, *self.subject.server_set, *self.trial.session.implied}
        bodies, word = self.trial.session.bodies, self.trial.session.fresh.run
        for name, schema in self.subject.requested(self.subject.creators[0]).items():
            whole = merged(schema, self.trial.contract.resolve)
            if name in free or whole.get("enum") or name not in self.subject.resource.properties:
                continue
            texts = [f"{letter}{word}{letter}" for letter in "bcdef"]
            options = {"string": texts, "integer": [*range(1, COUNT + 1)], "number": [*range(1, COUNT + 1)]}
            values = options.get(kind(whole), [])
            if values and all(bodies.property_fits(schema, one) for one in values):
                found[name] = values
        return found if self.is_taken(found) else {}

    def is_taken(self, values: dict[str, list[Any]]) -> bool:
        """Whether a document may have such values."""
        body = self.trial.body(self.subject, self.subject.creators[0], self.there.user)
        body |= {name: some[0] for name, some in values.items()}
        exchange, document = self.trial.try_create(self.subject, self.there.user, body, around=self.there.around)
        if document is not None and self.subject.deleters:
            self.trial.delete(document)
        return exchange.ok

    def keys(self, query: dict[str, Any]) -> list[str]:
        """The ids that the list shows of a query."""
        start = self.trial.session.surroundings(self.operation, self.there.user, None, known=self.there.around)
        whole = {**start, "query": {**start.get("query", {}), **self.wide, **query}}
        exchange = self.trial.send(self.operation, self.there.user, **whole)
        found = exchange.at(self.subject.action(self.operation).envelope)
        if not exchange.ok or not isinstance(found, list):
            raise NotExercised(f"{self.operation} answers {exchange.told(60)}")
        entries = [self.subject.named(one) for one in found if isinstance(one, dict)]
        return [str(one.get(self.subject.key)) for one in entries]

    def shows(self, query: dict[str, Any], wanted: list[str]) -> bool:
        """Whether the list shows exactly these; a query that is refused shows nothing."""
        with suppress(NotExercised):
            return self.keys(query) == wanted
        return False

    def shows_all(self, query: dict[str, Any]) -> bool:
        """Whether the list shows all of our documents, among others."""
        with suppress(NotExercised):
            return {str(one.id) for one in self.there.made} <= {*self.keys(query)}
        return False

    # Pages

    def pages(self) -> dict[str, str]:
        """The parameters that say how large a page is, and which one is shown."""
        whole = self.keys({})
        numbers = [one.name for one in self.unknown() if self.may_be_a_number(one)]
        *ways, size = page_parameters(self.operation)
        found: dict[str, str] = {}
        if size is None:
            size = next((one for one in numbers if self.is_size(one, whole)), None)
            found |= {"size": size} if size else {}
        for name in numbers if size and not any(ways) else ():
            role = self.way_on(name, size or "", whole) if name != size else ""
            if role:
                return found | {role: name}
        return found

    def may_be_a_number(self, parameter: Parameter) -> bool:
        return kind(merged(parameter.schema, self.trial.contract.resolve)) in ("integer", "number")

    def is_size(self, name: str, whole: list[str]) -> bool:
        return all(self.shows({name: size}, whole[:size]) for size in (SIZE, SIZE + 1))

    def way_on(self, name: str, size: str, whole: list[str]) -> str:
        """Whether a parameter counts pages or entries; empty where it does neither."""
        if self.shows({size: SIZE, name: 3}, whole[3 : 3 + SIZE]) and self.shows({size: SIZE, name: 1}, whole[1:3]):
            return "offset"
        if self.shows({size: SIZE, name: 2}, whole[SIZE : 2 * SIZE]) and self.shows(
            {size: SIZE, name: 1}, whole[:SIZE]
        ):
            return "page"
        return ""

    # Order

    def order(self, taken: set[Any]) -> dict[str, Any]:
        """The parameter that sorts, and what its values sort by."""
        texts = [one for one in self.unknown() if one.name not in taken and not self.may_be_a_number(one)]
        for parameter in texts:
            # What an enumeration names, names tell.
            by = {} if merged(parameter.schema, self.trial.contract.resolve).get("enum") else self.sorts(parameter.name)
            turns = any(value.startswith("-") for value in by)
            if by and (turns or plays_order(self.operation, parameter.name)):
                return {"parameter": parameter.name, "by": by}
        return {}

    def sorts(self, parameter: str) -> dict[str, str]:
        """The values of a parameter that sort by the property of that name, one way or the other."""
        rising = [str(one.id) for _, one in sorted(zip(_ORDER, self.there.made, strict=True), key=_first)]
        by: dict[str, str] = {}
        for name in islice(self.values(), MOST):
            if self.is_sorted({parameter: name}, rising):
                by[name] = name
                by |= {f"-{name}": f"-{name}"} if self.is_sorted({parameter: f"-{name}"}, rising[::-1]) else {}
        return by

    def is_sorted(self, query: dict[str, Any], wanted: list[str]) -> bool:
        with suppress(NotExercised):
            return [one for one in self.keys(query) if one in wanted] == wanted
        return False

    # Filters

    def filters(self, taken: set[Any]) -> dict[str, str]:
        """The property that each parameter filters by, of those that have few values."""
        found: dict[str, str] = {}
        unknown = [one for one in self.unknown() if one.name not in taken]
        held = dict(self.held()) if unknown else {}
        for parameter, name in islice(product(unknown, held), MOST):
            if parameter.name not in found and self.is_filter(parameter, held[name]):
                found[parameter.name] = name
        return found

    def held(self) -> Iterator[tuple[str, dict[Any, str]]]:
        """For properties with few values, the id of a document that has each of two."""
        for name, schema in self.subject.requested(self.subject.creators[0]).items():
            whole = merged(schema, self.trial.contract.resolve)
            values = [True, False] if kind(whole) == "boolean" else whole.get("enum") or []
            if name not in self.subject.resource.properties or name in self.subject.server_set:
                continue
            documents = {value: document for value in values if (document := self.having(name, value)) is not None}
            if len(documents) > 1:
                yield name, {value: str(one.id) for value, one in documents.items()}

    def having(self, name: str, value: object) -> Document | None:
        """A document that has the value: created with it, or changed to it; None where there can be none."""
        with suppress(NotExercised):
            return self.there.create(self.trial, **{name: value})
        with suppress(NotExercised, StopIteration):
            document = self.there.create(self.trial)
            updater = next(one for one in self.subject.updaters if name in self.subject.requested(one.operation))
            return document if self.trial.try_update(updater, document, {name: value}).ok else None
        return None

    def is_filter(self, parameter: Parameter, held: dict[Any, str]) -> bool:
        """Whether each value leaves the documents that have it, and no others."""
        fitting = [one for one in held if self.trial.session.bodies.property_fits(parameter.schema, one)]
        if len(fitting) < len(held):
            return False
        for value, own in held.items():
            with suppress(NotExercised):
                seen = {*self.keys({parameter.name: value})}
                if own in seen and not seen & {other for other in held.values() if other != own}:
                    continue
            return False
        return True


def _first(pair: tuple[int, Document]) -> int:
    return pair[0]


PROBE = Probe(_see, early=True)
