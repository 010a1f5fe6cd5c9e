"""What the README shows is what happens."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from specdouble.project.skeleton import template
from tests.test_cli import ROOT, serving

README = (ROOT / "README.md").read_text("utf-8")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
# What differs from run to run: ids, times, tokens.
VARYING = [
    (r"\b[0-9a-f]{24}\b", "<id>"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "<time>"),
    (r"eyJ[\w-]+\.[\w-]+\.[\w-]+", "<token>"),
    (r"date: .*", "date: <date>"),
]


LEFT_OUT = "…"


def same_every_time(text: str) -> str:
    for pattern, name in VARYING:
        text = re.sub(pattern, name, text)
    return text


def shows(shown: str, came: str) -> bool:
    """Whether that is what came, but for what differs from run to run and what is left out of a line."""
    kept = [re.escape(part) for part in same_every_time(shown).split(LEFT_OUT)]
    return re.fullmatch(".*".join(kept), same_every_time(came)) is not None


def steps(block: str) -> list[tuple[str, str]]:
    """The commands of a session, each with the output that is shown."""
    found: list[tuple[str, str]] = []
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        end = next(index for index, line in enumerate(lines) if not line.endswith("\\")) + 1
        found.append(("\n".join(lines[:end]), "\n".join(lines[end:]).strip()))
    return found


def session(name: str, page: str = README) -> list[tuple[str, str]]:
    """The steps of the session that the comment `<!-- session: name -->` announces."""
    _, _, rest = page.partition(f"<!-- session: {name} -->")
    match = BLOCK.search(rest)
    assert match, f"the page has no session {name}"
    return steps(match.group(1))


def play(commands: list[tuple[str, str]], url: str) -> list[tuple[str, str, str]]:
    """Run the commands in one shell; each with the output that is shown and that came."""
    marked = "\n".join(f"{command}\nprintf '\\n--8<--\\n'" for command, _ in commands)
    script = marked.replace("http://localhost:2212", url).replace("localhost:2212", url)
    done = subprocess.run(["bash"], input=script, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    outputs = [part.strip() for part in done.stdout.replace("\r", "").split("--8<--")]
    return [(command, shown, came) for (command, shown), came in zip(commands, outputs, strict=False)]


def test_the_curl_session_prints_what_the_readme_shows() -> None:
    with serving("--port", "0") as server:
        for command, shown, came in play(session("curl"), server.url):
            assert shows(shown, came), (command, came)


def test_the_session_of_the_page_on_state_prints_what_it_shows() -> None:
    page = (ROOT / "docs" / "state.md").read_text("utf-8")
    with serving("--port", "0") as server:
        for command, shown, came in play(session("state", page), server.url):
            assert came == shown, command


def test_a_restart_shows_the_seed_again() -> None:
    seeded = "/api/lead-management/69f46b906f0be283d47ae916"
    answers = []
    for _ in range(2):
        with serving("--port", "0", "--seed", "1") as server:
            commands = [(command, shown) for command, shown in session("curl")]
            (*_, (_, _, came)) = play([commands[0], (f'curl -s {server.url}{seeded} -H "$AUTH"', "")], server.url)
            play(commands, server.url)
            answers.append(came)
    assert answers[0] == answers[1]
    assert "Website Inquiries" in answers[0]


@pytest.mark.parametrize("file", sorted({*re.findall(r"\]\(([\w./-]+)\)", README)}))
def test_what_the_readme_links_to_is_there(file: str) -> None:
    assert (ROOT / file).exists()


def test_every_command_and_option_is_documented() -> None:
    from specdouble.cli import main

    listed = (ROOT / "docs" / "commands.md").read_text("utf-8")
    documents = README + "".join(file.read_text("utf-8") for file in (ROOT / "docs").glob("*.md"))
    for name, command in main.commands.items():
        assert f"specdouble {name}" in listed, name
        for option in command.params:
            long = next((one for one in option.opts if one.startswith("--")), None)
            if long and long != "--help":
                assert long in documents, f"{name} {long}"


def test_the_first_command_stands_within_the_first_ten_lines() -> None:
    assert any(line.startswith(("$ ", "    make", "make serve")) for line in README.splitlines()[:10])


def test_the_yaml_of_the_readme_stands_in_the_contract_that_init_begins_with() -> None:
    contract = {line.strip() for line in template("openapi.yaml").splitlines()}
    (rule,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert {line.strip() for line in rule.splitlines()} <= contract


def test_the_first_test_of_the_page_on_pytest_passes(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "pytest.md").read_text("utf-8")
    first = page.partition("```python\n")[2].partition("```")[0]
    (tmp_path / "pytest.ini").write_text(f"[pytest]\ndouble_contract = {ROOT}\n")
    (tmp_path / "test_page.py").write_text(first)
    command = [sys.executable, "-m", "pytest", "-p", "specdouble.pytest_plugin", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert "1 passed" in done.stdout, done.stdout
