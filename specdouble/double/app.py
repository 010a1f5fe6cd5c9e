"""The double as a Connexion application, for what teams do with one: `add_middleware`, `test_client`, lifespan.

Connexion's part is small on purpose. Its routing, validators and decorators take fifty times as long as the
operations that are compiled from the contract, and it refuses many a contract that a double can serve (OpenAPI 3.2,
schemas with one bad keyword, an operationId that stands twice). So its API is empty: the compiled operations stand
first among its middlewares and answer every request. `specdouble serve` answers with them alone, for to import
Connexion takes longer than to read most contracts. The same handlers run behind Connexion's own routing, validation
and security with `specdouble.double.stock`.
"""

from __future__ import annotations

import warnings
from collections.abc import Awaitable
from functools import partial
from typing import Any

with warnings.catch_warnings():
    # Connexion imports Starlette's test client, which warns of its own HTTP library: nothing of this process.
    warnings.simplefilter("ignore")
    from connexion import AsyncApp
    from connexion.middleware.abstract import SpecMiddleware

from specdouble.double.assembly import assembled
from specdouble.double.double import Double
from specdouble.double.http.asgi import ASGIApp, Receive, Scope, Send
from specdouble.double.http.operations import Operations


def application(double: Double) -> AsyncApp:
    """A double as a Connexion application; it is compiled with its first event.

    Args:
        double: what answers.
    """
    app = AsyncApp("specdouble", middlewares=[partial(_Answering, double=double)])
    # An API of no paths, for Connexion makes its middlewares with the first one.
    app.add_api({"openapi": "3.0.3", "info": {"title": double.contract.title, "version": "1"}, "paths": {}})
    return app


class _Answering(SpecMiddleware):  # type: ignore[misc]
    """Answers with the compiled operations; Connexion makes it at the first event, and adds the API to it."""

    def __init__(self, app: ASGIApp, double: Double) -> None:
        self._app = app
        self._double = double
        self._operations: Operations | None = None

    def add_api(self, _specification: Any, **_options: Any) -> None:
        self._operations = assembled(self._double, self._app)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (self._operations or self._app)(scope, receive, send)
