"""Unique values: taken ones are refused, near misses are not, whoever asks and however many at once."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.solver import SECONDS, Wish
from specdouble.rules.unique.rule import Unique, UniqueKey, UniqueTogether
from specdouble.verify.attack import Attack, Write, attack_of
from specdouble.verify.baseline import says_taken
from specdouble.verify.case import Case, Missing, Names, Plan, ids
from specdouble.verify.checks.refusals import refused_update
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.patterns import matching
from specdouble.verify.places import parents
from specdouble.verify.problem import Broken, NotExercised, NotPromised
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject, Updater
from specdouble.verify.trial import CLIENTS, Document, Trial, accepted, refused_as
from specdouble.verify.values import kind, merged

ROUNDS = 3

# Phrase, variant, and what must be ignored for them to be the same ("" is nothing, "-" is never).
_VARIANTS: tuple[tuple[str, str, str, str], ...] = (
    ("the same value", "Autumn", "Autumn", ""),
    ("other case", "Autumn Webinar", "AUTUMN WEBINAR", "case"),
    ("other case within", "Autumn Webinar", "aUTUMN wEBINAR", "case"),
    ("other case beyond ASCII", "Ärzte Öl", "ärzte öl", "case"),
    ("other case in Cyrillic", "Привет", "ПРИВЕТ", "case"),
    ("sharp s", "Straße", "STRASSE", "case"),
    ("final sigma", "Οδυσσεύς", "ΟΔΥΣΣΕΎΣ", "case"),
    ("a ligature", "\ufb01nal", "final", "case"),
    ("a dotted capital I", "İstanbul", "i\u0307stanbul", "case"),
    ("composed or not", "Caf\u00e9 cr\u00e8me", "Cafe\u0301 cre\u0300me", "case"),
    ("Hangul composed or not", "한글", unicodedata.normalize("NFD", "한글"), "case"),
    ("spaces around", "Autumn", "  Autumn  ", "space"),
    ("a space before", "Autumn", " Autumn", "space"),
    ("a space after", "Autumn", "Autumn ", "space"),
    ("a tab and a line break around", "Autumn", "\tAutumn\n", "space"),
    ("a no-break space after", "Autumn", "Autumn\u00a0", "space"),
    ("spaces around and other case", "Autumn", " AUTUMN ", "case space"),
    ("one character more", "Autumn", "Autumnx", "-"),
    ("one character less", "Autumn", "Autum", "-"),
    ("one character other", "Autumn", "Auturn", "-"),
    ("two spaces within", "Autumn Webinar", "Autumn  Webinar", "-"),
    ("no space within", "Autumn Webinar", "AutumnWebinar", "-"),
    ("a hyphen for a space", "Autumn Webinar", "Autumn-Webinar", "-"),
    ("a dot for a letter", "A.C", "ABC", "-"),
    ("a letter for a dot", "ABC", "A.C", "-"),
    ("a pattern of it", "Autumn", "A.*", "-"),
    ("a class of it", "Leads", "[A-Z]eads", "-"),
    ("a wildcard of it", "Autumn", "Aut%", "-"),
    ("an underscore for a letter", "Autumn", "Autum_", "-"),
    ("an asterisk", "Autumn", "Autumn*", "-"),
    ("without its accents", "résumé", "resume", "-"),
    ("full-width letters", "Sales", "Ｓａｌｅｓ", "-"),
    ("other digits", "Team 1", "Team １", "-"),
    ("a leading zero", "Team 7", "Team 07", "-"),
    ("a full stop at its end", "Autumn", "Autumn.", "-"),
    ("an emoji of another skin tone", "Wave 👋🏻", "Wave 👋🏿", "-"),
)
# Two texts that are the same where case is ignored as Unicode folds it, and not where that of ASCII letters is.
FOLDED = tuple((one, other) for _, one, other, needs in _VARIANTS if needs == "case" and not (one + other).isascii())
_LONG = (32, 50, 64, 100, 128, 255, 256, 500)


def plan(session: Session, subject: Subject, rule: UniqueKey) -> Plan:
    """The cases of one rule."""
    if isinstance(rule, UniqueTogether):
        yield from _of_several(session, subject, rule)
    elif isinstance(rule, Unique):
        yield from _of_one(session, subject, rule)


def _of_one(session: Session, subject: Subject, rule: Unique) -> Plan:
    if not subject.creators:
        yield Missing(rule.id, f"no operation creates documents of {subject.collection}")
        return
    creator = subject.creators[0]
    if rule.name not in subject.taken(creator):
        yield Missing(rule.id, f"{creator} takes no {rule.name}")
        return
    yield from _creates(session, subject, rule, creator)
    for updater in subject.updaters:
        if rule.name in subject.taken(updater.operation) and rule.name not in subject.bound_on_update:
            yield from _updates(session, subject, rule, updater)
    yield from _scopes(session, subject, rule, creator)
    yield from _conditions(subject, rule)


@dataclass(frozen=True)
class Pair:
    """Two values, the same or nearly: the words in them are new each time that they are minted.

    Args:
        what: how they differ.
        mint: makes the first and the second.
        equal: whether the rule takes them for the same.
    """

    what: str
    mint: Callable[[], tuple[Any, Any]]
    equal: bool


def pairs(session: Session, subject: Subject, rule: Unique, creator: Operation) -> Iterator[Pair]:
    """The pairs of values that the schema takes."""
    declared = subject.taken(creator)[rule.name]
    schema = merged(declared, session.contract.resolve)
    if rule.name in subject.referring:  # it names a document, which has to be there

        def new() -> Any:
            return session.bodies.value(subject, rule.name, declared, session.crowd.first)

        yield Pair("the same value", lambda: (value := new(), value), True)
        yield Pair("another value", lambda: (new(), new()), False)
        return
    if kind(schema) != "string":
        yield Pair("the same value", lambda: (value := session.fresh_value(schema), value), True)
        yield Pair("another value", lambda: (session.fresh_value(schema), session.fresh_value(schema)), False)
        return
    for what, one, other, needs in (*_VARIANTS, *_long_values()):
        if needs == "case" and "case" not in rule.ignore and _is_open(rule, what, one + other):
            continue
        mint = partial(told_apart, session, one, other)
        if all(session.bodies.property_fits(declared, value) for value in mint()):
            yield Pair(what, mint, needs != "-" and all(map(rule.ignores, _needed(needs, one + other))))
    if schema.get("format") == "email":
        yield Pair("the same value", lambda: (value := session.fresh_value(schema), value), True)
        yield Pair(
            "other case", lambda: (value := session.fresh_value(schema), value.upper()), rule.ignores("ascii-case")
        )
        yield Pair("another value", lambda: (value := session.fresh_value(schema), f"x{value}"), False)
        if all(session.bodies.property_fits(declared, value) for value in _long_addresses(session)):
            yield Pair("a long address", partial(_long_addresses, session), False)
    elif "pattern" in schema or "format" in schema:
        yield Pair("the same value", lambda: (value := session.fresh_value(schema), value), True)
        yield Pair("another value", lambda: (session.fresh_value(schema), session.fresh_value(schema)), False)


def _is_open(rule: Unique, what: str, texts: str) -> bool:
    """Whether nothing is said of it without `ignore: case`: normal forms, and beside `ascii-case` what is not ASCII."""
    return "composed" in what or "ligature" in what or ("ascii-case" in rule.ignore and not texts.isascii())


def _needed(needs: str, texts: str) -> list[str]:
    """What must be ignored for texts to be the same: of those in ASCII, its case alone."""
    return ["ascii-case" if word == "case" and texts.isascii() else word for word in needs.split()]


def _long_addresses(session: Session) -> tuple[str, str]:
    """Two e-mail addresses that differ after their 80th character."""
    word = "".join(char for char in session.word() if char.isalnum())
    start = f"{word}@{'n' * 60}.{'n' * 20}"
    return f"{start}one.example", f"{start}two.example"


def _long_values() -> Iterator[tuple[str, str, str, str]]:
    for length in _LONG:
        yield f"{length} characters alike", "n" * length + "one", "n" * length + "two", "-"
    yield "300 characters, the same", "n" * 300, "n" * 300, ""


def told_apart(session: Session, one: str, other: str) -> tuple[str, str]:
    """The two texts with one and the same new word in them, outer spaces kept outside."""
    word = session.word()
    return _with_word(word, one), _with_word(word, other)


def _with_word(word: str, text: str) -> str:
    """The text with a word before it, outer spaces kept outside."""
    core = text.strip()
    before, _, after = text.partition(core)
    return f"{before}{word} {core}{after}"


def _creates(session: Session, subject: Subject, rule: Unique, creator: Operation) -> Plan:
    taken, near = f"a taken {rule.name} is refused on create", f"a new {rule.name} is accepted on create"
    about = ids(creator)
    yield Case(
        rule.id, near, partial(_taken_whatever, subject=subject, rule=rule), "of a first one", about, unaided=True
    )
    for pair in pairs(session, subject, rule, creator):
        tried = _taken_on_create if pair.equal else _free_on_create
        run = partial(tried, subject=subject, rule=rule, pair=pair)
        yield Case(rule.id, taken if pair.equal else near, run, pair.what, about, decisive=pair.equal)
    run = partial(_taken_as_usual, subject=subject, rule=rule)
    yield Case(rule.id, taken, run, "as it is usually sent", about, decisive=True)
    if subject.deleters and not subject.keeps_taken:
        run = partial(_freed_by_delete, subject=subject, rule=rule)
        yield Case(rule.id, f"a {rule.name} is free once its document was deleted", run, "", about)
    for name, value in subject.states(creator) if not rule.where else ():
        run = partial(_taken_in_state, subject=subject, rule=rule, state={name: value})
        yield Case(rule.id, taken, run, f"beside one of {name} {value!r}", about)
    for number in range(ROUNDS):
        run = partial(_race, subject=subject, rule=rule)
        yield Case(rule.id, f"one of many creates at once gets the {rule.name}", run, f"round {number + 1}", about)


def _statuses(rule: Unique, operation: Operation) -> set[int]:
    return {rule.status_among(operation.statuses)}


def _body(trial: Trial, subject: Subject, rule: Unique, user: User, full: bool = False) -> dict[str, Any]:
    """A body that the server must accept, with a new value for the rule, whether one is asked for or not."""
    operation = trial.creator(subject)
    schema = subject.taken(operation)[rule.name]
    made = trial.body(subject, operation, user, full)
    value = made.get(rule.name) or trial.session.bodies.value(subject, rule.name, schema, user)
    return _on_side(trial, subject, rule, {**made, rule.name: value})


def _made(
    trial: Trial, subject: Subject, rule: Unique, user: User | None = None, /, full: bool = False, **changes: Any
) -> Document:
    """A new document with a value for the rule."""
    body = _body(trial, subject, rule, user or trial.user, full)
    document = trial.create(subject, user, full, **{**body, **changes})
    if not rule.counts({**document.sent, **document.shown}):
        raise NotExercised(f"a new document is none of those for which `{rule.where}` holds")
    return document


def _alike(trial: Trial, subject: Subject, rule: UniqueKey, body: dict[str, Any]) -> dict[str, Any]:
    """The body of another document with the same key: what else must be new is, or it would be refused for that."""
    schemas, others = subject.taken(trial.creator(subject)), subject.once - {*rule.fields}
    fresh = {
        name: trial.session.bodies.value(subject, name, schemas[name], trial.user)
        for name in body
        if name in others and name in schemas
    }
    return _apart(trial, subject, rule, {**body, **fresh})


def _apart(trial: Trial, subject: Subject, rule: UniqueKey, body: dict[str, Any]) -> dict[str, Any]:
    """The body with what no two documents may have together made new, but for what the rule speaks of."""
    operation = trial.creator(subject)
    for other in subject.resource.of(UniqueTogether):
        if other != rule and other.names[0] in body:
            body = next(_varied(trial, subject, other, operation, body, rule.fields), body)
    return body


def _taken_whatever(trial: Trial, subject: Subject, rule: Unique) -> None:
    """A create that is refused as taken whatever is sent: what no two documents may share is new each time."""
    creator = trial.creator(subject)
    if trial.session.baselines.missing(ids(creator)) is None:
        raise NotPromised  # one was taken: the other cases tell what is refused
    for _ in range(ROUNDS):
        exchange, _ = trial.try_create(subject, trial.user, _body(trial, subject, rule, trial.user))
        if exchange.ok or exchange.status not in _statuses(rule, creator) or not says_taken(exchange):
            raise NotExercised(f"no request of {creator} was found that the server takes ({exchange.told(60)})")
    accepted(exchange, f"a {rule.name} that no document has")


def _taken_on_create(trial: Trial, subject: Subject, rule: Unique, pair: Pair) -> None:
    one, other = pair.mint()
    first = _made(trial, subject, rule, **{rule.name: one})
    exchange, _ = trial.try_create(subject, trial.user, {**_alike(trial, subject, rule, first.sent), rule.name: other})
    refused_as(exchange, _statuses(rule, exchange.call.operation), f"a second {rule.name} {other!r} beside {one!r}")


def _taken_as_usual(trial: Trial, subject: Subject, rule: Unique) -> None:
    """Some servers take no text that a variant could be made of: a name in a form of its own."""
    first = _made(trial, subject, rule)
    _made(trial, subject, rule)  # the control: another is taken
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, first.sent))
    value = first.sent[rule.name]
    refused_as(exchange, _statuses(rule, exchange.call.operation), f"a second {rule.name} {value!r}")


def _free_on_create(trial: Trial, subject: Subject, rule: Unique, pair: Pair) -> None:
    one, other = pair.mint()
    first = _made(trial, subject, rule, **{rule.name: one})
    body = {**_alike(trial, subject, rule, first.sent), rule.name: other}
    exchange, second = trial.try_create(subject, trial.user, body)
    if exchange.refused:
        _unless_refused_alone(trial, subject, rule, pair.mint()[1])
    accepted(exchange, f"the {rule.name} {other!r} beside {one!r}")
    if second is not None and second.id == first.id:
        raise Broken("a second document", f"the first was answered again, for {other!r} beside {one!r}")


def _unless_refused_alone(trial: Trial, subject: Subject, rule: Unique, value: Any) -> None:
    """Not exercised where such a value is refused without the other, too: the refusal had another reason."""
    body = {**_body(trial, subject, rule, trial.user), rule.name: value}
    if not trial.try_create(subject, trial.user, body)[0].ok:
        raise NotExercised(f"the {rule.name} {value!r} is refused on its own account")


def _taken_in_state(trial: Trial, subject: Subject, rule: Unique, state: dict[str, Any]) -> None:
    first = _made(trial, subject, rule, **state)
    # What is required must not be left out: the refusal would be for that.
    left_out = state.keys() - set(subject.required(trial.creator(subject)))
    body = {name: value for name, value in first.sent.items() if name not in left_out}
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, body))
    refused_as(exchange, _statuses(rule, exchange.call.operation), f"a second {rule.name} beside one with {state}")
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, first.sent))
    refused_as(exchange, _statuses(rule, exchange.call.operation), f"a second {rule.name} with {state}")


def _race(trial: Trial, subject: Subject, rule: Unique) -> None:
    _made(trial, subject, rule)  # the control: such a request is accepted
    body = _body(trial, subject, rule, trial.user)
    bodies = [_alike(trial, subject, rule, body) for _ in range(CLIENTS)]
    exchanges = trial.volley([trial.create_call(subject, trial.user, one) for one in bodies])
    won = [one for one in (trial.adopt(subject, trial.user, x) for x in exchanges) if one is not None]
    if len(won) != 1:
        raise Broken(f"one of {CLIENTS} creates at once to be accepted", f"{len(won)} were")
    for exchange in exchanges:
        if not exchange.ok:
            refused_as(exchange, _statuses(rule, exchange.call.operation), "the others")
    if subject.observable:
        trial.look(won[0])
    movable = rule.name not in subject.bound_on_update
    for updater in (one for one in subject.updaters if movable and rule.name in subject.taken(one.operation)):
        schema = subject.taken(updater.operation)[rule.name]
        trial.update(updater, won[0], {rule.name: trial.session.fresh_value(schema)})
        again, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, body))
        accepted(again, "the name to be free once the one that won it was renamed: losers leave nothing")
        break


def _updates(session: Session, subject: Subject, rule: Unique, updater: Updater) -> Plan:
    name, creator = rule.name, subject.creators[0]
    taken, near = f"a rename to a taken {name} is refused", f"a rename to a new {name} is accepted"
    about = ids(updater.operation)
    for pair in pairs(session, subject, rule, creator):
        of: dict[str, Any] = {"subject": subject, "rule": rule, "updater": updater, "pair": pair}
        if pair.equal:
            yield Case(rule.id, taken, partial(_taken_on_update, **of), pair.what, about)
            yield Case(rule.id, f"a rename to its own {name} is accepted", partial(_own_name, **of), pair.what, about)
        else:
            yield Case(rule.id, near, partial(_free_on_update, **of), pair.what, about)
            yield Case(rule.id, near, partial(_own_name, **of), "of its own: " + pair.what, about)
    lives: tuple[tuple[str, str, Callable[..., None]], ...] = (
        (f"a {name} is free once its document was renamed", "", _freed_by_rename),
        (f"a {name} is taken once a document was renamed to it", "", _taken_by_rename),
        (f"an update that leaves out the {name} keeps it", "", _kept_when_left_out),
        (f"a refused rename keeps the old {name} taken", "", _kept_when_refused),
        (f"one of many renames at once gets the {name}", "", _rename_race),
    )
    for promise, what, run in lives:
        yield Case(rule.id, promise, partial(run, subject=subject, rule=rule, updater=updater), what, about)
    promise = f"{updater.operation} refused by a rule changes nothing"
    run = partial(_trace_of_taken, subject=subject, rule=rule, updater=updater)
    yield Case(Names.refused_leaves_no_trace, promise, run, f"a taken {name}", about)
    for state, value in subject.states(updater.operation) if not rule.where else ():
        run = partial(_taken_beside_changed, subject=subject, rule=rule, updater=updater, state={state: value})
        yield Case(
            rule.id, f"a taken {name} is refused on create", run, f"beside one changed to {state} {value!r}", about
        )


def _trace_of_taken(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    first = _made(trial, subject, rule)
    refused_update(trial, subject, updater, {rule.name: first.sent[rule.name]})
    if subject.observable and trial.look(first) != first.shown:
        raise Broken("the document that has the name to stay as it was", "it changed")


def _rename(updater: Updater, rule: Unique) -> set[int]:
    return {rule.status_among(updater.operation.statuses)}


def _taken_on_update(trial: Trial, subject: Subject, rule: Unique, updater: Updater, pair: Pair) -> None:
    one, other = pair.mint()
    _made(trial, subject, rule, **{rule.name: one})
    second = _made(trial, subject, rule)
    own = second.sent[rule.name]
    exchange = trial.try_update(updater, second, {rule.name: other})
    refused_as(exchange, _rename(updater, rule), f"a rename of {own!r} to {other!r} beside {one!r}")


def _free_on_update(trial: Trial, subject: Subject, rule: Unique, updater: Updater, pair: Pair) -> None:
    one, other = pair.mint()
    _made(trial, subject, rule, **{rule.name: one})
    second = _made(trial, subject, rule)
    exchange = trial.try_update(updater, second, {rule.name: other})
    accepted(exchange, f"a rename to {other!r} beside {one!r}")


def _own_name(trial: Trial, subject: Subject, rule: Unique, updater: Updater, pair: Pair) -> None:
    one, other = pair.mint()
    document = _made(trial, subject, rule, **{rule.name: one})
    accepted(trial.try_update(updater, document, {rule.name: other}), f"a rename of {one!r} to {other!r}")


def _freed_by_rename(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    first = _made(trial, subject, rule)
    trial.update(updater, first, {rule.name: trial.session.fresh_value(subject.taken(updater.operation)[rule.name])})
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, first.sent))
    accepted(exchange, f"the {rule.name} that a renamed document had")


def _taken_by_rename(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    first = _made(trial, subject, rule)
    name = trial.session.fresh_value(subject.taken(updater.operation)[rule.name])
    trial.update(updater, first, {rule.name: name})
    exchange, _ = trial.try_create(subject, trial.user, {**_alike(trial, subject, rule, first.sent), rule.name: name})
    refused_as(exchange, _statuses(rule, exchange.call.operation), f"the {rule.name} that a document was renamed to")


def _kept_when_left_out(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    if not updater.partial:
        raise NotExercised(f"{updater.operation} asks for the whole document")
    first = _made(trial, subject, rule)
    accepted(trial.try_update(updater, first, {}), f"an update without {rule.name}")
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, first.sent))
    refused_as(exchange, _statuses(rule, exchange.call.operation), f"a second {rule.name} beside an updated document")


def _kept_when_refused(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    first, second = _made(trial, subject, rule), _made(trial, subject, rule)
    exchange = trial.try_update(updater, second, {rule.name: first.sent[rule.name]})
    refused_as(exchange, _rename(updater, rule), f"a rename to a taken {rule.name}")
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, second.sent))
    refused_as(exchange, _statuses(rule, exchange.call.operation), f"the {rule.name} of a document that kept it")


def _rename_race(trial: Trial, subject: Subject, rule: Unique, updater: Updater) -> None:
    documents = [_made(trial, subject, rule) for _ in range(CLIENTS)]
    name = trial.session.fresh_value(subject.taken(updater.operation)[rule.name])
    calls = [trial.update_call(updater, one, {rule.name: name}) for one in documents]
    exchanges = trial.volley(calls)
    won = sum(1 for exchange in exchanges if exchange.ok)
    if won != 1:
        raise Broken(f"one of {CLIENTS} renames at once to be accepted", f"{won} were")


def _taken_beside_changed(
    trial: Trial, subject: Subject, rule: Unique, updater: Updater, state: dict[str, Any]
) -> None:
    first = _made(trial, subject, rule)
    trial.update(updater, first, state)
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, first.sent))
    refused_as(
        exchange, _statuses(rule, exchange.call.operation), f"a second {rule.name} beside one changed to {state}"
    )


def _freed_by_delete(trial: Trial, subject: Subject, rule: Unique) -> None:
    first = _made(trial, subject, rule)
    exchange = trial.delete(first)
    if not exchange.ok:
        raise NotExercised(f"a delete was refused: {exchange.told(80)}")
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, first.sent))
    accepted(exchange, f"the {rule.name} that a deleted document had")


def _scopes(session: Session, subject: Subject, rule: Unique, creator: Operation) -> Plan:
    resource, crowd = subject.resource, session.crowd
    by_owner = resource.owner in rule.within
    by_tenant = resource.tenant in rule.within
    # Two users have documents below parents of their own, where the scope is a parent: nothing is shared then.
    by_parent = any(name not in (resource.owner, resource.tenant) for name in rule.within)
    for one, other in crowd.pairs(creator) if not by_parent else ():
        apart = by_owner or (by_tenant and (one, other) in crowd.foreigners())
        together = not by_owner and (not by_tenant or (one, other) in crowd.colleagues())
        of: dict[str, Any] = {"subject": subject, "rule": rule, "one": one, "other": other}
        whom = f"{one.name} and {other.name}"
        if apart:
            yield Case(rule.id, f"another scope may have the {rule.name}", partial(_across, **of), whom, ids(creator))
        elif together:
            yield Case(rule.id, f"all of the scope share the {rule.name}", partial(_within, **of), whom, ids(creator))
    if (by_owner and len(crowd) < 2) or (by_tenant and not by_owner and not crowd.foreigners()):
        needed = "a second user" if by_owner else "a user of another organization"
        yield Missing(rule.id, f"across the scope: needs {needed} in the settings")
    for name in rule.within:
        if name not in (resource.owner, resource.tenant) and name in subject.taken(creator):
            run = partial(_across_values, subject=subject, rule=rule, name=name)
            yield Case(rule.id, f"another {name} may have the {rule.name}", run, "", ids(creator))
    for parameter, name in subject.action(creator).scope:
        parent = session.implied.get(parameter)
        if name in rule.within and parent is not None:
            run = partial(_across_parents, subject=subject, rule=rule, parameter=parameter, parent=parent)
            yield Case(rule.id, f"below another {parameter} the {rule.name} may be taken", run, "", ids(creator))
    yield from _unnamed_parents(session, subject, rule, creator)


def _unnamed_parents(session: Session, subject: Subject, rule: Unique, creator: Operation) -> Plan:
    """The cases of parents that the path calls otherwise than the property does, as what it holds tells."""
    known = {name for _, name in subject.action(creator).scope}
    told = subject.taken(creator).keys() | {subject.resource.owner, subject.resource.tenant}
    names = [name for name in rule.within if name not in known | told]
    for name, (parameter, parent) in product(names, parents(session, subject, creator)):
        if not parent.creators:
            continue
        run = partial(_across_unnamed, subject=subject, rule=rule, name=name, parameter=parameter, parent=parent)
        yield Case(rule.id, f"below another {parameter} the {rule.name} may be taken", run, "", ids(creator))


def _other_body(trial: Trial, subject: Subject, rule: Unique, first: Document, other: Any) -> dict[str, Any]:
    return {**_body(trial, subject, rule, other), rule.name: first.sent[rule.name]}


def _across(trial: Trial, subject: Subject, rule: Unique, one: Any, other: Any) -> None:
    first = _made(trial, subject, rule, one)
    _made(trial, subject, rule, other)  # the control: such a request of the other is accepted
    exchange, _ = trial.try_create(subject, other, _other_body(trial, subject, rule, first, other))
    accepted(exchange, f"{other.name}'s {rule.name}, which only {one.name} has,")


def _within(trial: Trial, subject: Subject, rule: Unique, one: Any, other: Any) -> None:
    first = _made(trial, subject, rule, one)
    _made(trial, subject, rule, other)
    exchange, _ = trial.try_create(subject, other, _other_body(trial, subject, rule, first, other))
    refused_as(exchange, _statuses(rule, exchange.call.operation), f"{other.name}'s {rule.name}, which {one.name} has,")


def _across_values(trial: Trial, subject: Subject, rule: Unique, name: str) -> None:
    first = _made(trial, subject, rule, full=True)
    schema = subject.taken(trial.creator(subject))[name]
    options = [value for value in merged(schema, trial.contract.resolve).get("enum") or () if value != first.sent[name]]
    value = options[0] if options else moved(first.sent[name]) or trial.session.fresh_value(schema)
    if value == first.sent[name]:
        raise NotExercised(f"no other {name} is known")
    if name in subject.chosen and name not in subject.once:
        raise NotExercised(f"not any {name} is taken")
    exchange, _ = trial.try_create(subject, trial.user, {**_alike(trial, subject, rule, first.sent), name: value})
    accepted(exchange, f"the {rule.name} with another {name}")
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, first.sent))
    refused_as(exchange, _statuses(rule, exchange.call.operation), f"the {rule.name} with the same {name}")


def moved(value: Any) -> str | None:
    """A date or a time a year later; None where the value is neither (RFC 3339, 5.6)."""
    found = re.match(r"(\d{4})(-\d\d-\d\d(?:[Tt ].*)?)$", value) if isinstance(value, str) else None
    return f"{int(found[1]) + 1:04}{found[2]}" if found else None


# Where some documents alone count


def _on_side(
    trial: Trial, subject: Subject, rule: UniqueKey, body: dict[str, Any], *, counts: bool = True
) -> dict[str, Any]:
    """The body with as little changed as makes a document that counts, or one that does not.

    Raises:
        NotExercised: none was found.
    """
    operation = trial.creator(subject)
    requested = subject.taken(operation)
    names = (rule.condition.names("self") if rule.program else None) or frozenset[str]()
    if not rule.program or not names <= requested.keys():
        return body  # of what the server decides, the new document tells

    def is_there(document: Any, _before: Any = None) -> bool:
        # What is not sent the server may fill in, on either side.
        return names <= document.keys() and rule.counts(document) == counts

    if is_there(body):
        return body
    free = requested.keys() - {*subject.chosen, *subject.once, *subject.server_set, *rule.fields, *rule.within}
    wish = Wish(rule.condition.tree, (), counts, is_there)
    fits = partial(trial.session.bodies.fits, operation)
    solver = trial.contract.solver(subject.resource.schema, fits, frozenset(free), lambda text: matching(text, 0))
    found = next(solver.solutions([wish], body, None, SECONDS), None)
    if found is None:
        side = "holds" if counts else "does not hold"
        raise NotExercised(f"no body was found for which `{rule.where}` {side}")
    return found


def _conditions(subject: Subject, rule: UniqueKey) -> Plan:
    """The cases of documents that do not count."""
    if not rule.where:
        return
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    about = ids(subject.creators[0])
    promise = f"where `{rule.where}` does not hold, {' and '.join(rule.fields)} may be taken"
    for what, first, second in (("the second", True, False), ("the first", False, True), ("both", False, False)):
        run = partial(_uncounted, **of, first=first, second=second)
        yield Case(rule.id, promise, run, what, about, decisive=True)
    names = rule.condition.names("self") or frozenset()
    for updater in subject.updaters:
        if names & subject.taken(updater.operation).keys():
            run = partial(_left_by_change, **of, updater=updater)
            yield Case(rule.id, promise, run, "after a change", ids(updater.operation), decisive=True)
        if names & subject.taken(updater.operation).keys() - subject.bound_on_update:
            promise = f"a change after which `{rule.where}` holds is refused where the key is taken"
            yield Case(rule.id, promise, partial(_counted_again, **of, updater=updater), "", ids(updater.operation))


def _uncounted(trial: Trial, subject: Subject, rule: UniqueKey, first: bool, second: bool) -> None:
    document = _beside(trial, subject, rule, counts=first)
    body = _on_side(trial, subject, rule, _alike(trial, subject, rule, document.sent), counts=second)
    exchange, made = trial.try_create(subject, trial.user, body, as_it_is=True)
    if exchange.refused:  # for another reason, where it is with a key of its own, too
        alone = _renewed(trial, subject, rule, _alike(trial, subject, rule, body))
        answer, made = trial.try_create(subject, trial.user, alone, as_it_is=True)
        if not answer.ok:
            raise NotExercised(f"no new document is taken for which `{rule.where}` does not hold")
    if made is not None:
        _hold_side(rule, made, second)
    accepted(exchange, f"the same {' and '.join(rule.fields)}, where one does not count,")


def _left_by_change(trial: Trial, subject: Subject, rule: UniqueKey, updater: Updater) -> None:
    """A document that a change takes out of those that count leaves its key to others."""
    taken = _beside(trial, subject, rule, counts=True)
    held = {**taken.sent, **taken.shown}
    states = [{name: value} for name, value in subject.states(updater.operation)]
    for change in (one for one in states if not rule.counts({**held, **one})):
        if trial.try_update(updater, taken, change, as_it_is=True).ok:
            body = _on_side(trial, subject, rule, _alike(trial, subject, rule, taken.sent))
            exchange, _ = trial.try_create(subject, trial.user, body, as_it_is=True)
            accepted(exchange, f"the {' and '.join(rule.fields)} of one that was changed to {change}")
            return
    raise NotExercised("no change takes a document out of those that count")


def _beside(trial: Trial, subject: Subject, rule: UniqueKey, *, counts: bool) -> Document:
    """A new document with a key of its own that counts, or does not."""
    body = _on_side(trial, subject, rule, _whole(trial, subject, rule), counts=counts)
    document = trial.create(subject, **body)
    _hold_side(rule, document, counts)
    return document


def _hold_side(rule: UniqueKey, document: Document, counts: bool) -> None:
    if rule.counts({**document.sent, **document.shown}) != counts:
        raise NotExercised(f"a new document is on the other side of `{rule.where}`")


def _counted_again(trial: Trial, subject: Subject, rule: UniqueKey, updater: Updater) -> None:
    taken = _beside(trial, subject, rule, counts=True)
    body = _on_side(trial, subject, rule, _alike(trial, subject, rule, taken.sent), counts=False)
    exchange, other = trial.try_create(subject, trial.user, body, as_it_is=True)
    if other is None:
        raise NotExercised(f"a document that does not count was refused: {exchange.told(80)}")
    names = rule.condition.names("self") or frozenset()
    known = {**taken.sent, **taken.shown}
    changes = {name: known[name] for name in names if name in known and name in subject.taken(updater.operation)}
    if not changes or not rule.counts({**other.sent, **other.shown, **changes}):
        raise NotExercised("no change makes it count")
    exchange = trial.try_update(updater, other, changes, as_it_is=True)
    refused_as(exchange, {rule.status_among(updater.operation.statuses)}, "a change that makes a second one count")


# Several properties together


def _of_several(session: Session, subject: Subject, rule: UniqueTogether) -> Plan:
    if not subject.creators:
        yield Missing(rule.id, f"no operation creates documents of {subject.collection}")
        return
    creator, names = subject.creators[0], " and ".join(rule.names)
    held = {subject.resource.owner, subject.resource.tenant, *(name for _, name in subject.action(creator).scope)}
    told = [name for name in rule.names if name in subject.taken(creator)]
    if not told or {*rule.names} - {*told} - held:
        yield Missing(rule.id, f"{creator} does not take {names}")
        return
    of: dict[str, Any] = {"subject": subject, "rule": rule}
    about = ids(creator)
    taken = f"taken {names} are refused on create"
    yield Case(rule.id, taken, partial(_taken_together, **of), "", about, decisive=True)
    for name in told:
        promise = f"with another {name}, {' and '.join(one for one in rule.names if one != name)} may be taken"
        yield Case(rule.id, promise, partial(_another_of, **of, name=name), "", about)
    yield Case(rule.id, f"one of many creates at once gets {names}", partial(_race_together, **of), "", about)
    if subject.deleters:
        yield Case(
            rule.id, f"{names} are free once their document was deleted", partial(_freed_together, **of), "", about
        )
    for updater in subject.updaters:
        if {*told} & subject.taken(updater.operation).keys() - subject.bound_on_update:
            promise = f"a change to taken {names} is refused"
            yield Case(rule.id, promise, partial(_moved_together, **of, updater=updater), "", ids(updater.operation))
    yield from _users(session, subject, rule, told)
    yield from _conditions(subject, rule)


def _users(session: Session, subject: Subject, rule: UniqueTogether, told: list[str]) -> Plan:
    """The cases of two users, where both may send the same."""
    parents = {name for _, name in subject.action(subject.creators[0]).scope}
    compared = {*rule.names, *rule.within}
    if parents & compared or any(name in subject.chosen for name in told):
        return
    for one, other in session.crowd.pairs(subject.creators[0]):
        foreign = (one, other) in session.crowd.foreigners()
        apart = subject.resource.owner in compared or (subject.resource.tenant in compared and foreign)
        told_as = "another user may have the same" if apart else "all users share what is taken"
        if apart or (one, other) in session.crowd.colleagues() or subject.resource.tenant not in compared:
            run = partial(_of_another, subject=subject, rule=rule, one=one, other=other, apart=apart)
            yield Case(rule.id, told_as, run, f"{one.name} and {other.name}", ids(subject.creators[0]))


def _whole(trial: Trial, subject: Subject, rule: UniqueKey, user: User | None = None) -> dict[str, Any]:
    """A body with a value for each property of the key, and together new ones."""
    user, operation = user or trial.user, trial.creator(subject)
    requested, body = subject.taken(operation), trial.body(subject, operation, user)
    for name in rule.fields:
        if name in requested and body.get(name) is None:
            body[name] = trial.session.bodies.value(subject, name, requested[name], user)
    varied = next(_varied(trial, subject, rule, operation, body), None)
    if varied is None:
        raise NotExercised(f"no new value is known for {' or '.join(rule.fields)}")
    return varied


def _varied(
    trial: Trial, subject: Subject, rule: UniqueKey, operation: Operation, body: dict[str, Any], fixed: Any = ()
) -> Iterator[dict[str, Any]]:
    """The body with another value of one property of the key, for each that may have any."""
    requested = subject.taken(operation)
    for name in rule.fields:
        if name not in requested or name in fixed or name in subject.server_set:
            continue
        another = _another(trial, subject, name, requested[name], body.get(name))
        if another is not None and trial.session.bodies.property_fits(requested[name], another):
            yield {**body, name: another}


def _renewed(trial: Trial, subject: Subject, rule: UniqueKey, body: dict[str, Any]) -> dict[str, Any]:
    """The body with another value of each property of the key that may have any."""
    renewed = dict(body)
    for varied in _varied(trial, subject, rule, trial.creator(subject), body):
        renewed |= {name: value for name, value in varied.items() if value != body.get(name)}
    return renewed


def _another(trial: Trial, subject: Subject, name: str, declared: Any, held: Any) -> Any:
    """Another value of a property; None where none is known."""
    schema, chosen = merged(declared, trial.contract.resolve), subject.chosen.get(name)
    if chosen is not None:
        make = attack_of(chosen).another
        if make is not None:
            return make(trial, chosen)
        return trial.session.fresh_value(declared) if name in subject.once else None
    if schema.get("enum"):
        return next((one for one in schema["enum"] if one not in (held, None)), None)
    return trial.session.fresh_value(declared) if kind(schema) in ("string", "integer", "number") else None


def _refused_together(exchange: Exchange, rule: UniqueKey, what: str) -> None:
    refused_as(exchange, {rule.status_among(exchange.call.operation.statuses)}, what)


def _taken_together(trial: Trial, subject: Subject, rule: UniqueTogether) -> None:
    first = _beside(trial, subject, rule, counts=True)
    body = _alike(trial, subject, rule, first.sent)
    exchange, _ = trial.try_create(subject, trial.user, body, as_it_is=True)
    _refused_together(exchange, rule, f"a second {' and '.join(rule.names)}")


def _another_of(trial: Trial, subject: Subject, rule: UniqueTogether, name: str) -> None:
    first = _beside(trial, subject, rule, counts=True)
    alone = replace(rule, names=(name,))
    body = next(_varied(trial, subject, alone, trial.creator(subject), first.sent), None)
    if body is None:
        raise NotExercised(f"no other {name} is known")
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, body), fixed=rule.fields)
    accepted(exchange, f"another {name} beside the same {' and '.join(one for one in rule.names if one != name)}")


def _freed_together(trial: Trial, subject: Subject, rule: UniqueTogether) -> None:
    first = _beside(trial, subject, rule, counts=True)
    if not trial.delete(first).ok:
        raise NotExercised("a delete was refused")
    exchange, _ = trial.try_create(subject, trial.user, _alike(trial, subject, rule, first.sent), as_it_is=True)
    accepted(exchange, f"the {' and '.join(rule.names)} of a deleted document")


def _race_together(trial: Trial, subject: Subject, rule: UniqueTogether) -> None:
    body = _on_side(trial, subject, rule, _whole(trial, subject, rule))
    bodies = [_alike(trial, subject, rule, body) for _ in range(CLIENTS)]
    exchanges = trial.volley([trial.create_call(subject, trial.user, one) for one in bodies])
    won = [one for one in (trial.adopt(subject, trial.user, x) for x in exchanges) if one is not None]
    if len(won) > 1:
        raise Broken(f"one of {CLIENTS} creates at once to be accepted", f"{len(won)} were")
    if not won:
        raise NotExercised(f"none of {CLIENTS} creates at once was accepted: {exchanges[0].told(80)}")


def _moved_together(trial: Trial, subject: Subject, rule: UniqueTogether, updater: Updater) -> None:
    first, second = (_beside(trial, subject, rule, counts=True) for _ in range(2))
    taken = subject.taken(updater.operation).keys() - subject.bound_on_update
    changes = {name: first.sent[name] for name in rule.names if name in first.sent and name in taken}
    held = {**second.sent, **second.shown}
    if any(held.get(name) != first.sent.get(name) for name in rule.names if name in first.sent and name not in taken):
        raise NotExercised(f"{updater.operation} does not change all of {' and '.join(rule.names)}")
    exchange = trial.try_update(updater, second, changes, as_it_is=True)
    _refused_together(exchange, rule, f"a change to taken {' and '.join(rule.names)}")
    accepted(trial.try_update(updater, first, changes, as_it_is=True), "a change to what a document has itself")


def _of_another(trial: Trial, subject: Subject, rule: UniqueTogether, one: User, other: User, apart: bool) -> None:
    body = _on_side(trial, subject, rule, _whole(trial, subject, rule, one))
    first = trial.create(subject, one, **body)
    trial.create(subject, other)  # the control: such a request of the other is accepted
    exchange, _ = trial.try_create(subject, other, _alike(trial, subject, rule, first.sent), as_it_is=True)
    if apart:
        accepted(exchange, f"{other.name}'s {' and '.join(rule.names)}, which only {one.name} has,")
    else:
        _refused_together(exchange, rule, f"{other.name}'s {' and '.join(rule.names)}, which {one.name} has,")


def keep(session: Session, subject: Subject, rules: Sequence[UniqueTogether], write: Write) -> dict[str, Any]:
    """The body with another value of one property, where another request has had the same together."""
    body = write.body
    for rule in rules:
        document, before = write.document(body), write.before or {}
        told = [name for name in rule.names if name in document]
        if write.before is not None and all(document[name] == before.get(name) for name in told):
            continue
        key = (rule.id, json.dumps([document[name] for name in told], sort_keys=True, default=str))
        if key not in session.keys:
            session.keys.add(key)
            continue
        body = next(_varied(Trial(session), subject, rule, write.operation, body, write.fixed), body)
    return body


def _across_unnamed(trial: Trial, subject: Subject, rule: Unique, name: str, parameter: str, parent: Subject) -> None:
    first = _made(trial, subject, rule)
    shown, led = first.shown.get(name), first.around.get("path", {}).get(parameter)
    if shown is None or str(shown) != str(led):
        raise NotPromised
    _across_parents(trial, subject, rule, parameter, parent.collection)


def _across_parents(trial: Trial, subject: Subject, rule: Unique, parameter: str, parent: str) -> None:
    first = _made(trial, subject, rule)
    other = trial.create(trial.subject(parent)).id
    call = trial.create_call(subject, trial.user, _alike(trial, subject, rule, first.sent))
    path = {**call.path, parameter: other}
    exchange = trial.send(call.operation, trial.user, path=path, query=call.query, headers=call.headers, body=call.body)
    trial.adopt(subject, trial.user, exchange)
    accepted(exchange, f"the {rule.name} below another {parameter}")


def value(session: Session, subject: Subject, rule: Unique, schema: Any, user: User, like: Any = None) -> Any:  # noqa: ARG001
    """A value that no document holds: where it is to be like a text, that one with a new word inside its spaces."""
    fresh = session.fresh_value(schema)
    if not isinstance(like, str) or not like.strip():
        return fresh
    made = _with_word(session.word(), like)
    return made if session.bodies.property_fits(schema, made) else fresh


def same(rule: Unique, sent: Any, seen: Any) -> bool:
    """Whether the spaces that the rule ignores are all that differs: whether they are kept it does not say."""
    return "space" in rule.ignore and isinstance(sent, str) and str(seen).strip() == sent.strip()


ATTACK = Attack(plan, value=value, once=True, same=same, keep=keep)
