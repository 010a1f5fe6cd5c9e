"""Which properties the server sets, though the contract does not say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, Probe, Sight, new_trial, property_pointer
from specdouble.verify.subject import Subject
from specdouble.verify.trial import view


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
            if is_set and name not in sent and schema.get("readOnly") is not True:
                at = property_pointer(session.contract, subject, name)
                yield Sight("readOnly", at, True, f"{name} is set though no request sends it", trial.exchanges)


PROBE = Probe(_see)
