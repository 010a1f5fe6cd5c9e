"""The operations of a double, each compiled to what answers it."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from specdouble.contract import Operation
from specdouble.double.answers.prefer import Preferred
from specdouble.double.answers.resolution import answered_otherwise
from specdouble.double.answers.samples.header import header_maker
from specdouble.double.double import Double
from specdouble.double.http.asgi import ASGIApp
from specdouble.double.http.compiled_operation import CompiledOperation
from specdouble.double.http.headers import DeclaredHeaders
from specdouble.double.http.lazy_operation import LazyOperation
from specdouble.double.http.operations import Operations
from specdouble.double.http.security import Authentication
from specdouble.double.provider.provider import Provider


def assembled(double: Double, app: ASGIApp | None = None) -> Operations:
    """The ASGI application that answers with the operations of a double, and with its provider of identities.

    Args:
        double: what answers.
        app: what events that are no requests are handed to; None where there are none.
    """
    provider = Provider(double, double.sign_ins, double.redirects, handled_paths(double))
    return Operations(double, compiled_operations(double, provider.paths), app, provider)


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
    authentication = double.factories.authentication(double)
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
