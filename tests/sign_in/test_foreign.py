"""The verifier signs in on servers of others by Digest, a key in the query, and a session with a token against CSRF."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from specdouble.contract import Contract, read
from specdouble.verify.report.replay import GONE, SHOWS, played
from specdouble.verify.report.writing import write_reports
from specdouble.verify.secret_texts import near_secrets
from specdouble.verify.settings import Account, Login, Settings
from specdouble.verify.verdict import BROKEN, KEPT, Verdict
from specdouble.verify.verification import Show, run, verify
from tests.sign_in.foreign import KEYS, PASSWORDS, shelves

TOKEN = json.dumps({"$ref": "#/components/parameters/Token"})
SCHEMES = {
    "digest": {"type": "http", "scheme": "digest"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
}


def contract(folder: Path, gate: str) -> Contract:
    """The contract of the shelves behind one gate."""
    document: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "sessions.yaml").read_text("utf-8"))
    document["components"]["securitySchemes"]["session"] = SCHEMES[gate]
    if gate != "session":
        del document["paths"]["/login"]
        text = json.dumps(document).replace(TOKEN, "")
        document = json.loads(text)
    (folder / "openapi.json").write_text(json.dumps(document))
    return read(folder / "openapi.json")


def users(gate: str) -> dict[str, Any]:
    if gate == "session":
        told = (Account(name, {"username": name, "password": one}) for name, one in PASSWORDS.items())
        return {"users": tuple(told), "login": Login("login")}
    held = {name: f"{name}:{one}" for name, one in PASSWORDS.items()}
    held = {name: key for key, name in KEYS.items()} if gate == "query" else held
    return {"users": tuple(Account(name, credentials={"session": one}) for name, one in held.items())}


def verdict_of(folder: Path, gate: str, fault: str = "", **more: Any) -> Verdict:
    told = {"phases": ("rules",), "rules": ("authentication", "owner:books.owner"), "yes": True, **more}
    with shelves(gate, fault) as url:
        return verify(contract(folder, gate), Settings(url=url, **users(gate), **told))


@pytest.mark.parametrize("gate", SCHEMES)
def test_users_of_each_scheme_are_signed_in_and_kept_apart(tmp_path: Path, gate: str) -> None:
    verdict = verdict_of(tmp_path, gate)
    assert {name: row.state for name, row in verdict.rows.items()} == {
        "authentication": KEPT,
        "owner:books.owner": KEPT,
    }


@pytest.mark.parametrize(
    ("gate", "fault"),
    [
        ("digest", "any proof"), ("digest", "any target"), ("digest", "any nonce"),
        ("digest", "any method"), ("digest", "any count"),
        ("query", "any case"), ("query", "a part of a key"),
        ("session", "no token"), ("session", "any token"),
    ],
)  # fmt: skip
def test_what_a_server_takes_and_must_not_is_found(tmp_path: Path, gate: str, fault: str) -> None:
    verdict = verdict_of(tmp_path, gate, fault, rules=("authentication",))
    assert verdict.rows["authentication"].state == BROKEN


@pytest.mark.slow
@pytest.mark.parametrize("gate", SCHEMES)
def test_the_whole_verification_finds_nothing_on_a_server_that_keeps_its_contract(tmp_path: Path, gate: str) -> None:
    verdict = verdict_of(tmp_path, gate, phases=Settings.phases, rules=(), max_examples=5)
    assert not [one for row in verdict.rows.values() for one in row.failures]
    assert verdict.rows["conformance"].state == KEPT


# Reports


def reported(folder: Path, gate: str, fault: str, url: str) -> dict[str, Any]:
    """The failure that a run reports, once no report was seen to hold a secret, or what nearly is one."""
    files = {kind: folder / "reports" / kind for kind in ("json", "html", "junit", "sarif", "har", "scripts")}
    told = Settings(url=url, **users(gate), phases=("rules",), rules=("authentication",), yes=True, reports=files)
    list(write_reports(run(contract(folder, gate), told, Show()), files))
    written = "".join(one.read_text("utf-8") for one in (folder / "reports").rglob("*") if one.is_file())
    secrets = [*PASSWORDS.values(), *KEYS, *(f"{name}:{one}" for name, one in PASSWORDS.items())]
    assert [one for one in secrets if one in written] == []
    assert [one for known in secrets for one in near_secrets(known) if len(one) > 9 and one in written] == []
    failure: dict[str, Any] = json.loads(files["json"].read_text("utf-8"))["failures"][0]
    return failure


@pytest.mark.parametrize(
    ("gate", "fault"),
    [
        ("digest", "any target"),
        ("digest", "any method"),
        ("digest", "any count"),
        ("query", "a part of a key"),
        ("session", "any token"),
    ],
)
def test_a_failure_is_played_again_with_the_credentials_that_showed_it(tmp_path: Path, gate: str, fault: str) -> None:
    held = {"session": "mary-secret-2212", "digest": "mary:mary-secret-2212", "query": "mary-key-0c5d5b9a"}[gate]
    with shelves(gate, fault) as broken, shelves(gate) as good:
        failure = reported(tmp_path, gate, fault, broken)
        environment = dict.fromkeys(failure["replay"]["secrets"], held)
        assert played(failure, broken, environment) == SHOWS
        assert played(failure, good, environment) == GONE


@pytest.mark.parametrize(("gate", "status"), [("query", "200"), ("session", "201")])
def test_the_lines_for_a_shell_show_it_too(tmp_path: Path, gate: str, status: str) -> None:
    fault = {"query": "any case", "session": "no token"}[gate]
    held = {"query": "mary-key-0c5d5b9a", "session": "mary-secret-2212"}[gate]
    with shelves(gate, fault) as broken:
        failure = reported(tmp_path, gate, fault, broken)
        environment = {"PATH": os.environ["PATH"], **dict.fromkeys(failure["replay"]["secrets"], held)}
        done = subprocess.run(["bash", "-c", failure["curl"]], capture_output=True, text=True, env=environment)
    assert (done.stdout.split()[-1], done.stderr) == (status, "")
