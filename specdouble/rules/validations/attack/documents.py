"""Validations: documents that keep all of them are accepted, and those that break exactly one are refused.

What an expression is asked of is solved for (`specdouble.contract.solver`), from a usual body on, then from the
contract's examples, then from what Hypothesis draws.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.expression import compiled
from specdouble.contract.expression_tree import text_of
from specdouble.contract.places import EACH, value_at, with_value
from specdouble.contract.solver import SECONDS, Solver, Wish
from specdouble.contract.transition import AFTER, BEFORE, of_pair, pair_schema
from specdouble.rules.validations.rule import Validation
from specdouble.verify.attack import Write
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.checks.refusals import leaves_nothing
from specdouble.verify.document import Document
from specdouble.verify.drawing import drawn
from specdouble.verify.examples import of_body
from specdouble.verify.patterns import matching
from specdouble.verify.problem import Broken, NotExercised, NotPromised
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.strategies import fitting
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as, view

Body = dict[str, Any]

SAMPLES = 5  # documents of either side
DRAWN = 200  # documents of Hypothesis' that a search begins with
_BRIEF = 0.3  # seconds that a search may take which mends a body, and that all other beginnings may take
_AMONG_MANY = 0.05  # seconds for each of them
_REMEDY = "an example of the request that {} would be begun with"


def plan(subject: Subject, rule: Validation) -> Plan:
    """The cases of a validation: what keeps it and what breaks it, on each operation that writes."""
    rule, writers = _readable(subject, rule), list[tuple[Operation, Updater | None]]()
    if not rule.is_transition:
        writers += [(one, None) for one in subject.creators[:1] if _tells(subject, rule, one)]
    writers += [(one.operation, one) for one in subject.updaters if not one.id_in_body and _sets(subject, rule, one)]
    if not subject.creators or not writers:
        yield Missing(rule.id, f"no operation sets what `{rule.expression}` speaks of")
        return
    for operation, updater in writers:
        of: dict[str, Any] = {"subject": subject, "rule": rule, "updater": updater}
        verb, about = "create" if updater is None else operation.id, ids(operation)
        promise = f"what breaks `{rule.expression}` is refused on {verb}"
        yield Case(rule.id, promise, partial(_refused, **of), "", about, decisive=True)
        if updater is not None and rule.is_transition and any(attack.reach for _, attack in subject.attacks):
            run = partial(_refused_in_each_state, subject=subject, rule=rule, updater=updater)
            yield Case(rule.id, promise, run, "in each state that operations lead to", about)
        promise = f"what keeps `{rule.expression}` is accepted on {verb}"
        yield Case(rule.id, promise, partial(_accepted, **of), "", about)


def _readable(subject: Subject, rule: Validation) -> Validation:
    """The rule as bodies tell of it: of what clients set, with what a create fills in where it is not sent."""
    return replace(rule.spelled_out(subject.resource), defaults={**subject.filled_in, **rule.defaults})


def _tells(subject: Subject, rule: Validation, operation: Operation) -> bool:
    """Whether a body says all that the rule reads of a new document."""
    known = {*subject.requested(operation), *rule.defaults}
    return rule.names is None or rule.names <= known


def _sets(subject: Subject, rule: Validation, updater: Updater) -> bool:
    """Whether a body says something of what the rule reads."""
    return rule.names is None or bool(rule.names & _free(subject, updater.operation, is_new=False))


def _free(subject: Subject, operation: Operation, *, is_new: bool) -> frozenset[str]:
    """The properties that a body may have any fitting value of."""
    bound = {*subject.chosen, *subject.once, *subject.server_set, *(() if is_new else subject.bound_on_update)}
    return frozenset(subject.requested(operation)) - bound


# Solving


def _rules(subject: Subject, operation: Operation, before: Body | None) -> list[Validation]:
    """The validations that can be told of what a request makes."""
    found = []
    for one in subject.resource.of(Validation):
        rule = _readable(subject, one)
        known = {*subject.requested(operation), *rule.defaults, *(before or ())}
        if (before is not None or not rule.is_transition) and (rule.names is None or rule.names <= known):
            found.append(rule)
    return found


def _wishes(rules: Iterable[Validation], broken: Validation | None) -> list[Wish]:
    """That all hold but one, that one first."""
    wishes: list[Wish] = []
    for rule in rules:
        holds = broken is None or rule.id != broken.id
        wish = Wish(rule.compiled.tree, rule.path, holds, rule.holds if holds else rule.is_false)
        wishes.insert(0 if not holds else len(wishes), wish)
    return wishes


def _first(wishes: list[Wish], rule: Validation) -> list[Wish]:
    return sorted(wishes, key=lambda wish: wish.tree is not rule.compiled.tree)


def _solver(session: Shared, subject: Subject, write: Write) -> Solver:
    operation = write.operation
    free = _free(subject, operation, is_new=write.before is None) - write.fixed

    def fits(document: Body) -> bool:
        sent = _sent(subject, write, document)
        return sent is not None and session.bodies.fits(operation, sent)

    schema = subject.resource.schema
    return session.contract.solver(schema, fits, free, lambda pattern: matching(pattern, 0))


def _sent(subject: Subject, write: Write, document: Body) -> Body | None:
    """The body that makes the document; None where none does: a patch takes nothing away."""
    requested = subject.requested(write.operation)
    if write.before is None or not write.is_partial:
        extra = {name: value for name, value in write.body.items() if name not in requested}
        return extra | {name: value for name, value in document.items() if name in requested}
    if write.before.keys() - document.keys():
        return None
    changed = {name: value for name, value in document.items() if write.before.get(name, ...) != value}
    return {**{name: document[name] for name in write.body if name in document}, **changed}


def keep(session: Session, subject: Subject, rules: Sequence[Validation], write: Write) -> Body:  # noqa: ARG001
    """The body with as little changed as makes a document that keeps all validations.

    Raises:
        NotExercised: none was found.
    """
    told = _rules(subject, write.operation, write.before)
    document = write.document(write.body)
    broken = [rule for rule in told if not rule.holds(document, write.before)]
    if not broken:
        return write.body
    wishes = _first(_wishes(told, None), broken[0])
    found = _solver(session, subject, write).solutions(wishes, document, write.before, _BRIEF)
    for solution in found:
        sent = _sent(subject, write, solution)
        if sent is not None:
            return sent
    fixed = f" with {', '.join(sorted(write.fixed))} as it is" if write.fixed else ""
    raise NotExercised(f"no body was found that keeps `{broken[0].expression}`{fixed}")


def _solutions(
    trial: Trial, subject: Subject, rule: Validation, write: Write, *, holds: bool, starts: Iterable[Body] = ()
) -> list[Body]:
    """Bodies of documents that keep all validations, or break this one alone, in different ways.

    Raises:
        NotExercised: none was found.
    """
    told = _rules(subject, write.operation, write.before)
    if rule.id not in (one.id for one in told):  # all the others would be met, and nothing of this one be shown
        raise NotExercised(f"no document shows all that `{rule.expression}` speaks of")
    wishes = _first(_wishes(told, None if holds else rule), rule)
    solver = _solver(trial.session, subject, write)
    seconds, until = SECONDS, time.monotonic() + SECONDS + _BRIEF
    for start in chain([write.document(write.body)], starts):
        found = islice(solver.solutions(wishes, start, write.before, seconds), SAMPLES)
        bodies = [sent for document in found if (sent := _sent(subject, write, document)) is not None]
        if bodies:
            return bodies if holds else [*bodies, *_behind_a_kept_one(trial, subject, rule, write, bodies[0])]
        if time.monotonic() > until:
            break
        seconds = _AMONG_MANY
    side = "keeps all validations" if holds else f"breaks `{rule.expression}` and no other validation"
    raise NotExercised(f"no body was found that {side}: {_REMEDY.format('does')}")


def _behind_a_kept_one(trial: Trial, subject: Subject, rule: Validation, write: Write, broken: Body) -> Iterator[Body]:
    """The body with an item that keeps the rule before those that break it: a server may look at the first alone."""
    if EACH not in rule.path:
        return
    place = rule.path[: rule.path.index(EACH)]
    with suppress(NotExercised):
        for kept in _solutions(trial, subject, rule, replace(write, body=broken), holds=True):
            first, items = value_at(kept, place), value_at(broken, place)
            if not isinstance(first, list) or not first or not isinstance(items, list):
                continue
            body: Body = with_value(broken, place, [first[0], *items])
            document = write.document(body)
            others = (one for one in _rules(subject, write.operation, write.before) if one.id != rule.id)
            alone = rule.is_false(document, write.before) and all(one.holds(document, write.before) for one in others)
            if alone and trial.session.bodies.fits(write.operation, body):
                yield body
                return


def _starts(trial: Trial, subject: Subject, write: Write) -> Iterator[Body]:
    """Other documents that a search may begin with: the contract's examples, then drawn ones."""
    for example in of_body(trial.contract, write.operation):
        if isinstance(example, dict):
            yield {**write.document(write.body), **copy.deepcopy(example)}
    parts = {
        name: fitting(schema, trial.contract.resolve)
        for name, schema in subject.requested(write.operation).items()
        if name in _free(subject, write.operation, is_new=write.before is None)
    }
    for values in drawn(parts, DRAWN, trial.session.settings.seed):
        yield {**write.document(write.body), **values}


