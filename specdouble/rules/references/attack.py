"""References: only what names a document that exists for the caller is taken, and a refusal stores nothing.

What becomes of a reference when its document is deleted: each case deletes one that nothing else of this run needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.rule import ScopeRule
from specdouble.rules.references.rule import OnDelete, References
from specdouble.verify.attack import Attack
from specdouble.verify.case import Case, Missing, Names, Plan, ids
from specdouble.verify.checks.refusals import leaves_nothing, marked_body, refused_update
from specdouble.verify.document import Document
from specdouble.verify.identity import User
from specdouble.verify.places import lies_below, other_parent, under
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.spelling import in_another_case
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as, views
from specdouble.verify.values import kind, merged, unlike, unlike_but_fitting

NOT_FOUND = 404


def plan(session: Session, subject: Subject, rule: References | OnDelete) -> Plan:
    """The cases of one rule."""
    if isinstance(rule, OnDelete):
        yield from _of_deletion(session, subject, rule)
    else:
        yield from _of_reference(session, subject, rule)


def _of_reference(session: Session, subject: Subject, rule: References) -> Plan:
    writers: list[Updater | None] = []
    if subject.creators and rule.name in subject.requested(subject.creators[0]):
        writers.append(None)
    movable = [one for one in subject.updaters if rule.name in subject.requested(one.operation)]
    writers += [] if rule.name in subject.bound_on_update else movable
    target, parent = session.subjects[rule.target], _parent(subject, rule)
    if parent is not None:
        yield from _below(subject, rule, target, parent)
    elif not writers:
        yield Missing(rule.id, f"no operation takes {rule.name}")
        return
    for writer in writers:
        yield from _of_writer(session, subject, rule, target, writer)
    closed = [one for one in target.resource.of(ScopeRule) if not one.is_opened]
    if target.resource.owner and closed and len(session.crowd) < 2 and not rule.of_anyone:
        yield Missing(rule.id, "another's: needs a second user in the settings")


def _of_writer(session: Session, subject: Subject, rule: References, target: Subject, writer: Updater | None) -> Plan:
    operation = writer.operation if writer else subject.creators[0]
    on, about = "update" if writer else "create", ids(operation)
    refused, taken = f"{rule.name} of no document is refused on {on}", f"{rule.name} of a document is accepted on {on}"
    of: dict[str, Any] = {"subject": subject, "rule": rule, "writer": writer}
    yield Case(rule.id, taken, partial(_existing, **of), "", about)
    for what, pick in _unknown(session, rule).items():
        yield Case(rule.id, refused, partial(_refused, **of, pick=pick), what, about, decisive=True)
    if target.creators:
        yield from _of_made(session, rule, target, of, on, about)
    if writer is not None:
        promise = f"{operation} refused by a rule changes nothing"
        run = partial(refused_update, subject=subject, updater=writer, changes={rule.name: "0" * 24})
        yield Case(Names.refused_leaves_no_trace, promise, run, f"an unknown {rule.name}", about)
    if target.creators and _takes_several(subject, rule, operation):
        promise = f"each of an array of {rule.name} names a document on {on}"
        yield Case(rule.id, promise, partial(_several, **of, target=target), "one of two", about)
    if writer is not None and writer.partial:
        yield Case(rule.id, f"an update without {rule.name} is accepted", partial(_left_out, **of), "", about)


def _of_made(
    session: Session, rule: References, target: Subject, of: dict[str, Any], on: str, about: tuple[str, ...]
) -> Plan:
    """The cases of documents that this run makes, to name them."""
    taken = f"{rule.name} of a document is accepted on {on}"
    yield Case(rule.id, taken, partial(_new, **of, target=target), "one just created", about)
    for name, value in target.states(target.creators[0]):
        run = partial(_in_state, **of, target=target, state={name: value})
        yield Case(rule.id, taken, run, f"one of {name} {value!r}", about)
    if not rule.key and target.readers:
        promise = f"{rule.name} of no document is refused on {on}"
        yield Case(rule.id, promise, partial(_spelled, **of, target=target), "an id in another case", about)
    for one, other in _strangers(session, target):
        run = partial(_anothers, **of, one=one, other=other)
        promise = f"{rule.name} of another's document is {'taken' if rule.of_anyone else 'refused'} on {on}"
        yield Case(rule.id, promise, run, f"{other.name}'s, by {one.name}", about)
    if target.deleters:
        promise = f"{rule.name} of a deleted document is refused on {on}"
        yield Case(rule.id, promise, partial(_deleted, **of, target=target), "", about)


def _strangers(session: Session, target: Subject) -> Sequence[tuple[User, User]]:
    """Pairs of users of whom the first sees no document of the second: what others see they may name."""
    if all(one.is_opened for one in target.resource.of(ScopeRule)):
        return ()
    return session.crowd.pairs() if target.resource.owner else session.crowd.foreigners()


# Where the path of a create names the document that is referred to


def _parent(subject: Subject, rule: References) -> str | None:
    """The parameter of the create's path that the property holds."""
    scope = subject.action(subject.creators[0]).scope if subject.creators else ()
    return next((parameter for parameter, name in scope if name == rule.name), None)


