"""What this run did not make is another's, however long its name."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from specdouble.contract import read
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.guard import Guard
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
    assert [one.id for one in ledger.created] == ["mine"]


def test_an_empty_text_that_an_answer_showed_names_no_document(ledger: Ledger) -> None:
    ledger.see({"data": [{"name": "", "id": LONG}]})
    assert ledger.is_stranger(LONG)
    assert not ledger.is_stranger("")


def test_where_no_more_names_can_be_noted_every_name_may_be_anothers(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("specdouble.verify.strangers.MOST_STRANGERS", 2)
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


def answered(call: Call, status: int, shown: object, started: float = 0.0) -> Exchange:
    """An answer in JSON to a request that was sent at that moment."""
    content, headers = json.dumps(shown).encode(), {"content-type": "application/json"}
    return Exchange(call, call.operation.method.upper(), "http://x/", {}, None, status, headers, content, started, 0.0)


def test_what_a_put_has_made_is_this_runs_though_it_was_answered_as_a_change(ledger: Ledger) -> None:
    call = Call(ledger.contract.operations["putPerson"], path={"name": LONG}, body={"name": LONG}, has_body=True)
    ledger.answer(ledger.send(call), call, answered(call, 200, {"name": LONG}))
    assert ledger.is_made("people", LONG)


def test_what_a_put_has_changed_that_was_there_before_stays_anothers(ledger: Ledger) -> None:
    ledger.strangers.meet("people", LONG)
    call = Call(ledger.contract.operations["putPerson"], path={"name": LONG}, body={"name": LONG}, has_body=True)
    ledger.answer(ledger.send(call), call, answered(call, 200, {"name": LONG}))
    assert not ledger.created


def test_what_a_put_has_made_under_the_name_that_its_body_holds_is_this_runs(ledger: Ledger) -> None:
    put = ledger.contract.operations["putPerson"]
    call = Call(put, path={"name": ledger.mint("mine")}, body={"name": LONG}, has_body=True)
    ledger.answer(ledger.send(call), call, answered(call, 200, {"name": LONG}))
    assert {"mine", LONG} == {one.id for one in ledger.created}


def test_what_was_deleted_and_is_put_again_is_this_runs_again(ledger: Ledger) -> None:
    ledger.see(LONG)
    put, delete = ledger.contract.operations["putPerson"], ledger.contract.operations["deletePerson"]
    call = Call(put, path={"name": LONG}, body={"name": LONG}, has_body=True)
    ledger.answer(ledger.send(call), call, answered(call, 201, {"name": LONG}))
    gone = Call(delete, path={"name": LONG})
    ledger.answer(0, gone, answered(gone, 200, None))
    ledger.answer(ledger.send(call), call, answered(call, 200, {"name": LONG}))
    assert ledger.is_made("people", LONG)


def test_an_id_that_is_given_again_while_its_document_is_being_deleted_is_this_runs(ledger: Ledger) -> None:
    create, delete = ledger.contract.operations["createItem"], ledger.contract.operations["deleteItem"]
    call, gone = Call(create, body={"title": "a"}, has_body=True), Call(delete, path={"itemId": 7})
    asked = time.time()
    ledger.answer(ledger.send(call), call, answered(call, 201, {"id": 7}))
    ledger.answer(0, gone, answered(gone, 204, None, started=asked))
    assert ledger.is_made("items", 7)
    ledger.answer(0, gone, answered(gone, 204, None, started=time.time()))
    assert not ledger.is_made("items", 7)


def test_a_name_of_any_length_that_a_create_of_many_asked_for_is_this_runs(ledger: Ledger) -> None:
    name = "lorem ipsum " * 40
    call = Call(ledger.contract.operations["createItem"], body={"names": [name]}, has_body=True)
    ledger.answer(0, call, answered(call, 201, [{"id": name}]))
    assert [one.id for one in ledger.created] == [name]


@pytest.mark.parametrize("taken", ["root", "", None, LONG])
def test_nothing_is_renamed_to_what_this_run_has_not_made_up(ledger: Ledger, taken: object) -> None:
    put, guard = ledger.contract.operations["putPerson"], Guard(ledger.contract, ledger)
    own = ledger.mint("mine")
    call = Call(put, path={"name": own}, body={"name": own}, has_body=True)
    assert "no path of this run would find it" in (guard.refuses(replace(call, body={"name": taken})) or "")
    assert guard.refuses(call) is None
    assert guard.refuses(replace(call, body={"name": ledger.mint("mine too")})) is None


@pytest.mark.parametrize(("key", "is_sent"), [("", False), ("abc", False), (True, False), ([], False), (None, True)])
def test_nothing_is_created_with_an_id_that_no_path_names(ledger: Ledger, key: object, is_sent: bool) -> None:
    call = Call(ledger.contract.operations["createItem"], body={"title": "a", "id": key}, has_body=True)
    assert (Guard(ledger.contract, ledger).refuses(call) is None) == is_sent


@pytest.mark.parametrize(
    ("gone", "later", "given_once"),
    [
        ("7", "8", True),
        ("8", "7", False),
        ("mem-00007", "mem-00008", True),
        ("mem-00008", "mem-00007", False),
        ("mem-00007", "pet-00008", False),
        ("seven", "eight", False),
    ],
)
def test_an_id_that_was_counted_is_given_once_where_a_later_one_is_there(
    ledger: Ledger, gone: str, later: str, *, given_once: bool
) -> None:
    create, delete = ledger.contract.operations["createItem"], ledger.contract.operations["deleteItem"]
    for key in (gone, later):
        call = Call(create, body={"title": "a"}, has_body=True)
        ledger.answer(ledger.send(call), call, answered(call, 201, {"id": key}))
    call = Call(delete, path={"itemId": gone})
    ledger.answer(0, call, answered(call, 204, None))
    assert ledger.is_given_once("items", gone) == given_once