def offend(trial: Trial, subject: Subject, rule: Validation, write: Write, _beside: Document) -> Body:
    """The body, with as little changed as breaks the validation and no other."""
    if write.before is None and rule.is_transition:
        raise NotPromised
    return _solutions(trial, subject, _readable(subject, rule), write, holds=False)[0]


# Cases


def _created(trial: Trial, subject: Subject, rule: Validation, *, holds: bool) -> Iterator[Body]:
    """Bodies of new documents; what only one document may have is new in each."""
    operation = trial.creator(subject)
    usual = trial.body(subject, operation, trial.user)
    write = Write(operation, usual)
    found = _solutions(trial, subject, rule, write, holds=holds, starts=_starts(trial, subject, write))
    for body in found:
        changed = {name: value for name, value in body.items() if usual.get(name, ...) != value}
        kept = {name: body[name] for name in body if name in changed or name in subject.referring}
        fresh = trial.session.fresh.again({name: value for name, value in body.items() if name not in kept})
        yield {**kept, **fresh, **_renewed(trial, subject, operation, body), **changed}


def _renewed(trial: Trial, subject: Subject, operation: Operation, body: Body) -> Body:
    """New values for what no two documents may have."""
    requested = subject.requested(operation)
    names = [name for name in body if name in subject.once and name in requested]
    return {name: trial.session.bodies.value(subject, name, requested[name], trial.user) for name in names}


