"""The project's handlers under a stock Connexion application, served as a user serves it."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from connexion.middleware.main import ConnexionMiddleware

from specdouble.contract import Refused
from specdouble.double.stock import application
from tests.test_cli import ROOT
from tests.test_readme import play, session, shows

TASKS = ROOT / "tests" / "contracts" / "tasks.yaml"


@contextmanager
def stock_server(folder: Path, project: Path) -> Iterator[str]:
    """The lines of the page on handlers in a file, served by uvicorn from the command line; gives the base URL."""
    page = (ROOT / "docs" / "handlers.md").read_text("utf-8")
    (lines,) = [block for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL) if "stock import" in block]
    (folder / "backend.py").write_text(lines.replace('application(".")', f"application({str(project)!r})"), "utf-8")
    command = [sys.executable, "-m", "uvicorn", "backend:app", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            assert process.stdout is not None
            started = (re.search(r"running on (http://\S+)", line) for line in process.stdout)
            yield next(found for found in started if found).group(1)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with stock_server(tmp_path_factory.mktemp("stock"), ROOT) as url:
        yield url


def test_the_readmes_session_is_answered_as_by_the_double(url: str) -> None:
    for command, shown, came in play(session("curl"), url):
        came = came.replace("\n\n", "\n")  # Connexion ends what it writes with a line break
        assert shows(shown, came), (command, came)


def test_what_stock_connexion_refuses_it_tells_in_its_own_words(url: str) -> None:
    unsigned = httpx.get(f"{url}/api/lead-management/1")
    assert unsigned.status_code == 401
    assert unsigned.headers["content-type"] == "application/problem+json"
    incomplete = httpx.post(f"{url}/api/auth/login", json={"email": "ada@tether.example"})
    assert incomplete.status_code == 400
    assert incomplete.json()["detail"] == "'password' is a required property"
    nowhere = httpx.get(f"{url}/api/nowhere")
    assert nowhere.status_code == 404
    assert nowhere.headers["content-type"] == "application/problem+json"


def test_a_rules_id_stands_in_the_header_here_too(url: str) -> None:
    signed_in = httpx.post(f"{url}/api/auth/login", json={"email": "ada@tether.example", "password": "ada-password"})
    headers = {"Authorization": f"Bearer {signed_in.json()['token']}"}
    body = {"configurationName": "No such process", "initialStage": "New", "defaultProcess": "0" * 24}
    refused = httpx.post(f"{url}/api/lead-management", json=body, headers=headers)
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (
        400,
        "references:lead_management.defaultProcess",
    )


def test_every_request_passes_through_connexions_own_middlewares() -> None:
    assert application(ROOT).middleware.middlewares == ConnexionMiddleware.default_middlewares


def test_operations_without_a_handler_keep_what_they_are_sent(tmp_path: Path) -> None:
    with stock_server(tmp_path, TASKS) as url, httpx.Client(base_url=url) as client:
        made = client.post("/api/v1/tasks", json={"title": "Water the plants"})
        assert made.status_code == 201
        assert client.get(f"/api/v1/tasks/{made.json()['id']}").json()["title"] == "Water the plants"


def test_a_contract_that_connexion_does_not_take_is_refused_with_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text("openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\ntags:\n- description: T\n", "utf-8")
    with pytest.raises(Refused, match=rf"{re.escape(str(file))}:5: error: Connexion takes no such contract"):
        application(file)
