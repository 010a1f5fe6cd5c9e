"""Plain Schemathesis, with all its phases and checks, finds nothing on the double."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import serving

ROOT = Path(__file__).parent.parent.parent
# The seed, and how many random cases an operation gets in each phase.
RUNS = [pytest.param(n, 100, id=f"seed {n}", marks=pytest.mark.slow) for n in (1, 2, 3)]


@pytest.mark.parametrize(("seed", "examples"), RUNS)
def test_plain_schemathesis_finds_nothing(seed: int, examples: int, tmp_path: Path) -> None:
    token = Double(Settings(ROOT)).token("ada@tether.example")
    with serving(Settings(ROOT)) as url:
        command = [sys.executable, "-m", "schemathesis.cli", "run", str(ROOT / "openapi.yaml"), "--url", url]
        options = ["-H", f"Authorization: Bearer {token}", "--seed", str(seed), "--no-color"]
        options += ["--max-examples", str(examples)]
        # Rules refuse what a schema alone lets through: that is what `specdouble verify` knows.
        options += ["--exclude-checks", "positive_data_acceptance"]
        done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    generated, passed = re.search(r"(\d+) generated, (\d+) passed", done.stdout).groups()  # type: ignore[union-attr]
    assert int(generated) == int(passed) > 500