def _refused(trial: Trial, subject: Subject, rule: Validation, updater: Updater | None) -> None:
    if updater is not None:
        _refused_update(trial, subject, rule, updater)
        return
    for body in _created(trial, subject, rule, holds=False):
        exchange, _ = trial.try_create(subject, trial.user, body, as_it_is=True)
        _hold_refused(exchange, rule, body)
        leaves_nothing(trial, subject, trial.body(subject, trial.creator(subject), trial.user) | _marks(trial, body))
    exchange, _ = trial.try_create(subject, trial.user, trial.body(subject, trial.creator(subject), trial.user))
    accepted(exchange, "the same request, mended,")


def _marks(trial: Trial, body: Body) -> Body:
    """The texts by which a document would be known in a list."""
    marks: Body = trial.session.fresh.words_in(body)
    return marks


def _hold_refused(exchange: Any, rule: Validation, sent: Body) -> None:
    status = rule.status_among(exchange.call.operation.statuses)
    refused_as(exchange, {status}, f"{shown(sent)}, which breaks `{rule.expression}`,")


def _accepted(trial: Trial, subject: Subject, rule: Validation, updater: Updater | None) -> None:
    if updater is not None:
        _accepted_update(trial, subject, rule, updater)
        return
    for body in _created(trial, subject, rule, holds=True):
        exchange, _ = trial.try_create(subject, trial.user, body, as_it_is=True)
        accepted(exchange, f"{shown(body)}, which keeps `{rule.expression}`,")


def _updates(
    trial: Trial, subject: Subject, rule: Validation, updater: Updater, document: Any, *, holds: bool
) -> list[Body]:
    before = view(trial, document)
    operation = updater.operation
    known = {name: before[name] for name in subject.requested(operation) if name in before}
    stays = frozenset(before.keys() - subject.requested(operation).keys())
    write = Write(operation, {} if updater.partial else known, before, updater.partial, stays=stays)
    return _solutions(trial, subject, rule, write, holds=holds, starts=_starts(trial, subject, write))


def _ground(trial: Trial, subject: Subject, rule: Validation) -> Body:
    """What a new document says so that a change of it can break a rule about changes: what is final was so before."""
    if not rule.is_transition or rule.path:
        return {}
    operation = trial.creator(subject)
    usual = trial.body(subject, operation, trial.user, full=True)
    about_both = compiled(text_of(of_pair(rule.compiled.tree)))
    wishes = [Wish(about_both.tree, (), False, lambda pair, _: about_both.is_false({"self": pair}))]
    for one in _rules(subject, operation, None):
        wishes += [_of_part(one, BEFORE), _of_part(one, AFTER)]
    free = _free(subject, operation, is_new=True)

    def fits(pair: Body) -> bool:
        changed = {name for name in usual.keys() | pair[BEFORE].keys() if usual.get(name) != pair[BEFORE].get(name)}
        return changed <= free and trial.session.bodies.fits(operation, pair[BEFORE])

    schema = pair_schema(subject.resource.schema)
    solver = trial.contract.solver(schema, fits, texts=lambda pattern: matching(pattern, 0))
    found = next(solver.solutions(wishes, {BEFORE: usual, AFTER: dict(usual)}), None)
    return {} if found is None else {name: found[BEFORE][name] for name in found[BEFORE].keys() & free}


