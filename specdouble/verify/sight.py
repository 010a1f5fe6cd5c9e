"""A sight: what a server was seen to do, as the annotation that would promise it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.contract.pointer import pointer
from specdouble.contract.properties import properties_of
from specdouble.verify.exchange import Exchange
from specdouble.verify.problem import Broken, NotExercised, Trouble
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial
from specdouble.verify.wrapper import wrapper_of


@dataclass(frozen=True)
class Sight:
    """What a server was seen to do, as the annotation that would promise it.

    Args:
        keyword: the annotation.
        pointer: of what it would stand on.
        value: what it would say.
        words: what was seen, as a clause.
        exchanges: in which requests and answers.
    """

    keyword: str
    pointer: str
    value: Any
    words: str
    exchanges: Sequence[Exchange] = ()


@dataclass(frozen=True)
class Probe:
    """How one kind of rules is seen, where nobody says that there is one; a kind's `probe.py` has one as `PROBE`.

    Args:
        see: given the session and the documents, what was seen of them.
        founds: whether others stand on what it sees, so that it is asked before them.
        early: whether it wants lists to be short, so that it is asked before others fill them.
    """

    see: Callable[[Session, Subject], Iterator[Sight]]
    founds: bool = False
    early: bool = False


REFUSALS = frozenset({400, 403, 409, 422})  # with which a rule is kept; whoever asks is known, and the place is there

# What ends one look at a server, and says nothing of the rule that was looked for.
INCONCLUSIVE = (NotExercised, Broken, Trouble)


def new_trial(session: Shared, subject: Subject) -> Trial:
    """A new trial, by who may create such documents: what earlier ones created is no longer needed, and makes room."""
    let_go(session)
    return Trial(session, [operation.id for operation in subject.creators[:1]])


def let_go(session: Shared) -> None:
    """What was created until now is no longer needed: it may make room for more, where there may be so many."""
    session.ledger.recent.clear()


def property_pointer(contract: Contract, subject: Subject, name: str) -> str:
    """Where the schema of a property of the documents stands."""
    found = properties_of(contract.document, subject.resource.schema, subject.resource.pointer)
    return next(at for one, _, at in found if one == name)


def sent_properties(contract: Contract, operation: Operation) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The properties of the document that an operation takes: name, schema, and where it stands."""
    media = operation.document_body
    if media is None:
        return
    schema, at = media.schema, media.pointer + pointer("schema")
    for around in wrapper_of(contract, operation):
        found = {name: (part, place) for name, part, place in properties_of(contract.document, schema, at)}
        schema, at = found[around]
    yield from properties_of(contract.document, schema, at)


def sent(trial: Trial, subject: Subject, **values: Any) -> Exchange:
    """The answer to a create with these values, everything else new.

    Raises:
        NotExercised: no body could be made, or the schema does not take one of the values.
    """
    creator = trial.creator(subject)
    body = {**trial.body(subject, creator, trial.user), **values}
    if not trial.session.bodies.fits(creator, body):
        raise NotExercised(f"the schema of {creator} takes no such body")
    return trial.try_create(subject, trial.user, body)[0]


def shares(contract: Contract, operation: Operation, at: str) -> bool:
    """Whether the schema of a property, which stands there, is that of the body that an operation takes, too."""
    return any(place == at for _, _, place in sent_properties(contract, operation))


def changed_without(trial: Trial, subject: Subject, updater: Updater, name: str) -> Exchange:
    """The answer to a change of a new document that says nothing of one property.

    Raises:
        NotExercised: the same change with it is refused, too.
    """
    document, operation = trial.create(subject, full=True), updater.operation
    held = {one: value for one, value in document.sent.items() if one in subject.requested(operation)}
    call = trial.update_call(updater, document, held)

    def answer(body: dict[str, Any]) -> Exchange:
        whole = subject.wrapped(operation, body)
        return trial.send(operation, document.user, path=call.path, query=call.query, body=whole)

    told = subject.unwrapped(call)
    control = answer(told)
    if not control.ok:
        raise NotExercised(f"{operation} answers {control.told(60)}")
    return answer({one: value for one, value in told.items() if one != name})
