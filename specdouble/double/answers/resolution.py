"""By what an operation is answered: a handler, automatically, or with a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from specdouble.contract import Contract, Operation
from specdouble.double.answers.automatic import automatic
from specdouble.double.answers.handlers import Handlers
from specdouble.double.answers.listing import Lists
from specdouble.double.answers.samples.sample import sampled
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.answers.uploads import with_uploads


@dataclass(frozen=True, slots=True)
class Resolution:
    """How an operation is answered.

    Args:
        function: called with the operation's arguments.
        by: the kind of answer.
        why: what decided it, in a few words.
    """

    function: Callable[..., Any]
    by: Literal["handler", "automatic", "sample"]
    why: str


def resolve_all(contract: Contract, handlers: Handlers, sampler: Sampler) -> dict[str, Resolution]:
    """What answers each operation, by its id."""
    lists = Lists(contract)
    return {
        operation.id: _resolve(contract, handlers, sampler, lists, operation)
        for operation in contract.operations.values()
    }


def _resolve(
    contract: Contract, handlers: Handlers, sampler: Sampler, lists: Lists, operation: Operation
) -> Resolution:
    """Find the first that can answer the operation."""
    handler = handlers.get(operation)
    if handler is not None:
        return Resolution(handler, "handler", f"{handler.__module__}.{handler.__qualname__}")
    # What a handler does with files is its own: the other two keep them.
    answer = automatic(contract, operation, sampler, lists)
    if answer is not None:
        keeping = with_uploads(contract, operation, answer, sampler)
        return Resolution(keeping or answer, "automatic", _why(contract, operation))
    sample = sampled(contract, operation, sampler)
    keeping = with_uploads(contract, operation, lambda **_arguments: sample(), sampler)
    return Resolution(keeping or sample, "sample", "no handler, and it speaks of no collection")


def _why(contract: Contract, operation: Operation) -> str:
    action = contract.actions[operation.id]
    resource = contract.resources[action.collection]
    if not resource.why:
        return f"{action.does} {action.collection}: the schema's `x-resource`"
    guessed = [str(rule) for rule in resource.rules if not rule.native and rule.id not in contract.rules]
    scope = [f"within {name}" for name, _ in action.scope]
    return "; ".join([f"{action.does} {action.collection}: {resource.why}", action.why, *scope, *guessed])
