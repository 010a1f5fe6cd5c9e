"""Pages: together they show every document once, each is as large as was asked for, and what they tell is so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.page_words import promises_steadiness
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.paging import (
    declares_link,
    first_page,
    is_by_cursor,
    is_paged,
    leads_on,
    more_told,
    page_parameters,
    refusal_of_garbage,
    says_end,
    size_bounds,
    tells_next,
    told_of_more,
    total_told,
)
from specdouble.verify.places import Place, place
from specdouble.verify.preconditions import is_played
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

SMALL = 3  # entries of a page that a case asks for
SEVERAL = 7  # documents: two full pages of them and one that is not
MANY = 23  # more than servers like to show at once that do as they please
MOST_PAGES = 20  # of one list, to see what its last one says
MOST_LEFT = 100  # documents of others, beside which a whole list can be read page by page


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the list of one collection."""
    for operation in subject.listers if subject.creators else ():
        if is_paged(operation) and not is_played(session.contract, operation, Names.paging):
            yield from cases(subject.seen_in(operation), Names.paging)


def cases(subject: Subject, check: str) -> Plan:
    """The cases of the check, or of the rule, that has this id."""
    operation = subject.listers[0]
    page, offset, cursor, limit = page_parameters(operation)
    about = ids(operation)
    of: dict[str, Any] = {"subject": subject}
    promise = f"the pages of {operation} show every document once"
    if limit is not None:
        yield Case(check, promise, partial(_whole, **of, limit=limit), "small pages", about, decisive=True)
        promise = f"a page of {operation} is as large as was asked for"
        yield Case(check, promise, partial(_large, **of, limit=limit), "", about)
        promise = f"the total of {operation} is how many there are"
        yield Case(check, promise, partial(_total, **of, limit=limit), "", about)
    says = _sign(subject, operation)
    if limit is not None and says is not None:
        promise = f"{operation} says that there is more where there is"
        yield Case(check, promise, partial(_more, **of, limit=limit, says=says), "a last page that is full", about)
    if cursor is not None and refusal_of_garbage(operation) is not None:
        promise = f"{operation} refuses a {cursor} that it has not given"
        yield Case(check, promise, partial(_garbage, **of, cursor=cursor), "", about, decisive=True)
    if limit is not None and cursor is not None and promises_steadiness(subject.contract.said_of(operation)):
        promise = f"what changes between two pages of {operation} makes none skip or repeat a document"
        for what, change in _BETWEEN.items():
            if change is _created or subject.deleters:
                yield Case(check, promise, partial(_steady, **of, limit=limit, change=change), what, about)
    if limit is not None and (page or offset) and cursor is None:
        promise = f"{operation} shows nothing twice, after its last page either"
        yield Case(check, promise, partial(_beyond, **of, limit=limit), "", about)


@contextmanager
def _filled(trial: Trial, subject: Subject, count: int) -> Iterator[Place]:
    """A place with so many new documents."""
    with place(trial, subject) as there:
        for _ in range(count):
            there.create(trial)
        yield there


def _size(operation: Operation, limit: str, wanted: int) -> int:
    least, most, _ = size_bounds(operation, limit)
    return max(least, wanted if most is None else min(wanted, most))


