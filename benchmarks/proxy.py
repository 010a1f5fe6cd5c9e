"""What the proxy adds to a request: `python -m benchmarks.proxy`.

The root project's double stands for the backend. The same request is sent to it straight and through the proxy, by
turns, over one connection each, so that what else runs on the machine slows both alike.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import httpx

ROOT = Path(__file__).parent.parent
PATH = "/api/lead-management"
BODY = {"initialStage": "New Lead", "defaultProcess": "64eea1110000000000000001"}
WARM = 50


@contextmanager
def serving(*arguments: str) -> Iterator[str]:
    """A command of specdouble that serves; gives its address."""
    command = [sys.executable, "-m", "specdouble", *arguments, "--port", "0", "--quiet"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    words = process.stdout.readline().replace(",", " ").split()
    try:
        yield next(word for word in words if word.startswith("http://127.0.0.1"))
    finally:
        process.terminate()
        process.wait(30)


def measured(clients: list[httpx.Client], method: str, body: dict[str, str], requests: int) -> list[list[float]]:
    """How long each request takes by each client, in milliseconds, the shortest first."""
    times: list[list[float]] = [[] for _ in clients]
    for number in range(WARM + requests):
        for client, taken in zip(clients, times, strict=True):
            sent = {**body, "configurationName": f"{number} {id(client)}"} if body else None
            begun = perf_counter()
            client.request(method, PATH, json=sent)
            taken.append((perf_counter() - begun) * 1000)
    return [sorted(taken[WARM:]) for taken in times]  # connections and caches are there by then


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.proxy", description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    requests = parser.parse_args().requests
    with serving("serve", "--no-auth", "ada@tether.example") as backend, serving("proxy", "--url", backend) as proxy:
        clients = [httpx.Client(base_url=url, timeout=30) for url in (backend, proxy)]
        for method, body in (("GET", {}), ("POST", BODY)):
            straight, through = measured(clients, method, body, requests)
            middle, late = statistics.median(straight), int(requests * 0.95)
            added, at_worst = statistics.median(through) - middle, through[late] - straight[late]
            print(f"{method:5} median {middle:.2f} ms straight, {added:+.2f} ms by the proxy; 95 % {at_worst:+.2f} ms")


if __name__ == "__main__":
    main()
