"""Limits: as many documents as there may be are taken, one more is refused, and one that is gone leaves room."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from specdouble.contract.rule import PropertyRule, ScopeRule
from specdouble.rules.limit.rule import REACHABLE, Limit
from specdouble.verify.attack import Attack
from specdouble.verify.bulk import Bulk, bulks
from specdouble.verify.case import Case, Missing, Names, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import User
from specdouble.verify.places import is_out_of_sight
from specdouble.verify.problem import Broken, Interruption, Moved, NotExercised
from specdouble.verify.register import Created
from specdouble.verify.sender import CLIENTS
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as

Scope = tuple[str, ...]


def plan(session: Session, subject: Subject, rule: Limit) -> Plan:
    """The cases of one rule."""
    if not subject.creators:
        yield Missing(rule.id, f"no operation creates documents of {subject.collection}")
        return
    if rule.most > REACHABLE:
        yield Missing(rule.id, f"{rule.most} documents are more than the {REACHABLE} that are made to reach a limit")
        return
    about = ids(*subject.creators[:1])
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    yield Case(rule.id, f"no more than {rule.most} are accepted", partial(_one_more, **of), "", about, decisive=True)
    yield Case(rule.id, "one of many creates at once gets the last place", partial(_race, **of), "", about)
    if subject.reachable:
        yield Case(rule.id, "documents in any state count", partial(_in_any_state, **of), "", about)
    if subject.deleters:
        yield Case(rule.id, "a document that was deleted leaves room", partial(_freed, **of), "", about)
    yield from _of_two(session, subject, rule)
    yield from _moves(subject, rule)
    for bulk in (one for one in bulks(session, subject) if one.is_whole):
        run = partial(_together, subject=subject, rule=rule, bulk=bulk)
        promise = f"{bulk.operation} creates no more than there is room for"
        yield Case(rule.id, promise, run, "", ids(bulk.operation), decisive=True)


def _of_two(session: Session, subject: Subject, rule: Limit) -> Plan:
    """The cases of two users, who share a scope or have one each."""
    about = ids(*subject.creators[:1])
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    for one, other in session.crowd.pairs(subject.creators[0]):
        whom = f"{other.name}'s beside {one.name}'s"
        if _share(session, subject, rule, one, other):
            yield Case(rule.id, "all of the scope share the limit", partial(_shared, **of, one=one, other=other),
                       whom, about)  # fmt: skip
        elif subject.resource.owner in rule.per or subject.resource.tenant in rule.per:
            yield Case(rule.id, "another scope has a limit of its own", partial(_elsewhere, **of, one=one, other=other),
                       whom, about)  # fmt: skip


def _share(session: Session, subject: Subject, rule: Limit, one: User, other: User) -> bool:
    """Whether documents of both users are counted together, in a scope that both of them see."""
    if subject.resource.owner in rule.per:
        return False
    near = one.tenant is not None and one.tenant == other.tenant
    if subject.resource.tenant in rule.per and not near:
        return False
    if is_out_of_sight(session, subject, one, other):
        return False
    per = [each.refers_to for each in subject.resource.of(PropertyRule) if each.refers_to and each.name in rule.per]
    scopes = [each for target in per for each in session.subjects[target].resource.of(ScopeRule)]
    hiding = [each for each in scopes if not each.is_opened]
    return all(near and each.name == session.subjects[each.collection].resource.tenant for each in hiding)


def _moves(subject: Subject, rule: Limit) -> Plan:
    """The cases of changes that take a document into a scope that is full."""
    for updater in subject.updaters:
        for other, attack in subject.attacks:
            if other.name in rule.per and attack.another and other.name in subject.requested(updater.operation):
                run = partial(_moved, subject=subject, rule=rule, updater=updater, name=other.name,
                              another=partial(attack.another, rule=other))  # fmt: skip
                promise = "a change brings no document where there is no room"
                yield Case(rule.id, promise, run, other.name, ids(updater.operation))


# What a scope holds


def scope_of(session: Shared, subject: Subject, rule: Limit, call: Call, shown: Mapping[str, Any]) -> Scope:
    """What the documents share that are counted with the one that a request creates."""
    user = session.crowd.users.get(call.user or "")
    known = {**_written(subject, call), **shown}
    if subject.resource.owner:
        known[subject.resource.owner] = call.user
    if subject.resource.tenant:
        known[subject.resource.tenant] = user.tenant if user else None
    return tuple(str(known.get(name)) for name in rule.per)


def _written(subject: Subject, call: Call) -> dict[str, Any]:
    """What a request writes into a new document, by its body and by its path."""
    placed = {name: call.path[one] for one, name in subject.action(call.operation).scope if one in call.path}
    return {**subject.unwrapped(call), **placed}


def _with(subject: Subject, call: Call, name: str, value: Any) -> Call:
    """The request with another value of a property, wherever it is written."""
    sent = subject.unwrapped(call)
    body = subject.wrapped(call.operation, {**sent, name: value}) if name in sent else call.body
    path = {one: value for one, held in subject.action(call.operation).scope if held == name}
    return replace(call, path={**call.path, **path}, body=body)


def mine(session: Shared, subject: Subject, rule: Limit, scope: Scope) -> list[Created]:
    """What this run created in the scope and did not delete, the oldest first."""
    found = []
    for made in session.ledger.created:
        if made.kind != subject.collection:
            continue
        origin = session.referents.made.get(made.name)
        call = origin.call if origin else Call(made.by, made.user, path=made.parents)
        shown = origin.shown(subject.action(call.operation)) if origin else None
        if scope_of(session, subject, rule, call, shown if isinstance(shown, dict) else {}) == scope:
            found.append(made)
    return found


def _is_countable(subject: Subject, rule: Limit) -> bool:
    """Whether a list shows all documents that are counted together."""
    if not subject.listers or subject.narrowing(subject.listers[0]):
        return False
    below = {name for _, name in subject.action(subject.listers[0]).scope}
    return below <= {*rule.per} and rule.is_seen_whole(subject.resource)


def _is_own(session: Shared, subject: Subject, rule: Limit, scope: Scope) -> bool:
    """Whether what is counted together belongs to a document that this run created: nobody else knows of it."""
    above = {each.name: each.refers_to for each in subject.resource.of(PropertyRule) if each.refers_to}
    named = ((above[name], key) for name, key in zip(rule.per, scope, strict=True) if name in above)
    return any(session.ledger.owned(collection, key) is not None for collection, key in named)


def others(session: Shared, subject: Subject, rule: Limit, call: Call, scope: Scope) -> int | None:
    """How many documents of the scope this run did not create; None where no list shows all that are counted."""
    if _is_own(session, subject, rule, scope):
        return 0
    if not _is_countable(subject, rule):
        return None
    user = session.crowd.users.get(call.user or "", session.crowd.first)
    try:
        listed = Trial(session).listed(subject, user, {"path": dict(call.path)})
    except Interruption:  # what is wrong with a list is another check's matter
        return None
    held = {subject.resource.owner, subject.resource.tenant}
    wanted = {name: value for name, value in zip(rule.per, scope, strict=True) if name not in held}
    strange = [one for one in listed if session.ledger.owned(subject.collection, one.get(subject.key)) is None]
    return sum(all(str(one.get(name)) == value for name, value in wanted.items()) for one in strange)


def room(trial: Trial, subject: Subject, rule: Limit, call: Call) -> None:
    """Delete what earlier cases made in the scope, the oldest first, until there is room for one more."""
    session = trial.session
    scope = scope_of(session, subject, rule, call, {})
    key = (rule.id, scope)
    if key not in session.others:
        counted = others(session, subject, rule, call, scope)
        # Where no list shows them, half of the room is left to others.
        session.others[key] = rule.most // 2 if counted is None else counted
    there = mine(session, subject, rule, scope)
    surplus = len(there) + session.others[key] + 1 - rule.most
    for made in there:
        if surplus <= 0:
            return
        if (
            made.name in session.ledger.recent
            or made.name in session.kept_by_server
            or session.referents.holds(made.id)
        ):
            continue
        deletion = session.deletion(made)
        if deletion is not None and session.client.send(deletion).ok:
            surplus -= 1
        else:
            session.kept_by_server.add(made.name)  # each create would ask for it once more
    if surplus <= 0:
        return
    reason = f"it takes more documents than {rule.id} leaves room for: {rule}"
    is_crowded_by_others = any(made.name not in session.ledger.recent for made in there)
    if is_crowded_by_others and session.referents.leave(scope) and session.referents.is_amid_case:
        raise Moved(reason)  # below a new parent there is room for all that the case makes
    raise NotExercised(reason)


# The cases


def _again(trial: Trial, subject: Subject, rule: Limit, user: User, like: Call | None = None) -> Call:
    """A request that creates another document, in the scope of a request before."""
    operation = trial.creator(subject)
    body, taken = trial.body(subject, operation, user), subject.requested(operation)
    for name in (one for one in rule.per if one in taken and one not in body):  # it need not be sent, but can be
        body[name] = trial.session.bodies.value(subject, name, taken[name], user)
    call = trial.create_call(subject, user, body, room=False)
    written = _written(subject, like) if like is not None else {}
    for name in (one for one in rule.per if one in written):
        call = _with(subject, call, name, written[name])
    return call


def _send(trial: Trial, subject: Subject, user: User, call: Call) -> tuple[Exchange, Document | None]:
    exchange = trial.send(
        call.operation, user, path=call.path, query=call.query, headers=call.headers, body=call.body
    )  # fmt: skip
    return exchange, trial.adopt(subject, user, exchange)


def _statuses(rule: Limit, call: Call) -> set[int]:
    return {rule.status_among(call.operation.statuses)}


def _filled(trial: Trial, subject: Subject, rule: Limit, user: User, leaving: int = 0) -> Call:
    """Fill a scope but for so many places; the request that would create one document more in it.

    Raises:
        Broken: a document was refused though there was room.
        NotExercised: it cannot be filled, or is full already.
    """
    session = trial.session
    session.referents.end_case()  # it is to be full: nobody is to be sent elsewhere for that
    call = _again(trial, subject, rule, user)
    scope = scope_of(session, subject, rule, call, {})
    if session.referents.leave(scope):
        call = _again(trial, subject, rule, user)  # below a parent of its own: nothing of other cases is deleted
        scope = scope_of(session, subject, rule, call, {})
    strange = others(session, subject, rule, call, scope)
    if strange is not None:
        session.others[rule.id, scope] = strange  # others may have come and gone since they were counted
    there = len(mine(session, subject, rule, scope)) + (strange or 0)
    if there > rule.most - leaving:
        room(trial, subject, rule, call)
        # What `room` leaves to others where no list shows them is a guess: it has room still, until one is refused.
        there = len(mine(session, subject, rule, scope)) + (strange or 0)
    while there < rule.most - leaving:
        exchange, document = _send(trial, subject, user, call)
        if document is None and strange is not None:
            raise Broken(f"document {there + 1} of the {rule.most} that there may be to be accepted",
                         f"the server answered {exchange.told()}")  # fmt: skip
        known = mine(session, subject, rule, scope)
        if document is None and exchange.status in _statuses(rule, call) and known:
            session.others[rule.id, scope] = rule.most - len(known)  # it is full of documents that no list shows
            return call
        if document is None:
            raise NotExercised(f"a document that there is room for was refused: {exchange.told(80)}")
        there += 1
        call = _again(trial, subject, rule, user, call)
    return call


def _refused(trial: Trial, subject: Subject, rule: Limit, user: User, call: Call) -> None:
    """Hold that one document more is refused."""
    exchange, _ = _send(trial, subject, user, call)
    refused_as(exchange, _statuses(rule, call), f"one more than {rule.most} documents")


def _one_more(trial: Trial, subject: Subject, rule: Limit) -> None:
    call = _filled(trial, subject, rule, trial.user)
    _refused(trial, subject, rule, trial.user, call)
    scope = scope_of(trial.session, subject, rule, call, {})
    if not mine(trial.session, subject, rule, scope):
        raise NotExercised("the scope is full of documents that this run did not make: a refusal shows nothing")


def _in_any_state(trial: Trial, subject: Subject, rule: Limit) -> None:
    """Documents that are cancelled, or done, are still there."""
    call = _filled(trial, subject, rule, trial.user)
    _refused(trial, subject, rule, trial.user, call)
    movable = [one for one in trial.made if one.subject.collection == subject.collection]
    for document, state in zip(movable, subject.reachable, strict=False):
        with suppress(NotExercised):
            state.bring(trial, document)
    _refused(trial, subject, rule, trial.user, _again(trial, subject, rule, trial.user, call))


def _freed(trial: Trial, subject: Subject, rule: Limit) -> None:
    call = _filled(trial, subject, rule, trial.user)
    _delete_one(trial, subject, rule, call)
    exchange, _ = _send(trial, subject, trial.user, call)
    accepted(exchange, "a document in the place of one that was deleted")
    _refused(trial, subject, rule, trial.user, _again(trial, subject, rule, trial.user, call))


def _delete_one(trial: Trial, subject: Subject, rule: Limit, call: Call) -> None:
    session = trial.session
    for made in reversed(mine(session, subject, rule, scope_of(session, subject, rule, call, {}))):
        deletion = None if session.referents.holds(made.id) else session.deletion(made)
        if deletion is not None and trial.resend(deletion).ok:
            return
    raise NotExercised("no document of the scope could be deleted")


def _race(trial: Trial, subject: Subject, rule: Limit) -> None:
    call = _filled(trial, subject, rule, trial.user, leaving=1)
    calls = [call, *(_again(trial, subject, rule, trial.user, call) for _ in range(CLIENTS - 1))]
    exchanges = trial.volley(calls)
    won = [one for one in exchanges if trial.adopt(subject, trial.user, one) is not None]
    scope = scope_of(trial.session, subject, rule, call, {})
    is_known = others(trial.session, subject, rule, call, scope) is not None
    if len(won) > 1 or (not won and is_known):
        raise Broken(f"one of {CLIENTS} creates at once to be accepted, for the last place", f"{len(won)} were")


def _shared(trial: Trial, subject: Subject, rule: Limit, one: User, other: User) -> None:
    call = _filled(trial, subject, rule, one)
    exchange, _ = _send(trial, subject, other, _again(trial, subject, rule, other, call))
    refused_as(exchange, _statuses(rule, call), f"{other.name}'s document beside {rule.most} of {one.name}'s")


def _elsewhere(trial: Trial, subject: Subject, rule: Limit, one: User, other: User) -> None:
    _filled(trial, subject, rule, one)
    exchange, _ = trial.try_create(subject, other, trial.body(subject, trial.creator(subject), other))
    accepted(exchange, f"{other.name}'s document beside {rule.most} of {one.name}'s")


def _moved(trial: Trial, subject: Subject, rule: Limit, updater: Updater, name: str, another: Any) -> None:
    call = _filled(trial, subject, rule, trial.user)
    full = _written(subject, call)[name]
    elsewhere = _with(subject, _again(trial, subject, rule, trial.user), name, another(trial))
    _, document = _send(trial, subject, trial.user, elsewhere)
    if document is None:
        raise NotExercised(f"a document with another {name} was refused")
    exchange = trial.try_update(updater, document, {name: full})
    refused_as(
        exchange, {rule.status_among(updater.operation.statuses)}, f"a change to the {name} of {rule.most} others"
    )


def _together(trial: Trial, subject: Subject, rule: Limit, bulk: Bulk) -> None:
    """Of two at once for the last place, none is there: one alone is taken after that."""
    if bulk.least > 1 or rule.most < 2:
        raise NotExercised("as many documents as it takes at the least are more than there may be")
    call = _filled(trial, subject, rule, trial.user, leaving=2)
    place = bulk.at(trial.session, trial.user, call.path)
    accepted(bulk.send(trial, place, [subject.unwrapped(call)]), "a document that there is room for")
    calls = [_again(trial, subject, rule, trial.user, call) for _ in range(2)]
    exchange = bulk.send(trial, place, [subject.unwrapped(one) for one in calls])
    refused_as(exchange, _statuses(rule, exchange.call), f"two documents beside {rule.most - 1} of {rule.most}")
    last, _ = _send(trial, subject, trial.user, _again(trial, subject, rule, trial.user, call))
    accepted(last, "a document in the place that a refused create of two has left", Names.refused_leaves_no_trace)


ATTACK = Attack(plan, room=room, most=lambda rule: rule.most)
