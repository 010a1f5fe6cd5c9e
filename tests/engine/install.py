"""Brings engines into `.servers/`: `python -m tests.engine.install` builds FerretDB 1, where Go is installed.

`python -m tests.engine.install java` brings mongo-java-server, where Java and Maven are.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.engine.engines import FERRETDB, JARS

VERSION = "v1.24.2"
MODULE = "github.com/FerretDB/FerretDB"
_PROJECT = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>installs</groupId><artifactId>installs</artifactId><version>1</version>
<dependencies><dependency>
<groupId>de.bwaldvogel</groupId><artifactId>mongo-java-server</artifactId><version>1.47.0</version>
</dependency></dependencies></project>
"""


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


def install_java() -> str | None:
    """Bring it, and what it needs; gives why it cannot be had, or None."""
    if JARS.exists():
        return None
    if shutil.which("mvn") is None:
        return "Maven is not installed"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pom.xml").write_text(_PROJECT)
        command = ["mvn", "-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        if done.returncode:
            return done.stdout.decode(errors="replace").strip()[-300:]
        JARS.parent.mkdir(exist_ok=True)
        shutil.copytree(Path(folder, "jars"), JARS)
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
    name, place, bring = "FerretDB", FERRETDB, install
    if "java" in sys.argv[1:]:
        name, place, bring = "mongo-java-server", JARS, install_java
    reason = bring()
    print(f"{name} is not installed: {reason}" if reason else f"{name} is in {place}")
    sys.exit(reason is not None)