def _of_part(rule: Validation, part: str) -> Wish:
    return Wish(rule.compiled.tree, (part, *rule.path), True, lambda pair, _: rule.holds(pair[part]))


def _breakable(trial: Trial, subject: Subject, rule: Validation, updater: Updater) -> tuple[Document, list[Body]]:
    """A document and changes of it that break the rule alone.

    Raises:
        NotExercised: none were found.
    """
    missing: NotExercised | None = None
    for document in _breakables(trial, subject, rule):
        try:
            return document, _updates(trial, subject, rule, updater, document, holds=False)
        except NotExercised as reason:
            missing = missing or reason
    raise missing or NotExercised(f"no document of {subject.collection} is made")


def _breakables(trial: Trial, subject: Subject, rule: Validation) -> Iterator[Document]:
    yield trial.create(subject, full=True, **_ground(trial, subject, rule))
    yield trial.create(subject)  # a document may have too much for it: a patch takes nothing away
    yield from _saying_all(trial, subject, rule)
    yield from trial.in_each_state(subject, rule.names)


def _saying_all(trial: Trial, subject: Subject, rule: Validation) -> Iterator[Document]:
    """A document that has all that the rule reads: what is usual may keep it by leaving something out."""
    if rule.is_transition or rule.names is None:
        return
    with suppress(NotExercised):
        bodies = [body for body in _created(trial, subject, rule, holds=True) if rule.names <= body.keys()]
        for body in bodies[:1]:
            yield trial.create(subject, **{name: body[name] for name in rule.names})


def _told_of(trial: Trial, subject: Subject, rule: Validation) -> Document:
    """A document of which the rule can be told, if such is made; else one with all that can be sent."""
    full = trial.create(subject, full=True)
    names = rule.names or frozenset()
    return next(
        (one for one in chain([full], _saying_all(trial, subject, rule)) if names <= view(trial, one).keys()), full
    )


def _refused_update(trial: Trial, subject: Subject, rule: Validation, updater: Updater) -> None:
    document, found = _breakable(trial, subject, rule, updater)
    before = view(trial, document)
    for changes in found:
        exchange = trial.try_update(updater, document, changes, as_it_is=True)
        _hold_refused(exchange, rule, changes)
        if subject.observable and trial.look(document) != before:
            raise Broken("a refused update to change nothing", "the document changed", "refused_leaves_no_trace")
    known = {name: before[name] for name in subject.requested(updater.operation) if name in before}
    accepted(trial.try_update(updater, document, known), "an update that changes nothing")


def _refused_in_each_state(trial: Trial, subject: Subject, rule: Validation, updater: Updater) -> None:
    """Whatever the state refuses a change for: it is refused, and not done."""
    tried = 0
    for document in trial.in_each_state(subject, rule.names):
        with suppress(NotExercised):
            changes = _updates(trial, subject, rule, updater, document, holds=False)[0]
            exchange = trial.try_update(updater, document, changes, as_it_is=True)
            refused_as(exchange, set(range(400, 500)), f"{shown(changes)}, which breaks `{rule.expression}`,")
            tried += 1
    if not tried:
        raise NotExercised("no change breaks it in a state that operations lead to")


def _accepted_update(trial: Trial, subject: Subject, rule: Validation, updater: Updater) -> None:
    first = _told_of(trial, subject, rule)
    before = view(trial, first)
    for number, found in enumerate(_updates(trial, subject, rule, updater, first, holds=True)):
        document, changes = first, found
        if number > 0:  # what a whole body repeats of the first one is that one's: no two documents may have it
            document = trial.create(subject, full=True)
            changes = {name: value for name, value in found.items() if before.get(name, ...) != value}
        if not rule.holds({**view(trial, document), **changes}, view(trial, document)):
            continue  # another document: what was solved for the first one may not do for it
        exchange = trial.try_update(updater, document, changes)
        accepted(exchange, f"{shown(changes)}, which keeps `{rule.expression}`,")
