"""The pytest plugin, as a project uses it: in a run of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import httpx
import pytest

from specdouble import pytest_plugin
from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.starter import Starter
from specdouble.testing import DoubleClient
from tests.contracts import FOLDER
from tests.test_cli import ROOT

TESTS = """
import pytest

CONFIGURATION = {"configurationName": "Fair", "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}

@pytest.mark.parametrize("number", range(%d))
def test_all_create_the_same_name(world, number):
    client = world.client("ada@tether.example")
    assert client.post("/api/lead-management", json=CONFIGURATION).status_code == 201
    assert client.post("/api/lead-management", json=CONFIGURATION).status_code == 400
    assert world.refused("unique:lead_management.configurationName")

@pytest.mark.parametrize("number", range(2))
def test_without_a_world_they_meet(double, number):
    world = double.world("default")
    assert world.client("ada@tether.example").post("/api/lead-management", json=CONFIGURATION).status_code == 201

@pytest.mark.double(contract="tasks.yaml", seed={"tasks": [{"id": 7, "title": "Seeded", "done": False}]})
def test_another_contract_and_other_documents(world):
    assert world.client().get("/api/v1/tasks/7").json()["title"] == "Seeded"
    assert [one["id"] for one in world.documents()["tasks"]] == [7]

def test_that_fails_and_shows_its_requests(world):
    body = {**CONFIGURATION, "defaultProcess": "64eea1110000000000000009"}
    assert world.client("ada@tether.example").post("/api/lead-management", json=body).is_success
"""


def project(folder: Path, tests: str, contract: Path = ROOT) -> Path:
    (folder / "pytest.ini").write_text(f"[pytest]\ndouble_contract = {contract}\n")
    (folder / "tasks.yaml").write_text((FOLDER / "tasks.yaml").read_text())
    (folder / "test_it.py").write_text(tests)
    return folder


def run(folder: Path, *arguments: str) -> str:
    """What pytest prints of a project."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # those of other packages take seconds to import
    plugins = ["-p", "xdist", "-p", "specdouble.pytest_plugin", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *plugins, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> str:
    return run(project(tmp_path_factory.mktemp("project"), TESTS % 6), "-n", "2")


def test_each_test_has_a_world_of_its_own_on_one_server(printed: str) -> None:
    assert "8 passed" in printed, printed
    assert "test_all_create_the_same_name" not in printed.partition("short test summary")[2]


def test_without_worlds_the_tests_meet(printed: str) -> None:
    assert printed.count("FAILED test_it.py::test_without_a_world_they_meet") == 1, printed


def test_a_failed_test_shows_its_requests_and_the_rule_that_refused_them(printed: str) -> None:
    shown = printed.partition("- Requests to the double -")[2]
    assert "references:lead_management.defaultProcess: defaultProcess names no document of prompts" in printed, shown


def test_a_run_ends_with_what_the_tests_of_all_workers_have_never_seen(printed: str) -> None:
    told = printed.partition("= coverage of the double =")[2]
    assert "1 of 11 operations, 2 of 47 statuses, 2 of 5 refusals" in told
    assert "never refused: unique:users.email (email is unique" in told
    assert "never refused: unique:lead_management" not in told
    assert "more; -v shows all" in told


def test_the_coverage_of_a_run_is_written_as_lines_of_the_contract(tmp_path: Path) -> None:
    tests = "def test_it(world): assert world.client().get('/api/v1/tasks').status_code == 200"
    with serving(Settings(FOLDER / "tasks.yaml")) as url:
        printed = run(project(tmp_path, tests), "-n", "0", "-v", "--double-url", url, "--double-coverage", "it.info")
    assert "never asked: POST /api/v1/tasks" in printed
    assert "FNDA:1,GET /api/v1/tasks\n" in (tmp_path / "it.info").read_text()


def test_a_contract_that_does_not_start_is_told_once_and_for_all(tmp_path: Path) -> None:
    printed = run(project(tmp_path, "def test_it(double): pass", tmp_path / "none.yaml"), "-n", "0")
    assert "the double does not start" in printed
    assert "none.yaml" in printed
    assert "Traceback" not in printed


WRONG = """
import pytest

@pytest.mark.double(contarct="tasks.yaml")
def test_a_misspelt_word(world): pass

@pytest.mark.double(seed={"taks": [{"id": 1}]})
def test_a_misspelt_collection(world): pass

@pytest.mark.double(contract="none.yaml")
def test_a_contract_that_is_not_there(world): pass
"""


def test_what_is_wrong_with_a_mark_is_told_in_its_own_words(tmp_path: Path) -> None:
    printed = run(project(tmp_path, WRONG, FOLDER / "tasks.yaml"), "-n", "0")
    assert "3 errors" in printed, printed
    assert "the mark `double` takes contract and seed by name, not `contarct`" in printed
    assert "No such collection: the contract keeps no collection `taks`; it keeps `tasks`" in printed
    assert "none.yaml: error: the file cannot be read" in printed
    assert "Traceback" not in printed
    assert "testing.py" not in printed


def test_a_running_double_can_be_asked(tmp_path: Path) -> None:
    tests = "def test_it(world): assert world.client().get('/api/v1/tasks').status_code == 200"
    with serving(Settings(FOLDER / "tasks.yaml")) as url:
        assert "1 passed" in run(project(tmp_path, tests), "-n", "0", "--double-url", url)


def test_a_double_that_does_not_run_is_told_without_how_that_was_found_out(tmp_path: Path) -> None:
    printed = run(project(tmp_path, "def test_it(world): pass"), "-n", "0", "--double-url", "http://127.0.0.1:1")
    assert "no double answers at http://127.0.0.1:1: " in printed
    assert "remedy: `specdouble serve` starts one" in printed
    assert "Traceback" not in printed
    assert "site-packages" not in printed


def test_a_run_that_needs_no_double_starts_none() -> None:
    starter = Starter(ROOT)
    assert starter._thread.is_alive()
    starter.stop()
    assert not starter._thread.is_alive()


def test_the_first_connection_starts_the_double_and_is_answered() -> None:
    starter = Starter(FOLDER / "tasks.yaml")
    assert httpx.get(f"{starter.url}/api/v1/tasks", timeout=30).status_code == 200
    starter.stop()


def test_a_world_leaves_nothing_behind() -> None:
    with serving(Settings(FOLDER / "tasks.yaml")) as url:
        double = DoubleClient(url)
        with double.world() as world:
            world.client().post("/api/v1/tasks", json={"title": "mine"}).raise_for_status()
        assert [one["name"] for one in double.control("GET", "worlds")] == ["default"]
        double.close()


def test_clients_use_the_same_connections_and_one_with_options_about_them_has_its_own() -> None:
    with serving(Settings(FOLDER / "tasks.yaml")) as url:
        double = DoubleClient(url)
        world, other = double.world(), double.world()
        one, two = world.client(), other.client(timeout=5)
        ports = [
            client.get("/api/v1/tasks").extensions["network_stream"].get_extra_info("client_addr")
            for client in (one, two)
        ]
        world.close()
        assert two.get("/api/v1/tasks").status_code == 200
        third = other.client(transport=httpx.MockTransport(lambda _: httpx.Response(418)))
        assert third.get("/api/v1/tasks").status_code == 418
        assert other.client(limits=httpx.Limits(max_connections=1)).get("/api/v1/tasks").status_code == 200
        other.close()
        double.close()
    assert ports[0] == ports[1]


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (
            {"rule": "unique:lead_management.configName"},
            "no rule .* near are `unique:lead_management.configurationName`",
        ),
        ({"rule": "configurationName"}, "near are `unique:lead_management.configurationName`"),
        ({"rule": "etag:zzzzzzzzzzzzzzzzzzzzzzzzzzzzz"}, "there are .*`unique:users.email`"),
        ({"operation": "post_lead_managment"}, "no operation .* near are `post_lead_management`"),
    ],
)
def test_a_misspelt_rule_or_operation_is_told_with_those_that_are_near(wanted: dict[str, str], told: str) -> None:
    with serving(Settings(ROOT)) as url:
        double = DoubleClient(url)
        with double.world() as world:
            with pytest.raises(LookupError, match=told):
                world.journal(**wanted)
            with pytest.raises(LookupError, match=told):
                world.await_exchange(30, **wanted)
            assert world.refused("unique:lead_management.configurationName") == []
            assert world.refused("a rule of a handler's own") == []
            assert world.refused("quota:of.a.handler") == []
        double.close()


def test_pytest_finds_the_plugin() -> None:
    (found,) = (one for one in entry_points(group="pytest11") if one.name == "specdouble")
    assert found.load() is pytest_plugin


@pytest.mark.slow
def test_five_hundred_tests_of_sixteen_workers_share_one_server(tmp_path: Path) -> None:
    printed = run(
        project(tmp_path, TESTS.partition('@pytest.mark.parametrize("number", range(2))')[0] % 500), "-n", "16"
    )
    assert "500 passed" in printed, printed[-2000:]
