"""Requests that the contract refuses: refused they are, and nothing is left of them."""

from __future__ import annotations

import secrets
import string
from dataclasses import replace
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.verify import form
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.checks.kept_values import hold
from specdouble.verify.document import Document
from specdouble.verify.equality import first_difference
from specdouble.verify.exchange import Exchange
from specdouble.verify.orders import in_order, other_ends
from specdouble.verify.privilege import tells_of_rights
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.refusal import says_taken
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as
from specdouble.verify.values import edges, kind, merged, other_than, unfitting, unlike, unlike_but_fitting

_SEEN = ("string", "boolean", "integer", "number")  # what is changed beside a change that is refused


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the documents of one collection."""
    if not subject.creators:
        return
    creator = subject.creators[0]
    yield from _unfitting(session, subject, creator, None)
    yield from _edges(session, subject, creator, None)
    yield from _unknown(subject, creator, None)
    for updater in subject.updaters:
        if not updater.id_in_body:
            yield from _unfitting(session, subject, updater.operation, updater)
            yield from _edges(session, subject, updater.operation, updater)
            yield from _unknown(subject, updater.operation, updater)


def _unfitting(session: Session, subject: Subject, operation: Operation, updater: Updater | None) -> Plan:
    promise, about = f"{operation} refuses what does not fit, and nothing is left of it", ids(operation)
    for name, schema in subject.requested(operation).items():
        for value in unfitting(schema, session.contract.resolve):
            if session.bodies.refuses(operation, schema, value):
                run = partial(_refused, subject=subject, updater=updater, changes={name: value})
                yield Case(Names.refused_leaves_no_trace, promise, run, f"{name} {shown(value)}", about)
    for name in subject.required(operation):
        run = partial(_left_out, subject=subject, name=name)
        if updater is not None:
            run = partial(_left_out_of_update, subject=subject, updater=updater, name=name)
        yield Case(Names.refused_leaves_no_trace, promise, run, f"no {name}", about)


def _refused(trial: Trial, subject: Subject, updater: Updater | None, changes: dict[str, Any]) -> None:
    if updater is None:
        _refused_create(trial, subject, changes)
    else:
        refused_update(trial, subject, updater, changes, "conformance")


def _refused_create(trial: Trial, subject: Subject, changes: dict[str, Any], check: str = "conformance") -> None:
    body = marked_body(trial, subject)
    exchange, document = trial.try_create(subject, trial.user, {**body, **changes})
    name, value = next(iter(changes.items()))
    if document is not None and subject.deleters:
        trial.delete(document)  # else a unique value would be refused as taken the next time
    elif name in subject.once:
        exchange = _first_taken(trial, subject, name, value, exchange)
    _hold_refused(exchange, f"{name} {shown(value)}, which does not fit its schema,", check)
    leaves_nothing(trial, subject, body)


def _first_taken(trial: Trial, subject: Subject, name: str, value: object, exchange: Exchange) -> Exchange:
    """What was answered when a unique value was first sent, where it is refused since because it is there by now."""
    known: dict[tuple[str, str, str], Exchange] = trial.session.unfitting
    key = (subject.collection, name, shown(value))
    if exchange.ok:
        known.setdefault(key, exchange)
    elif key in known and says_taken(exchange):
        trial.exchanges[trial.exchanges.index(exchange)] = known[key]
        return known[key]
    return exchange


def _left_out(trial: Trial, subject: Subject, name: str) -> None:
    body = marked_body(trial, subject)
    sent = {key: value for key, value in body.items() if key != name}
    _hold_is_body(trial.creator(subject), sent)
    exchange, _ = trial.try_create(subject, trial.user, sent)
    _hold_refused(exchange, f"a body without {name}, which is required,", "conformance")
    leaves_nothing(trial, subject, body)


def _left_out_of_update(trial: Trial, subject: Subject, updater: Updater, name: str) -> None:
    document = trial.create(subject, full=True)
    call = trial.update_call(updater, document, {})
    sent = {key: value for key, value in subject.unwrapped(call).items() if key != name}
    _hold_is_body(call.operation, sent)
    body = subject.wrapped(call.operation, sent)
    exchange = trial.send(
        call.operation, document.user, path=call.path, query=call.query, headers=call.headers, body=body
    )
    _hold_refused(exchange, f"a body without {name}, which is required,", "conformance")


def _hold_is_body(operation: Operation, sent: dict[str, Any]) -> None:
    """Hold that what is sent is a body.

    Raises:
        NotExercised: it is a form without fields where a request needs no body.
    """
    if not sent and form.may_be_none(operation):
        raise NotExercised(f"{operation} needs no body, and a form without fields is none")


def _hold_refused(exchange: Exchange, what: str, check: str) -> None:
    try:
        refused_as(exchange, set(range(400, 500)), what)
    except Broken as broken:
        raise Broken(broken.expected, broken.seen, check) from None


def marked_body(trial: Trial, subject: Subject) -> dict[str, Any]:
    """A body that the create must accept, with a text in it by which its document would be known in a list."""
    creator = trial.creator(subject)
    body = trial.body(subject, creator, trial.user)
    if subject.once or trial.marks(subject, body):
        return body
    for name, schema in subject.requested(creator).items():
        ruled = name in subject.chosen or name in subject.server_set or name in trial.session.implied
        mark = trial.session.fresh.word()
        if not ruled and name in subject.resource.properties and trial.session.bodies.property_fits(schema, mark):
            return {**body, name: mark}
    return body


def leaves_nothing(trial: Trial, subject: Subject, body: dict[str, Any]) -> None:
    """A name that a refused create was sent is free still, and no list shows it."""
    if subject.listers and not subject.once:
        marks = {*trial.marks(subject, body).values()}
        for one in trial.listed(subject, trial.user):
            if marks & {value for value in one.values() if isinstance(value, str)}:
                raise Broken("a refused create to store nothing", "the list shows its document")
    if subject.once:
        exchange, _ = trial.try_create(subject, trial.user, body)
        accepted(exchange, "the same body, mended, after a refused create")


def refused_update(
    trial: Trial, subject: Subject, updater: Updater, changes: dict[str, Any], check: str | None = None
) -> None:
    """Hold that an update that is refused changes nothing, what would be taken by itself included."""
    if not subject.observable:
        raise NotExercised(f"no operation reads documents of {subject.collection}")
    document, before = _unharmed(trial, subject)
    trial.tick()
    exchange = trial.try_update(
        updater, document, {**changes_beside(trial, subject, updater, changes, before), **changes}
    )
    name, value = next(iter(changes.items()))
    if check:
        if exchange.ok and name in subject.once and subject.deleters:
            trial.delete(document)  # else a unique value would be refused as taken the next time
        _hold_refused(exchange, f"{name} {shown(value)}, which does not fit its schema,", check)
    elif not exchange.refused:
        raise NotExercised("the update was accepted, which is the rule's own matter")
    after = trial.look(document)
    hold_unchanged(before, after)
    trial.session.unharmed.setdefault(subject.collection, []).append((document, after))


def _unharmed(trial: Trial, subject: Subject) -> tuple[Document, dict[str, Any]]:
    """A document with every property, and how a read shows it: one that refused changes have left as it was."""
    known = trial.session.unharmed.get(subject.collection, [])
    while known:
        document, seen = known.pop()
        if trial.session.ledger.is_gone(subject.collection, document.id):
            continue  # another case has made room for its own
        trial.exchanges.append(document.made)  # what the case began with, for who repeats it
        return document, seen
    document = trial.create(subject, full=True)
    return document, trial.look(document)


def changes_beside(
    trial: Trial, subject: Subject, updater: Updater, changes: dict[str, Any], before: dict[str, Any]
) -> dict[str, Any]:
    """Changes of other properties that would be accepted by themselves, and seen."""
    ruled = {*subject.chosen, *subject.bound_on_update, updater.id_in_body}
    others: dict[str, Any] = {}
    for name, schema in subject.requested(updater.operation).items():
        plain = name not in ruled and name not in changes and name not in subject.server_set
        whole = merged(schema, trial.contract.resolve)
        simple = kind(whole) in _SEEN and not whole.get("enum")
        if plain and simple and len(others) < 6:
            value = trial.session.bodies.value(subject, name, schema, trial.user)
            fits = partial(trial.session.bodies.property_fits, schema)
            others[name] = value if tells_of_rights(name) else other_than(before.get(name), value, fits)
    change = trial.session.bodies.change(subject, updater)
    others |= {name: value for name, value in change.items() if name not in changes}
    return in_order(others, others)


def hold_unchanged(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Hold that a document is after a refused request what it was before.

    Raises:
        Broken: it is not.
    """
    name = first_difference(before, after)
    if name is not None:
        seen = f"{name} was {shown(before.get(name))}, and is {shown(after.get(name))}"
        raise Broken("a refused update to change nothing", seen, "refused_leaves_no_trace")


