"""Memory over time under a million requests to ten thousand worlds: `python -m benchmarks.soak`.

A server of its own, asked over a few sockets that stay open. It prints what came back, writes `soak.json` and
`soak.svg` beside this file, and exits 1 where the memory passes the ceiling, still grows in the last quarter, or an
answer is none that was asked for. `--requests N` is a shorter run, and writes nothing.

A world holds what its clients store: here some fifteen documents, and in each fiftieth world one of 1 MiB. So the
ceiling is that of this load, with the 1,000 worlds that are kept by default.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import select
import shutil
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NamedTuple

from benchmarks import contender as contenders
from benchmarks import plot
from benchmarks.contender import Contender

REQUESTS, WORLDS = 1_000_000, 10_000
CEILING = 192  # MiB
GROWTH = 1.05  # of the memory in the last quarter: 40 bytes that each request leaves behind are more
CONNECTIONS = 4
MEBIBYTE = 1 << 20

_FOLDER = Path(__file__).parent
_PROJECT = _FOLDER.parent / "tests" / "hostile" / "project"
_FIRST = "/items/000000000000000000000001"
_JSON = "application/json"
_LISTED = 2000  # documents of the world whose list is large
_LARGE, _LARGEST = 50, 1000  # after so many bursts comes what is large, and what takes longest
_EXPECTED = {200, 201, 204, 400, 404, 409, 410, 422}
_END = b"\r\n\r\n"
_LENGTH = b"content-length:"

Burst = list[bytes]


class Sample(NamedTuple):
    """The memory of the server after so many requests, in MiB, and the seconds since the first one."""

    requests: int
    seconds: float
    mebibytes: float


def request(world: str, method: str, target: str, body: bytes = b"", content_type: str = _JSON) -> bytes:
    """The bytes of a request to a world."""
    head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Specdouble-World: {world}\r\n"
    if body:
        head += f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


def ordinary(world: str, number: int) -> Burst:
    """Fifty requests: half of them read, a third write, the others are refused."""
    name = f"item {number}"
    part = f'--cut\r\nContent-Disposition: form-data; name="name"\r\n\r\nparted {name}\r\n--cut--\r\n'.encode()
    reads = [request(world, "GET", _FIRST)] * 7 + [request(world, "GET", "/items?limit=5&sort=-name")]
    created = [request(world, "POST", "/items", _item(f"{name} {index}")) for index in range(10)]
    others = [
        request(world, "POST", "/items", f"name=formed+{number}".encode(), "application/x-www-form-urlencoded"),
        request(world, "POST", "/items", part, "multipart/form-data; boundary=cut"),
        request(world, "POST", "/items", f"<Item><name>{name}</name></Item>".encode(), "application/xml"),
        request(world, "PUT", _FIRST, _item(f"put {name}")),
        request(world, "PATCH", _FIRST, b'{"number": %d}' % number, "application/merge-patch+json"),
        request(world, "DELETE", "/items/none"),
    ]
    refused = [
        request(world, "POST", "/items", _item(f"{name} 0")),
        request(world, "POST", "/items", b'{"name": 5, "tags": [1, 2, 3]}'),
        request(world, "POST", "/items", b'{"name": "cut'),
        request(world, "GET", f"/items/{number}"),
        request(world, "GET", f"/nothing/{number}"),
    ]
    return [*reads, *created, *others, *refused, *reads * 2, *refused]


def large(world: str, number: int) -> Iterator[bytes]:
    """A long list and 1 MiB that is stored; at times 1 MiB that has faults by the thousand, and the whole journal."""
    room = MEBIBYTE - 1024  # the limit of a body, without what stands around the text
    yield request("default", "GET", "/items")
    yield request(world, "POST", "/items", _item(f"large {number}", "x" * room))
    if number % _LARGEST == 0:
        yield request(world, "POST", "/items", b'{"name": "many", "tags": [%s1]}' % (b"1," * (room // 2)))
        yield request(world, "GET", "/_specdouble/journal")


def bursts() -> Iterator[Burst]:
    """What is sent at once, on one connection, without an end; each world is come back to when it has left."""
    for number in count():
        world = f"world-{number % WORLDS}"
        yield ordinary(world, number)
        if number % _LARGE == 0:
            for one in large(world, number):
                yield [one]


def _item(name: str, text: str = "some text") -> bytes:
    return json.dumps({"name": name, "number": 1.5, "tags": ["a", "b"], "extra": {"text": text}}).encode()


class Connection:
    """A socket that stays open, and is opened anew where the server has closed it in a pause (RFC 9112, 9.3)."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._received = bytearray()
        self._open()

    def _open(self) -> None:
        self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, burst: Burst) -> None:
        """Send requests one behind the other, without waiting (RFC 9112, section 9.3.2)."""
        is_closed = bool(select.select([self._socket], [], [], 0)[0])  # all was read: what is left is the end
        if is_closed:
            self._socket.close()
            self._open()
        self._socket.sendall(b"".join(burst))

    def statuses(self, answers: int) -> Iterator[int]:
        """The status of each of so many answers."""
        at = 0
        for _ in range(answers):
            head = self._until(at)
            yield int(self._received[at + 9 : at + 12])
            at = self._end(at, head)
        del self._received[:at]

    def _until(self, at: int) -> int:
        """Where the head of the answer that begins there ends."""
        while (end := self._received.find(_END, at)) < 0:
            self._receive()
        return end + len(_END)

    def _end(self, at: int, head: int) -> int:
        """Where the answer ends; one without a length has no body (204)."""
        length = self._received.find(_LENGTH, at, head)
        if length < 0:
            return head
        end = head + int(self._received[length + len(_LENGTH) : self._received.find(b"\r", length)])
        while len(self._received) < end:
            self._receive()
        return end

    def _receive(self) -> None:
        chunk = self._socket.recv(MEBIBYTE)
        if not chunk:
            raise ConnectionError("the server closed the connection")
        self._received += chunk


