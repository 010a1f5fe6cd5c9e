"""The verifier signs in as the users of a server do, and tries what must not sign anybody in."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.contract import Contract, read
from specdouble.double.double import Double
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.factories import Factories
from specdouble.double.server import Server
from specdouble.prove.mutants.authentication import mutants
from specdouble.prove.sign_in import started
from specdouble.verify.case import Case
from specdouble.verify.checks import code_flow
from specdouble.verify.exchange import Call
from specdouble.verify.problem import CouldNotRun, WrongUse
from specdouble.verify.report import writing
from specdouble.verify.report.replay import GONE, SHOWS, played
from specdouble.verify.session import Session
from specdouble.verify.settings import Account, Login, OAuth, Settings, Started, load
from specdouble.verify.settings import read as read_settings
from specdouble.verify.tables import Table
from specdouble.verify.verdict import KEPT
from specdouble.verify.verification import Show, run, verify
from tests.sign_in.doubles import Running

CONTRACT = Path(__file__).parent / "tokens.yaml"
ROOT = Path(__file__).parents[2]
BY_PASSWORD = {
    "oauth": OAuth("password", client_id="verifier"),
    "users": (
        Account("ada", {"username": "ada", "password": "ada-password"}),
        Account("linus", {"username": "linus", "password": "linus-password"}),
    ),
}
BY_CLIENT = {
    "oauth": OAuth("client_credentials", scope="read write"),
    "users": (Account("ada", {"client_id": "ada", "client_secret": "x"}), Account("grace", {"client_id": "grace"})),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("tokens")
    shutil.copy(CONTRACT, folder / "openapi.yaml")
    double = Double(DoubleSettings(folder, strict_auth=True))
    with Server(double, "127.0.0.1", 0).running() as url:
        yield Running(double, url)


BY_CODE = {
    "oauth": OAuth("authorization_code", client_id="verifier"),
    "users": (Account("ada", {"user": "ada"}), Account("linus", {"user": "linus"})),
}


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read(CONTRACT)


def settings(served: Running, **more: Any) -> Settings:
    return Settings(url=served.url, phases=("rules",), rules=("authentication", "owner:notes.owner"), yes=True, **more)


@pytest.mark.parametrize("told", [BY_PASSWORD, BY_CLIENT, BY_CODE], ids=["password", "client credentials", "code"])
def test_users_sign_in_at_the_contracts_token_endpoint(
    served: Running, contract: Contract, told: dict[str, Any]
) -> None:
    verdict = verify(contract, settings(served, **told))
    assert [verdict.rows[name].state for name in ("authentication", "owner:notes.owner")] == [KEPT, KEPT]


def test_the_code_flow_is_attacked_by_what_was_used_and_what_is_another_clients(
    served: Running, contract: Contract
) -> None:
    session = Session(contract, settings(served, **BY_CODE))
    session.sign_in.all()
    cases = list(code_flow.plan(session))
    assert [case.detail for case in cases if isinstance(case, Case)] == [
        "a code that was used", "a code with no verifier", "a code with another verifier",
        "a code with another redirect_uri", "a code with another client", "a redirect_uri elsewhere",
    ]  # fmt: skip


def test_a_page_that_gives_no_code_is_told_with_its_words(served: Running, contract: Contract) -> None:
    wrong = replace(BY_CODE["oauth"], scope="nonsense")  # type: ignore[type-var]
    with pytest.raises(CouldNotRun, match="The contract has no scope nonsense"):
        verify(contract, settings(served, oauth=wrong, users=BY_CODE["users"]))


def test_a_token_that_runs_out_is_refreshed(served: Running, contract: Contract) -> None:
    session = Session(contract, settings(served, **BY_PASSWORD))
    session.sign_in.all()
    before = session.crowd.users["ada"]
    call = Call(contract.operations["listNotes"], "ada")
    assert session.client.send(call).status == 200
    served.double.clock.set("+2h")
    try:
        refused = session.client.send(call)
        assert refused.status == 401
        assert session.renewed(call, refused).status == 200
    finally:
        served.double.clock.run()
    after = session.crowd.users["ada"]
    assert after.credentials["oauth"] != before.credentials["oauth"]
    used = served.double.sign_ins.refresh_tokens.get(before.refresh_token)
    assert used is not None
    assert used.is_used


def test_no_secret_of_a_sign_in_is_shown(served: Running, contract: Contract) -> None:
    given = {**BY_PASSWORD, "oauth": OAuth("password", client_id="verifier", client_secret="hush-hush")}
    session = Session(contract, settings(served, **given))
    session.sign_in.all()
    ada = session.crowd.users["ada"]
    assert {"hush-hush", "ada-password", ada.refresh_token, ada.credentials["oauth"]} <= session.crowd.secrets().keys()


def test_who_gets_no_token_is_told_with_the_endpoints_words(served: Running, contract: Contract) -> None:
    wrong = replace(settings(served, **BY_PASSWORD), users=(Account("ada", {"username": "ada", "password": "x"}),))
    with pytest.raises(CouldNotRun, match="The user name or the password is wrong"):
        verify(contract, wrong)


@pytest.mark.parametrize(
    ("oauth", "words"),
    [({"flow": "implicit"}, "Invalid enum"), ({"flow": "password", "token": "x"}, "`token`"), ({}, "flow")],
)
def test_a_setting_that_cannot_be_meant_is_told(tmp_path: Path, oauth: dict[str, str], words: str) -> None:
    values = ", ".join(f'{key} = "{value}"' for key, value in oauth.items())
    (tmp_path / "specdouble.toml").write_text(f"[verify]\noauth = {{ {values} }}")
    with pytest.raises(WrongUse, match=words):
        load(tmp_path)


def test_a_client_secret_is_taken_from_the_environment(tmp_path: Path) -> None:
    table = Table(values={"oauth": {"flow": "password", "client_secret": "env:HUSH"}})
    read_so = read_settings(table, {"HUSH": "sesame"}, tmp_path)
    assert read_so.oauth == OAuth("password", client_secret="sesame")


COOKIES = """
openapi: 3.0.3
info: {title: Cookies, version: '1'}
paths:
  /login:
    post:
      operationId: login
      tags: [auth]
      requestBody:
        content: {application/json: {schema: {type: object, additionalProperties: {type: string}}}}
      responses: {'204': {description: Done.}, '401': {description: No.}}
  /me:
    get:
      operationId: me
      security: [{session: []}]
      responses: {'204': {description: Done.}, '401': {description: No.}}
