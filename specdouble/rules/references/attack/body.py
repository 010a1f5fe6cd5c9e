"""References by a body: what names no document that exists for the caller is refused, and stores nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.resource import HIDDEN
from specdouble.contract.rule import ScopeRule
from specdouble.rules.references.attack.names import known_to, named_by, names_of_none, of_none, statuses_of, word_for
from specdouble.rules.references.rule import References
from specdouble.verify.case import Case, Missing, Names, Plan, ids
from specdouble.verify.checks.refusals import leaves_nothing, marked_body, refused_update
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.places import lies_below, parents, under
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.spelling import in_another_case
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as, unless_scarce
from specdouble.verify.values import kind, merged


def plan(session: Session, subject: Subject, rule: References, target: Subject, writer: Updater | None) -> Plan:
    """The cases of a create, or of an update, whose body names the document."""
    operation = writer.operation if writer else subject.creators[0]
    on, about = "update" if writer else "create", ids(operation)
    refused, taken = f"{rule.name} of no document is refused on {on}", f"{rule.name} of a document is accepted on {on}"
    of: dict[str, Any] = {"subject": subject, "rule": rule, "writer": writer}
    yield Case(rule.id, taken, partial(_existing, **of), "", about)
    for what, pick in names_of_none(session, rule).items():
        yield Case(rule.id, refused, partial(_refused, **of, pick=pick), what, about, decisive=True)
    if target.creators:
        yield from _of_made(session, rule, target, of, on, about)
    if writer is not None:
        promise = f"{operation} refused by a rule changes nothing"
        run = partial(refused_update, subject=subject, updater=writer, changes={rule.name: "0" * 24})
        yield Case(Names.refused_leaves_no_trace, promise, run, f"an unknown {rule.name}", about)
    if target.creators and _takes_several(subject, rule, operation):
        promise = f"each of an array of {rule.name} names a document on {on}"
        yield Case(rule.id, promise, partial(_several, **of, target=target), "one of two", about)
    if writer is not None and writer.partial:
        yield Case(rule.id, f"an update without {rule.name} is accepted", partial(_left_out, **of), "", about)


def _of_made(
    session: Session, rule: References, target: Subject, of: dict[str, Any], on: str, about: tuple[str, ...]
) -> Plan:
    """The cases of documents that this run makes, to name them."""
    taken = f"{rule.name} of a document is accepted on {on}"
    yield Case(rule.id, taken, partial(_new, **of, target=target), "one just created", about)
    for name, value in target.states(target.creators[0]):
        run = partial(_in_state, **of, target=target, state={name: value})
        yield Case(rule.id, taken, run, f"one of {name} {value!r}", about)
    if not rule.key and target.readers:
        promise = f"{rule.name} of no document is refused on {on}"
        yield Case(rule.id, promise, partial(_spelled, **of, target=target), "an id in another case", about)
    for one, other in _strangers(session, target):
        run = partial(_anothers, **of, one=one, other=other)
        promise = f"{rule.name} of another's document is {'taken' if rule.of_anyone else 'refused'} on {on}"
        yield Case(rule.id, promise, run, f"{other.name}'s, by {one.name}", about)
    above = _above(session, of["subject"], rule, target)
    if above is not None:
        promise = f"{rule.name} of a document that lies elsewhere is refused on {on}"
        run = partial(_from_elsewhere, **of, target=target, above=above)
        yield Case(rule.id, promise, run, f"below another of {above.collection}", about, decisive=True)
    elif rule.within:
        shared = " and ".join(own.removeprefix(HIDDEN) for own, _ in rule.within)
        yield Missing(rule.id, f"nothing tells how documents of another {shared} are made", decisive=True)
    if target.deleters:
        promise = f"{rule.name} of a deleted document is refused on {on}"
        yield Case(rule.id, promise, partial(_deleted, **of, target=target), "", about)


def _above(session: Session, subject: Subject, rule: References, target: Subject) -> Subject | None:
    """What both documents have to be of, where new ones of it can be made: the parent of both, or what both name."""
    if not rule.within or not subject.creators:
        return None
    for _, parent in reversed(parents(session, subject, subject.creators[0])):
        if parent.creators and lies_below(session, subject, parent) and lies_below(session, target, parent):
            return parent
    for own, theirs in rule.within:
        named = next((one.target for one in subject.resource.of(References) if one.name == own), None)
        is_sent = own in subject.requested(subject.creators[0]) and theirs in target.requested(target.creators[0])
        if named is not None and is_sent and session.subjects[named].creators:
            return session.subjects[named]
    return None


def _made_of(
    trial: Trial, subject: Subject, above: Document, holder: str, user: User, **changes: Any
) -> tuple[Exchange, Document | None]:
    """Try to create a document below another one, or with the id of that."""
    creator = trial.creator(subject)
    if lies_below(trial.session, subject, above.subject):
        around = under(trial, subject, above)
    else:
        around, changes = trial.session.surroundings(creator, user, None), {**changes, holder: above.id}
    body = {**trial.body(subject, creator, user), **changes}
    return trial.try_create(subject, user, body, fixed=changes, around=around)


def _from_elsewhere(
    trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject, above: Subject
) -> None:
    user, (own, theirs) = trial.user, rule.within[-1]
    here, there = trial.create(above, user), trial.create(above, user)
    near, far = (_made_of(trial, target, one, theirs, user)[1] for one in (here, there))
    if near is None or far is None:
        raise NotExercised(f"no two documents of {target.collection} could be made that lie apart")
    kept = None if writer is None else _made_of(trial, subject, here, own, user)[1]
    exchanges = []
    for one in (near, far):
        value = _wrapped(subject, rule, writer, named_by(rule, one))
        if writer is None:
            exchanges.append(_made_of(trial, subject, here, own, user, **{rule.name: value})[0])
        elif kept is None:
            raise NotExercised(f"no document of {subject.collection} could be made below another")
        else:
            exchanges.append(trial.try_update(writer, kept, {rule.name: value}))
        if one is near and not exchanges[0].ok:
            raise NotExercised(f"{rule.name} of one that lies beside it was refused: {exchanges[0].told(80)}")
    expected = f"{rule.name} of a document of {target.collection} that lies below another of {above.collection}"
    refused_as(exchanges[1], statuses_of(rule, exchanges[1]), expected)


def _strangers(session: Session, target: Subject) -> Sequence[tuple[User, User]]:
    """Pairs of users of whom the first sees no document of the second: what others see they may name."""
    resource = target.resource
    closed = {one.name for one in resource.of(ScopeRule) if not one.is_opened}
    if resource.owner in closed:
        return session.crowd.pairs()
    return session.crowd.foreigners() if resource.tenant in closed else ()


def _wrapped(subject: Subject, rule: References, writer: Updater | None, value: object) -> Any:
    operation = writer.operation if writer else subject.creators[0]
    schema = merged(subject.requested(operation)[rule.name], subject.contract.resolve)
    return [value] if kind(schema) == "array" and not isinstance(value, list) else value


def _write(
    trial: Trial, subject: Subject, rule: References, writer: Updater | None, value: object, user: User | None = None
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


def _refused(
    trial: Trial, subject: Subject, rule: References, writer: Updater | None, pick: Callable[[Any], Any]
) -> None:
    known = _own(trial, subject, rule, trial.user)
    value = pick(known)
    if not rule.key and trial.session.ledger.owned(rule.target, value):
        raise NotExercised(f"{value!r} is the id of a document")  # a client has chosen it
    exchange, body, before = _write(trial, subject, rule, writer, value)
    refused_as(exchange, statuses_of(rule, exchange), f"{rule.name} {value!r}, the id of no document,")
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
        unless_scarce(exchange, subject)
        if not exchange.ok:
            raise Broken("a refused create to store nothing", "the same request with a known id was refused then: "
                         + exchange.told(), "refused_leaves_no_trace")  # fmt: skip
    elif before is not None and trial.look(sent) != before:
        raise Broken("a refused update to change nothing", "the document changed", "refused_leaves_no_trace")


def _own(trial: Trial, subject: Subject, rule: References, user: User) -> Any:
    """What names a document of the user's: a new one, where no two may name the same."""
    if rule.name in subject.once and trial.subject(rule.target).creators:
        return named_by(rule, trial.create(trial.subject(rule.target), user))
    if rule.name in subject.scarce:  # the one that there is may be named already, but not below a new parent
        for _, parent in parents(trial.session, subject, trial.creator(subject)):
            trial.session.referents.forget(parent.collection, user)
    return known_to(trial, rule, user)


