"""Contracts from anywhere, read by the commands as a user runs them."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.test_cli import run

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
        asked: list[str] = []
        self.asked = asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(text.encode())

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
    assert "allow the other folder: `--allow-refs DIR`" in ended.stderr


def test_lint_follows_a_reference_into_a_folder_that_is_allowed(project: Path) -> None:
    ended = run("lint", str(project), "--allow-refs", str(project.parent / "shared"))
    assert "leads out" not in ended.stderr
    assert ended.returncode == 0


def test_a_contract_is_fetched_from_its_url_and_its_references_are_not(website: Website) -> None:
    ended = run("lint", website.url)
    assert ended.returncode == 1
    assert "leads over the network" in ended.stderr
    assert website.asked == ["/openapi.yaml"]


def test_a_contract_of_openapi_3_2_is_read(project: Path) -> None:
    (project / "thing.yaml").write_text("{type: string}")
    (project / "openapi.yaml").write_text(contract("thing.yaml", "3.2.0"))
    assert run("lint", str(project)).returncode == 0