def _below(subject: Subject, rule: References, target: Subject, parent: str) -> Plan:
    creator = subject.creators[0]
    of: dict[str, Any] = {"subject": subject, "rule": rule, "parent": parent}
    yield Case(rule.id, f"{rule.name} is the document that the path names", partial(_held, **of), "", ids(creator))
    refused = f"{creator} below no document is refused"
    yield Case(rule.id, refused, partial(_below_none, **of), "an id of none", ids(creator), decisive=True)
    if target.creators and target.deleters:
        run = partial(_below_deleted, **of, target=target)
        yield Case(rule.id, refused, run, "a deleted one", ids(creator), decisive=True)


def _held(trial: Trial, subject: Subject, rule: References, parent: str) -> None:
    document = trial.create(subject)
    named = document.around["path"][parent]
    for where, seen in views(trial, document):
        if str(seen.get(rule.name, named)) != str(named):
            raise Broken(f"{rule.name} to be {named!r}, as the path says", f"{where} shows {seen[rule.name]!r}")


def _below_none(trial: Trial, subject: Subject, rule: References, parent: str) -> None:
    known = trial.session.referents.of(rule.target, trial.user)
    parameter = next(one for one in trial.creator(subject).parameters if one.name == parent)
    nowhere = unlike_but_fitting(known, partial(trial.session.bodies.property_fits, parameter.schema))
    _refused_below(trial, subject, rule, parent, nowhere)


def _below_deleted(trial: Trial, subject: Subject, rule: References, parent: str, target: Subject) -> None:
    document = trial.create(target)
    if not trial.delete(document).ok:
        raise NotExercised("a delete was refused")
    _refused_below(trial, subject, rule, parent, document.id)


def _refused_below(trial: Trial, subject: Subject, rule: References, parent: str, value: Any) -> None:
    """Hold that nothing is created below a document that is not there; below one that is, the same body is taken."""
    body = marked_body(trial, subject)
    call = trial.create_call(subject, trial.user, body)
    parameter = next(one for one in call.operation.parameters if one.name == parent)
    if not trial.session.bodies.property_fits(parameter.schema, value):
        raise NotExercised(f"the parameter takes no {value!r}")
    path = {**call.path, parent: value}
    exchange = trial.send(call.operation, trial.user, path=path, query=call.query, body=call.body)
    refused_as(exchange, {NOT_FOUND, *_statuses(rule, exchange)}, f"{parent} {value!r}, the id of no document,")
    control, _ = trial.try_create(subject, trial.user, body)
    if not control.ok:
        raise NotExercised(f"the same body was refused below a document that is there: {control.told(80)}")


# Where a body names it


def _unknown(session: Session, rule: References) -> dict[str, Any]:
    """Ways to an id of no document, from the id of one."""
    if _is_name(session, rule):  # one that is nearly another's may be somebody's
        return {
            f"a {rule.key or 'name'} of none": lambda known: _of_none(session, rule, known),
            "empty": lambda known: "" if isinstance(known, str) else 0,
            "a space": lambda known: " " if isinstance(known, str) else 0,
        }
    return {
        "its last character other": lambda known: _other_last(known),
        "its first character other": unlike,
        "its characters in another order": lambda known: _turned(known),
        "all zeros": lambda known: _filled(known, "0"),
        "one character more": lambda known: f"{known}0" if isinstance(known, str) else known + 10**9,
        "one character less": lambda known: known[:-1] if isinstance(known, str) else 0,
        "no id at all": lambda known: "nonsense" if isinstance(known, str) else -1,
        "text that no id holds": lambda known: "ñ/../{}$%" if isinstance(known, str) else -2,
        "empty": lambda known: "" if isinstance(known, str) else 0,
        "a space": lambda known: " " if isinstance(known, str) else 0,
    }


