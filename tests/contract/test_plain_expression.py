"""What is told of an expression without the library is what the library tells."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from specdouble.contract.expression import EvaluationError, Expression, ExpressionError, compiled
from specdouble.contract.plain_expression import plain_condition

NAMES = ("a", "b", "c")
FIELDS = st.sampled_from([f"self.{name}" for name in NAMES])
LITERALS = st.sampled_from(["0", "-1", "1.0", "2.5", "9007199254740993", "''", "'x'", "'é'", "true", "null"])
OPERANDS = st.one_of(
    FIELDS,
    LITERALS,
    FIELDS.map("size({})".format),
    FIELDS.map("double({})".format),
    FIELDS.map("timestamp({})".format),
    FIELDS.map("({} + 'T00:00:00Z')".format),
    FIELDS.map("timestamp({} + 'T00:00:00Z')".format),
)
COMPARED = st.tuples(OPERANDS, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), OPERANDS).map(" ".join)
LEAVES = st.one_of(
    COMPARED, FIELDS.map("has({})".format), FIELDS.map("{} in ['x', '', '1']".format), FIELDS.map("{} == 'x'".format)
)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map("!({})".format),
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map("({0[0]}) {0[1]} ({0[2]})".format),
        st.tuples(inner, inner, inner).map("({0[0]}) ? ({0[1]}) : ({0[2]})".format),
    ),
    max_leaves=5,
)
MOMENTS = st.sampled_from(
    ["2026-01-31T12:00:00Z", "2026-01-31T12:00:01Z", "2026-W05-6T12:00:00Z", "2026-02-30T12:00:00Z", "2026-01-31",
     "0000-01-01T00:00:00Z", "2016-12-31T23:59:60Z", "2026-01-31T24:00:00Z", "2026-01-31 12:00:00Z",
     "20260131T120000.12Z", "2026-01-31T12:00:00.5Z", "2026-01-31T14:00:00+02:00",
     "2026-01-31T12:00:00z", "９026-01-31T12:00:00Z"]
)  # fmt: skip
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**63, 0.1, -0.0, 1e300, 2.0**53]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "x", "1", "é", "😀", "Z"]),
    MOMENTS,
    st.lists(st.integers(0, 2), max_size=2),
    st.just({"x": 1}),
)
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES), VALUES)


def of_library(expression: Expression, document: dict[str, Any]) -> Any:
    try:
        return expression.value({"self": document})
    except EvaluationError:
        return None


@settings(max_examples=600, deadline=None)
@given(CONDITIONS, DOCUMENTS)
@example("self.a == 1", {"a": True})
@example("self.a == self.b", {"a": 2**53, "b": 2**53 + 1})
@example("timestamp(self.a) <= timestamp(self.b)", {"a": "2026-W05-6T12:00:00Z", "b": "2026-01-31T12:00:00Z"})
def test_what_is_told_without_the_library_is_what_it_tells(text: str, document: dict[str, Any]) -> None:
    try:
        expression = compiled(text)
    except ExpressionError:
        return  # of two types that are never compared
    plain = plain_condition(expression.tree)
    told = None if plain is None else plain(document)
    if told is not None:
        assert told == of_library(expression, document)


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("timestamp(self.a) < timestamp(self.b)", {"a": "2026-01-31T12:00:00Z", "b": "2026-01-31T12:00:01Z"}),
        ("!has(self.a) || (has(self.b) && double(self.a) <= double(self.b))", {"a": 1, "b": 1.5}),
        ("self.a in ['x', 'y'] ? size(self.b) == 1 : !has(self.b)", {"a": "x", "b": [1]}),
        ("timestamp(self.a + 'T00:00:00Z') < timestamp(self.b + 'T00:00:00Z')", {"a": "2026-01-30", "b": "2026-01-31"}),
    ],
)
def test_usual_rules_are_told_without_the_library(text: str, document: dict[str, Any]) -> None:
    plain = plain_condition(compiled(text).tree)
    assert plain is not None
    assert plain(document) is True


@pytest.mark.parametrize(
    "text", ["self.a.sum() == 1", "oldSelf.a == self.a", "self.a.b == 1", "self.a.all(x, x > 1)", "self.a"]
)
def test_what_only_the_library_understands_is_left_to_it(text: str) -> None:
    assert plain_condition(compiled(text).tree) is None
