"""A PUT that declares 201 and another success says which of the two it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Settings
from specdouble.double.server import serving

THING = {
    "type": "object",
    "required": ["id", "title"],
    "properties": {"id": {"type": "string"}, "title": {"type": "string"}},
}
SHOWN = {"description": "told", "content": {"application/json": {"schema": THING}}}
SILENT = {"description": "told"}
ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
BODY = {"required": True, "content": {"application/json": {"schema": {**THING, "required": ["title"]}}}}


@pytest.mark.parametrize(
    ("responses", "told"),
    [
        pytest.param({"201": SHOWN, "204": SILENT}, [(201, True), (204, False)], id="silent where it replaces"),
        pytest.param({"201": SILENT, "204": SILENT}, [(201, False), (204, False)], id="silent"),
        pytest.param({"200": SHOWN, "201": SHOWN}, [(201, True), (200, True)], id="with a body"),
        pytest.param({"201": SHOWN}, [(201, True), (201, True)], id="with no other status"),
    ],
)
def test_a_put_is_201_where_it_creates_alone(
    responses: dict[str, Any], told: list[tuple[int, bool]], tmp_path: Path
) -> None:
    put = {"parameters": [ID], "requestBody": BODY, "responses": responses}
    read = {"parameters": [ID], "responses": {"200": SHOWN, "404": SILENT}}
    everything = {"description": "all", "content": {"application/json": {"schema": {"type": "array", "items": THING}}}}
    paths = {"/things": {"get": {"responses": {"200": everything}}}, "/things/{id}": {"get": read, "put": put}}
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": "Things", "version": "1"}, "paths": paths}))
    with serving(Settings(file)) as url:
        answers = [httpx.put(f"{url}/things/one", json={"title": title}) for title in ("a", "b")]
        assert [(one.status_code, bool(one.content)) for one in answers] == told
        assert httpx.get(f"{url}/things/one").json() == {"id": "one", "title": "b"}
