"""What docs/overlays.md shows is what happens."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from specdouble.cli import main
from tests.conftest import ROOT

LEADS = Path(__file__).parent / "leads"
PAGE = (ROOT / "docs" / "overlays.md").read_text("utf-8")
STEP = re.compile(r"<!-- (fresh) -->|<!-- file: (\S+) -->\n```yaml\n(.*?)```|```console\n\$ (.*?)\n(.*?)```", re.DOTALL)


def fresh(folder: Path) -> None:
    """The contract as it is generated, and the seed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy(LEADS / "openapi.yaml", folder)
    shutil.copytree(LEADS / "mock_data", folder / "mock_data")


def test_the_sessions_of_the_page_print_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    played = 0
    for is_fresh, file, text, command, shown in STEP.findall(PAGE):
        if is_fresh or not folder.exists():
            fresh(folder)
        monkeypatch.chdir(folder)
        if file:
            (folder / file).write_text(text, "utf-8")
        elif command:
            done = CliRunner().invoke(main, command.split()[1:], prog_name="specdouble", terminal_width=80)
            assert done.output.strip() == shown.strip(), command
            played += 1
    assert played == 5


@pytest.mark.parametrize("link", sorted({*re.findall(r"\]\((?!http)([\w./-]+)\)", PAGE)}))
def test_what_the_page_links_to_is_there(link: str) -> None:
    assert (ROOT / "docs" / link).exists()
