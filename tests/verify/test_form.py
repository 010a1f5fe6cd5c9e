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
