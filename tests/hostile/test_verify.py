"""`verify` survives its server: what that answers is told as what it is, within the time, in bounded memory."""

from __future__ import annotations

import json
import resource
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner, Result

from specdouble.cli import main
from specdouble.verify.verdict import Verdict

CONTRACT = """
openapi: 3.0.3
info: {title: Hostile, version: "1"}
paths:
  /things:
    get:
      operationId: listThings
      responses:
        "200": {description: all, content: {application/json: {schema: {type: array, items: {type: object}}}}}
  /login:
    post:
      operationId: login
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses: {"200": {description: in, content: {application/json: {schema: {type: object}}}}}
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
"""
SIGN_IN = """
[tool.specdouble.verify]
login = { operation = "login", token = "/token" }
users = [{ name = "ada", email = "a@example.com", password = "secret" }]
"""
Answer = Callable[[socket.socket, bytes], None]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A server that answers each request in this way, and closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def one(connection: socket.socket) -> None:
        with connection, suppress(OSError):  # the client had enough
            answer(connection, connection.recv(65536))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            Thread(target=one, args=(connection,), daemon=True).start()

    Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def endless(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(HEAD + b"\r\n[")
    while True:
        connection.sendall(b"1," * 50_000)


@cache
def packed() -> bytes:
    """200 MB of blanks."""
    packer, blank = zlib.compressobj(1, wbits=31), b" " * 1_000_000
    return b"".join(packer.compress(blank) for _ in range(200)) + packer.flush()


@cache
def fields() -> bytes:
    """A million header fields."""
    return b"".join(b"X-%d: 1\r\n" % number for number in range(1_000_000))


def bomb(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed()) + packed())


def dripping_body(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n")
    while True:
        connection.sendall(b" ")
        time.sleep(0.2)


def dripping_head(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.2)


def many_fields(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(HEAD + fields() + b"\r\n")


def for_ever(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(b"HTTP/1.1 429 Slow\r\nRetry-After: 1e9\r\nContent-Length: 0\r\n\r\n")


def no_http(connection: socket.socket, _request: bytes) -> None:
    connection.sendall(b"\x00\x1b[2J SSH-2.0 hello\r\n")


def deep(connection: socket.socket, request: bytes) -> None:
    body = b"[" * 100_000 + b"]" * 100_000 if b"/login" in request else b"[]"
    connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def controls(connection: socket.socket, _request: bytes) -> None:
    body = b"\x00\x1b[2J\x1b]0;owned\x07\xe2\x80\xae" + b"no"
    connection.sendall(b"HTTP/1.1 500 \x1b[31mNo\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def verified(folder: Path, url: str, *options: str) -> Result:
    """Run the command as a user does."""
    (folder / "openapi.yaml").write_text(CONTRACT)
    return CliRunner().invoke(main, ["verify", str(folder), "--url", url, "--timeout", "4", *options])


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (endless, "larger than 32 MiB"),
        (bomb, "larger than 32 MiB"),
        (dripping_body, "not whole after 4 s"),
        (dripping_head, "did not answer in time"),
        (many_fields, "more header fields than are read"),
        (for_ever, "asks to wait for 1e9"),
        (no_http, "does not speak HTTP"),
    ],
)
def test_an_answer_that_is_none_is_told_as_what_it_is(tmp_path: Path, answer: Answer, told: str) -> None:
    packed(), fields()  # what takes a while is made before
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with answering(answer) as url:
        done = verified(tmp_path, url, "--max-time", "12")
    assert (done.exit_code, told in done.output) == (3, True), done.output
    assert time.monotonic() - started < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 * 1024  # KiB


def test_a_refused_connection_is_told_as_that(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    done = verified(tmp_path, f"http://127.0.0.1:{port}")
    assert (done.exit_code, "the connection was refused" in done.output) == (3, True), done.output


def test_json_nested_without_end_at_the_login_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(SIGN_IN)
    with answering(deep) as url:
        done = verified(tmp_path, url)
    assert (done.exit_code, "ada cannot sign in" in done.output) == (3, True), done.output
    assert "Traceback" not in done.output


def test_no_control_character_of_a_server_reaches_the_terminal(tmp_path: Path) -> None:
    with answering(controls) as url:
        done = verified(tmp_path, url, "--quiet", "--max-examples", "1")
    assert done.exit_code == 1, done.output
    assert [char for char in done.output if char < " " and char not in "\n\t"] == []
    assert "\u202e" not in done.output


@pytest.mark.slow
def test_a_server_that_goes_in_the_middle_of_a_run_has_kept_nothing(tmp_path: Path) -> None:
    """It answers well until it is gone: that nothing was seen afterwards is no success."""
    seen: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while len(seen) < 12:
            connection, _ = listener.accept()
            with connection:
                seen.append(connection.recv(65536))
                body = b"[]" if seen[-1].startswith(b"GET /things ") else b"{}"
                status = b"200 OK" if b"/things " in seen[-1][:20] or b"/login" in seen[-1][:20] else b"404 Not Found"
                kind = b"Content-Type: application/json\r\nConnection: close\r\n"
                connection.sendall(b"HTTP/1.1 " + status + b"\r\n" + kind + b"Content-Length: 2\r\n\r\n" + body)
        listener.close()

    Thread(target=serve, daemon=True).start()
    done = verified(tmp_path, f"http://127.0.0.1:{listener.getsockname()[1]}", "--max-time", "60", "--quiet")
    assert "stopped: the server was gone (" in done.output, done.output
    assert done.exit_code == 1, done.output  # what it broke before it went stays broken


@pytest.mark.parametrize(("lost", "code"), [(True, 3), (False, 0)])
def test_a_verdict_without_failures_on_a_server_that_is_gone_is_no_success(lost: bool, code: int) -> None:
    verdict = Verdict("A 1", "http://127.0.0.1", 1, lost=lost)
    assert verdict.exit_code == code


@pytest.mark.slow
@pytest.mark.parametrize("answer", [endless, dripping_body])
def test_an_answer_without_end_in_the_middle_of_a_run_keeps_the_time(tmp_path: Path, answer: Answer) -> None:
    seen: list[bytes] = []

    def later(connection: socket.socket, request: bytes) -> None:
        seen.append(request)
        if len(seen) > 3:
            answer(connection, request)
        else:
            connection.sendall(HEAD + b"Content-Length: 2\r\n\r\n[]")

    started = time.monotonic()
    with answering(later) as url:
        done = verified(tmp_path, url, "--max-time", "10", "--quiet", "--report", f"json={tmp_path / 'v.json'}")
    assert time.monotonic() - started < 60
    assert json.loads((tmp_path / "v.json").read_text())["seconds"] < 40, done.output
