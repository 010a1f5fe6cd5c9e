"""Each row of the table of schemes in docs/sign-in.md holds: what the double takes, what `verify` tries, what is off.

A row of the page without one here fails, and so does one here that the page has not.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server
from specdouble.prove.sign_in import started
from specdouble.verify.case import Case
from specdouble.verify.checks import authentication
from specdouble.verify.session import Session
from specdouble.verify.settings import Settings as VerifySettings
from specdouble.verify.verdict import KEPT
from specdouble.verify.verification import verify
from tests.sign_in.doubles import Running
from tests.sign_in.test_provider import DEVICE, Browser, located

PAGE = Path(__file__).parent.parent.parent / "docs" / "sign-in.md"
VERSIONS = ("2.0", "3.0.4", "3.1.1", "3.2.0")
Sent = dict[str, Any]
URLS = {"authorizationUrl": "/oauth/authorize", "tokenUrl": "/oauth/token"}
OWN = "/_specdouble/auth"


def bearer(token: str) -> Sent:
    return {"headers": {"Authorization": f"Bearer {token}"}}


@dataclass(frozen=True)
class Row:
    """One row.

    Args:
        schemes: the security schemes of its requirement, as OpenAPI 3 writes them.
        signed: the credentials of ada, got in the row's own way.
        tried: what `verify` tries, beside what it tries of every scheme.
        since: the first version that can declare it.
        flow: what OpenAPI 2.0 calls its flow, where it has one.
    """

    schemes: dict[str, dict[str, Any]]
    signed: Callable[[Running], Sent]
    tried: frozenset[str] = frozenset()
    since: str = "3.0.4"
    flow: str = ""

    def declared(self, version: str) -> dict[str, dict[str, Any]] | None:
        """Its schemes as that version writes them; None where it cannot."""
        if version != "2.0":
            return self.schemes if self.since <= version else None
        if self.since != "2.0":
            return None
        return {name: self._of_old(scheme) for name, scheme in self.schemes.items()}

    def _of_old(self, scheme: dict[str, Any]) -> dict[str, Any]:
        if scheme["type"] == "oauth2":
            (flow,) = scheme["flows"].values()
            return {"type": "oauth2", "flow": self.flow, **flow}
        return {"type": "basic"} if scheme["type"] == "http" else scheme


def by_key(name: str, place: str) -> Row:
    scheme = {"type": "apiKey", "in": place, "name": name}

    def signed(double: Running) -> Sent:
        key = double.token("ada", name)
        assert key == "ada-key"
        return {"header": {"headers": {name: key}}, "query": {"params": {name: key}}}.get(
            place, {"headers": {"Cookie": f"{name}={key}"}}
        )

    return Row({name: scheme}, signed, KEYS, since="3.0.4" if place == "cookie" else "2.0")


def by_oauth(flow: str, token: Callable[[Browser], str], old: str = "") -> Row:
    urls = {
        "authorizationCode": URLS, "implicit": {"authorizationUrl": "/oauth/authorize"},
        "deviceAuthorization": {"deviceAuthorizationUrl": "/oauth/device", "tokenUrl": "/oauth/token"},
    }.get(flow, {"tokenUrl": "/oauth/token"})  # fmt: skip
    name = f"oauth_{flow}_{token.__name__}"
    scheme = {"type": "oauth2", "flows": {flow: {**urls, "scopes": {"read": "Reads.", "write": "Writes."}}}}
    more = CODES if flow == "authorizationCode" else frozenset[str]()
    since = "2.0" if old else "3.2.0"
    return Row({name: scheme}, lambda double: bearer(by(double, token)), TOKENS | {"without read"} | more, since, old)


def by(double: Running, token: Callable[[Browser], str]) -> str:
    browser = Browser(double)
    with closing(browser.http):
        return token(browser)


def code(browser: Browser) -> str:
    return str(browser.tokens("ada", scope="read")["access_token"])


def fragment(browser: Browser) -> str:
    return located(browser.authorize("ada", response_type="token", scope="read"))["access_token"]


def client(browser: Browser) -> str:
    asked = browser.ask("token", grant_type="client_credentials", client_id="ada", client_secret="x", scope="read")
    return str(asked.json()["access_token"])


def password(browser: Browser) -> str:
    asked = browser.ask("token", grant_type="password", username="ada", password="ada-password", scope="read")
    return str(asked.json()["access_token"])


def refreshed(browser: Browser) -> str:
    token = browser.tokens("ada", scope="read")["refresh_token"]
    asked = browser.ask("token", grant_type="refresh_token", refresh_token=token, client_id="app")
    return str(asked.json()["access_token"])


def device(browser: Browser) -> str:
    asked = browser.ask("device_authorization", client_id="tv", scope="read").json()
    browser.http.post(asked["verification_uri"], data={"user": "ada", "user_code": asked["user_code"]})
    told = browser.ask("token", grant_type=DEVICE, device_code=asked["device_code"], client_id="tv")
    return str(told.json()["access_token"])


def open_id(browser: Browser) -> str:
    return str(browser.tokens("ada", scope="openid")["access_token"])


def in_a_session(double: Running) -> Sent:
    """The cookie that the double's page sets, and the token beside it."""
    with httpx.Client() as http:
        http.post(f"{double.url}{OWN}/session", data={"user": "ada"})
        cookie = f"sid={http.cookies['sid']}"
    return {"headers": {"Cookie": cookie, "X-CSRF-Token": double.token("ada", "csrf")}}


