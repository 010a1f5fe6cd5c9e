"""Ten invariants of public contracts' prose over HTTP: the double keeps them, and the verifier attacks them there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from specdouble.prove.bench import Bench, Options
from specdouble.rules.validations.rule import Validation
from specdouble.verify.verdict import KEPT, Verdict

CONTRACT = Path(__file__).with_name("invariants.yaml")


def operations(name: str, collection: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The paths on which documents of a schema are created and read."""
    document = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}}
    refused = {"400": {"description": "wrong"}, "422": {"description": "wrong"}}
    create = {"operationId": f"post_{collection}", "requestBody": {"required": True, **document}}
    yield f"/{collection}", {"post": {**create, "responses": {"201": {"description": "made", **document}, **refused}}}
    key = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    read = {"200": {"description": "shown", **document}, "404": {"description": "unknown"}}
    yield f"/{collection}/{{id}}", {"parameters": [key], "get": {"operationId": f"get_{collection}", "responses": read}}


def described(file: Path, folder: Path) -> Path:
    """The contract of schemas alone, with operations on each resource."""
    contract = yaml.safe_load(file.read_text("utf-8"))
    for name, schema in contract["components"]["schemas"].items():
        if "x-resource" in schema:
            held = schema["x-resource"]
            collection = held if isinstance(held, str) else held["collection"]
            contract["paths"] |= dict(operations(name, collection))
    (folder / "openapi.yaml").write_text(yaml.safe_dump(contract, sort_keys=False), "utf-8")
    return folder


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(Options(described(CONTRACT, tmp_path_factory.mktemp("invariants")), seed=1))


@pytest.fixture(scope="module")
def verdict(bench: Bench) -> Verdict:
    about = replace(bench.settings, rules=invariants(bench), phases=("rules",))
    return bench.verified(lambda parts: parts, about)


def invariants(bench: Bench) -> tuple[str, ...]:
    return tuple(key for key, rule in bench.contract.rules.items() if isinstance(rule, Validation))


@pytest.mark.slow
def test_the_double_is_found_to_keep_every_invariant(bench: Bench, verdict: Verdict) -> None:
    assert verdict.failures == []
    assert {key: verdict.rows[key].state for key in invariants(bench)} == dict.fromkeys(invariants(bench), KEPT)


@pytest.mark.slow
def test_a_double_that_asks_no_invariant_is_found_to_break_each(bench: Bench) -> None:
    ignored = [one for key, one in bench.mutants.items() if key.startswith("validations.ignored")]
    unseen = []
    for mutant in ignored:
        about = replace(bench.settings, rules=mutant.concerns, phases=("rules",), max_failures=1)
        if not bench.verified(mutant.change, about).broken:
            unseen.append(mutant.id)
    assert (len(ignored), unseen) == (len(invariants(bench)), [])
