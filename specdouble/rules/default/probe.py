"""What a server fills in where a request leaves it out, though the contract does not say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, Probe, Sight, new_trial, sent, sent_properties
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial, view
from specdouble.verify.values import merged, plausible


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The values that two new documents have in common, of what was not sent and could have been."""
    if not subject.creators:
        return
    creator, trial = subject.creators[0], new_trial(session, subject)
    places = {name: at for name, schema, at in sent_properties(session.contract, creator) if "default" not in schema}
    with suppress(*INCONCLUSIVE):
        one, other = (trial.create(subject) for _ in range(2))
        shown, again = view(trial, one), view(trial, other)
        for name, at in places.items():
            value = shown.get(name)
            known = name in subject.resource.properties and name not in one.sent
            if not known or not _is_filled_in(value, again.get(name)) or _tells_who_asks(session, value):
                continue
            if _gives_way(trial, subject, name, value):
                words = f"{name} is {value!r} where a request leaves it out"
                yield Sight("default", at, value, words, trial.exchanges)


def _tells_who_asks(session: Session, value: object) -> bool:
    """Whether a text names a user: another's request would be filled in otherwise."""
    names = [user.name for user in session.crowd] + [user.id for user in session.crowd if user.id]
    return isinstance(value, str) and any(name in value for name in names)


def _gives_way(trial: Trial, subject: Subject, name: str, value: object) -> bool:
    """Whether another value that is sent is shown: what is always the same is no default."""
    schema = merged(subject.requested(subject.creators[0]).get(name, {}), trial.contract.resolve)
    options = schema.get("enum") or [plausible(schema, trial.contract.resolve, trial.session.fresh.word())]
    other = not value if isinstance(value, bool) else next((one for one in options if one != value), value)
    exchange = sent(trial, subject, **{name: other})
    document = trial.adopt(subject, trial.user, exchange)
    return other != value and document is not None and view(trial, document).get(name) == other


def _is_filled_in(value: object, again: object) -> bool:
    """Whether a value was filled in: null and what is empty stand for what is not there."""
    return value not in (None, "", [], {}) and value == again


PROBE = Probe(_see)
