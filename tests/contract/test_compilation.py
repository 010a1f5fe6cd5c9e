"""A contract's schemas are compiled together, and what is asked for later with what it leads to alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Schemas
from specdouble.contract.document import Document
from specdouble.contract.source import Source
from specdouble.contract.validator import validator_of

Compiled = list[tuple[int, int]]


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Compiled:
    """What is compiled from now on: of each validator, how many definitions and how many uses."""
    made: Compiled = []

    def counted(whole: dict[str, Any]) -> Any:
        made.append((len(whole["$defs"]), len(whole["properties"])))
        return validator_of(whole)

    monkeypatch.setattr("specdouble.contract.schema.validator_of", counted)
    return made


def test_what_is_asked_for_after_the_first_check_compiles_nothing_anew(compiled: Compiled) -> None:
    named: dict[str, Any] = {f"Thing{number}": {"type": "integer", "minimum": number} for number in range(20)}
    uses = [{"items": {"$ref": f"#/components/schemas/{name}"}} for name in named]
    later = [{"properties": {"thing": {"$ref": "#/components/schemas/Thing3"}}} for _ in range(3)]
    data = {"openapi": "3.1.0", "components": {"schemas": named}, "used": uses, "later": later}
    schemas = Schemas(Document(Source(Path(), "", ""), data))
    slots = [schemas.slot(use, "request") for use in uses]
    assert schemas.is_valid(slots[5], [5])
    first, *others = [schemas.slot(use, "request") for use in later]
    assert schemas.is_valid(first, {"thing": 3})
    assert not any(schemas.is_valid(slot, {"thing": 2}) for slot in others)
    assert schemas.violations(first, {"thing": 2}, "body")[0].pointer == "/thing"
    assert not schemas.is_valid(slots[5], [4])
    assert compiled == [(20, 20), (1, 3)]


def test_named_examples_in_a_schema_are_nothing_that_has_it_compiled_a_second_time(compiled: Compiled) -> None:
    held: dict[str, Any] = {"type": "object", "examples": {"value": {"enabled": True}}}
    schemas = Schemas(Document(Source(Path(), "", ""), {"openapi": "3.1.0", "held": held}))
    assert schemas.is_valid(schemas.slot(held, "request"), {})
    assert compiled == [(0, 1)]
