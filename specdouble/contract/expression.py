"""Expressions in CEL, the Common Expression Language: compiled once, evaluated with what they speak of.

The library is Google's own (cel-cpp): it bounds the depth and the size of an expression and the rounds of its loops,
and its regular expressions take time that is linear in the text. What it does not bound, `expression_cost` does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any

from specdouble.contract.expression_cost import MOST_GROWTH, cost_of
from specdouble.contract.expression_tree import Field, Has, Name, read_tree, walk
from specdouble.contract.plain_expression import plain_condition
from specdouble.extras import remedy

LONGEST = 4000  # characters of an expression
_ROUNDS = "Iteration budget exceeded"
_ISO = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")


class ExpressionError(Exception):
    """A text is no expression, or one that is refused.

    Args:
        reason: why.
        column: the character that it fails at, from 1; 0 where it is the whole.
        remedy: what to do.
    """

    def __init__(self, reason: str, column: int = 0, remedy: str = "write it in CEL: https://cel.dev") -> None:
        super().__init__(reason)
        self.reason, self.column, self.remedy = reason, column, remedy


class EvaluationError(Exception):
    """An expression has no value for what it was given: it reads what is not there, or adds a text to a number."""


class Expression:
    """A compiled expression.

    Args:
        text: the expression.
        variables: the names that it may speak of.

    Raises:
        ExpressionError: it is none.
    """

    def __init__(self, text: str, variables: Iterable[str] = ("self", "oldSelf")) -> None:
        self.text = text
        if len(text) > LONGEST:
            raise ExpressionError(f"the expression is longer than {LONGEST} characters")
        try:
            self._program = _environment(frozenset(variables)).compile(text)
            self.tree = read_tree(self._program.serialize())
        except RuntimeError as error:
            raise _refusal(str(error)) from None
        self._plain = plain_condition(self.tree)
        self._cost = cost_of(self.tree)
        if self._cost.growth > MOST_GROWTH:
            raise ExpressionError("what the expression makes grows with each round: it could take all memory")

    @property
    def kind(self) -> str:
        """The type of its values, as far as it is known before: `BOOL`, `STRING`, `DYN`."""
        return str(self._program.return_type().name())

    @property
    def is_plain(self) -> bool:
        """Whether the library need not be asked of most documents for which it holds."""
        return self._plain is not None

    def names(self, variable: str) -> frozenset[str] | None:
        """The properties of a variable that it reads; None where it takes the variable as a whole."""
        read, uses = set(), 0
        for node in walk(self.tree):
            if isinstance(node, Field | Has) and node.operand == Name(variable):
                read.add(node.name)
                uses -= 1
            uses += node == Name(variable)
        return None if uses else frozenset(read)

    def value(self, variables: Mapping[str, Any]) -> Any:
        """Its value.

        Raises:
            EvaluationError: it has none, or one that would take too much of memory or time.
        """
        if self._is_too_much(variables):
            raise EvaluationError("what it is given is too large for it")
        try:
            found = self._program.eval(data=variables)
        except RuntimeError as error:
            raise EvaluationError(_plain(str(error))) from None
        if found.type() == _error():
            raise EvaluationError(_plain(str(found.value())))
        return found.plain_value()

    def holds(self, variables: Mapping[str, Any]) -> bool:
        """Whether its value is true; what has no value does not hold."""
        if self._plain is not None:
            document = variables.get("self")
            if type(document) is dict and self._plain(document):
                return True
        if self._is_too_much(variables):
            return False
        try:
            return self._program.eval(data=variables).value() is True
        except RuntimeError:
            return False

    def is_false(self, variables: Mapping[str, Any]) -> bool:
        """Whether its value is false; what has no value is not."""
        try:
            return self.value(variables) is False
        except EvaluationError:
            return False

    def _is_too_much(self, variables: Mapping[str, Any]) -> bool:
        return self._cost.is_large and not self._cost.is_affordable(len(str(variables)))


@lru_cache(maxsize=4096)
def compiled(text: str, variables: frozenset[str] = frozenset({"self", "oldSelf"})) -> Expression:
    """The expression of a text, compiled once.

    Raises:
        ExpressionError: it is none.
    """
    return Expression(text, variables)


@cache
def _environment(variables: frozenset[str]) -> Any:
    """What expressions may use: CEL, its extensions for texts, numbers and optional values, the lists of Kubernetes."""
    try:
        from cel_expr_python import cel
        from cel_expr_python.ext import ext_math, ext_optional, ext_strings
    except ModuleNotFoundError:
        raise ExpressionError(
            "the library for expressions is not installed", remedy=remedy("cel_expr_python")
        ) from None

    kind = cel.Type

    def of_list(name: str, implementation: object) -> Any:
        overload = cel.Overload(f"list_{name}", kind.DYN, [kind.List(kind.DYN)], is_member=True, impl=implementation)
        return cel.FunctionDecl(name, [overload])

    iso = cel.Overload("iso_duration", kind.DURATION, [kind.STRING], is_member=False, impl=_duration)
    functions = [
        of_list("sum", _sum), of_list("min", min), of_list("max", max), of_list("isSorted", _is_sorted),
        cel.FunctionDecl("isoDuration", [iso]),
    ]  # fmt: skip
    extensions = [ext_strings.ExtStrings(), ext_math.ExtMath(), ext_optional.ExtOptional()]
    return cel.NewEnv(variables=dict.fromkeys(variables, kind.DYN), extensions=extensions, functions=functions)


@cache
def _error() -> Any:
    from cel_expr_python import cel

    return cel.Type.ERROR


def _sum(values: Sequence[Any]) -> Any:
    if not all(isinstance(value, int | float | timedelta) for value in values):
        raise ValueError("numbers and durations alone are summed up")
    return sum(values[1:], start=values[0]) if values else 0


def _is_sorted(values: Sequence[Any]) -> bool:
    return list(values) == sorted(values)


def _duration(text: str) -> timedelta:
    """A duration as JSON Schema writes it (RFC 3339, appendix A), without years and months: their length varies."""
    match = _ISO.fullmatch(text)
    if match is None or not any(match.groups()):
        raise ValueError(f"`{text}` is no duration of weeks, days, hours, minutes and seconds")
    weeks, days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _refusal(message: str) -> ExpressionError:
    """The library's refusal of a text, in one sentence."""
    place = re.search(r"<input>:\d+:(\d+): ([^\n]*)", message)
    if place is None:
        return ExpressionError(_plain(message))
    words = re.sub(r" \(in container ''\)| expecting \{.*| \[[A-Z_]+\]$", "", place[2])
    return ExpressionError(words, int(place[1]))


def _plain(message: str) -> str:
    """The library's words without its codes."""
    words = re.sub(r"^[A-Z_]+: | \[[A-Z_]+\]$", "", message.strip())
    if _ROUNDS in words:
        return "it takes more than 10,000 rounds"
    return words.splitlines()[0] if words else "it has no value"
