"""Where an operation takes no JSON, a document is sent as a form."""

from __future__ import annotations

from urllib.parse import unquote_plus

import pytest

from specdouble.contract import Contract, read
from specdouble.verify import form
from tests.abroad.test_ordinary import CONTRACTS


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read(CONTRACTS / "stripe-like")


@pytest.mark.parametrize(
    ("document", "written"),
    [
        ({"name": "Zoë & Sons", "paid": True, "amount": 7}, "name=Zoë & Sons&paid=true&amount=7"),
        ({"address": {"city": "Oslo"}}, "address[city]=Oslo"),
        ({"tags": ["a", "b"], "items": [{"price": 1.5}]}, "tags=a&tags=b&items[0][price]=1.5"),
        ({}, ""),
    ],
)
def test_a_document_is_written_as_servers_read_it(document: dict[str, object], written: str) -> None:
    assert unquote_plus(form.written(document).decode()) == written


URLENCODED = form.URLENCODED
MULTIPART = f"{form.MULTIPART}; boundary=cut"
PART = "--cut\r\nContent-Disposition: form-data; name={}\r\n\r\n{}\r\n"
SCHEMAS: dict[str, dict[str, object]] = {
    "name": {"type": "string"}, "seats": {"type": "integer"}, "days": {"type": "array", "items": {"type": "string"}},
    "address": {"type": "object"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"name=a&name=b&note=", URLENCODED),
        (
            (PART.format("name", "a") + PART.format("name", "b") + PART.format("note", "") + "--cut--\r\n").encode(),
            MULTIPART,
        ),
    ],
)
def test_the_texts_of_a_form_are_found_on_its_way(body: bytes, content_type: str) -> None:
    assert form.arrived(body, content_type) == {"name": ["a", "b"], "note": [""]}


def test_of_a_file_on_its_way_no_more_is_told_than_that_it_is_there() -> None:
    part = PART.format("photo; filename=a.png", "\udcff").encode("utf-8", "surrogateescape")
    assert form.arrived(part + b"--cut--\r\n", MULTIPART) == {"photo": [""]}


@pytest.mark.parametrize(
    ("sent", "on_its_way", "read"),
    [
        pytest.param({"name": ["a", "b"]}, b"name=a&name=b", [{"name": "a"}, {"name": "b"}], id="a text several times"),
        pytest.param({"name": {"x": 1}}, b"name=x", [{"name": "x"}] * 2, id="an object in the place of a text"),
        pytest.param({"name": None, "days": []}, b"", [{}, {}], id="null and an empty array"),
        pytest.param({"days": "friday"}, b"days=friday", [{"days": ["friday"]}] * 2, id="an array of one"),
        pytest.param({"seats": ["7"]}, b"seats=7", [{"seats": 7}] * 2, id="a number among others"),
        pytest.param({"seats": "x"}, b"seats=x", [{"seats": "x"}] * 2, id="no number stays none"),
        pytest.param({"address": {"city": "Oslo"}}, b"city=Oslo", [{"address": {"city": "Oslo"}}] * 2, id="an object"),
        pytest.param("a=b", b"a=b", [{"a": "b"}] * 2, id="a text in the place of the whole form"),
    ],
)
def test_a_form_is_judged_as_a_server_may_read_it(sent: object, on_its_way: bytes, read: list[object]) -> None:
    assert list(form.readings(sent, form.arrived(on_its_way, URLENCODED), SCHEMAS)) == read


@pytest.mark.parametrize("value", [None, [], {}, {"a": None}, [[]]])
def test_a_form_holds_nothing_that_is_null_or_empty(value: object) -> None:
    assert not form.can_hold(value)


@pytest.mark.parametrize(("text", "read"), [("7", 7), ("true", True), ("seven", "seven"), ("null", "null"), ("", "")])
def test_a_text_is_read_as_what_it_stands_for(text: str, read: object) -> None:
    assert form.read(text) == read


def test_an_operation_that_takes_a_form_alone_is_sent_one(contract: Contract) -> None:
    create = contract.operations["PostCustomers"]
    assert create.json_body is None
    assert create.document_body is not None
    assert create.document_body.type == "application/x-www-form-urlencoded"
