"""The state judge beside other mock servers: the double, Prism, Mockoon and Scalar's, on the same public contracts.

    python -m benchmarks.others                 30 of the corpus, and `others.json` beside this file

The others come from npm, and are installed at first use into `benchmarks/.others`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from benchmarks.contender import free_port, ordinary, python
from benchmarks.corpus import corpus, drawn
from benchmarks.judge.contract import Described
from benchmarks.judge.cycle import Judge, judged, load

FOLDER = Path(__file__).parent
TOOLS = FOLDER / ".others"
COUNT, SEED = 30, 30
PATIENCE = 60
LARGEST = 1_000_000  # bytes
_SCALAR = """
import { serve } from '@hono/node-server'
import { createMockServer } from '@scalar/mock-server'
import { readFileSync } from 'node:fs'
const document = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const app = await createMockServer({ document, specification: document })
serve({ fetch: app.fetch, port: Number(process.argv[3]), hostname: '127.0.0.1' })
"""


def commands(file: Path, port: int) -> dict[str, tuple[list[str], bool]]:
    """How each server is started, and whether it serves under the base path of the contract."""
    programs = TOOLS / "node_modules" / ".bin"
    double = f"from specdouble.cli import main; main(['serve', {str(file)!r}, '--port', '{port}'])"
    mockoon = ["start", "--data", str(file), "--port", str(port), "--disable-log-to-file", "--disable-admin-api"]
    return {
        "specdouble": (python("-c", double), True),
        "Prism": ([str(programs / "prism"), "mock", str(file), "-p", str(port), "-h", "127.0.0.1"], False),
        "Mockoon": ([str(programs / "mockoon-cli"), *mockoon], True),
        "Scalar": (["node", str(TOOLS / "scalar.mjs"), str(file), str(port)], False),
    }


def install() -> None:
    """Bring the others, where they are not yet."""
    if not (TOOLS / "node_modules").is_dir():
        TOOLS.mkdir(exist_ok=True)
        packages = ["@stoplight/prism-cli", "@mockoon/cli", "@scalar/mock-server", "@hono/node-server"]
        subprocess.run(["npm", "install", "--prefix", str(TOOLS), "--no-fund", "--no-audit", *packages], check=True)
    (TOOLS / "scalar.mjs").write_text(_SCALAR)


@contextlib.contextmanager
def served(command: list[str], port: int) -> Iterator[bool]:
    """A server, once it listens; False where it does not in time."""
    nowhere: Any = subprocess.DEVNULL
    with subprocess.Popen(command, env=ordinary({}), stdout=nowhere, stderr=nowhere) as process:
        try:
            yield _listens(process, port)
        finally:
            process.kill()


def _listens(process: subprocess.Popen[bytes], port: int) -> bool:
    started = time.monotonic()
    while process.poll() is None and time.monotonic() < started + PATIENCE:
        with contextlib.suppress(httpx.TransportError):
            httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
            return True
        time.sleep(0.1)
    return False


def judge_all(files: list[Path]) -> dict[str, Counter[str]]:
    """The verdicts of each server over the contracts, with `starts` and `contracts`."""
    found: dict[str, Counter[str]] = {}
    for file in files:
        data = load(file)
        for name in commands(file, 0):
            port = free_port()
            command, has_base = commands(file, port)[name]
            sums = found.setdefault(name, Counter())
            sums["contracts"] += 1
            with served(command, port) as is_up:
                if not is_up:
                    continue
                sums["starts"] += 1
                with contextlib.suppress(httpx.TransportError):
                    cycles = judged(data, f"http://127.0.0.1:{port}", base=None if has_base else "")
                    sums.update(f"{one.kind} {one.verdict}" for one in cycles)
                    sums["answers that break the contract"] += sum(len(one.wrong) for one in cycles)
        told = ", ".join(f"{name} {sums['collection whole']}" for name, sums in found.items())
        print(f"{file.name}: whole so far: {told}", flush=True)
        _write(found)  # after each: it takes long, and what is known is worth keeping
    return found


def _write(found: dict[str, Counter[str]]) -> None:
    told = {name: dict(sums) for name, sums in found.items()}
    (FOLDER / "others.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


def main() -> None:
    """Judge, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT, help="how many contracts are drawn, of those with a cycle")
    parser.add_argument("--seed", type=int, default=SEED, help="another one draws others")
    options = parser.parse_args()
    install()
    files = [file for file in drawn(corpus(), options.count * 4, options.seed) if _has_cycle(file)][: options.count]
    found = {name: dict(sums) for name, sums in judge_all([file.resolve() for file in files]).items()}
    print(json.dumps(found, indent=1))


def _has_cycle(file: Path) -> bool:
    if file.stat().st_size > LARGEST:
        return False
    described = Described(load(file))
    with httpx.Client() as client:
        judge = Judge(described, client, random.Random(0))
        return any(judge.makes_cycle(path) for path in described.paths)


if __name__ == "__main__":
    main()
