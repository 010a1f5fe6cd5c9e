"""Whether values of a property are unique: a second document with the same is refused, with another it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from specdouble.rules.unique.attack.scope import moved
from specdouble.rules.unique.attack.variant import FOLDED, told_apart
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.problem import NotExercised
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, REFUSALS, Probe, Sight, new_trial, property_pointer
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged

LOOKS = 2  # at a property, where the first one says nothing
TIMES = 2  # that the same value is refused, and another taken
# What may be ignored, and two texts that differ in that alone.
_SPELLINGS = {"case": ("Autumn Webinar", "aUTUMN wEBINAR"), "space": ("Autumn", "  Autumn  ")}


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The unique properties of the documents, each in the scope and with the spellings that were seen."""
    for name in _free(session, subject):
        trial, value = _looked(session, subject, name)
        if value is not None:
            at = property_pointer(session.contract, subject, name)
            words = f"a second document with the same {name} is refused, with another it is accepted"
            yield Sight("x-unique", at, value, words, trial.exchanges)


def _looked(session: Session, subject: Subject, name: str) -> tuple[Trial, dict[str, Any] | bool | None]:
    """What was seen of one property; once more where that said nothing: a new value may have been taken by chance."""
    for _ in range(LOOKS):
        trial = new_trial(session, subject)
        with suppress(*INCONCLUSIVE):
            return trial, _Property(trial, subject, name).seen()
    return trial, None


def _free(session: Session, subject: Subject) -> list[str]:
    """The properties that hold any text or whole number, and that a client sends."""
    if not subject.creators:
        return []
    fixed = subject.server_set | subject.chosen.keys()
    found = []
    for name, schema in subject.taken(subject.creators[0]).items():
        whole = merged(schema, session.contract.resolve)
        if kind(whole) in ("string", "integer") and not whole.get("enum") and name in subject.resource.properties:
            found.append(name)
    return [name for name in found if name not in fixed]


def _literal(value: object) -> str:
    """The value as a condition has it."""
    return json.dumps(value) if isinstance(value, bool) else f"'{value}'"