def _edges(session: Session, subject: Subject, operation: Operation, updater: Updater | None) -> Plan:
    about = ids(operation)
    for name, schema in subject.requested(operation).items():
        ruled = (subject.chosen.keys() - subject.once) | subject.referring | subject.server_set
        ruled |= subject.bound_on_update if updater else set()
        if name in ruled or name in session.implied or session.bodies.embeds(schema):
            continue
        for what, value in edges(schema, session.contract.resolve):
            if not session.bodies.can_be_sent(operation, value):
                continue
            fits = session.bodies.property_fits(schema, value)
            promise = f"{name} within its bounds is accepted" if fits else f"{name} beyond its bounds is refused"
            run = partial(_edge, subject=subject, updater=updater, name=name, value=value, fits=fits)
            yield Case(Names.boundaries, f"{operation}: {promise}", run, what, about)


def _edge(trial: Trial, subject: Subject, updater: Updater | None, name: str, value: object, fits: bool) -> None:
    if fits and isinstance(value, str) and name in subject.once:
        word = trial.session.fresh.word()
        value = (word + value[len(word) :]) if len(value) > len(word) else _letters(len(value))
    if not fits:
        if updater is None:
            return _refused_create(trial, subject, {name: value}, Names.boundaries)
        return refused_update(trial, subject, updater, {name: value}, Names.boundaries)
    if updater is None:
        creator = trial.creator(subject)
        body = {**trial.body(subject, creator, trial.user), name: value}
        body = trial.session.bodies.ordered(subject.requested(creator), body, keep=(name,))
        exchange, document = trial.try_create(subject, trial.user, body, fixed=(name,))
    else:
        document = trial.create(subject)
        changes = {**other_ends({name}, document.shown), name: value}
        changes = trial.session.bodies.ordered(subject.requested(updater.operation), changes, keep=(name,))
        exchange = trial.try_update(updater, document, changes)
    if not isinstance(value, str) and name in subject.once and says_taken(exchange):
        return None  # there is one number at each bound, and a document may have it
    accepted(exchange, f"{name} {shown(value)}")
    if document is not None and isinstance(value, list | str) and len(value) > 1:
        hold(trial, document, {name: value}, "sent")
    return None


