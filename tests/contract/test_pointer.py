"""Pointers, and the names of JSONPaths that are made of them."""

from __future__ import annotations

import pytest
from jsonpath_rfc9535 import find

from specdouble.contract.pointer import member, value_at


@pytest.mark.parametrize("name", ["plain", "it's", "back\\slash", "a/b~c", "two\nlines\t\x01", "名"])
def test_a_member_of_a_jsonpath_finds_what_has_the_name(name: str) -> None:
    (node,) = find("$" + member(name), {name: 1, "other": 2})
    assert node.value == 1


def test_what_stands_nowhere_is_none() -> None:
    assert value_at({"a": {"b": 1}}, ("a", "b")) == 1
    assert value_at({"a": [1]}, ("a", "b")) is None
