"""By what an operation is answered: a handler, automatically, or with a sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from specdouble.contract import Contract, Operation
from specdouble.double.handlers import Handlers
from specdouble.double.problem import Problem


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


def resolve(contract: Contract, handlers: Handlers, operation: Operation) -> Resolution:
    """Find the first that can answer the operation."""
    handler = handlers.get(operation)
    if handler is not None:
        return Resolution(handler, "handler", f"{handler.__module__}.{handler.__qualname__}")
    return Resolution(_sample(operation), "sample", "no handler")


def _sample(operation: Operation) -> Callable[..., Any]:
    response = operation.response(operation.success)
    medias = list(response.content.values()) if response else []
    examples = [value for media in medias for value in media.examples.values()]

    def answer() -> Any:
        if medias and not examples:
            raise Problem(501, "Not Implemented", f"{operation.id} has neither a handler nor an example")
        return (examples[0] if examples else None), operation.success

    return answer