def _letters(length: int) -> str:
    """Letters by chance, where a new word has no room."""
    if length < 4:  # of an alphabet so large that hardly any is taken
        return "".join(chr(0x4E00 + secrets.randbelow(0x5000)) for _ in range(length))
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(length))


def _unknown(subject: Subject, operation: Operation, updater: Updater | None) -> Plan:
    about, is_open = ids(operation), subject.is_open(operation)
    promise = f"{operation} {'takes' if is_open else 'refuses'} properties that its schema does not name"
    for what, extra in (
        ("text", "extra"), ("an object", {"nested": [1, {"deep": None}]}), ("null", None), ("a number", 4.25),
    ):  # fmt: skip
        run = partial(_extra, subject=subject, updater=updater, extra=extra, is_open=is_open)
        yield Case(Names.unknown_properties, promise, run, what, about)


def _extra(trial: Trial, subject: Subject, updater: Updater | None, extra: object, is_open: bool) -> None:
    changes = {"specdoubleProbe": extra}
    document: Document | None
    if updater is None:
        body = {**trial.body(subject, trial.creator(subject), trial.user), **changes}
        exchange, document = trial.try_create(subject, trial.user, body)
    else:
        document = trial.create(subject)
        # Beside what may be changed: a change of nothing that is known is refused by many, for that alone.
        exchange = trial.try_update(updater, document, {**_as_it_is(subject, updater, document), **changes})
    if is_open:
        accepted(exchange, f"a property that the schema does not name ({shown(extra)})")
    elif not exchange.refused:
        raise Broken("a property that the schema does not name to be refused", f"it answered {exchange.told()}")


