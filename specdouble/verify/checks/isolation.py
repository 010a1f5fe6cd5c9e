"""Another's document does not exist for the caller, whatever the caller tries: what owners and tenants share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import chain
from typing import Any

from specdouble.contract import Operation, Parameter
from specdouble.contract.action import is_of_no_resource
from specdouble.contract.rule import ScopeRule
from specdouble.verify.bystanders import Bystanders, created_apart
from specdouble.verify.case import Case, Missing, Plan, ids
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.list_parameters import compared, search_of
from specdouble.verify.places import acting_on, actions_on, is_out_of_sight, refusals_of, tellers
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.reader import FORBIDDEN
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, accepted, refused_as, views

CREATED = 201
NOT_FOUND = "404"


def plan(
    session: Session,
    subject: Subject,
    rule: ScopeRule,
    held_by: Callable[[User], str | None],
) -> Plan:
    """The cases of one rule.

    Args:
        session: the server.
        subject: the documents that have an owner or a tenant.
        rule: whose they are.
        held_by: what the rule's property holds for a user, where it is known.
    """
    if not subject.creators:
        yield Missing(rule.id, f"no operation creates documents of {subject.collection}")
        return
    if len(session.crowd) == 0:
        yield Missing(rule.id, "needs users: name them in [tool.specdouble.verify]")
        return
    for user in session.crowd:
        run = partial(_held, subject=subject, rule=rule, user=user, wanted=held_by(user))
        yield Case(rule.id, f"{rule.name} holds the caller's", run, user.name, ids(*subject.creators))
    for number, (one, other) in enumerate(session.crowd.apart(subject.resource, rule)):
        claims = session.crowd.claims_of(other)
        by_role = [to for to in (rule.readers, rule.writers) if to.roles and not to.anyone]
        unknown = [to for to in by_role if to.claim not in claims]
        if unknown:
            reason = f"the {unknown[0].claim} of {other.name} is not known: a token tells it, or the user's entry"
            yield Missing(rule.id, reason, decisive=True)
        elif rule.readers.admits(claims) and not is_out_of_sight(session, subject, one, other):
            yield from _opened(session, subject, rule, one, other, may_change=rule.writers.admits(claims))
        else:
            yield from _of_pair(session, subject, rule, one, other)
            yield from _of_filters(subject, rule, one, other) if number == 0 else ()


def _of_filters(subject: Subject, rule: ScopeRule, one: User, other: User) -> Plan:
    """The cases of lists that are asked for what has some value: a filter may widen what it is to narrow."""
    for operation in subject.listers:
        queried = [parameter.name for parameter in operation.parameters if parameter.location == "query"]
        names = {name: compared(operation, name, subject.resource.properties) for name in queried}
        filters = {name: by for name, by in names.items() if by is not None and by not in subject.referring}
        if filters:
            run = partial(_filtered, subject=subject.seen_in(operation), one=one, other=other, filters=filters)
            who = f"{one.name}'s, by {other.name}"
            yield Case(rule.id, "another's document is found by no filter", run, who, ids(operation))


def _opened(session: Session, subject: Subject, rule: ScopeRule, one: User, other: User, *, may_change: bool) -> Plan:
    """The cases of a user to whom another's documents are open."""
    who = f"{one.name}'s, by {other.name}"
    of: dict[str, Any] = {"subject": subject, "one": one, "other": other}
    for operation in subject.readers:
        run = partial(_shown, **of, operation=operation)
        yield Case(rule.id, "another's document can be read", run, who, ids(operation), decisive=True)
    for operation in subject.listers:
        run = partial(_in_list, **of | {"subject": subject.seen_in(operation)})
        yield Case(rule.id, "another's document is in the list", run, who, ids(operation))
    changed = "can" if may_change else "cannot"
    of |= {"rule": rule, "may_change": may_change}
    for updater in subject.updaters:
        run = partial(_changed, **of, updater=updater)
        promise = f"another's document {changed} be changed by who reads it"
        yield Case(rule.id, promise, run, who, ids(updater.operation), decisive=True)
    for operation in subject.deleters:
        run = partial(_removed, **of, operation=operation)
        promise = f"another's document {changed} be deleted by who reads it"
        yield Case(rule.id, promise, run, who, ids(operation), decisive=True)
    for operation, name in () if may_change else actions_on(session, subject):
        if is_of_no_resource(operation):
            continue  # who reads a document may have its reminder sent
        run = partial(_acted, subject=subject, rule=rule, one=one, other=other, operation=operation, name=name)
        promise = f"another's document cannot be acted on by {operation} by who reads it"
        yield Case(rule.id, promise, partial(run, is_read=True), who, ids(operation), decisive=True)


