"""Who is created is given no more rights than must be."""

from __future__ import annotations

from typing import Any

import pytest

from specdouble.verify.values import plausible


def chosen(name: str, **schema: Any) -> Any:
    document = {"type": "object", "properties": {name: schema}}
    return plausible(document, lambda part: part, "word")[name]


@pytest.mark.parametrize(
    ("name", "values", "mildest"),
    [
        ("role", ["ROLE_UNSPECIFIED", "ADMIN", "USER"], "USER"),
        ("role", ["HOST", "ADMIN", "MEMBER"], "MEMBER"),
        ("accessLevel", ["owner", "billing", "viewer"], "viewer"),
        ("permission", ["project:write", "project:read"], "project:read"),
        ("user_type", ["superuser", "manager", "regular"], "regular"),
        ("privilege", ["root", "admin"], "root"),
    ],
)
def test_of_roles_the_least_privileged_is_taken(name: str, values: list[str], mildest: str) -> None:
    assert chosen(name, type="string", enum=values) == mildest
    assert chosen(name, type="array", items={"enum": values}) == [mildest]


def test_the_default_or_an_example_is_taken_first_where_it_is_not_privileged() -> None:
    roles = ["admin", "guest", "clerk", "buyer"]
    assert chosen("role", enum=roles, default="clerk") == "clerk"
    assert chosen("role", enum=roles, example="buyer") == "buyer"
    assert chosen("role", enum=roles, default="admin") == "guest"


def test_a_flag_that_makes_somebody_powerful_is_not_set() -> None:
    assert chosen("isAdmin", type="boolean") is False
    assert chosen("is_superuser", type="boolean", default=False) is False
    assert chosen("editable", type="boolean") is True


def test_what_says_nothing_of_rights_takes_another_value_than_its_default() -> None:
    assert chosen("status", enum=["open", "closed"], default="open") == "closed"
    assert chosen("kind", enum=["admin", "user"]) == "admin"
