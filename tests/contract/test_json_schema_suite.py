"""The validators of contracts give the verdicts of the official JSON Schema test suite."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.schema_suite import Case, cases, suite, verdict

pytestmark = pytest.mark.slow  # fetches the suite

# What differs, and why. Whole files:
NOT_IN_OPENAPI = {
    "refRemote": "a contract's references never lead over the network",
    "vocabulary": "a contract does not choose the vocabularies of its dialect",
    "dynamicRef": "references are rewritten into one validator, where a dynamic scope has no meaning",
    "format": "formats are asserted, as OpenAPI's users expect; here they are annotations",
    "defs": "the meta-schema lies on the network",
    "definitions": "the meta-schema lies on the network",
}


def outside(schema: Any, draft: str) -> str | None:
    """Why OpenAPI does not admit the schema; None where it does."""
    stack = [schema]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack += value
        elif isinstance(value, dict):
            reason = _outside_here(value, draft)
            if reason is not None:
                return reason
            stack += [part for key, part in value.items() if key not in ("enum", "const")]
    return None


def _outside_here(schema: dict[str, Any], draft: str) -> str | None:
    reference = schema.get("$ref")
    if isinstance(schema.get("$id"), str) or (draft == "draft4" and isinstance(schema.get("id"), str)):
        return "`$id` names a resource of its own; a contract's references are pointers into files"
    if isinstance(reference, str) and reference[:1] != "#":
        return "the reference leads over the network, which the reader of contracts refuses"
    if draft == "draft4" and isinstance(reference, str) and reference[1:2] not in ("", "/"):
        return "OpenAPI 3.0 has no anchors"
    if "$dynamicRef" in schema:
        return "see dynamicRef"
    if draft == "draft4" and isinstance(schema.get("items"), list):
        return "OpenAPI 3.0, Schema Object: `items` is a schema, not a list"
    return None


@pytest.mark.parametrize(("draft", "openapi", "least"), [("draft2020-12", "3.1.0", 980), ("draft4", "3.0.3", 480)])
def test_verdicts_are_those_of_the_suite(draft: str, openapi: str, least: int) -> None:
    files = sorted(file.stem for file in (suite() / draft).glob("*.json") if file.stem not in NOT_IN_OPENAPI)
    asked = [case for case in cases(draft, files) if outside(case.schema, draft) is None]
    differing = [case.name for case in asked if _differs(openapi, case)]
    assert differing == []
    assert len(asked) >= least


def _differs(openapi: str, case: Case) -> bool:
    return verdict(openapi, case) != case.valid