def _of_none(session: Shared, rule: References, known: Any) -> Any:
    """What names no document, where the value names one."""
    return session.fresh.text() if _is_name(session, rule) and isinstance(known, str) else _other_last(known)


def _is_name(session: Shared, rule: References) -> bool:
    """Whether clients choose the values that name a document."""
    return bool(rule.key) or session.subjects[rule.target].named_by_client


def _other_last(known: Any) -> Any:
    return known[:-1] + ("0" if known[-1:] != "0" else "1") if isinstance(known, str) else known + 987_654


def _turned(known: Any) -> Any:
    return known[::-1] if isinstance(known, str) and known[::-1] != known else _other_last(known)


def _filled(known: Any, char: str) -> Any:
    return "".join(char if one.isalnum() else one for one in known) if isinstance(known, str) else 0


def _what(rule: References) -> str:
    return rule.key or "id"


def _named_by(rule: References | OnDelete, document: Document) -> Any:
    """The value that names a document."""
    if not rule.key:
        return document.id
    held = {**document.sent, **document.shown}
    if held.get(rule.key) is None:
        raise NotExercised(f"nothing tells the {rule.key} of a document of {document.subject.collection}")
    return held[rule.key]


def _known(trial: Trial, rule: References, user: User) -> Any:
    """The value that names a document which the user may refer to.

    Raises:
        NotExercised: there is none.
    """
    session, target = trial.session, trial.session.subjects[rule.target]
    key = session.referents.of(rule.target, user)
    if not rule.key:
        return key
    made = session.referents.as_made(target, key)
    if made.get(rule.key) is not None:
        return made[rule.key]
    listed = trial.listed(target, user, until=key) if target.listers else []
    found = next((one[rule.key] for one in listed if one.get(target.key) == key and one.get(rule.key)), None)
    if found is None:
        raise NotExercised(f"nothing tells the {rule.key} of a document of {rule.target}")
    return found


def _wrapped(subject: Subject, rule: References, writer: Updater | None, value: Any) -> Any:
    operation = writer.operation if writer else subject.creators[0]
    schema = merged(subject.requested(operation)[rule.name], subject.contract.resolve)
    return [value] if kind(schema) == "array" and not isinstance(value, list) else value


def _write(
    trial: Trial, subject: Subject, rule: References, writer: Updater | None, value: Any, user: User | None = None
) -> tuple[Any, Any, dict[str, Any] | None]:
    """Send the reference in a create or an update: the exchange, what was sent, the document before."""
    user, value = user or trial.user, _wrapped(subject, rule, writer, value)
    operation = writer.operation if writer else subject.creators[0]
    if not trial.session.bodies.property_fits(subject.requested(operation)[rule.name], value):
        raise NotExercised("the schema takes no such value")
    if writer is None:
        body = marked_body(trial, subject) if user == trial.user else trial.body(subject, operation, user)
        body[rule.name] = value
        exchange, _ = trial.try_create(subject, user, body)
        return exchange, body, None
    document = trial.create(subject, user)
    before = trial.look(document) if subject.observable else None
    return trial.try_update(writer, document, {rule.name: value}), document, before


def _statuses(rule: References, exchange: Any) -> set[int]:
    return {rule.status_among(exchange.call.operation.statuses)}


def _refused(trial: Trial, subject: Subject, rule: References, writer: Updater | None, pick: Any) -> None:
    known = _own(trial, subject, rule, trial.user)
    value = pick(known)
    if not rule.key and trial.session.ledger.owned(rule.target, value):
        raise NotExercised(f"{value!r} is the id of a document")  # a client has chosen it
    exchange, body, before = _write(trial, subject, rule, writer, value)
    refused_as(exchange, _statuses(rule, exchange), f"{rule.name} {value!r}, the id of no document,")
    _nothing_stored(trial, subject, rule, writer, body, before, known)


