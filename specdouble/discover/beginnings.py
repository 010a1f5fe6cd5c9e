"""What a new document begins with though nobody has sent it: no comments, not archived, a first state.

It is no rule that a server is held to. The double of what was found begins its documents so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from specdouble.contract import Contract
from specdouble.contract.properties import properties_of
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, new_trial, sent_properties
from specdouble.verify.subject import Subject
from specdouble.verify.trial import view

_EMPTY: tuple[Any, ...] = (None, "", [], {})


def mine(session: Session) -> Iterator[Hypothesis]:
    """`default` of each property that two new documents show alike, and nobody has sent."""
    for subject in session.subjects.values():
        if subject.creators:
            with suppress(*INCONCLUSIVE):
                yield from _of(session, subject)


def _of(session: Session, subject: Subject) -> Iterator[Hypothesis]:
    contract, resource, trial = session.contract, subject.resource, new_trial(session, subject)
    one, other = (trial.create(subject) for _ in range(2))
    shown, again = view(trial, one), view(trial, other)
    taken = {name for name, _, _ in sent_properties(contract, subject.creators[0])}
    for name, schema, at in properties_of(contract.document, resource.schema, resource.pointer):
        is_told = "default" in schema or name in (resource.id, *one.sent)
        if is_told or name not in shown or shown[name] != again.get(name, ...):
            continue
        value = shown[name]
        # A value of what can be sent is a default that requests have, and looked for there.
        if (_is_empty(value) if name in taken else _is_plain(value, schema)) and _fits(contract, schema, value):
            words = f"{name} is {value!r} of what was created without it"
            yield Hypothesis("default", at, value, Source("trial", words=words), 0.9)


def _is_empty(value: Any) -> bool:
    return any(value == empty and type(value) is type(empty) for empty in _EMPTY)


def _is_plain(value: Any, schema: dict[str, Any]) -> bool:
    """Whether it is a value that says nothing of who asks, when, and of what: any other may be another's tomorrow."""
    is_choice = isinstance(schema.get("enum"), list) and len(schema["enum"]) > 1
    return _is_empty(value) or isinstance(value, bool) or value == 0 or is_choice


def _fits(contract: Contract, schema: dict[str, Any], value: Any) -> bool:
    return contract.schemas.is_valid(contract.schemas.slot(schema, "response"), value)