class _Property:
    """One property under trial."""

    def __init__(self, trial: Trial, subject: Subject, name: str) -> None:
        self.trial, self.subject, self.name = trial, subject, name
        self.schema = subject.taken(subject.creators[0])[name]
        # By user, what leads to where the documents are created: below another parent a value is free.
        self.around: dict[str, dict[str, Any]] = {}

    @property
    def named(self) -> Subject | None:
        """The documents of which the property names one, where it does: a new one is a new value."""
        session = self.trial.session
        target = session.subjects.get(session.implied.get(self.name, ""))
        return target if target is not None and target.creators and target is not self.subject else None

    def seen(self) -> dict[str, Any] | bool | None:
        """The annotation's value; None where it is not unique, or not in a scope that an annotation can name.

        Raises:
            NotExercised: a new value is refused, too.
        """
        with self.passing():
            self.trial.create(self.subject)  # where there may be few, it makes room
        value = self.first()
        if not self.is_taken(value):
            return None
        for _ in range(TIMES):
            with self.passing():
                self.first()
                if not self.is_taken(value):
                    return None
        within = self.scope(value)
        if within is None:
            return None
        spellings = {} if self.named else _SPELLINGS
        ignore = [self.of_ascii(word) for word, texts in spellings.items() if self.ignores(*self.pair(*texts))]
        where = self.where()
        within += [name for name in self.beside() if name not in within and f"self.{name} " not in where]
        told: dict[str, Any] = {"within": within, "ignore": ignore, "where": where}
        return {key: one for key, one in told.items() if one} or True

    @contextmanager
    def passing(self) -> Iterator[None]:
        """What is created meanwhile is deleted in the end: there may be room for a few documents alone."""
        before = len(self.trial.made)
        try:
            yield
        finally:
            for document in self.trial.made[before:] if self.subject.deleters else ():
                with suppress(*INCONCLUSIVE):
                    self.trial.delete(document)

    def first(self) -> Any:
        """A new value that a create was accepted with.

        Raises:
            NotExercised: it was refused.
        """
        value = self.fresh()
        if not self.send(value).ok:
            raise NotExercised(f"a new {self.name} is refused")
        return value

    def fresh(self) -> Any:
        """A new value, as bodies usually have it: some servers take names in a form of their own alone."""
        if self.named is not None:
            return self.trial.create(self.named).id
        usual = self.trial.body(self.subject, self.trial.creator(self.subject), self.trial.user).get(self.name)
        session = self.trial.session
        is_new = isinstance(usual, str) and (session.fresh.is_word(usual) or session.ledger.is_minted(usual))
        return usual if is_new else self.trial.session.fresh.value(self.schema)

    def send(self, value: object, user: User | None = None) -> Exchange:
        """The answer to a create of a document with the value, everything else new."""
        trial, user = self.trial, user or self.trial.user
        return self.created(user, {**trial.body(self.subject, trial.creator(self.subject), user), self.name: value})[0]

    def created(self, user: User, body: dict[str, Any]) -> tuple[Exchange, Document | None]:
        """The answer to a create where the user's first one was accepted; and the document."""
        exchange, document = self.trial.try_create(self.subject, user, body, around=self.around.get(user.name))
        own = self.subject.action(exchange.call.operation).id
        if exchange.ok:
            path = {one: key for one, key in exchange.call.path.items() if one != own}
            self.around.setdefault(user.name, {"path": path})
        return exchange, document

    def is_taken(self, value: object, user: User | None = None) -> bool:
        return self.send(value, user).status in REFUSALS

    def pair(self, one: str, other: str) -> tuple[Any, Any]:
        """Two texts of the property that differ in their spelling; the same where the property takes no such texts."""
        bodies = self.trial.session.bodies
        first, second = told_apart(self.trial.session, one, other)
        if bodies.property_fits(self.schema, first) and bodies.property_fits(self.schema, second):
            return first, second
        value = self.fresh()
        is_case = one.casefold() == other.casefold()
        swapped = value.swapcase() if is_case and isinstance(value, str) else value
        return value, swapped if bodies.property_fits(self.schema, swapped) else value

    def ignores(self, one: object, other: object) -> bool:
        """Whether the two count as the same; a spelling that is refused on its own account says nothing."""
        with self.passing():
            if one == other or not self.send(one).ok:
                return False
            if not self.is_taken(other):
                return False
            run = self.trial.session.fresh.run
            alone = other.replace(run, run[::-1]) if isinstance(other, str) else other
            return alone == other or self.send(alone).ok

    def of_ascii(self, word: str) -> str:
        """What is ignored; of case, that of ASCII letters where letters beyond it are told apart."""
        return "ascii-case" if word == "case" and any(map(self.tells_apart, FOLDED)) else word

    def tells_apart(self, texts: tuple[str, str]) -> bool:
        """Whether a document with each of two texts is accepted."""
        both = told_apart(self.trial.session, *texts)
        fits = all(self.trial.session.bodies.property_fits(self.schema, one) for one in both)
        with self.passing():
            return fits and all(self.send(one).ok for one in both)

    # The documents that count

    def where(self) -> str:
        """The condition of documents that count, by their state; empty where all were seen to."""
        for updater in self.subject.updaters:
            states: dict[str, list[Any]] = {}
            for name, state in self.subject.states(updater.operation):
                states.setdefault(name, []).append(state)
            for name, values in states.items():
                free = [state for state in values if self.is_freed(updater, name, state, values)]
                if free:
                    return " && ".join(f"self.{name} != {_literal(state)}" for state in free)
        return ""

    def is_freed(self, updater: Updater, name: str, state: object, states: list[Any]) -> bool:
        """Whether a value may be had again once its document is in a state, by way of another where it must be."""
        for way in ((state,), *((other, state) for other in states if other != state)):
            value = self.fresh()
            body = self.trial.body(self.subject, self.trial.creator(self.subject), self.trial.user)
            _, document = self.created(self.trial.user, {**body, self.name: value})
            if document is None:
                return False
            if all(self.trial.try_update(updater, document, {name: one}, as_it_is=True).ok for one in way):
                return self.send(value).ok
        return False

    # The scope

    def scope(self, value: object) -> list[str] | None:
        """The properties that documents must share for their values to be compared; None where none holds them."""
        resource, crowd = self.subject.resource, self.trial.session.crowd
        me = self.trial.user
        others = [other for one, other in crowd.pairs(self.trial.creator(self.subject)) if one.name == me.name]
        colleagues = [other for one, other in crowd.colleagues() if one.name == me.name and other in others]
        strangers = [other for other in others if other not in colleagues]
        free = next((who for who in (colleagues, strangers) if self.is_free_for(who, value)), None)
        if free is None or self.is_below_others:
            within = self.parents(value)  # where users have parents of their own, the value may be free for these alone
            if within != [] or free is None:
                return within
        by_tenant = free is strangers and (colleagues or not resource.owner)
        scope = resource.tenant if by_tenant else resource.owner
        return [scope] if scope else None

    def beside(self) -> Iterator[str]:
        """The other properties that documents must share, too: with another value of one, the same may be had again."""
        trial, subject = self.trial, self.subject
        body = trial.body(subject, trial.creator(subject), trial.user, True)
        for name, schema in subject.requested(trial.creator(subject)).items():
            other = self.another(name, schema, body[name]) if name in body and name != self.name else None
            if other is not None and name in subject.resource.properties:
                taken = self.fresh()
                control = [self.with_other(one, {name: body[name]}) for one in (taken, taken)]
                if control[0].ok and control[1].status in REFUSALS and self.with_other(taken, {name: other}).ok:
                    yield name

    def with_other(self, value: object, others: dict[str, Any]) -> Exchange:
        """The answer to a create with the value and those of other properties."""
        trial = self.trial
        body = {**trial.body(self.subject, trial.creator(self.subject), trial.user), **others, self.name: value}
        return self.created(trial.user, body)[0]

    def another(self, name: str, declared: object, held: object) -> Any:
        """Another value of another property; None where none is known."""
        session = self.trial.session
        schema, target = merged(declared, session.contract.resolve), session.implied.get(name)
        if name in self.subject.once:
            return None
        rule = self.subject.chosen.get(name)
        target = (rule.refers_to if rule else None) or target
        if target is not None:
            return session.referents.or_none(target, self.trial.user, "another")
        if schema.get("enum"):
            return next((one for one in schema["enum"] if one not in (held, None)), None)
        if isinstance(held, bool) or not isinstance(held, str | int | float):
            return not held if isinstance(held, bool) else None
        if isinstance(held, str):
            return moved(held) or session.fresh.value(declared)
        return held + 1

    @property
    def is_below_others(self) -> bool:
        """Whether the path of a create leads through other documents."""
        creator = self.trial.creator(self.subject)
        return any(self.trial.session.ledger.kinds.named(creator, {}))

    def is_free_for(self, users: list[User], value: object) -> bool:
        """Whether one of the users may have the value, too."""
        return any(self.send(value, user).ok for user in users[:2])

    def parents(self, value: object) -> list[str] | None:
        """The properties that hold what a path leads through, where another of these may have the value.

        Raises:
            NotExercised: no other could be made.
        """
        trial, creator = self.trial, self.trial.creator(self.subject)
        scope = dict(self.subject.action(creator).scope)
        for parameter, kind_of, _ in reversed(trial.session.ledger.kinds.named(creator, {})):
            above = trial.session.subjects.get(trial.session.implied.get(parameter, kind_of))
            if above is None or not above.creators or above is self.subject:
                continue  # there is one alone, whose documents are all that there are
            if self.is_free_below(parameter, trial.create(above).id, value):
                held = scope.get(parameter, "")
                return [held] if held in self.subject.resource.properties else None
            break  # what lies above it has others below it
        return []

    def is_free_below(self, parameter: str, parent: object, value: object) -> bool:
        """Whether a document below another parent may have the value, as it may have one that is new."""
        trial = self.trial

        def answered(one: object) -> Exchange:
            body = {**trial.body(self.subject, trial.creator(self.subject), trial.user), self.name: one}
            call = trial.create_call(self.subject, trial.user, body)
            path = {**call.path, parameter: parent}
            return trial.send(call.operation, trial.user, path=path, query=call.query, body=call.body)

        if not answered(self.fresh()).ok:
            raise NotExercised("nothing can be created below another parent")
        return answered(value).ok


PROBE = Probe(_see)
