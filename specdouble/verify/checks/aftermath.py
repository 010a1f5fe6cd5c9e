"""The aftermath of writes that rules refuse: nothing counts them, no list shows them, and no key is taken or freed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from specdouble.contract import CollectionRule, Operation
from specdouble.verify.attack import Attack, Write, attack_of
from specdouble.verify.bodies import shown
from specdouble.verify.bystanders import Bystanders, Keys, created_apart
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.checks.refusals import changes_beside
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.places import movers, parents
from specdouble.verify.problem import Broken, NotExercised, NotPromised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted

TRACE = Names.refused_leaves_no_trace
UNHARMED = "a refused request to change nothing"
MOST = 10  # documents that are created to fill a place, at most
Body = dict[str, Any]


def plan(session: Session, subject: Subject) -> Plan:
    """The cases of one collection, where anything around its documents could show what is left."""
    if not subject.creators or not subject.observable:
        return
    creator, above = subject.creators[0], parents(session, subject, subject.creators[0])
    if not subject.once and not above:
        return
    for rule, attack in offending(subject):
        of: dict[str, Any] = {"subject": subject, "rule": rule, "attack": attack}
        yield _case(partial(_created, **of), creator.id, rule.id)
        for updater in (one for one in subject.updaters if not one.id_in_body):
            yield _case(partial(_changed, **of, updater=updater), updater.operation.id, rule.id)
    for act in subject.acts if any(attack.states for _, attack in subject.attacks) else ():
        promise = f"{act} refused for the state leaves nothing around its document"
        run = partial(_acted, subject=subject, act=act)
        yield Case(TRACE, promise, run, "", ids(act), unaided=True)
    if above and subject.at_most(MOST + 1) <= MOST:
        yield _case(partial(_beyond, subject=subject), creator.id, "where there is no room")


def _case(run: Any, operation: str, why: str) -> Case:
    promise = f"{operation} refused by a rule leaves nothing around its document"
    return Case(TRACE, promise, run, why, (operation,))


def offending(subject: Subject) -> Iterator[tuple[CollectionRule, Attack]]:
    """The rules of the documents that a write can be made to break, and how their kinds are attacked."""
    for rule in subject.resource.rules:
        attack = attack_of(rule)
        if attack.offend is not None:
            yield rule, attack


def offence(
    trial: Trial, subject: Subject, rule: CollectionRule, attack: Attack, write: Write, beside: Document
) -> Body:
    """The body of the write, with what breaks the rule."""
    assert attack.offend is not None
    body: Body = attack.offend(trial, subject, rule, write, beside)
    return body


def other(trial: Trial, document: Document, attack: Attack) -> Document:
    """A document beside one, which has what is its own alone; the one itself where no offence needs another."""
    return trial.create_in(document.subject, document.user, document.around) if attack.once else document


# Creates


def _created(trial: Trial, subject: Subject, rule: CollectionRule, attack: Attack) -> None:
    first = created_apart(trial, subject, trial.user)
    usual = _usual(trial, subject)
    body = offence(trial, subject, rule, attack, Write(trial.creator(subject), usual), first)
    around, before = Bystanders(trial, first, below=False), listed(trial, first)
    exchange, _ = trial.try_create(subject, first.user, body, as_it_is=True, around=first.around)
    _hold_refused(exchange)
    around.hold_unharmed()
    hold_listed(trial, first, before)
    hold_free(trial, first, {name: usual[name] for name in subject.once if name in usual})


def _beyond(trial: Trial, subject: Subject) -> None:
    """One document more than there is room for; once one of the others is gone, there is room for it."""
    first = created_apart(trial, subject, trial.user)
    made = [first]
    while len(made) < subject.at_most(MOST + 1):
        made.append(trial.create_in(subject, first.user, first.around))
    around, before = Bystanders(trial, first, below=False), listed(trial, first)
    usual = trial.body(subject, trial.creator(subject), first.user)  # what may be left out may name what lies elsewhere
    call = trial.create_call(subject, first.user, usual, room=False, around=first.around)
    full = trial.resend(call)
    _hold_refused(full)
    if full.status not in {rule.status_among(call.operation.statuses) for rule, _ in subject.bounding}:
        raise NotExercised(f"it is refused for another reason: {full.told(80)}")
    around.hold_unharmed()
    hold_listed(trial, first, before)
    for updater, name in movers(subject):
        other = created_apart(trial, subject, first.user)
        beside, moving = Bystanders(trial, first, below=False), Bystanders(trial, other, below=False)
        _hold_refused(trial.try_update(updater, other, {name: first.around["path"][_parent(trial, subject)]}))
        beside.hold_unharmed()
        moving.hold_unharmed()
    if subject.deleters and trial.delete(made.pop()).ok:
        again = trial.resend(call)
        if again.status == full.status:  # another refusal has another reason: it may name the one that was deleted
            accepted(again, f"{shown(usual)}, refused before, in the place of one that was deleted", TRACE)


def _parent(trial: Trial, subject: Subject) -> str:
    """The parameter that leads to what the documents lie below."""
    return parents(trial.session, subject, trial.creator(subject))[-1][0]


def _usual(trial: Trial, subject: Subject) -> Body:
    """A body that keeps all rules, with all that can be sent."""
    operation = trial.creator(subject)
    body = trial.body(subject, operation, trial.user, full=True)
    if subject.keeping:
        body = trial.session.bodies.kept(subject, Write(operation, body))
    return body


# Changes


def _changed(trial: Trial, subject: Subject, rule: CollectionRule, attack: Attack, updater: Updater) -> None:
    """A change of numbers, texts and keys that one offence refuses: none of it is done, and none of it is noted."""
    document = created_apart(trial, subject, trial.user)
    before, beside = trial.look(document), other(trial, document, attack)
    requested = subject.requested(updater.operation)
    renewed = {name: schema for name, schema in requested.items() if name in subject.once - subject.bound_on_update}
    wanted = {
        name: trial.session.bodies.value(subject, name, schema, document.user)
        for name, schema in renewed.items()
        if name in document.sent
    }
    changes = {**changes_beside(trial, subject, updater, wanted, before), **wanted}
    changes = trial.kept(updater, document, changes)
    stays = frozenset(before.keys() - requested.keys())
    write = Write(updater.operation, changes, before, updater.partial, stays=stays)
    body = offence(trial, subject, rule, attack, write, beside)
    around, keys = Bystanders(trial, document, below=False), Keys(trial, document)
    trial.tick()
    _hold_refused(trial.try_update(updater, document, body, as_it_is=True))
    around.hold_unharmed()
    hold_free(trial, document, wanted)
    keys.hold_taken()


# Actions


def _acted(trial: Trial, subject: Subject, act: Operation) -> None:
    """What is done once may not be done again, or not from another state."""
    document = created_apart(trial, subject, trial.user)
    for _ in range(2):
        if _is_held(trial, document, act):
            return
    for state in subject.reachable:
        with suppress(NotExercised):
            state.bring(trial, document)
            if _is_held(trial, document, act):
                return
    raise NotPromised  # it is refused in no state


def _is_held(trial: Trial, document: Document, act: Operation) -> bool:
    """Whether the action was refused for the state, and changed nothing then."""
    subject, around = document.subject, Bystanders(trial, document, below=False)
    exchange = trial.send(act, document.user, **trial.acting(act, document))
    if exchange.ok:
        document.shown = trial.look(document)  # the state that moves begin from
        return False
    # Another refusal may be a part of what is done: a payment that fails is noted.
    told = {rule.status_among(act.statuses) for rule, attack in subject.attacks if attack.states}
    if exchange.status in told:
        around.hold_unharmed()
    return exchange.status in told


# What is held


def _hold_refused(exchange: Exchange) -> None:
    if not exchange.refused:
        raise NotExercised("the request was accepted, which is the rule's own matter")


def listed(trial: Trial, document: Document) -> set[str]:
    """The ids that the list beside the document shows; none where others write there, too."""
    subject = document.subject
    if not subject.listers or not parents(trial.session, subject, subject.listers[0]):
        return set()
    return {str(one.get(subject.key)) for one in trial.listed(subject, document.user, trial.listing(document))}


def hold_listed(trial: Trial, document: Document, before: set[str]) -> None:
    """Hold that the list beside the document shows none that it did not show before."""
    strange = listed(trial, document) - before
    if before and strange:
        raise Broken(UNHARMED, f"the list shows a document that was refused: {min(strange)}", TRACE)


def hold_free(trial: Trial, document: Document, wanted: Body) -> None:
    """Hold that keys which a refused request asked for are free, beside the document."""
    subject = document.subject
    if not wanted:
        return
    body = {**_usual(trial, subject), **wanted}
    exchange, _ = trial.try_create(subject, document.user, body, fixed=wanted, around=document.around)
    if not exchange.refused:
        return
    # The control: where nothing else is taken either, a refusal has another reason.
    if trial.try_create(subject, document.user, _usual(trial, subject), around=document.around)[0].ok:
        told = f"the server answered {exchange.told()}"
        raise Broken(f"{shown(wanted)} to be free after a refused request", told, TRACE)
