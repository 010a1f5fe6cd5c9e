"""Filters of a list: a parameter that has a property's name leaves the documents that have its value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product
from typing import Any

from specdouble.contract import Parameter, PropertyRule
from specdouble.verify.attack import Attack
from specdouble.verify.bodies import shown
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.checks import ordering, searching
from specdouble.verify.document import Document
from specdouble.verify.list_parameters import compared, search_of
from specdouble.verify.paging import chooses_page
from specdouble.verify.places import Place, lies_below, parents, place, under
from specdouble.verify.preconditions import is_played
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.spelling import in_another_case, one_within_another
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged


@dataclass(frozen=True)
class Filter:
    """A parameter that leaves the documents of a list that have a value.

    Args:
        parameter: its name.
        name: the property that has the value.
        values: two that the property may have.
        holds_several: whether the property is an array, of which one entry is asked for.
    """

    parameter: str
    name: str
    values: tuple[Any, Any]
    holds_several: bool

    def kept(self, value: object) -> Any:
        """What a document holds that has the value."""
        return [value] if self.holds_several else value

    def takes(self, entry: Mapping[str, Any], value: object) -> bool:
        """Whether a document has the value; letters may be large or small."""
        held = entry.get(self.name)
        return any(_same(one, value) for one in (held if isinstance(held, list) else [held]))


def _same(one: object, other: object) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold() == other.casefold()
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def plan(session: Session, subject: Subject) -> Plan:
    """The cases for the list of one collection."""
    for operation in subject.listers if subject.creators else ():
        if not is_played(session.contract, operation, Names.filtering):
            yield from cases(session, subject.seen_in(operation), Names.filtering)


def cases(session: Session, subject: Subject, check: str) -> Plan:
    """The cases of the check, or of the rule, that has this id."""
    operation = subject.listers[0]
    # Where a value must be given for one parameter, the others cannot be tried without it.
    must = {one.name for one in subject.narrowing(operation)}
    yield from _of_values(session, subject, check, must)
    about = ids(operation)
    searched = search_of(operation)
    if searched is not None and must <= {searched.name}:
        promise = f"{operation} with {searched.name} shows no document that does not have the text"
        for what, between in (("", " "), ("a character that patterns have", "%")):
            run = partial(_searched, subject=subject, parameter=searched, between=between)
            yield Case(check, promise, run, what, about, decisive=not what)
        yield from searching.cases(subject, check)
    yield from ordering.cases(session, subject, check)


# Filters


def _of_values(session: Session, subject: Subject, check: str, must: set[str]) -> Plan:
    """The cases of the parameters that filter by a value; those that must be given are the only ones to be tried."""
    operation = subject.listers[0]
    about, found = ids(operation), [one for one in _filters(session, subject) if must <= {one.parameter}]
    for one in found:
        yield from _of_filter(subject, check, one)
    for one, two in list(combinations(found, 2))[:3]:
        promise = f"{operation} with {one.parameter} and {two.parameter} shows what has both values"
        yield Case(check, promise, partial(_both, subject=subject, one=one, two=two), "", about)
    order = next(ordering.orders(session, subject), None)
    if found and order is not None:
        what = ", ".join(f"{key}={value}" for key, value in order[0].items())
        promise = f"{operation} with {found[0].parameter} shows what has the value in whatever order"
        value, other = found[0].values
        run = partial(_filtered, subject=subject, by=found[0], value=value, other=other, order=order[0])
        yield Case(check, promise, run, what, about)
    for parameter, name in _of_once(session, subject):
        promise = f"{operation} with {parameter} shows what has the value, and nothing else"
        run = partial(_found_alone, subject=subject, parameter=parameter, name=name)
        if must <= {parameter}:
            yield Case(check, promise, run, "a value that one document has", about, decisive=True)
    for parameter, rule in _of_references(session, subject):
        if must <= {parameter}:
            yield from _of_reference(session, subject, check, parameter, rule)


def _of_reference(session: Session, subject: Subject, check: str, parameter: str, rule: PropertyRule) -> Plan:
    operation = subject.listers[0]
    promise, about = f"{operation} with {parameter} shows what names the document, and nothing else", ids(operation)
    of: dict[str, Any] = {"subject": subject, "parameter": parameter, "rule": rule}
    if rule.name not in subject.requested(subject.creators[0]):
        yield Case(check, promise, partial(_lying_below, **of), "", about, decisive=True)
        return
    yield Case(check, promise, partial(_naming, **of), "", about, decisive=True)
    if session.subjects[str(rule.refers_to)].named_by_client:
        yield Case(check, promise, partial(_naming, **of, is_within=True), "an id that others begin with", about)
    yield Case(check, promise, partial(_spelled, **of), "an id in another case", about)


def _of_filter(subject: Subject, check: str, by: Filter) -> Plan:
    operation = subject.listers[0]
    for value, other in (by.values, by.values[::-1]):
        promise = f"{operation} with {by.parameter} shows what has the value, and nothing else"
        run = partial(_filtered, subject=subject, by=by, value=value, other=other)
        yield Case(check, promise, run, shown(value), ids(operation), decisive=True)
    if any(by.name in subject.requested(updater.operation) for updater in subject.updaters):
        promise = f"{operation} with {by.parameter} shows what has the value now"
        yield Case(check, promise, partial(_changed, subject=subject, by=by), "", ids(operation))


def _filters(session: Session, subject: Subject) -> Iterator[Filter]:
    sent, properties = _sent(subject), subject.resource.properties
    ruled = {*subject.once, *subject.server_set, *session.implied} - _states(subject).keys()
    operation = subject.listers[0]
    for parameter in operation.parameters:
        if parameter.location != "query" or chooses_page(operation, parameter.name):
            continue
        name = compared(operation, parameter.name, sent)
        if operation.listed.filters is None and parameter.shapes_answer:
            continue
        if name is None or name in ruled or name not in properties or name not in sent:
            continue
        several = kind(merged(sent[name], session.contract.resolve)) == "array"
        asks_for_one = name != parameter.name or "enum" in merged(parameter.schema, session.contract.resolve)
        if operation.listed.filters is None and not (asks_for_one if several else name == parameter.name):
            continue  # by its name, or as one of a few values, it asks for one entry of several; else for the value
        values = _values(session, subject, parameter, name)
        if values is not None:
            yield Filter(parameter.name, name, values, several)


def _sent(subject: Subject) -> dict[str, Any]:
    """The properties that a client can set: in a create, else by a change, else by operations that lead to a state."""
    changed = (subject.requested(one.operation) for one in reversed(subject.updaters) if one.id_in_body is None)
    found: dict[str, Any] = {name: {"enum": list(values)} for name, (_, _, values) in _states(subject).items()}
    for requested in (*changed, subject.requested(subject.creators[0])):
        found |= requested
    return found


def _states(subject: Subject) -> dict[str, tuple[Any, Attack, tuple[Any, ...]]]:
    """The properties that requests move from value to value, each with its rule, the attack and the values."""
    return {
        rule.name: (rule, attack, tuple(attack.states(rule)))
        for rule, attack in subject.attacks
        if attack.states is not None and attack.bring is not None
    }


def _values(session: Shared, subject: Subject, parameter: Parameter, name: str) -> tuple[Any, Any] | None:
    """Two values that both the property and the parameter take; None where no two are known, or not which are alike."""
    resolve, fits = session.contract.resolve, session.bodies.property_fits
    schema = merged(_sent(subject)[name], resolve)
    several = kind(schema) == "array"
    held = merged(schema.get("items"), resolve) if several else schema
    candidates = list(held.get("enum") or ())
    if kind(held) == "boolean":
        candidates = [True, False]
    elif kind(held) == "integer" and not candidates:
        least = int(held.get("minimum", 1))
        # A zero that may be is asked for first: to many a server it is as if nothing were.
        candidates = list(dict.fromkeys([0, *range(least, least + 3)]))
    elif kind(held) == "string" and not candidates and not held.get("format") and "pattern" not in held:
        # A text may be looked for in parts: neither of the two is a part of the other.
        word = f"q{session.fresh.run}"
        candidates = [word, f"{word}z"] if several else [f"{word}a", f"{word}b"]
    if name in subject.chosen:  # a state that documents may begin in
        candidates = candidates[:2]
    found = [one for one in candidates if one is not None and fits(parameter.schema, one) and fits(held, one)]
    return (found[0], found[1]) if len(found) > 1 else None


def _filtered(
    trial: Trial, subject: Subject, by: Filter, value: object, other: object, order: Mapping[str, Any] | None = None
) -> None:
    with place(trial, subject) as there:
        turns = [other, value] * 3 + [value]  # each page would have some of both
        turns = turns[-subject.at_most(len(turns) + by.holds_several) + by.holds_several :]
        held = [by.kept(one) for one in turns] + ([[other, value]] if by.holds_several else [])
        for one in held:
            _make(trial, there, {by.name: one})
        having = [one for one, kept in zip(there.made, held, strict=True) if by.takes({by.name: kept}, value)]
        _all_are_shown(trial, there, by)
        entries, total = there.listed(trial, {by.parameter: value, **(order or {})})
        what = f"{by.parameter}={shown(value)}" + "".join(f", {key}={one}" for key, one in (order or {}).items())
        there.hold_shown(entries, having, what)
        wrong = next((one for one in entries if by.name in one and not by.takes(one, value)), None)
        if wrong is not None:
            raise Broken(f"the list with {what} to show what has the value", f"it shows {shown(wrong[by.name])}")
        if total is not None and total != len(entries):
            raise Broken(f"the total of the list with {what} to be {len(entries)}", f"it is {total}")


def _make(trial: Trial, there: Place, wanted: Mapping[str, Any]) -> Document:
    """Create a document that has the values, by a change or by moves where no create takes them.

    Raises:
        NotExercised: the change is refused.
    """
    taken = there.subject.requested(trial.creator(there.subject))
    begun = {one: value for one, value in wanted.items() if one in taken and there.subject.may_begin(one, value)}
    document = there.create(trial, **begun)
    for name, value in wanted.items():
        if name in begun or document.shown.get(name) == value:
            continue
        updaters = (one for one in there.subject.updaters if name in there.subject.requested(one.operation))
        updater = next(updaters, None)
        if updater is not None:
            trial.update(updater, document, {name: value})
        else:
            rule, attack, _ = _states(there.subject)[name]
            assert attack.bring is not None
            attack.bring(trial, rule, document, value)
    return document


def _all_are_shown(trial: Trial, there: Place, by: Filter) -> None:
    """Hold that the list shows every document of the place, one value after the other where a value must be given.

    Raises:
        NotExercised: it does not, which is another check's matter.
    """
    narrowing = {one.name for one in there.subject.narrowing(there.subject.listers[0])}
    queries: list[dict[str, Any]] = [{by.parameter: one} for one in by.values] if narrowing else [{}]
    entries = [entry for query in queries for entry in there.listed(trial, query)[0]]
    shown_ids = {str(entry.get(there.subject.key)) for entry in entries}
    if not {str(one.id) for one in there.made} <= shown_ids:
        raise NotExercised("the list does not show all new documents, whatever is asked for")


def _changed(trial: Trial, subject: Subject, by: Filter) -> None:
    value, other = by.values
    with place(trial, subject) as there:
        document = _make(trial, there, {by.name: by.kept(other)})
        updater = next(one for one in subject.updaters if by.name in subject.requested(one.operation))
        trial.update(updater, document, {by.name: by.kept(value)})
        _all_are_shown(trial, there, by)
        entries, _ = there.listed(trial, {by.parameter: value})
        there.hold_shown(entries, [document], f"{by.parameter}={shown(value)}")
        entries, _ = there.listed(trial, {by.parameter: other})
        there.hold_shown(entries, [], f"{by.parameter}={shown(other)}")


def _both(trial: Trial, subject: Subject, one: Filter, two: Filter) -> None:
    with place(trial, subject) as there:
        for first, second in product(one.values, two.values):
            _make(trial, there, {one.name: one.kept(first), two.name: two.kept(second)})
        _all_are_shown(trial, there, one)
        query = {one.parameter: one.values[0], two.parameter: two.values[0]}
        entries, _ = there.listed(trial, query)
        there.hold_shown(entries, there.made[:1], f"{one.parameter} and {two.parameter}")


def _of_once(session: Session, subject: Subject) -> Iterator[tuple[str, str]]:
    """The parameters that filter by what two documents cannot both have, and the property."""
    operation, sent = subject.listers[0], subject.requested(subject.creators[0])
    for parameter in operation.parameters:
        name = compared(operation, parameter.name, sent) if parameter.location == "query" else None
        if name is None or name not in subject.once or name != parameter.name or chooses_page(operation, name):
            continue
        if name not in subject.referring and name not in session.implied:
            yield parameter.name, name


def _found_alone(trial: Trial, subject: Subject, parameter: str, name: str) -> None:
    declared = next(one.schema for one in subject.listers[0].parameters if one.name == parameter)
    with place(trial, subject) as there:
        wanted, _ = there.create(trial), there.create(trial)
        value = wanted.held.get(name)
        if value is None or not trial.session.bodies.property_fits(declared, value):
            raise NotExercised(f"no value of {name} is known that {parameter} takes")
        entries, _ = there.listed(trial, {parameter: value})
        there.hold_shown(entries, [wanted], f"{parameter}={shown(value)}")


def _of_references(session: Session, subject: Subject) -> Iterator[tuple[str, PropertyRule]]:
    """The parameters that filter by what documents name, and the rule that says so."""
    operation, sent = subject.listers[0], subject.requested(subject.creators[0])
    for rule, _ in subject.attacks:
        target = session.subjects.get(rule.refers_to or "")
        if target is None or not target.creators or rule.refers_by or rule.name in subject.once:
            continue
        if rule.name not in sent and not _says_below(session, subject, target):
            continue
        for parameter in operation.parameters:
            if parameter.location != "query" or chooses_page(operation, parameter.name):
                continue
            is_said = operation.listed.filters is not None or parameter.name == rule.name
            if is_said and compared(operation, parameter.name, {**sent, rule.name: None}) == rule.name:
                yield parameter.name, rule


def _says_below(session: Session, subject: Subject, target: Subject) -> bool:
    """Whether the path of a create says which of these it is of, and that of the list does not."""
    listed = [parent for _, parent in parents(session, subject, subject.listers[0])]
    return lies_below(session, subject, target) and target not in listed


def _lying_below(trial: Trial, subject: Subject, parameter: str, rule: PropertyRule) -> None:
    """Of documents below two parents, those below the one that is asked for are shown."""
    one, other = (trial.create(trial.subject(str(rule.refers_to))) for _ in range(2))
    made = [trial.create_in(subject, trial.user, under(trial, subject, parent), {}) for parent in (other, one) * 2]
    wanted, seen = {str(document.id) for document in made[1::2]}, set[str]()
    what = f"the list with {parameter}={shown(one.id)}"
    for _, entries in trial.pages(subject, trial.user, None, {parameter: one.id}, whole=True):
        wrong = next((entry for entry in entries if str(entry.get(rule.name, one.id)) != str(one.id)), None)
        if wrong is not None:
            raise Broken(f"{what} to show what lies below it", f"it shows one of {shown(wrong[rule.name])}")
        seen |= {str(entry.get(subject.key)) for entry in entries}
    if not wanted & seen:
        raise NotExercised("the list does not show new documents")
    there = Place(subject, trial.user, {}, True, made=made)
    there.hold_shown([{subject.key: key} for key in seen], made[1::2], f"{parameter}={shown(one.id)}")


def _naming(trial: Trial, subject: Subject, parameter: str, rule: PropertyRule, is_within: bool = False) -> None:
    """Of documents that name one, and others that name another, those of the first are shown."""
    target = trial.subject(str(rule.refers_to))
    with place(trial, subject) as there:
        _hold_names_many(trial, there, rule)
        if is_within:
            one, other = one_within_another(trial, target, there.user)
        else:
            one, other = (trial.create(target, there.user) for _ in range(2))
        made = [there.create(trial, **{rule.name: named.id}) for named in (other, one, other, one)]
        entries, _ = there.listed(trial, {})
        if not {str(document.id) for document in made} <= {str(entry.get(subject.key)) for entry in entries}:
            raise NotExercised("the list does not show all new documents, whatever is asked for")
        entries, _ = there.listed(trial, {parameter: one.id})
        there.hold_shown(entries, made[1::2], f"{parameter}={shown(one.id)}")


def _hold_names_many(trial: Trial, there: Place, rule: PropertyRule) -> None:
    """Hold that each document of a place may name the same one, and no other.

    Raises:
        NotExercised: each has one of its own, or several.
    """
    schema = merged(there.subject.requested(trial.creator(there.subject))[rule.name], trial.contract.resolve)
    if rule.name in there.held or kind(schema) == "array":
        raise NotExercised(f"each document of the list has a {rule.name} of its own, or several")


def _spelled(trial: Trial, subject: Subject, parameter: str, rule: PropertyRule) -> None:
    """What names no document, as a read of it tells, finds none of those that name one."""
    declared = next(one.schema for one in subject.listers[0].parameters if one.name == parameter)
    with place(trial, subject) as there:
        _hold_names_many(trial, there, rule)
        named = trial.create(trial.subject(str(rule.refers_to)), there.user)
        other = in_another_case(trial, named)
        if not trial.session.bodies.property_fits(declared, other):
            raise NotExercised(f"{parameter} takes no {other!r}")
        made = there.create(trial, **{rule.name: named.id})
        entries, _ = there.listed(trial, {parameter: named.id})
        if str(made.id) not in {str(entry.get(subject.key)) for entry in entries}:
            raise NotExercised("the list does not show the new document")
        entries, _ = there.listed(trial, {parameter: other})
        there.hold_shown(entries, [], f"{parameter}={shown(other)}")


def _searched(trial: Trial, subject: Subject, parameter: Parameter, between: str) -> None:
    """A text that one document has in all its texts, another in none: what else is found is the search's own matter."""
    names = _free_texts(trial, subject)
    words = [f"{letter * 4}{trial.session.fresh.run}" for letter in "qz"]
    if between != " ":  # of which a pattern would make any text
        words = [f"{words[0]}{one}{words[1]}" for one in (between, "-and-")]
    if not names or not trial.session.bodies.property_fits(parameter.schema, words[0]):
        raise NotExercised(f"no text is known that {parameter.name} would find")
    with place(trial, subject) as there:
        made = [there.create(trial, **{name: f"{word} {trial.fresh()}" for name in names}) for word in words]
        entries, _ = there.listed(trial, {parameter.name: words[0]})
        seen = {str(one.get(subject.key)) for one in entries}
        found, other = made
        if str(found.id) not in seen:
            raise NotExercised(f"{parameter.name} does not find a text of a new document")
        if str(other.id) in seen:
            raise Broken(f"the list with {parameter.name}={words[0]} to show what has the text, and nothing else",
                         f"{other.id} is in it")  # fmt: skip


def _free_texts(trial: Trial, subject: Subject) -> list[str]:
    """The properties that a create takes any text for."""
    requested, fits = subject.requested(trial.creator(subject)), trial.session.bodies.property_fits
    plain = [
        name for name in requested if name not in {*subject.server_set, *subject.referring, *trial.session.implied}
    ]
    return [name for name in plain if fits(requested[name], f"qqqq{trial.session.fresh.run} {trial.fresh()}")]
