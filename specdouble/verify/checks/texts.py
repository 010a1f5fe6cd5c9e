"""Texts that servers stumble over, for every operation: whatever it answers, it does not fail."""

from __future__ import annotations

from functools import partial

from specdouble.contract import Operation
from specdouble.verify.case import Case, Names, Plan, ids
from specdouble.verify.session import Session
from specdouble.verify.trial import Trial
from specdouble.verify.wrapper import properties_sent, unwrapped, wrapped

TEXTS = {
    "empty": "", "blank": " ", "not ASCII": "Zoë Ærøskøbing", "no Latin": "日本語 привет", "an emoji": "👩‍👩‍👧‍👦",
    "256 characters": "n" * 256, "2000 characters": "n" * 2000, "a quote": "O'Neil \"Bo\"", "markup": "<b>&amp;</b>",
    "a template": "{{7*7}} ${x} %s", "a pattern": ".*(", "a control character": "a\u0007b", "a line break": "a\r\nb",
}  # fmt: skip


def plan(session: Session) -> Plan:
    """The cases for each operation and each property that takes such a text."""
    for operation in session.contract.operations.values():
        action = session.contract.actions.get(operation.id)
        unique = session.subjects[action.collection].once if action else frozenset()
        for name, schema in properties_sent(session.contract, operation).items():
            for what, text in TEXTS.items():
                if session.bodies.property_fits(schema, text) and session.bodies.property_fits(
                    schema, "any other text"
                ):
                    run = partial(_sent, operation=operation, name=name, text=text, unique=name in unique)
                    promise = f"{operation} does not fail at any {name}"
                    yield Case(Names.conformance, promise, run, what, ids(operation))


def _sent(trial: Trial, operation: Operation, name: str, text: str, unique: bool) -> None:
    """What it answers is judged as every answer is; what it creates is remembered, to be deleted again."""
    user = trial.user if trial.user.name else None
    parts = trial.session.request(operation, trial.user)
    document = unwrapped(trial.contract, operation, parts["body"])
    document = {**document, name: trial.fresh(text) if unique and text.strip() else text}
    body = wrapped(trial.contract, operation, document)
    exchange = trial.send(operation, user, **{**parts, "body": body})
    if unique and not text.strip() and exchange.status < 500:
        # It can be given once: whoever gave it before decides the answer, and only a failure is this request's.
        trial.objections.clear()
    for subject in trial.session.subjects.values():
        if operation in subject.creators:
            trial.adopt(subject, trial.user, exchange)
