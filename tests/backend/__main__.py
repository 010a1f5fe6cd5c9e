"""Serve the backend as a process: python -m tests.backend --port 0 --fault NAME."""

import argparse
import time

from .faults import FAULTS
from .server import Backend


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.backend", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--delay", type=float, default=0, help="seconds a request")
    parser.add_argument("--fault", action="append", default=[], choices=sorted(FAULTS))
    options = parser.parse_args()
    with Backend(options.fault, delay=options.delay, port=options.port) as backend:
        print(backend.url, flush=True)
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
