"""An operation compiled at start into one callable: authenticate, read, validate, call, validate, send."""

from __future__ import annotations

import inspect
import logging
import traceback
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from specdouble.contract import Contract, Operation, Violation
from specdouble.contract.arguments import CALLER, arguments_of, wanted_arguments
from specdouble.contract.json_type import JSON
from specdouble.double.http.error_shape import ErrorShapes, Mend
from specdouble.double.http.headers import DeclaredHeaders
from specdouble.double.http.negotiation import Negotiation
from specdouble.double.http.prefer import HEADER, IN_QUERY, applied, preference
from specdouble.double.http.request import Request
from specdouble.double.http.request_reader import RequestReader, Values
from specdouble.double.http.result import Answer, ContractBroken, Results, fields
from specdouble.double.http.security import Authenticate
from specdouble.double.state.cancellation import is_cancelled
from specdouble.double.state.exchange import Exchange, User, current
from specdouble.double.state.keeper import Guard, guards_of
from specdouble.double.state.preference import Preference
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World

Handler = Callable[..., object]
# What handlers return that nobody has to wait for: to ask `inspect` takes longer than to look here.
_RESULTS = frozenset({dict, list, tuple, type(None)})
_log = logging.getLogger("specdouble")


@dataclass(slots=True)
class Outcome:
    """An answer and, where it is no success, what the journal explains it by."""

    answer: Answer
    rule: str | None = None
    why: Problem | dict[str, JSON] | None = None


class Preferred(Protocol):
    """Answers as a request prefers it."""

    async def wait(self, wish: Preference) -> None:
        """Let pass the time that is wished for."""

    def answer(self, wish: Preference, media_type: str | None = None) -> tuple[JSON, int, dict[str, str]]:
        """The sample that is wished for, in the representation of that media type where the status has it."""


