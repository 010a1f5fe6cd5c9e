"""By what an operation is answered: a handler, automatically, or with a sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any, Literal

from specdouble.contract import Contract, Operation
from specdouble.contract.arguments import arguments_of, wanted_arguments
from specdouble.double.answers.automatic import automatic, is_automatic
from specdouble.double.answers.handled import handled
from specdouble.double.answers.handlers import Handlers
from specdouble.double.answers.listing import Lists
from specdouble.double.answers.passwords import with_password
from specdouble.double.answers.repeated import once
from specdouble.double.answers.samples.kept import holding
from specdouble.double.answers.samples.sample import sampled
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.answers.session_cookie import with_session
from specdouble.double.answers.sign_in import with_token
from specdouble.double.answers.uploads import with_uploads


@dataclass(frozen=True)
class Resolution:
    """How an operation is answered.

    Args:
        make: makes the function that answers; asked once, and not before somebody wants an answer.
        by: the kind of answer.
        why: what decided it, in a few words.
        otherwise: how the operation would be answered without its handler; None where it has none.
    """

    make: Callable[[], Callable[..., Any]]
    by: Literal["handler", "automatic", "sample"]
    why: str
    otherwise: Callable[[], Resolution] | None = None

    @cached_property
    def function(self) -> Callable[..., Any]:
        """What answers, called with the operation's arguments."""
        return self.make()


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
    handler, shown = handlers.get(operation), contract.shown_by(operation)
    if handler is None and shown is not operation and handlers.get(shown) is None and is_automatic(contract, shown):
        make = partial(_headers_of, contract, sampler, lists, shown)
        return Resolution(make, "automatic", f"what {shown} answers, without its body")
    if handler is None:
        return _without_handler(contract, sampler, lists, operation)
    # Most handlers never ask for it: it is made when one does.
    otherwise = cache(partial(_without_handler, contract, sampler, lists, operation))
    make = partial(handled, contract, operation, handler)
    return Resolution(make, "handler", f"{handler.__module__}.{handler.__qualname__}", otherwise)


def _without_handler(contract: Contract, sampler: Sampler, lists: Lists, operation: Operation) -> Resolution:
    if is_automatic(contract, operation):
        make = partial(_automatic, contract, sampler, lists, operation)
        return Resolution(make, "automatic", _why(contract, operation))
    make = partial(_sampled, contract, sampler, operation)
    return Resolution(make, "sample", "no handler, and it speaks of no collection")


# What a handler does with files is its own: the other two keep them.


def _automatic(contract: Contract, sampler: Sampler, lists: Lists, operation: Operation) -> Callable[..., Any]:
    answer = automatic(contract, operation, sampler, lists)
    answer = with_password(contract, operation, with_token(contract, operation, answer, sampler), sampler)
    return with_session(contract, operation, with_uploads(contract, operation, answer, sampler) or answer)


def _headers_of(contract: Contract, sampler: Sampler, lists: Lists, read: Operation) -> Callable[..., Any]:
    answer = automatic(contract, read, sampler, lists)

    def headers_alone(**arguments: Any) -> tuple[None, int, dict[str, str]]:
        _, status, headers = answer(**arguments)
        return None, status, headers

    return headers_alone


def _sampled(contract: Contract, sampler: Sampler, operation: Operation) -> Callable[..., Any]:
    sample = sampled(contract, operation, sampler)
    answer = with_uploads(contract, operation, lambda **_arguments: sample(), sampler) or sample
    answer = with_token(contract, operation, holding(operation, answer, sampler.documents), sampler)
    answer = with_session(contract, operation, with_password(contract, operation, answer, sampler))
    # A sample changes nothing, however often it is asked for; another request with the key is refused all the same.
    return once(operation, answer) if operation.idempotency_key else answer


def answered_otherwise(operation: Operation, otherwise: Callable[[], Resolution], values: Mapping[str, Any]) -> Any:
    """The answer to a request whose handler has left it to the double.

    Args:
        operation: the operation.
        otherwise: how it is answered without its handler.
        values: what was sent, by the contract's names, and the caller.
    """
    function = otherwise().function
    return function(**arguments_of(wanted_arguments(function, operation), values))


def _why(contract: Contract, operation: Operation) -> str:
    action = contract.actions[operation.id]
    resource = contract.resources[action.collection]
    if not resource.why:
        return f"{action.does} {action.collection}: the schema's `x-resource`"
    guessed = [str(rule) for rule in resource.rules if not rule.native and rule.id not in contract.rules]
    scope = [f"within {name}" for name, _ in action.scope]
    return "; ".join([f"{action.does} {action.collection}: {resource.why}", action.why, *scope, *guessed])