components:
  securitySchemes: {session: {type: apiKey, in: cookie, name: sid}}
"""
HANDLER = """
from specdouble.double import Problem, collection, new_token


def login(body):
    user = collection("users").find_one({"username": body["name"]})
    if user is None or user["password"] != body["password"]:
        raise Problem(401)
    return None, 204, {"Set-Cookie": f"sid={new_token(user)}; HttpOnly; Path=/"}
"""
USERS = '[{"id": "1", "username": "mary", "password": "mary-secret"}]'


def test_a_handler_signs_in_by_a_cookie_and_so_does_the_verifier(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(COOKIES)
    for name, text in {"handlers/auth.py": HANDLER, "handlers/__init__.py": "", "mock_data/users.json": USERS}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    double = Double(DoubleSettings(tmp_path))
    with Server(double, "127.0.0.1", 0).running() as url:
        users = (Account("mary", {"name": "mary", "password": "mary-secret"}),)
        told = Settings(url=url, phases=("rules",), users=users, login=Login("login"), rules=("authentication",))
        verdict = verify(read(tmp_path), told)
    assert verdict.rows["authentication"].state == KEPT


def test_the_users_of_an_identity_sign_in_where_the_settings_name_nobody() -> None:
    double = Double(DoubleSettings(ROOT, strict_auth=True))
    with Server(double, "127.0.0.1", 0).running() as url:
        tokens = {one.name: one.credentials["bearerAuth"] for one in started(double, url).users}
        asked = [
            httpx.get(f"{url}/api/prompts/user", headers={"Authorization": f"Bearer {one}"}) for one in tokens.values()
        ]
    assert {"ada@tether.example", "linus@tether.example", "alan@tether.example"} <= tokens.keys()
    assert {one.status_code for one in asked} == {200}


# Failures


def replayed(failure: dict[str, Any], url: str, own: Started) -> int:
    """How a failure plays again, with the keys of the double that it was found on."""
    key = next(iter(own.signing.values()))
    (pair,) = [one.credentials["oauth"] for one in own.users if one.name == "ada"]
    secrets = {name: key if name.endswith("SIGNING_KEY") else pair for name in failure["replay"]["secrets"]}
    return played(failure, url, secrets)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["expired-accepted", "other-audience-accepted", "public-key-accepted"])
def test_a_token_of_a_private_key_is_signed_again_where_a_failure_is_played(
    tmp_path: Path, contract: Contract, kind: str
) -> None:
    shutil.copy(CONTRACT, tmp_path / "openapi.yaml")
    (mutant,) = [one for one in mutants(contract) if one.kind == f"authentication.{kind}"]
    broken = Double(DoubleSettings(tmp_path, strict_auth=True), mutant.change(Factories()))
    whole = Double(DoubleSettings(tmp_path, strict_auth=True))  # the same keys: they are the folder's
    with Server(broken, "127.0.0.1", 0).running() as url, Server(whole, "127.0.0.1", 0).running() as good:
        own = started(broken, url)
        told = Settings(url=url, users=own.users, signing=own.signing, phases=("rules",), rules=("authentication",),
                        max_failures=1, owned=True, oauth=own.oauth)  # fmt: skip
        (failure,) = writing.masked_verdict(run(contract, told, Show()))["failures"][:1]
        assert "PRIVATE KEY" not in json.dumps(failure)
        assert replayed(failure, url, own) == SHOWS
        assert replayed(failure, good, own) == GONE
