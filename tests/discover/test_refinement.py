"""What was seen of a server answers what words claim, where it says no less than people mean by them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.refinement import is_refined_by
from specdouble.discover.supposition import rules_by, suppose


def _unique(miner: Any, value: Any) -> Hypothesis:
    return Hypothesis("x-unique", "/components/schemas/Hall/properties/name", value, Source(miner))


@pytest.mark.parametrize("seen", ["case", "ascii-case"])
def test_who_compares_in_lower_case_keeps_what_is_said_to_be_case_insensitive(seen: str) -> None:
    claim = _unique("prose", {"ignore": ["case"]})
    assert is_refined_by(claim, _unique("trial", {"within": ["firmId"], "ignore": [seen]}))


@pytest.mark.parametrize("seen", [True, {"ignore": ["space"]}])
def test_who_tells_capitals_apart_does_not(seen: Any) -> None:
    claim = _unique("prose", {"ignore": ["case"]})
    assert not is_refined_by(claim, _unique("trial", seen))


def _ordered(first: str, second: str) -> Hypothesis:
    rule = {"rule": f"self.{first} < self.{second}", "message": f"{first} comes before {second}."}
    return Hypothesis("x-validations", "/components/schemas/Span", [rule], Source("trial"))


def test_what_others_say_in_the_same_list_is_no_rule_of_a_hypothesis(tmp_path: Path) -> None:
    folder = tmp_path / "spans"
    folder.mkdir()
    number = {"type": "integer"}
    span = {"type": "object", "properties": dict.fromkeys(("from", "to", "least", "most"), number)}
    (folder / "openapi.json").write_text(json.dumps({
        "openapi": "3.0.3", "info": {"title": "Spans", "version": "1"}, "paths": {},
        "components": {"schemas": {"Span": {**span, "x-resource": {"collection": "spans", "id": "from"}}}},
    }))  # fmt: skip
    one, other = _ordered("from", "to"), _ordered("least", "most")
    supposed = suppose(read(folder), [one, other])
    assert [[str(rule) for rule in rules_by(supposed, each)] for each in (one, other)] == [
        ["from comes before to."], ["least comes before most."],
    ]  # fmt: skip


def test_a_default_that_is_a_list_is_the_rule_of_its_hypothesis(tmp_path: Path) -> None:
    holding = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Span"}}}}
    parts = {"type": "object", "properties": {"id": {"type": "integer"}, "parts": {"type": "array", "items": {}}}}
    post = {"requestBody": holding, "responses": {"201": {"description": "one", **holding}}}
    (tmp_path / "openapi.json").write_text(json.dumps({
        "openapi": "3.0.3", "info": {"title": "Spans", "version": "1"}, "paths": {"/spans": {"post": post}},
        "components": {"schemas": {"Span": {**parts, "x-resource": {"collection": "spans", "id": "id"}}}},
    }))  # fmt: skip
    one = Hypothesis("default", "/components/schemas/Span/properties/parts", [], Source("trial"))
    supposed = suppose(read(tmp_path), [one])
    assert [str(rule) for rule in rules_by(supposed, one)] == ["parts is [] unless it is sent"]
