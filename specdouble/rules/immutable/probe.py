"""Which properties cannot be changed: another value is refused on update, the same is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from specdouble.verify.orders import neighbours
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, REFUSALS, Probe, Sight, new_trial, property_pointer, sent
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial, view


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The properties that a create sets and no update changes, whichever is asked."""
    if not subject.creators or not subject.updaters:
        return
    for name in subject.requested(subject.creators[0]):
        trial = new_trial(session, subject)
        changing = [one for one in subject.updaters if name in subject.requested(one.operation)]
        if not changing or name not in subject.resource.properties or name in subject.bound_on_update:
            continue
        with suppress(*INCONCLUSIVE):
            if all(_is_fixed(trial, subject, updater, name) for updater in changing):
                words = f"a change of {name} is refused, though a create takes the value"
                at = property_pointer(session.contract, subject, name)
                yield Sight("x-immutable", at, True, words, trial.exchanges)


def _is_fixed(trial: Trial, subject: Subject, updater: Updater, name: str) -> bool:
    document = trial.create(subject, full=True)
    own, schema = view(trial, document).get(name), subject.requested(subject.creators[0])[name]
    usual = trial.session.bodies.value(subject, name, schema, trial.user)
    target = trial.session.implied.get(name)
    named = trial.session.referents.or_none(target, trial.user, "another") if target is not None else None
    fresh = trial.session.fresh.value(schema)  # the usual one of a pattern may be another document's
    others = [one for one in (usual, fresh, named, *neighbours(own)) if one not in (own, None)]
    fitting = [one for one in others if trial.session.bodies.property_fits(schema, one)]
    if own is None or not fitting:
        return False
    for other in fitting:  # a lesser and a greater one: an order with another property refuses either
        if trial.try_update(updater, document, {name: other}).status not in REFUSALS:
            return False
    is_same_taken = trial.try_update(updater, document, {name: own}).ok
    return is_same_taken and any(sent(trial, subject, **{name: other}).ok for other in fitting)


PROBE = Probe(_see)