def by_pair(kind: type[httpx.Auth]) -> Callable[[Running], Sent]:
    scheme = "digest" if kind is httpx.DigestAuth else "basic"

    def signed(double: Running) -> Sent:
        name, _, secret = double.token("ada", scheme).partition(":")
        return {"auth": kind(name, secret)}  # type: ignore[call-arg]

    return signed


PAIRS = frozenset({"in another case", "its first three quarters", "one character other"})
KEYS = frozenset({"empty", "cut short", "one character more", "one character other"})
TOKENS = frozenset(
    {
        "unsigned", "unsigned, capitals", "signed by another", "another's claims", "no signature", "expired",
        "for another audience", "of another issuer", "the public key for a secret", "another scheme", "no scheme",
    }
)  # fmt: skip
CODES = frozenset(
    {
        "a code that was used", "a code with no verifier", "a code with another verifier",
        "a code with another redirect_uri", "a code with another client", "a redirect_uri elsewhere",
    }
)  # fmt: skip
PROOFS = frozenset(
    {
        "a proof for another path", "a proof for another method", "a proof with a nonce of nobody",
        "a proof with another count",
    }
)  # fmt: skip
OPEN_ID = {"type": "openIdConnect", "openIdConnectUrl": "/.well-known/openid-configuration"}
PLAIN = {"type": "http", "scheme": "bearer"}
SESSION = {"sid": {"type": "apiKey", "in": "cookie", "name": "sid"},
           "csrf": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"}}  # fmt: skip
ROWS = {
    "`http: basic`": Row({"basic": {"type": "http", "scheme": "basic"}}, by_pair(httpx.BasicAuth), PAIRS, "2.0"),
    "`http: digest`": Row(
        {"digest": {"type": "http", "scheme": "digest"}}, by_pair(httpx.DigestAuth), PAIRS | PROOFS
    ),
    "`http: bearer`, a JSON Web Token": Row(
        {"jwt": {**PLAIN, "bearerFormat": "JWT"}}, lambda double: bearer(double.token("ada", "jwt")), TOKENS
    ),
    "`http: bearer`, opaque": Row({"opaque": PLAIN}, lambda _double: bearer("ada-key"), frozenset({"nonsense"})),
    "`http: ` another word": Row(
        {"word": {"type": "http", "scheme": "token"}},
        lambda double: {"headers": {"Authorization": f"Token {double.token('ada', 'word')}"}},
        frozenset({"nonsense"}),
    ),
    "`apiKey` in a header field": by_key("X-API-Key", "header"),
    "`apiKey` in the query": by_key("key", "query"),
    "`apiKey` in a cookie": by_key("key_cookie", "cookie"),
    "a session's cookie": Row(SESSION, in_a_session, frozenset({"no token", "another token"})),
    "`oauth2`, `authorizationCode`": by_oauth("authorizationCode", code, "accessCode"),
    "`oauth2`, `implicit`": by_oauth("implicit", fragment, "implicit"),
    "`oauth2`, `clientCredentials`": by_oauth("clientCredentials", client, "application"),
    "`oauth2`, `password`": by_oauth("password", password, "password"),
    "`oauth2`, refreshed": by_oauth("authorizationCode", refreshed, "accessCode"),
    "`oauth2`, `deviceAuthorization`": by_oauth("deviceAuthorization", device),
    "`openIdConnect`": Row({"oidc": OPEN_ID}, lambda double: bearer(by(double, open_id)), TOKENS),
    "`mutualTLS`": Row({"tls": {"type": "mutualTLS"}}, lambda _double: {}, since="3.1.1"),
    "several together": Row(
        {"first": {"type": "apiKey", "in": "header", "name": "X-First"}, "second": PLAIN},
        lambda double: {"headers": {"X-First": "ada-key", **bearer(double.token("ada", "second"))["headers"]}},
        frozenset({"all credentials but second"}),
    ),
    "one of several": Row({"either": PLAIN, "other": SESSION["sid"]}, lambda _double: bearer("ada-key")),
}  # fmt: skip
NUMBERS = {name: number for number, name in enumerate(ROWS)}
OPEN = "`mutualTLS`"  # what no request tells of is asked of nobody


def contract(version: str) -> dict[str, Any]:
    """A contract with an operation for each row that the version can declare."""
    schemes: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for name, row in ROWS.items():
        declared = row.declared(version)
        if declared is not None:
            schemes |= declared
            asked = {one: ["read"] if "oauth" in one else [] for one in declared}
            security = [{one: asked[one]} for one in asked] if name == "one of several" else [asked]
            paths[f"/row{NUMBERS[name]}"] = operations(version, NUMBERS[name], security)
    if version == "2.0":
        return {"swagger": "2.0", "info": {"title": "Rows", "version": "1"}, "paths": paths,
                "securityDefinitions": schemes, "produces": ["application/json"], "consumes": ["application/json"],
                "definitions": {"Note": NOTE}}  # fmt: skip
    return {"openapi": version, "info": {"title": "Rows", "version": "1"}, "paths": paths,
            "components": {"securitySchemes": schemes, "schemas": {"Note": NOTE}}}  # fmt: skip


NOTE = {"type": "object", "required": ["text"],
        "properties": {"id": {"type": "string", "readOnly": True}, "text": {"type": "string"}}}  # fmt: skip


def operations(version: str, number: int, security: list[dict[str, Any]]) -> dict[str, Any]:
    """A create: what a token against forged requests is asked for."""
    refused = {"401": {"description": "Nobody."}, "403": {"description": "Somebody else."}}
    if version == "2.0":
        schema = {"$ref": "#/definitions/Note"}
        body: dict[str, Any] = {"parameters": [{"name": "note", "in": "body", "required": True, "schema": schema}]}
        made: dict[str, Any] = {"description": "Made.", "schema": schema}
    else:
        media = {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}
        body = {"requestBody": {"required": True, "content": media}}
        made = {"description": "Made.", "content": media}
    return {"post": {"operationId": f"row{number}", "security": security, **body,
                     "responses": {"201": made, "400": {"description": "None."}, **refused}}}  # fmt: skip


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The contract of each version, each in a folder of its own."""
    found = {}
    for version in VERSIONS:
        found[version] = tmp_path_factory.mktemp("version")
        (found[version] / "openapi.json").write_text(json.dumps(contract(version)))
    return found


@pytest.fixture(scope="module")
def double(request: pytest.FixtureRequest, folders: dict[str, Path]) -> Iterator[Running]:
    """A double of the contract of a version, that takes nobody whom it does not know."""
    served = Double(Settings(folders[request.param] / "openapi.json", strict_auth=True))
    with Server(served, "127.0.0.1", 0).running() as url:
        yield Running(served, url)


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=30) as found:
        yield found


def asked(http: httpx.Client, url: str, row: str, sent: Sent) -> int:
    return http.post(f"{url}/row{NUMBERS[row]}", json={"text": "a"}, **sent).status_code


PLAYED = [
    pytest.param(version, row, marks=() if version in (VERSIONS[0], VERSIONS[-1]) else pytest.mark.slow)
    for version in VERSIONS
    for row in ROWS
    if ROWS[row].declared(version) is not None
]


@pytest.mark.parametrize(("double", "row"), PLAYED, indirect=["double"])
def test_the_double_takes_what_the_row_says_and_nobody_without_it(
    double: Running, http: httpx.Client, row: str
) -> None:
    assert asked(http, double.url, row, {}) == (201 if row == OPEN else 401)
    assert asked(http, double.url, row, ROWS[row].signed(double)) == 201


def test_no_auth_turns_each_row_off(folders: dict[str, Path], http: httpx.Client) -> None:
    served = Double(Settings(folders["3.2.0"] / "openapi.json", strict_auth=True, no_auth="grace"))
    with Server(served, "127.0.0.1", 0).running() as url:
        assert {row: asked(http, url, row, {}) for row in ROWS} == dict.fromkeys(ROWS, 201)


@pytest.mark.slow
def test_verify_tries_what_each_row_says_and_finds_nothing_on_the_double(folders: dict[str, Path]) -> None:
    served = Double(Settings(folders["3.2.0"] / "openapi.json", strict_auth=True))
    with Server(served, "127.0.0.1", 0).running() as url:
        own = started(served, url)
        told = VerifySettings(url=url, users=own.users, signing=own.signing, oauth=own.oauth, owned=True,
                              phases=("rules",), rules=("authentication",))  # fmt: skip
        session = Session(served.contract, told)
        session.sign_in.all()
        cases = [one for one in authentication.plan(session) if isinstance(one, Case)]
        row = verify(served.contract, told).rows["authentication"]
    of_codes = {case.detail for case in cases if not case.operations}
    for name, number in NUMBERS.items():
        tried = of_codes | {case.detail for case in cases if f"row{number}" in case.operations}
        assert ROWS[name].tried <= tried, name
    untold = f"POST /row{NUMBERS[OPEN]}: no user has credentials for it in the settings"
    assert (row.state, [*row.failures], row.reason) == (KEPT, [], untold)


def test_the_page_has_the_rows_that_are_tested_here_and_no_others() -> None:
    table = PAGE.read_text("utf-8").partition("## Scheme by scheme")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("|")]
    assert [row[0] for row in rows[2:]] == [*ROWS]
    assert all(len(row) == 4 and all(row) for row in rows)
