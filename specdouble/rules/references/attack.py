"""References: only ids of documents that exist for the caller are taken, and a refusal stores nothing."""

from __future__ import annotations

from functools import partial
from typing import Any

from specdouble.rules.references.rule import References
from specdouble.verify.attack import Attack
from specdouble.verify.case import Case, Missing, Names, Plan, ids
from specdouble.verify.checks.refusals import leaves_nothing, marked_body, refused_update
from specdouble.verify.identity import User
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as, views
from specdouble.verify.values import kind, merged, unlike

NOT_FOUND = 404
FAR = 2**53 - 1  # a number that no document has yet; the last that JSON's numbers hold for sure (RFC 8259, 6)


def plan(session: Session, subject: Subject, rule: References) -> Plan:
    """The cases of one rule."""
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
    if target.resource.owner and len(session.crowd) < 2:
        yield Missing(rule.id, "another's: needs a second user in the settings")


def _of_writer(session: Session, subject: Subject, rule: References, target: Subject, writer: Updater | None) -> Plan:
    operation = writer.operation if writer else subject.creators[0]
    on, about = "update" if writer else "create", ids(operation)
    refused, taken = f"{rule.name} of no document is refused on {on}", f"{rule.name} of a document is accepted on {on}"
    of: dict[str, Any] = {"subject": subject, "rule": rule, "writer": writer}
    yield Case(rule.id, taken, partial(_existing, **of), "", about)
    for what, pick in _unknown().items():
        yield Case(rule.id, refused, partial(_refused, **of, pick=pick), what, about, decisive=True)
    if target.creators:
        yield Case(rule.id, taken, partial(_new, **of, target=target), "one just created", about)
        for name, value in target.states(target.creators[0]):
            run = partial(_in_state, **of, target=target, state={name: value})
            yield Case(rule.id, taken, run, f"one of {name} {value!r}", about)
        pairs = session.crowd.pairs() if target.resource.owner else session.crowd.foreigners()
        for one, other in pairs if target.resource.owner or target.resource.tenant else ():
            run = partial(_anothers, **of, one=one, other=other)
            promise = f"{rule.name} of another's document is refused on {on}"
            yield Case(rule.id, promise, run, f"{other.name}'s, by {one.name}", about)
        if target.deleters:
            promise = f"{rule.name} of a deleted document is refused on {on}"
            yield Case(rule.id, promise, partial(_deleted, **of, target=target), "", about)
    if writer is not None:
        promise = f"{operation} refused by a rule changes nothing"
        run = partial(refused_update, subject=subject, updater=writer, changes={rule.name: "0" * 24})
        yield Case(Names.refused_leaves_no_trace, promise, run, f"an unknown {rule.name}", about)
    if writer is not None and writer.partial:
        yield Case(rule.id, f"an update without {rule.name} is accepted", partial(_left_out, **of), "", about)


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
    known = trial.session.reference(rule.target, trial.user)
    _refused_below(trial, subject, rule, parent, unlike(known) if isinstance(known, str) else FAR)


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


def _unknown() -> dict[str, Any]:
    """Ways to an id of no document, from the id of one."""
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


def _other_last(known: Any) -> Any:
    return known[:-1] + ("0" if known[-1:] != "0" else "1") if isinstance(known, str) else known + 987_654


def _turned(known: Any) -> Any:
    return known[::-1] if isinstance(known, str) and known[::-1] != known else _other_last(known)


def _filled(known: Any, char: str) -> Any:
    return "".join(char if one.isalnum() else one for one in known) if isinstance(known, str) else 0


def _wrapped(subject: Subject, rule: References, writer: Updater | None, value: Any) -> Any:
    operation = writer.operation if writer else subject.creators[0]
    schema = merged(subject.requested(operation)[rule.name], subject.contract.resolve)
    return [value] if kind(schema) == "array" else value


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
    known = trial.session.reference(rule.target, trial.user)
    value = pick(known)
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


def _existing(trial: Trial, subject: Subject, rule: References, writer: Updater | None) -> None:
    known = trial.session.reference(rule.target, trial.user)
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    accepted(exchange, f"{rule.name} {known!r}, the id of a document,")


def _new(trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject) -> None:
    known = trial.create(target).id
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    accepted(exchange, f"{rule.name} {known!r}, the id of a new document,")


def _in_state(
    trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject, state: dict[str, Any]
) -> None:
    known = trial.create(target, **state).id
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    accepted(exchange, f"{rule.name} {known!r}, the id of a document with {state},")


def _anothers(trial: Trial, subject: Subject, rule: References, writer: Updater | None, one: User, other: User) -> None:
    theirs, own = trial.session.reference(rule.target, other), trial.session.reference(rule.target, one)
    exchange, _, _ = _write(trial, subject, rule, writer, own, one)
    if not exchange.ok:
        raise NotExercised(f"{one.name}'s own reference was refused: {exchange.told(80)}")
    exchange, _, _ = _write(trial, subject, rule, writer, theirs, one)
    refused_as(exchange, _statuses(rule, exchange), f"{rule.name} of {other.name}'s document, sent by {one.name},")


def _deleted(trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject) -> None:
    document = trial.create(target)
    if not trial.delete(document).ok:
        raise NotExercised("a delete was refused")
    exchange, _, _ = _write(trial, subject, rule, writer, document.id)
    refused_as(exchange, _statuses(rule, exchange), f"{rule.name} of a deleted document")


def _left_out(trial: Trial, subject: Subject, rule: References, writer: Updater | None) -> None:
    assert writer is not None
    document = trial.create(subject)
    if rule.name in subject.required(writer.operation):
        raise NotExercised(f"{writer.operation} asks for {rule.name}")
    accepted(trial.try_update(writer, document, {}), f"an update without {rule.name}")


def value(session: Session, subject: Subject, rule: References, schema: Any, user: User, like: Any = None) -> Any:  # noqa: ARG001
    """The id of a document that the user may refer to; a list of it where the property holds several."""
    target = session.subjects[rule.target]
    try:
        new = rule.name in subject.once and target.creators
        found = Trial(session).create(target, user).id if new else session.reference(rule.target, user)
    except NotExercised:
        if session.bodies.property_fits(schema, None):
            return None  # the first of a collection that refers to itself refers to nothing
        raise
    return [found] if kind(merged(schema, session.contract.resolve)) == "array" else found


def another(trial: Trial, rule: References) -> Any:
    """The id of a new document."""
    return trial.create(trial.subject(rule.target)).id


ATTACK = Attack(plan, value=value, another=another)
