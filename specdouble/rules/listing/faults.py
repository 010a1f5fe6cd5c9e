"""Parameters of lists that do nothing, and totals that count the page alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

from specdouble.contract import Contract
from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.world import World
from specdouble.prove.change import Answering, Asked, answering, changed_answer, is_success, loaded, replying
from specdouble.prove.facts import creators, rules_of
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.rules.listing.rule import ListParameters

_PAGES = ("page", "offset", "cursor")


def mutants(contract: Contract) -> Mutants:
    """The mutants of every list whose parameters a rule names."""
    for rule in rules_of(contract, ListParameters):
        action = contract.actions[rule.operation]
        why = "" if creators(contract, action.collection) else f"no operation creates documents of {action.collection}"
        for name, target, sentence, change in _faults(contract, rule):
            yield Mutant(f"listing.{name}", target, sentence, change, (rule.id,), (rule.operation,), why)


def _faults(contract: Contract, rule: ListParameters) -> Iterator[tuple[str, str, str, Change]]:
    key, said = rule.operation, rule.said
    for role, name in said.roles.items():
        wrong = "page" if role in _PAGES else role
        sentence = f"{key} shows the same, whatever {name} asks for."
        yield f"{wrong}-ignored", f"{key}.{name}", sentence, answering((key,), _unasked(name))
    for name, by in (said.filters or {}).items():
        sentence = f"{key} shows documents of any {by}, whatever {name} asks for."
        yield "filter-ignored", f"{key}.{name}", sentence, answering((key,), _unasked(name))
    if said.total:
        envelope = contract.actions[key].envelope
        sentence = f"{key} tells by {said.total} how many documents it shows, not how many there are."
        yield (
            "page-counted",
            f"{key}.{said.total}",
            sentence,
            replying((key,), lambda one: _counted(one, said.total, envelope)),
        )


def _unasked(name: str) -> Answering:
    """Answer as though the request had no such parameter."""

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        pairs = parse_qsl(request.query.decode("latin-1"), keep_blank_values=True)
        query = urlencode([pair for pair in pairs if pair[0] != name]).encode()
        return await asked(replace(request, query=query), world)

    return answer


def _counted(outcome: Outcome, total: str, envelope: tuple[str, ...]) -> Outcome:
    """The answer with the number of documents on the page in the place of all."""
    body = loaded(outcome.answer.body)
    shown: Any = body
    for name in envelope:
        shown = shown.get(name) if isinstance(shown, dict) else None
    if not is_success(outcome) or not isinstance(shown, list):
        return outcome
    *outer, last = total.split(".")
    holder: Any = body
    for name in outer:
        holder = holder.get(name) if isinstance(holder, dict) else None
    if isinstance(holder, dict) and last in holder:
        holder[last] = len(shown)
        return changed_answer(outcome, body=orjson.dumps(body))
    field = total.lower().encode()
    headers = [(name, b"%d" % len(shown) if name.lower() == field else value) for name, value in outcome.answer.headers]
    return changed_answer(outcome, headers=headers)