def _as_it_is(subject: Subject, updater: Updater, document: Document) -> dict[str, Any]:
    """A property that an update takes, with the value that the document has; none where all are bound."""
    bound = {*subject.server_set, *subject.bound_on_update, updater.id_in_body}
    free = (name for name in subject.requested(updater.operation) if name not in bound)
    return next(({name: document.shown[name]} for name in free if document.shown.get(name) is not None), {})


MALFORMED = {
    "empty": b"", "cut short": b"{", "no JSON": b"nonsense", "no UTF-8": b'{"name": "\xff"}', "an array": b"[]",
    "a text": b'"text"', "a number": b"17", "null": b"null", "two values": b"{} {}", "a trailing comma": b'{"a": 1,}',
    "not a number": b'{"a": NaN}', "nested deep": b"[" * 5000 + b"]" * 5000,
}  # fmt: skip


# Many parsers take it (Python's own does): no client sends it, and nobody is harmed.
MISFIT = "none-of-these"  # in the query of a list
OFTEN_TAKEN = "not a number"


def plan_malformed(session: Session) -> Plan:
    """Bodies that are no JSON, or no object, for each operation that takes an object."""
    for operation in session.contract.operations.values():
        media = operation.json_body
        if media is None or media.slot is None or session.contract.schemas.is_valid(media.slot, []):
            continue
        # None is as good as an object without properties, where that would do.
        optional = operation.body is not None and not operation.body.required
        optional = optional or session.contract.schemas.is_valid(media.slot, {})
        for what, raw in MALFORMED.items():
            if optional and not raw:
                continue
            run = partial(_malformed, operation=operation, raw=raw, must_be_refused=what != OFTEN_TAKEN)
            yield Case(Names.conformance, f"{operation} refuses a body that is no object", run, what, ids(operation))


def _malformed(trial: Trial, operation: Operation, raw: bytes, must_be_refused: bool) -> None:
    user = trial.user if trial.user.name else None
    parts = {name: value for name, value in trial.session.request(operation, trial.user).items() if name != "body"}
    exchange = trial.send(operation, user, raw=raw, **parts)
    if must_be_refused and not exchange.refused:
        raise Broken("a body that is no object to be refused", f"the server answered {exchange.told()}")


def plan_reads(session: Session, subject: Subject) -> Plan:
    """The cases for reads and ids."""
    if not subject.creators or not subject.observable:
        return
    for operation in (*subject.readers, *subject.listers):
        for full in (False, True):
            run = partial(_read_twice, subject=subject, full=full)
            what = "every property" if full else "what is required"
            yield Case(Names.read_changes_nothing, f"{operation} changes nothing", run, what, ids(operation))
    about = ids(*subject.creators)
    yield Case(Names.distinct_ids, "ids are distinct", partial(_distinct, subject=subject), "", about)
    for one, other in session.crowd.pairs(*subject.creators[:1])[:2]:
        run = partial(_distinct_of_two, subject=subject, one=one, other=other)
        yield Case(Names.distinct_ids, "ids are distinct", run, f"{one.name}'s and {other.name}'s", about)
    for updater in subject.updaters:
        run = partial(_id_stays, subject=subject, updater=updater)
        yield Case(Names.distinct_ids, "an id stays", run, "", ids(updater.operation))


def plan_queries(session: Session, subject: Subject) -> Plan:
    """The cases for what does not fit in the query of a list, where it says how it refuses it."""
    for operation in subject.listers if subject.creators else ():
        if not operation.statuses & {"400", "422", "4XX"}:
            continue
        for parameter in operation.parameters:
            schema = merged(parameter.schema, session.contract.resolve)
            misfits = _misfits(schema) if parameter.location == "query" else []
            for value in misfits:
                run = partial(_query_refused, subject=subject.seen_in(operation), name=parameter.name, value=value)
                promise = f"{operation} refuses what does not fit"
                yield Case(Names.conformance, promise, run, f"{parameter.name}={value}", ids(operation))


def _misfits(schema: Any) -> list[int | str]:
    """Numbers just past their bounds, and words where others are named, or none is a value."""
    if schema.get("enum"):
        return [MISFIT]
    what = kind(schema)
    if what in ("boolean", "number") or schema.get("format") in ("date", "date-time"):
        return [MISFIT]
    if what != "integer":
        return []
    bounds = ((schema.get("minimum"), -1), (schema.get("maximum"), 1))
    past = [bound + step for bound, step in bounds if isinstance(bound, int) and not isinstance(bound, bool)]
    return [*past, MISFIT]


