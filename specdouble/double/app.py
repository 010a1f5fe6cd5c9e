"""The double as a Connexion application.

Connexion reads the contract's skeleton, resolves each operation to its function and says which security it asks
for; the operations compiled from that stand first among its middlewares and answer. Its own request path (routing,
parameter and body validators, decorators) is never reached: it takes 50 times as long.
"""

from __future__ import annotations

import warnings
from collections.abc import Awaitable, Callable
from typing import Any

with warnings.catch_warnings():
    # Connexion imports Starlette's test client, which warns of its own HTTP library: nothing of this process.
    warnings.simplefilter("ignore")
    from connexion import AsyncApp
    from connexion.middleware.abstract import SpecMiddleware
    from connexion.resolver import Resolution as ConnexionResolution
    from connexion.resolver import Resolver

from specdouble.contract import Contract
from specdouble.double.answers.prefer import Preferred
from specdouble.double.double import Double
from specdouble.double.http.operations import ASGIApp, Operations, Receive, Scope, Send
from specdouble.double.http.security import Authentication


def application(double: Double, compiled: Callable[[Operations], None] | None = None) -> AsyncApp:
    """The ASGI application of a double.

    Args:
        double: what answers.
        compiled: is told of the operations when they have been compiled, at the first event.
    """

    def compiled_first(app: ASGIApp) -> _CompiledMiddleware:
        return _CompiledMiddleware(app, double, compiled)

    app = AsyncApp("specdouble", middlewares=[compiled_first])
    app.add_api(skeleton(double.contract), resolver=_HandlerResolver(double))
    return app


class _HandlerResolver(Resolver):  # type: ignore[misc]
    """Resolves an operation to what answers it: handler, automatic or sample."""

    def __init__(self, double: Double) -> None:
        super().__init__()
        self._resolutions = double.resolutions

    def resolve(self, operation: Any) -> ConnexionResolution:
        return ConnexionResolution(self._resolutions[operation.operation_id].function, operation.operation_id)


class _CompiledMiddleware(SpecMiddleware):  # type: ignore[misc]
    """Compiles the operations that Connexion has resolved, and answers with them."""

    def __init__(self, app: ASGIApp, double: Double, tell: Callable[[Operations], None] | None) -> None:
        self._app = app
        self._double = double
        self._tell = tell
        self._operations: ASGIApp = app

    def add_api(self, specification: Any, *, resolver: Resolver, **_options: Any) -> None:
        contract = self._double.contract
        authentication = Authentication(contract, self._double.tokens)
        compiled = []
        for path, item in specification["paths"].items():
            for method in item:
                resolved = specification.operation_cls.from_spec(
                    specification, path=path, method=method, resolver=resolver
                )
                operation = contract.operations[resolved.operation_id]
                authenticate = authentication.compile(resolved.security or [])
                one = self._double.parts.operation(contract, operation, resolved.function, authenticate)
                one.preferred = Preferred(contract, operation, self._double.sampler)
                compiled.append(one)
        self._operations = operations = Operations(self._double, compiled, self._app)
        if self._tell is not None:
            self._tell(operations)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._operations(scope, receive, send)


def skeleton(contract: Contract) -> dict[str, Any]:
    """The contract as Connexion needs it: paths, operations, security; no schemas, whatever their dialect."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in contract.operations.values():
        paths.setdefault(operation.path, {})[operation.method] = {
            "operationId": operation.id,
            "security": [{name: [] for name in names} for names in operation.security],
            "responses": {"default": {"description": ""}},
        }
    return {
        "openapi": "3.0.3",
        "info": {"title": contract.title, "version": "1"},
        "paths": paths,
        "components": {"securitySchemes": contract.security_schemes},
    }
