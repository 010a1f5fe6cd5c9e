"""A front-end of Vite and openapi-fetch as the documentation has it: eight browsers at once, each test in a world."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from specdouble.testing import DoubleClient

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "frontend.md"
CHROMIUM, NPM = shutil.which("chromium"), shutil.which("npm")
_FILE = re.compile(r"^`([\w./]+)`[^\n]*(?:\n[^\n`#]+)*\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(NPM is None or CHROMIUM is None, reason="npm or Chromium is not installed"),
]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The front-end of the documentation, with what it needs installed."""
    folder = tmp_path_factory.mktemp("project") / "web"
    (folder / "src").mkdir(parents=True)
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "openapi.yaml", folder.parent)
    for name, text in _FILE.findall(PAGE.read_text("utf-8")):
        (folder / name).write_text(text, "utf-8")
    assert NPM is not None
    install = [NPM, "install", "--no-audit", "--no-fund", "--loglevel=error"]
    done = subprocess.run(install, cwd=folder, capture_output=True, timeout=300, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot install the front-end: {done.stderr.decode()[-200:]}")
    run(folder, NPM, "run", "types")
    return folder


@pytest.fixture
def url() -> Iterator[str]:
    with Server(Double(Settings(ROOT)), "127.0.0.1", 0, idle=60).running() as url:
        yield url.replace("127.0.0.1", "localhost")


def run(folder: Path, *command: str, expected: int = 0, **environment: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PATH": path, "CI": "1", "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == expected, (done.stdout + done.stderr)[-4000:]
    return done.stdout


def environment(url: str) -> Any:
    return {"VITE_API": url, "WEB": f"http://localhost:{free_port()}", "CHROMIUM": CHROMIUM or ""}


def free_port() -> str:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return str(listening.getsockname()[1])


def test_the_front_end_has_the_types_of_the_contract(web: Path) -> None:
    run(web, "npx", "tsc", "--noEmit")
    main = web / "src" / "main.ts"
    right = main.read_text("utf-8")
    main.write_text(right.replace("initialStage:", "initialStagge:"), "utf-8")
    assert "initialStage" in run(web, "npx", "tsc", "--noEmit", expected=2)
    main.write_text(right, "utf-8")


def test_eight_browsers_that_create_the_same_name_each_have_a_world(web: Path, url: str) -> None:
    printed = run(web, "npx", "playwright", "test", "--timeout", "180000", **environment(url))
    assert "Running 16 tests using 8 workers" in printed
    assert "16 passed" in printed
    double = DoubleClient(url)
    assert [one["name"] for one in double.control("GET", "worlds")] == ["default"]
    double.close()


def test_without_worlds_the_browsers_meet(web: Path, url: str) -> None:
    world = web / "tests" / "world.ts"
    right = world.read_text("utf-8")
    world.write_text(right.replace('use({ "X-Specdouble-World": world })', "use({})"), "utf-8")
    try:
        two = ["--grep", r"\((0|1)\)", "--workers", "1"]
        printed = run(web, "npx", "playwright", "test", *two, expected=1, **environment(url))
    finally:
        world.write_text(right, "utf-8")
    assert "2 failed" in printed  # the first finds nothing in the journal of its world, the second its name taken
    assert 'unexpected value "Refused"' in printed or 'Received string: "Refused"' in printed, printed


def test_vitest_has_a_world_for_each_test(web: Path, url: str) -> None:
    assert "20 passed" in run(web, "npx", "vitest", "run", VITE_API=url)
