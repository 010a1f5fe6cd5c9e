"""No expression takes more of memory or time than is good for what it is given."""

from __future__ import annotations

import pytest

from specdouble.contract.expression import EvaluationError, Expression

LONG = {"self": {"name": "a" * 200_000, "part": "a" * 100_000 + "b", "tags": ["tag"] * 1000, "n": 5}}
SHORT = {"self": {"name": "a" * 100, "part": "a" * 50 + "b", "tags": ["tag"] * 10, "n": 5}}


@pytest.mark.parametrize(
    "text",
    [
        "self.name.replace('a', self.name).size() > 0",
        "self.name.split('').join(self.name).size() > 0",
        "self.tags.map(one, self.name).size() > 0",
        "self.tags.map(one, one.replace('a', one) + self.name).size() > 0",
        "size(self.name.matches(self.name) ? 'a' : 'b') > 0",
        "!self.name.contains(self.part)",
        "self.name.indexOf(self.part) < 0",
        "self.name.split(self.part).size() > 0",
        "[self.name].all(one, [self.part].all(other, !one.contains(other)))",
        "self.name.replace('a', '" + "x" * 900 + "') != ''",
    ],
)
def test_what_takes_the_square_of_a_size_is_evaluated_for_what_is_small(text: str) -> None:
    expression = Expression(text)
    assert expression.value(SHORT) is True
    assert not expression.holds(LONG)
    with pytest.raises(EvaluationError, match="too large"):
        expression.value(LONG)


@pytest.mark.parametrize(
    "text",
    [
        "self.name.matches('^(a+)+$')",
        "self.name.contains('a')",
        "self.tags.all(one, one.matches('^[a-z]*$'))",
        "self.tags.all(one, one != self.name)",
        "self.tags.map(one, one + 's').size() == self.tags.size()",
        "self.tags.filter(one, one.startsWith('t')).size() > 0",
        "self.tags.map(one, size(one) * self.n).sum() > 0",
        "self.name.replace('a', 'b') != ''",
    ],
)
def test_what_takes_some_times_a_size_is_evaluated_for_what_is_large(text: str) -> None:
    assert Expression(text).value(LONG) is True


def test_texts_are_not_summed_up() -> None:
    with pytest.raises(EvaluationError):
        Expression("self.tags.map(one, [one]).sum()").value(SHORT)