def _existing(trial: Trial, subject: Subject, rule: References, writer: Updater | None) -> None:
    known = _own(trial, subject, rule, trial.user)
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    unless_scarce(exchange, subject)
    accepted(exchange, f"{rule.name} {known!r}, the {word_for(rule)} of a document,")


def _new(trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject) -> None:
    known = named_by(rule, trial.create(target))
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    accepted(exchange, f"{rule.name} {known!r}, the {word_for(rule)} of a new document,")


def _in_state(
    trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject, state: dict[str, Any]
) -> None:
    known = named_by(rule, trial.create(target, **state))
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    accepted(exchange, f"{rule.name} {known!r}, the {word_for(rule)} of a document with {state},")


def _anothers(trial: Trial, subject: Subject, rule: References, writer: Updater | None, one: User, other: User) -> None:
    theirs, own = known_to(trial, rule, other), _own(trial, subject, rule, one)
    exchange, _, _ = _write(trial, subject, rule, writer, own, one)
    if not exchange.ok:
        raise NotExercised(f"{one.name}'s own reference was refused: {exchange.told(80)}")
    exchange, _, _ = _write(trial, subject, rule, writer, theirs, one)
    if rule.of_anyone:
        accepted(exchange, f"{rule.name} of {other.name}'s document, sent by {one.name},")
        return
    refused_as(exchange, statuses_of(rule, exchange), f"{rule.name} of {other.name}'s document, sent by {one.name},")