def _of_pair(session: Session, subject: Subject, rule: ScopeRule, one: User, other: User) -> Plan:
    who = f"{one.name}'s, by {other.name}"
    of: dict[str, Any] = {"subject": subject, "rule": rule, "one": one, "other": other}
    for operation in subject.readers:
        run = partial(_read, **of, operation=operation)
        yield Case(rule.id, "another's document cannot be read", run, who, ids(operation), decisive=True)
    for updater in subject.updaters:
        run = partial(_updated, **of, updater=updater)
        yield Case(rule.id, "another's document cannot be changed", run, who, ids(updater.operation), decisive=True)
    for operation in subject.deleters:
        run = partial(_deleted, **of, operation=operation)
        yield Case(rule.id, "another's document cannot be deleted", run, who, ids(operation), decisive=True)
    for operation in subject.listers:
        run = partial(_listed, subject=subject.seen_in(operation), one=one, other=other)
        yield Case(rule.id, "another's document is in no list", run, who, ids(operation), decisive=True)
        searched = search_of(operation)
        if searched is not None:
            run = partial(_sought, subject=subject.seen_in(operation), one=one, other=other, searched=searched)
            yield Case(rule.id, "another's document is found by no search", run, who, ids(operation))
    actions, telling = actions_on(session, subject), _closed_tellers(session, subject)
    for promise, operation, name in (
        *((f"another's document cannot be acted on by {one}", one, name) for one, name in actions),
        *((f"nothing of another's document is told by {one}", one, name) for one, name in telling),
    ):
        run = partial(_acted, **of, operation=operation, name=name)
        yield Case(rule.id, promise, run, who, ids(operation), decisive=True)
    for operation, name in _users_of(session, subject):
        run = partial(_used, **of, operation=operation, name=name)
        yield Case(
            rule.id, f"another's document cannot be used in {operation}", run, who, ids(operation), decisive=True
        )


def _closed_tellers(session: Session, subject: Subject) -> list[tuple[Operation, str]]:
    """Those of what tells something of a document that ask who is calling, and may find none."""
    return [
        (operation, name)
        for operation, name in tellers(session, subject)
        if operation.security and NOT_FOUND in operation.statuses
    ]


def _users_of(session: Session, subject: Subject) -> Iterator[tuple[Operation, str]]:
    """The operations that act on a document which their body names, by the contract's examples."""
    for operation in session.contract.operations.values():
        media = operation.document_body
        if operation.id in session.contract.actions or media is None or "404" not in operation.statuses:
            continue
        schema = session.contract.resolve(media.schema)
        for name in schema.get("required") or () if isinstance(schema, dict) else ():
            if session.implied.get(name) == subject.collection:
                yield operation, name


def _shown(trial: Trial, subject: Subject, one: User, other: User, operation: Operation) -> None:
    document = trial.create(subject, one)
    exchange = trial.send(operation, other, **trial.place(operation, document))
    accepted(exchange, f"{other.name} reading {one.name}'s document")


def _in_list(trial: Trial, subject: Subject, one: User, other: User) -> None:
    document = trial.create(subject, one)
    theirs = trial.listed(subject, other, trial.listing(document), until=document.id)
    if not any(str(entry.get(subject.key)) == str(document.id) for entry in theirs):
        raise Broken(f"{other.name}'s list to hold {one.name}'s document", "it is not in there")


def _changed(
    trial: Trial, subject: Subject, rule: ScopeRule, one: User, other: User, may_change: bool, updater: Updater
) -> None:
    document = trial.create(subject, one)
    trial.update(updater, document, trial.session.bodies.change(subject, updater))
    before = trial.look(document) if subject.observable else None
    exchange = trial.try_update(updater, document, trial.session.bodies.change(subject, updater), other)
    what = f"{other.name} changing {one.name}'s document"
    if may_change:
        accepted(exchange, what)
        return
    refused_as(exchange, {rule.status_among(updater.operation.statuses)}, what, strict=True)
    if before is not None and trial.look(document) != before:
        raise Broken(f"{one.name}'s document to stay as it was", f"{other.name}'s refused update changed it")


