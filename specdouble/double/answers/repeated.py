"""Repeated requests: a create that was done with an idempotency key is answered again as it was the first time."""

from __future__ import annotations

from collections.abc import Callable

from specdouble.contract import Operation
from specdouble.contract.arguments import argument_name
from specdouble.contract.json_type import JSON
from specdouble.double.state.exchange import current
from specdouble.double.state.patch import refusing
from specdouble.double.state.problem import Problem

MOST = 10_000  # keys that a world remembers
Result = tuple[JSON, int, dict[str, str]]


def once(operation: Operation, answer: Callable[..., Result]) -> Callable[..., Result]:
    """The answer, given once for each key, where the operation has a header field for idempotency keys."""
    name = operation.idempotency_key or _declared(operation)
    if not name:
        return answer
    argument = argument_name(name)

    def repeated(**arguments: JSON) -> Result:
        key = arguments.get(argument)
        if not isinstance(key, str):
            return answer(**arguments)
        exchange = current.get()
        place, answered = (operation.id, repr(exchange.user), key), exchange.world.answered
        sent = repr(sorted(arguments.items()))
        with exchange.world.alone(*place):
            if place in answered:
                first, known = answered[place]
                if first != sent:
                    status = refusing(operation.statuses, 422, 409, 400)
                    raise Problem(status, None, f"{name} {key} came with another request before")
                again: Result = known
                return again
            result = answer(**arguments)  # what is refused is not remembered: mended, it may come again
            if len(answered) >= MOST:
                del answered[next(iter(answered))]
            answered[place] = sent, result
            return result

    return repeated


def _declared(operation: Operation) -> str:
    """The header field for idempotency keys that the operation declares; empty where it has none."""
    if operation.method != "post":
        return ""
    fields = (one.name for one in operation.parameters if one.location == "header")
    return next((name for name in fields if "idempotency" in name.lower()), "")
