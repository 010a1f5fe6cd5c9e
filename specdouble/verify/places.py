"""Where documents lie: the parents that a path leads through, and a place of which a case knows all documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.rule import ScopeRule
from specdouble.verify.document import Document
from specdouble.verify.identity import User
from specdouble.verify.paging import page_parameters, size_bounds, total_told
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial

SMALL_PAGE = 2  # entries of a page
MEDIUM_PAGE = 3  # of a page where others have documents too: fewer than what a filter finds
MOST_LEFT = 100  # documents of others, beside which a whole list can be read
Pair = tuple[User, User]


def parents(session: Shared, subject: Subject, operation: Operation) -> list[tuple[str, Subject]]:
    """The path parameters that name what an operation's documents lie below, the nearest last, and what each names."""
    own = subject.action(operation).id
    found = []
    for name, _, _ in session.ledger.kinds.named(operation, {}):
        target = session.named_by(operation, name)
        if name != own and target is not None and target != subject.collection:
            found.append((name, session.subjects[target]))
    return found


def lies_below(session: Shared, subject: Subject, parent: Subject) -> bool:
    """Whether documents are created below those of the other collection, by their path."""
    return [one for _, one in parents(session, subject, subject.creators[0])][-1:] == [parent]


def children(session: Shared, subject: Subject) -> list[Subject]:
    """The collections of what lies directly below the documents."""
    found = []
    for child in session.subjects.values():
        above = parents(session, child, child.creators[0]) if child.creators else []
        if above and above[-1][1] is subject:
            found.append(child)
    return found


def movers(subject: Subject) -> Iterator[tuple[Updater, str]]:
    """The operations that take a document below another parent, and the property that names it."""
    placed = [name for _, name in subject.action(subject.creators[0]).scope][-1:]
    for updater in subject.updaters:
        yield from ((updater, name) for name in placed if name in subject.requested(updater.operation))


def actions_on(session: Shared, subject: Subject) -> Iterator[tuple[Operation, str]]:
    """The operations that do something to the document which their path names, and take none: `/orders/{id}/cancel`."""
    for operation in session.contract.operations.values():
        action = session.contract.actions.get(operation.id)
        if action is not None and (action.collection != subject.collection or action.does == "delete"):
            continue
        named = [name for name, _, _ in session.ledger.kinds.named(operation, {})][-1:]
        for name in named:
            own = action is not None or session.named_by(operation, name) == subject.collection
            if own and session.uses_up(operation, name) and session.guard.forbids(operation) is None:
                yield operation, name


def tellers(session: Shared, subject: Subject) -> Iterator[tuple[Operation, str]]:
    """The operations that tell something of a document and show none (`/orders/{id}/sum`), and what names it."""
    for operation in session.contract.operations.values():
        named = [name for name, _, _ in session.ledger.kinds.named(operation, {})][-1:]
        if operation.method == "get" and operation.id not in session.contract.actions:
            yield from ((operation, name) for name in named if session.named_by(operation, name) == subject.collection)


def acting_on(trial: Trial, operation: Operation, name: str, document: Document) -> dict[str, Any]:
    """The parts of a request that does something to the document which one of its parameters names, and takes none."""
    parts = request_about(trial, operation, name, document)
    if operation.document_body:
        parts["body"] = trial.session.plain_body(operation)
    return trial.as_of_now(operation, document.user, parts)


def request_about(trial: Trial, operation: Operation, name: str, document: Document) -> dict[str, Any]:
    """The parameters of a request about the document that one of them names."""
    parts = {**trial.session.surroundings(operation, document.user, name, known=document.around)}
    parts["path"] = {**parts.get("path", {}), name: document.id}
    return parts


def closing(session: Shared, subject: Subject, operation: Operation) -> Iterator[tuple[ScopeRule, list[Pair]]]:
    """The rules that hide what an operation's documents lie below, the nearest first, and the users they keep apart."""
    for _, parent in reversed(parents(session, subject, operation)):
        for rule in parent.resource.of(ScopeRule) if parent.creators else ():
            yield rule, session.crowd.apart(parent.resource, rule)


def is_out_of_sight(session: Shared, subject: Subject, one: User, other: User) -> bool:
    """Whether what a user creates lies below a document that another does not see."""
    claims = session.crowd.claims_of(other)
    return any(
        (one, other) in pairs and not rule.readers.admits(claims)
        for rule, pairs in closing(session, subject, subject.creators[0])
    )


def refusals_of(rule: ScopeRule, operation: Operation) -> set[int]:
    """404, and any declared refusal where the operation declares no 404: that it hides is what the rule promises."""
    status = rule.status or 404
    if str(status) in operation.statuses:
        return {status}
    return {status} | {other for other in operation.numbers if 400 <= other < 500 and other != 401}


