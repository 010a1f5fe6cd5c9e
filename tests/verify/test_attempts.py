"""Of each create that was sent it is known whether anybody can tell what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import Contract, read
from specdouble.verify.attempts import Attempts
from specdouble.verify.exchange import Call


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read(Path(__file__).parent.parent / "guard" / "openapi.yaml")


@pytest.fixture
def attempts(contract: Contract) -> Attempts:
    return Attempts(contract, lambda text: "word" in text)


def creating(contract: Contract, title: str) -> Call:
    return Call(contract.operations["createItem"], body={"title": title}, has_body=True)


def test_a_create_that_is_answered_is_known(contract: Contract, attempts: Attempts) -> None:
    attempts.send(1, creating(contract, "word 1"))
    attempts.answer(1)
    assert attempts.unanswered() == []


def test_of_a_create_that_bears_no_word_a_search_finds_nothing(contract: Contract, attempts: Attempts) -> None:
    plain, worded = creating(contract, "abc"), creating(contract, "word 1")
    attempts.send(1, plain)
    attempts.send(2, worded)
    attempts.search(plain)
    assert attempts.unanswered() == [plain]


def test_what_nobody_waits_for_any_more_no_search_tells(contract: Contract, attempts: Attempts) -> None:
    create = creating(contract, "word 1")
    attempts.send(1, create)
    attempts.late(1)
    attempts.search(create)
    assert attempts.unanswered() == [create]


def test_a_count_of_the_list_tells_what_was_created_there(contract: Contract, attempts: Attempts) -> None:
    create = creating(contract, "abc")
    attempts.send(1, create)
    attempts.count(create.operation)
    assert attempts.unanswered() == []


def test_a_list_that_was_written_to_knows_the_last_create_and_all_properties(
    contract: Contract, attempts: Attempts
) -> None:
    first, last = creating(contract, "abc"), Call(contract.operations["createItem"], body={"names": []}, has_body=True)
    attempts.send(1, first)
    attempts.send(2, last)
    assert [(one.create, one.properties) for one in attempts.written_to()] == [(last, {"title", "names"})]
