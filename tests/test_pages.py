"""The pages of the documentation say what happens: their sessions are played, and their site builds."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from tests.test_readme import README, session, shows

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PLAYED = ["local-backend", "ci", "contract-first", "coming-from", "operations"]
END = "--8<--"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def played(commands: list[tuple[str, str]], folder: Path) -> list[str]:
    """What a shell prints at each command, in a folder of its own; what it has started is ended."""
    script = "\n".join(f"{command}\nprintf '\\n{END}\\n'" for command, _ in commands)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    told = folder / "told.txt"  # no pipe, for what serves in the background would hold it open
    with told.open("w") as out:
        process = subprocess.Popen(
            ["bash", "-c", script.replace("4010", str(free_port()))], cwd=folder, env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(180)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)
    return [part.strip() for part in told.read_text("utf-8").split(END)]


@pytest.mark.slow
@pytest.mark.parametrize("name", PLAYED)
def test_the_session_of_a_page_prints_what_it_shows(name: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "tests" / "contracts" / "petstore.yaml", tmp_path)
    commands = session(name, (DOCS / f"{name}.md").read_text("utf-8"))
    for (command, shown), came in zip(commands, played(commands, tmp_path), strict=False):
        assert shows(shown, came) or command.endswith("&"), (command, came)


@pytest.mark.slow
def test_the_first_session_of_the_readme_prints_what_it_shows(tmp_path: Path) -> None:
    commands = session("library", README)
    for (command, shown), came in zip(commands, played(commands, tmp_path), strict=False):
        assert shows(shown, came) or command.endswith("&"), (command, came)


def test_every_page_is_in_the_navigation_of_the_site() -> None:
    nav = re.findall(r"[\w-]+\.md", (ROOT / "mkdocs.yml").read_text("utf-8"))
    assert {*nav} == {file.name for file in DOCS.glob("*.md")}


@pytest.mark.slow
def test_the_site_builds_and_no_link_of_it_leads_nowhere(tmp_path: Path) -> None:
    command = [
        sys.executable, "-m", "uv", "tool", "run", "--from", "mkdocs<2", "--with", "mkdocs-material>=9.6,<10",
        "mkdocs", "build", "--strict", "--site-dir", str(tmp_path),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "index.html").exists()


def test_the_pipelines_of_the_page_are_well_formed() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (DOCS / "ci.md").read_text("utf-8"), re.DOTALL)
    github, gitlab, hooks = (yaml.safe_load(block) for block in blocks)
    known = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    assert next(step["with"] for step in github["steps"] if "with" in step).keys() <= known.keys()
    assert gitlab["contract"]["script"]
    defined = {hook["id"] for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))}
    assert {hook["id"] for hook in hooks["repos"][0]["hooks"]} == defined


def test_the_page_on_installing_says_of_each_command_which_extra_it_needs() -> None:
    from specdouble.cli import main

    page = (DOCS / "install.md").read_text("utf-8")
    rows = re.findall(r"^\| (?:none|`cel`|`verify`|`mcp`) \| (.*?) \|", page, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([\w-]+)`", row)]
    assert all(named.count(command) == 1 for command in main.commands if command != "mcp")
    assert "mcp" in named


COMMANDS = re.compile(r"^\$ (specdouble .*)$|^(specdouble .*)$|`(specdouble [a-z][^`]*)`", re.MULTILINE)


def shown_commands() -> Iterator[tuple[str, str]]:
    """Each command of specdouble that a page shows, with the page's name."""
    for file in (ROOT / "README.md", *sorted(DOCS.glob("*.md"))):
        for found in COMMANDS.finditer(file.read_text("utf-8")):
            line = next(group for group in found.groups() if group).replace("\n", " ")
            yield file.name, re.split(r" #|[|;&>]| 2>", line)[0].strip()


def test_each_command_that_a_page_shows_exists_with_its_options() -> None:
    from specdouble.cli import main

    wrong = []
    for page, line in shown_commands():
        _, name, *rest = shlex.split(line)
        command: click.Command | None = main if name.startswith("-") else main.commands.get(name)
        if isinstance(command, click.Group) and rest and rest[0] in command.commands:
            command = command.commands[rest[0]]
        known = {"--help", *(option for one in command.params for option in one.opts)} if command else set()
        given = {one.partition("=")[0] for one in rest if one.startswith("-")}
        if command is None or not given <= known | {"-v"}:
            wrong.append(f"{page}: {line}")
    assert wrong == []
