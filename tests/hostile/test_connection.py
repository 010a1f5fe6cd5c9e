"""What a connection may ask of the server has limits, and both ways hold to them alike."""

from __future__ import annotations

import json
import socket
import time

import pytest

from specdouble.double.http.protocol import Limits
from specdouble.double.server import Server
from specdouble.double.state.masking import Masking
from tests.hostile.doubles import PATIENCE, AsgiServer, Running, comparable, request, running, statuses

LIMITS = Limits()
REFUSED = {
    "a long target": (414, request(target="/items?q=" + "a" * LIMITS.target)),
    "a target of a megabyte": (414, request(target="/" + "a" * 1024 * 1024)),
    "a long field": (431, request(fields={"X-Text": "a" * LIMITS.head})),
    "a field of a megabyte": (431, request(fields={"X-Text": "a" * 1024 * 1024})),
    "many fields": (431, request(fields={f"X-{number}": "a" for number in range(20_000)})),
    "a head without an end": (431, request(fields={"X-Text": "a" * 200_000})[:-4]),
    "no Host": (400, b"GET /items HTTP/1.1\r\n\r\n"),
    "two Hosts": (400, b"GET /items HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
    "a Host that is none": (400, request(fields={"Host": "a b"})),
    "a Host with a path": (400, request(fields={"Host": "x/y"})),
    "a target that is not encoded": (400, b"GET /items?q=\xc3\xbc HTTP/1.1\r\nHost: x\r\n\r\n"),
    "no HTTP": (400, b"\0\0\0\r\n\r\n"),
    "half a request": (400, request()[:-2]),
    "half a body": (400, request("POST", fields={"Content-Length": "100"}, body=b"{")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_request_beyond_the_limits_is_refused_alike_and_told_why(short: Running, asgi: Running, name: str) -> None:
    status, data = REFUSED[name]
    answers = [server.answers(data) for server in (short, asgi)]
    assert [statuses(answer) for answer in answers] == [[status], [status]]
    assert comparable(answers[0]) == comparable(answers[1])
    problem = json.loads(answers[0].partition(b"\r\n\r\n")[2])
    assert problem["status"] == status
    assert problem["detail"]


def test_what_is_just_within_the_limits_is_answered(short: Running, asgi: Running) -> None:
    within = [
        request(target="/items?q=" + "a" * (LIMITS.target - 20)),
        request(fields={"X-Text": "a" * (LIMITS.head - 100)}),
        b"GET /items HTTP/1.0\r\n\r\n",
        request(fields={"Host": "[::1]:80"}),
        request(fields={"Host": ""}),
    ]
    for data in within:
        assert [statuses(server.answers(data)) for server in (short, asgi)] == [[200], [200]]


SECOND = {
    "the host is none": request(fields={"Host": "a b"}),
    "the target is too long": request(target="/items?q=" + "a" * LIMITS.target),
    "the target is not encoded": request(target="/items?q=\xfc"),
}


@pytest.mark.parametrize("name", SECOND)
def test_a_request_is_refused_whatever_was_found_of_the_one_before_it(short: Running, asgi: Running, name: str) -> None:
    for server in (short, asgi):
        first, second, third, *_ = statuses(server.answers(request() + request() + SECOND[name]))
        assert (first, second, third // 100) == (200, 200, 4)


def test_requests_before_a_refused_one_are_answered_first(short: Running, asgi: Running) -> None:
    waits = request("POST", "/waits", {"Content-Type": "application/json"}, b"{}")
    for server in (short, asgi):
        assert statuses(server.answers(waits + waits + b"\0\0")) == [200, 200, 400]
        assert statuses(server.answers(waits + request() + request(fields={"Host": "a b"}))) == [200, 200, 400]


def test_a_client_that_stops_sending_is_still_answered(short: Running, asgi: Running) -> None:
    many = b"".join(request("POST", "/waits", {"Content-Type": "application/json"}, b"{}") for _ in range(20))
    for server in (short, asgi):
        assert statuses(server.answers(many)) == [200] * 20


def test_trailers_are_no_header_fields(short: Running, asgi: Running) -> None:
    fields = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    trailers = b"0\r\nX-Specdouble-World: elsewhere\r\nContent-Type: text/html\r\n\r\n"
    for server in (short, asgi):
        server.double.journal.clear()
        data = request("POST", "/waits", fields) + b"2\r\n{}\r\n" + trailers
        assert statuses(server.answers(data)) == [200]
        assert [entry["world"] for entry in server.double.journal.shown(Masking(server.double.contract))] == ["default"]


def test_an_endless_trailer_ends(short: Running) -> None:
    fields = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    data = request("POST", "/items", fields) + b"2\r\n{}\r\n0\r\nX-Trailer: " + b"a" * 2 * LIMITS.message
    assert statuses(short.answers(data)) == [413]


def test_another_protocol_is_not_spoken_and_the_request_is_answered(short: Running, asgi: Running) -> None:
    data = request(fields={"Upgrade": "websocket", "Connection": "Upgrade"})
    for server in (short, asgi):
        assert statuses(server.answers(data)) == [200]
        assert statuses(server.answers(data + request())) == [200]


HALF_SENT = {
    "nothing": b"",
    "line ends": b"\r\n\r\n",
    "a target": b"GET /items",
    "a head": request()[:-2],
    "a body": request("POST", "/items", {"Content-Length": "10", "Content-Type": "application/json"}, b"{"),
    "a chunk": request("POST", "/items", {"Transfer-Encoding": "chunked"}) + b"5\r\n{",
    "a request and a half": request() + b"GET",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Server, AsgiServer], ids=["short", "ASGI"])
def test_half_sent_and_idle_connections_end(kind: type[Server]) -> None:
    with running(kind, idle=1, arrival=1) as server:
        for name, data in HALF_SENT.items():
            with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
                connection.sendall(data)
                answer = b"".join(iter(lambda one=connection: one.recv(65536), b""))  # type: ignore[misc]
            expected = {"nothing": [], "line ends": [], "a request and a half": [200, 408]}.get(name, [408])
            assert statuses(answer) == expected, name


@pytest.mark.slow
def test_a_request_that_drips_ends() -> None:
    with (
        running(arrival=1) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection,
    ):
        connection.settimeout(0.1)
        answer = b""
        for byte in request(fields={"X-Text": "a" * 3000}):
            try:
                connection.sendall(bytes([byte]))
                answer = connection.recv(65536)
            except TimeoutError:
                continue
            break
    assert statuses(answer) == [408]


@pytest.mark.parametrize("kind", [Server, AsgiServer], ids=["short", "ASGI"])
def test_a_client_that_does_not_read_is_left(kind: type[Server]) -> None:
    large = request(
        "POST",
        fields={"Content-Type": "application/json"},
        body=json.dumps({"name": "large", "any": "a" * 60_000}).encode(),
    )
    with running(kind, arrival=1) as server:
        assert statuses(server.answers(large)) == [201]
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
            connection.sendall(request() * 500)  # 30 MB of answers
            deadline = time.monotonic() + PATIENCE
            while server.connections and time.monotonic() < deadline:
                time.sleep(0.1)
            assert not server.connections
