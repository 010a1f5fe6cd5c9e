"""What a handler is called with, by the names of the contract."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from specdouble.contract import Operation, Parameter
from specdouble.contract.arguments import CALLER, arguments_of, wanted_arguments

HEADER, QUERY = "Idempotency-Key", "idempotency_key"


def operation(*names: tuple[str, str]) -> Operation:
    """An operation with these parameters, each a location and a name."""
    taken = tuple(Parameter(name, place, False, {}, None, "form", True, None, "") for place, name in names)
    return Operation("create", "post", "/things", (), "", taken, None, {}, (), "")


def all_of(**arguments: Any) -> dict[str, Any]:
    """A handler that takes everything."""
    return arguments


def named(idempotency_key: Any) -> dict[str, Any]:
    """A handler that names the argument."""
    return {QUERY: idempotency_key}


def optional(idempotency_key: Any = None) -> dict[str, Any]:
    """A handler that names it with a default."""
    return {QUERY: idempotency_key}


@pytest.mark.parametrize("handler", [all_of, named, optional])
@pytest.mark.parametrize("sent", [HEADER, QUERY])
def test_of_two_parameters_with_one_argument_what_was_sent_is_given(
    handler: Callable[..., dict[str, Any]], sent: str
) -> None:
    both = operation(("header", HEADER), ("query", QUERY))
    arguments = arguments_of(wanted_arguments(handler, both), {sent: "k1", CALLER: None})
    assert handler(**arguments)[QUERY] == "k1"


def test_a_handler_that_names_an_argument_that_was_not_sent_gets_none() -> None:
    both = operation(("header", HEADER), ("query", QUERY))
    assert arguments_of(wanted_arguments(named, both), {CALLER: None}) == {QUERY: None}


def test_a_parameter_called_user_is_the_callers_only_for_who_names_it() -> None:
    one = operation(("query", "user"))
    values = {"user": "ada", CALLER: {"id": 1}}
    assert arguments_of(wanted_arguments(all_of, one), values) == {"user": "ada"}
    assert arguments_of(wanted_arguments(lambda user: user, one), values) == {"user": {"id": 1}}
