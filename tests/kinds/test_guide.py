"""The kind that `docs/kinds.md` adds is whole as it stands there: it touches its folder and the list alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "kinds.md").read_text("utf-8")
FILES = ("rule", "keep", "attack", "faults")

# Another process: in this one the kinds are gathered already.
TRIED = """
import json, sys
from dataclasses import replace
from pathlib import Path

import specdouble.rules as rules

folder = Path(sys.argv[1])
rules.__path__.append(str(folder))
rules.KINDS = (*rules.KINDS, "increases")

from specdouble.prove.bench import Bench, Options

bench = Bench(Options(folder / "openapi.yaml", seed=1))
about = replace(bench.settings, rules=("increases:meters.reading",), phases=("rules",))
mutants = {key: one for key, one in bench.mutants.items() if key.startswith("increases.")}
print(json.dumps({
    "without a fault": {key: row.state for key, row in bench.verified(lambda made: made, about).rows.items()},
    "killed": {key: [*bench.verified(one.change, about).broken] for key, one in mutants.items()},
}))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("guide")
    (folder / "increases").mkdir()
    (folder / "increases" / "__init__.py").touch()
    for name, code in zip(FILES, re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL), strict=True):
        (folder / "increases" / f"{name}.py").write_text(code, "utf-8")
    contract = re.search(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert contract is not None
    (folder / "openapi.yaml").write_text(contract[1], "utf-8")
    run = subprocess.run(
        [sys.executable, "-c", TRIED, str(folder)], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.slow
def test_the_double_keeps_the_new_kind(told: Any) -> None:
    assert told["without a fault"] == {"increases:meters.reading": "kept"}


@pytest.mark.slow
def test_the_verifier_finds_each_fault_of_the_new_kind(told: Any) -> None:
    assert len(told["killed"]) == 3
    assert set(map(tuple, told["killed"].values())) == {("increases:meters.reading",)}
