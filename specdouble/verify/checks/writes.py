"""What was written is what is read, and an update changes what it names alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import partial
from itertools import chain
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.action import is_of_no_resource
from specdouble.verify.attack import attack_of
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Missing, Names, Plan, ids
from specdouble.verify.checks import complete_lists
from specdouble.verify.checks.header_fields import new_and_in_each_state
from specdouble.verify.checks.kept_values import Body, hold
from specdouble.verify.document import Document
from specdouble.verify.equality import same
from specdouble.verify.orders import neighbours, spans
from specdouble.verify.places import acting_on, actions_on
from specdouble.verify.privilege import follows, grants, mildest
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import THE_ANSWER, Trial, accepted, unless_scarce, views
from specdouble.verify.values import catalogue, kind, merged, plausible


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the documents of one collection."""
    if not subject.creators:
        reason = f"no operation creates documents of {subject.collection}, as far as the contract tells"
        yield Missing(Names.read_your_writes, f"{reason}: `x-action` says which does")
        return
    creator = subject.creators[0]
    kept, about = f"{creator} keeps what it is sent", ids(creator)
    yield Case(Names.read_your_writes, kept, partial(_full, subject=subject), "every property", about)
    rounds = max((len(_values(session, schema)) for schema in subject.requested(creator).values()), default=0)
    for number in range(rounds):
        run = partial(_catalogue, subject=subject, number=number)
        yield Case(Names.read_your_writes, kept, run, f"difficult values {number + 1}", about)
    nulls = dict.fromkeys(_nullable(session, subject, creator))
    if nulls:
        yield Case(Names.read_your_writes, kept, partial(_nulls, subject=subject, nulls=nulls), "null", about)
    if subject.listers:
        yield from complete_lists.plan(session, subject)
    for updater in subject.updaters:
        yield from _of_updater(session, subject, updater)
    if subject.observable:
        yield from _of_one_among_others(session, subject)


def _of_one_among_others(session: Session, subject: Subject) -> Plan:
    """That what is done to a document is done to no other."""
    for operation in subject.acts:
        action = subject.action(operation)
        if action.sets and not action.why:
            promise = f"{operation} sets {', '.join(dict(action.sets))} of its document alone"
            run = partial(_acted, subject=subject, operation=operation)
            yield Case(Names.partial_update, promise, run, "", ids(operation), unaided=True)
    for operation, name in actions_on(session, subject):
        if is_of_no_resource(operation):
            promise = f"{operation} leaves its document as it is"
            run = partial(_left_alone, subject=subject, operation=operation, name=name)
            yield Case(Names.partial_update, promise, run, "", ids(operation))
    for operation in subject.deleters:
        promise = f"{operation} takes its document away and no other"
        yield Case(Names.read_your_writes, promise, partial(_delete, subject=subject), "", ids(operation))


def _delete(trial: Trial, subject: Subject) -> None:
    document = trial.create(subject)
    other = _alike(trial, document) or trial.create(subject)
    exchange = trial.delete(document)
    if not exchange.ok:
        raise NotExercised(f"a delete was refused: {exchange.told(80)}")
    if trial.look_for(document, document.user) is not None:
        raise Broken("a deleted document to be gone", "it is still shown")
    if trial.look_for(other, other.user) is None:
        raise Broken("the other document to be there still", "it is gone too")


def _alike(trial: Trial, document: Document) -> Document | None:
    """Another document with the same values, wherever two may have the same; None where no such is made."""
    once = document.subject.once
    with suppress(NotExercised):
        shared = {name: value for name, value in document.sent.items() if name not in once}
        other = trial.create(document.subject, document.user, **shared)
        return other if other.id != document.id else None
    return None


def _acted(trial: Trial, subject: Subject, operation: Operation) -> None:
    """Other documents do not get the values that are set, and of its own what the client said stays."""
    sets, other = dict(subject.action(operation).sets), trial.create(subject)
    beside = trial.look(other)
    for document in chain(_full_in_each_state(trial, subject), new_and_in_each_state(trial, subject)):
        before = trial.look(document)
        if trial.send(operation, document.user, **trial.acting(operation, document)).ok:
            break
    else:
        raise NotExercised(f"{operation} is taken for no document that was made")
    seen, there = trial.look(document), trial.look(other)
    for name, value in _said(trial, subject, document, before).items():
        if name not in sets and not same(seen.get(name), value):
            raise Broken(f"{name} to stay {shown(value)}", f"a read shows {shown(seen.get(name))}")
    for name, value in sets.items():
        if beside.get(name) != value and there.get(name) == value:
            raise Broken(f"{name} of another document to stay {shown(beside.get(name))}", f"it is {shown(value)}, too")


