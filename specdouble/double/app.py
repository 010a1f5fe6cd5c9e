"""The double as a Connexion application.

Connexion's part here is small on purpose. Its routing, validators and decorators take fifty times as long as the
operations that are compiled from the contract, and it refuses many a contract that a double can serve (OpenAPI 3.2,
schemas with one bad keyword, an operationId that stands twice). So the application is Connexion's, for what teams do
with one (`add_middleware`, `test_client`, lifespan), and its API is empty: the compiled operations stand first among
its middlewares and answer every request. The same handlers run behind Connexion's own routing, validation and
security with `specdouble.double.stock`.
"""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any

with warnings.catch_warnings():
    # Connexion imports Starlette's test client, which warns of its own HTTP library: nothing of this process.
    warnings.simplefilter("ignore")
    from connexion import AsyncApp
    from connexion.middleware.abstract import SpecMiddleware

from specdouble.contract import Operation
from specdouble.double.answers.prefer import Preferred
from specdouble.double.answers.resolution import answered_otherwise
from specdouble.double.answers.samples.header import header_maker
from specdouble.double.double import Double
from specdouble.double.http.compiled_operation import CompiledOperation
from specdouble.double.http.headers import DeclaredHeaders
from specdouble.double.http.lazy_operation import LazyOperation
from specdouble.double.http.operations import ASGIApp, Operations, Receive, Scope, Send
from specdouble.double.http.security import Authentication
from specdouble.double.provider.provider import Provider

Compiled = Callable[[Operations], None]


def application(double: Double, compiled: Compiled | None = None) -> AsyncApp:
    """The ASGI application of a double.

    Args:
        double: what answers.
        compiled: is told of the operations when they have been compiled, at the first event.
    """

    def first(app: ASGIApp) -> _Answering:
        return _Answering(app, double, compiled)

    app = AsyncApp("specdouble", middlewares=[first])
    # An API of no paths, for Connexion makes its middlewares with the first one.
    app.add_api({"openapi": "3.0.3", "info": {"title": double.contract.title, "version": "1"}, "paths": {}})
    return app


class _Answering(SpecMiddleware):  # type: ignore[misc]
    """Answers with the compiled operations; Connexion makes it at the first event, and adds the API to it."""

    def __init__(self, app: ASGIApp, double: Double, tell: Compiled | None) -> None:
        self._app = app
        self._double = double
        self._tell = tell
        self._operations: ASGIApp = app

    def add_api(self, _specification: Any, **_options: Any) -> None:
        double = self._double
        provider = Provider(double, double.sign_ins, handled_paths(double))
        operations = Operations(double, compiled_operations(double, provider.paths), self._app, provider)
        self._operations = operations
        if self._tell is not None:
            self._tell(operations)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._operations(scope, receive, send)


def handled_paths(double: Double) -> frozenset[str]:
    """The paths at which a handler of the project answers."""
    operations = double.contract.operations.values()
    return frozenset(one.path for one in operations if double.resolutions[one.id].by == "handler")


def compiled_operations(double: Double, but: Collection[str] = ()) -> list[CompiledOperation | LazyOperation]:
    """Each operation of the contract, ready to answer with what it was resolved to.

    What a handler answers is compiled now, that what is wrong with one is told at start; all others with their first
    request: of a contract of thousands of operations, most are never asked for.

    Args:
        double: whose contract it is.
        but: the paths that something else answers.
    """
    authentication = Authentication(double)
    compiled: list[CompiledOperation | LazyOperation] = []
    for operation in double.contract.operations.values():
        compile_it = partial(_compiled, double, authentication, operation)
        if operation.path not in but:
            by_handler = double.resolutions[operation.id].by == "handler"
            compiled.append(compile_it() if by_handler else LazyOperation(operation, compile_it))
    return compiled


def _compiled(double: Double, authentication: Authentication, operation: Operation) -> CompiledOperation:
    contract, resolution = double.contract, double.resolutions[operation.id]
    authenticate = authentication.compile(operation)
    one = double.factories.operation(contract, operation, resolution.function, authenticate)
    if resolution.otherwise is not None:
        one.otherwise = partial(answered_otherwise, operation, resolution.otherwise)
    one.preferred = Preferred(contract, operation, double.sampler)
    one.mend_with(double.sampler.mended)
    if any(response.headers for response in operation.responses.values()):
        one.headers = DeclaredHeaders(operation, header_maker(contract, operation, double.sampler))
    return one