def _query_refused(trial: Trial, subject: Subject, name: str, value: int | str) -> None:
    operation, document = subject.listers[0], trial.create(subject)
    place = trial.session.surroundings(operation, trial.user, None, known=trial.listing(document))
    control = trial.send(operation, trial.user, **place)
    if not control.ok:
        raise NotExercised(f"the list is refused without {name}, too: {control.told(80)}")
    exchange = trial.send(operation, trial.user, **{**place, "query": {**place.get("query", {}), name: value}})
    _hold_refused(exchange, f"{name}={value}, which does not fit its schema,", "conformance")


def plan_unknown(_session: Session, subject: Subject) -> Plan:
    """The cases for reads of documents that are not there; one made here tells what an id looks like."""
    if not subject.creators:
        return
    for operation in subject.readers:
        if "404" in operation.statuses:
            run = partial(_not_found, subject=subject, operation=operation)
            promise = f"{operation} finds no document that is not there"
            yield Case(Names.unknown_documents, promise, run, "an id of none", ids(operation))


def _not_found(trial: Trial, subject: Subject, operation: Operation) -> None:
    document = trial.create(subject)
    there = trial.place(operation, document)
    found = trial.send(operation, trial.user, **there)
    accepted(found, "a read of a document that is there")
    name = subject.action(operation).id
    schema: Any = next((one.schema for one in operation.parameters if one.name == name), {})
    other = _of_none(trial, document.id, schema)
    nowhere = trial.place(operation, replace(document, id=other))
    exchange = trial.send(operation, trial.user, **nowhere)
    # An id that the parameter's schema does not take may as well be refused for that.
    fits = trial.session.bodies.property_fits(schema, other)
    statuses = {404} if fits else {status for status in operation.numbers if 400 <= status < 500}
    refused_as(exchange, statuses, "a read of a document that is not there", strict=True)


def _of_none(trial: Trial, known: object, schema: Any) -> Any:
    """An id that hardly any document has, as the parameter takes it where that can be had."""
    fits = partial(trial.session.bodies.property_fits, schema)
    other = unlike_but_fitting(known, fits) if isinstance(known, str) else unlike(known)
    return other if fits(other) or not isinstance(other, str) else trial.session.fresh.value(schema, compact=True)


def _read_twice(trial: Trial, subject: Subject, full: bool) -> None:
    document = trial.create(subject, full=full)
    trial.tick()
    one = trial.look(document)
    trial.tick()
    other = trial.look(document)
    for name in {**one, **other}:
        if one.get(name, ...) != other.get(name, ...):
            seen = f"{name} was {shown(one.get(name))}, then {shown(other.get(name))}"
            raise Broken("a second read to show what the first did", seen)
        if name in subject.stamps and document.shown.get(name, ...) not in (..., one.get(name, ...)):
            seen = f"{name} was {shown(document.shown[name])}, and is {shown(one.get(name))}"
            raise Broken("a read to change nothing", seen)


def _distinct(trial: Trial, subject: Subject) -> None:
    documents = [trial.create(subject) for _ in range(4)]
    if len({str(one.id) for one in documents}) < len(documents):
        raise Broken("each document to have an id of its own", f"they are {[one.id for one in documents]}")


def _distinct_of_two(trial: Trial, subject: Subject, one: Any, other: Any) -> None:
    first = trial.create(subject, one)
    body = trial.body(subject, trial.creator(subject), other)
    chosen = {subject.id_sent} if subject.named_by_client else set()
    body |= {name: value for name, value in first.sent.items() if name in subject.once - chosen}
    exchange, second = trial.try_create(subject, other, body)
    if second is None:
        raise NotExercised(f"{other.name} may not have the same: {exchange.told(60)}")
    if second.id == first.id:
        raise Broken("the documents of two users to have ids of their own", f"both have {first.id}")


def _id_stays(trial: Trial, subject: Subject, updater: Updater) -> None:
    document = trial.create(subject)
    exchange = trial.try_update(updater, document, trial.session.bodies.change(subject, updater))
    accepted(exchange, "an update")
    key = subject.key
    for where, seen in (("the answer", document.shown), ("a read", trial.look(document))):
        if key in seen and seen[key] != document.id:
            raise Broken(f"{key} to stay {document.id}", f"{where} shows {seen[key]}")
