"""What was found is revised where the double of it refuses as the server does not."""

from __future__ import annotations

import pytest

from specdouble.compare.difference import Cause, Difference
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.outcome import SILENT, UNDECIDED, Outcome
from specdouble.discover.revision import amend, withdraw

RULE = "unique:books.isbn"
TRIED = "a create with another's isbn"


@pytest.fixture
def found() -> list[Outcome]:
    place = "/components/schemas/Book/properties/isbn"
    return [Outcome(Hypothesis("x-unique", place, True, Source("trial")), SILENT, RULE)]


def cause(server: str, double: str = "answers 409") -> Cause:
    """That the double refuses by the rule what the server answers so."""
    return Cause(Difference("status", "books", "postBook", TRIED, "", server, double, "isbn", RULE), [])


def anything(_hypothesis: Hypothesis) -> bool:
    return True


def test_a_rule_gets_the_status_that_the_server_refuses_with(found: list[Outcome]) -> None:
    causes = [cause("answers 409", "answers 422")]
    assert (amend(found, causes, anything), amend(found, causes, anything)) == (1, 0)
    assert found[0].hypothesis.value == {"status": 409}


def test_a_rule_that_cannot_be_laid_over_the_contract_with_that_status_stays_as_it_is(found: list[Outcome]) -> None:
    assert amend(found, [cause("answers 409", "answers 422")], lambda _one: False) == 0
    assert found[0].hypothesis.value is True


def test_a_rule_by_which_the_double_refuses_what_the_server_accepts_is_withdrawn(found: list[Outcome]) -> None:
    assert withdraw(found, [cause("answers 201")]) == 1
    assert found[0].state == UNDECIDED
    assert TRIED in found[0].reason


def test_a_rule_that_the_server_refuses_by_too_is_not_withdrawn(found: list[Outcome]) -> None:
    assert withdraw(found, [cause("answers 422")]) == 0
    assert found[0].state == SILENT
