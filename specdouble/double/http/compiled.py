"""An operation compiled at start into one callable: authenticate, read, validate, call, validate, send."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from specdouble.contract import Contract, Operation, Violation
from specdouble.contract.arguments import CALLER, wanted_arguments
from specdouble.contract.media_type import OCTETS, essence
from specdouble.double.http.body_reader import BodyReader
from specdouble.double.http.cookies import read_cookies
from specdouble.double.http.error_shape import ErrorShapes, Mend
from specdouble.double.http.field_value import elements, parameters
from specdouble.double.http.form import read_uploads
from specdouble.double.http.headers import DeclaredHeaders
from specdouble.double.http.negotiation import Negotiation
from specdouble.double.http.parameter import MISSING, ParameterReader, Query
from specdouble.double.http.prefer import HEADER, IN_QUERY, applied, preference
from specdouble.double.http.result import Answer, ContractBroken, Results, fields
from specdouble.double.http.security import Authenticate
from specdouble.double.state.cancellation import is_cancelled
from specdouble.double.state.exchange import Exchange, current
from specdouble.double.state.keeper import Guard, guards_of
from specdouble.double.state.preference import Preference
from specdouble.double.state.problem import Problem
from specdouble.double.state.upload import Upload
from specdouble.double.state.world import World

Handler = Callable[..., Any]
_NO_QUERY = Query({})
_RESULTS = frozenset({dict, list, tuple, type(None)})
_log = logging.getLogger("specdouble")


@dataclass(slots=True)
class Request:
    """A request whose path and method have found their operation.

    Args:
        path: the raw segments of the path parameters.
        query: the query string.
        headers: the header fields, names in lower case.
        body: the whole body.
    """

    path: Mapping[str, str]
    query: bytes
    headers: Mapping[bytes, bytes]
    body: bytes

    def uploads(self) -> list[Upload]:
        """The files that it brings: in the parts of a form, or as its whole body."""
        content_type = self.headers.get(b"content-type", b"")
        kind = essence(content_type.decode("latin-1"))
        if kind.startswith("multipart/"):
            return read_uploads(self.body, content_type)
        disposition = self.headers.get(b"content-disposition", b"").decode("utf-8", "replace")
        name = dict(parameters(elements(disposition, ";")[1:])).get("filename", "")
        return [Upload("", name, content_type.decode("latin-1") or OCTETS, self.body)] if self.body else []


@dataclass(slots=True)
class Outcome:
    """An answer and, where it is no success, what the journal explains it by."""

    answer: Answer
    rule: str | None = None
    why: Problem | dict[str, Any] | None = None


class Preferred(Protocol):
    """Answers as a request prefers it."""

    async def wait(self, wish: Preference) -> None:
        """Let pass the time that is wished for."""

    def answer(self, wish: Preference, media_type: str | None = None) -> tuple[Any, int, dict[str, str]]:
        """The sample that is wished for, in the representation of that media type where the status has it."""


class CompiledOperation:
    """One operation, ready to answer.

    Args:
        contract: the contract.
        operation: the operation.
        handler: the function that answers it.
        authenticate: tells who is calling; None where nobody is asked.

    `preferred` answers a request that prefers something else; where nobody has set it, preferences mean nothing.
    `headers` completes answers with the header fields that the contract declares; None where it declares none.
    `guards` keep the rules about the operation itself.
    """

    def __init__(
        self, contract: Contract, operation: Operation, handler: Handler, authenticate: Authenticate | None
    ) -> None:
        self.operation = operation
        self._contract = contract
        self._handler = handler
        self._authenticate = authenticate
        self._errors = ErrorShapes(contract, operation)
        self._results = Results(contract, operation)
        self._negotiation = Negotiation.of(contract, operation)
        self.preferred: Preferred | None = None
        self.headers: DeclaredHeaders | None = None
        self.guards: Sequence[Guard] = guards_of(contract, operation.id)
        in_path = {one.name for one in operation.parameters if one.location == "path"}
        # Of two with one name, that of the path says which document is meant: it is read last.
        parameters = sorted(operation.parameters, key=lambda one: one.name not in in_path or one.location == "path")
        readers = [ParameterReader.of(contract, parameter) for parameter in parameters]
        self._readers = [(reader, _reading(reader)) for reader in readers]
        self._invalid_status, self._nowhere_status = _refusals(operation)
        self._body = None if operation.body is None else BodyReader(contract, operation, operation.body)
        self._wanted = wanted_arguments(handler, operation)

    def mend_with(self, mend: Mend) -> None:
        """Have the body of every refusal made to conform to what is declared for it."""
        self._errors.mend = mend
        if self._negotiation is not None:
            self._negotiation.mend_with(mend)

    def begin(self, request: Request, world: World) -> Outcome | Awaitable[Outcome]:
        """Answer a request in a world, or begin to where something has to be waited for.

        Whatever goes wrong becomes an answer in the contract's shape.
        """
        begun = self._begin(request, world)
        if self.headers is None:
            return begun
        return self._complete(begun, request) if isinstance(begun, Outcome) else self._complete_late(begun, request)

    def _complete(self, outcome: Outcome, request: Request) -> Outcome:
        assert self.headers is not None
        outcome.answer = self.headers.complete(outcome.answer, request.headers)
        return outcome

    async def _complete_late(self, begun: Awaitable[Outcome], request: Request) -> Outcome:
        return self._complete(await begun, request)

    def _begin(self, request: Request, world: World) -> Outcome | Awaitable[Outcome]:
        try:
            user = self._authenticate(world, request.headers, request.query) if self._authenticate else None
            for guard in self.guards:  # who may not ask is not told what is wrong with the question
                guard.admit(user)
            values = self._read(request)
            results = self._results
            if self._negotiation is not None:
                results = self._negotiation.results(request.headers.get(b"accept"))
            if self.preferred is not None and (HEADER in request.headers or IN_QUERY in request.query):
                wish = preference(request.headers, request.query)
                if wish is not None:
                    exchange = Exchange(self.operation, world, user, results.media_type, request)
                    return self._finish(self._as_preferred(wish, values, exchange, results), request)
            current.set(Exchange(self.operation, world, user, results.media_type, request))
            result = self._handler(**self._arguments(values, user))
            if type(result) not in _RESULTS and inspect.isawaitable(result):
                return self._finish(_awaited(result, results), request)
            return Outcome(results.answer(result))
        except BaseException as error:  # whatever a handler raises, it does not end the server
            return self._unsuccessful(error, request)

    async def _finish(self, answer: Awaitable[Answer], request: Request) -> Outcome:
        try:
            return Outcome(await answer)
        except BaseException as error:
            if is_cancelled(error):
                raise
            return self._unsuccessful(error, request)

    async def _as_preferred(
        self, wish: Preference, values: dict[str, Any], exchange: Exchange, results: Results
    ) -> Answer:
        assert self.preferred is not None
        if wish.delay:
            await self.preferred.wait(wish)
        if wish.chooses:
            answer = results.answer(self.preferred.answer(wish, results.media_type))
        else:
            current.set(exchange)
            result = self._handler(**self._arguments(values, exchange.user))
            answer = results.answer(await result if inspect.isawaitable(result) else result)
        headers = [*answer.headers, *fields({"Preference-Applied": applied(wish)})]
        return Answer(answer.status, answer.body, headers)

    def _unsuccessful(self, error: BaseException, request: Request) -> Outcome:
        if isinstance(error, Problem):
            try:
                return self.refused(error, request.headers.get(b"accept"))
            except Exception as failed:
                error = failed
        if isinstance(error, ContractBroken):
            return self._failed(f"{self.operation.id} broke the contract: {error}", [*error.violations])
        return self._failed("".join(traceback.format_exception(error)), [])

    def refused(self, problem: Problem, accept: bytes | None = None) -> Outcome:
        """The answer to a request that is refused.

        Raises:
            ContractBroken: the problem has what is no header field.
        """
        # The journal keeps the problem; its traceback would keep the whole request alive.
        problem.__traceback__ = problem.__context__ = None
        errors = self._errors if self._negotiation is None else self._negotiation.errors(accept)
        media_type, body = errors.write(problem)
        headers = [(b"content-type", media_type)]
        if problem.headers:
            headers += fields(problem.headers)
        if problem.rule:
            headers += fields({"X-Specdouble-Rule": problem.rule})
        return Outcome(Answer(problem.status, body, headers), problem.rule, problem)

    def _failed(self, story: str, violations: list[Violation]) -> Outcome:
        _log.error("%s answered 500: %s", self.operation, story)
        media_type, body = self._errors.write(Problem(500))
        told = {"failure": story, "violations": [one._asdict() for one in violations]}
        return Outcome(Answer(500, body, [(b"content-type", media_type)]), None, told)

    def _read(self, request: Request) -> dict[str, Any]:
        """Every parameter by name, and the body; all violations of both are told at once."""
        values, violations = self._parameters(request) if self._readers else ({}, [])
        title = "Invalid parameters"
        if self._body is not None:
            try:
                values["body"] = self._body.read(request.headers, request.body)
            except Problem as problem:
                if problem.status != 400:
                    raise
                title = problem.words
                violations += problem.violations
        if violations:
            # A path that fits no document is a path to no document.
            nowhere = all(one.location == "path" for one in violations)
            raise Problem(self._nowhere_status if nowhere else self._invalid_status, title, violations=violations)
        return values

    def _parameters(self, request: Request) -> tuple[dict[str, Any], list[Violation]]:
        values: dict[str, Any] = {}
        violations: list[Violation] = []
        query = Query.parse(request.query) if request.query else _NO_QUERY
        for reader, sent in self._readers:
            try:
                value, found = reader.checked(self._contract, sent(request, query))
            except Problem as problem:
                if problem.status != 400:
                    raise
                value, found = MISSING, reader.placed(problem.violations)
            name = reader.parameter.name
            if found:
                violations += found
            elif value is not MISSING:
                values[name] = value
            elif reader.default is not MISSING:
                values[name] = reader.default
        return values, violations

    def _arguments(self, values: dict[str, Any], user: dict[str, Any] | None) -> dict[str, Any]:
        values[CALLER] = user
        return {
            argument: values.get(name) for argument, name, optional in self._wanted if not optional or name in values
        }


def _refusals(operation: Operation) -> tuple[int, int]:
    """The statuses for an invalid request and for one whose path alone is invalid; 400 where none is declared."""
    for status in (400, 422):
        if str(status) in operation.responses:  # what stands there in so many digits is meant
            return status, status
    is_taken = operation.response(400) is not None
    return 400, 404 if "404" in operation.responses and not is_taken else 400


def _reading(reader: ParameterReader) -> Callable[[Request, Query], Any]:
    """How the value of a parameter is read from a request; MISSING where it has none."""
    name, location = reader.parameter.name, reader.parameter.location
    if location == "path":
        return lambda request, _query: reader.from_path(request.path.get(name, ""))
    if location == "query":
        return lambda _request, query: reader.from_query(query)
    if location == "querystring":
        return lambda request, _query: reader.from_querystring(request.query)
    if location == "header":
        field = name.lower().encode()
        return lambda request, _query: reader.from_header(_decoded(request.headers.get(field)))
    return lambda request, _query: reader.from_cookie(read_cookies(request.headers).get(name))


def _decoded(raw: bytes | None) -> str | None:
    return None if raw is None else raw.decode("latin-1")


async def _awaited(result: Awaitable[Any], results: Results) -> Answer:
    return results.answer(await result)
