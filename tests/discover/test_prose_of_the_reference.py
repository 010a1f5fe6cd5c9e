"""The reference contract without its annotations: what its words, names and shape alone tell of its rules."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from specdouble.contract import Contract, read
from specdouble.discover.discovery import Discovery
from specdouble.discover.outcome import UNPROVED
from specdouble.discover.supposition import suppose
from specdouble.verify.settings import Settings

ROOT = Path(__file__).parent.parent.parent
RECALL, PRECISION = 0.6, 0.9


def without_annotations(value: object) -> object:
    """A copy of a contract as its documentation has it: no `x-` keys, and no `readOnly`."""
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if not str(key).startswith("x-") and key != "readOnly"}
        return {key: without_annotations(part) for key, part in kept.items()}
    return [without_annotations(part) for part in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def annotated() -> Contract:
    return read(ROOT / "openapi.yaml")


@pytest.fixture(scope="module")
def discovery(tmp_path_factory: pytest.TempPathFactory) -> Discovery:
    """What is discovered of the bare contract without a server."""
    file = tmp_path_factory.mktemp("bare") / "openapi.yaml"
    data = yaml.safe_load((ROOT / "openapi.yaml").read_text("utf-8"))
    file.write_text(yaml.safe_dump(without_annotations(data), sort_keys=False), "utf-8")
    found = Discovery(read(file), Settings(url=""))
    found.run()
    return found


@pytest.fixture(scope="module")
def proposed(discovery: Discovery) -> set[str]:
    """The ids of the rules that the overlay would add."""
    supposed = suppose(discovery.contract, [one.hypothesis for one in discovery.outcomes if one.holds])
    return supposed.rules.keys() - discovery.contract.rules.keys()


def test_most_rules_that_were_written_by_hand_are_read_from_the_contract_itself(
    annotated: Contract, discovery: Discovery, proposed: set[str]
) -> None:
    by_hand = {one for one in annotated.rules if one not in discovery.contract.rules}
    found = by_hand & proposed
    assert len(found) >= RECALL * len(by_hand), by_hand - found


def test_what_is_read_from_the_contract_itself_was_written_by_hand_too(annotated: Contract, proposed: set[str]) -> None:
    assert len(proposed) > 20
    assert len(proposed & annotated.rules.keys()) >= PRECISION * len(proposed)


def test_no_proposal_is_called_proved(discovery: Discovery) -> None:
    rules = [one for one in discovery.outcomes if one.rule]
    assert rules
    assert {one.state for one in rules} == {UNPROVED}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("unique:lead_management.configurationName", "Its name must be new among the caller's own"),
        ("references:lead_management.defaultProcess", "must be the id of an existing prompt"),
        ("unique:pipelines.name", "must be free within the organization"),
    ],
)
def test_a_proposal_has_the_line_of_its_sentence(discovery: Discovery, rule: str, words: str) -> None:
    source = next(one.hypothesis.source for one in discovery.outcomes if rule in one.rule)
    assert words in source.words
    text = Path(source.file).read_text("utf-8").splitlines()[source.line - 1 :]
    assert source.words.split()[0] in text[0]


def test_what_a_contract_has_an_annotation_for_is_not_proposed_beside_it(annotated: Contract) -> None:
    discovery = Discovery(annotated, Settings(url=""))
    discovery.run()
    assert not {one.rule for one in discovery.outcomes if one.hypothesis.keyword.startswith("x-")} & set(
        annotated.rules
    )
