"""The verifier signs in by OAuth 2 on a server of others, refreshes in a run, and finds what it must not take."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from werkzeug.wrappers import Request, Response

from specdouble.contract import Contract, read
from specdouble.verify.settings import Account, OAuth, Settings
from specdouble.verify.verdict import BROKEN, KEPT, Verdict
from specdouble.verify.verification import verify
from tests.sign_in.foreign import KEYS, PASSWORDS, Refused
from tests.sign_in.foreign_oauth import APP, CALLBACK, CLIENTS, Notes, notes, private_pem

FILE = Path(__file__).parent / "tokens.yaml"
BY_NAME = tuple(Account(name, {"username": name, "password": one}) for name, one in PASSWORDS.items())
BY_SECRET = tuple(
    Account(name.partition("-")[0], {"client_id": name, "client_secret": one}) for name, one in CLIENTS.items()
)
FLOWS: dict[str, dict[str, Any]] = {
    "password": {"oauth": OAuth("password", client_id=APP), "users": BY_NAME},
    "client_credentials": {"oauth": OAuth("client_credentials"), "users": BY_SECRET},
    "authorization_code": {
        "oauth": OAuth("authorization_code", client_id=APP, redirect_uri=CALLBACK), "users": BY_NAME,
    },
}  # fmt: skip
# What a server takes and must not, the flow of its users, and the case that shows it.
FAULTS = [
    ("expired", "password", "expired"),
    ("another audience", "password", "for another audience"),
    ("another issuer", "client_credentials", "of another issuer"),
    ("alg confusion", "client_credentials", "the public key for a secret"),
    ("unsigned", "password", "unsigned"),
    ("any scope", "client_credentials", "without write"),
    ("a code again", "authorization_code", "a code that was used"),
    ("no verifier", "authorization_code", "a code with no verifier"),
    ("any verifier", "authorization_code", "a code with another verifier"),
    ("another redirect_uri", "authorization_code", "a code with another redirect_uri"),
    ("another client", "authorization_code", "a code with another client"),
    ("a redirect to anywhere", "authorization_code", "a redirect_uri elsewhere"),
]


QUICK = ("alg confusion", "a code again")


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read(FILE)


def verdict_of(contract: Contract, app: Notes, flow: str, **more: Any) -> Verdict:
    told = {"phases": ("rules",), "rules": ("authentication", "owner:notes.owner"), "signing": {"oauth": private_pem()},
            "yes": True, **FLOWS[flow], **more}  # fmt: skip
    with notes(app) as url:
        return verify(contract, Settings(url=url, **told))


@pytest.mark.parametrize(
    "flow", ["password", *(pytest.param(one, marks=pytest.mark.slow) for one in FLOWS if one != "password")]
)
def test_users_sign_in_by_each_flow_and_nothing_is_found_on_a_server_that_keeps_its_promises(
    contract: Contract, flow: str
) -> None:
    verdict = verdict_of(contract, Notes(), flow)
    assert {name: row.state for name, row in verdict.rows.items()} == {
        "authentication": KEPT,
        "owner:notes.owner": KEPT,
    }


@pytest.mark.parametrize(
    ("fault", "flow", "case"),
    [pytest.param(*one, marks=() if one[0] in QUICK else pytest.mark.slow) for one in FAULTS],
)
def test_what_a_server_takes_and_must_not_is_found_by_its_case(
    contract: Contract, fault: str, flow: str, case: str
) -> None:
    row = verdict_of(contract, Notes(fault), flow, rules=("authentication",)).rows["authentication"]
    assert row.state == BROKEN
    assert case in {failure.detail for failure in row.failures.values()}


def test_the_key_that_confuses_is_fetched_from_where_the_token_was_issued(contract: Contract) -> None:
    verdict = verdict_of(contract, Notes("alg confusion"), "password", rules=("authentication",), signing={})
    assert verdict.rows["authentication"].state == BROKEN


class Locked(Notes):
    """Notes that want a key beside the token, and look at it first."""

    def _notes(self, request: Request, issuer: str) -> Response:
        if request.args.get("key") not in KEYS:
            raise Refused(401, **{"WWW-Authenticate": "Key"})
        return super()._notes(request, issuer)


@pytest.mark.parametrize(("fault", "state"), [("", KEPT), ("any scope", BROKEN)])
def test_a_token_without_a_scope_comes_with_the_key_that_is_wanted_beside_it(
    tmp_path: Path, fault: str, state: str
) -> None:
    told = yaml.safe_load(FILE.read_text("utf-8"))
    told["components"]["securitySchemes"]["key"] = {"type": "apiKey", "in": "query", "name": "key"}
    for operation in told["paths"]["/notes"].values():
        operation["security"][0]["key"] = []
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(told))
    users = [replace(one, credentials={"key": key}) for one, key in zip(BY_SECRET, KEYS, strict=True)]
    more = {"users": tuple(users), "rules": ("authentication",)}
    row = verdict_of(read(tmp_path), Locked(fault), "client_credentials", **more).rows["authentication"]
    without = [failure.detail for failure in row.failures.values() if failure.detail.startswith("without ")]
    assert (row.state, bool(without)) == (state, state == BROKEN)


@pytest.mark.slow
def test_a_token_that_runs_out_in_a_run_is_refreshed_and_nobody_signs_in_again(contract: Contract) -> None:
    app = Notes(uses=100)
    verdict = verdict_of(contract, app, "password", phases=Settings.phases, rules=(), max_examples=60)
    assert not [one for row in verdict.rows.values() for one in row.failures]
    assert verdict.rows["conformance"].state == KEPT
    assert app.asked["refresh_token"] >= 2
    assert app.asked["password"] == len(PASSWORDS)


# Secrets

SETTINGS = """
[verify]
oauth = {{ flow = "{flow}", client_id = "{app}", client_secret = "env:APP_SECRET", redirect_uri = "{callback}" }}
signing = {{ oauth = "env:SIGNING_KEY" }}
yes = true

[[verify.users]]
name = "mary"
username = "mary"
password = "env:MARY"
"""
FORMS = ("json", "html", "junit", "sarif", "har", "scripts")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("flow", "fault"), [("password", "expired"), ("password", "any scope"), ("authorization_code", "a code again")]
)
def test_no_report_no_list_and_no_line_on_the_screen_tells_a_secret(tmp_path: Path, flow: str, fault: str) -> None:
    (tmp_path / "openapi.yaml").write_text(FILE.read_text("utf-8"))
    (tmp_path / "specdouble.toml").write_text(SETTINGS.format(flow=flow, app=APP, callback=CALLBACK))
    held = {"MARY": PASSWORDS["mary"], "APP_SECRET": "hush-of-the-app-9d4c", "SIGNING_KEY": private_pem()}
    app = Notes(fault)
    with notes(app) as url:
        reports = [f"--report={kind}={tmp_path / 'reports' / kind}" for kind in FORMS]
        command = [sys.executable, "-m", "specdouble", "verify", "--url", url, "--verbose", "--max-examples", "10",
                   "--leftovers", str(tmp_path / "reports" / "left"), *reports]  # fmt: skip
        done = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **held}, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1, done.stderr
    written = {"screen": done.stdout + done.stderr}
    written |= {str(one): one.read_text("utf-8") for one in (tmp_path / "reports").rglob("*") if one.is_file()}
    assert len(written) >= len(FORMS) + 1
    key = "".join(private_pem().splitlines()[1:-1])[:40]
    secrets = [held["MARY"], held["APP_SECRET"], key, *app.given]
    assert [(place, secret) for place, text in written.items() for secret in secrets if secret in text] == []
