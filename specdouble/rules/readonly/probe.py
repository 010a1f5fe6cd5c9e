"""Which properties the server sets, though the contract does not say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, Probe, Sight, changed_without, new_trial, property_pointer, shares
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, view


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The properties that no request takes, and that are another in each document."""
    if not subject.creators:
        return
    writers = (*subject.creators, *(one.operation for one in subject.updaters))
    sent = {name for one in writers for name in subject.taken(one)}
    sent |= {subject.resource.id} if subject.named_by_client else set()  # in the path, or the body
    trial = new_trial(session, subject)
    with suppress(*INCONCLUSIVE):
        one, other = (view(trial, trial.create(subject)) for _ in range(2))
        for name, schema in subject.resource.properties.items():
            is_set = one.get(name) is not None and one.get(name) != other.get(name)
            if not is_set or name in sent or schema.get("readOnly") is True:
                continue
            at = property_pointer(session.contract, subject, name)
            if not _is_wanted(trial, subject, name, at):
                yield Sight("readOnly", at, True, f"{name} is set though no request sends it", trial.exchanges)


def _is_wanted(trial: Trial, subject: Subject, name: str, at: str) -> bool:
    """Whether a change must hold it all the same, by the same schema: what is read-only can be left out."""
    for updater in subject.updaters:
        is_id = name == subject.resource.id and subject.needs_id(updater.operation)
        if is_id and shares(trial.contract, updater.operation, at):
            with suppress(*INCONCLUSIVE):
                if changed_without(trial, subject, updater, name).refused:
                    return True
    return False


PROBE = Probe(_see)
