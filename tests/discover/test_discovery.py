"""Rules are found where a server keeps them and nowhere else; promises that it breaks are told with their line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from specdouble.contract import Contract, read
from specdouble.discover.discovery import Discovery
from specdouble.discover.outcome import REFUTED, SILENT, UNPROVED
from specdouble.discover.report import overlay
from specdouble.double.factories import Factories
from specdouble.prove.bench import Bench, Options
from specdouble.prove.fault import Change
from specdouble.verify import Settings, verify
from specdouble.verify.problem import CouldNotRun
from tests.backend import Backend
from tests.discover.conftest import OFFICE, WORKSHOP, discovered, sentences, stripped
from tests.discover.shelf import Shelf
from tests.verify.conftest import ROOT
from tests.verify.conftest import settings as of_backend

# Faults of the backend against what sentences or keywords of the reference contract claim, and a word of the sentence.
CLAIMED = {
    "name_not_unique": "name must be new",
    "name_case_matters": "name must be new",
    "name_unchecked_on_update": "name must be",
    "pipeline_name_not_unique": "must be free within the organization",
    "process_unchecked": "existing prompt",
    "process_format_checked_only": "existing prompt",
    "pipelines_saved_by_any_role": "Sales representatives",
    "user_from_client": "readOnly",
    "default_status_missing": "default",
}


@pytest.fixture(scope="module")
def bench() -> Bench:
    """Doubles of the office, with faults and without."""
    return Bench(Options(OFFICE))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """The office's contract without its rules."""
    return stripped(OFFICE / "openapi.yaml", tmp_path_factory.mktemp("office"), kept=["people"])


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    """The reference contract without its annotations."""
    return stripped(ROOT / "openapi.yaml", tmp_path_factory.mktemp("reference"))


def on_double(bench: Bench, office: Contract, change: Change) -> Discovery:
    with bench._served(change) as url:
        return discovered(office, replace(bench.settings, url=url, strictness="contract"))


def _without_fault(factories: Factories) -> Factories:
    return factories


@pytest.fixture(scope="module")
def found(bench: Bench, office: Contract) -> Discovery:
    """What is found on the double of the office."""
    return on_double(bench, office, _without_fault)


@pytest.fixture(scope="module")
def at_backend(reference: Contract) -> Iterator[Discovery]:
    """What is found on the correct backend of the reference contract."""
    with Backend() as backend:
        yield discovered(reference, _settings(backend))


def _settings(backend: Backend) -> Settings:
    return of_backend(backend.url, signing={}, checks=None, strictness="contract")


@pytest.mark.slow
def test_every_rule_of_the_office_is_found_as_it_is_written(bench: Bench, found: Discovery) -> None:
    by_hand = {rule.id: str(rule) for rule in bench.contract.rules.values() if rule.kind != "validations"}
    told = sentences(found)
    assert told.pop("validations:bookings.until+from") == "Must be greater than or equal to `from`."
    assert told == by_hand


@pytest.mark.slow
def test_the_overlay_that_is_written_makes_a_contract_which_the_server_keeps(
    bench: Bench, office: Contract, found: Discovery, tmp_path: Path
) -> None:
    laid = tmp_path / "rules.overlay.yaml"
    laid.write_text(overlay(found), "utf-8")
    contract = read(office.path, overlays=[laid])
    with bench._served(_without_fault) as url:
        verdict = verify(contract, replace(bench.settings, url=url, phases=("rules",), rules=tuple(contract.rules)))
    assert {one.check for one in verdict.failures} == set()
    assert set(sentences(found)) <= set(contract.rules)


@pytest.mark.slow
def test_nearly_all_rules_of_the_reference_contract_are_found_and_nearly_nothing_else(at_backend: Discovery) -> None:
    by_hand, told = read(ROOT).rules, sentences(at_backend)
    true = [rule for rule in told if rule in by_hand]
    assert len(true) / len(by_hand) >= 0.90
    assert len(true) / len(told) >= 0.95
    assert [one for one in at_backend.outcomes if one.state == REFUTED] == []


@pytest.mark.slow
def test_what_is_found_says_the_scope_and_the_spellings_that_the_reference_has(at_backend: Discovery) -> None:
    by_hand, told = read(ROOT).rules, sentences(at_backend)
    assert {rule: told[rule] for rule in told if rule in by_hand} == {
        rule: str(by_hand[rule]) for rule in told if rule in by_hand
    }


@pytest.mark.slow
@pytest.mark.parametrize("fault", CLAIMED)
def test_a_promise_of_the_contract_that_the_server_breaks_is_refuted_with_its_line(
    reference: Contract, fault: str
) -> None:
    with Backend([fault]) as backend:
        discovery = discovered(reference, _settings(backend))
    refuted = [one for one in discovery.outcomes if one.state == REFUTED]
    lines = reference.path.read_text("utf-8").splitlines()
    sources = [one.hypothesis.source for one in refuted]
    assert any(CLAIMED[fault] in source.words for source in sources)
    assert all(1 <= source.line <= len(lines) for source in sources)
    assert all(one.curl for one in refuted)


def test_without_a_server_what_words_and_shape_suggest_is_marked_unproved(reference: Contract) -> None:
    discovery = discovered(reference, Settings())
    assert {one.state for one in discovery.outcomes if one.holds} == {UNPROVED}
    assert "unique:lead_management.configurationName" in {one.rule for one in discovery.outcomes}
    assert discovery.requests == 0
    assert "no server was asked" in overlay(discovery)


def test_an_address_without_the_prefix_of_the_paths_is_told_before_anything_is_tried() -> None:
    with Shelf().running() as url, pytest.raises(CouldNotRun, match="with the prefix of its paths"):
        discovered(read(WORKSHOP / "openapi.yaml"), Settings(url=url))


def test_an_address_that_has_the_prefix_of_the_paths_twice_is_told_with_the_one_that_is_meant() -> None:
    contract = read(Path(__file__).parents[2] / "openapi.yaml")
    with Shelf().running() as url, pytest.raises(CouldNotRun, match=rf"begin with /api themselves: name {url}$"):
        discovered(contract, Settings(url=f"{url}/api"))


@pytest.mark.slow
def test_bounds_are_found_where_there_may_be_but_few_documents(bench: Bench, tmp_path: Path) -> None:
    written = (OFFICE / "openapi.yaml").read_text("utf-8")
    silent = written.replace("topic: {type: string, minLength: 1, maxLength: 80", "topic: {type: string")
    silent = silent.replace("guests: {type: integer, minimum: 1, maximum: 60", "guests: {type: integer")
    (tmp_path / "openapi.yaml").write_text(silent, "utf-8")
    with bench._served(lambda keeper: keeper) as url:
        done = discovered(read(tmp_path / "openapi.yaml"), replace(bench.settings, url=url, strictness="contract"))
    bounds = {one.rule for one in done.outcomes if one.state == "silent"}
    assert {"maxLength:bookings.topic", "maximum:bookings.guests"} <= bounds


@pytest.mark.slow
def test_what_nothing_says_is_told_to_be_silent_with_requests_that_show_it(found: Discovery) -> None:
    state = next(one for one in found.outcomes if one.rule == "transitions:bookings.state")
    assert state.state == SILENT
    assert "curl" in state.curl
    assert "# silent: state moves from asked to held" in overlay(found)