def _removed(
    trial: Trial, subject: Subject, rule: ScopeRule, one: User, other: User, may_change: bool, operation: Operation
) -> None:
    document = trial.create(subject, one)
    exchange = trial.delete(document, other)
    what = f"{other.name} deleting {one.name}'s document"
    if may_change:
        accepted(exchange, what)
        return
    refused_as(exchange, {rule.status_among(operation.statuses)}, what, strict=True)
    if subject.observable and trial.look_for(document, one) is None:
        raise Broken(f"{one.name}'s document to be there still", f"{other.name}'s refused delete removed it")


def _hidden(trial: Trial, exchange: Exchange, statuses: set[int], what: str) -> None:
    """Hold that a document of another's is not there for whoever asked.

    Raises:
        NotExercised: a rule about the operation itself refuses whoever asked, before any document is looked for.
    """
    operation = exchange.call.operation
    for other in trial.contract.rules_about.get(operation.id, ()):
        if exchange.status not in statuses and exchange.status == other.status_among(operation.statuses):
            raise NotExercised(f"{other.id} refuses before a document is looked for")
    if exchange.status == FORBIDDEN and FORBIDDEN not in statuses and _is_forbidden_their_own(trial, exchange):
        raise NotExercised(f"{exchange.call.user} may not ask for {operation}, whatever the document")
    refused_as(exchange, statuses, what, strict=True)


def _is_forbidden_their_own(trial: Trial, exchange: Exchange) -> bool:
    """Whether the same request of who asked is forbidden about a document of their own, too: then a role is wanting."""
    document, operation = next(iter(trial.made), None), exchange.call.operation
    if document is None:
        return False
    user = trial.session.crowd.users[exchange.call.user or ""]
    own = trial.create(document.subject, user)
    parts = trial.place(operation, own) | ({"body": exchange.call.body} if exchange.call.has_body else {})
    return own.user is not user or trial.send(operation, user, **parts).status == FORBIDDEN


def _read(trial: Trial, subject: Subject, rule: ScopeRule, one: User, other: User, operation: Operation) -> None:
    document = trial.create(subject, one)
    trial.look(document)
    exchange = trial.send(operation, other, **trial.place(operation, document))
    _hidden(trial, exchange, refusals_of(rule, operation), f"{other.name} reading {one.name}'s document")


def _updated(trial: Trial, subject: Subject, rule: ScopeRule, one: User, other: User, updater: Updater) -> None:
    document = trial.create(subject, one)
    changes = trial.session.bodies.change(subject, updater)
    trial.update(updater, document, changes)
    before = trial.look(document) if subject.observable else None
    other_changes = trial.session.bodies.change(subject, updater)
    exchange = trial.try_update(updater, document, other_changes, other)
    statuses = refusals_of(rule, updater.operation)
    creates = subject.puts(updater.operation) and updater.operation in subject.creators
    if creates:
        statuses |= {409, 422, 400}  # it would create the document, and the name is taken
    if not (creates and exchange.status == CREATED):  # each user may have names of their own
        _hidden(trial, exchange, statuses, f"{other.name} changing {one.name}'s document")
    if before is not None and trial.look(document) != before:
        raise Broken(f"{one.name}'s document to stay as it was", f"{other.name}'s refused update changed it")


def _deleted(trial: Trial, subject: Subject, rule: ScopeRule, one: User, other: User, operation: Operation) -> None:
    document = created_apart(trial, subject, one)
    exchange = trial.delete(document, other)
    _hidden(trial, exchange, refusals_of(rule, operation), f"{other.name} deleting {one.name}'s document")
    if subject.observable and trial.look_for(document, document.user) is None:
        raise Broken(f"{one.name}'s document to be there still", f"{other.name}'s refused delete removed it")
    around = Bystanders(trial, document)
    if trial.delete(document, other).refused:
        around.hold_unharmed()


def _hold_credentials(trial: Trial, operation: Operation, *users: User) -> None:
    """Hold that the users can ask for the operation: else what is refused is refused for another reason.

    Raises:
        NotExercised: the settings have no credentials for one of them.
    """
    if not all(trial.session.crowd.may_call(operation.security, user) for user in users):
        raise NotExercised(f"needs credentials of both users for {operation} in the settings")