def _full_in_each_state(trial: Trial, subject: Subject) -> Iterator[Document]:
    """Documents of which all is said that can be: a new one, and one in each state that requests lead to."""
    yield _filled(trial, subject)
    for state in subject.reachable:
        with suppress(NotExercised):
            document = _filled(trial, subject)
            state.bring(trial, document)
            yield document


def _filled(trial: Trial, subject: Subject) -> Document:
    """A new document with all that a create takes, and the texts that a change alone does."""
    document, created = trial.create(subject, full=True), subject.requested(trial.creator(subject))
    for updater in subject.updaters:
        ruled = {*created, *subject.chosen, *subject.server_set, *subject.bound_on_update, updater.id_in_body}
        changes: Body = {}
        for name, schema in subject.requested(updater.operation).items():
            if name not in ruled and kind(merged(schema, trial.contract.resolve)) == "string":
                changes[name] = trial.session.bodies.value(subject, name, schema, trial.user)
        if changes:
            trial.try_update(updater, document, changes)
    return document


def _said(trial: Trial, subject: Subject, document: Document, before: Body) -> Body:
    """The texts, numbers and flags of a document that its client has said, and that are shown so."""
    moving = {rule.name for rule, attack in subject.attacks if attack.states} | subject.following | subject.server_set
    told = {**trial.marks(subject, before), **document.sent}
    plain = {name: value for name, value in told.items() if isinstance(value, str | int | float) and name not in moving}
    return {name: value for name, value in plain.items() if name in before and same(before[name], value)}


def _left_alone(trial: Trial, subject: Subject, operation: Operation, name: str) -> None:
    """What clients say of a document, and its state, stay: the contract says that nothing is done to it."""
    own = {*subject.chosen, *(rule.name for rule, attack in subject.attacks if attack.states)} - {*subject.stamps}
    own |= subject.requested(trial.creator(subject)).keys()
    tried = 0
    for document in chain([trial.create(subject, full=True)], trial.in_each_state(subject)):
        before = trial.look(document)
        if not trial.send(operation, document.user, **acting_on(trial, operation, name, document)).ok:
            continue
        tried, seen = tried + 1, trial.look(document)
        changed = next((one for one in own & before.keys() if seen.get(one, ...) != before[one]), None)
        if changed is not None:
            told = f"a read shows {shown(seen.get(changed))}"
            raise Broken(f"{changed} to stay {shown(before[changed])}, as `x-action` says", told)
    if not tried:
        raise NotExercised(f"{operation} is taken for no document that was made")


def _of_updater(session: Session, subject: Subject, updater: Updater) -> Plan:
    operation, about = updater.operation, ids(updater.operation)
    kept = f"{operation} keeps what it is sent" + (" on update" if updater.id_in_body else "")
    of: dict[str, Any] = {"subject": subject, "updater": updater}
    rounds = max((len(_values(session, schema)) for schema in subject.requested(operation).values()), default=0)
    for number in range(rounds):
        run = partial(_catalogue_update, **of, number=number)
        yield Case(Names.read_your_writes, kept, run, f"difficult values {number + 1}", about)
    for name, schema in subject.requested(operation).items():
        if name != updater.id_in_body and name not in subject.server_set | subject.bound_on_update:
            run = partial(_single, **of, name=name, schema=schema)
            check = Names.partial_update if updater.partial else Names.read_your_writes
            promise = f"{operation} changes what it names and nothing else" if updater.partial else kept
            yield Case(check, promise, run, f"{name} alone", about)
    if any(attack.reach is not None for _, attack in subject.attacks):
        run = partial(_in_each_state, **of)
        yield Case(Names.read_your_writes, kept, run, "in each state", about, unaided=True)
    if updater.partial:
        promise = f"{operation} without properties changes nothing"
        yield Case(Names.partial_update, promise, partial(_empty, **of), "", about)


