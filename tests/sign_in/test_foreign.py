"""The verifier signs in on servers of others by Digest, a key in the query, and a session with a token against CSRF."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from specdouble.contract import Contract, read
from specdouble.verify.settings import Account, Login, Settings
from specdouble.verify.verdict import BROKEN, KEPT, Verdict
from specdouble.verify.verification import verify
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
