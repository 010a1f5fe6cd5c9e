"""Whether there may be no more than so many documents below one other, that they name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, REFUSALS, Probe, Sight, new_trial
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

MOST = 12  # that are made to reach a limit nobody has spoken of


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The limits of documents that name one other, for each property that names one."""
    if not subject.creators or not subject.deleters:
        return
    for name in subject.requested(subject.creators[0]):
        above = session.subjects.get(session.implied.get(name, ""))
        if above is None or above is subject or not above.creators:
            continue
        trial = new_trial(session)
        with suppress(*INCONCLUSIVE):
            first = _most(trial, subject, name, above)
            if first and _most(trial, subject, name, above) == first:
                words = f"of those with one {name} {first} are accepted, and no more; with another {name} they are"
                yield Sight("x-limit", subject.resource.pointer, {"max": first, "per": [name]}, words, trial.exchanges)


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