def _in_each_state(trial: Trial, subject: Subject, updater: Updater) -> None:
    """A change that is taken is made, whatever state the document is in."""
    tried = 0
    for document in trial.in_each_state(subject):
        changes = trial.session.bodies.change(subject, updater)
        if trial.try_update(updater, document, changes).ok:
            tried += 1
            hold(trial, document, changes, "updated")
    if not tried:
        raise NotExercised("no change was taken in any state")


def _values(session: Shared, schema: Any) -> list[Any]:
    return [
        value for value in catalogue(schema, session.contract.resolve) if session.bodies.property_fits(schema, value)
    ]


def _nullable(session: Session, subject: Subject, creator: Operation) -> Iterator[str]:
    """The properties that a create may set to null, that answers may show so, and that no rule speaks of.

    Where no annotation says what is kept, servers keep of null what they please.
    """
    for name, schema in subject.requested(creator).items():
        is_plain = name not in {*subject.chosen, *subject.server_set} and name in subject.resource.properties
        if not is_plain or subject.resource.why or not session.bodies.property_fits(schema, None):
            continue
        if merged(schema, session.contract.resolve).get("default") is None and subject.shows(name, None):
            yield name


def _nulls(trial: Trial, subject: Subject, nulls: Body) -> None:
    """What was sent as null is null, or not shown at all."""
    document = trial.create(subject, **nulls)
    for where, seen in views(trial, document):
        filled = next((name for name in nulls if seen.get(name) is not None), None)
        if filled is not None:
            raise Broken(f"{filled} to be null, as it was sent", f"{where} shows {shown(seen[filled])}")


def _full(trial: Trial, subject: Subject) -> None:
    document = trial.create(subject, full=True)
    hold(trial, document, document.sent, "sent")


def difficult(trial: Trial, subject: Subject, operation: Operation, number: int, skip: set[str]) -> Body:
    """A value of each property's catalogue, the next ones with each number."""
    changes: Body = {}
    for index, (name, schema) in enumerate(subject.requested(operation).items()):
        values = _values(trial.session, schema)
        if name in skip or (name in subject.chosen and name not in subject.once) or name in subject.server_set:
            continue
        if trial.session.bodies.embeds(schema):
            continue
        values = [one for one in values if subject.may_begin(name, one)]
        # What names another's document is not sent, nor is anything beside it.
        values = [one for one in values if not trial.session.guard.joins_another(name, one)]
        if values:
            changes[name] = anew(trial, subject, name, schema, values[(number + index) % len(values)])
    return changes


def together(trial: Trial, operation: Operation, base: Body, changes: Body) -> Body:
    """Those of the changes that one body can hold: some schemas take a property beside certain others alone."""
    whole, kept = dict(base), Body()
    for name, value in changes.items():
        if trial.session.bodies.fits(operation, {**whole, name: value}):
            whole[name] = kept[name] = value
    return kept


def anew(trial: Trial, subject: Subject, name: str, schema: Any, value: object) -> Any:
    """The value, or one like it where a document may have it already and no two may."""
    return trial.session.bodies.value(subject, name, schema, trial.user, like=value) if name in subject.once else value


def _catalogue(trial: Trial, subject: Subject, number: int) -> None:
    creator = trial.creator(subject)
    skip = {one.id_in_body for one in subject.updaters if one.operation is creator and one.id_in_body}
    base = trial.body(subject, creator, trial.user)
    changes = together(trial, creator, base, difficult(trial, subject, creator, number, skip))
    changes = _with_room(trial, subject.requested(creator), base, changes)
    body = trial.session.bodies.ordered(subject.requested(creator), {**base, **changes})
    exchange, document = trial.try_create(subject, trial.user, body)
    if document is None:
        _blame(trial, subject, changes)
        accepted(exchange, "a body that keeps the contract")
    assert document is not None
    try:
        hold(trial, document, document.sent, "sent")
    except Broken as broken:
        _smallest(trial, subject, changes, broken)


def _with_room(trial: Trial, requested: Mapping[str, Any], base: Body, changes: Body) -> Body:
    """The changes without those of a span whose other end would have no room: the rest can be sent still."""
    try:
        trial.session.bodies.ordered(requested, {**base, **changes})
    except NotExercised:
        ends = set(chain.from_iterable(spans(requested)))
        return {name: value for name, value in changes.items() if name not in ends}
    return changes


