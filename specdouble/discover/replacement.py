"""Whether a `PUT` changes what is sent alone: the contract's shape says that it replaces the whole document."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, new_trial
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, view


def mine(session: Session) -> Iterator[Hypothesis]:
    """`x-action` for each operation that leaves alone what it is not sent."""
    for subject in session.subjects.values():
        for updater in subject.updaters:
            if updater.action.does == "replace" and updater.id_in_body is None:
                with suppress(*INCONCLUSIVE):
                    stayed = _stays(new_trial(session, subject), subject, updater)
                    if stayed:
                        words = f"{updater.operation} leaves {', '.join(stayed[:3])} alone where they are not sent"
                        value = {"action": "update", "collection": subject.collection}
                        source = Source("trial", words=words)
                        yield Hypothesis("x-action", updater.operation.pointer, value, source, 0.9)


def _stays(trial: Trial, subject: Subject, updater: Updater) -> list[str]:
    """The properties that a change leaves as they were, though it does not send them; none where one was lost."""
    document = trial.create(subject, full=True)
    before, sent = dict(view(trial, document)), dict(document.sent)
    call = trial.update_call(updater, document, trial.session.bodies.change(subject, updater))
    answer = trial.send(call.operation, document.user, path=call.path, query=call.query, body=call.body)
    if not answer.ok:
        return []
    after, left_out = view(trial, document), sent.keys() - subject.unwrapped(call).keys()
    told = [name for name in sent if name in left_out and before.get(name) not in (None, False, 0, "")]
    return told if all(after.get(name) == before[name] for name in told) else []
