"""Whose documents are: what the server writes into those of each user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from specdouble.contract.properties import plain
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.sight import new_trial
from specdouble.verify.subject import Subject
from specdouble.verify.trial import view
from specdouble.verify.values import merged

_TIMES = ("date-time", "date", "time")

Values = dict[str, Any]  # the value that each user's documents have in common, by the user's name


def held_for(session: Session, subject: Subject) -> dict[str, Values]:
    """The properties that a client does not send, and that are the same in all documents of one user."""
    shown = {user.name: _documents(session, subject, user) for user in session.crowd}
    known = {name: pair for name, pair in shown.items() if pair is not None}
    found: dict[str, Values] = {}
    for name, schema in subject.resource.properties.items():
        if merged(schema, session.contract.resolve).get("format") in _TIMES:
            continue  # who signs in again has the same, and so may look like a key
        pairs = {user: [one.get(name) for one in pair] for user, pair in known.items()}
        if len(pairs) > 1 and all(_is_one_key(pair) for pair in pairs.values()):
            found[name] = {user: pair[0] for user, pair in pairs.items()}
    return found


def _documents(session: Session, subject: Subject, user: Any) -> list[dict[str, Any]] | None:
    """Two new documents of a user, without what was sent; None where the user cannot create them."""
    trial, found = new_trial(session, subject), []
    with suppress(NotExercised, Broken):
        for _ in range(2):
            document = trial.create(subject, user)
            seen = view(trial, document)
            found.append({name: value for name, value in seen.items() if name not in document.sent})
        return found
    return None


def _is_one_key(pair: Sequence[Any]) -> bool:
    """Whether both documents hold one and the same key."""
    first = pair[0]
    return isinstance(first, str | int) and not isinstance(first, bool) and all(one == first for one in pair)


def telling_users_apart(session: Session, subject: Subject) -> Iterator[str]:
    """The properties that are another for each user."""
    for name, values in held_for(session, subject).items():
        if len(set(values.values())) == len(values):
            yield name


def shared_by_some(session: Session, subject: Subject) -> Iterator[str]:
    """The properties that some users share and others do not."""
    for name, values in held_for(session, subject).items():
        if 1 < len(set(values.values())) < len(values):
            yield name


def named_after(words: Sequence[str], names: Iterator[str]) -> str | None:
    """The property whose name has one of the words in it; else the only one."""
    known = list(names)
    ranked = [name for word in words for name in known if word in plain(name)]
    return next(iter(ranked), known[0] if len(known) == 1 else None)