def _in_order(trial: Trial, requested: Mapping[str, Any], held: Body, changes: Body) -> Body:
    """The changes, and the other ends of the spans that they move."""
    known = {name: value for name, value in held.items() if name in requested and value is not None}
    changes = _with_room(trial, requested, known, changes)
    whole = trial.session.bodies.ordered(requested, {**known, **changes})
    return changes | {name: value for name, value in whole.items() if value != known.get(name) or name in changes}


def _blame(trial: Trial, subject: Subject, changes: Body) -> None:
    """Find the one value that is refused by itself."""
    creator, whole = trial.creator(subject), list(trial.exchanges)
    requested = subject.requested(creator)
    for name, value in changes.items():
        value = anew(trial, subject, name, requested[name], value)
        usual = trial.body(subject, creator, trial.user)
        base = trial.session.bodies.ordered(requested, {**usual, name: value}, keep=(name,))
        trial.exchanges.clear()
        exchange, _ = trial.try_create(subject, trial.user, base)
        unless_scarce(exchange, subject)
        accepted(exchange, f"{name} {shown(value)}")
    trial.exchanges[:] = whole


def _smallest(trial: Trial, subject: Subject, changes: Body, broken: Broken) -> None:
    """Raise the failure of a single property, where one alone shows it."""
    whole = list(trial.exchanges)
    for name, value in changes.items():
        if not broken.expected.startswith(f"{name} to be"):
            continue
        value = anew(trial, subject, name, subject.requested(trial.creator(subject))[name], value)
        trial.exchanges.clear()
        document = trial.create(subject, **{name: value})
        hold(trial, document, {name: value}, "sent")
    trial.exchanges[:] = whole
    raise broken


def _catalogue_update(trial: Trial, subject: Subject, updater: Updater, number: int) -> None:
    skip = {updater.id_in_body or "", *subject.bound_on_update}
    document = trial.create(subject)
    base = subject.unwrapped(trial.update_call(updater, document, {}))
    changes = together(trial, updater.operation, base, difficult(trial, subject, updater.operation, number, skip))
    changes = _in_order(trial, subject.requested(updater.operation), document.shown, changes)
    changes = trial.kept(updater, document, changes, is_fixed=False)
    exchange = trial.try_update(updater, document, changes, as_it_is=True)
    if not exchange.ok:
        whole = list(trial.exchanges)
        for name, value in changes.items():
            trial.exchanges.clear()
            one = trial.create(subject)
            accepted(trial.try_update(updater, one, {name: value}), f"{name} {shown(value)} in an update")
        trial.exchanges[:] = whole
        accepted(exchange, "an update that keeps the contract")
    try:
        hold(trial, document, changes, "updated")
    except Broken as broken:
        whole = list(trial.exchanges)
        for name, value in changes.items():
            if broken.expected.startswith(f"{name} to be"):
                trial.exchanges.clear()
                one = trial.create(subject)
                trial.update(updater, one, {name: value})
                hold(trial, one, {name: value}, "updated")
        trial.exchanges[:] = whole
        raise


def _single(trial: Trial, subject: Subject, updater: Updater, name: str, schema: Any) -> None:
    document = trial.create(subject, full=True)
    before = trial.look(document) if subject.observable else dict(document.shown)
    trial.tick()
    for value in _others(trial, subject, name, schema, before.get(name)):
        changes = trial.kept(updater, document, {name: value})
        exchange = trial.try_update(updater, document, changes, as_it_is=True)
        if exchange.ok:
            break
    accepted(exchange, f"an update of {name} alone")
    try:
        hold(trial, document, changes, "updated")
    except Broken as broken:
        raise Broken(broken.expected, broken.seen, Names.read_your_writes) from None
    if updater.partial:
        _stamps_move(trial, document, before, name)
        besides = {  # what the request had to hold though another value than its own was sent
            one for one, sent in subject.unwrapped(exchange.call).items() if not same(sent, before.get(one))
        }
        changed = {*changes, *besides, *trial.session.held(updater.operation)}
        _others_stay(trial, document, before, changed, updater, subject.unwrapped(exchange.call))


