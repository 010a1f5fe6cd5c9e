"""JSONPath (RFC 9535), in bounded time: an overlay's targets come from anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any

import jsonschema_rs
from jsonpath_rfc9535 import JSONPathEnvironment, JSONPathError, JSONPathQuery
from jsonpath_rfc9535.filter_expressions import FilterQuery, RelativeFilterQuery
from jsonpath_rfc9535.function_extensions import ExpressionType, FilterFunction
from jsonpath_rfc9535.segments import JSONPathRecursiveDescentSegment
from jsonpath_rfc9535.selectors import FilterSelector, NameSelector

from specdouble.contract.composer import MAX_DEPTH
from specdouble.contract.layers import Path

MAX_LENGTH = 2_000  # characters of a query
MAX_EFFORT = 20_000_000  # values that a query may look at


class WrongPath(ValueError):
    """A text is no JSONPath, or one that would take too long; the message says why."""


class JSONPath:
    """A query.

    Args:
        text: how it is written.

    Raises:
        WrongPath: it is none.
    """

    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise WrongPath(f"it has {len(text):,} characters, more than {MAX_LENGTH:,}")
        try:
            self._query = _ENVIRONMENT.compile(text)
        except JSONPathError as error:
            raise WrongPath(str(error)) from None
        except RecursionError:
            raise WrongPath("it is nested too deep") from None

    @property
    def is_singular(self) -> bool:
        """Whether it names one value at most (RFC 9535, 2.3.5.1)."""
        return self._query.singular_query()

    def find(self, data: Any, size: int, depth: int) -> dict[Path, Any]:
        """The values that it selects, by their paths, in the order of the query.

        Args:
            data: what it is asked of.
            size: how many values that has.
            depth: how many levels.

        Raises:
            WrongPath: it would have to look at too many values.
        """
        effort = _effort(self._query, size, depth)
        if effort > MAX_EFFORT:
            raise WrongPath(f"it may look at {effort:,} values, more than {MAX_EFFORT:,}: use fewer `..`")
        try:
            return {node.location: node.value for node in self._query.finditer(data)}
        except JSONPathError as error:
            raise WrongPath(str(error)) from None

    def near(self, data: Any) -> tuple[str, str] | None:
        """Where it is the first name that leads nowhere: that name, and the one that was meant or none."""
        for length, segment in enumerate(self._query.segments):
            names = [selector.name for selector in segment.selectors if isinstance(selector, NameSelector)]
            before = JSONPathQuery(env=_ENVIRONMENT, segments=self._query.segments[:length])
            until = JSONPathQuery(env=_ENVIRONMENT, segments=self._query.segments[: length + 1])
            if not until.singular_query():
                return None
            if until.find(data):
                continue
            holder = before.find(data)[0].value
            known = [*holder] if isinstance(holder, dict) else []
            return (names[0], next(iter(get_close_matches(names[0], known, n=1)), "")) if names else None
        return None


class _Matches(FilterFunction):
    """`match` and `search` in linear time: their patterns (RFC 9485) are the overlay's, the texts the contract's."""

    arg_types = [ExpressionType.VALUE, ExpressionType.VALUE]  # noqa: RUF012 - the library's own form
    return_type = ExpressionType.LOGICAL

    def __init__(self, form: str) -> None:
        self._form = form

    def __call__(self, text: object, pattern: object) -> bool:
        """Whether the pattern matches; what is no pattern matches nothing (RFC 9535, 2.4.6)."""
        if not isinstance(text, str) or not isinstance(pattern, str):
            return False
        try:
            schema = {"pattern": self._form.format(pattern)}
            return jsonschema_rs.validator_for(schema, pattern_options=jsonschema_rs.RegexOptions()).is_valid(text)
        except (jsonschema_rs.ValidationError, ValueError):
            return False


class _Environment(JSONPathEnvironment):
    max_recursion_depth = MAX_DEPTH + 10

    def setup_function_extensions(self) -> None:
        super().setup_function_extensions()
        self.function_extensions["match"] = _Matches("^(?:{})$")
        self.function_extensions["search"] = _Matches("{}")


_ENVIRONMENT = _Environment()


def _effort(query: JSONPathQuery, size: int, depth: int, *, relative: bool = False) -> int:
    """How many values a query looks at, at most.

    One that begins at a filter's `@` looks at a part; over all candidates, each value once for each level above it.
    """
    if query.singular_query():
        return 1
    descents = sum(isinstance(segment, JSONPathRecursiveDescentSegment) for segment in query.segments)
    effort: int = (depth if relative else size) * depth ** max(0, descents - 1)
    for inner in _inner(query):
        effort *= _effort(inner.query, size, depth, relative=isinstance(inner, RelativeFilterQuery))
    return effort


def _inner(query: JSONPathQuery) -> Iterator[FilterQuery]:
    """The queries in the filters of a query."""
    selectors = [selector for segment in query.segments for selector in segment.selectors]
    waiting: list[Any] = [selector.expression for selector in selectors if isinstance(selector, FilterSelector)]
    while waiting:
        expression = waiting.pop()
        if isinstance(expression, FilterQuery):
            yield expression
        parts = (getattr(expression, name, None) for name in ("expression", "left", "right"))
        waiting.extend(part for part in parts if part is not None)
        waiting += getattr(expression, "args", ())
