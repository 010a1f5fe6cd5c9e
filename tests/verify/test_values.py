"""What is made of a schema to be tried: values of its kind, whatever else the schema allows."""

from __future__ import annotations

from typing import Any

import pytest

from specdouble.verify.values import catalogue


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["object", "null"], "default": None},
        {"oneOf": [{"type": "null"}, {"type": "object"}]},
        {"type": "object", "nullable": True, "example": None},
    ],
)
def test_an_object_that_may_be_null_has_values(schema: dict[str, Any]) -> None:
    assert catalogue(schema, dict)[0] in ({}, None)
