"""What a query parameter of a list asks for is told by the contract, else by its name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specdouble.contract import Operation, Parameter
from specdouble.contract.listed import Listed
from specdouble.verify.list_parameters import direction_of, plays_order, search_of, sort_of


def listing(*names: str, listed: Listed | None = None) -> Operation:
    """An operation that lists, with these query parameters."""
    taken = tuple(Parameter(name, "query", False, {"type": "string"}, None, "form", True, None, "") for name in names)
    operation = Operation("list", "get", "/things", (), "", taken, None, {}, (), "")
    return operation if listed is None else replace(operation, listed=listed)


@pytest.mark.parametrize("name", ["q", "search", "search_term", "fullText"])
def test_a_text_is_searched_for_by_what_has_a_usual_name(name: str) -> None:
    found = search_of(listing("limit", name))
    assert found is not None
    assert found.name == name


def test_a_list_without_such_a_name_has_no_search() -> None:
    assert search_of(listing("limit", "name")) is None


def test_an_order_and_its_direction_are_two_parameters() -> None:
    operation = listing("sort_by", "sort_dir")
    sort, direction = sort_of(operation), direction_of(operation)
    assert sort is not None
    assert direction is not None
    assert (sort.name, direction.name) == ("sort_by", "sort_dir")
    assert plays_order(operation, "sort_by")
    assert not plays_order(operation, "sort_dir")


def test_what_the_contract_says_goes_before_a_usual_name() -> None:
    said = Listed(roles={"sort": "by"})
    found = sort_of(listing("sort", "by", listed=said))
    assert found is not None
    assert found.name == "by"


def test_what_the_contract_says_to_filter_is_no_order_by_its_name() -> None:
    said = Listed(filters={"sort": "sort"})
    assert sort_of(listing("sort", listed=said)) is None
