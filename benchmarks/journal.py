"""What the journal, with what each rule decided, costs of the throughput: `python -m benchmarks.journal`.

One double behind its socket answers the load of the other benchmarks with and without a journal by turns. What counts
is the processor time of a request, for a busy machine makes each wait; the median of the rounds is told.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
from typing import Any

from benchmarks import contender
from benchmarks.contender import ROOT
from benchmarks.kind import KINDS, raw
from specdouble.double.double import Double, Settings
from specdouble.double.server import Server, freeze

ROUNDS, SECONDS = 15, 0.3


def measure(rounds: int = ROUNDS) -> dict[str, tuple[float, float]]:
    """Microseconds of processor time of a request without a journal and with it, by what is asked."""
    double = Double(Settings(ROOT))
    token = double.token("ada@tether.example")
    assert token is not None
    server = Server(double, "127.0.0.1", 0)
    freeze()
    with server.running(), contender.client() as load:
        return {kind: _compare(server, load, raw(kind, token), rounds) for kind in KINDS}


def _compare(server: Server, load: subprocess.Popen[str], request: str, rounds: int) -> tuple[float, float]:
    _send(server, load, request)  # the operations are compiled with the first
    operations = server._operations
    assert operations is not None
    record = operations._record
    found: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for times, kept in zip(found, (lambda *_given: None, record), strict=True):
            operations._record = kept  # type: ignore[method-assign]
            times.append(_send(server, load, request))
    operations._record = record  # type: ignore[method-assign]
    server.double.reset()
    return statistics.median(found[0]), statistics.median(found[1])


def _send(server: Server, load: subprocess.Popen[str], request: str) -> float:
    """The processor time of each request, in microseconds: this process does nothing else."""
    assert load.stdin
    assert load.stdout
    job: dict[str, Any] = {"port": server.address.port, "request": request, "seconds": SECONDS, "most": 1_000_000}
    before = _processor_seconds()
    load.stdin.write(json.dumps(job) + "\n")
    load.stdin.flush()
    answers = sum(json.loads(load.stdout.readline())["statuses"].values())
    return (_processor_seconds() - before) / max(int(answers), 1) * 1e6


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Measure, and print."""
    ratios = []
    for kind, (without, with_it) in measure().items():
        ratios.append(with_it / without)
        print(f"{kind:20} {without:6.1f} us without, {with_it:6.1f} us with the journal: {ratios[-1] - 1:+.1%}")
    print(f"{'all kinds, median':20} {statistics.median(ratios) - 1:+.1%}")


if __name__ == "__main__":
    main()
