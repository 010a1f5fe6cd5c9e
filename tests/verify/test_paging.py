"""The next page of a list is asked for as the answer or the contract says, and no further."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Operation, Parameter, read
from specdouble.contract.listed import Listed
from specdouble.prove.bench import Bench, Options
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.paging import is_cut_short, is_paged, next_page, total_told

CAPPED = """
openapi: 3.0.3
info: {title: Things, version: "1"}
components:
  schemas:
    Thing: {type: object, required: [id], properties: {id: {type: string}}}
    Latest:
      type: object
      properties: {things: {type: array, maxItems: 50, items: {$ref: "#/components/schemas/Thing"}}}
paths:
  /things:
    get:
      operationId: latest
      responses:
        "200": {description: some, content: {application/json: {schema: {$ref: "#/components/schemas/Latest"}}}}
  /things/{id}:
    get:
      operationId: one
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses:
        "200": {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}
"""


def listing(**parameters: dict[str, Any]) -> Operation:
    """An operation that lists, with these query parameters."""
    taken = tuple(
        Parameter(name, "query", False, schema, None, "form", True, None, "") for name, schema in parameters.items()
    )
    return Operation("list", "get", "/things", (), "", taken, None, {}, (), "")


def page(operation: Operation, content: Any, link: str = "", **query: Any) -> Exchange:
    """A page as the server answers it."""
    headers = {"link": link} if link else {}
    return Exchange(
        Call(operation, query=query), "GET", "", {}, None, 200, headers, json.dumps(content).encode(), 0.0, 0.0
    )


def test_a_list_without_parameters_has_one_page() -> None:
    operation = listing()
    assert not is_paged(operation)
    assert next_page(page(operation, [1, 2]), [1, 2]) is None


@pytest.mark.parametrize(("said", "total"), [("12", 12), (12, 12), ("²", None), ("9" * 5000, None), (True, None)])
def test_a_total_is_a_number_however_a_server_writes_it(said: Any, total: int | None) -> None:
    operation = replace(listing(), listed=Listed(total="meta.total"))
    assert total_told(page(operation, {"meta": {"total": said}})) == total


@pytest.mark.parametrize(("shown", "may_be_more"), [(49, False), (50, True)])
def test_a_list_that_may_show_so_many_alone_may_be_cut_short(shown: int, may_be_more: bool, tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CAPPED, "utf-8")
    contract = read(tmp_path)
    things = [{"id": f"thing-{number}"} for number in range(shown)]
    exchange = page(contract.operations["latest"], {"things": things})
    assert (
        is_cut_short(contract, replace(exchange, headers={"content-type": "application/json"}), things) is may_be_more
    )


def test_an_empty_page_is_the_last() -> None:
    assert next_page(page(listing(page={"type": "integer"}), []), []) is None


def test_pages_are_counted_from_one() -> None:
    operation = listing(page={"type": "integer"})
    assert next_page(page(operation, [1]), [1]) == {"page": 2}
    assert next_page(page(operation, [1], page=2), [1]) == {"page": 3}


def test_pages_are_counted_from_zero_where_the_contract_says_so() -> None:
    assert next_page(page(listing(page={"minimum": 0}), [1]), [1]) == {"page": 1}


def test_an_offset_goes_on_by_what_was_shown() -> None:
    assert next_page(page(listing(offset={}), [1, 2, 3], offset=4), [1, 2, 3]) == {"offset": 7}


def test_a_page_that_is_not_full_is_the_last() -> None:
    operation = listing(offset={}, limit={"default": 3})
    assert next_page(page(operation, [1, 2]), [1, 2]) is None
    assert next_page(page(operation, [1, 2, 3]), [1, 2, 3]) == {"offset": 3}


def test_a_link_to_the_next_page_is_followed() -> None:
    link = '</things?page=5&q=a>; rel="next", </things?page=1>; rel="first"'
    assert next_page(page(listing(page={}), [1], link), [1]) == {"page": "5", "q": "a"}


def test_links_without_a_next_page_end_the_list() -> None:
    assert next_page(page(listing(page={}), [1], '</things?page=1>; rel="first"'), [1]) is None


def test_a_cursor_of_the_answer_is_what_the_parameter_takes() -> None:
    operation = listing(cursor={"type": "string"})
    assert next_page(page(operation, {"items": [1], "next_cursor": "abc"}), [1]) == {"cursor": "abc"}


def test_an_answer_that_tells_of_no_next_page_ends_the_list() -> None:
    operation = listing(cursor={"type": "string"})
    assert next_page(page(operation, {"items": [1], "meta": {"next_cursor": None}}), [1]) is None


def test_a_page_whose_size_is_not_sent_is_as_large_as_its_default() -> None:
    bench = Bench(Options(Path(__file__).parents[1] / "abroad" / "contracts" / "tracks-paged.yaml"))
    fault = bench.mutants["paging.default-ignored:listTracks.size"]
    chosen = replace(bench.settings, phases=("rules",), rules=("paging",))
    assert bench.verified(fault.change, chosen).broken == ["paging"]
    assert bench.verified(lambda factories: factories, chosen).failures == []


def test_a_token_that_is_left_out_says_that_a_full_page_is_the_last_where_one_has_led_there() -> None:
    operation = listing(pageToken={"type": "string"}, pageSize={"type": "integer"})
    last = page(operation, {"items": [{"id": "c"}, {"id": "d"}]}, pageToken="two", pageSize=2)
    assert next_page(last, [{"id": "c"}, {"id": "d"}], "d", was_told=True) is None
    numbered = listing(page={"type": "integer"}, size={"type": "integer"})
    second = page(numbered, {"items": [{"id": "c"}]}, page=2, size=1)
    assert next_page(second, [{"id": "c"}], "c", was_told=True) == {"page": 3, "size": 1}
