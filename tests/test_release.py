"""What is released works where nothing else is: wheel and source, extras, hooks and the action of pipelines."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from specdouble import __version__
from specdouble.exits import NOT_INSTALLED
from tests.test_pages import free_port

ROOT = Path(__file__).parent.parent
CONTRACT = ROOT / "tests" / "contracts" / "petstore.yaml"
UV = [sys.executable, "-m", "uv"]


def ran(command: list[str], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command that has ended, whatever its code."""
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return subprocess.run(
        command, cwd=folder, env={**kept, **environment}, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Wheel and source, as `make dist` builds them."""
    folder = tmp_path_factory.mktemp("dist")
    built = ran([*UV, "build", "--quiet", "--out-dir", str(folder)], ROOT)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.slow
def test_wheel_and_source_pass_the_checks_of_an_index(dist: Path) -> None:
    files = [str(file) for file in dist.iterdir() if file.suffix in (".whl", ".gz")]
    assert len(files) == 2
    described = ran([*UV, "tool", "run", "twine", "check", "--strict", *files], ROOT)
    assert described.returncode == 0, described.stdout
    (wheel,) = dist.glob("*.whl")
    contained = ran([*UV, "tool", "run", "check-wheel-contents", str(wheel)], ROOT)
    assert contained.returncode == 0, contained.stdout


@pytest.mark.slow
def test_the_wheel_alone_lints_and_serves_in_an_empty_environment_and_names_what_it_lacks(
    dist: Path, tmp_path: Path
) -> None:
    (wheel,) = dist.glob("*.whl")
    shutil.copy(CONTRACT, tmp_path / "openapi.yaml")
    alone = [*UV, "tool", "run", "--isolated", "--from", str(wheel), "specdouble"]  # what uvx and pipx do
    assert ran([*alone, "version"], tmp_path).stdout.strip() == __version__
    assert ran([*alone, "lint", "."], tmp_path).returncode == 0
    for command in ("verify", "prove", "compare --url http://127.0.0.1:1", "mcp"):
        done = ran([*alone, *command.split()], tmp_path)
        assert done.returncode == NOT_INSTALLED, done.stderr
        assert "pip install 'specdouble[" in done.stderr
        assert "Traceback" not in done.stderr
    port = free_port()
    script = f"""
        "$@" serve --port {port} --quiet & trap 'kill %1' EXIT
        curl --silent --fail --retry 60 --retry-delay 1 --retry-connrefused http://127.0.0.1:{port}/_specdouble/health
    """
    served = ran(["bash", "-c", script, "bash", *alone], tmp_path)
    assert '"ok"' in served.stdout, served.stderr


# The action


class Steps:
    """The steps of the action that run a shell, run here as a runner would."""

    def __init__(self, folder: Path, inputs: dict[str, str]) -> None:
        action = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
        self.steps = {step["name"]: step for step in action["runs"]["steps"] if "name" in step}
        defaults = {name: str(one.get("default", "")) for name, one in action["inputs"].items()}
        self._inputs, self._folder = {**defaults, **inputs}, folder

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a step."""
        step = self.steps[name]
        known: dict[str, Any] = {key: self._value(str(value)) for key, value in step.get("env", {}).items()}
        files = {name: str(self._folder / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        path = os.pathsep.join([str(self._folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]])
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
        return ran(command, self._folder, PATH=path, GITHUB_ACTIONS="true", **files, **known)

    def is_run(self, name: str, **outcomes: str) -> bool:
        """Whether a runner would come to a step, once others have ended so."""
        condition = str(self.steps[name].get("if", "success()")).removeprefix("${{").removesuffix("}}").strip()
        if not re.search(r"(always|cancelled|failure|success)\(\)", condition):
            condition = f"success() && {condition}"
        values = {
            "inputs": SimpleNamespace(**{name.replace("-", "_"): one for name, one in self._inputs.items()}),
            "steps": SimpleNamespace(**{name: SimpleNamespace(outcome=one) for name, one in outcomes.items()}),
            "success": lambda: "failure" not in outcomes.values(),
            "cancelled": lambda: False,
        }
        python = condition.replace("&&", "and").replace("||", "or")
        return bool(eval(re.sub(r"!(?!=)", "not ", python), values))  # noqa: S307 the project's own file

    def _value(self, text: str) -> str:
        found = re.fullmatch(r"\$\{\{ inputs\.([\w-]+)(?: \|\| .*)? \}\}", text)
        return self._inputs[found[1]] if found else text


PLACES = ["openapi.yaml", "the api/openapi.yaml"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose contracts have lost an operation since its only commit."""
    for place in PLACES:
        (tmp_path / place).parent.mkdir(exist_ok=True)
        shutil.copy(CONTRACT, tmp_path / place)
    for command in (
        "init --quiet -b main", "add .", "-c user.name=a -c user.email=a@example.com commit --quiet -m begin",
    ):  # fmt: skip
        subprocess.run(["git", *command.split()], cwd=tmp_path, check=True)
    contract = yaml.safe_load(CONTRACT.read_text("utf-8"))
    del contract["paths"]["/pet/findByStatus"]
    for place in PLACES:
        (tmp_path / place).write_text(yaml.safe_dump(contract), "utf-8")
    return tmp_path


def test_the_step_that_compares_annotates_what_breaks_and_summarises_it(repository: Path) -> None:
    steps = Steps(repository, {"diff": "HEAD"})
    steps.run("names")
    done = steps.run("diff")
    assert done.returncode == 1
    assert "::error" in done.stdout
    assert "/pet/findByStatus" in done.stdout
    assert "/pet/findByStatus" in (repository / "GITHUB_STEP_SUMMARY").read_text("utf-8")


@pytest.mark.parametrize("contract", [PLACES[1], "the api", "the api/"])
def test_the_step_that_compares_takes_a_folder_and_a_name_with_a_space(repository: Path, contract: str) -> None:
    steps = Steps(repository, {"diff": "HEAD", "contract": contract})
    steps.run("names")
    done = steps.run("diff")
    assert (done.returncode, "::error file=the api/openapi.yaml,line=" in done.stdout) == (1, True), done.stderr


def test_the_step_that_compares_fetches_a_branch_that_the_checkout_has_not(repository: Path, tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{repository}", str(checkout)], check=True)
    for command in ("checkout --quiet --detach", "branch --quiet -D main", "branch --quiet -rd origin/main"):
        subprocess.run(["git", *command.split()], cwd=checkout, check=True)
    shutil.copy(repository / "openapi.yaml", checkout)
    steps = Steps(checkout, {"diff": "main"})
    steps.run("names")
    done = steps.run("diff")
    assert (done.returncode, "/pet/findByStatus" in done.stdout) == (1, True), done.stdout + done.stderr


GH = """#!/bin/sh
echo "$@" >> {log}
case "$*" in
  *--paginate*) {known} ;;
  *) {write} ;;
esac
"""


@pytest.mark.parametrize(
    ("known", "write", "asked", "told"),
    [
        ("true", "true", "pr comment", ""),  # the first
        ("echo 7; echo 8", "true", "issues/comments/8 ", ""),  # one of before is written anew, and no one else's
        ("exit 4", "exit 1", "pr comment", "::warning::"),  # the token of a fork
    ],
)
def test_the_step_that_comments_writes_its_own_comment_and_fails_nothing(
    tmp_path: Path, known: str, write: str, asked: str, told: str
) -> None:
    log = tmp_path / "asked"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gh").write_text(GH.format(log=log, known=known, write=write), "utf-8")
    (tmp_path / "bin" / "gh").chmod(0o755)
    steps = Steps(tmp_path, {})
    steps.run("names")
    (tmp_path / "specdouble-reports" / "diff.md").write_text("x" * 90_000, "utf-8")
    done = steps.run("comment")
    assert (done.returncode, told in done.stdout) == (0, True), done.stderr
    assert asked in log.read_text("utf-8").splitlines()[-1]
    assert len((tmp_path / "specdouble-reports" / "comment.md").read_text("utf-8")) < 65_536


def test_the_step_that_serves_shows_what_kept_it_from_serving(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("openapi: [", "utf-8")
    steps = Steps(tmp_path, {"serve": str(free_port())})
    steps.run("names")
    done = steps.run("serve")
    assert (done.returncode, "openapi.yaml" in done.stdout) == (1, True)


def test_the_step_that_serves_leaves_the_double_running(tmp_path: Path) -> None:
    shutil.copy(CONTRACT, tmp_path / "openapi.yaml")
    port = free_port()
    steps = Steps(tmp_path, {"serve": str(port)})
    steps.run("names")
    steps.steps["serve"]["run"] += f"\ncurl -s http://127.0.0.1:{port}/_specdouble/health\nkill %1"
    done = steps.run("serve")
    assert '"ok"' in done.stdout, done.stderr
    assert f"url=http://127.0.0.1:{port}" in (tmp_path / "GITHUB_OUTPUT").read_text("utf-8")


@pytest.mark.parametrize(
    ("verify", "outcomes", "expected"),
    [
        ("double", {"names": "success", "diff": "success"}, True),
        ("double", {"names": "success", "diff": "failure"}, True),  # which fails the job once all have run
        ("double", {"install": "failure", "names": "skipped"}, False),
        ("none", {"names": "success", "diff": "failure"}, False),
    ],
)
def test_a_server_is_verified_whether_or_not_the_contract_breaks_clients(
    tmp_path: Path, verify: str, outcomes: dict[str, str], expected: bool
) -> None:
    assert Steps(tmp_path, {"verify": verify}).is_run("verify", **outcomes) is expected


def test_the_step_that_compares_has_nothing_to_say_of_a_new_contract(repository: Path) -> None:
    shutil.copy(CONTRACT, repository / "new.yaml")
    steps = Steps(repository, {"diff": "HEAD", "contract": "new.yaml"})
    steps.run("names")
    done = steps.run("diff")
    assert (done.returncode, "::notice" in done.stdout) == (0, True)


@pytest.mark.slow
def test_the_step_that_verifies_annotates_the_lines_of_what_fails(tmp_path: Path) -> None:
    (tmp_path / "the api").mkdir()
    shutil.copy(ROOT / "tests" / "proxy" / "orders.yaml", tmp_path / "the api" / "openapi.yaml")
    from tests.proxy.backend import Orders, listening

    with listening(Orders().app) as url:
        steps = Steps(tmp_path, {"verify": url, "arguments": "--max-time 20", "contract": "the api"})
        steps.run("names")
        done = steps.run("verify")
    assert done.returncode == 1, done.stderr
    found = re.findall(r"^::error file=the api/openapi.yaml,line=\d+,title=(.*)::", done.stdout, re.MULTILINE)
    assert "computed:orders.total" in [title.replace("%3A", ":") for title in found]
    assert len(found) == len(re.findall(r"^::", done.stdout, re.MULTILINE))  # each once
    assert len(found) == len(list((tmp_path / "specdouble-reports" / "failures").iterdir()))


@pytest.mark.long
@pytest.mark.slow
def test_the_hooks_run_under_pre_commit(repository: Path) -> None:
    # pre-commit clones what it takes hooks from: a repository of this tree as it stands.
    hooks = repository.parent / "hooks"
    shutil.copytree(ROOT / "specdouble", hooks / "specdouble", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, hooks)
    for command in ("init --quiet", "add .", "-c user.name=a -c user.email=a@example.com commit --quiet -m hooks"):
        subprocess.run(["git", *command.split()], cwd=hooks, check=True)
    subprocess.run(["git", "add", "."], cwd=repository, check=True)
    trying = [*UV, "tool", "run", "pre-commit", "try-repo", str(hooks)]
    cache = str(repository.parent / "cache")
    sound = ran([*trying, "specdouble-lint", "--files", "openapi.yaml"], repository, PRE_COMMIT_HOME=cache)
    assert sound.returncode == 0, sound.stdout + sound.stderr
    breaking = ran([*trying, "specdouble-diff", "--files", "openapi.yaml"], repository, PRE_COMMIT_HOME=cache)
    assert breaking.returncode == 1
    assert "/pet/findByStatus" in breaking.stdout
