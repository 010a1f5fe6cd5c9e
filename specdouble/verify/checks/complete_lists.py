"""A list shows every document that was made, in whatever state, on whatever page."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from specdouble.contract import Operation, PropertyRule
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.checks.kept_values import Body, wrong
from specdouble.verify.document import Document
from specdouble.verify.paging import larger_page
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.reader import shows_all
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

# Words by which a list says that it leaves some out.
_HIDING = frozenset(("default", "unless", "only", "except", "hidden", "without", "open", "current", "upcoming"))


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the list of one collection."""
    lister = subject.listers[0]
    yield Case(Names.read_your_writes, shows_all(lister), partial(_complete, subject=subject), "", ids(lister))
    promise = f"{lister} shows documents in every state"
    for name, value in (one for one in subject.states(subject.creators[0]) if subject.may_begin(*one)):
        run = partial(_in_list, subject=subject, state={name: value})
        yield Case(Names.read_your_writes, promise, run, f"{name} {value!r}", ids(lister))
    yield from _listed_after_moves(session, subject)


def _listed_after_moves(session: Session, subject: Subject) -> Plan:
    """The cases of states that requests lead to, where annotations tell of them and no words of what is hidden."""
    moving = [(rule, attack) for rule, attack in subject.attacks if attack.states and attack.reach]
    for lister in subject.listers if not subject.resource.why else ():
        promise = f"{lister} shows documents in every state"
        for rule, attack in moving:
            for value in attack.states(rule) if attack.states else ():
                is_of_all = rule.name in subject.narrowing_states(lister) or lister.path == subject.creators[0].path
                if is_of_all and not _may_hide(session, lister, value):
                    run = partial(_moved_in_list, subject=subject.seen_in(lister), rule=rule, value=value)
                    yield Case(Names.read_your_writes, promise, run, f"moved to {rule.name} {value!r}", ids(lister))


def _may_hide(session: Session, lister: Operation, value: Any) -> bool:
    """Whether words of a list speak of a state, or of what it shows where nothing is asked for."""
    told = session.contract.said_of(lister).lower()
    return str(value).lower() in told or not _HIDING.isdisjoint(re.findall(r"[a-z]+", told))


def _moved_in_list(trial: Trial, subject: Subject, rule: PropertyRule, value: Any) -> None:
    reach = next(attack.reach for one, attack in subject.attacks if one is rule)
    assert reach is not None
    document = reach(trial, subject, rule, value, None)
    where = trial.listing(document)
    if _is_listed(trial, document, where):
        return
    usual = trial.create_in(subject, document.user, document.around)
    if not _is_listed(trial, usual, where) or trial.look_for(document, document.user) is None:
        raise NotExercised(f"{subject.listers[0]} shows no new document")
    raise Broken(f"a document that came to {rule.name} {shown(value)} to be in the list", "it is not")


def _complete(trial: Trial, subject: Subject) -> None:
    made = [trial.create(subject) for _ in range(26)]
    where = trial.listing(made[0])
    made = [one for one in made if trial.listing(one) == where]  # others were given a parent that had room for them
    entries = trial.listed(subject, trial.user, where)
    if entries and not any(subject.key in one for one in entries):
        raise NotExercised(f"{subject.listers[0]} does not show the {subject.key} of a document")
    there = {one.get(subject.key) for one in entries}
    missing = [one for one in made if one.id not in there]
    if len(missing) == len(made):
        _hold_of_any_state(trial, subject, made[0], entries)
    if missing:
        raise Broken(f"the list to show all {len(made)} new documents", f"{len(missing)} of them are not in it")
    _hold_page(trial, subject, made[0], there)


def _hold_of_any_state(trial: Trial, subject: Subject, document: Document, entries: list[Body]) -> None:
    """Hold that the list is not one of documents in another state than new ones begin with: of what is published, say.

    Raises:
        NotExercised: it may be: it can be narrowed to such a state, and shows no document that is in this one.
    """
    held = {**document.shown, **(trial.look_for(document, trial.user) or {})}
    for name in subject.narrowing_states(subject.listers[0]):
        if name in document.sent or name not in held:
            continue
        if all(one.get(name, held[name]) != held[name] for one in entries):
            told = f"{subject.listers[0]} shows no document of {name} {shown(held[name])}, as new ones are"
            raise NotExercised(told)


def _hold_unasked(trial: Trial, subject: Subject, document: Document, state: Body) -> None:
    """Hold that the list shows a usual document, and one in another state not even to who asks for that state.

    Raises:
        NotExercised: it shows no usual one, or that state to who asks for it.
    """
    lister, usual = subject.listers[0], trial.create(subject)
    if not _is_listed(trial, usual, trial.listing(usual)):
        raise NotExercised(f"{lister} shows no new document")
    narrowing = subject.narrowing_states(lister)
    asked = {narrowing[name]: value for name, value in state.items() if name in narrowing}
    around = trial.listing(document)
    around["query"] = {**around.get("query", {}), **asked}
    if asked and _is_listed(trial, document, around):
        raise NotExercised(f"{lister} shows documents with {state} to who asks for them")


def _is_listed(trial: Trial, document: Document, around: dict[str, dict[str, Any]]) -> bool:
    subject = document.subject
    entries = trial.listed(subject, trial.user, around, until=document.id)
    return any(one.get(subject.key) == document.id for one in entries)


def _hold_page(trial: Trial, subject: Subject, document: Document, there: set[Any]) -> None:
    """Hold that what a large page shows is on the small ones too: between two of them nothing is left out."""
    operation = subject.listers[0]
    query = larger_page(operation)
    if query is None:
        return
    place = trial.listing(document)
    around = trial.session.surroundings(operation, trial.user, None, known=place)
    around["query"] = {**around.get("query", {}), **query}
    exchange = trial.send(operation, trial.user, **around)
    shown_so = exchange.at(subject.action(operation).envelope)
    for entry in shown_so if exchange.ok and isinstance(shown_so, list) else ():
        key = subject.named(entry).get(subject.key) if isinstance(entry, dict) else None
        if key is not None and key not in there:
            told = f"the page of {next(iter(query.values()))} shows {key}, and no smaller one does"
            raise Broken("all pages together to show every document", told)


def _in_list(trial: Trial, subject: Subject, state: Body) -> None:
    document = trial.create(subject, **state)
    key = subject.key
    entries = trial.listed(subject, trial.user, trial.listing(document), until=document.id)
    entry = next((one for one in entries if one.get(key) == document.id), None)
    if entry is None:
        _hold_unasked(trial, subject, document, state)
        raise Broken(f"a new document with {state} to be in the list", "it is not")
    name = wrong(subject, document.sent, entry)
    if name is not None and name in entry:
        raise Broken(f"{name} to be {shown(document.sent[name])}", f"the list shows {shown(entry[name])}")