@dataclass
class Place:
    """Where a case creates its documents: below new parents, or in a list of the user's own.

    Args:
        subject: what is created.
        user: who creates and lists.
        around: the parameters that lead there.
        is_known: whether all that lies there is of this case.
        held: what each document has to hold to be there: the id of the parent that the list is of.
        made: what was created there.
    """

    subject: Subject
    user: User
    around: dict[str, dict[str, Any]]
    is_known: bool
    held: dict[str, Any] = field(default_factory=dict)
    made: list[Document] = field(default_factory=list)

    def create(self, trial: Trial, **changes: Any) -> Document:
        """Create a document there."""
        around = self.around
        if self.subject.once & self.held.keys():  # below each parent there may be one alone
            around = below(trial, self.subject, self.user)
        document = trial.create_in(self.subject, self.user, around, {**changes, **self.held})
        self.made.append(document)
        return document

    def listed(self, trial: Trial, query: Mapping[str, Any]) -> tuple[list[dict[str, Any]], int | None]:
        """All that the list shows of a query, page after page, and the total that is told.

        Raises:
            NotExercised: it shows too many documents of others.
        """
        operation = self.subject.listers[0]
        *ways_on, limit = page_parameters(operation)
        if limit is not None and any(ways_on):  # what a page cuts off could not be asked for otherwise
            query = {
                **query,
                limit: max(size_bounds(operation, limit)[0], SMALL_PAGE if self.is_known else MEDIUM_PAGE),
            }
        entries: list[dict[str, Any]] = []
        total, seen = None, set[str]()
        for exchange, page in trial.pages(self.subject, self.user, self.around, query, whole=True):
            keys = {str(one.get(self.subject.key)) for one in page}
            if page and keys <= seen:
                break  # it shows the same again: nor would the next one show anything else
            seen |= keys
            entries += page
            total = total_told(exchange)
            if not self.is_known and len(entries) > len(self.made) + MOST_LEFT:
                raise NotExercised(f"{operation} shows too many other documents to be read as a whole")
        return entries, total

    def hold_shown(self, entries: list[dict[str, Any]], wanted: list[Document], what: str) -> None:
        """Hold that of the documents that were created there those that are wanted are shown, and no others."""
        names = {str(one.id) for one in wanted}
        seen = [str(one.get(self.subject.key)) for one in entries]
        for document in self.made:
            if (str(document.id) in names) != (str(document.id) in seen):
                does = "not in" if str(document.id) in names else "in"
                raise Broken(f"the list with {what} to show what has the value, and nothing else",
                             f"{document.id} is {does} it")  # fmt: skip

    def clear(self, trial: Trial) -> None:
        """Delete what was created there, so that the lists of later cases stay short."""
        for document in self.made if self.subject.deleters else ():
            trial.delete(document)


@contextmanager
def place(trial: Trial, subject: Subject) -> Iterator[Place]:
    """A place for the case's documents: below parents that are new, else among those of whoever has the fewest.

    Raises:
        NotExercised: its parents could not be created.
    """
    there = _place(trial, subject)
    yield there
    if not there.is_known:
        there.clear(trial)


def _place(trial: Trial, subject: Subject) -> Place:
    session, creator = trial.session, trial.creator(subject)
    above = parents(session, subject, creator)
    other = other_parent(session, subject)
    if other is not None:
        return _below_other(trial, subject, *other)
    is_new = bool(above) and bool(above[-1][1].creators)
    if is_new and _lists_below(session, subject, above[-1][1]):
        return Place(subject, trial.user, below(trial, subject, trial.user), True)
    users = [trial.user] if above and not is_new else _sharing_least(trial, subject)
    user = users[-1] if users else trial.user
    session.referents.shorten(subject)
    around = below(trial, subject, user) if is_new else session.surroundings(creator, user, None)
    return Place(subject, user, around, False)


def _lists_below(session: Shared, subject: Subject, parent: Subject) -> bool:
    """Whether a list shows what lies below one parent; what is created there, another shows of all of them."""
    lister = next(iter(subject.listers), None)
    return lister is None or any(one is parent for _, one in parents(session, subject, lister))


def _sharing_least(trial: Trial, subject: Subject) -> list[User]:
    """Users whose lists are without what most cases create: another owner's, or another organization's."""
    if subject.resource.tenant:
        foreign = [other for one, other in trial.session.crowd.foreigners() if one is trial.user]
        creator = trial.creator(subject)
        return [user for user in foreign if trial.session.crowd.may_ask(creator.id, user)]
    return list(trial.users) if subject.resource.owner else [trial.user]


def other_parent(session: Shared, subject: Subject) -> tuple[str, str, Subject] | None:
    """What the list is of, where documents are not created below it, but name it: parameter, property, documents."""
    operation, creator = next(iter(subject.listers), None), subject.creators[0]
    if operation is None:
        return None
    above, sent = dict(parents(session, subject, creator)), subject.requested(creator)
    held = dict(subject.action(operation).scope)
    others = [(name, parent) for name, parent in parents(session, subject, operation) if name not in above]
    named = [(name, held[name], parent) for name, parent in others if held.get(name) in sent and parent.creators]
    return named[-1] if named else None


def _below_other(trial: Trial, subject: Subject, parameter: str, name: str, parent: Subject) -> Place:
    """A place for documents that are listed below a new parent, and are created below another."""
    session, creator = trial.session, trial.creator(subject)
    above = parents(session, subject, creator)
    new = bool(above) and bool(above[-1][1].creators) and name not in subject.once
    around = below(trial, subject, trial.user) if new else session.surroundings(creator, trial.user, None)
    document = trial.create(parent)
    around = {**around, "path": {**around.get("path", {}), parameter: document.id}}
    return Place(subject, trial.user, around, True, {name: document.id})


def below(trial: Trial, subject: Subject, user: User) -> dict[str, dict[str, Any]]:
    """The parameters of a create below a new parent, and below the parents of that."""
    _, parent = parents(trial.session, subject, trial.creator(subject))[-1]
    return under(trial, subject, trial.create(parent, user))


def under(trial: Trial, subject: Subject, parent: Document) -> dict[str, dict[str, Any]]:
    """The parameters of a create directly below a document."""
    session, creator = trial.session, trial.creator(subject)
    name, _ = parents(session, subject, creator)[-1]
    path = {**parent.around.get("path", {}), name: parent.id}
    around: dict[str, dict[str, Any]] = session.surroundings(creator, parent.user, None, known={"path": path})
    return around
