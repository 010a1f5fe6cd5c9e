"""What needs no waiting is answered at once, whatever else takes uvicorn's way, and nobody can tell which it was."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from textwrap import dedent
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import httpx
import pytest
from uvicorn.server import ServerState

from specdouble.double.double import Double, Settings
from specdouble.double.http.paths import Paths
from specdouble.double.http.protocol import StraightProtocol
from specdouble.double.server import Server, serving
from tests.conftest import ROOT

VERIFY = "/api/auth/verify-token"


class Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, _name: str) -> None:
        return None

    def pause_reading(self) -> None:
        return

    def resume_reading(self) -> None:
        return

    def get_write_buffer_size(self) -> int:
        return 0

    def write_eof(self) -> None:
        return

    def abort(self) -> None:
        self.closed = True


Played = Callable[[StraightProtocol, Transport], Awaitable[None]]


def play(steps: Played, idle: float = 5) -> Transport:
    """Play the steps on a connection of the root project's double, which may be idle for so many seconds."""

    async def run() -> Transport:
        server = Server(Double(Settings(ROOT)), "127.0.0.1", 0)
        server.listener.close()
        config = server._server.config
        config.load()
        state = ServerState()
        state.default_headers = [(b"date", b"today")]
        made = cast(Any, config.http_protocol_class)(
            config=config, server_state=state, app_state={}, _loop=asyncio.get_running_loop()
        )
        made.timeout_keep_alive = idle
        transport = Transport()
        made.connection_made(transport)
        made.data_received(asking("/_specdouble/health"))  # the first event compiles the operations
        while not transport.written:
            await asyncio.sleep(0.001)
        transport.written.clear()
        await steps(made, transport)
        return transport

    return asyncio.run(run())


