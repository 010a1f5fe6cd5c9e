"""Whether there may be no more than so many documents of one user, or below one other that they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from specdouble.verify.identity import User
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, REFUSALS, Probe, Sight, let_go, new_trial
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

MOST = 12  # that are made to reach a limit nobody has spoken of


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The limits of each user's documents, and of those that name one other, for each property that names one."""
    if not subject.creators or not subject.deleters:
        return
    yield from _of_users(session, subject)
    for name in subject.requested(subject.creators[0]):
        above = session.subjects.get(session.implied.get(name, ""))
        if above is None or above is subject or not above.creators:
            continue
        trial = new_trial(session, subject)
        with suppress(*INCONCLUSIVE):
            first = _most(trial, subject, name, above)
            if first and _most(trial, subject, name, above) == first:
                words = f"of those with one {name} {first} are accepted, and no more; with another {name} they are"
                yield Sight("x-limit", subject.resource.pointer, {"max": first, "per": [name]}, words, trial.exchanges)


def _of_users(session: Session, subject: Subject) -> Iterator[Sight]:
    """The limit of each user's or tenant's documents, where one of them was seen to make room for another."""
    trial, resource = new_trial(session, subject), subject.resource
    held = resource.owner or resource.tenant
    pairs = session.crowd.pairs(subject.creators[0])
    pairs = pairs if resource.owner else [pair for pair in session.crowd.foreigners() if pair in pairs]
    others = [other for one, other in pairs if one.name == trial.user.name]
    if subject.collection not in session.referents.crowded or not held or not others:
        return
    with suppress(*INCONCLUSIVE):
        first = _most_of(trial, subject, trial.user)
        if first and _most_of(trial, subject, others[0]) == first:
            words = (
                f"of one {'user' if resource.owner else 'tenant'}'s {first} are accepted, and no more; another's are"
            )
            yield Sight("x-limit", resource.pointer, {"max": first, "per": [held]}, words, trial.exchanges)


def _most_of(trial: Trial, subject: Subject, user: User) -> int:
    """How many documents a user may have, those counted that are there; 0 where that has no end."""
    let_go(trial.session)
    trial.session.referents.make_room(subject, user)
    count = len(trial.listed(subject, user)) if subject.listers else 0
    for number in range(count, MOST + 1):
        body = trial.body(subject, trial.creator(subject), user)
        exchange, document = trial.try_create(subject, user, body)
        if document is None:
            return number if exchange.status in REFUSALS else 0
    return 0


def _most(trial: Trial, subject: Subject, name: str, above: Subject) -> int:
    """How many documents are accepted that name a new one; 0 where that has no end, or none is."""
    key = trial.create(above).id
    for count in range(MOST + 1):
        body = {**trial.body(subject, trial.creator(subject), trial.user), name: key}
        exchange, document = trial.try_create(subject, trial.user, body)
        if document is None:
            return count if exchange.status in REFUSALS else 0
    return 0


PROBE = Probe(_see)
