"""What a path names that is created there, with a body or without, has its rules too: they are found, and verified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.discover.discovery import Discovery
from specdouble.discover.loop import Loop
from specdouble.serving import serving_anybody
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import Verdict
from tests.discover.club import CONTRACT, Club
from tests.discover.conftest import sentences


def written(folder: Path, ignoring: str = "") -> Path:
    """The club's contract, with the rules that somebody has written."""
    contract = json.loads(json.dumps(CONTRACT))
    for name, ignore in (("Member", ignoring), ("Boat", "")):
        schema = contract["components"]["schemas"][name]
        schema["x-resource"] = {"collection": name.lower() + "s", "id": "name"}
        schema["properties"]["name"] = {"type": "string", "x-unique": {"ignore": ignore} if ignore else True}
    file = folder / "openapi.json"
    file.write_text(json.dumps(contract), "utf-8")
    return file


def verified(club: Club, contract: Path) -> Verdict:
    """What is found of the rules alone."""
    with club.running() as url:
        return verify(read(contract), Settings(url=url, yes=True, phases=("rules",)))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Discovery, Club]]:
    """What is found at the club, by nothing but its contract without annotations."""
    club, file = Club(), tmp_path_factory.mktemp("club") / "openapi.json"
    file.write_text(json.dumps(CONTRACT), "utf-8")
    with club.running() as url:
        discovery = Discovery(read(file), Settings(url=url, yes=True), loop=Loop(serving_anybody))
        discovery.run()
        yield discovery, club


@pytest.mark.slow
def test_the_names_that_paths_give_to_what_they_create_are_found_to_be_unique(found: tuple[Discovery, Club]) -> None:
    unique = {rule: sentence for rule, sentence in sentences(found[0]).items() if rule.startswith("unique")}
    assert unique == {
        "unique:members.name": "name is unique, ignoring case",
        "unique:boats.name": "name is unique",
    }


@pytest.mark.slow
def test_what_a_path_names_is_not_said_to_be_set_by_the_server(found: tuple[Discovery, Club]) -> None:
    assert not {"readOnly:members.name", "readOnly:boats.name"} & sentences(found[0]).keys()


@pytest.mark.slow
def test_what_was_created_by_its_path_is_deleted_and_what_was_there_stays(found: tuple[Discovery, Club]) -> None:
    assert (found[1].members, found[1].boats) == ({"ann": {"name": "ann", "role": "crew"}}, {})


@pytest.mark.slow
def test_a_server_that_refuses_a_taken_name_in_the_path_keeps_the_rule(tmp_path: Path) -> None:
    verdict = verified(Club(), written(tmp_path, "case"))
    states = {check: row.state for check, row in verdict.rows.items() if check.startswith("unique")}
    assert states == {"unique:members.name": "kept", "unique:boats.name": "kept"}


def test_a_server_that_creates_anew_what_is_there_breaks_the_rule(tmp_path: Path) -> None:
    verdict = verified(Club(lax=True), written(tmp_path))
    states = {check: row.state for check, row in verdict.rows.items() if check.startswith("unique")}
    assert states == {"unique:members.name": "broken", "unique:boats.name": "broken"}
