"""Contracts from anywhere, read by the commands as a user runs them."""

from __future__ import annotations

import os
import socketserver
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from specdouble.contract import remote
from specdouble.contract.remote import FetchError, fetched
from tests.test_cli import run, serving

CONTRACT = """openapi: OPENAPI
info: {title: A, version: '1'}
paths:
  /a: {get: {operationId: a, responses: {'200': {description: a, content: {application/json: {schema:
    {$ref: 'REFERENCE'}}}}}}}
"""


def contract(reference: str, version: str = "3.0.3") -> str:
    return CONTRACT.replace("REFERENCE", reference).replace("OPENAPI", version)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A contract that refers to a schema beside its folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "thing.yaml").write_text("{type: string}")
    (folder / "openapi.yaml").write_text(contract("../shared/thing.yaml"))
    return folder


class Website:
    """An HTTP server with one contract, which notes what is asked of it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(site.text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/openapi.yaml"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def website(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Website]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    site = Website(contract("http://127.0.0.1:9/other.yaml"))
    yield site
    site.close()


def test_lint_refuses_a_reference_out_of_the_folder_and_names_the_option(project: Path) -> None:
    ended = run("lint", str(project))
    assert ended.returncode == 1
    assert f"allow the other folder: `--allow-refs {project.parent / 'shared'}`" in ended.stderr


def test_lint_follows_a_reference_into_a_folder_that_is_allowed(project: Path) -> None:
    ended = run("lint", str(project), "--allow-refs", str(project.parent / "shared"))
    assert "leads out" not in ended.stderr
    assert ended.returncode == 0


def test_a_contract_is_fetched_from_its_url_and_its_references_are_not(website: Website) -> None:
    ended = run("lint", website.url)
    assert ended.returncode == 1
    assert "leads over the network" in ended.stderr
    assert website.asked == ["/openapi.yaml"]


class Answering(socketserver.ThreadingTCPServer):
    """A server that answers every request with the bytes of a function, one piece after the other."""

    daemon_threads = True

    def __init__(self, pieces: Callable[[], Iterator[bytes]]) -> None:
        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with suppress(OSError):
                    self.rfile.readline()
                    for piece in pieces():
                        self.wfile.write(piece)

        super().__init__(("127.0.0.1", 0), Handler)
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/openapi.yaml"

    def server_close(self) -> None:
        self.shutdown()
        super().server_close()


def _head(fields: str) -> bytes:
    return f"HTTP/1.1 {fields}\r\nConnection: close\r\n\r\n".encode()


def _redirected(to: str) -> Callable[[], Iterator[bytes]]:
    return lambda: iter([_head(f"302 Found\r\nLocation: {to}")])


def _bomb() -> Iterator[bytes]:
    yield _head("200 OK\r\nContent-Encoding: gzip")
    packer = zlib.compressobj(wbits=31)
    yield b"".join(packer.compress(bytes(2**20)) for _ in range(64))
    yield packer.flush()


def _endless() -> Iterator[bytes]:
    yield _head("200 OK")
    while True:
        yield b"#" * 2**16


def _dripping_head() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nA: "
    while True:
        time.sleep(0.05)
        yield b"a"


def _dripping_body() -> Iterator[bytes]:
    yield _head("200 OK")
    yield from _dripping_head()


@pytest.mark.parametrize(
    ("pieces", "told"),
    [
        (_redirected("file:///etc/passwd"), "unsupported protocol"),
        (_redirected("http://169.254.169.254/latest/meta-data/"), "redirects to 169.254.169.254"),
        (_redirected("http://[fe80::1]/"), "redirects to fe80::1"),
        (_redirected("http://[::ffff:169.254.169.254]/"), "redirects to ::ffff:"),
        (_redirected("http://[::1/"), "Invalid"),
        (_redirected("/openapi.yaml"), "redirects"),
        (_bomb, "larger than 1 MiB"),
        (_endless, "larger than 1 MiB"),
        (_dripping_head, "takes longer than 0.3 s"),
        (_dripping_body, "takes longer than 0.3 s"),
        (lambda: iter([b"garbage\r\n\r\n"]), "cannot be fetched"),
        (lambda: iter([_head("200 OK\r\nContent-Encoding: gzip"), b"no gzip"]), "cannot be fetched"),
    ],
)
def test_a_server_of_contracts_that_is_hostile_is_told_as_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: Callable[[], Iterator[bytes]], told: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(remote, "MAX_BYTES", 2**20)
    monkeypatch.setattr(remote, "_LONGEST", 0.3 if "longer" in told else 30)
    with Answering(pieces) as server, pytest.raises(FetchError, match=told):
        fetched(server.url)
    assert not list(tmp_path.rglob("*.yaml"))


@pytest.mark.parametrize("url", ["http://[::1/a", "http://a:99999/", "http://a..b/", "http://a\tb/", "http:///a"])
def test_what_is_no_url_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(FetchError, match="correct the URL"):
        fetched(url)


def test_a_password_in_a_url_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with Answering(lambda: iter([_head("404 Not Found")])) as server, pytest.raises(FetchError) as error:
        fetched(server.url.replace("http://", "http://ann:secret@"))
    assert "http://ann:***@127.0.0.1" in str(error.value)
    assert "secret" not in str(error.value)


def test_copies_that_were_fetched_longest_ago_leave(website: Website, tmp_path: Path) -> None:
    copies = tmp_path / "cache" / "specdouble" / "contracts"
    for number in range(60):
        (copies / str(number)).mkdir(parents=True)
        os.utime(copies / str(number), (number, number))
    kept = fetched(website.url)
    assert {folder.name for folder in copies.iterdir()} == {kept.parent.name, *map(str, range(11, 60))}


def test_a_contract_of_openapi_3_2_is_read(project: Path) -> None:
    (project / "thing.yaml").write_text("{type: string}")
    (project / "openapi.yaml").write_text(contract("thing.yaml", "3.2.0"))
    assert run("lint", str(project)).returncode == 0


SECURED = """openapi: 3.1.0
info: {title: A, version: '1'}
paths:
  /open: {get: &get {operationId: same, responses: {'200': {description: a}}}}
  /closed: {get: {<<: *get, security: [{key: []}]}}
  /undefined: {get: {<<: *get, operationId: b, security: [{nothing: []}]}}
  /digest: {get: {<<: *get, operationId: c, security: [{digest: []}]}}
  /certificate: {get: {<<: *get, operationId: d, security: [{certificate: [], key: []}]}}
  /misplaced: {get: {<<: *get, operationId: e, security: key}}
  /typeless: {get: {<<: *get, operationId: f, security: [{typeless: []}]}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
    digest: {type: http, scheme: digest}
    certificate: {type: mutualTLS}
    typeless: {in: header, name: X-Key}
"""
PATHS = ["/open", "/closed", "/undefined", "/digest", "/certificate", "/misplaced", "/typeless"]


def test_an_operation_keeps_its_security_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(SECURED)
    with serving(str(tmp_path), "--port", "0") as server:
        asked = {path: httpx.get(server.url + path).status_code for path in PATHS}
        keyed = {path: httpx.get(server.url + path, headers={"X-Key": "a"}).status_code for path in PATHS}
    assert asked == {path: 200 if path == "/open" else 401 for path in PATHS}
    assert [path for path in PATHS if keyed[path] == 200] == ["/open", "/closed", "/certificate", "/misplaced"]


def test_serve_takes_a_url_and_follows_what_changes_there(website: Website) -> None:
    for title in ("First", "Second"):
        website.text = contract("#/components/schemas/A").replace("title: A", f"title: {title}")
        website.text += "components: {schemas: {A: {}}}\n"
        with serving(website.url, "--port", "0") as server:
            assert title in httpx.get(server.url + "/openapi.json").text


def test_without_its_server_the_last_copy_is_read_and_nothing_else_is_left(website: Website, tmp_path: Path) -> None:
    website.text = contract("#/components/schemas/A") + "components: {schemas: {A: {}}}\n"
    assert run("lint", website.url).returncode == 0
    website.close()
    assert run("lint", website.url).returncode == 0
    assert [file.name for file in (tmp_path / "cache").rglob("*") if file.is_file()] == ["openapi.yaml"]


def test_lint_does_not_follow_a_link_out_of_the_folder(project: Path) -> None:
    (project / "link.yaml").symlink_to(project.parent / "shared" / "thing.yaml")
    (project / "openapi.yaml").write_text(contract("link.yaml"))
    ended = run("lint", str(project))
    assert ended.returncode == 1
    assert "leads out of the contract's folder" in ended.stderr


def test_lint_fails_for_warnings_where_it_is_strict(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(contract("#/components/schemas/A") + "components: {schemas: {A: {}}}\n")
    (tmp_path / "mock_data").mkdir()
    (tmp_path / "mock_data" / "things.yaml").write_text("[]")
    assert run("lint", str(tmp_path)).returncode == 0
    assert run("lint", "--strict", str(tmp_path)).returncode == 1


def printed(folder: Path, command: str, text: str) -> str:
    (folder / "openapi.yaml").write_text(text)
    ended = run(command, str(folder))
    return ended.stdout + ended.stderr


@pytest.mark.parametrize(
    ("command", "operation", "schema"), [("lint", "a", r"\e[2J"), ("routes", r"\e[2J\a", "string")]
)
def test_no_control_character_of_a_contract_reaches_the_terminal(
    tmp_path: Path, command: str, operation: str, schema: str
) -> None:
    text = CONTRACT.replace("$ref: 'REFERENCE'", f'type: "{schema}"').replace("OPENAPI", "3.0.3")
    told = printed(tmp_path, command, text.replace("operationId: a", f'operationId: "{operation}"'))
    assert r"\x1b[2J" in told
    assert not {"\x1b", "\a"} & {*told}
