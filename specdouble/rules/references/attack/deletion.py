"""What becomes of a reference when its document is deleted: each case deletes one that nothing else of a run needs."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.rules.references.attack.names import named_by
from specdouble.rules.references.rule import OnDelete
from specdouble.verify.bulk import Bulk, bulks
from specdouble.verify.bystanders import Bystanders, Keys, created_apart
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.checks.bulk import bodies_of
from specdouble.verify.document import Document
from specdouble.verify.places import lies_below, other_parent, parents, under
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, accepted, refused_as
from specdouble.verify.values import kind, merged


def plan(session: Session, subject: Subject, rule: OnDelete) -> Plan:
    """The cases of one rule."""
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
    if rule.does != "ignore" and (subject.reachable or referrer.reachable):
        run = partial(_delete_in_each_state, **of)
        yield Case(rule.id, f"{rule}, in whatever state", run, "", about, unaided=True)
    for bulk in bulks(session, referrer) if rule.does != "ignore" else ():
        run = partial(_delete_named_by_several, **of, bulk=bulk)
        yield Case(rule.id, f"{rule}, those too that {bulk.operation} creates", run, "", ids(deleter, bulk.operation))
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
    trial.session.ledger.forget(last.collection, document.id, document.made.call)


def _naming(trial: Trial, referrer: Subject, rule: OnDelete, target: Document, **more: Any) -> Document:
    """A new document that names the other one: by its body, else by the path that it is created below.

    Raises:
        NotExercised: neither does.
    """
    creator = trial.creator(referrer)
    if rule.name in referrer.requested(creator):
        return trial.create(referrer, **_value(trial, referrer, rule, target), **more)
    if not lies_below(trial.session, referrer, target.subject):
        raise NotExercised(f"{creator} takes no {rule.name}")
    return trial.create_in(referrer, target.user, under(trial, referrer, target), more)


def _value(trial: Trial, referrer: Subject, rule: OnDelete, target: Document) -> dict[str, Any]:
    """What a body says that names the other one."""
    value, schema = named_by(rule, target), referrer.requested(trial.creator(referrer))[rule.name]
    return {rule.name: [value] if kind(merged(schema, trial.contract.resolve)) == "array" else value}


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
    if rule.does == "restrict":
        _refused(trial, subject, referrer, rule)
        return
    target = trial.create(subject)
    document = _naming(trial, referrer, rule, target)
    beside = _beside(trial, referrer, rule, target)
    told = _told_elsewhere(trial, document, subject) if rule.does == "cascade" else []
    exchange = trial.delete(target)
    accepted(exchange, "the deletion of what is named")
    if rule.does == "cascade":
        for one in told:
            if _is_listed(trial, one):
                raise Broken(
                    "the document that named the deleted one to be gone too", f"{one.subject.listers[0]} shows it"
                )
        for one in (document, *beside):
            _is_gone(trial, one)
    elif referrer.observable:
        for one in (document, *beside):
            _is_emptied(rule, _is_there(trial, one, "the document that named it"), named_by(rule, target))


def _refused(trial: Trial, subject: Subject, referrer: Subject, rule: OnDelete) -> None:
    """A deletion that is refused for one document takes nothing else along, not even what would go with it."""
    target = created_apart(trial, subject, trial.user)
    document = _naming(trial, referrer, rule, target)
    others: list[Document] = []
    for end in _others(trial, rule):
        with suppress(NotExercised):
            others.append(_naming(trial, trial.subject(end.referrer), end, target))
    keys, around = Keys(trial, target), Bystanders(trial, target, *others)
    exchange = trial.delete(target)
    refused_as(exchange, {rule.status_among(exchange.call.operation.statuses)}, "the deletion of what is named")
    _is_there(trial, target, "the document whose deletion was refused")
    _is_there(trial, document, "the document that names it")
    around.hold_unharmed()
    keys.hold_taken()


def _delete_in_each_state(trial: Trial, subject: Subject, referrer: Subject, rule: OnDelete) -> None:
    """What names a document names it in whatever state either of the two is."""
    tried = 0
    for moved in (referrer, subject):
        for state in moved.reachable:
            with suppress(NotExercised):
                target = trial.create(subject)
                document = _naming(trial, referrer, rule, target)
                state.bring(trial, document if moved is referrer else target)
                tried += _is_held(trial, document, rule, target, f"{state.rule.name} is {state.value!r}")
    if not tried:
        raise NotExercised("no document that names another could be brought into another state")


def _delete_named_by_several(trial: Trial, subject: Subject, referrer: Subject, rule: OnDelete, bulk: Bulk) -> None:
    target, place, named = trial.create(subject), bulk.place(trial), dict[str, Any]()
    if lies_below(trial.session, referrer, subject):
        place = bulk.at(trial.session, target.user, under(trial, referrer, target).get("path", {}))
    else:
        named = _value(trial, referrer, rule, target)
    made = bulk.make(trial, place, [{**body, **named} for body in bodies_of(trial, bulk, bulk.usual)])
    document = next(one for one in made if one is not None)
    if not _is_held(trial, document, rule, target, "several were created at once"):
        raise NotExercised("the deletion of what is named was refused")


def _is_held(trial: Trial, document: Document, rule: OnDelete, target: Document, state: str) -> bool:
    """Whether a deletion of what is named shows the rule, which is held then."""
    if not _names(trial, document, rule, target):
        return False
    exchange = trial.delete(target)
    if rule.does == "restrict" and exchange.ok:
        raise Broken(f"the deletion of what is named to be refused where {state}", f"it answered {exchange.told()}")
    if rule.does == "cascade" and exchange.ok:
        _is_gone(trial, document)
    elif rule.does == "set-null" and exchange.ok and document.subject.observable:
        _is_emptied(rule, _is_there(trial, document, "the document that named it"), named_by(rule, target))
    return exchange.ok or rule.does == "restrict"


def _names(trial: Trial, document: Document, rule: OnDelete, target: Document) -> bool:
    """Whether a document names the other one still, or is changed so that it does."""
    subject, value = document.subject, named_by(rule, target)
    if lies_below(trial.session, subject, target.subject) or not subject.observable:
        return True

    def is_named() -> bool:
        held = trial.look(document).get(rule.name)
        return value in held if isinstance(held, list) else bool(held == value)

    if is_named():
        return True
    updaters = (one for one in subject.updaters if rule.name in subject.requested(one.operation))
    return any(trial.try_update(one, document, {rule.name: value}).ok and is_named() for one in updaters)


def _others(trial: Trial, rule: OnDelete) -> list[OnDelete]:
    """The other rules of a deletion of the same documents that would change those that name one."""
    ends = (one for one in trial.contract.rules.values() if isinstance(one, OnDelete) and one.id != rule.id)
    return [one for one in ends if one.collection == rule.collection and one.does in ("cascade", "set-null")]


def _beside(trial: Trial, referrer: Subject, rule: OnDelete, target: Document) -> list[Document]:
    """One more document that names the other, where two may: a server may look for the first alone."""
    with suppress(NotExercised):
        return [_naming(trial, referrer, rule, target)] if rule.name not in referrer.once else []
    return []


def _told_elsewhere(trial: Trial, document: Document, above: Subject) -> list[Document]:
    """A document below another, in each list that leads past the other: no path through that tells what is gone."""
    subject, found = document.subject, list[Document]()
    for lister in subject.listers if lies_below(trial.session, subject, above) else ():
        if above in (of for _, of in parents(trial.session, subject, lister)):
            continue
        one = replace(document, subject=subject.seen_in(lister))
        with suppress(NotExercised):
            found += [one] if _is_listed(trial, one) else []
    return found


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
    trial.session.ledger.forget(document.subject.collection, document.id, document.made.call)


def _is_emptied(rule: OnDelete, seen: dict[str, Any], was: object) -> None:
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
    held = seen.get(rule.name, named_by(rule, kept))
    if named_by(rule, kept) not in (held if isinstance(held, list) else [held]):
        raise Broken(f"{rule.name} of another document to stay", f"it is {held!r}")
    with suppress(NotExercised):
        _is_there(trial, kept, "a document that was not deleted")
