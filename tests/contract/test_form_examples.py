"""An example of a form, or of a parameter, is read as it is sent: as texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from specdouble.contract import read

FIELDS = {
    "type": "object",
    "required": ["size"],
    "properties": {
        "size": {"type": "number"}, "fast": {"type": "boolean"}, "code": {"type": "string", "pattern": "^[0-9]+$"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "box": {"type": "object", "properties": {"width": {"type": "integer", "maximum": 9}}},
    },
}  # fmt: skip


def wrong(folder: Path, media_type: str, example: Any, parameter: dict[str, Any] | None = None) -> list[str]:
    body = {"content": {media_type: {"schema": FIELDS, "example": example}}}
    operation = {"requestBody": body, "parameters": [parameter] if parameter else [], "responses": {}}
    data = {
        "openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {"/things": {"post": operation}},
    }  # fmt: skip
    file = folder / "openapi.yaml"
    file.write_text(yaml.safe_dump(data), "utf-8")
    return [finding.pointer.rpartition("/")[2] for finding in read(file).findings if finding.id == "example"]


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize(
    "example",
    [
        {"size": "2.5", "fast": "true", "code": "25"},
        {"size": 2.5, "tags": "one"},
        {"size": "1", "box": {"width": "3"}},
        {"size": "1", "box": '{"width": 3}'},
        "size=2.5&fast=true&tags=a&tags=b",
    ],
)
def test_a_text_of_a_form_means_what_it_spells(tmp_path: Path, media_type: str, example: Any) -> None:
    assert wrong(tmp_path, media_type, example) == []


def test_a_text_that_spells_something_else_is_an_error(tmp_path: Path) -> None:
    form = "application/x-www-form-urlencoded"
    assert wrong(tmp_path, form, {"size": "wide"}) == ["size"]
    assert wrong(tmp_path, form, {"size": "1", "fast": "true,"}) == ["fast"]
    assert wrong(tmp_path, form, {"size": "1", "box": {"width": "10"}}) == ["width"]


def test_in_json_a_text_is_a_text(tmp_path: Path) -> None:
    assert wrong(tmp_path, "application/json", {"size": "2.5"}) == ["size"]


def test_the_example_of_a_parameters_schema_may_be_written_as_it_is_sent(tmp_path: Path) -> None:
    schema = {"type": "integer", "example": "5"}
    assert wrong(tmp_path, "application/json", {"size": 1}, {"name": "n", "in": "query", "schema": schema}) == []
    schema = {"type": "integer", "example": "five"}
    assert wrong(tmp_path, "application/json", {"size": 1}, {"name": "n", "in": "query", "schema": schema}) == [
        "example"
    ]
