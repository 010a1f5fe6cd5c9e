"""The secret of a project's tokens: one, kept, and whole."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from specdouble.double.state.secret import secret_of

TELL = "import sys, pathlib; from specdouble.double.state.secret import secret_of; print(secret_of(pathlib.Path('.')))"


@pytest.fixture(autouse=True)
def _no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPECDOUBLE_SECRET", raising=False)


def kept(project: Path) -> Path:
    return project / ".specdouble" / "secret"


def test_the_secret_is_kept_in_a_file_that_git_ignores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert secret_of(tmp_path) == secret_of(tmp_path)
    assert len(secret_of(tmp_path)) == 64
    assert (tmp_path / ".specdouble" / ".gitignore").read_text() == "*\n"
    monkeypatch.setenv("SPECDOUBLE_SECRET", "from the environment")
    assert secret_of(tmp_path) == "from the environment"


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    secret_of(tmp_path)
    assert kept(tmp_path).stat().st_mode & 0o777 == 0o600
    kept(tmp_path).chmod(0o644)
    secret_of(tmp_path)
    assert kept(tmp_path).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "left", [b"", b"\n", b"0123456789", b"\xff\xfe" * 40], ids=["nothing", "line", "part", "bytes"]
)
def test_what_a_crash_left_is_made_anew(tmp_path: Path, left: bytes) -> None:
    kept(tmp_path).parent.mkdir()
    kept(tmp_path).write_bytes(left)
    secret = secret_of(tmp_path)
    assert (len(secret), kept(tmp_path).read_text()) == (64, secret)


def test_a_secret_of_the_users_own_stays(tmp_path: Path) -> None:
    kept(tmp_path).parent.mkdir()
    kept(tmp_path).write_text("a secret that somebody wrote by hand, long enough\n")
    assert secret_of(tmp_path) == "a secret that somebody wrote by hand, long enough"


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    kept(tmp_path).parent.mkdir()
    os.mkfifo(kept(tmp_path))
    assert secret_of(tmp_path) == kept(tmp_path).read_text()


def test_where_it_cannot_be_kept_a_warning_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", "specdouble")
    (tmp_path / ".specdouble").write_text("a file in the folder's place")
    assert len(secret_of(tmp_path)) == 64
    assert "cannot be written" in caplog.text
    assert "tokens are good until this process ends" in caplog.text


@pytest.mark.parametrize("left", [None, b"", b"cut"])
def test_all_that_start_at_once_have_one(tmp_path: Path, left: bytes | None) -> None:
    if left is not None:
        kept(tmp_path).parent.mkdir()
        kept(tmp_path).write_bytes(left)
    started = [
        subprocess.Popen([sys.executable, "-c", TELL], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
        for _ in range(6)
    ]
    told = {process.communicate(timeout=60)[0] for process in started}
    assert told == {kept(tmp_path).read_text() + "\n"}
    assert {file.name for file in kept(tmp_path).parent.iterdir()} <= {".gitignore", "secret", "secret.lock"}
