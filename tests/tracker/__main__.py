"""Serve the tracker as a process: TRACKER_FAULTS=null_ignored python -m tests.tracker --port 0."""

import argparse
import os
import sys
import time

from .faults import FAULTS
from .server import Server


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.tracker", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    port = parser.parse_args().port
    faults = [name for name in os.environ.get("TRACKER_FAULTS", "").split(",") if name]
    unknown = [name for name in faults if name not in FAULTS]
    if unknown:
        sys.exit(f"there is no fault {unknown[0]}: tests/tracker/faults.py has them all")
    with Server(faults, port) as server:
        print(server.url, flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
