"""What this run did not make is another's, however long its name."""

from __future__ import annotations

from pathlib import Path
from threading import Event, Thread

import pytest

from specdouble.contract import read
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.ledger import Ledger

LONG = "a-zone-that-was-there-before.example."


@pytest.fixture
def ledger() -> Ledger:
    return Ledger(read(Path(__file__).parent / "openapi.yaml"))


def test_a_name_that_an_answer_showed_may_be_anothers(ledger: Ledger) -> None:
    assert not ledger.may_be_anothers("people", LONG)
    ledger.see({"data": [{"name": LONG, "ownerId": 4711}]})
    assert ledger.may_be_anothers("people", LONG)
    assert ledger.is_stranger(4711)


def test_a_name_that_this_run_made_is_its_own_when_an_answer_shows_it(ledger: Ledger) -> None:
    ledger.mint(LONG)
    ledger.see([{"name": LONG}])
    assert not ledger.may_be_anothers("people", LONG)
    assert not ledger.is_stranger(LONG)


def test_of_a_list_that_a_create_answers_only_what_was_asked_for_and_is_new_is_this_runs(ledger: Ledger) -> None:
    create = ledger.contract.operations["createItem"]
    ledger.see([{"id": "kept"}])
    call = Call(create, body={"names": ["Mine", "kept"]}, has_body=True)
    content = b'[{"id": "mine"}, {"id": "kept"}, {"id": "somebody-elses"}]'
    headers = {"content-type": "application/json"}
    ledger.answer(0, call, Exchange(call, "POST", "http://x/items", {}, None, 201, headers, content, 0.0, 0.0))
    assert [one.id for one in ledger.created.values()] == ["mine"]


def test_an_empty_text_that_an_answer_showed_names_no_document(ledger: Ledger) -> None:
    ledger.see({"data": [{"name": "", "id": LONG}]})
    assert ledger.is_stranger(LONG)
    assert not ledger.is_stranger("")


def test_where_no_more_names_can_be_noted_every_name_may_be_anothers(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specdouble.verify.ledger.MOST_STRANGERS", 2)
    ledger.see([{"name": "first"}, {"name": "second"}, {"name": LONG}])
    ledger.mint("mine")
    assert ledger.may_be_anothers("people", LONG)
    assert not ledger.is_stranger("mine")


@pytest.mark.parametrize("value", [-5.6563607590427534e-244, "7.000000000000000000", "000000000000000000000007"])
def test_a_long_number_of_which_a_server_takes_a_small_one_may_be_anothers(ledger: Ledger, value: object) -> None:
    assert ledger.may_be_anothers("items", value)


def test_a_number_that_chance_does_not_hit_is_nobodys(ledger: Ledger) -> None:
    assert not ledger.may_be_anothers("items", 9_223_372_036_854_775_807)


def test_documents_may_be_created_while_others_are_looked_at(ledger: Ledger) -> None:
    create, ended = ledger.contract.operations["createItem"], Event()

    def creating() -> None:
        for number in range(100_000, 104_000):
            call, headers = Call(create, has_body=True), {"content-type": "application/json"}
            content = b'{"id": %d}' % number
            ledger.answer(0, call, Exchange(call, "POST", "http://x/", {}, None, 201, headers, content, 0.0, 0.0))
        ended.set()

    thread = Thread(target=creating)
    thread.start()
    while not ended.is_set():
        assert ledger.may_be_anothers("items", 7)
    thread.join()
