"""The values of one property: a taken one is refused on create and on update, and a new one is not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.rules.unique.attack.condition import conditions
from specdouble.rules.unique.attack.key import alike, body_of, made, statuses
from specdouble.rules.unique.attack.moved import moves
from specdouble.rules.unique.attack.scope import scopes
from specdouble.rules.unique.attack.variant import Pair, pairs
from specdouble.rules.unique.rule import Unique
from specdouble.verify.case import Case, Missing, Names, Plan, ids
from specdouble.verify.checks.refusals import refused_update
from specdouble.verify.document import Document
from specdouble.verify.problem import Broken, NotExercised, NotPromised
from specdouble.verify.refusal import says_taken
from specdouble.verify.sender import CLIENTS
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as

ROUNDS = 3


def of_one(session: Session, subject: Subject, rule: Unique) -> Plan:
    if not subject.creators:
        yield Missing(rule.id, f"no operation creates documents of {subject.collection}")
        return
    creator = subject.creators[0]
    if rule.name not in subject.taken(creator):
        yield Missing(rule.id, f"{creator} takes no {rule.name}")
        return
    yield from _creates(session, subject, rule, creator)
    for updater in subject.updaters:
        if rule.name in subject.taken(updater.operation) and rule.name not in subject.bound_on_update:
            yield from _updates(session, subject, rule, updater)
    yield from scopes(session, subject, rule, creator)
    yield from conditions(subject, rule)
    yield from moves(subject, rule)


# On create


def _creates(session: Session, subject: Subject, rule: Unique, creator: Operation) -> Plan:
    taken, near = f"a taken {rule.name} is refused on create", f"a new {rule.name} is accepted on create"
    about = ids(creator)
    yield Case(
        rule.id, near, partial(_taken_whatever, subject=subject, rule=rule), "of a first one", about, unaided=True
    )
    for pair in pairs(session, subject, rule, creator):
        tried = _taken_on_create if pair.equal else _free_on_create
        run = partial(tried, subject=subject, rule=rule, pair=pair)
        yield Case(rule.id, taken if pair.equal else near, run, pair.what, about, decisive=pair.equal)
    run = partial(_taken_as_usual, subject=subject, rule=rule)
    yield Case(rule.id, taken, run, "as it is usually sent", about, decisive=True)
    if subject.deleters and not subject.keeps_taken:
        run = partial(_freed_by_delete, subject=subject, rule=rule)
        yield Case(rule.id, f"a {rule.name} is free once its document was deleted", run, "", about)
    for name, value in subject.states(creator) if not rule.where else ():
        run = partial(_taken_in_state, subject=subject, rule=rule, state={name: value})
        yield Case(rule.id, taken, run, f"beside one of {name} {value!r}", about)
    if not rule.where and any(attack.reach is not None for _, attack in subject.attacks):
        run = partial(_taken_in_each_state, subject=subject, rule=rule)
        yield Case(rule.id, taken, run, "beside one in each state that operations lead to", about)
    for number in range(ROUNDS):
        run = partial(_race, subject=subject, rule=rule)
        yield Case(rule.id, f"one of many creates at once gets the {rule.name}", run, f"round {number + 1}", about)


def _taken_whatever(trial: Trial, subject: Subject, rule: Unique) -> None:
    """A create that is refused as taken whatever is sent: what no two documents may share is new each time."""
    creator = trial.creator(subject)
    has_one = trial.session.baselines.missing(ids(creator)) is None
    if has_one and rule.name in subject.required(creator):
        raise NotPromised  # one was taken: the other cases tell what is refused
    for _ in range(ROUNDS):
        exchange, _ = trial.try_create(subject, trial.user, body_of(trial, subject, rule, trial.user))
        if exchange.ok:
            raise NotPromised
        if exchange.status not in statuses(rule, creator) or not says_taken(exchange):
            raise NotExercised(f"no request of {creator} was found that the server takes ({exchange.told(60)})")
    accepted(exchange, f"a {rule.name} that no document has")


def _taken_on_create(trial: Trial, subject: Subject, rule: Unique, pair: Pair) -> None:
    one, other = pair.mint()
    first = made(trial, subject, rule, **{rule.name: one})
    exchange, _ = trial.try_create(subject, trial.user, {**alike(trial, subject, rule, first.sent), rule.name: other})
    refused_as(exchange, statuses(rule, exchange.call.operation), f"a second {rule.name} {other!r} beside {one!r}")


def _taken_as_usual(trial: Trial, subject: Subject, rule: Unique) -> None:
    """Some servers take no text that a variant could be made of: a name in a form of its own."""
    first = made(trial, subject, rule)
    made(trial, subject, rule)  # the control: another is taken
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, first.sent))
    value = first.sent[rule.name]
    refused_as(exchange, statuses(rule, exchange.call.operation), f"a second {rule.name} {value!r}")


def _free_on_create(trial: Trial, subject: Subject, rule: Unique, pair: Pair) -> None:
    one, other = pair.mint()
    first = made(trial, subject, rule, **{rule.name: one})
    body = {**alike(trial, subject, rule, first.sent), rule.name: other}
    exchange, second = trial.try_create(subject, trial.user, body)
    if exchange.refused:
        _unless_refused_alone(trial, subject, rule, pair.mint()[1])
    accepted(exchange, f"the {rule.name} {other!r} beside {one!r}")
    if second is not None and second.id == first.id:
        raise Broken("a second document", f"the first was answered again, for {other!r} beside {one!r}")


def _unless_refused_alone(trial: Trial, subject: Subject, rule: Unique, value: object) -> None:
    """Not exercised where such a value is refused without the other, too: the refusal had another reason."""
    body = {**body_of(trial, subject, rule, trial.user), rule.name: value}
    if not trial.try_create(subject, trial.user, body)[0].ok:
        raise NotExercised(f"the {rule.name} {value!r} is refused on its own account")


def _taken_in_each_state(trial: Trial, subject: Subject, rule: Unique) -> None:
    """What is cancelled holds its name still, where no `where` says otherwise."""
    named = ((one, _with_value(trial, subject, rule, one)) for one in trial.in_each_state(subject))
    documents = [(document, sent) for document, sent in named if sent is not None]
    if not documents:
        raise NotExercised(f"no document with {rule.name} could be brought into another state")
    for document, sent in documents:
        body, place = alike(trial, subject, rule, sent), {"path": document.around.get("path", {})}
        exchange, _ = trial.try_create(subject, document.user, body, around=place)
        what = f"a second {rule.name} beside that of {document.id}, which is in another state,"
        refused_as(exchange, statuses(rule, exchange.call.operation), what)


def _with_value(trial: Trial, subject: Subject, rule: Unique, document: Document) -> dict[str, Any] | None:
    """What a document was made of, a value for the rule included: an update gives it one where it may be without.

    None where no update does.
    """
    if rule.name in document.sent:
        return document.sent
    free = (one for one in subject.updaters if rule.name in subject.taken(one.operation))
    updater = None if rule.name in subject.bound_on_update else next(free, None)
    value = body_of(trial, subject, rule, document.user)[rule.name]
    if updater is None or not trial.try_update(updater, document, {rule.name: value}).ok:
        return None
    return {**document.sent, rule.name: value}


def _taken_in_state(trial: Trial, subject: Subject, rule: Unique, state: dict[str, Any]) -> None:
    first = made(trial, subject, rule, **state)
    # What is required must not be left out: the refusal would be for that.
    left_out = state.keys() - set(subject.required(trial.creator(subject)))
    body = {name: value for name, value in first.sent.items() if name not in left_out}
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, body))
    refused_as(exchange, statuses(rule, exchange.call.operation), f"a second {rule.name} beside one with {state}")
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, first.sent))
    refused_as(exchange, statuses(rule, exchange.call.operation), f"a second {rule.name} with {state}")


def _race(trial: Trial, subject: Subject, rule: Unique) -> None:
    first = made(trial, subject, rule)  # the control: such a request is accepted
    body = body_of(trial, subject, rule, trial.user)
    if body[rule.name] == first.sent[rule.name] and not trial.delete(first).ok:
        raise NotExercised(f"no other {rule.name} can be had than {body[rule.name]!r}, which is taken")
    bodies = [alike(trial, subject, rule, body) for _ in range(CLIENTS)]
    exchanges = trial.volley([trial.create_call(subject, trial.user, one) for one in bodies])
    won = [one for one in (trial.adopt(subject, trial.user, x) for x in exchanges) if one is not None]
    if not won and (subject.bounding or subject.has_few_keys):
        raise NotExercised(f"none is taken, maybe for want of room or of another {rule.name}")
    if len(won) != 1:
        raise Broken(f"one of {CLIENTS} creates at once to be accepted", f"{len(won)} were")
    for exchange in exchanges:
        if not exchange.ok:
            refused_as(exchange, statuses(rule, exchange.call.operation), "the others")
    if subject.observable:
        trial.look(won[0])
    movable = rule.name not in subject.bound_on_update
    for updater in (one for one in subject.updaters if movable and rule.name in subject.taken(one.operation)):
        schema = subject.taken(updater.operation)[rule.name]
        trial.update(updater, won[0], {rule.name: trial.session.fresh.value(schema)})
        again, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, body))
        accepted(again, "the name to be free once the one that won it was renamed: losers leave nothing")
        break


def _freed_by_delete(trial: Trial, subject: Subject, rule: Unique) -> None:
    first = made(trial, subject, rule)
    exchange = trial.delete(first)
    if not exchange.ok:
        raise NotExercised(f"a delete was refused: {exchange.told(80)}")
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, first.sent))
    accepted(exchange, f"the {rule.name} that a deleted document had")


# On update


def _updates(session: Session, subject: Subject, rule: Unique, updater: Updater) -> Plan:
    name, creator = rule.name, subject.creators[0]
    taken, near = f"a rename to a taken {name} is refused", f"a rename to a new {name} is accepted"
    about = ids(updater.operation)
    for pair in pairs(session, subject, rule, creator):
        of: dict[str, Any] = {"subject": subject, "rule": rule, "updater": updater, "pair": pair}
        if pair.equal:
            yield Case(rule.id, taken, partial(_taken_on_update, **of), pair.what, about)
            yield Case(rule.id, f"a rename to its own {name} is accepted", partial(_own_name, **of), pair.what, about)
        else:
            yield Case(rule.id, near, partial(_free_on_update, **of), pair.what, about)
            yield Case(rule.id, near, partial(_own_name, **of), "of its own: " + pair.what, about)
    lives: tuple[tuple[str, str, Callable[..., None]], ...] = (
        (f"a {name} is free once its document was renamed", "", _freed_by_rename),
        (f"a {name} is taken once a document was renamed to it", "", _taken_by_rename),
        (f"an update that leaves out the {name} keeps it", "", _kept_when_left_out),
        (f"a refused rename keeps the old {name} taken", "", _kept_when_refused),
        (f"one of many renames at once gets the {name}", "", _rename_race),
    )
    for promise, what, run in lives:
        yield Case(rule.id, promise, partial(run, subject=subject, rule=rule, updater=updater), what, about)
    promise = f"{updater.operation} refused by a rule changes nothing"
    run = partial(_trace_of_taken, subject=subject, rule=rule, updater=updater)
    yield Case(Names.refused_leaves_no_trace, promise, run, f"a taken {name}", about)
    for state, value in subject.states(updater.operation) if not rule.where else ():
        run = partial(_taken_beside_changed, subject=subject, rule=rule, updater=updater, state={state: value})
        yield Case(
            rule.id, f"a taken {name} is refused on create", run, f"beside one changed to {state} {value!r}", about
        )


def _trace_of_taken(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    first = made(trial, subject, rule)
    refused_update(trial, subject, updater, {rule.name: first.sent[rule.name]})
    if subject.observable and trial.look(first) != first.shown:
        raise Broken("the document that has the name to stay as it was", "it changed")


def _rename(updater: Updater, rule: Unique) -> set[int]:
    return {rule.status_among(updater.operation.statuses)}


def _taken_on_update(trial: Trial, subject: Subject, rule: Unique, updater: Updater, pair: Pair) -> None:
    one, other = pair.mint()
    made(trial, subject, rule, **{rule.name: one})
    second = made(trial, subject, rule)
    own = second.sent[rule.name]
    exchange = trial.try_update(updater, second, {rule.name: other})
    refused_as(exchange, _rename(updater, rule), f"a rename of {own!r} to {other!r} beside {one!r}")


def _free_on_update(trial: Trial, subject: Subject, rule: Unique, updater: Updater, pair: Pair) -> None:
    one, other = pair.mint()
    made(trial, subject, rule, **{rule.name: one})
    second = made(trial, subject, rule)
    exchange = trial.try_update(updater, second, {rule.name: other})
    accepted(exchange, f"a rename to {other!r} beside {one!r}")


def _own_name(trial: Trial, subject: Subject, rule: Unique, updater: Updater, pair: Pair) -> None:
    one, other = pair.mint()
    document = made(trial, subject, rule, **{rule.name: one})
    accepted(trial.try_update(updater, document, {rule.name: other}), f"a rename of {one!r} to {other!r}")


def _freed_by_rename(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    first = made(trial, subject, rule)
    trial.update(updater, first, {rule.name: trial.session.fresh.value(subject.taken(updater.operation)[rule.name])})
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, first.sent))
    accepted(exchange, f"the {rule.name} that a renamed document had")


def _taken_by_rename(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    first = made(trial, subject, rule)
    name = trial.session.fresh.value(subject.taken(updater.operation)[rule.name])
    trial.update(updater, first, {rule.name: name})
    exchange, _ = trial.try_create(subject, trial.user, {**alike(trial, subject, rule, first.sent), rule.name: name})
    refused_as(exchange, statuses(rule, exchange.call.operation), f"the {rule.name} that a document was renamed to")


def _kept_when_left_out(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    if not updater.partial:
        raise NotExercised(f"{updater.operation} asks for the whole document")
    first = made(trial, subject, rule)
    trial.update_without(rule.name, updater, first)
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, first.sent))
    refused_as(exchange, statuses(rule, exchange.call.operation), f"a second {rule.name} beside an updated document")


def _kept_when_refused(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    first, second = made(trial, subject, rule), made(trial, subject, rule)
    exchange = trial.try_update(updater, second, {rule.name: first.sent[rule.name]})
    refused_as(exchange, _rename(updater, rule), f"a rename to a taken {rule.name}")
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, second.sent))
    refused_as(exchange, statuses(rule, exchange.call.operation), f"the {rule.name} of a document that kept it")


def _rename_race(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    documents = [made(trial, subject, rule) for _ in range(CLIENTS)]
    name = trial.session.fresh.value(subject.taken(updater.operation)[rule.name])
    calls = [trial.update_call(updater, one, {rule.name: name}) for one in documents]
    exchanges = trial.volley(calls)
    won = sum(1 for exchange in exchanges if exchange.ok)
    if won != 1:
        raise Broken(f"one of {CLIENTS} renames at once to be accepted", f"{won} were")


def _taken_beside_changed(
    trial: Trial, subject: Subject, rule: Unique, updater: Updater, state: dict[str, Any]
) -> None:
    first = made(trial, subject, rule)
    trial.update(updater, first, state)
    exchange, _ = trial.try_create(subject, trial.user, alike(trial, subject, rule, first.sent))
    refused_as(exchange, statuses(rule, exchange.call.operation), f"a second {rule.name} beside one changed to {state}")