def _nothing_stored(
    trial: Trial, subject: Subject, rule: References, writer: Updater | None, sent: Any, before: Any, known: Any
) -> None:
    """The control and the trace at once: the same request with a known id is accepted, nothing is in its way."""
    if writer is None and not subject.once:
        leaves_nothing(trial, subject, sent)
    elif writer is None:
        body = {**sent, rule.name: _wrapped(subject, rule, writer, known)}
        exchange, _ = trial.try_create(subject, trial.user, body)
        if not exchange.ok:
            raise Broken("a refused create to store nothing", "the same request with a known id was refused then: "
                         + exchange.told(), "refused_leaves_no_trace")  # fmt: skip
    elif before is not None and trial.look(sent) != before:
        raise Broken("a refused update to change nothing", "the document changed", "refused_leaves_no_trace")


def _own(trial: Trial, subject: Subject, rule: References, user: User) -> Any:
    """What names a document of the user's: a new one, where no two may name the same."""
    if rule.name not in subject.once or not trial.subject(rule.target).creators:
        return _known(trial, rule, user)
    return _named_by(rule, trial.create(trial.subject(rule.target), user))


def _existing(trial: Trial, subject: Subject, rule: References, writer: Updater | None) -> None:
    known = _own(trial, subject, rule, trial.user)
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    accepted(exchange, f"{rule.name} {known!r}, the {_what(rule)} of a document,")


def _new(trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject) -> None:
    known = _named_by(rule, trial.create(target))
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    accepted(exchange, f"{rule.name} {known!r}, the {_what(rule)} of a new document,")


def _in_state(
    trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject, state: dict[str, Any]
) -> None:
    known = _named_by(rule, trial.create(target, **state))
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    accepted(exchange, f"{rule.name} {known!r}, the {_what(rule)} of a document with {state},")


def _anothers(trial: Trial, subject: Subject, rule: References, writer: Updater | None, one: User, other: User) -> None:
    theirs, own = _known(trial, rule, other), _own(trial, subject, rule, one)
    exchange, _, _ = _write(trial, subject, rule, writer, own, one)
    if not exchange.ok:
        raise NotExercised(f"{one.name}'s own reference was refused: {exchange.told(80)}")
    exchange, _, _ = _write(trial, subject, rule, writer, theirs, one)
    if rule.of_anyone:
        accepted(exchange, f"{rule.name} of {other.name}'s document, sent by {one.name},")
        return
    refused_as(exchange, _statuses(rule, exchange), f"{rule.name} of {other.name}'s document, sent by {one.name},")


def _spelled(trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject) -> None:
    """What a read finds no document by names none; who takes it for the one that is there keeps the id of that."""
    document = trial.create(target)
    other = in_another_case(trial, document)
    exchange, _, _ = _write(trial, subject, rule, writer, document.id)
    if not exchange.ok:
        raise NotExercised(f"its own id is refused: {exchange.told(80)}")
    exchange, _, _ = _write(trial, subject, rule, writer, other)
    shown = exchange.shown(subject.action(exchange.call.operation))
    held = shown.get(rule.name) if isinstance(shown, dict) else None
    if exchange.ok and held not in (other, [other]):
        raise NotExercised(f"{rule.name} {other!r} is kept as {held!r}")
    refused_as(exchange, _statuses(rule, exchange), f"{rule.name} {other!r}, by which a read finds nothing,")


def _deleted(trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject) -> None:
    document = trial.create(target)
    if not trial.delete(document).ok:
        raise NotExercised("a delete was refused")
    exchange, _, _ = _write(trial, subject, rule, writer, _named_by(rule, document))
    refused_as(exchange, _statuses(rule, exchange), f"{rule.name} of a deleted document")


def _takes_several(subject: Subject, rule: References, operation: Operation) -> bool:
    return kind(merged(subject.requested(operation)[rule.name], subject.contract.resolve)) == "array"


def _several(trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject) -> None:
    """Two documents are taken, and refused as soon as the second is none."""
    known = [_named_by(rule, trial.create(target)) for _ in range(2)]
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    if not exchange.ok:
        raise NotExercised(f"no two documents are taken: {exchange.told(80)}")
    exchange, _, _ = _write(trial, subject, rule, writer, [known[0], _of_none(trial.session, rule, known[1])])
    refused_as(exchange, _statuses(rule, exchange), f"an array of {rule.name} whose second names no document")


