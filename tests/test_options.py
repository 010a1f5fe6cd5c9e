"""What all commands have: each option stands in the environment too, and the help ends in examples that run."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import httpx
import pytest
from click.core import ParameterSource
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from specdouble.cli import main
from specdouble.exits import COULD_NOT_RUN, VIOLATIONS, WRONG_USE
from tests.test_cli import run, serving
from tests.test_pages import free_port

ORDERS = """\
openapi: 3.1.0
info: {title: Orders, version: 1.0.0}
security: [{oauth: [read]}]
paths:
  /orders: {get: {responses: {"200": {description: Orders}}}}
components:
  securitySchemes: {oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /token, scopes: {read: Read}}}}}
"""
OVERLAY = "overlay: 1.0.0\ninfo: {title: A, version: '1'}\nactions: [{target: $.info, update: {title: Shelves}}]\n"


def commands(group: click.Group = main, name: str = "specdouble") -> Iterator[tuple[str, click.Command]]:
    """Each command by what is typed."""
    for inner, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {inner}")
        else:
            yield f"{name} {inner}", command


COMMANDS = dict(commands())


def options(command: click.Command) -> Iterator[tuple[click.Option, str, str]]:
    """The options of a command, each with its name and its variable."""
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.name is not None
            assert isinstance(option.envvar, str), option.opts
            yield option, option.name, option.envvar


# The environment


def a_value(option: click.Option, folder: Path) -> tuple[str, object]:
    """What the variable of an option may say, and what the command is told then."""
    kind = option.type
    if isinstance(kind, click.Choice):
        first, *_, last = kind.choices
        return (f"{first}\n{last}", (first, last)) if option.multiple else (last, last)
    if isinstance(kind, click.Path):
        place = folder if kind.dir_okay else folder / "file"
        return (f"{place}{os.pathsep}{place}", (place, place)) if option.multiple else (str(place), place)
    if option.is_flag:
        return "1", True
    if isinstance(kind, click.types.IntParamType):
        return "7", 7
    if isinstance(kind, click.types.FloatParamType):
        return "7.5", 7.5
    return ("a: b, c=d\ne f\n", ("a: b, c=d", "e f")) if option.multiple else ("a b", "a b")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_may_stand_in_the_environment(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    arguments = [str(tmp_path / "file") for one in COMMANDS[name].params if isinstance(one, click.Argument)]
    for option, parameter, variable in options(COMMANDS[name]):
        text, value = a_value(option, tmp_path)
        required = [one.opts[0] for one, _, _ in options(COMMANDS[name]) if one.required and one is not option]
        others = [word for one in required for word in (one, "x")]
        with monkeypatch.context() as environment:
            environment.setenv(variable, text)
            context = COMMANDS[name].make_context(name, [*arguments, *others])
        assert context.get_parameter_source(parameter) is ParameterSource.ENVIRONMENT, variable
        assert context.params[parameter] == value, variable


def test_no_two_options_share_a_variable() -> None:
    variables = [variable for command in COMMANDS.values() for _, _, variable in options(command)]
    assert len({*variables}) == len(variables)
    assert all(variable.startswith("SPECDOUBLE_") for variable in variables)


READING = [name for name, command in COMMANDS.items() if any(one.name == "path" for one in command.params)]


@pytest.mark.parametrize("name", READING)
def test_a_contract_that_is_not_there_is_told_and_nothing_is_written(name: str, tmp_path: Path) -> None:
    words = name.split()[1:] + (["ada"] if name == "specdouble token" else []) + [str(tmp_path / "no" / "where")]
    url = ["--url", "http://127.0.0.1:1"] if name.split()[1] in ("compare", "proxy") else []
    done = CliRunner().invoke(main, [*words, *url])
    assert done.exit_code in (VIOLATIONS, WRONG_USE, COULD_NOT_RUN)
    assert "no such file or directory" in done.output
    assert "nobody foresaw" not in done.output
    assert "cannot be written" not in done.output
    assert not [*tmp_path.iterdir()]


# Completion


@pytest.mark.parametrize("name", [*READING, "specdouble init", "specdouble diff"])
def test_a_shell_completes_the_files_of_a_contract(name: str) -> None:
    words = name.split()[1:] + (["ada"] if name == "specdouble token" else [])
    shell = ShellComplete(main, {}, "specdouble", "_SPECDOUBLE_COMPLETE")
    (file,) = shell.get_completions(words, "open")
    assert (file.value, file.type) == ("open", "file")


# The examples


def examples(command: click.Command) -> list[str]:
    """The lines at the end of a help, without what is said of them."""
    # With the settings of all: a command keeps the first help option that it was asked for.
    with click.Context(command, **main.context_settings) as context:
        _, _, shown = command.get_help(context).partition("\n  Examples:\n")
    return [line.strip() for line in shown.splitlines() if line.strip() and not line.lstrip().startswith("#")]


EXAMPLES = [(name, line) for name, command in COMMANDS.items() for line in examples(command)]


def test_the_help_of_each_command_ends_in_examples_of_it() -> None:
    for name, command in COMMANDS.items():
        assert any(line.startswith(name) for line in examples(command)), name
    assert all(name in line for name, line in EXAMPLES)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What somebody has who types the examples: a project under version control, and files of other tools."""
    folder = tmp_path_factory.mktemp("project")
    assert run("init", cwd=folder).returncode == 0
    for command in ("init --quiet -b main", "add .", "-c user.name=a -c user.email=a@example.com commit --quiet -m a"):
        subprocess.run(["git", *command.split()], cwd=folder, check=True)
    for name in ("old.yaml", "new.yaml"):
        shutil.copy(folder / "openapi.yaml", folder / name)
    (folder / "accepted.yaml").write_text("{}", "utf-8")
    (folder / "db.json").write_text('{"posts": [{"id": 1}]}', "utf-8")
    with serving("--port", "0", "--quiet", cwd=folder) as server:
        httpx.post(f"{server.url}/books", json={"title": "Kindred", "author": "octavia-butler"}).raise_for_status()
        archive = httpx.get(f"{server.url}/_specdouble/journal", params={"format": "har"}).text
    (folder / "traffic.har").write_text(archive, "utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_an_example_of_the_help_runs(name: str, line: str, project: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(project, tmp_path / "project")
    line = line.replace("path/to/the/project", ".")
    if name == "specdouble token":
        (folder / "openapi.yaml").write_text(ORDERS, "utf-8")
    if "--output rules.overlay.yaml" not in line and "rules.overlay.yaml" in line:
        (folder / "rules.overlay.yaml").write_text(OVERLAY, "utf-8")
    with serving("--port", "0", "--quiet", cwd=folder) as server:
        if name == "specdouble replay":
            line = line.replace("36871807fb", a_failure(folder, server.url))
        line = line.replace("https://api.example.com/openapi.json", f"{server.url}/openapi.json")
        line = re.sub(r"https://staging.example.com|http://localhost:(4010|8000)", server.url, line)
        done = typed(
            line.replace("-p 8080", f"-p {free_port()}"), folder, is_served=name.split()[1] in ("serve", "proxy")
        )
    assert done.returncode in (0, VIOLATIONS), done.stderr
    assert "Traceback" not in done.stderr


def a_failure(folder: Path, url: str) -> str:
    """The id of a failure that is reported of this server, which knows nothing of a rule that was added since."""
    contract, title = folder / "openapi.yaml", "title: {type: string, minLength"
    contract.write_text(contract.read_text("utf-8").replace(title, title.replace("{", "{x-unique: true, ")), "utf-8")
    only = ("--rule", "unique:books.title", "--phase", "rules")
    run("verify", "--url", url, *only, "--reports", "reports", cwd=folder)
    report = json.loads((folder / "reports" / "report.json").read_text("utf-8"))
    return str(report["failures"][0]["id"])


def typed(line: str, folder: Path, *, is_served: bool) -> subprocess.CompletedProcess[str]:
    """A line of the shell that has ended: what serves is stopped by Ctrl-C, once it says where it is."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    anywhere = {"SPECDOUBLE_SERVE_PORT": "0", "SPECDOUBLE_PROXY_PORT": "0", "XDG_CACHE_HOME": str(folder / "cache")}
    environment = {**os.environ, **anywhere, "PATH": path, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        ["bash", "-c", f"exec {line}"], cwd=folder, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    printed = ""
    if is_served:
        assert process.stdout is not None
        printed = next((told for told in process.stdout if " at http://" in told), "")
        (url,) = re.findall(r" at (http://[^\s,]+)", printed)
        httpx.get(f"{url}/_specdouble/health").raise_for_status()  # from now on it ends as it should
        process.send_signal(signal.SIGINT)
    try:
        out, errors = process.communicate(timeout=1200)
    finally:
        process.kill()
    return subprocess.CompletedProcess(line, process.returncode, printed + out, errors)
