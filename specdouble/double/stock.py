"""The project's handlers under a stock Connexion application: the way from the double to the real backend.

Routing, reading of parameters and bodies, validation of requests and answers, and the security requirement are
Connexion's own; the functions that answer, and the collections that they use, are those of the double.

    from specdouble.double.stock import application

    app = application("path/to/project")  # an ASGI application: uvicorn module:app

What differs from `specdouble serve` is Connexion's: a request that breaks a schema is refused with problem details,
one violation at a time; numbers and booleans are read as Python reads them; a missing credential is told in
problem details too. Worlds, `Prefer`, content negotiation, XML, the journal and what else stands under
`/_specdouble/` are the double's alone.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

with warnings.catch_warnings():
    # Connexion imports Starlette's test client, which warns of its own HTTP library: nothing of this process.
    warnings.simplefilter("ignore")
    from connexion import AsyncApp
    from connexion.context import context, request
    from connexion.context import operation as connexion_operation
    from connexion.decorators.parameter import sanitized
    from connexion.exceptions import InvalidSpecification
    from connexion.jsonifier import Jsonifier
    from connexion.operations import AbstractOperation
    from connexion.resolver import Resolution, Resolver
    from connexion.security import (
        AbstractSecurityHandler,
        ApiKeySecurityHandler,
        BasicSecurityHandler,
        BearerSecurityHandler,
    )
from starlette.responses import Response

from specdouble.contract import ContractError, Finding, Operation
from specdouble.contract.arguments import CALLER, arguments_of, wanted_arguments
from specdouble.contract.json_type import JSON
from specdouble.contract.pointer import pointer
from specdouble.double.answers.resolution import answered_otherwise
from specdouble.double.double import Double, Settings
from specdouble.double.http.declared import declared_part
from specdouble.double.http.error_shape import ErrorShapes
from specdouble.double.http.security import Authentication
from specdouble.double.state.conforming import body_within
from specdouble.double.state.exchange import Exchange, User, current
from specdouble.double.state.keeper import guards_of
from specdouble.double.state.problem import Problem
from specdouble.double.state.worlds import DEFAULT_WORLD

Handler = Callable[..., Any]
_SCHEME = "x-specdouble-scheme"  # a scheme's own name, which Connexion's security handlers are not told


def application(project: str | Path, *, seed: int | None = None) -> AsyncApp:
    """A stock Connexion application that answers with the project's handlers.

    Operations without a handler are answered as the double answers them: automatically, or with a sample.

    Args:
        project: the folder that holds `openapi.yaml` and `handlers/`, or a contract's file.
        seed: makes ids and samples repeat.

    Raises:
        Refused: the contract, the seed or a handler is wrong; its findings say where.
    """
    return application_of(Double(Settings(Path(project), seed=seed)))


def application_of(double: Double) -> AsyncApp:
    """A stock Connexion application whose operations are answered from a double's default world.

    Raises:
        ContractError: Connexion does not take the contract.
    """
    app = AsyncApp("specdouble")
    try:
        app.add_api(
            _specification(double),
            resolver=_Resolver(double),
            security_map=_security_map(double),
            jsonifier=Jsonifier(separators=(",", ":"), ensure_ascii=False),
            validate_responses=True,
        )
    except InvalidSpecification as invalid:
        raise ContractError([_finding(double, invalid)]) from None
    return app


def _finding(double: Double, invalid: InvalidSpecification) -> Finding:
    at = pointer(*invalid.absolute_path)
    file, line = double.contract.locate(at)
    remedy = "mend it; `specdouble serve` takes the contract as it is"
    return Finding(file, line, at, f"Connexion takes no such contract: {invalid.message}", remedy)


def _specification(double: Double) -> dict[str, JSON]:
    """The contract as it stands, each security scheme with its own name in it."""
    data = dict(double.contract.data)
    named = {name: {**scheme, _SCHEME: name} for name, scheme in double.contract.security_schemes.items()}
    if "securityDefinitions" in data:  # Swagger 2.0
        return {**data, "securityDefinitions": named}
    return {**data, "components": {**data.get("components", {}), "securitySchemes": named}}


class _Resolver(Resolver):  # type: ignore[misc]
    """Resolves an operation to what the double answers it with."""

    def __init__(self, double: Double) -> None:
        super().__init__()
        self._double = double
        self._operations = {one.pointer: one for one in double.contract.operations.values()}

    def resolve(self, operation: AbstractOperation) -> Resolution:
        ours = self._operations[pointer("paths", operation.path, operation.method)]
        return Resolution(_Answering(self._double, ours).answer, ours.id)


class _Answering:
    """One operation under Connexion: its arguments as handlers know them, its refusals in the contract's shape."""

    def __init__(self, double: Double, operation: Operation) -> None:
        contract = double.contract
        self._double = double
        self._operation = operation
        resolution = double.resolutions[operation.id]
        self._handler: Handler = resolution.function
        self._otherwise = resolution.otherwise
        self._wanted = wanted_arguments(self._handler, operation)
        self._errors = ErrorShapes(contract, operation)
        self._guards = guards_of(contract, operation.id)
        bodies = operation.body.content if operation.body else {}
        self._kept = {kind: declared_part(contract, operation, media) for kind, media in bodies.items()}

    async def answer(self, **arguments: Any) -> Any:
        """What the handler answers, or its problem; on the event loop, so that nothing interleaves inside it."""
        user = self._caller(context.get("token_info"))
        current.set(Exchange(self._operation, self._double.world(DEFAULT_WORLD), user))
        values = self._values(arguments, user)
        try:
            for guard in self._guards:
                guard.admit(user, _header_fields(request.headers))
            result = self._handler(**arguments_of(self._wanted, values))
            if inspect.isawaitable(result):
                result = await result
            if result is NotImplemented and self._otherwise is not None:
                result = answered_otherwise(self._operation, self._otherwise, values)
            return (body_within(result), *result[1:]) if isinstance(result, tuple) else body_within(result)
        except Problem as problem:
            return self._refused(problem)

    def _caller(self, claims: dict[str, JSON] | None) -> User | None:
        """The claims of the caller; Connexion tells those of schemes that are asked for together apart."""
        for names in self._operation.security:
            if claims and len(names) > 1 and {*names} == claims.keys():
                whole: User = {}
                for of_one_scheme in claims.values():
                    whole.update(of_one_scheme)
                return whole
        return claims

    def _values(self, arguments: dict[str, JSON], user: User | None) -> dict[str, JSON]:
        """The values by the contract's own names; Connexion hands over no header fields and no cookies."""
        values: dict[str, JSON] = {CALLER: user}
        sent = {"header": request.headers, "cookie": request.cookies}
        for parameter in self._operation.parameters:
            found = sent.get(parameter.location, arguments)
            name = sanitized(parameter.name) if found is arguments else parameter.name
            if name in found:
                values[parameter.name] = found[name]
        name = sanitized(connexion_operation.body_name(request.mimetype))
        if self._operation.body and name in arguments:
            keep = self._kept.get(request.mimetype)
            values["body"] = arguments[name] if keep is None else keep(arguments[name])
        return values

    def _refused(self, problem: Problem) -> Response:
        media_type, body = self._errors.write(problem)
        headers = dict(problem.headers)
        if problem.rule:
            headers["X-Specdouble-Rule"] = problem.rule
        return Response(body, problem.status, headers, media_type.decode())


