"""Worlds share the documents that they begin with, and nothing else."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.state.problem import Refusal
from specdouble.double.state.world import World

ROOT = Path(__file__).parent.parent.parent
ADA: dict[str, Any] = {"userId": "64ee9a8b1e7f2a0011223399", "organizationId": "64ee9a8b1e7f2a0011223344"}


@pytest.fixture
def double() -> Double:
    """One of which two worlds have begun already, the second with what the first has left it."""
    double = Double(Settings(ROOT, seed=1))
    double.world("second").documents()
    return double


def create(world: World, name: str) -> None:
    configuration = {"configurationName": name, "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}
    world.collection("lead_management", ADA).insert_one(configuration)


def test_a_world_that_shares_begins_as_one_that_does_not(double: Double) -> None:
    assert double.world("third").documents() == double.world("default").documents()


def test_what_one_world_writes_no_other_sees(double: Double) -> None:
    before = copy.deepcopy(double.world("default").documents())
    own = double.world("default").collection("lead_management", ADA).find()
    third = double.world("third").collection("lead_management", ADA)
    create(double.world("third"), "Fair")
    third.update_many({}, {"$set": {"costPerLead": 7}})
    third.delete_many({})
    double.world("third").collection("users", None).delete_many({})
    for name in ("default", "second", "fourth"):
        assert double.world(name).documents() == before
        assert double.world(name).collection("lead_management", ADA).find() == own


def test_the_rules_hold_among_documents_that_are_shared(double: Double) -> None:
    taken = double.world("third").collection("lead_management", ADA).find()[0]["configurationName"]
    with pytest.raises(Refusal):
        create(double.world("third"), taken)
    create(double.world("third"), "Fair")
    create(double.world("fourth"), "Fair")


def test_a_world_that_shares_counts_its_own_writes_alone(double: Double) -> None:
    third = double.world("third")
    third.documents()
    assert third.writes == 0
    create(third, "Fair")
    assert third.writes == 1


def test_numbers_go_on_from_those_that_are_shared(tmp_path: Path) -> None:
    (tmp_path / "mock_data").mkdir()
    (tmp_path / "openapi.yaml").write_text((ROOT / "tests" / "contracts" / "tasks.yaml").read_text())
    (tmp_path / "mock_data" / "tasks.json").write_text('[{"id": 41, "title": "Seeded", "done": false}]')
    double = Double(Settings(tmp_path))
    for name in ("default", "second", "third"):
        task: dict[str, Any] = {"title": "New"}
        double.world(name).collection("tasks", None).insert_one(task)
        assert task["id"] == 42, name
