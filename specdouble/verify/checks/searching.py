"""Searches: what the contract's words say that a text is found in, by a part of it and in whatever case."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from specdouble.contract import Parameter
from specdouble.verify.case import Case, Plan, ids
from specdouble.verify.list_parameters import looks_within, search_of
from specdouble.verify.places import Place, place
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial
from specdouble.verify.values import kind, merged

_CASELESS = re.compile(
    r"case[- ]?insensitiv|whatever (the|its) case|case (does not|doesn't|is not|is) (count|matter|ignored)"
    r"|ignor\w+ (the )?case|regardless of (the |its )?case|(?<!not )not case[- ]sensitive",
    re.IGNORECASE,
)
WHOLE, PART, OTHER_CASE = "the whole of it", "a part of it", "in another case"
MOST = 4  # properties of one list that are searched by


def cases(subject: Subject, check: str) -> Plan:
    """The cases of a search that is said to find what contains the text in properties that it names."""
    operation = subject.listers[0]
    searched = search_of(operation)
    if searched is None or not looks_within(searched):
        return
    ways = [WHOLE, PART, *([OTHER_CASE] if _CASELESS.search(searched.description) else [])]
    for name in _named(subject, searched):
        for way in ways:
            promise = f"{operation} with {searched.name} finds what has the text in {name}"
            run = partial(_finds, subject=subject, parameter=searched, name=name, way=way)
            yield Case(check, promise, run, way, ids(operation))


def _named(subject: Subject, parameter: Parameter) -> list[str]:
    """The texts of a document that the words about the parameter name, and that a create takes."""
    resolve, taken = subject.contract.resolve, subject.requested(subject.creators[0])
    texts = [name for name, schema in taken.items() if kind(merged(schema, resolve)) == "string"]
    texts = [name for name in texts if name not in subject.server_set | subject.referring]
    said = [name for name in texts if re.search(rf"\b{re.escape(name)}\b", parameter.description, re.IGNORECASE)]
    return said[:MOST]


def _finds(trial: Trial, subject: Subject, parameter: Parameter, name: str, way: str) -> None:
    with place(trial, subject) as there:
        if way == WHOLE:
            there.create(trial)  # a total that leaves the search out counts it
        made = there.create(trial, **{name: _text(trial, subject, name)})
        text = made.shown.get(name, made.sent[name])
        if not isinstance(text, str):
            raise NotExercised(f"{name} is shown as {text!r}, which no text finds")
        asked = {WHOLE: text, PART: text[1:-1], OTHER_CASE: text.swapcase()}[way]
        if way != WHOLE and not _is_found(trial, there, parameter, text, made.id):
            raise NotExercised(f"{parameter.name} does not find the whole text of a new document")
        if not _is_found(trial, there, parameter, asked, made.id):
            told = f"{made.id}, whose {name} is {text!r}, is not in it"
            raise Broken(f"the list with {parameter.name}={asked} to show what has it in {name}", told)


def _text(trial: Trial, subject: Subject, name: str) -> Any:
    """A value that no other document has, of letters in both cases where the property takes any."""
    schema = subject.requested(trial.creator(subject))[name]
    text = f"Qq{trial.session.fresh.word()}Zz"
    fits = trial.session.bodies.property_fits(schema, text)
    return text if fits else trial.session.bodies.value(subject, name, schema, trial.user)


def _is_found(trial: Trial, there: Place, parameter: Parameter, text: str, id: object) -> bool:
    if not trial.session.bodies.property_fits(parameter.schema, text):
        raise NotExercised(f"{parameter.name} takes no {text!r}")
    entries, total = there.listed(trial, {parameter.name: text})
    if total is not None and total != len(entries):
        raise Broken(f"the total of the list with {parameter.name}={text} to be {len(entries)}", f"it is {total}")
    return str(id) in {str(entry.get(there.subject.key)) for entry in entries}