def _security_map(double: Double) -> dict[str, type[AbstractSecurityHandler]]:
    """Connexion's security handlers, each asking the double whom a credential stands for."""
    authentication = Authentication(double)
    world = double.world(DEFAULT_WORLD)

    class AskingTheDouble(AbstractSecurityHandler):  # type: ignore[misc]
        def _resolve_func(self, security_scheme: dict[str, JSON]) -> Callable[..., User | None]:
            verify = authentication.verifier(security_scheme[_SCHEME])
            # One credential, or the name and the password of Basic.
            return lambda *credential: verify(world, ":".join(credential))

    class Bearer(AskingTheDouble, BearerSecurityHandler):  # type: ignore[misc]
        """A token of its own, of OAuth 2 or of OpenID Connect."""

    class ApiKey(AskingTheDouble, ApiKeySecurityHandler):  # type: ignore[misc]
        """A key in a header field, the query or a cookie."""

    class Basic(AskingTheDouble, BasicSecurityHandler):  # type: ignore[misc]
        """A name and a password."""

    return {"bearer": Bearer, "oauth2": Bearer, "openIdConnect": Bearer, "apiKey": ApiKey, "basic": Basic}


def _header_fields(headers: Mapping[str, str]) -> dict[bytes, bytes]:
    """The header fields of a request as the double's own operations have them."""
    return {name.lower().encode("latin-1"): value.encode("latin-1") for name, value in headers.items()}
