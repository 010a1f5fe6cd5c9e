"""A document may be wrapped in the body of a request; rules speak of the document."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import Contract, read
from specdouble.verify.wrapper import document_schema, rewrapped, unwrapped, wrapped
from tests.abroad.test_ordinary import CONTRACTS

ARTICLE = {"title": "A title"}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read(CONTRACTS / "rails-wrapped.yaml")


@pytest.fixture
def json_api(tmp_path: Path) -> Contract:
    text = (CONTRACTS / "jsonapi-articles.yaml").read_text("utf-8")
    text = text.replace("required: [data]", "required: [data, version]", 3)
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    return read(tmp_path)


def test_the_document_is_put_into_what_the_request_wraps_it_in(contract: Contract) -> None:
    assert wrapped(contract, contract.operations["post /api/v1/articles"], ARTICLE) == {"article": ARTICLE}


def test_a_document_that_nothing_wraps_is_the_body(contract: Contract) -> None:
    assert wrapped(contract, contract.operations["get /api/v1/articles/{id}"], ARTICLE) == ARTICLE


def test_the_schema_of_the_document_is_the_one_inside(contract: Contract) -> None:
    schema = document_schema(contract, contract.operations["patch /api/v1/articles/{id}"])
    assert list(contract.properties(schema)) == ["title", "body", "status"]


def test_what_must_stand_beside_the_document_is_made(json_api: Contract) -> None:
    assert wrapped(json_api, json_api.operations["createArticle"], ARTICLE).keys() == {"data", "version"}


def test_what_stands_beside_a_document_stays_when_another_takes_its_place(contract: Contract) -> None:
    create = contract.operations["post /api/v1/articles"]
    body = rewrapped(contract, create, {"article": {"title": 1}, "notify": True}, ARTICLE)
    assert body == {"article": ARTICLE, "notify": True}
    assert unwrapped(contract, create, body) == ARTICLE


@pytest.mark.parametrize("body", [None, [], {"article": None}, {"other": 1}])
def test_a_body_without_the_document_is_taken_as_it_is(contract: Contract, body: object) -> None:
    assert unwrapped(contract, contract.operations["post /api/v1/articles"], body) == body
