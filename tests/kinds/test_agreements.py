"""Invariants over several properties, parts and moments: made documents keep them, lint finds both of their sides."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from specdouble.contract import read
from specdouble.double.double import Double, Settings
from specdouble.prove.bench import Bench, Options
from specdouble.rules.validations.rule import Validation
from specdouble.verify.verdict import KEPT
from tests.kinds.test_invariants import described

CONTRACT = Path(__file__).with_name("agreements.yaml")


@pytest.fixture(scope="module")
def double(tmp_path_factory: pytest.TempPathFactory) -> Double:
    return Double(Settings(described(CONTRACT, tmp_path_factory.mktemp("agreements")), seed=1))


@pytest.mark.parametrize(
    "collection", ["polls", "meetings", "regions", "shops", "shifts", "budgets", "pages", "documents"]
)
def test_made_documents_keep_what_their_properties_agree_on(double: Double, collection: str) -> None:
    made = double.made.of(collection)
    rules = double.contract.resources[collection].of(Validation)
    slot = double.contract.schemas.slot(double.contract.resources[collection].schema, "response")
    assert rules
    assert len(made) == 3
    assert all(rule.holds(one) for rule in rules for one in made)
    assert all(double.contract.schemas.is_valid(slot, one) for one in made)


def test_lint_says_of_no_rule_that_has_both_sides_that_it_lacks_one() -> None:
    assert [finding.reason for finding in read(CONTRACT).findings] == []


@pytest.mark.slow
def test_what_is_final_is_tried_to_be_changed(tmp_path: Path) -> None:
    contract = yaml.safe_load((described(CONTRACT, tmp_path) / "openapi.yaml").read_text("utf-8"))
    (post,), item = contract["paths"]["/documents"].values(), contract["paths"]["/documents/{id}"]
    refused = {status: post["responses"][status] for status in ("400", "422")}
    answers = item["get"]["responses"] | refused
    item["put"] = {"operationId": "put", "requestBody": post["requestBody"], "responses": answers}
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(contract), "utf-8")
    bench = Bench(Options(tmp_path, seed=1))
    final = "validations:documents.status+body"
    about = replace(bench.settings, rules=(final,), phases=("rules",))
    row = bench.verified(lambda parts: parts, about).rows[final]
    assert (row.state, row.reason) == (KEPT, "")
    (ignored,) = (one for key, one in bench.mutants.items() if key == f"validations.ignored:{final.partition(':')[2]}")
    assert bench.verified(ignored.change, about).broken
