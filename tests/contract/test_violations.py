"""A violation says where it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Schemas
from specdouble.contract.document import Document
from specdouble.contract.source import Source

CLOSED = [
    {"additionalProperties": False},
    {"additionalProperties": False, "properties": {"a": {}}},
    {"additionalProperties": False, "patternProperties": {"^a": {}}},
    {"unevaluatedProperties": False, "properties": {"a": {}}},
]


@pytest.mark.parametrize("schema", CLOSED)
def test_a_closed_schema_names_each_property_that_it_shuts_out(schema: dict[str, Any]) -> None:
    schemas = Schemas(Document(Source(Path(), "", ""), {"openapi": "3.1.0", "tested": schema}))
    found = schemas.violations(schemas.slot(schema, "request"), {"b": 1, "c": 2}, "body")
    assert [(one.pointer, one.message) for one in found] == [
        ("/b", "is not a property of the schema"),
        ("/c", "is not a property of the schema"),
    ]