class CompiledOperation:
    """One operation, ready to answer.

    Args:
        contract: the contract.
        operation: the operation.
        handler: the function that answers it.
        authenticate: tells who is calling; None where nobody is asked.

    `preferred` answers a request that prefers something else; where nobody has set it, preferences mean nothing.
    `otherwise` answers where the handler says `NotImplemented`.
    `headers` completes answers with the header fields that the contract declares; None where it declares none.
    `guards` keep the rules about the operation itself.
    """

    is_own = False
    """Code of the project may answer it, which waits for what it likes."""

    def __init__(
        self, contract: Contract, operation: Operation, handler: Handler, authenticate: Authenticate | None
    ) -> None:
        self.operation = operation
        self.reader = RequestReader(contract, operation)
        self.results = Results(contract, operation)
        self.preferred: Preferred | None = None
        self.otherwise: Callable[[Values], object] | None = None
        self.headers: DeclaredHeaders | None = None
        self.guards: Sequence[Guard] = guards_of(contract, operation.id)
        self._handler = handler
        self._wanted = wanted_arguments(handler, operation)
        self._authenticate = authenticate
        self._errors = ErrorShapes(contract, operation)
        self._negotiation = Negotiation.of(contract, operation)

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
        if isinstance(begun, Outcome):
            return self._with_headers(begun, self.headers, request)
        return self._with_headers_later(begun, self.headers, request)

    def _with_headers(self, outcome: Outcome, headers: DeclaredHeaders, request: Request) -> Outcome:
        outcome.answer = headers.complete(outcome.answer, request.headers)
        return outcome

    async def _with_headers_later(
        self, begun: Awaitable[Outcome], headers: DeclaredHeaders, request: Request
    ) -> Outcome:
        return self._with_headers(await begun, headers, request)

    def _begin(self, request: Request, world: World) -> Outcome | Awaitable[Outcome]:
        try:
            # In this order (RFC 9110, 15.5): who asks, whether they may, what they ask, in which form they want it.
            user = self._authenticate(world, request) if self._authenticate else None
            request.user = user
            for guard in self.guards:  # who may not ask is not told what is wrong with the question
                guard.admit(user, request.headers)
            values = self.reader.read(request)
            request.is_read = True
            results = self.results
            if self._negotiation is not None:
                results = self._negotiation.results(request.headers.get(b"accept"))
            exchange = Exchange(self.operation, world, user, results.media_type, request)
            if self.preferred is not None and (HEADER in request.headers or IN_QUERY in request.query):
                wish = preference(request.headers, request.query)
                if wish is not None:
                    return self._finish(self._as_preferred(self.preferred, wish, values, exchange, results), request)
            current.set(exchange)
            result = self.call(values, user)
            if type(result) not in _RESULTS and inspect.isawaitable(result):
                return self._finish(self._awaited(result, results, values), request)
            return Outcome(results.answer(result))
        except BaseException as error:  # whatever a handler raises, it does not end the server
            return self._unsuccessful(error, request)

    def call(self, values: Values, user: User | None) -> object:
        """What the handler makes of a request that has been read, for a caller.

        Args:
            values: the parameters by the contract's names, and the body as `body`.
            user: the claims of the caller.
        """
        values[CALLER] = user
        result = self._handler(**arguments_of(self._wanted, values))
        return result if result is not NotImplemented or self.otherwise is None else self.otherwise(values)

    async def _finish(self, answer: Awaitable[Answer], request: Request) -> Outcome:
        try:
            return Outcome(await answer)
        except BaseException as error:
            if is_cancelled(error):
                raise
            return self._unsuccessful(error, request)

    async def _awaited(self, result: Awaitable[object], results: Results, values: Values) -> Answer:
        answered = await result
        if answered is NotImplemented and self.otherwise is not None:
            answered = self.otherwise(values)
        return results.answer(answered)

    async def _as_preferred(
        self, preferred: Preferred, wish: Preference, values: Values, exchange: Exchange, results: Results
    ) -> Answer:
        if wish.delay:
            await preferred.wait(wish)
        if wish.chooses:
            try:
                answer = results.answer(preferred.answer(wish, results.media_type))
            except Problem as problem:
                if problem.status == wish.code:
                    problem.headers["Preference-Applied"] = applied(wish)
                raise
        else:
            current.set(exchange)  # only now: while it waited, other requests were answered
            result = self.call(values, exchange.user)
            if inspect.isawaitable(result):
                answer = await self._awaited(result, results, values)
            else:
                answer = results.answer(result)
        headers = [*answer.headers, *fields({"Preference-Applied": applied(wish)})]
        return Answer(answer.status, answer.body, headers)

    def _unsuccessful(self, error: BaseException, request: Request) -> Outcome:
        if isinstance(error, Problem):
            try:
                return self.refused(error, request.headers.get(b"accept"))
            except Exception as failed:  # a handler's problem may have what no header field can say
                error = failed
        if isinstance(error, ContractBroken):
            return self._failed(f"{self.operation.id} broke the contract: {error}", error.violations)
        return self._failed("".join(traceback.format_exception(error)), [])

    def refused(self, problem: Problem, accept: bytes | None = None) -> Outcome:
        """The answer to a request that is refused.

        Raises:
            ContractBroken: the problem has what is no header field.
        """
        problem.forget_its_origin()  # the journal keeps it
        errors = self._errors if self._negotiation is None else self._negotiation.errors(accept)
        media_type, body = errors.write(problem)
        headers = [(b"content-type", media_type)]
        if problem.headers:
            headers += fields(problem.headers)
        if problem.rule:
            headers += fields({"X-Specdouble-Rule": problem.rule})
        return Outcome(Answer(problem.status, body, headers), problem.rule, problem)

    def _failed(self, story: str, violations: Sequence[Violation]) -> Outcome:
        _log.error("%s answered 500: %s", self.operation, story)
        media_type, body = self._errors.write(Problem(500))
        # The story goes to the journal alone: of its insides a server tells a client nothing.
        why = {"failure": story, "violations": [one._asdict() for one in violations]}
        return Outcome(Answer(500, body, [(b"content-type", media_type)]), None, why)