def _left_out(trial: Trial, subject: Subject, rule: References, writer: Updater | None) -> None:
    assert writer is not None
    document = trial.create(subject)
    if rule.name in subject.required(writer.operation):
        raise NotExercised(f"{writer.operation} asks for {rule.name}")
    accepted(trial.try_update(writer, document, {}), f"an update without {rule.name}")


# When the document that is named is deleted


def _of_deletion(session: Session, subject: Subject, rule: OnDelete) -> Plan:
    referrer = session.subjects[rule.referrer]
    deleter, creator = next(iter(subject.deleters), None), next(iter(referrer.creators), None)
    if deleter is None or not subject.creators:
        wanting = "deletes" if deleter is None else "creates"
        yield Missing(rule.id, f"no operation {wanting} documents of {subject.collection}")
        return
    if creator is None:
        yield Missing(rule.id, f"no operation creates documents of {rule.referrer}")
        return
    if rule.does == "cascade":
        yield from _of_cascade(session, subject, referrer, rule, deleter)
    if rule.name not in referrer.requested(creator) and not lies_below(session, referrer, subject):
        yield Missing(rule.id, f"{creator} takes no {rule.name}")
        return
    of: dict[str, Any] = {"subject": subject, "referrer": referrer, "rule": rule}
    about = ids(deleter)
    yield Case(rule.id, str(rule), partial(_delete_named, **of), "", about, decisive=True)
    if rule.does == "restrict" and referrer.deleters:
        promise = f"a document of {subject.collection} can be deleted once none names it"
        yield Case(rule.id, promise, partial(_delete_once_free, **of), "", about)
    promise = f"a document of {subject.collection} that none names is deleted, and takes nothing with it"
    yield Case(rule.id, promise, partial(_delete_beside, **of), "", about, unaided=True)


def _of_cascade(session: Session, subject: Subject, referrer: Subject, rule: OnDelete, deleter: Operation) -> Plan:
    """The cases of what goes with a document that goes with another, in lists of what stays."""
    promise = f"{deleter} takes along what names the documents that go with its own"
    for end in session.contract.rules.values():
        if not isinstance(end, OnDelete) or end.collection != referrer.collection or end.does != "cascade":
            continue
        named = session.subjects[end.referrer]
        for lister in named.listers if named.creators else ():
            if other_parent(session, named.seen_in(lister)) is not None:
                of: dict[str, Any] = {"subject": subject, "referrer": referrer, "rule": rule, "end": end}
                run = partial(_delete_above, **of, last=named.seen_in(lister))
                yield Case(rule.id, promise, run, str(lister), ids(deleter, lister))


def _delete_above(
    trial: Trial, subject: Subject, referrer: Subject, rule: OnDelete, end: OnDelete, last: Subject
) -> None:
    """The last of three is told in the list of a fourth, which stays, until the first is deleted."""
    found = other_parent(trial.session, last)
    assert found is not None
    _, name, parent = found
    target = trial.create(subject)
    between = _naming(trial, referrer, rule, target)
    document = _naming(trial, last, end, between, **{name: trial.create(parent).id})
    if not _is_listed(trial, document):
        raise NotExercised("the list does not show the new document")
    accepted(trial.delete(target), "the deletion of what is named")
    if _is_listed(trial, document):
        raise Broken(f"a document of {last.collection} to be gone with what it named", f"{last.listers[0]} shows it")
    trial.session.ledger.forget(last.collection, document.id)


def _naming(trial: Trial, referrer: Subject, rule: OnDelete, target: Document, **more: Any) -> Document:
    """A new document that names the other one: by its body, else by the path that it is created below.

    Raises:
        NotExercised: neither does.
    """
    creator, value = trial.creator(referrer), _named_by(rule, target)
    if rule.name in referrer.requested(creator):
        schema = merged(referrer.requested(creator)[rule.name], trial.contract.resolve)
        named: dict[str, Any] = {rule.name: [value] if kind(schema) == "array" else value}
        return trial.create(referrer, **named, **more)
    if not lies_below(trial.session, referrer, target.subject):
        raise NotExercised(f"{creator} takes no {rule.name}")
    return trial.create_in(referrer, target.user, under(trial, referrer, target), more)