def _stamps_move(trial: Trial, document: Document, before: Body, changed: str) -> None:
    """The times of the last change are later than before, whichever property it was that changed."""
    for rule, attack in document.subject.attacks:
        if attack.stamp is None or attack.stamp(rule) != "updated" or not trial.has_ticked(before.get(rule.name)):
            continue
        for where, seen in views(trial, document):
            is_changed = not same(before.get(changed), seen.get(changed))
            if is_changed and rule.name in seen and seen[rule.name] == before[rule.name]:
                promise = f"{rule.name} moves forward with a change"
                told = f"{where} shows {seen[rule.name]!r} still"
                raise Broken(f"{rule.name} to move forward with a change of {changed}", told, rule.id, promise)


def _others_stay(
    trial: Trial, document: Document, before: Body, changed: set[str], updater: Updater, sent: Body
) -> None:
    subject = document.subject
    passed_over = changed | {*subject.updated_stamps, *subject.following, *subject.versions}
    declared = _declared_by(trial, updater)
    for where, seen in views(trial, document):
        for name, value in before.items():
            if where == THE_ANSWER and declared and name not in declared:
                continue  # a change may answer with less than a read
            if (
                follows(name, changed)
                or name in passed_over
                or (name not in seen and _hidden_by(subject, trial, name, changed))
            ):
                continue
            if seen.get(name, ...) != value and not subject.may_be_made_of(name, seen.get(name), sent):
                told = shown(seen[name]) if name in seen else "none"
                raise Broken(f"{name} to stay {shown(value)}", f"{where} shows {told}")


def _declared_by(trial: Trial, updater: Updater) -> set[str]:
    """The properties that the answer to a change declares; none where it leaves them open."""
    response = updater.operation.response(updater.operation.success)
    media = response.media() if response is not None else None
    schema = media.schema if media is not None else None
    for name in updater.action.envelope:
        schema = trial.contract.fields(schema).get(name)
    return {*trial.contract.fields(trial.contract.item(schema))}


def _hidden_by(subject: Subject, trial: Trial, name: str, changed: set[str]) -> bool:
    """Whether a property may be hidden because a flag was changed."""
    properties = subject.resource.properties
    return name not in subject.server_set and any(
        kind(merged(properties.get(one, {}), trial.contract.resolve)) == "boolean" for one in changed
    )


def _others(trial: Trial, subject: Subject, name: str, schema: Any, before: object) -> list[Any]:
    """Values of the property other than what it is; last the usual one, which a server must take, be it the same."""
    bodies, chosen = trial.session.bodies, subject.chosen.get(name)
    if chosen is not None or bodies.embeds(schema):
        another = attack_of(chosen).another if chosen is not None else None
        usual = bodies.value(subject, name, schema, trial.user)
        beside = [] if another is None or not same(usual, before) else [another(trial, chosen)]
    else:
        usual = _usual(trial, name, schema, before)
        beside = _beside(usual) if same(usual, before) else []
    return [*(value for value in beside if bodies.property_fits(schema, value)), usual]


def _beside(value: Any) -> list[Any]:
    """Values a little other than one: what is sent again would change nothing."""
    if isinstance(value, list) and value:
        return [[*value[:-1], last] for last in _beside(value[-1])]
    near = neighbours(value)
    if isinstance(value, str) and value and not near:
        return [value[:-1] + ("a" if value[-1] != "a" else "b")]
    return near


def _usual(trial: Trial, name: str, schema: Any, before: object) -> Any:
    """An everyday value of the property, another than it has where a few are known."""
    whole = merged(schema, trial.contract.resolve)
    others = [value for value in whole.get("enum") or [] if value != before]
    if others:
        return mildest(others) if grants(name) else others[0]
    if kind(whole) == "boolean":
        return not before
    return plausible(whole, trial.contract.resolve, trial.session.fresh.word())


def _empty(trial: Trial, subject: Subject, updater: Updater) -> None:
    if not trial.session.bodies.fits(updater.operation, {}):
        raise NotExercised("the schema takes no body without properties")
    document = trial.create(subject, full=True)
    before = trial.look(document) if subject.observable else dict(document.shown)
    accepted(trial.try_update(updater, document, {}), "an update without properties")
    _others_stay(trial, document, before, set(), updater, sent={})