def _acted(
    trial: Trial,
    subject: Subject,
    rule: ScopeRule,
    one: User,
    other: User,
    operation: Operation,
    name: str,
    is_read: bool = False,
) -> None:
    _hold_credentials(trial, operation, one, other)
    what = f"{other.name} acting on {one.name}'s document by {operation}"
    for document in chain([trial.create(subject, one)], trial.in_each_state(subject, user=one)):
        parts = acting_on(trial, operation, name, document)
        before = trial.look(document) if subject.observable else None
        exchange = trial.send(operation, other, **parts)
        if before is not None and trial.look(document) != before:
            raise Broken(f"{one.name}'s document to stay as it was", f"{other.name} changed it by {operation}")
        control = trial.send(operation, one, **parts)
        if exchange.refused and not control.ok:
            continue  # it may be for documents in another state
        if is_read:
            refused_as(exchange, {rule.status_among(operation.statuses)}, what, strict=True)
        else:
            _hidden(trial, exchange, refusals_of(rule, operation), what)
        return
    raise NotExercised(f"{one.name}'s own document was refused by {operation}: {control.told(80)}")


def _listed(trial: Trial, subject: Subject, one: User, other: User) -> None:
    document = trial.create(subject, one)
    key = subject.key
    theirs = trial.listed(subject, other, trial.listing(document))
    if any(entry.get(key) == document.id for entry in theirs):
        raise Broken(f"{other.name}'s list to be without {one.name}'s document", "it is in there")
    own = trial.listed(subject, one, trial.listing(document), until=document.id)
    if not any(entry.get(key) == document.id for entry in own):
        raise Broken(f"{one.name}'s list to hold the new document", "it is not in there", "read_your_writes")


def _sought(trial: Trial, subject: Subject, one: User, other: User, searched: Parameter) -> None:
    """A text that a user's own search finds a document by is none by which another finds it."""
    document, fits = trial.create(subject, one), trial.session.bodies.property_fits
    for text in trial.marks(subject, document.sent).values():
        if fits(searched.schema, text) and _finds(trial, subject, one, document, {searched.name: text}):
            if _finds(trial, subject, other, document, {searched.name: text}):
                expected = f"{other.name}'s list with {searched.name} to be without {one.name}'s document"
                raise Broken(expected, "it is in there")
            return
    raise NotExercised(f"{searched.name} finds no text of a new document")


def _filtered(trial: Trial, subject: Subject, one: User, other: User, filters: Mapping[str, str]) -> None:
    """What a user's own list shows of those that have a value, in each state, another's does not show."""
    found = 0
    for document in chain([trial.create(subject, one, full=True)], trial.in_each_state(subject, user=one)):
        seen = (trial.look(document) if subject.observable else None) or document.shown
        for parameter, name in filters.items():
            query = {parameter: seen.get(name)}
            if not isinstance(seen.get(name), str | int) or not _finds(trial, subject, one, document, query):
                continue
            found += 1
            if _finds(trial, subject, other, document, query):
                expected = f"{other.name}'s list with {parameter}={seen[name]} to be without {one.name}'s document"
                raise Broken(expected, "it is in there")
    if not found:
        raise NotExercised(f"{subject.listers[0]} shows no document to who asks for a value that it has")


def _finds(trial: Trial, subject: Subject, user: User, document: Document, query: Mapping[str, Any]) -> bool:
    pages = trial.pages(subject, user, trial.listing(document), query, whole=True)
    return any(entry.get(subject.key) == document.id for _, entries in pages for entry in entries)


def _used(
    trial: Trial, subject: Subject, rule: ScopeRule, one: User, other: User, operation: Operation, name: str
) -> None:
    _hold_credentials(trial, operation, one, other)
    document = trial.create(subject, one)
    body = trial.session.plain_body(operation) | {name: document.id}
    control = trial.send(operation, one, body=body)
    if not control.ok:
        raise NotExercised(f"{one.name}'s own document was refused by {operation}: {control.told(80)}")
    exchange = trial.send(operation, other, body=body)
    refused_as(
        exchange, refusals_of(rule, operation), f"{operation} by {other.name} with {one.name}'s document", strict=True
    )


def _held(trial: Trial, subject: Subject, rule: ScopeRule, user: User, wanted: str | None) -> None:
    document = trial.create(subject, user)
    for where, seen in views(trial, document):
        if rule.name not in seen:
            raise NotExercised(f"{where} shows no {rule.name}")
        if wanted is not None and user.account.tenant is None and str(seen[rule.name]) != wanted:
            raise Broken(f"{rule.name} to be {user.name}'s ({wanted})", f"{where} shows {seen[rule.name]!r}")
