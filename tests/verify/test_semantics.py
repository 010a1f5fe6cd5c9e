"""What a status says is held against each answer, and failures have the codes that other tools give them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.fault_codes import fault_code
from specdouble.verify.judge import judge
from specdouble.verify.semantics import EXPECTED, held_to_its_meaning
from specdouble.verify.strictness import RFC, weight
from specdouble.verify.verdict import Failure

OPERATION = next(iter(read(Path("tests/library")).operations.values()))


def _answer(method: str, status: int, headers: dict[str, str] | None = None, content: bytes = b"") -> Exchange:
    url = "http://127.0.0.1/api/shelves"
    return Exchange(Call(OPERATION, None), method, url, {}, None, status, headers or {}, content, 0.0, 0.0)


@pytest.mark.parametrize(
    ("code", "answer"),
    [
        (101, _answer("GET", 799)),
        (102, _answer("DELETE", 201)),
        (103, _answer("GET", 201)),
        (104, _answer("PATCH", 201)),
        (105, _answer("DELETE", 204, {"content-length": "2"})),
        (106, _answer("GET", 413)),
        (107, _answer("GET", 415)),
        (108, _answer("PUT", 304)),
        (110, _answer("PUT", 405)),
        (111, _answer("POST", 205, content=b"{}")),
        (112, _answer("GET", 426)),
    ],
)
def test_an_answer_that_does_not_mean_its_status_has_the_code_of_that(code: int, answer: Exchange) -> None:
    [broken] = held_to_its_meaning(answer)
    failure = Failure("conformance", "a promise", "", broken.expected, broken.seen, [answer])
    assert (fault_code(failure), weight(failure)) == (code, RFC)


@pytest.mark.parametrize(
    "answer",
    [
        _answer("POST", 201),
        _answer("PUT", 201),
        _answer("DELETE", 204, {"content-length": "0"}),
        _answer("GET", 304),
        _answer("PUT", 405, {"allow": "GET"}),
    ],
)
def test_an_answer_that_means_its_status_is_fine(answer: Exchange) -> None:
    assert list(held_to_its_meaning(answer)) == []


def test_who_asks_for_what_the_contract_has_is_not_told_that_it_cannot_be_had() -> None:
    asked, other = ({"Accept": one} for one in ("application/json", "text/csv"))
    [broken] = held_to_its_meaning(replace(_answer("GET", 406), sent_headers=asked))
    failure = Failure("conformance", "a promise", "", broken.expected, broken.seen, [_answer("GET", 406)])
    assert (fault_code(failure), weight(failure)) == (204, RFC)
    assert list(held_to_its_meaning(replace(_answer("GET", 406), sent_headers=other))) == []


@pytest.mark.parametrize(("code", "status"), [(202, 401), (203, 403)])
def test_a_refusal_for_want_of_rights_where_the_contract_asks_for_none_has_its_code(code: int, status: int) -> None:
    public = replace(OPERATION, security=(), responses={"200": OPERATION.responses["200"]})
    answer = replace(_answer("GET", status), call=Call(public, None))
    [broken] = judge(read(Path("tests/library")), answer)
    failure = Failure("conformance", "a promise", "", broken.expected, broken.seen, [answer])
    assert (fault_code(failure), weight(failure)) == (code, RFC)


def test_a_failure_of_a_business_rule_has_no_code() -> None:
    failure = Failure("unique:books.isbn", "one of many", "", "one to be taken", "two were", [_answer("POST", 201)])
    assert (fault_code(failure), EXPECTED in failure.expected) == (None, False)


def test_a_head_is_asked_for_no_body() -> None:
    contract = read(Path("tests/library"))
    operations = contract.operations.values()
    operation = next(one for one in operations if "200" in one.responses and one.responses["200"].content)
    call, fields = Call(operation, None), {"content-type": "application/json"}
    url = "http://127.0.0.1/"
    asked = {
        method: list(judge(contract, Exchange(call, method, url, {}, None, 200, fields, b"", 0.0, 0.0)))
        for method in ("GET", "HEAD")
    }
    assert [broken.expected for broken in asked["GET"]] == ["an answer that is JSON"]
    assert asked["HEAD"] == []