def _small(subject: Subject, limit: str) -> int:
    """The size of pages of which two, and one more document, have room."""
    return _size(subject.listers[0], limit, max(1, (subject.at_most(2 * SMALL + 1) - 1) // 2))


def _shown(trial: Trial, there: Place, query: Mapping[str, Any]) -> list[tuple[Exchange, list[dict[str, Any]]]]:
    """All pages of a place, to the first that shows nothing new.

    Raises:
        NotExercised: there are too many of others', or no second page can be asked for.
    """
    operation, shown, seen = there.subject.listers[0], [], set[str]()
    for exchange, entries in trial.pages(there.subject, there.user, there.around, query):
        keys = {str(entry.get(there.subject.key)) for entry in entries}
        shown.append((exchange, entries))
        if entries and keys <= seen:
            was_told = len(shown) > 1 and tells_next(shown[-2][0])  # else the last id was taken for a cursor
            if is_by_cursor(operation) and not operation.listed.next and not was_told:
                raise NotExercised(f"{operation} does not tell where its next page begins")
            break  # nor would the next one show anything else
        seen |= keys
        if len(seen) > len(there.made) + MOST_LEFT:
            raise NotExercised(f"{operation} shows too many other documents to be read page by page")
    *ways_on, limit = page_parameters(operation)
    is_full = len(shown) == 1 and len(shown[0][1]) == query.get(limit or "")
    if is_full and not any(ways_on):
        raise NotExercised(f"nothing says how a second page of {operation} is asked for")
    return shown


def _whole(trial: Trial, subject: Subject, limit: str) -> None:
    operation = subject.listers[0]
    size = _small(subject, limit)
    with _filled(trial, subject, 2 * size + 1) as there:
        try:
            shown = _shown(trial, there, {limit: size})
        except NotExercised:
            _hold_told(trial, there, limit, size)
            raise
        seen = [str(entry.get(subject.key)) for _, page in shown for entry in page]
        for document in there.made:
            times = seen.count(str(document.id))
            if times != 1:
                _hold_listed(trial, there)
                told = f"{document.id} is shown {times} times on pages of {size}"
                raise Broken("the pages together to show each new document once", told)
        for exchange, page in shown:
            if len(page) > size:
                raise Broken(f"a page of {size} to show no more", f"{exchange.path} shows {len(page)}")
        _echoes(operation, shown)


def _hold_listed(trial: Trial, there: Place) -> None:
    """Hold that the list shows new documents where no page is asked for: else it is none of pages that shows none.

    Raises:
        NotExercised: it shows none of them.
    """
    new = {str(document.id) for document in there.made}
    entries = trial.listed(there.subject, there.user, there.around)
    if new.isdisjoint(str(entry.get(there.subject.key)) for entry in entries):
        raise NotExercised(f"{there.subject.listers[0]} shows no new document, whatever page is asked for")


def _hold_told(trial: Trial, there: Place, limit: str, size: int) -> None:
    """Hold that a full page tells the next in `Link`, where the contract declares that and nothing else leads on."""
    operation = there.subject.listers[0]
    exchange, entries = next(iter(trial.pages(there.subject, there.user, there.around, {limit: size})))
    if declares_link(operation) and len(entries) == size < len(there.made) and not tells_next(exchange):
        raise Broken("a page that is not the last to tell the next one in Link", "it tells none")


def _echoes(operation: Operation, shown: list[tuple[Exchange, list[dict[str, Any]]]]) -> None:
    """Hold that what an answer says under the name of a parameter is what was asked for."""
    chosen = [name for name in page_parameters(operation) if name is not None]
    for exchange, _ in shown:
        told = exchange.json if isinstance(exchange.json, dict) else {}
        for name in chosen:
            asked, said = exchange.call.query.get(name), told.get(name)
            if isinstance(asked, int) and isinstance(said, int) and asked != said:
                raise Broken(f"the answer to {name}={asked} to say so", f"it says {name} {said}")


def _large(trial: Trial, subject: Subject, limit: str) -> None:
    operation = subject.listers[0]
    size = _size(operation, limit, subject.at_most(MANY))
    if size <= SMALL:
        raise NotExercised(f"no larger page than one of {size} can be asked for")
    with _filled(trial, subject, size) as there:
        first = next(iter(trial.pages(subject, there.user, there.around, {limit: size})))
        if len(first[1]) < size:
            _hold_listed(trial, there)
            raise Broken(f"a page of {size} to show as many, for there are", f"it shows {len(first[1])}")
        _hold_default(trial, there, limit, size)


def _hold_default(trial: Trial, there: Place, limit: str, count: int) -> None:
    """Hold that a page whose size is not sent is as large as the contract says: the server assumes its default."""
    _, _, usual = size_bounds(there.subject.listers[0], limit)
    if usual is None or usual < 1:
        return
    _, entries = next(iter(trial.pages(there.subject, there.user, there.around)))
    if len(entries) < min(usual, count) or len(entries) > usual:
        expected = f"a page to show {min(usual, count)} where no {limit} is sent, for there are as many"
        raise Broken(f"{expected} and {usual} is its default", f"it shows {len(entries)}")


def _total(trial: Trial, subject: Subject, limit: str) -> None:
    operation = subject.listers[0]
    size = {limit: _size(operation, limit, 2 * _small(subject, limit))}
    with _filled(trial, subject, subject.at_most(SEVERAL)) as there:
        shown = _shown(trial, there, size)
        counted = sum(len(page) for _, page in shown)
        told = [total_told(exchange) for exchange, _ in shown]
        if None in told:
            raise NotExercised(f"{operation} tells no total")
        _hold_total(told, counted)
        if subject.deleters and trial.delete(there.made.pop()).ok:
            exchange, _ = next(iter(trial.pages(subject, there.user, there.around, size)))
            _hold_total([total_told(exchange)], counted - 1)


def _sign(subject: Subject, operation: Operation) -> Callable[[Exchange], bool | None] | None:
    """How a page tells whether it is the last, where the contract says that it does."""
    if told_of_more(subject.contract, operation) is not None:
        return more_told
    return leads_on if says_end(subject.contract, operation) else None


def _more(trial: Trial, subject: Subject, limit: str, says: Callable[[Exchange], bool | None]) -> None:
    """A page that is full is the last one where as many documents as pages hold are all there are."""
    operation = subject.listers[0]
    least, most, _ = size_bounds(operation, limit)
    with _filled(trial, subject, subject.at_most(SEVERAL)) as there:
        shown = _shown(trial, there, {limit: _size(operation, limit, 2 * _small(subject, limit))})
        if all(says(exchange) is None for exchange, _ in shown):
            raise NotExercised(f"{operation} does not say whether there is more")
        counted = sum(len(page) for _, page in shown)
        sizes = range(min(counted, most or counted), max(1, least, counted // MOST_PAGES) - 1, -1)
        size = next((one for one in sizes if counted % one == 0), None)
        if size is None:
            raise NotExercised(f"no pages of one size hold {counted} documents to the last place")
        pages = _shown(trial, there, {limit: size})
        full = [exchange for exchange, page in pages if page]
        if sum(len(page) for _, page in pages) == counted and says(full[-1]):
            told = f"{full[-1].path} says that there is"
            raise Broken(f"the last of {counted // size} pages of {size} to say that there is no more", told)


def _hold_total(told: list[int | None], counted: int) -> None:
    wrong = next((one for one in told if one != counted), None)
    if wrong is not None:
        raise Broken(f"the total to be {counted}, as there are so many on all pages", f"it is {wrong}")


def _garbage(trial: Trial, subject: Subject, cursor: str) -> None:
    operation, document = subject.listers[0], trial.create(subject)
    place = trial.session.surroundings(operation, trial.user, None, known=trial.listing(document))
    control = trial.send(operation, trial.user, **place)
    if not control.ok:
        raise NotExercised(f"the list is refused without {cursor}, too: {control.told(80)}")
    schema = next(one.schema for one in operation.parameters if one.name == cursor)
    word = trial.session.fresh.word()
    if not trial.session.bodies.property_fits(schema, word):
        raise NotExercised(f"no text fits {cursor} of which it is certain that it is none")
    exchange = trial.send(operation, trial.user, **{**place, "query": {**place.get("query", {}), cursor: word}})
    if not exchange.refused:
        expected = f"{cursor}={word}, which no answer has told, to be refused"
        raise Broken(expected, f"the server answered {exchange.told(80)}")


Change = Callable[[Trial, Place, list[Document]], list[Document]]


def _created(trial: Trial, there: Place, _shown: list[Document]) -> list[Document]:
    there.create(trial)
    there.made.pop()  # it may be shown on a later page, or on none
    return []


def _deleted(trial: Trial, _there: Place, shown: list[Document], which: int = -1) -> list[Document]:
    gone = shown[which]
    if not trial.delete(gone).ok:
        raise NotExercised("a delete was refused")
    return [gone]


_BETWEEN: Mapping[str, Change] = {
    "one is created": _created,
    "the last that was shown is deleted": _deleted,
    "the first that was shown is deleted": partial(_deleted, which=0),
}


def _steady(trial: Trial, subject: Subject, limit: str, change: Change) -> None:
    size = _small(subject, limit)
    with _filled(trial, subject, 2 * size + 1) as there:
        staying = {str(document.id): document for document in there.made}
        seen: list[str] = []
        is_changed = False
        for _, entries in trial.pages(subject, there.user, there.around, {limit: size}):
            keys = [str(entry.get(subject.key)) for entry in entries]
            if set(keys) <= set(seen) or len(seen) > len(there.made) + MOST_LEFT:
                break
            seen += keys
            here = [staying[key] for key in keys if key in staying]
            if here and not is_changed:
                is_changed = True
                for document in change(trial, there, here):
                    del staying[str(document.id)]
        for key in staying:
            if seen.count(key) != 1:
                told = f"{key} is shown {seen.count(key)} times on pages of {size}"
                raise Broken("each document that was there all the time to be shown once", told)


def _beyond(trial: Trial, subject: Subject, limit: str) -> None:
    operation = subject.listers[0]
    page, offset, _, _ = page_parameters(operation)
    size = _size(operation, limit, 2 * _small(subject, limit))
    with _filled(trial, subject, size + 1) as there:
        shown = _shown(trial, there, {limit: size})
        seen = {str(entry.get(subject.key)) for _, one in shown for entry in one}
        beyond = len(shown) + 1
        far = {page: first_page(operation, page) + beyond} if page else {str(offset): beyond * size}
        start = trial.session.surroundings(operation, there.user, None, known=there.around)
        query = {**start.get("query", {}), limit: size, **far}
        exchange = trial.send(operation, there.user, **{**start, "query": query})
        found = exchange.at(subject.action(operation).envelope)
        entries = [one for one in found if isinstance(one, dict)] if exchange.ok and isinstance(found, list) else []
        again = next(
            (key for one in entries if (key := subject.named(one).get(subject.key)) and str(key) in seen), None
        )
        if again is not None:
            raise Broken("a page after the last to show nothing of the others", f"it shows {again} again")
