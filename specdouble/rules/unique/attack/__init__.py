"""Unique values: taken ones are refused, near misses are not, whoever asks and however many at once."""

from __future__ import annotations

from typing import Any

from specdouble.rules.unique.attack.bulk import of_bulk
from specdouble.rules.unique.attack.several import keep, of_several
from specdouble.rules.unique.attack.single import of_one
from specdouble.rules.unique.attack.variant import with_word
from specdouble.rules.unique.rule import Unique, UniqueKey, UniqueTogether
from specdouble.verify.attack import Attack, Write
from specdouble.verify.case import Plan
from specdouble.verify.document import Document
from specdouble.verify.identity import User
from specdouble.verify.problem import NotPromised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial


def plan(session: Session, subject: Subject, rule: UniqueKey) -> Plan:
    """The cases of one rule."""
    if isinstance(rule, UniqueTogether):
        yield from of_several(session, subject, rule)
    elif isinstance(rule, Unique):
        yield from of_one(session, subject, rule)
    yield from of_bulk(session, subject, rule)


def value(session: Session, subject: Subject, rule: Unique, schema: Any, user: User, like: object = None) -> Any:  # noqa: ARG001
    """A value that no document holds: where it is to be like a text, that one with a new word inside its spaces."""
    fresh = session.fresh.value(schema)
    if not isinstance(like, str) or not like.strip():
        return fresh
    made = with_word(session.fresh.word(), like)
    if session.bodies.property_fits(schema, made):
        return made
    address = f"{like.partition('@')[0]}.{fresh}"  # its domain is that of the fresh one: no case tells domains apart
    is_like = "@" in like and session.bodies.property_fits(schema, address)
    return session.ledger.mint(address) if is_like else fresh


def same(rule: Unique, sent: object, seen: object) -> bool:
    """Whether the spaces that the rule ignores are all that differs: whether they are kept it does not say."""
    return "space" in rule.ignore and isinstance(sent, str) and str(seen).strip() == sent.strip()


def offend(_trial: Trial, subject: Subject, rule: Unique, write: Write, beside: Document) -> dict[str, Any]:
    """The body, with what another document has."""
    held = {**beside.sent, **beside.shown}
    if rule.where or rule.name not in subject.taken(write.operation) or held.get(rule.name) is None:
        raise NotPromised
    scope = [name for name in rule.within if name in subject.requested(write.operation) and name in held]
    return {**write.body, **{name: held[name] for name in (*scope, rule.name)}}


ATTACK = Attack(plan, value=value, once=True, same=same, keep=keep, offend=offend)
