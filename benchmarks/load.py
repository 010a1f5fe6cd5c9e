"""The load: raw requests on keep-alive connections, from a process of its own so that it slows no server down.

It reads jobs as lines of JSON and answers each with a line. A request is sent as it was built; where it contains
`FRESH`, each one sent gets another number in its place; where it contains `CHOSEN`, one of the job's values.
"""

from __future__ import annotations

import itertools
import json
import selectors
import socket
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

FRESH = b"FRESH-NUMBER"
CHOSEN = b"CHOSEN-VALUE"
PATIENCE = 60
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True, slots=True)
class Job:
    """What to send.

    Args:
        port: of the server, on this machine.
        request: the whole request.
        seconds: for how long.
        most: after how many answers to stop.
        connections: how many requests are under way at a time.
        sleeps: whether the client leaves its core to the servers while it waits.
        drains: whether what was sent within the time is waited for, and counts: else a slow server, which has the most
            under way, would be told slower than it is, and would go on with that during the next job.
        chosen: the values that stand in the request by turns.
    """

    port: int
    request: str
    seconds: float
    most: int = 1_000_000
    connections: int = 16
    sleeps: bool = False
    drains: bool = False
    chosen: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """What came back; latencies in milliseconds."""

    rate: float
    p50: float
    p95: float
    p99: float
    statuses: dict[str, int]


class _Connection:
    """One connection, on which one request at a time is under way."""

    __slots__ = ("received", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.received = b""
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def answered(self) -> bool:
        """Read what has come; whether the answer is whole."""
        chunk = self.socket.recv(1 << 20)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self.received = self.received + chunk if self.received else chunk
        return is_whole(self.received)


def is_whole(answer: bytes) -> bool:
    """Whether the bytes are an answer from its status line to its last byte."""
    head = answer.find(_END)
    if head < 0:
        return False
    at = answer.find(_LENGTH, 0, head)
    if at < 0:
        lowered = answer[:head].lower()
        if b"transfer-encoding: chunked" in lowered:
            return answer.endswith(b"0" + _END)
        at = lowered.find(_LENGTH)
        if at < 0:
            return True  # 204
    end = answer.find(b"\r", at)
    return len(answer) >= head + 4 + int(answer[at + 15 : end])


def requests_of(request: bytes, chosen: Sequence[str] = ()) -> Iterator[bytes]:
    """The request over and over, each with a number of its own where it asks for one, or the values by turns."""
    if CHOSEN in request:
        return itertools.cycle([request.replace(CHOSEN, value.encode()) for value in chosen])
    if FRESH not in request:
        return itertools.repeat(request)
    before, _, after = request.partition(FRESH)
    # No request takes less than a microsecond: the numbers of a later run begin where no earlier one has been.
    first = time.time_ns() // 1000 % 10**12
    return (b"%s%012d%s" % (before, number % 10**12, after) for number in itertools.count(first))


def run(job: Job) -> Load:
    """Send the job's request as often as its time allows."""
    with selectors.DefaultSelector() as selector:
        requests = requests_of(job.request.encode("latin-1"), job.chosen)
        connections = [_Connection(job.port) for _ in range(job.connections)]
        try:
            return _measured(job, requests, connections, selector)
        finally:
            for connection in connections:
                connection.socket.close()


def _measured(
    job: Job, requests: Iterator[bytes], connections: list[_Connection], selector: selectors.BaseSelector
) -> Load:
    latencies: list[float] = []
    statuses: Counter[bytes] = Counter()
    started = time.perf_counter()
    for connection in connections:
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.send(next(requests))
    under_way = len(connections)
    while (now := time.perf_counter()) - started < job.seconds or len(latencies) < 2 or (job.drains and under_way):
        if len(latencies) >= job.most or now - started > job.seconds + PATIENCE:
            break
        # Never asleep where it has a core: a server must not pay for waking its client, the slower ones the more.
        for key, _ in selector.select(0.1 if job.sleeps else 0):
            connection = key.data
            if connection.answered():
                latencies.append(time.perf_counter() - connection.sent_at)
                statuses[connection.received[9:12]] += 1
                if job.drains and now - started >= job.seconds:
                    under_way -= 1
                else:
                    connection.send(next(requests))
    return _load(latencies, now - started, statuses)


def _load(latencies: list[float], seconds: float, statuses: Counter[bytes]) -> Load:
    if len(latencies) < 2:
        raise TimeoutError(f"{len(latencies)} answers in {seconds:.0f} seconds")
    percentiles = statistics.quantiles(latencies, n=100, method="inclusive")
    p50, p95, p99 = (percentiles[at - 1] * 1000 for at in (50, 95, 99))
    told = {status.decode(): count for status, count in statuses.items()}
    return Load(len(latencies) / seconds, p50, p95, p99, told)


def main() -> None:
    """Answer jobs until there are no more."""
    for line in sys.stdin:
        told: dict[str, Any] = asdict(run(Job(**json.loads(line))))
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
