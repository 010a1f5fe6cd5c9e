"""Contracts of any size: what is done for one grows as it does."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

from specdouble.contract import read
from specdouble.double.assembly import assembled
from specdouble.double.double import Double, Settings
from specdouble.double.http.paths import Paths
from tests.hostile.sizes import SIZES, TEXT, Schema, of

QUICK = ["unique properties"]


def write(folder: Path, contract: Schema) -> Path:
    file = folder / "openapi.json"
    file.write_text(json.dumps(contract), "utf-8")
    return file


async def answers(file: Path) -> list[int]:
    """The statuses of the first requests to a double of the contract."""
    app = assembled(Double(Settings(file)))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        path = next(iter(json.loads(file.read_text())["paths"]))
        told = [await client.get(path), await client.post(path, json={"id": "one"}), await client.get(f"{path}/one")]
    return [response.status_code for response in told]


def lines_of(run: Callable[[], object]) -> int:
    """How many lines of ours run."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if "/specdouble/" not in frame.f_code.co_filename:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run()
    finally:
        sys.settrace(before)
    return count


def lines_of_start(file: Path) -> int:
    """How many lines run until the first requests are answered."""

    def start() -> None:
        assert 500 not in asyncio.run(answers(file))

    return lines_of(start)


def check_growth(folder: Path, kind: str) -> None:
    lines_of_start(write(folder, SIZES[kind](2)))  # what is done once is done now
    least = 200 if kind == "chain of allOf" else 50  # up to 100 levels of it are looked through anew from each
    base, once, twice = (lines_of_start(write(folder, SIZES[kind](count))) for count in (least, 2 * least, 4 * least))
    assert twice - once < 2.5 * (once - base) + 500, f"{base} lines, then {once}, then {twice}"


@pytest.mark.parametrize("kind", QUICK)
def test_twice_as_many_take_twice_the_work(tmp_path: Path, kind: str) -> None:
    check_growth(tmp_path, kind)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in SIZES if kind not in QUICK])
def test_twice_as_many_of_anything_take_twice_the_work(tmp_path: Path, kind: str) -> None:
    check_growth(tmp_path, kind)


def test_twice_as_many_templates_of_a_segment_take_twice_the_work() -> None:
    def lines(count: int) -> int:
        return lines_of(lambda: Paths({f"/{{id}}-{number}": number for number in range(count)}))

    assert lines(800) < 2.2 * lines(400)


# Schemas that lead to the same one in many ways


def twofold(levels: int, link: str) -> Schema:
    """Schemas that name the next one twice."""
    after = [{"$ref": f"#/components/schemas/S{level + 1}"} for level in range(levels)]
    schemas: Schema = {f"S{level}": {link: [one, one]} for level, one in enumerate(after)}
    return of({"$ref": "#/components/schemas/S0"}, {**schemas, f"S{levels}": TEXT})


@pytest.mark.parametrize("link", ["allOf", "anyOf", "oneOf"])
def test_forty_schemas_that_name_the_next_one_twice_are_told_and_answered(tmp_path: Path, link: str) -> None:
    file = write(tmp_path, twofold(40, link))
    told = [finding for finding in read(file).findings if finding.id == "composition"]
    assert "more than 100000 ways" in told[0].reason
    assert told[0].line
    assert told[0].remedy
    assert 500 not in asyncio.run(answers(file))


def test_a_few_schemas_that_name_the_next_one_twice_are_kept(tmp_path: Path) -> None:
    contract = read(write(tmp_path, twofold(10, "allOf")))
    assert not contract.findings
    slot = contract.schemas.slot(contract.data["components"]["schemas"]["S0"], "response")
    assert contract.schemas.is_valid(slot, "text")
    assert not contract.schemas.is_valid(slot, 5)


@pytest.mark.parametrize("link", ["allOf", "a"])
def test_thousands_of_schemas_behind_one_another_are_answered(tmp_path: Path, link: str) -> None:
    def linked(level: int) -> Schema:
        after = {"$ref": f"#/components/schemas/S{level + 1}"}
        return {"allOf": [after]} if link == "allOf" else {"type": "object", "properties": {link: after}}

    schemas = {f"S{level}": linked(level) for level in range(3000)}
    file = write(tmp_path, of({"$ref": "#/components/schemas/S0"}, {**schemas, "S3000": TEXT}))
    assert 500 not in asyncio.run(answers(file))


MILLIONS: list[Schema] = [
    {"type": "array", "minItems": 1_000_000, "items": {"type": "array", "minItems": 1_000_000, "items": TEXT}},
    {"type": "array", "minItems": 1900, "items": {"type": "array", "minItems": 1900, "items": TEXT}},
    {"type": "array", "minItems": 1500, "uniqueItems": True, "items": {"type": "boolean"}},
    {"type": "object", "minProperties": 1_000_000, "additionalProperties": TEXT},
]


@pytest.mark.parametrize("schema", MILLIONS)
def test_a_sample_that_would_have_millions_of_values_is_not_made(tmp_path: Path, schema: Schema) -> None:
    assert asyncio.run(answers(write(tmp_path, of(schema))))[2] == 501