def soak(server: Contender, requests: int) -> tuple[list[Sample], Counter[int]]:
    """Send so many requests; the memory meanwhile, and how often each status came back."""
    connections = [Connection(server.port) for _ in range(CONNECTIONS)]
    waiting, statuses = bursts(), Counter[int]()
    samples, started, sent = [Sample(0, 0.0, server.mebibytes)], time.perf_counter(), 0
    every = max(1, requests // 200)
    while sent < requests:
        sending = [(connection, next(waiting)) for connection in connections]
        for connection, burst in sending:
            connection.send(burst)
        for connection, burst in sending:
            statuses.update(connection.statuses(len(burst)))
            sent += len(burst)
        if sent // every > samples[-1].requests // every:
            samples.append(Sample(sent, time.perf_counter() - started, server.mebibytes))
    return samples, statuses


def grown(samples: list[Sample]) -> float:
    """How much more memory there is at the end than before the last quarter, when all that is bounded is full."""
    return samples[-1].mebibytes / samples[-len(samples) // 4].mebibytes


def faults(samples: list[Sample], statuses: Counter[int], peak: float) -> list[str]:
    """What is not as it should be."""
    found = []
    if peak > CEILING:
        found.append(f"the memory passed the ceiling of {CEILING} MiB")
    if samples[-1].requests >= REQUESTS and grown(samples) > GROWTH:
        found.append(f"the memory grows: {grown(samples):.2f} times, and {GROWTH} is allowed")
    odd = sorted(set(statuses) - _EXPECTED)
    if odd:
        found.append(f"answers that nobody asked for: {odd}")
    return found


def peak(server: Contender) -> float:
    """The most memory that the server has ever had, in MiB."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _seeded(folder: Path) -> Path:
    """The project of every entrance, with a document that each world has."""
    project = shutil.copytree(_PROJECT, folder / "project")
    (project / "mock_data").mkdir(exist_ok=True)
    (project / "mock_data" / "items.json").write_text(json.dumps([{"id": _FIRST.rpartition("/")[2], "name": "first"}]))
    return project


def main() -> int:
    """Run, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--requests", type=int, default=REQUESTS, metavar="N")
    requests = parser.parse_args().requests
    with contextlib.ExitStack() as stack:
        server = contenders.double(stack, _seeded(Path(stack.enter_context(tempfile.TemporaryDirectory()))))
        listed = Connection(server.port)
        for number in range(_LISTED):
            listed.send([request("default", "POST", "/items", _item(f"listed {number}"))])
            assert list(listed.statuses(1)) == [201]
        samples, statuses = soak(server, requests)
        most = peak(server)
    last = samples[-1]
    told = ", ".join(f"{times:,} x {status}" for status, times in sorted(statuses.items()))
    print(f"{last.requests:,} requests in {last.seconds:.0f} s: {told}")
    print(f"{samples[0].mebibytes:.0f} MiB before, {last.mebibytes:.0f} at the end, {most:.0f} at most of {CEILING}")
    print(f"{grown(samples):.3f} times the memory at the end as before the last quarter")
    if requests == REQUESTS:
        result = {"ceiling": CEILING, "peak": most, "statuses": dict(sorted(statuses.items())), "samples": samples}
        (_FOLDER / "soak.json").write_text(json.dumps(result) + "\n", "utf-8")
        points = [(sample.requests, sample.mebibytes) for sample in samples]
        (_FOLDER / "soak.svg").write_text(plot.curve(points, CEILING), "utf-8")
    found = faults(samples, statuses, most)
    for fault in found:
        print(f"FAULT: {fault}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
