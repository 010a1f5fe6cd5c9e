"""What an operation is asked: its parameters and its body, read from a request and validated."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specdouble.contract import Contract, Operation, Parameter, Violation
from specdouble.contract.json_type import JSON
from specdouble.contract.operation import Response
from specdouble.contract.properties import plain
from specdouble.double.http.body_reader import BodyReader
from specdouble.double.http.cookies import read_cookies
from specdouble.double.http.error_code import SURELY_STATUSES
from specdouble.double.http.parameter import MISSING, Nowhere, ParameterReader, Query
from specdouble.double.http.request import Request
from specdouble.double.state.problem import Problem

Values = dict[str, JSON]
Find = Callable[[Request, Query], JSON]

_NO_QUERY = Query({})


class RequestReader:
    """Reads the requests for one operation.

    Args:
        contract: the contract.
        operation: the operation.
    """

    def __init__(self, contract: Contract, operation: Operation) -> None:
        self._contract = contract
        self._parameters: list[tuple[ParameterReader, Find]] = []
        for parameter in _in_order(operation.parameters):
            reader = ParameterReader.of(contract, parameter)
            self._parameters.append((reader, _finding(reader)))
        self._body = None if operation.body is None else BodyReader(contract, operation, operation.body)
        self._invalid_status, self._nowhere_status = _refusals(contract, operation)
        self._tells_of_none = operation.response(404) is not None

    def read(self, request: Request) -> Values:
        """Every parameter by the contract's name for it, and the body as `body`.

        Raises:
            Problem: all that is wrong with both at once, or what stops the reading of either: 404, 413, 415.
        """
        values: Values = {}
        violations: list[Violation] = []
        title = "Invalid parameters"
        if self._parameters:
            violations = self._read_parameters(request, values)
        if self._body is not None:
            try:
                values["body"] = self._body.read(request.headers, request.body)
            except Problem as problem:
                if problem.status != 400:
                    raise
                title = problem.words
                violations += problem.violations
        if violations:
            raise self._refusal(title, violations)
        return values

    def _read_parameters(self, request: Request, values: Values) -> list[Violation]:
        """Put each parameter's value, sent or by default, among the values; what is wrong with them."""
        violations: list[Violation] = []
        query = Query.parse(request.query) if request.query else _NO_QUERY
        for reader, find in self._parameters:
            value, found = self._read_one(reader, find, request, query)
            name = reader.parameter.name
            if found:
                violations += found
            elif value is not MISSING:
                values[name] = value
            elif reader.default is not MISSING:
                values[name] = reader.default
        return violations

    def _read_one(
        self, reader: ParameterReader, find: Find, request: Request, query: Query
    ) -> tuple[JSON, list[Violation]]:
        """The value of one parameter, and what is wrong with it."""
        try:
            return reader.checked(self._contract, find(request, query))
        except Nowhere as nowhere:
            if self._tells_of_none:
                raise Problem(404, None, str(nowhere)) from None
            return MISSING, reader.placed(nowhere.violations)
        except Problem as problem:
            if problem.status != 400:
                raise
            return MISSING, reader.placed(problem.violations)

    def _refusal(self, title: str, violations: Sequence[Violation]) -> Problem:
        # A path that fits no document is a path to no document.
        is_nowhere = all(one.location == "path" for one in violations)
        status = self._nowhere_status if is_nowhere else self._invalid_status
        return Problem(status, title, violations=violations)


def _in_order(parameters: Sequence[Parameter]) -> list[Parameter]:
    """Of two with one name, that of the path says which document is meant: it is read last, and stays."""
    in_path = {one.name for one in parameters if one.location == "path"}
    overridden: list[Parameter] = []
    kept: list[Parameter] = []
    for one in parameters:
        is_overridden = one.name in in_path and one.location != "path"
        (overridden if is_overridden else kept).append(one)
    return overridden + kept


def _refusals(contract: Contract, operation: Operation) -> tuple[int, int]:
    """The statuses for an invalid request and for one whose path alone is invalid; 400 where none is declared."""
    for status in (400, 422):
        if str(status) in operation.responses:  # what stands there in so many digits is meant
            return status, status
    takes_400 = operation.response(400)  # by a range, or as the default
    if takes_400 is not None and _tells_422_alone(contract, takes_400):
        return 422, 422
    is_missed = "404" in operation.responses and takes_400 is None
    return 400, 404 if is_missed else 400


def _tells_422_alone(contract: Contract, response: Response) -> bool:
    """Whether the body's own status may be 422 and no 400: it would tell another than the answer's."""
    media = response.media()
    outer = contract.fields(media.schema) if media is not None else {}
    parts = [outer, *(contract.fields(part) for part in outer.values())]
    for name, part in (one for fields in parts for one in fields.items()):
        listed = contract.described(part).get("enum")
        if plain(name) in SURELY_STATUSES and isinstance(listed, list) and 422 in listed:
            return 400 not in listed
    return False


def _finding(reader: ParameterReader) -> Find:
    """How the value of a parameter is found in a request; MISSING where it has none."""
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
