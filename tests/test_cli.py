"""The command line, run as a user runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Thread

import httpx
import pytest

ROOT = Path(__file__).parent.parent
BROKEN = ROOT / "tests" / "contract" / "broken"
COMMAND = [sys.executable, "-c", "from specdouble.cli import main; main(prog_name='specdouble')"]


def run(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, timeout=60, check=False)


class Serving:
    """A `specdouble serve` in a process of its own."""

    def __init__(self, *arguments: str, cwd: Path = ROOT) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [*COMMAND, "serve", *arguments],
            cwd=cwd,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: Queue[str] = Queue()
        self.reader = Thread(target=self._read, daemon=True)
        self.reader.start()
        self.printed = ""
        self.url = self.wait_for(r" at (http://\S+)").group(1)

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self.lines.put(line)

    def stop(self) -> None:
        """End the process, whatever state it is in."""
        self.process.kill()
        self.process.wait()
        self.reader.join()

    def wait_for(self, pattern: str, seconds: float = 20) -> re.Match[str]:
        """Read its output until the pattern comes."""
        end = time.monotonic() + seconds
        while (found := re.search(pattern, self.printed)) is None:
            self.printed += self.lines.get(timeout=max(0.01, end - time.monotonic()))
        return found


@contextmanager
def serving(*arguments: str, cwd: Path = ROOT) -> Iterator[Serving]:
    server = Serving(*arguments, cwd=cwd)
    try:
        yield server
    finally:
        server.stop()


def test_help_names_every_command() -> None:
    text = run("--help").stdout
    for command in ("serve", "verify", "prove", "routes", "lint", "token", "version"):
        assert command in text


def test_version_prints_the_version() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", run("version").stdout)


def test_serve_prints_the_operations_and_a_curl_that_works() -> None:
    with serving("--port", "0") as server:
        command = server.wait_for(r"curl (\S+) -H 'Authorization: (Bearer \S+)'")
        for operation in ("post_lead_management", "get_pipelines"):
            assert operation in server.printed
        answer = httpx.get(command.group(1), headers={"Authorization": command.group(2)})
        assert answer.status_code == 200


def test_ctrl_c_stops_at_once_and_cleanly() -> None:
    with serving("--port", "0") as server, httpx.Client(base_url=server.url) as client:
        client.get("/_specdouble/health").raise_for_status()
        started = time.monotonic()
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(10) == 0
        assert time.monotonic() - started < 3
    assert "Traceback" not in server.printed


def test_a_taken_port_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = run("serve", "--port", port)
    assert refused.returncode == 3
    assert f"port {port} on 127.0.0.1 is taken" in refused.stderr
    assert "--port" in refused.stderr


def test_a_host_of_another_machine_is_refused() -> None:
    refused = run("serve", "--host", "192.0.2.1", "--port", "0")
    assert refused.returncode == 2
    assert "cannot listen on 192.0.2.1" in refused.stderr


def asked_thrice(server: Serving) -> None:
    """Create a configuration, another of its name, and ask for a path that is none."""
    token = run("token", "ada@tether.example").stdout.strip()
    body = {"configurationName": "Fair", "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}
    for _ in range(2):
        httpx.post(f"{server.url}/api/lead-management", json=body, headers={"Authorization": f"Bearer {token}"})
    httpx.get(f"{server.url}/nowhere", headers={"X-Specdouble-World": "w1"})


def test_serve_prints_each_request_with_the_rule_that_refused_it() -> None:
    with serving("--port", "0") as server:
        asked_thrice(server)
        server.wait_for(r"POST +/api/lead-management +201")
        server.wait_for(r"400 .* ms  unique:lead_management.configurationName: .* \(held by [0-9a-f]{24}\)")
        server.wait_for(r"GET +/nowhere +404 .*\[w1\]  the contract has no path that fits /nowhere")


def test_serve_prints_each_request_as_json() -> None:
    with serving("--port", "0", "--log", "json") as server:
        asked_thrice(server)
        line = server.wait_for(r"\n({.*\"status\":400.*})\n").group(1)
        assert json.loads(line)["rule"] == "unique:lead_management.configurationName"


def test_quiet_serve_prints_the_address_alone() -> None:
    with serving("--port", "0", "--quiet") as server:
        asked_thrice(server)
        server.process.send_signal(signal.SIGINT)
        server.process.wait(10)
        server.reader.join()
    assert "".join([server.printed, *server.lines.queue]).count("\n") == 1


def test_the_module_is_the_command() -> None:
    module = [sys.executable, "-m", "specdouble", "version"]
    printed = subprocess.run(module, capture_output=True, text=True, timeout=60, check=True).stdout
    assert printed == run("version").stdout


def test_an_option_may_stand_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPECDOUBLE_LINT_JSON", "1")
    monkeypatch.setenv("SPECDOUBLE_SERVE_PORT", "far")
    assert json.loads(run("lint").stdout) == []
    assert "'far' is not a valid integer" in run("serve").stderr


def test_a_broken_contract_is_not_served() -> None:
    refused = run("serve", str(BROKEN / "misspelt_annotation.yaml"), "--port", "0")
    assert refused.returncode == 3
    assert "misspelt_annotation.yaml:14: error: unknown annotation `x-uniqe`" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_what_keeps_a_contract_from_being_served_is_told_without_what_does_not(tmp_path: Path) -> None:
    schemas = "components: {schemas: {A: {$ref: 'none.yaml'}, B: {type: integer, example: text}}}"
    text = f"openapi: 3.0.3\ninfo: {{title: A, version: '1'}}\npaths: {{}}\n{schemas}\n"
    (tmp_path / "openapi.yaml").write_text(text)
    done = run("serve", str(tmp_path))
    assert done.returncode == 3
    assert "leads to a file that cannot be read" in done.stderr
    assert "example" not in done.stderr
    assert "1 finding that would not be in the way" in done.stderr
    assert "example" in run("lint", str(tmp_path)).stderr


def test_a_handler_that_cannot_be_imported_is_told_with_its_line(tmp_path: Path) -> None:
    copy = shutil.copytree(ROOT / "handlers", tmp_path / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    (copy / "auth.py").write_text("import nothing_of_that_name\n", "utf-8")
    refused = run("routes", str(tmp_path))
    assert refused.returncode == 3
    assert "auth.py:1: error: the module cannot be imported: ModuleNotFoundError" in refused.stderr


def test_a_handler_that_asks_for_too_much_is_told_with_its_line(tmp_path: Path) -> None:
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "auth.py").write_text("\n\ndef post_auth_login(body, colour): ...\n", "utf-8")
    refused = run("routes", str(tmp_path))
    assert "auth.py:3: error: the handler `post_auth_login` asks for `colour`" in refused.stderr


@pytest.mark.parametrize("setting", ["yesterday", "+3", "2026-13-01"])
def test_a_clock_that_is_none_is_wrong_use(setting: str) -> None:
    refused = run("serve", "--clock", setting, "--port", "0")
    assert (refused.returncode, "is neither a moment" in refused.stderr) == (2, True)


def test_a_frozen_clock_and_a_seed_make_answers_repeat() -> None:
    documents = []
    for _ in range(2):
        with serving("--port", "0", "--seed", "7", "--clock", "2026-05-01T09:00:00Z") as server:
            token = server.wait_for(r"Bearer (\S+)'").group(1)
            body = {"configurationName": "A", "initialStage": "B", "defaultProcess": "64eea1110000000000000001"}
            headers = {"Authorization": f"Bearer {token}"}
            answer = httpx.post(f"{server.url}/api/lead-management", json=body, headers=headers)
            documents.append(answer.json()["data"])
    assert documents[0] == documents[1]
    assert documents[0]["createdAt"] == "2026-05-01T09:00:00.000Z"


def test_token_prints_a_token_that_the_double_takes() -> None:
    token = run("token", "grace@tether.example").stdout.strip()
    with serving("--port", "0") as server:
        url = f"{server.url}/api/auth/verify-token"
        assert httpx.get(url, headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_token_for_nobody_names_those_who_are_there() -> None:
    refused = run("token", "nobody@tether.example")
    assert refused.returncode == 2
    assert "ada@tether.example" in refused.stderr


def test_lint_finds_nothing_here_and_something_there() -> None:
    assert run("lint").returncode == 0
    found = run("lint", "--json", str(BROKEN / "unknown_scope.yaml"))
    (finding,) = json.loads(found.stdout)
    assert (found.returncode, finding["line"], finding["severity"]) == (1, 14, "error")


def many_findings(folder: Path) -> Path:
    """A contract with thirty sentences of two kinds: an example of each property, and all operations alike."""
    properties = {f"size{number}": {"type": "integer", "example": f"{number} cm"} for number in range(20)}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Box"}}}}
    post = {"requestBody": body, "responses": {"201": {"description": "Made."}}}
    schemas = {"Box": {"type": "object", "properties": properties}}
    paths = {f"/boxes{number}": {"post": post} for number in range(10)}
    contract = {"openapi": "3.0.3", "info": {"title": "Boxes", "version": "1"}, "paths": paths}
    file = folder / "all boxes.json"
    file.write_text(json.dumps({**contract, "components": {"schemas": schemas}}))
    return file


def test_lint_tells_of_each_kind_how_many_and_the_first_where_all_would_fill_screens(tmp_path: Path) -> None:
    file = many_findings(tmp_path)
    found = run("lint", str(file))
    lines = found.stderr.splitlines()
    assert found.returncode == 1
    assert [line for line in lines if line[:1] != " "] == [
        "20 errors: example (correct the example or the schema)",
        "10 warnings: invalid-status (declare 400, 422, 4XX or `default`)",
        f"each of a kind, with its place: specdouble lint '{file}' --select example",
        "30 findings: 20 errors, 10 warnings",
    ]
    assert "      10 x the operation takes a body, and declares no status" in found.stderr


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (2, "and in 1 more place, on line 9"),
        (4, "and in 3 more places, on lines 9, 11, 13"),
        (80, "and in 79 more places, on lines 9, 11, 13, …"),
    ],
)
def test_a_sentence_of_many_places_is_told_with_their_number_and_the_first_three(
    tmp_path: Path, number: int, told: str
) -> None:
    content = "{content: {application/json: {schema: {type: object}}}}"
    posts = "".join(
        f"  /boxes{one}:\n    post: {{requestBody: {content}, responses: {{'201': {{description: Made.}}}}}}\n"
        for one in range(number)
    )
    begin = "openapi: 3.0.3\ninfo:\n  title: Boxes\n  version: '1'\npaths:\n"
    (tmp_path / "openapi.yaml").write_text(begin + posts, "utf-8")
    _, _, others, *_ = run("lint", str(tmp_path)).stderr.splitlines()
    assert others == f"    {told}"


def test_lint_tells_each_finding_of_a_kind_or_of_all_where_it_is_asked_to(tmp_path: Path) -> None:
    file = str(many_findings(tmp_path))
    warnings = run("lint", file, "--select", "invalid-status")
    assert warnings.returncode == 0
    assert warnings.stderr.count(" at /paths/~1boxes") == 10
    assert run("lint", file, "--all").stderr.count("remedy: ") == 30
    assert len(json.loads(run("lint", file, "--json", "--select", "example").stdout)) == 20


def test_lint_does_not_know_an_id_that_is_none() -> None:
    refused = run("lint", "--select", "exmple")
    assert (refused.returncode, "write `example`" in refused.stderr) == (2, True)


def test_routes_tell_how_each_operation_is_answered() -> None:
    rows = {row["operationId"]: row for row in json.loads(run("routes", "--json").stdout)}
    row = rows["put_lead_management_by_id"]
    assert (row["by"], row["action"]) == ("handler", "update lead_management")
    assert "unique:lead_management.configurationName" in row["rules"]
    assert len(rows) == 11


def test_a_changed_handler_is_reloaded_and_documents_stay(tmp_path: Path) -> None:
    for name in ("handlers", "mock_data"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    with serving(str(tmp_path), "--port", "0", "--reload") as server:
        headers = {"Authorization": f"Bearer {server.wait_for('Bearer (.*)' + chr(39)).group(1)}"}
        body = {"name": "Kept"}
        httpx.post(f"{server.url}/api/prompts/create", json=body, headers=headers).raise_for_status()
        file = tmp_path / "handlers" / "auth.py"
        text = file.read_text("utf-8")
        file.write_text(text.replace("def get_auth_verify_token(", "def get_auth_verify_token(oops"), "utf-8")
        server.wait_for("not reloaded, the old contract serves on: handlers/auth.py")
        url = f"{server.url}/api/auth/verify-token"
        assert httpx.get(url, headers=headers).json() == {"message": "Token is good"}
        file.write_text(text.replace('"Token is good"', '"Token is very good"'), "utf-8")
        server.wait_for(r"\nreloaded: handlers/auth.py")
        assert httpx.get(url, headers=headers).json() == {"message": "Token is very good"}
        assert "Kept" in httpx.get(f"{server.url}/api/prompts/user", headers=headers).text
