"""Builds FerretDB 1 into `.servers/`, where Go is installed: `python -m tests.engine.install`."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.engine.engines import FERRETDB

VERSION = "v1.24.2"
MODULE = "github.com/FerretDB/FerretDB"


def install() -> str | None:
    """Build it; gives why it cannot be had, or None."""
    if FERRETDB.exists():
        return None
    if shutil.which("go") is None:
        return "Go is not installed"
    with tempfile.TemporaryDirectory() as folder:
        try:
            source = _source(Path(folder))
            FERRETDB.parent.mkdir(exist_ok=True)
            _go(source, "build", "-o", str(FERRETDB), "./cmd/ferretdb")
        except subprocess.CalledProcessError as error:
            return f"{' '.join(error.cmd)}: {error.stderr.decode(errors='replace').strip()[-300:]}"
    return None


def _source(folder: Path) -> Path:
    """A copy of the module that knows its version: as `go install` builds it, it ends at once for want of one."""
    (folder / "go.mod").write_text("module installs\n")
    cached = _go(folder, "mod", "download", "-json", f"{MODULE}@{VERSION}")
    place = next(line for line in cached.splitlines() if '"Dir"' in line).split('"')[3]
    source = folder / "ferretdb"
    shutil.copytree(place, source)
    for path in [source, *source.rglob("*")]:
        path.chmod(0o755)
    (source / "build/version/version.txt").write_text(f"{VERSION}\n")
    return source


def _go(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["go", *arguments], cwd=folder, check=True, capture_output=True)
    return done.stdout.decode()


if __name__ == "__main__":
    reason = install()
    print("FerretDB is not installed: " + reason if reason else f"FerretDB is in {FERRETDB}")
    sys.exit(reason is not None)
