"""A path that can lead nowhere is refused with a status that its operation declares."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

BEYOND_64_BITS = 2**63
INTEGER, LONG = {"type": "integer"}, {"type": "integer", "format": "int64"}


def operation(schema: dict[str, Any], *statuses: str) -> dict[str, Any]:
    return {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": schema}],
        "responses": {status: {"description": "told"} for status in ("200", *statuses)},
    }


@pytest.mark.parametrize(
    ("path", "told"),
    [
        pytest.param({"get": operation(LONG, "400", "404")}, 400, id="a value that its format shuts out is invalid"),
        pytest.param({"get": operation(INTEGER, "400", "404")}, 404, id="a valid one that none can have is nowhere"),
        pytest.param({"get": operation(INTEGER, "400")}, 400, id="and is invalid where nowhere is not declared"),
        pytest.param(
            {"get": operation(LONG, "404")}, 404, id="what is invalid is nowhere where that alone is declared"
        ),
        pytest.param({"get": operation(LONG, "422")}, 422, id="and has the status that is declared for it"),
    ],
)
def test_an_id_that_no_document_can_have_is_refused_as_declared(
    path: dict[str, Any], told: int, tmp_path: Path
) -> None:
    contract = {"openapi": "3.0.3", "info": {"title": "Ids", "version": "1"}, "paths": {"/moves/{id}": path}}
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(contract), "utf-8")
    with serving(Settings(file)) as url:
        assert httpx.get(f"{url}/moves/{BEYOND_64_BITS}").status_code == told
