"""Install servers, or serve one to try it by hand."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from . import SERVERS


def install(names: Sequence[str]) -> int:
    """Install servers, and tell which could not be."""
    without = []
    for name in names:
        print(f"installing {name}", flush=True)
        try:
            SERVERS[name].install()
        except (subprocess.CalledProcessError, OSError) as error:
            without.append(name)
            print(f"not installed: {name}: {error}", file=sys.stderr)
    print(f"installed: {', '.join(name for name in names if name not in without) or 'none'}")
    if without:
        print(f"not installed, and their tests are skipped (see above): {', '.join(without)}")
    return 0


def serve(name: str) -> int:
    """Serve one with its documents of others until it is interrupted."""
    with tempfile.TemporaryDirectory() as folder, SERVERS[name].running(Path(folder)) as running:
        print(f"{name}: specdouble verify {running.folder} --url {running.url}", flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.abroad.servers", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    installing = commands.add_parser("install", help="install servers into .servers/")
    installing.add_argument("names", nargs="*", default=["all"], choices=[*SERVERS, "all"], metavar="NAME")
    serving = commands.add_parser("serve", help="serve one on loopback, and print how to verify it")
    serving.add_argument("name", choices=SERVERS, metavar="NAME")
    options = parser.parse_args()
    if options.command == "serve":
        return serve(options.name)
    return install(list(SERVERS) if "all" in options.names else options.names)


if __name__ == "__main__":
    sys.exit(main())
