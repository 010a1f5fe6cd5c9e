"""Offences by each operation and in each state: what breaks a rule is refused, whichever request would bring it."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import Any

from specdouble.contract import CollectionRule, Operation, PropertyRule
from specdouble.verify.attack import Attack, Write
from specdouble.verify.bodies import shown
from specdouble.verify.bulk import Bulk, bulks
from specdouble.verify.bystanders import Bystanders, created_apart
from specdouble.verify.case import Case, Plan, ids
from specdouble.verify.checks.aftermath import hold_free, hold_listed, listed, offence, offending, other
from specdouble.verify.checks.bulk import bodies_of, leaves_none
from specdouble.verify.document import Document
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, refused_as

Body = dict[str, Any]


def plan(session: Session, subject: Subject) -> Plan:
    """The cases of one collection, of each rule that a write can be made to break."""
    if not subject.creators or not subject.observable:
        return
    has_states = any(attack.reach is not None for _, attack in subject.attacks)
    acts = [one for one in subject.acts if one.json_body is not None and not subject.action(one).why]
    for rule, attack in offending(subject):
        of: dict[str, Any] = {"subject": subject, "rule": rule, "attack": attack}
        is_final = isinstance(rule, PropertyRule) and rule.final  # its own kind tries it in each state
        for updater in (one for one in subject.updaters if has_states and not is_final and not one.id_in_body):
            promise = f"what breaks the rule is refused by {updater.operation} in each state"
            yield Case(rule.id, promise, partial(_changed, **of, updater=updater), "", ids(updater.operation))
        for act in (one for one in acts if isinstance(rule, PropertyRule) and rule.name in subject.requested(one)):
            promise = f"what breaks the rule is refused by {act}"
            run = partial(_acted, **of, act=act)
            yield Case(rule.id, promise, run, "", ids(act), decisive=True, unaided=True)
        for bulk in (one for one in bulks(session, subject) if one.is_whole):
            promise = f"what breaks the rule is refused by {bulk.operation}, and nothing is left of the others"
            yield Case(rule.id, promise, partial(_created, **of, bulk=bulk), "", ids(bulk.operation), decisive=True)


def _changed(trial: Trial, subject: Subject, rule: CollectionRule, attack: Attack, updater: Updater) -> None:
    """Whatever the state refuses a change for: it is refused, or passed over."""
    tried = 0
    for document in trial.in_each_state(subject):
        before, beside = trial.look(document), other(trial, document, attack)
        requested = subject.requested(updater.operation)
        known = {name: before[name] for name in requested if name in before}
        stays = frozenset(before.keys() - requested.keys())
        write = Write(updater.operation, {} if updater.partial else known, before, updater.partial, stays=stays)
        body = offence(trial, subject, rule, attack, write, beside)
        exchange = trial.try_update(updater, document, body, as_it_is=True)
        tried += 1
        if exchange.ok:
            _hold_passed_over(trial, document, known, body)
    if not tried:
        raise NotExercised("no document could be brought into a state")


def _hold_passed_over(trial: Trial, document: Document, before: Body, sent: Body) -> None:
    """Hold that of what breaks a rule nothing was done."""
    seen = trial.look(document)
    changed = {name: value for name, value in sent.items() if before.get(name) != value}
    if changed and all(seen.get(name) == value for name, value in changed.items()):
        raise Broken(f"{shown(changed)} to be refused in each state", "the server took it, and a read shows it")


def _acted(trial: Trial, subject: Subject, rule: PropertyRule, attack: Attack, act: Operation) -> None:
    for document in chain([created_apart(trial, subject, trial.user)], trial.in_each_state(subject)):
        parts = trial.acting(act, document)
        before, beside = trial.look(document), other(trial, document, attack)
        write = Write(act, dict(parts["body"]), before, True)
        body = offence(trial, subject, rule, attack, write, beside)
        around = Bystanders(trial, document, below=False)
        exchange = trial.send(act, document.user, **{**parts, "body": body})
        if exchange.refused:
            around.hold_unharmed()
        else:
            _hold_passed_over(trial, document, before, {rule.name: body[rule.name]})
        if trial.send(act, document.user, **parts).ok:
            return  # the control: what keeps the rule is taken
    raise NotExercised(f"{act} is taken for no document that was made")


def _created(trial: Trial, subject: Subject, rule: CollectionRule, attack: Attack, bulk: Bulk) -> None:
    place = bulk.place(trial)
    first = next((one for one in bulk.make(trial, place, bodies_of(trial, bulk, bulk.least)) if one), None)
    if first is None:
        raise NotExercised(f"{bulk.operation} does not show what it was sent first")
    *good, last = bodies_of(trial, bulk, max(bulk.least, 2))
    bad = offence(trial, subject, rule, attack, Write(subject.creators[0], last), first)
    around, before = Bystanders(trial, first, below=False), listed(trial, first)
    exchange = bulk.send(trial, place, [*good, bad])
    status = rule.status_among(bulk.operation.statuses)
    refused_as(exchange, {status}, f"{shown(bad)}, which breaks the rule, among others,")
    around.hold_unharmed()
    if subject.once:
        hold_listed(trial, first, before)
        hold_free(trial, first, {name: good[0][name] for name in subject.once if name in good[0]})
    else:
        leaves_none(trial, bulk, place, good, exchange)
