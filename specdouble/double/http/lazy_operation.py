"""An operation that is compiled when it is first asked for."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import cached_property

from specdouble.contract import Operation
from specdouble.double.http.compiled_operation import CompiledOperation, Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World


class LazyOperation:
    """Answers as the compiled operation, which it makes with the first request.

    Args:
        operation: the operation.
        compile: compiles it.
    """

    is_own = True
    """No code of the project answers it: that is compiled at the start."""

    def __init__(self, operation: Operation, compile: Callable[[], CompiledOperation]) -> None:
        self.operation = operation
        self._compile = compile

    @cached_property
    def compiled(self) -> CompiledOperation:
        """The compiled operation."""
        return self._compile()

    def begin(self, request: Request, world: World) -> Outcome | Awaitable[Outcome]:
        """Answer a request in a world, or begin to where something has to be waited for."""
        return self.compiled.begin(request, world)

    def refused(self, problem: Problem) -> Outcome:
        """The answer to a request that is refused."""
        return self.compiled.refused(problem)
