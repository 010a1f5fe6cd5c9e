"""Operations that share a path and a method, told apart by a query parameter or a header.

OpenAPI knows no such thing; public contracts write it into the path: `/#Action=Publish`, `/items?view=short`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Mapping
from urllib.parse import parse_qsl

from specdouble.contract import Operation
from specdouble.double.http.compiled_operation import CompiledOperation, Outcome
from specdouble.double.http.lazy_operation import LazyOperation
from specdouble.double.http.request import Request
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World


class Alternatives:
    """Answers with the operation whose condition a request meets.

    Args:
        compiled: the operations.
    """

    def __init__(self, compiled: Iterable[CompiledOperation | LazyOperation]) -> None:
        self._choices = [(condition_of(one.operation), one) for one in compiled]
        # One without a condition takes what no other takes.
        self._choices.sort(key=lambda choice: -len(choice[0]))

    @property
    def operation(self) -> Operation:
        """The operation that answers where no condition is met."""
        return self._choices[-1][1].operation

    @property
    def is_own(self) -> bool:
        """Whether no code of the project answers any of them."""
        return all(one.is_own for _, one in self._choices)

    def begin(self, request: Request, world: World) -> Outcome | Awaitable[Outcome]:
        """Answer a request in a world, or begin to where something has to be waited for."""
        sent = dict(parse_qsl(request.query.decode("latin-1"), keep_blank_values=True))
        for condition, compiled in self._choices:
            if all(_meets(request, sent, name, value) for name, value in condition.items()):
                return compiled.begin(request, world)
        return self._choices[-1][1].begin(request, world)

    def refused(self, problem: Problem) -> Outcome:
        """The answer to a request that is refused."""
        return self._choices[-1][1].refused(problem)


def plain_path(path: str) -> str:
    """The path template without a condition."""
    return path.partition("#")[0].partition("?")[0]


def condition_of(operation: Operation) -> Mapping[str, str]:
    """What a path says beyond the path: names and values of query parameters or headers."""
    path = operation.path
    return dict(parse_qsl(path[len(plain_path(path)) + 1 :].replace("#", "&"), keep_blank_values=True))


def _meets(request: Request, sent: Mapping[str, str], name: str, value: str) -> bool:
    if name in sent:
        return not value or "{" in value or sent[name] == value  # `#Qualifier`: it has one, whatever it is
    header = request.headers.get(name.lower().encode("latin-1", "replace"))
    return header is not None and header.decode("latin-1") == value


Answering = CompiledOperation | LazyOperation | Alternatives
