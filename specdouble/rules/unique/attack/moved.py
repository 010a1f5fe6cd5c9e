"""Documents that come to count by a move: the key that one of them has is refused to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from specdouble.contract import PropertyRule
from specdouble.rules.unique.attack.key import alike, whole
from specdouble.rules.unique.rule import UniqueKey
from specdouble.verify.attack import Attack
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.sender import CLIENTS
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, accepted, refused_as

Lifecycle = tuple[PropertyRule, Attack]


def moves(subject: Subject, rule: UniqueKey) -> Plan:
    """The cases of a key that counts in some states alone, to which no new document belongs."""
    about = ids(*subject.creators[:1])
    for lifecycle, state in _counting(subject, rule):
        of: dict[str, Any] = {"subject": subject, "rule": rule, "lifecycle": lifecycle, "state": state}
        what = f"{lifecycle[0].name} {state!r}"
        promise = f"a move after which `{rule.where}` holds is refused where the key is taken"
        yield Case(rule.id, promise, partial(_taken, **of), what, about, decisive=True)
        promise = f"one of many moves at once after which `{rule.where}` holds gets the key"
        yield Case(rule.id, promise, partial(_race, **of), what, about)
        promise = f"a key is free once `{rule.where}` holds no longer of the one that had it"
        yield Case(rule.id, promise, partial(_freed, **of), what, about)


def _counting(subject: Subject, rule: UniqueKey) -> Iterator[tuple[Lifecycle, Any]]:
    """The states in which documents count, where that depends on the state alone, and none begins in one."""
    names = (rule.condition.names("self") if rule.where else None) or frozenset[str]()
    for other, attack in subject.attacks:
        if names != {other.name} or attack.states is None or attack.last_move is None or attack.begins is None:
            continue
        counting = [state for state in attack.states(other) if rule.counts({other.name: state})]
        begins = attack.begins
        if not any(begins(other, state) for state in counting):
            yield from (((other, attack), state) for state in counting)


def _counted(trial: Trial, subject: Subject, rule: UniqueKey, lifecycle: Lifecycle, state: object) -> Document:
    """A document that has come to count, with a key of its own."""
    document = trial.create(subject, **whole(trial, subject, rule))
    other, attack = lifecycle
    assert attack.bring is not None
    attack.bring(trial, other, document, state)
    return document


def _next(trial: Trial, rule: UniqueKey, lifecycle: Lifecycle, first: Document, state: object) -> tuple[Document, Call]:
    """Another document with the key of one, and the move after which it would count."""
    subject, (other, attack) = first.subject, lifecycle
    assert attack.last_move is not None
    body = alike(trial, subject, rule, first.sent)
    exchange, second = trial.try_create(subject, first.user, body, around={"path": first.around.get("path", {})})
    if second is None:
        raise NotExercised(f"a document that does not count yet was refused: {exchange.told(80)}")
    return second, attack.last_move(trial, other, second, state)


def _refused(rule: UniqueKey, exchange: Exchange, what: str) -> None:
    refused_as(exchange, {rule.status_among(exchange.call.operation.statuses)}, what)


def _taken(trial: Trial, subject: Subject, rule: UniqueKey, lifecycle: Lifecycle, state: object) -> None:
    first = _counted(trial, subject, rule, lifecycle, state)
    second, move = _next(trial, rule, lifecycle, first, state)
    before = trial.look(second) if subject.observable else second.shown
    _refused(rule, trial.resend(move), f"the move of a second document with the {_named(rule, first)}")
    if subject.observable and trial.look(second) != before:
        raise Broken("a refused move to change nothing", "a read shows another document", Names.refused_leaves_no_trace)


def _race(trial: Trial, subject: Subject, rule: UniqueKey, lifecycle: Lifecycle, state: object) -> None:
    _counted(trial, subject, rule, lifecycle, state)  # the control: such a move is taken
    other, attack = lifecycle
    assert attack.last_move is not None
    first = trial.create(subject, **whole(trial, subject, rule))
    moving = [attack.last_move(trial, other, first, state)]
    with suppress(NotExercised):  # where there may be few documents, fewer have to do
        while len(moving) < CLIENTS:
            moving.append(_next(trial, rule, lifecycle, first, state)[1])
    if len(moving) == 1:
        raise NotExercised("no second document with the key of another can be made")
    won = sum(exchange.ok for exchange in trial.volley(moving))
    if won != 1:
        raise Broken(f"one of {len(moving)} moves at once to be accepted, of documents with one key", f"{won} were")


def _freed(trial: Trial, subject: Subject, rule: UniqueKey, lifecycle: Lifecycle, state: object) -> None:
    other, attack = lifecycle
    assert attack.states is not None
    assert attack.bring is not None
    first = _counted(trial, subject, rule, lifecycle, state)
    second, move = _next(trial, rule, lifecycle, first, state)
    first.shown = {**first.shown, other.name: state}
    for away in (one for one in attack.states(other) if not rule.counts({other.name: one})):
        with suppress(NotExercised):
            attack.bring(trial, other, first, away)
            accepted(trial.resend(move), f"the {_named(rule, second)} of one that does not count any longer")
            return
    raise NotExercised("no move takes a document out of those that count")


def _named(rule: UniqueKey, document: Document) -> str:
    return " and ".join(f"{name} {document.sent.get(name)!r}" for name in rule.fields)