def _spelled(trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject) -> None:
    """What a read finds no document by names none; who takes it for the one that is there keeps the id of that."""
    document = trial.create(target)
    other = in_another_case(trial, document)
    exchange, _, _ = _write(trial, subject, rule, writer, document.id)
    if not exchange.ok:
        raise NotExercised(f"its own id is refused: {exchange.told(80)}")
    exchange, _, _ = _write(trial, subject, rule, writer, other)
    shown = exchange.shown(subject.action(exchange.call.operation))
    held = shown.get(rule.name) if isinstance(shown, dict) else None
    if exchange.ok and held not in (other, [other]):
        raise NotExercised(f"{rule.name} {other!r} is kept as {held!r}")
    refused_as(exchange, statuses_of(rule, exchange), f"{rule.name} {other!r}, by which a read finds nothing,")


def _deleted(trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject) -> None:
    document = trial.create(target)
    if not trial.delete(document).ok:
        raise NotExercised("a delete was refused")
    exchange, _, _ = _write(trial, subject, rule, writer, named_by(rule, document))
    refused_as(exchange, statuses_of(rule, exchange), f"{rule.name} of a deleted document")


def _takes_several(subject: Subject, rule: References, operation: Operation) -> bool:
    return kind(merged(subject.requested(operation)[rule.name], subject.contract.resolve)) == "array"


def _several(trial: Trial, subject: Subject, rule: References, writer: Updater | None, target: Subject) -> None:
    """Two documents are taken, and refused as soon as the second is none."""
    known = [named_by(rule, trial.create(target)) for _ in range(2)]
    exchange, _, _ = _write(trial, subject, rule, writer, known)
    if not exchange.ok:
        raise NotExercised(f"no two documents are taken: {exchange.told(80)}")
    exchange, _, _ = _write(trial, subject, rule, writer, [known[0], of_none(trial.session, rule, known[1])])
    refused_as(exchange, statuses_of(rule, exchange), f"an array of {rule.name} whose second names no document")


def _left_out(trial: Trial, subject: Subject, rule: References, writer: Updater | None) -> None:
    assert writer is not None
    document = trial.create(subject)
    if rule.name in subject.required(writer.operation):
        raise NotExercised(f"{writer.operation} asks for {rule.name}")
    trial.update_without(rule.name, writer, document)