def _is_listed(trial: Trial, document: Document) -> bool:
    """Whether the list shows the document; one that is refused shows nothing."""
    subject, around = document.subject, trial.listing(document)
    operation = subject.listers[0]
    parts = trial.session.surroundings(operation, document.user, None, known=around)
    if not trial.send(operation, document.user, **parts).ok:
        return False
    entries = trial.listed(subject, document.user, around, until=document.id)
    return any(one.get(subject.key) == document.id for one in entries)


def _delete_named(trial: Trial, subject: Subject, referrer: Subject, rule: OnDelete) -> None:
    target = trial.create(subject)
    document = _naming(trial, referrer, rule, target)
    exchange = trial.delete(target)
    if rule.does == "restrict":
        refused_as(exchange, {rule.status_among(exchange.call.operation.statuses)}, "the deletion of what is named")
        _is_there(trial, target, "the document whose deletion was refused")
        _is_there(trial, document, "the document that names it")
        return
    accepted(exchange, "the deletion of what is named")
    if rule.does == "cascade":
        _is_gone(trial, document)
    elif referrer.observable:
        _is_emptied(rule, _is_there(trial, document, "the document that named it"), _named_by(rule, target))


def _is_there(trial: Trial, document: Document, what: str) -> dict[str, Any]:
    if not document.subject.observable:
        return {}
    seen = trial.look_for(document, document.user)
    if seen is None:
        raise Broken(f"{what} to be there", f"it is not: {trial.exchanges[-1].told(80)}")
    return seen


def _is_gone(trial: Trial, document: Document) -> None:
    if document.subject.observable and trial.look_for(document, document.user) is not None:
        raise Broken("the document that named the deleted one to be gone too", "it is still there")
    trial.session.ledger.forget(document.subject.collection, document.id)


def _is_emptied(rule: OnDelete, seen: dict[str, Any], was: Any) -> None:
    held = seen.get(rule.name)
    names_it = was in held if isinstance(held, list) else held == was
    if rule.does == "set-null" and names_it:
        raise Broken(f"{rule.name} to be emptied", f"it names the deleted document still: {held!r}")
    if rule.does == "ignore" and not names_it:
        raise Broken(f"{rule.name} to stay {was!r}", f"it is {held!r}")


def _delete_once_free(trial: Trial, subject: Subject, referrer: Subject, rule: OnDelete) -> None:
    target = trial.create(subject)
    document = _naming(trial, referrer, rule, target)
    if trial.delete(target).ok:
        raise NotExercised("the deletion was not refused")
    if not trial.delete(document).ok:
        raise NotExercised("the document that names it cannot be deleted")
    accepted(trial.delete(target), "the deletion of what is named no longer")


def _delete_beside(trial: Trial, subject: Subject, referrer: Subject, rule: OnDelete) -> None:
    kept, target = trial.create(subject), trial.create(subject)
    document = _naming(trial, referrer, rule, kept)
    accepted(trial.delete(target), "the deletion of what is not named")
    seen = _is_there(trial, document, "a document that names another one")
    held = seen.get(rule.name, _named_by(rule, kept))
    if _named_by(rule, kept) not in (held if isinstance(held, list) else [held]):
        raise Broken(f"{rule.name} of another document to stay", f"it is {held!r}")
    with suppress(NotExercised):
        _is_there(trial, kept, "a document that was not deleted")


def value(session: Session, subject: Subject, rule: References, schema: Any, user: User, like: Any = None) -> Any:  # noqa: ARG001
    """The id of a document that the user may refer to; a list of it where the property holds several."""
    target, trial = session.subjects[rule.target], Trial(session)
    try:
        new = rule.name in subject.once and target.creators
        found = _named_by(rule, trial.create(target, user)) if new else _known(trial, rule, user)
    except NotExercised:
        if session.bodies.property_fits(schema, None):
            return None  # the first of a collection that refers to itself refers to nothing
        raise
    return [found] if kind(merged(schema, session.contract.resolve)) == "array" else found


def another(trial: Trial, rule: References) -> Any:
    """What names a new document."""
    return _named_by(rule, trial.create(trial.subject(rule.target)))


ATTACK = Attack(plan, value=value, another=another)
