"""An installation that cannot be had is told in the end, and goes where it was asked for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from .__main__ import install
from .conduit import Conduit
from .server import ROOT


def test_what_could_not_be_installed_is_the_last_that_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unreachable(_server: Conduit) -> None:
        raise subprocess.CalledProcessError(128, "git clone")

    monkeypatch.setattr(Conduit, "install", unreachable)
    install(["conduit"])
    told = capsys.readouterr().out.splitlines()[-1]
    assert told == "not installed, and their tests are skipped (see above): conduit"


def test_a_folder_of_servers_is_the_same_wherever_a_build_runs() -> None:
    script = "from tests.abroad.servers import SERVERS; print(SERVERS['conduit'].home)"
    around = {**os.environ, "SPECDOUBLE_SERVERS": "elsewhere"}
    command = [sys.executable, "-c", script]
    told = subprocess.run(command, env=around, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    assert told == str(ROOT / "elsewhere" / "conduit")