def asking(path: str, *fields: str, method: str = "GET", body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", *fields]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def token_of_ada(url: str) -> str:
    credentials = {"email": "ada@tether.example", "password": "ada-password"}
    return str(httpx.post(f"{url}/api/auth/login", json=credentials).json()["token"])


def answers(url: str, sent: list[bytes]) -> bytes:
    """All that a connection gives for these packets, until it is closed."""
    with socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for packet in sent:
            connection.sendall(packet)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def answer_after(url: str, answered: list[bytes], last: bytes) -> bytes:
    """What a connection gives for its last packet, which the client ends, after others that were answered."""
    with socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=10) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for packet in answered:
            connection.sendall(packet)
            assert connection.recv(65536)
        connection.sendall(last)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def told(answer: bytes) -> tuple[bytes, set[bytes], bytes]:
    """Status line, fields and body, without what differs from answer to answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.split(b"\r\n")
    kept = {field for field in fields if not field.lower().startswith((b"date:", b"connection:"))}
    return status, kept, re.sub(rb"[0-9a-f]{24}|\d{4}-[^\"]*Z", b"...", body)


def test_head_and_body_are_one_write() -> None:
    async def steps(protocol: StraightProtocol, transport: Transport) -> None:
        protocol.data_received(asking(VERIFY))
        assert len(transport.written) == 1, "before the loop turns"

    (answer,) = play(steps).written
    assert answer.startswith(b"HTTP/1.1 401 Unauthorized\r\ndate: today\r\n")


def test_they_are_where_the_answer_was_waited_for() -> None:
    credentials = b'{"email": "ada@tether.example", "password": "ada-password"}'

    async def steps(protocol: StraightProtocol, transport: Transport) -> None:
        protocol.data_received(asking("/api/auth/login", "Prefer: delay=5", method="POST", body=credentials))
        assert not transport.written
        while not protocol.cycle.response_complete:
            await asyncio.sleep(0.001)
        protocol.data_received(asking(VERIFY))

    answer, next_answer = play(steps).written
    assert answer.startswith(b"HTTP/1.1 200 OK\r\ndate: today\r\n")
    assert b"token" in answer
    assert next_answer.startswith(b"HTTP/1.1 401 ")


def test_a_connection_that_is_idle_is_closed_and_one_that_is_used_is_not() -> None:
    async def steps(protocol: StraightProtocol, transport: Transport) -> None:
        for _ in range(6):
            protocol.data_received(asking(VERIFY))
            await asyncio.sleep(0.05)
        assert not transport.closed
        await asyncio.sleep(0.3)
        assert transport.closed

    play(steps, idle=0.15)


@pytest.mark.parametrize("last", [VERIFY, "/_specdouble/health"])
def test_whichever_way_the_last_answer_took_an_idle_connection_is_closed(last: str) -> None:
    async def steps(protocol: StraightProtocol, transport: Transport) -> None:
        protocol.data_received(asking("/_specdouble/health"))
        await asyncio.sleep(0.05)
        protocol.data_received(asking(VERIFY))
        await asyncio.sleep(0.05)
        protocol.data_received(asking(last))
        await asyncio.sleep(0.3)
        assert transport.closed

    play(steps, idle=0.1)


def test_a_connection_with_a_request_under_way_is_not_idle() -> None:
    async def steps(protocol: StraightProtocol, transport: Transport) -> None:
        protocol.data_received(asking(VERIFY))
        protocol.data_received(asking(VERIFY)[:-2])
        await asyncio.sleep(0.2)
        assert not transport.closed
        protocol.data_received(b"\r\n")
        assert len(transport.written) == 2

    play(steps, idle=0.05)


def _is_idle(protocol: StraightProtocol) -> bool:
    return bool(protocol.cycle.response_complete and not protocol.pipeline)


def test_fields_that_came_twice_are_parsed_no_more() -> None:
    parsed = []

    async def steps(protocol: StraightProtocol, _transport: Transport) -> None:
        begin = protocol.on_message_begin

        def counted() -> None:
            parsed.append(1)
            begin()

        protocol.on_message_begin = counted  # type: ignore[method-assign]
        protocol.parser = httptools.HttpRequestParser(protocol)
        for id in range(5):
            protocol.data_received(asking(f"/api/lead-management/{id}", "Accept: */*"))
        protocol.data_received(asking("/api/lead-management/5", "Accept: text/plain"))

    answered = play(steps).written
    assert len(answered) == 6
    assert all(b" 401 Unauthorized" in answer for answer in answered)
    assert len(parsed) == 3


ASKED = asking(VERIFY, "Accept: */*")
AFTER_KNOWN = {
    "the same": ASKED,
    "other fields": asking(VERIFY, "Accept: */*", "X-Other: 1"),
    "fewer fields": asking(VERIFY),
    "another host, as long": ASKED.replace(b"Host: x", b"Host: {"),
    "an origin, as long": ASKED.replace(b"Accept", b"Origin"),
    "another target": asking("/api/nothing?a=%20", "Accept: */*"),
    "a fragment": asking(VERIFY + "#x", "Accept: */*"),
    "a HEAD": asking(VERIFY, "Accept: */*", method="HEAD"),
    "a method that is none": asking(VERIFY, "Accept: */*", method="get"),
    "an unknown method": asking(VERIFY, "Accept: */*", method="BREW"),
    "two spaces": ASKED.replace(b"GET ", b"GET  "),
    "a tab": ASKED.replace(b" HTTP", b"\tHTTP"),
    "an absolute target": ASKED.replace(b"GET /", b"GET http://x/"),
    "no target": ASKED.replace(VERIFY.encode(), b""),
    "an asterisk": asking("*", "Accept: */*", method="OPTIONS"),
    "a target of other bytes": ASKED.replace(b"/api", b"/\xe4\x00"),
    "a long target": asking("/" + "x" * 20_000, "Accept: */*"),
    "HTTP/1.0": ASKED.replace(b"1.1", b"1.0"),
    "HTTP/1.2": ASKED.replace(b"1.1", b"1.2"),
    "an empty line before": b"\r\n" + ASKED,
    "two at once": ASKED + ASKED,
    "one and a half": ASKED + ASKED[:30],
    "a half": ASKED[:-2],
    "a body that nothing announces": ASKED + b"{}",
    "no request": b"\x16\x03\x01" + ASKED,
    "bare line feeds": ASKED.replace(b"\r\n", b"\n"),
}


@pytest.mark.parametrize("name", AFTER_KNOWN)
def test_whatever_follows_known_fields_is_answered_as_on_a_new_connection(url: str, name: str) -> None:
    after = answer_after(url, [ASKED] * 3, AFTER_KNOWN[name])
    anew = answer_after(url, [], AFTER_KNOWN[name])
    assert told(after) == told(anew)


def test_known_fields_that_come_again_after_others_are_not_taken_for_those(url: str) -> None:
    signed_in = asking(VERIFY, "Accept: */*", f"Authorization: Bearer {token_of_ada(url)}")
    assert b" 200 OK" in answer_after(url, [], signed_in)
    assert b" 401 " in answer_after(url, [ASKED, ASKED, ASKED, signed_in], ASKED)


def test_a_body_after_known_fields_is_the_one_that_came(url: str) -> None:
    bodies = [b'{"email": "%c"}' % letter for letter in b"abcd"]
    asked = [asking("/api/auth/login", method="POST", body=body) for body in bodies]
    cut, longer = asked[3][:-3], asked[3] + b"}"
    for packet in (asked[3], cut, longer):
        assert told(answer_after(url, asked[:3], packet)) == told(answer_after(url, [], packet))


def test_however_many_answers_a_connection_has_one_timer() -> None:
    async def steps(protocol: StraightProtocol, transport: Transport) -> None:
        for number in range(20):
            protocol.data_received(asking("/_specdouble/health") + asking(VERIFY))
            while b"".join(transport.written).count(b"HTTP/1.1 ") < 2 * (number + 1) or not _is_idle(protocol):
                await asyncio.sleep(0.001)
        timers = [one for one in cast(Any, asyncio.get_running_loop())._scheduled if not one.cancelled()]
        assert len([one for one in timers if one._callback == protocol.timeout_keep_alive_handler]) == 1

    play(steps)


def test_a_client_that_does_not_read_is_not_written_to() -> None:
    async def steps(protocol: StraightProtocol, transport: Transport) -> None:
        protocol.pause_writing()
        protocol.data_received(asking(VERIFY))
        await asyncio.sleep(0.05)
        assert transport.written == []
        protocol.resume_writing()
        await asyncio.sleep(0.05)
        assert b"401" in b"".join(transport.written)

    play(steps)


def test_a_lost_connection_leaves_no_timer() -> None:
    async def steps(protocol: StraightProtocol, _transport: Transport) -> None:
        protocol.data_received(asking(VERIFY))
        assert protocol.timeout_keep_alive_task is not None
        protocol.connection_lost(ConnectionResetError())
        assert protocol.timeout_keep_alive_task is None

    play(steps)


NAMED = b'{"configurationName": "Both ways", "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}'
LONG = NAMED.replace(b"Both ways", b"x" * 100_000)
REQUESTS = {
    "no token": ("GET", VERIFY, b""),
    "a read": ("GET", "/api/lead-management/69f46b906f0be283d47ae916", b""),
    "a list": ("GET", "/api/prompts/user", b""),
    "no such document": ("GET", "/api/lead-management/" + "0" * 24, b""),
    "a creation": ("POST", "/api/lead-management", NAMED),
    "a body of several packets": ("POST", "/api/lead-management", LONG),
    "broken JSON": ("POST", "/api/lead-management", NAMED[:-1]),
    "no such path": ("GET", "/api/nothing", b""),
    "no such method": ("PATCH", VERIFY, b""),
    "a head": ("HEAD", VERIFY, b""),
    "a preference": ("GET", VERIFY + "?__code=401", b""),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_both_ways_give_the_same_answer_and_one_entry_in_the_journal(url: str, name: str) -> None:
    method, path, body = REQUESTS[name]
    token = token_of_ada(url)
    found = []
    for way in ("straight", "uvicorn"):
        world = f"{way}-{name.replace(' ', '-')}"
        httpx.get(f"{url}/api/pipelines", headers={"X-Specdouble-World": world})  # makes it
        fields = [f"X-Specdouble-World: {world}", *([] if name == "no token" else [f"Authorization: Bearer {token}"])]
        end = asking("/_specdouble/health", "Connection: close")
        asked = asking(path, *fields, *(["Connection: close"] if way == "uvicorn" else []), method=method, body=body)
        answer = answers(url, [asked] if way == "uvicorn" else [asked + end])
        found.append(told(answer if way == "uvicorn" else answer.rpartition(b"HTTP/1.1 200 OK")[0]))
        journal = httpx.get(f"{url}/_specdouble/journal").json()
        entries = [one for one in journal if one["world"] == world]
        assert len([one for one in entries if (one["method"], one["target"]) == (method, path)]) == 1
    assert found[0] == found[1]


def test_a_request_in_single_bytes_is_answered(url: str) -> None:
    asked = asking("/api/lead-management", "Connection: close", method="POST", body=NAMED)
    assert answers(url, [asked[at : at + 1] for at in range(len(asked))]).startswith(b"HTTP/1.1 401 ")
    asked = asking("/api/lead-management", method="POST", body=NAMED) + asking(VERIFY, "Connection: close")
    assert answers(url, [asked[at : at + 1] for at in range(len(asked))]).count(b"HTTP/1.1 401 ") == 2


def test_what_is_no_header_field_is_the_handlers_failure_and_the_connection_stays(tmp_path: Path) -> None:
    contract(tmp_path)
    handler(
        tmp_path,
        """
        def get_things(name):
            return {}, 200, {name.partition("=")[0]: name.partition("=")[2]}
        """,
    )
    with serving(Settings(tmp_path)) as url, httpx.Client(base_url=url) as client:
        assert client.get("/things", params={"name": "x-name=fine"}).headers["x-name"] == "fine"
        for bad in ("x-name=a\r\nSet-Cookie: b", "x\r\nSet-Cookie: b=a", "no name=a"):
            answer = client.get("/things", params={"name": bad})
            assert (answer.status_code, "set-cookie" in answer.headers) == (500, False)
        assert client.get("/things", params={"name": "x-name=fine"}).status_code == 200


@pytest.mark.parametrize(
    "written",
    [
        """
        import asyncio
        async def get_things(name):
            await asyncio.sleep(0.01)
            CALLS.append(name)
            return {"name": name, "calls": len(CALLS)}
        """,
        """
        import asyncio
        async def later(name):
            await asyncio.sleep(0.01)
            CALLS.append(name)
            return {"name": name, "calls": len(CALLS)}
        def get_things(name):
            return later(name)
        """,
    ],
)
def test_a_handler_that_waits_runs_once_and_the_next_answer_waits_for_it(tmp_path: Path, written: str) -> None:
    contract(tmp_path)
    handler(tmp_path, "CALLS = []\n" + dedent(written))
    with serving(Settings(tmp_path)) as url:
        three = [asking(f"/things?name={name}") for name in "ab"]
        last = asking("/_specdouble/health", "Connection: close")
        answer = answers(url, [b"".join([*three, asking("/things"), last])])
    parts = [part.rpartition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 ")[1:]]
    assert json.loads(parts[0]) == {"name": "a", "calls": 1}
    assert json.loads(parts[1]) == {"name": "b", "calls": 2}
    assert b"is required" in parts[2]
    assert json.loads(parts[3])["status"] == "ok"


def test_a_head_that_the_contract_declares_is_answered_without_a_body(tmp_path: Path) -> None:
    contract(tmp_path)
    written = (tmp_path / "openapi.yaml").read_text("utf-8")
    get = written.partition("    get:\n")[2]
    head = "    head:\n" + get.replace("get_things", "head_things")
    (tmp_path / "openapi.yaml").write_text(written.rstrip() + "\n" + head, "utf-8")
    handler(tmp_path, "def head_things(name):\n    return {'name': name}\n")
    with serving(Settings(tmp_path)) as url:
        asked = asking("/things?name=a", method="HEAD") + asking("/_specdouble/health", "Connection: close")
        answer = answers(url, [asked])
    head_answer, _, rest = answer.partition(b"\r\n\r\n")
    assert b"200 OK" in head_answer
    assert b"content-length: 12" in head_answer
    assert rest.startswith(b"HTTP/1.1 200 OK")


def contract(folder: Path) -> None:
    """A contract with one operation."""
    text = """
        openapi: 3.0.3
        info: {title: things, version: "1"}
        paths:
          /things:
            get:
              operationId: get_things
              tags: [Things]
              parameters: [{name: name, in: query, required: true, schema: {type: string}}]
              responses:
                "200": {description: fine, content: {application/json: {schema: {type: object}}}}
    """
    (folder / "openapi.yaml").write_text(dedent(text), "utf-8")


def handler(folder: Path, text: str) -> None:
    """The functions that answer."""
    (folder / "handlers").mkdir()
    (folder / "handlers" / "things.py").write_text(dedent(text), "utf-8")


def test_pipelined_requests_are_answered_in_order(url: str) -> None:
    port = urlsplit(url).port
    asked = b"".join(
        b"GET /api/auth/verify-token HTTP/1.1\r\nHost: x\r\nX-Specdouble-World: no/%d\r\n\r\n" % number
        for number in range(3)
    )
    last = b"GET /_specdouble/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(asked + last)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 400") == 3
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["status"] == "ok"


def test_a_path_is_found_as_a_walk_through_all_templates_finds_it() -> None:
    templates = ["/a/{id}", "/a/b", "/a/{id}/c", "/a/b/{x}", "/f/{name}.json", "/f/{name}", "/{any}", "/{any}/{other}"]
    paths = Paths({template: template for template in templates})
    for path in ["/a/1", "/a/b", "/a/", "/a", "/a/b/1", "/a/1/c", "/a/b/c", "/f/x.json", "/f/x", "/", "/x/y", "/a//c"]:
        assert paths.find(path) == next(paths.every(path), None), path
