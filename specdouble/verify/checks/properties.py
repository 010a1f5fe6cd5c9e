"""Read-only, immutable, default and transition rules."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Any

from specdouble.contract import Default, Immutable, ReadOnly, Transitions
from specdouble.verify.bodies import same, shown
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Document, Trial, accepted, refused_as
from specdouble.verify.values import merged, plausible
from specdouble.verify.world import World


def _view(trial: Trial, document: Document) -> dict[str, Any]:
    return trial.look(document) if document.subject.observable else document.shown


def plan_read_only(world: World, subject: Subject, rule: ReadOnly) -> Plan:
    """The cases of a read-only property."""
    if not subject.creators and not subject.updaters:
        yield Missing(rule.id, f"no operation writes documents of {subject.collection}")
        return
    created = f"a client's {rule.name} has no effect on create"
    held = rule.name in (subject.resource.owner, subject.resource.tenant) and len(world.crowd) > 1
    for what in ("plausible", "null", "of another type", *(["another user's"] if held else [])):
        if subject.creators:
            run = partial(_client_value, subject=subject, rule=rule, updater=None, what=what)
            yield Case(rule.id, created, run, what, ids(subject.creators[0]))
        for updater in subject.updaters:
            run = partial(_client_value, subject=subject, rule=rule, updater=updater, what=what)
            promise = f"a client's {rule.name} has no effect on update"
            yield Case(rule.id, promise, run, what, ids(updater.operation))


def _sent_value(trial: Trial, subject: Subject, rule: ReadOnly, what: str, own: Any) -> Any:
    schema = subject.resource.properties[rule.name]
    if what == "null":
        return None
    if what == "of another type":
        return 17 if not isinstance(own, int) else "seventeen"
    if what == "another user's":
        others = [user for user in trial.world.crowd if user is not trial.world.crowd.users.get(trial.user.name)]
        for user in others:
            value = user.id if rule.name == subject.resource.owner else user.tenant
            if rule.name in (subject.resource.owner, subject.resource.tenant) and value and value != own:
                return value
        raise NotExercised("no other user's value is known")
    if isinstance(own, str) and len(own) == 24 and all(char in "0123456789abcdef" for char in own):
        return own[::-1] if own[::-1] != own else "0" * 24
    if "x-timestamp" in schema:
        return "2001-02-03T04:05:06.789Z"
    return plausible({key: one for key, one in schema.items() if key != "readOnly"}, trial.contract.resolve, "client")


def _client_value(trial: Trial, subject: Subject, rule: ReadOnly, updater: Updater | None, what: str) -> None:
    model = trial.create(subject)
    value = _sent_value(trial, subject, rule, what, model.shown.get(rule.name))
    if updater is None:
        body = {**trial.body(subject, trial.creator(subject), trial.user), rule.name: value}
        exchange, document = trial.try_create(subject, trial.user, body)
        before = None
    else:
        document, before = model, _view(trial, model).get(rule.name)
        exchange = trial.try_update(updater, model, {**_harmless(subject, updater, model), rule.name: value})
    if not exchange.ok:
        _unless_others_are_refused(trial, subject, updater, model)
        accepted(exchange, f"a request with {rule.name} {shown(value)}, which the server sets,")
    assert document is not None
    for where in ("the answer", "a read"):
        seen = document.shown if where == "the answer" else _view(trial, document)
        if rule.name in seen and seen[rule.name] == value and value is not None:
            raise Broken(f"{rule.name} to be set by the server alone", f"{where} shows the client's {shown(value)}")
        stays = before is not None and "x-timestamp" not in subject.resource.properties[rule.name]
        if stays and seen.get(rule.name) != before:
            raise Broken(f"{rule.name} to stay {shown(before)}", f"{where} shows {shown(seen.get(rule.name))}")


def _harmless(subject: Subject, updater: Updater, model: Document) -> dict[str, Any]:
    """What the operation asks for, as it is."""
    return {name: model.sent[name] for name in subject.required(updater.operation) if name in model.sent}


def _unless_others_are_refused(trial: Trial, subject: Subject, updater: Updater | None, model: Document) -> None:
    """Not exercised where any property that the schema does not name is refused."""
    extra = {"specdoubleProbe": "extra"}
    if updater is None:
        exchange, _ = trial.try_create(
            subject, trial.user, {**trial.body(subject, trial.creator(subject), trial.user), **extra}
        )
    else:
        exchange = trial.try_update(updater, model, {**_harmless(subject, updater, model), **extra})
    if not exchange.ok:
        raise NotExercised("properties that the schema does not name are refused, whichever they are")


def plan_default(_world: World, subject: Subject, rule: Default) -> Plan:
    """The cases of a default."""
    about = ids(subject.creators[0])
    if rule.name in subject.required(subject.creators[0]):
        yield Missing(rule.id, f"{rule.name} is required: the default is never filled in")
        return
    promise = f"{rule.name} is {rule.value!r} where it is not sent"
    yield Case(rule.id, promise, partial(_left_out, subject=subject, rule=rule, full=False), "minimal", about)
    yield Case(rule.id, promise, partial(_left_out, subject=subject, rule=rule, full=True), "all else sent", about)
    run = partial(_sent, subject=subject, rule=rule)
    yield Case(rule.id, f"a {rule.name} that is sent wins over its default", run, "", about)


def _left_out(trial: Trial, subject: Subject, rule: Default, full: bool) -> None:
    document = trial.create(subject, full=full, drop=(rule.name,))
    for where, seen in (("the answer", document.shown), ("a read", _view(trial, document))):
        if rule.name not in seen or not same(rule.value, seen[rule.name]):
            told = shown(seen[rule.name]) if rule.name in seen else "none"
            raise Broken(f"{rule.name} to be {shown(rule.value)}", f"{where} shows {told}")


def _sent(trial: Trial, subject: Subject, rule: Default) -> None:
    schema = subject.requested(subject.creators[0])[rule.name]
    value = plausible(schema, trial.contract.resolve, trial.world.word())
    document = trial.create(subject, **{rule.name: value})
    for where, seen in (("the answer", document.shown), ("a read", _view(trial, document))):
        if same(rule.value, seen.get(rule.name)) and not same(value, rule.value):
            expected = f"{rule.name} to be {shown(value)}, as sent"
            raise Broken(expected, f"{where} shows {shown(seen.get(rule.name))}")


def plan_immutable(_world: World, subject: Subject, rule: Immutable) -> Plan:
    """The cases of an immutable property."""
    updaters = [one for one in subject.updaters if rule.name in subject.requested(one.operation)]
    updaters = updaters or [one for one in subject.updaters if subject.is_open(one.operation)]
    if not subject.creators or not updaters:
        yield Missing(rule.id, f"no operation changes documents of {subject.collection}")
        return
    for updater in updaters:
        about = ids(updater.operation)
        of: dict[str, Any] = {"subject": subject, "rule": rule, "updater": updater}
        yield Case(rule.id, f"another {rule.name} is refused on update", partial(_changed, **of), "", about)
        yield Case(rule.id, f"the same {rule.name} is accepted on update", partial(_unchanged, **of), "", about)


def _value_of(trial: Trial, subject: Subject, rule: Any, other_than: Any = ...) -> Any:
    schema = subject.requested(subject.creators[0]).get(rule.name) or subject.resource.properties[rule.name]
    if any(one.name == rule.name for one in subject.references):
        return trial.create(trial.world.subjects[next(r.target for r in subject.references if r.name == rule.name)]).id
    if any(one.name == rule.name for one in subject.unique):
        return trial.world.fresh_value(schema)
    options = merged(schema, trial.contract.resolve).get("enum") or []
    value = next((one for one in options if one != other_than), None)
    return (
        value
        if value is not None
        else _varied(plausible(schema, trial.contract.resolve, trial.world.word()), other_than)
    )


def _varied(value: Any, other_than: Any) -> Any:
    if value != other_than:
        return value
    if isinstance(value, bool):
        return not value
    return value + 1 if isinstance(value, int | float) else f"{value}x"


def _changed(trial: Trial, subject: Subject, rule: Immutable, updater: Updater) -> None:
    document = trial.create(subject, full=True)
    before = _view(trial, document)
    value = _value_of(trial, subject, rule, before.get(rule.name))
    exchange = trial.try_update(updater, document, {rule.name: value})
    status = rule.status_among(updater.operation.statuses)
    refused_as(exchange, {status}, f"a change of {rule.name} from {before.get(rule.name)!r} to {value!r}")
    if _view(trial, document) != before:
        raise Broken("a refused update to change nothing", "the document changed", "refused_leaves_no_trace")


def _unchanged(trial: Trial, subject: Subject, rule: Immutable, updater: Updater) -> None:
    document = trial.create(subject, full=True)
    own = _view(trial, document).get(rule.name)
    accepted(trial.try_update(updater, document, {rule.name: own}), f"an update with the same {rule.name}")


def plan_transitions(world: World, subject: Subject, rule: Transitions) -> Plan:
    """The cases of a lifecycle: every move, allowed or not."""
    updaters = [one for one in subject.updaters if rule.name in subject.requested(one.operation)]
    if not subject.creators or not updaters:
        yield Missing(rule.id, f"no operation changes {rule.name}")
        return
    values = merged(subject.resource.properties[rule.name], world.contract.resolve).get("enum") or list(rule.moves)
    for updater in updaters:
        about = ids(updater.operation)
        for before in values:
            for after in values:
                allowed = rule.allows(before, after)
                promise = f"an allowed move of {rule.name} is accepted" if allowed else f"no other move of {rule.name}"
                of: dict[str, Any] = {
                    "subject": subject,
                    "rule": rule,
                    "updater": updater,
                    "before": before,
                    "after": after,
                }
                yield Case(rule.id, promise, partial(_move, **of), f"{before} to {after}", about)


def _reach(trial: Trial, subject: Subject, rule: Transitions, updater: Updater, state: Any) -> Document:
    """A document in that state, by allowed moves."""
    takes = rule.name in subject.requested(subject.creators[0])
    if takes:
        body = {**trial.body(subject, trial.creator(subject), trial.user), rule.name: state}
        _, document = trial.try_create(subject, trial.user, body)
        if document is not None and document.shown.get(rule.name, state) == state:
            return document
    document = trial.create(subject)
    start = document.shown.get(rule.name)
    for step in _way(rule, start, state):
        trial.update(updater, document, {rule.name: step})
    return document


def _way(rule: Transitions, start: Any, goal: Any) -> list[Any]:
    ways: deque[list[Any]] = deque([[start]])
    seen = {start}
    while ways:
        way = ways.popleft()
        if way[-1] == goal:
            return way[1:]
        for after in rule.moves.get(way[-1], ()):
            if after not in seen:
                seen.add(after)
                ways.append([*way, after])
    raise NotExercised(f"no allowed moves lead from {start} to {goal}")


def _move(trial: Trial, subject: Subject, rule: Transitions, updater: Updater, before: Any, after: Any) -> None:
    document = _reach(trial, subject, rule, updater, before)
    exchange = trial.try_update(updater, document, {rule.name: after})
    if rule.allows(before, after):
        accepted(exchange, f"the move of {rule.name} from {before!r} to {after!r}")
        wanted = after
    else:
        status = rule.status_among(updater.operation.statuses)
        refused_as(exchange, {status}, f"the move of {rule.name} from {before!r} to {after!r}")
        wanted = before
    if subject.observable and trial.look(document).get(rule.name) != wanted:
        raise Broken(f"{rule.name} to be {wanted!r} then", f"a read shows {trial.look(document).get(rule.name)!r}")
