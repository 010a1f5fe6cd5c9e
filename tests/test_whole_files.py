"""What is written is written whole or not at all."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from specdouble.whole_files import all_or_none, write_whole
from tests.test_imports import MODULES

# What nobody reads while it is written, or what is gone with the process.
ELSEWHERE = {
    "specdouble.discover.discovery", "specdouble.discover.loop", "specdouble.discover.supposition",
    "specdouble.double.state.secret", "specdouble.double.state.signing_keys", "specdouble.pytest_plugin",
    "specdouble.verify.ledger", "specdouble.verify.report.scripts",
}  # fmt: skip


def test_a_file_keeps_its_mode_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("before")
    (tmp_path / "kept.txt").chmod(0o640)
    (tmp_path / "link.txt").symlink_to("kept.txt")
    write_whole(tmp_path / "link.txt", "after\r\n")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "kept.txt").read_bytes() == b"after\r\n"
    assert (tmp_path / "kept.txt").stat().st_mode & 0o777 == 0o640


def test_what_cannot_be_written_leaves_what_was_there_and_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "kept.txt", "\ud800")
    with pytest.raises(OSError, match="too long"):
        write_whole(tmp_path / ("x" * 300), "text")
    assert [file.name for file in tmp_path.iterdir()] == ["kept.txt"]
    assert (tmp_path / "kept.txt").read_text() == "before"


def test_what_is_no_file_is_written_to_as_it_is() -> None:
    reading, writing = os.pipe()
    write_whole(Path(f"/dev/fd/{writing}"), "text")
    os.close(writing)
    with open(reading) as pipe:  # noqa: PTH123 - a descriptor has no path
        assert pipe.read() == "text"


def test_of_several_files_all_are_written_or_none_and_no_folder_is_left(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("before")
    with pytest.raises(FileExistsError):
        _write([tmp_path / "kept.txt", tmp_path / "new" / "deep" / "file.txt", tmp_path / "kept.txt" / "in a file"])
    assert [file.name for file in tmp_path.iterdir()] == ["kept.txt"]
    assert (tmp_path / "kept.txt").read_text() == "before"


# Writes a file, and dies of it after so many bytes, or as it is about to rename it, or to do anything else with files.
KILLED = """
import os, resource, signal, sys
from pathlib import Path

from specdouble.whole_files import write_whole

left, most = map(int, sys.argv[2:])


def kill(event, _arguments):
    global left
    if event == "open" or event.startswith("os."):
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
sys.addaudithook(kill)
write_whole(Path(sys.argv[1]), "after " * 1000)
"""
DEATHS = {"in the middle": (0, 3000), "before it begins": (1, 10**6), "before it is renamed": (3, 10**6)}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
@pytest.mark.parametrize(("event", "most"), DEATHS.values(), ids=DEATHS)
def test_whoever_is_killed_while_it_writes_leaves_the_file_as_it_was(tmp_path: Path, event: int, most: int) -> None:
    file = tmp_path / "file.txt"
    file.write_text("before")
    done = subprocess.run([sys.executable, "-c", KILLED, file, str(event), str(most)], check=False)
    assert done.returncode in (-signal.SIGKILL, -signal.SIGXFSZ)
    assert file.read_text() == "before"


def _write(places: list[Path]) -> None:
    with all_or_none() as files:
        for file in places:
            files.write(file, "after")


def test_commands_write_files_in_this_one_way() -> None:
    writing = {
        module
        for module, file in MODULES.items()
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("write_text", "write_bytes")
    }
    assert writing - {"specdouble.whole_files"} <= ELSEWHERE
