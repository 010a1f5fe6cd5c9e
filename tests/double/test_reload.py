"""A change of the contract is served at once, and a broken one is not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import Popen
from sys import executable

import httpx
import pytest

from tests.contracts import FOLDER

PATIENCE = 60  # seconds, on a machine that is busy with other tests


class Served:
    """A double in a process of its own, which follows changes."""

    def __init__(self, path: Path, log: Path) -> None:
        command = [executable, "-c", "from specdouble.cli import main; main()", "serve", str(path)]
        self.log = log
        with log.open("w") as output:
            self.process = Popen([*command, "--reload", "--port", "0"], stdout=output, stderr=output)
        assert self.comes_to(lambda: " at http" in log.read_text()), log.read_text()
        self.url = log.read_text().partition(" at ")[2].split()[0]

    def stop(self) -> str:
        """End the process, and give what it said."""
        self.process.terminate()
        self.process.wait(10)
        return self.log.read_text()

    @staticmethod
    def comes_to(seen: Callable[[], bool]) -> bool:
        """Whether something is seen in the end; how soon is a question for a quiet machine."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not seen():
            time.sleep(0.02)
        return seen()

    def title(self) -> str:
        """The contract's title, as the double tells it."""
        info = httpx.get(self.url + "/openapi.json", timeout=10).json()["info"]
        return f"{info['title']} {info['version']}"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Served, Path]]:
    contract = tmp_path / "openapi.yaml"
    contract.write_text((FOLDER / "tasks.yaml").read_text("utf-8"), "utf-8")
    one = Served(tmp_path, tmp_path / "log.txt")
    time.sleep(1)  # until the watch has begun
    yield one, contract
    one.stop()


def test_an_edit_is_served_and_documents_stay(served: tuple[Served, Path]) -> None:
    one, contract = served
    made = httpx.post(one.url + "/api/v1/tasks", json={"title": "kept"}).json()
    for number in (1, 2):
        before, after = (f"title: Tasks{'+' * count}," for count in (number - 1, number))
        contract.write_text(contract.read_text("utf-8").replace(before, after))
        wanted = f"Tasks{'+' * number} 1.0.0"
        assert one.comes_to(lambda wanted=wanted: one.title() == wanted)  # type: ignore[misc]
    assert httpx.get(f"{one.url}/api/v1/tasks/{made['id']}").json() == made


def test_a_broken_edit_keeps_the_old_contract_and_shows_the_finding(served: tuple[Served, Path]) -> None:
    one, contract = served
    good = contract.read_text("utf-8")
    contract.write_text(good.replace("#/components/schemas/TaskInput", "nothing.yaml"))
    assert one.comes_to(lambda: "the old contract serves on" in one.log.read_text())
    assert httpx.get(one.url + "/api/v1/tasks").status_code == 200
    contract.write_text(good.replace("title: Tasks,", "title: Mended,"))
    assert one.comes_to(lambda: one.title() == "Mended 1.0.0")
    told = one.stop()
    assert "not reloaded, the old contract serves on: openapi.yaml" in told
    assert "leads to a file that cannot be read" in told


@pytest.mark.slow
def test_three_megabytes_are_served_and_followed(tmp_path: Path) -> None:
    paths = {f"/things{number}/{{id}}": _operations(number) for number in range(1100)}
    contract = {"openapi": "3.0.3", "info": {"title": "Big", "version": "1"}, "paths": paths}
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(contract, indent=1), "utf-8")
    assert file.stat().st_size > 3_000_000
    one = Served(tmp_path, tmp_path / "log.txt")
    try:
        assert one.title() == "Big 1"
        time.sleep(1)
        file.write_text(file.read_text("utf-8").replace('"Big"', '"Bigger"'), "utf-8")
        assert one.comes_to(lambda: one.title() == "Bigger 1")
    finally:
        one.stop()


def _operations(number: int) -> dict[str, object]:
    properties = {f"p{index}": {"type": "string", "description": "text " * 8} for index in range(20)}
    schema = {"type": "object", "required": ["p1"], "properties": {"id": {"type": "string"}, **properties}}
    content = {"application/json": {"schema": schema}}
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    get = {"operationId": f"get{number}", "responses": {"200": {"description": "ok", "content": content}}}
    return {"parameters": [parameter], "get": get}
