"""Keys that are not looked at, or at nothing but which."""

from __future__ import annotations

import itertools
from dataclasses import replace

from specdouble.contract import Contract
from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.world import World
from specdouble.prove.change import Answering, Asked, answering, is_success
from specdouble.prove.facts import rules_of
from specdouble.prove.fault import Mutant, Mutants
from specdouble.rules.idempotency.rule import Idempotency

_numbers = itertools.count(1)


def mutants(contract: Contract) -> Mutants:
    """The mutants of every operation whose requests have keys."""
    for rule in rules_of(contract, Idempotency):
        action = contract.actions.get(rule.operation)
        why = "" if action and action.does == "create" else f"{rule.operation} is not known to create documents"
        key, field = rule.operation, rule.header.lower().encode()
        sentence = f"{key} is done again each time, whatever its {rule.header}."
        change = answering((key,), _forgetful(field))
        yield Mutant("idempotency.done-again", key, sentence, change, (rule.id,), (key,), why)
        sentence = f"{key} takes any request with a known {rule.header} for the first one."
        change = answering((key,), _careless(field))
        yield Mutant("idempotency.key-alone", key, sentence, change, (rule.id,), (key,), why)


def _forgetful(field: bytes) -> Answering:
    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        # Another key each time: one that is required must be there still.
        headers = {**request.headers, field: b"%d" % next(_numbers)} if field in request.headers else request.headers
        return await asked(replace(request, headers=headers), world)

    return answer


def _careless(field: bytes) -> Answering:
    known: dict[tuple[str, bytes], Outcome] = {}

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        key = (world.name, request.headers.get(field, b""))
        if key in known and key[1]:
            return known[key]
        outcome = await asked(request, world)
        if is_success(outcome):
            known[key] = outcome
        return outcome

    return answer
