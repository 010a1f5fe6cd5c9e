"""The double's own provider of OAuth 2 and OpenID Connect, over HTTP."""

from __future__ import annotations

import base64
import hashlib
import warnings
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest

from tests.sign_in.doubles import Running

CALLBACK = "http://localhost:3000/callback"
VERIFIER = "v" * 64
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
Answer = dict[str, Any]


class Browser:
    """Somebody in front of a browser, and the client that sends them to the provider.

    Args:
        double: whose provider it is.
        at: the path of the provider.
    """

    def __init__(self, double: Running, at: str = "/_specdouble/auth") -> None:
        self.double = double
        self.at = double.url + at
        self.http = httpx.Client(timeout=30)
        self.discovery: Answer = self.http.get(f"{self.at}/.well-known/openid-configuration").json()

    def authorize(self, user: str | None = None, **parameters: str) -> httpx.Response:
        """The answer of the authorization endpoint, after the user has been chosen if one is."""
        digest = hashlib.sha256(VERIFIER.encode()).digest()
        asked = {
            "response_type": "code", "client_id": "app", "redirect_uri": CALLBACK, "scope": "openid email read",
            "state": "s", "nonce": "n", "code_challenge_method": "S256",
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), **parameters,
        }  # fmt: skip
        url = self.discovery["authorization_endpoint"]
        if user is None:
            return self.http.get(url, params=asked)
        return self.http.post(url, params=asked, data={"user": user})

    def code(self, user: str | None = "ada", **parameters: str) -> str:
        return located(self.authorize(user, **parameters))["code"]

    def exchange(self, **parameters: str) -> httpx.Response:
        given = {"client_id": "app", "redirect_uri": CALLBACK, "code_verifier": VERIFIER, **parameters}
        return self.ask("token", grant_type="authorization_code", **given)

    def ask(self, endpoint: str, **form: str) -> httpx.Response:
        return self.http.post(self.discovery[f"{endpoint}_endpoint"], data=form)

    def tokens(self, user: str = "ada", **parameters: str) -> Answer:
        answer = self.exchange(code=self.code(user, **parameters))
        assert answer.status_code == 200, answer.text
        found: Answer = answer.json()
        return found

    def claims(self, token: str, audience: str) -> Answer:
        keys = jwt.PyJWKSet.from_dict(self.http.get(self.discovery["jwks_uri"]).json())
        key = keys[jwt.get_unverified_header(token)["kid"]]
        claims: Answer = jwt.decode(token, key, ["RS256"], audience=audience, issuer=self.discovery["issuer"])
        return claims

    def status(self, path: str, token: str) -> int:
        return self.http.get(f"{self.double.url}/v1/{path}", headers={"Authorization": f"Bearer {token}"}).status_code


def located(answer: httpx.Response) -> dict[str, str]:
    """What the redirect tells the client."""
    assert answer.status_code == 302, answer.text
    parts = urlsplit(answer.headers["location"])
    return dict(parse_qsl(parts.query or parts.fragment))


@pytest.fixture
def browser(made_up: Running) -> Iterator[Browser]:
    found = Browser(made_up)
    with closing(found.http):
        yield found


def refusal(answer: httpx.Response) -> str:
    assert answer.status_code in (400, 401), answer.text
    return str(answer.json()["error"])


# The journal


def test_the_journal_tells_of_a_sign_in_and_of_no_secret_in_it(browser: Browser) -> None:
    code = browser.code()
    tokens = browser.exchange(code=code).json()
    assert refusal(browser.exchange(code=code)) == "invalid_grant"
    browser.http.cookies.clear()
    browser.authorize(prompt="none")
    journal = browser.http.get(f"{browser.double.url}/_specdouble/journal?limit=4")
    told = [(one["method"], one["target"], one["status"]) for one in journal.json()]
    at = "/_specdouble/auth/"
    assert told == [
        ("GET", f"{at}authorize", 302), ("POST", f"{at}token", 400), ("POST", f"{at}token", 200),
        ("POST", f"{at}authorize", 302),
    ]  # fmt: skip
    assert [(one["explanation"] or {}).get("title") for one in journal.json()[:3]] == [
        "login_required", "invalid_grant", None,
    ]  # fmt: skip
    assert not any(
        secret in journal.text for secret in (code, tokens["access_token"], tokens["refresh_token"], VERIFIER)
    )


# The code flow


def test_a_code_with_its_verifier_is_exchanged_for_tokens_of_the_user(browser: Browser) -> None:
    page = browser.authorize()
    assert (page.status_code, "frame-ancestors 'none'" in page.headers["content-security-policy"]) == (200, True)
    for name in ("ada", "grace", "linus"):
        assert f'value="{name}"' in page.text
    told = located(browser.authorize("ada"))
    assert told["state"] == "s"
    tokens = browser.exchange(code=told["code"]).json()
    identity = browser.claims(tokens["id_token"], "app")
    assert {key: identity[key] for key in ("sub", "nonce", "email")} == {
        "sub": "ada", "nonce": "n", "email": "ada@north.example",
    }  # fmt: skip
    access = browser.claims(tokens["access_token"], "specdouble")
    assert (access["sub"], access["scope"], access["client_id"]) == ("ada", "openid email read", "app")
    assert browser.status("oauth", tokens["access_token"]) == 204
    assert browser.status("write", tokens["access_token"]) == 403
    information = browser.http.get(
        browser.discovery["userinfo_endpoint"], headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )
    assert information.json() == {"sub": "ada", "email": "ada@north.example", "email_verified": True}


WRONG_EXCHANGES = {
    "no verifier": {"code_verifier": ""},
    "another verifier": {"code_verifier": "w" * 64},
    "another client": {"client_id": "other"},
    "another redirect": {"redirect_uri": "http://localhost:3000/other"},
    "no redirect": {"redirect_uri": ""},
    "a cut code": {"code": "x"},
}


@pytest.mark.parametrize("change", WRONG_EXCHANGES.values(), ids=WRONG_EXCHANGES.keys())
def test_a_code_is_good_for_whom_it_was_given_alone(browser: Browser, change: dict[str, str]) -> None:
    assert refusal(browser.exchange(**{"code": browser.code(), **change})) in ("invalid_grant", "invalid_request")


def test_a_public_client_cannot_leave_pkce_out(browser: Browser) -> None:
    code = browser.code(code_challenge="", code_challenge_method="")
    assert refusal(browser.exchange(code=code, code_verifier="")) == "invalid_request"
    code = browser.code(code_challenge="", code_challenge_method="")
    assert refusal(browser.exchange(code=code)) == "invalid_request"


def test_the_plain_method_proves_nothing(browser: Browser) -> None:
    told = located(browser.authorize("ada", code_challenge=VERIFIER, code_challenge_method="plain"))
    assert told["error"] == "invalid_request"
    code = browser.code(code_challenge=VERIFIER, code_challenge_method="")
    assert refusal(browser.exchange(code=code)) == "invalid_grant"


def test_a_code_that_is_shown_twice_ends_what_came_of_it(browser: Browser) -> None:
    code = browser.code()
    tokens = browser.exchange(code=code).json()
    assert browser.status("oauth", tokens["access_token"]) == 204
    assert refusal(browser.exchange(code=code)) == "invalid_grant"
    assert browser.status("oauth", tokens["access_token"]) == 401
    refreshed = browser.ask("token", grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id="app")
    assert refusal(refreshed) == "invalid_grant"


def test_a_code_is_over_after_a_minute(browser: Browser) -> None:
    code, clock = browser.code(), browser.double.double.clock
    clock.set("+2m")
    try:
        assert refusal(browser.exchange(code=code)) == "invalid_grant"
    finally:
        clock.run()


def test_whoever_says_no_is_sent_back_with_that(browser: Browser) -> None:
    url = browser.authorize().request.url
    told = located(browser.http.post(url, data={"decision": "deny"}))
    assert (told["error"], told["state"]) == ("access_denied", "s")


def test_a_scope_that_the_contract_has_not_is_refused(browser: Browser) -> None:
    assert located(browser.authorize("ada", scope="openid fly"))["error"] == "invalid_scope"


@pytest.mark.parametrize("who", ["1", "mary", "mary@acme.example"])
def test_who_sends_the_form_without_the_page_names_a_user_as_people_do(told: Running, who: str) -> None:
    browser = Browser(told)
    with closing(browser.http):
        assert browser.claims(browser.tokens(who)["id_token"], "app")["sub"] == "1"
        nobody = browser.authorize("ada")
    assert nobody.status_code == 400
    assert "nobody is called ada: there are mary, tom, jane" in nobody.json()["error_description"]


def test_a_user_grants_what_is_the_users_alone(told: Running) -> None:
    browser = Browser(told)
    with closing(browser.http):
        tokens = browser.tokens("1", scope="openid read write")
    assert tokens["scope"] == "openid read"


# Sessions


def test_who_has_signed_in_is_asked_no_more_until_signing_out(browser: Browser) -> None:
    assert located(browser.authorize(prompt="none"))["error"] == "login_required"
    tokens = browser.tokens("grace")
    assert browser.exchange(code=browser.code(None, prompt="none")).json()["scope"] == "openid email read"
    assert browser.authorize(prompt="login").status_code == 200
    assert browser.authorize(prompt="select_account").status_code == 200
    left = browser.http.get(
        browser.discovery["end_session_endpoint"],
        params={"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": CALLBACK, "state": "bye"},
    )
    assert left.headers["location"] == f"{CALLBACK}?state=bye"
    assert located(browser.authorize(prompt="none"))["error"] == "login_required"
    refreshed = browser.ask("token", grant_type="refresh_token", refresh_token=tokens["refresh_token"], client_id="app")
    assert refusal(refreshed) == "invalid_grant"


def test_who_signs_out_without_a_hint_is_led_back_all_the_same(browser: Browser) -> None:
    browser.tokens("grace")
    asked = {"post_logout_redirect_uri": f"{CALLBACK}?out=1", "state": "bye"}
    left = browser.http.get(browser.discovery["end_session_endpoint"], params=asked)
    assert left.headers["location"] == f"{CALLBACK}?out=1&state=bye"
    assert located(browser.authorize(prompt="none"))["error"] == "login_required"


def test_a_choice_that_another_page_makes_signs_nobody_in(browser: Browser) -> None:
    url = browser.authorize().request.url
    for headers in (
        {"Origin": "http://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = browser.http.post(url, data={"user": "ada"}, headers=headers)
        assert (answer.status_code, answer.headers.get("set-cookie")) == (403, None)


# The other grants


def test_a_refresh_token_is_good_once_and_its_reuse_ends_all(browser: Browser) -> None:
    def refresh(token: str, **more: str) -> httpx.Response:
        return browser.ask("token", grant_type="refresh_token", refresh_token=token, client_id="app", **more)

    first = browser.tokens()
    second = refresh(first["refresh_token"], scope="read").json()
    assert second["scope"] == "read"
    assert refusal(refresh(second["refresh_token"], scope="read write")) == "invalid_scope"
    assert refusal(refresh(first["refresh_token"])) == "invalid_grant"
    assert browser.status("oauth", second["access_token"]) == 401


def test_a_refresh_token_is_its_clients(browser: Browser) -> None:
    token = browser.tokens()["refresh_token"]
    other = browser.ask("token", grant_type="refresh_token", refresh_token=token, client_id="other")
    assert refusal(other) == "invalid_grant"


def test_a_client_acts_for_itself_or_for_the_user_that_it_is_called_as(browser: Browser) -> None:
    for client, subject in (("service", "service"), ("ada", "ada")):
        answer = browser.ask(
            "token", grant_type="client_credentials", client_id=client, client_secret="x", scope="read"
        )
        assert browser.claims(answer.json()["access_token"], "specdouble")["sub"] == subject
        assert browser.status("oauth", answer.json()["access_token"]) == 204
        assert "refresh_token" not in answer.json()


def test_a_name_and_its_password_are_exchanged_for_tokens(browser: Browser) -> None:
    answer = browser.ask("token", grant_type="password", username="ada", password="ada-password", scope="write read")
    assert browser.status("write", answer.json()["access_token"]) == 204
    for password in ("x", "grace-password"):
        wrong = browser.ask("token", grant_type="password", username="ada", password=password)
        assert refusal(wrong) == "invalid_grant"


def test_a_token_comes_in_the_fragment_where_a_contract_is_that_old(browser: Browser) -> None:
    told = located(browser.authorize("ada", response_type="token", scope="read"))
    assert browser.status("oauth", told["access_token"]) == 204


@pytest.fixture
def frozen(made_up: Running) -> Iterator[None]:
    """No time passes, however long a request takes: a device that asks twice is always hasty."""
    made_up.double.clock.run(speed=0)
    yield
    made_up.double.clock.run()


@pytest.mark.usefixtures("frozen")
def test_a_device_waits_for_its_user(browser: Browser) -> None:
    device = browser.ask("device_authorization", client_id="tv", scope="read").json()

    def poll() -> httpx.Response:
        return browser.ask("token", grant_type=DEVICE, device_code=device["device_code"], client_id="tv")

    assert refusal(poll()) == "authorization_pending"
    assert refusal(poll()) == "slow_down"
    assert "No device waits" in browser.http.get(device["verification_uri"], params={"user_code": "AAAA-AAAA"}).text
    assert 'value="grace"' in browser.http.get(device["verification_uri_complete"]).text
    browser.http.post(device["verification_uri"], data={"user": "grace", "user_code": device["user_code"]})
    assert browser.status("oauth", poll().json()["access_token"]) == 204
    assert refusal(poll()) == "invalid_request"


def test_a_device_whose_user_says_no_gets_nothing(browser: Browser) -> None:
    device = browser.ask("device_authorization", client_id="tv").json()
    browser.http.post(device["verification_uri"], data={"decision": "deny", "user_code": device["user_code"]})
    polled = browser.ask("token", grant_type=DEVICE, device_code=device["device_code"], client_id="tv")
    assert refusal(polled) == "access_denied"


@pytest.mark.usefixtures("frozen")
def test_who_guesses_the_codes_of_devices_has_to_wait(browser: Browser) -> None:
    clock = browser.double.double.clock
    clock.set("+1h")  # nobody has guessed of late

    def entered(code: str, **form: str) -> httpx.Response:
        return browser.http.post(device["verification_uri"], data={"user_code": code, **form})

    device = browser.ask("device_authorization", client_id="tv").json()
    assert {entered(f"AAAA-AAA{letter}", user="ada").status_code for letter in "BCDFG"} == {200}
    late = entered(device["user_code"], user="ada")
    assert (late.status_code, late.headers["Retry-After"]) == (429, "60")
    waited = browser.http.get(device["verification_uri_complete"])
    assert waited.status_code == 429
    polled = browser.ask("token", grant_type=DEVICE, device_code=device["device_code"], client_id="tv")
    assert refusal(polled) == "authorization_pending"
    clock.set("+61m")
    assert entered(device["user_code"], user="ada").status_code == 200
    polled = browser.ask("token", grant_type=DEVICE, device_code=device["device_code"], client_id="tv")
    assert polled.status_code == 200


# Methods


READ = {"jwks": 200, "device": 200, "session": 200, "userinfo": 401}  # what a HEAD may ask, and what it is answered
ENDPOINTS = ["authorize", "token", "revoke", "introspect", "device_authorization", "logout", *READ]


def test_a_head_signs_nobody_in_and_nobody_out(browser: Browser) -> None:
    tokens, held = browser.tokens(), len([*browser.double.double.sign_ins.codes])
    browser.http.head(browser.authorize(prompt="none").request.url)
    browser.http.head(browser.discovery["end_session_endpoint"], params={"id_token_hint": tokens["id_token"]})
    assert len([*browser.double.double.sign_ins.codes]) == held + 1
    assert "code" in located(browser.authorize(prompt="none"))


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"])
def test_an_endpoint_takes_its_own_methods_alone_and_names_them(browser: Browser, method: str, endpoint: str) -> None:
    answer = browser.http.request(method, f"{browser.at}/{endpoint}")
    if method == "HEAD" and endpoint in READ:
        assert answer.status_code == READ[endpoint]
    else:
        assert answer.status_code == 405
        assert method not in answer.headers["Allow"].split(", ")


# About tokens


def test_a_token_is_introspected_and_revoked(browser: Browser) -> None:
    tokens = browser.tokens()

    def tell(kind: str) -> Answer:
        found: Answer = browser.ask("introspection", token=tokens[kind], client_id="api").json()
        return found

    assert tell("access_token")["active"] is tell("refresh_token")["active"] is True
    assert tell("access_token")["sub"] == "ada"
    others = browser.ask("revocation", token=tokens["refresh_token"], client_id="other")
    assert refusal(others) == "invalid_grant"
    browser.ask("revocation", token=tokens["access_token"], client_id="app")
    assert tell("access_token") == {"active": False}
    assert tell("refresh_token")["active"] is True
    browser.ask("revocation", token=tokens["refresh_token"], client_id="app")
    assert tell("refresh_token") == {"active": False}
    assert browser.status("oauth", tokens["access_token"]) == 401


def test_what_earlier_keys_have_signed_stays_good_for_two_rotations(browser: Browser) -> None:
    token = browser.tokens()["access_token"]
    for expected in (204, 204, 401):
        rotated = browser.http.post(f"{browser.double.url}/_specdouble/keys/rotate").json()["kid"]
        keys = browser.http.get(browser.discovery["jwks_uri"]).json()["keys"]
        assert keys[0]["kid"] == rotated
        assert {"d", "p", "q"}.isdisjoint(keys[0])
        assert browser.status("oauth", token) == expected


# Where the contract names it


def test_the_provider_answers_where_the_contract_names_it_on_its_own_server(made_up: Running) -> None:
    browser = Browser(made_up, at="")
    with closing(browser.http):
        assert browser.discovery["issuer"] == made_up.url
        tokens = browser.tokens()
        assert browser.claims(tokens["id_token"], "app")["iss"] == made_up.url
        assert browser.status("oauth", tokens["access_token"]) == 204
        form = {"grant_type": "client_credentials", "client_id": "a"}
        assert browser.http.post(f"{made_up.url}/oauth/token", data=form).status_code == 200
        assert browser.http.get(f"{made_up.url}/oauth/authorize").status_code == 400
        assert browser.http.post(f"{made_up.url}/token", data=form).status_code == 404


# Real libraries


def test_authlib_signs_in_by_client_credentials_and_refreshes(browser: Browser) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is to be built on another library one day
        from authlib.integrations.httpx_client import OAuth2Client
    endpoint = browser.discovery["token_endpoint"]
    with OAuth2Client("service", "secret", token_endpoint=endpoint, scope="read") as client:
        client.fetch_token(grant_type="client_credentials")
        assert client.get(f"{browser.double.url}/v1/oauth").status_code == 204
        assert client.get(f"{browser.double.url}/v1/write").status_code == 403
    with OAuth2Client("app", token_endpoint=endpoint, scope="read", token_endpoint_auth_method="none") as client:
        client.fetch_token(username="ada", password="ada-password")
        before = client.token["access_token"]
        client.token = {**client.token, "expires_at": 1}  # so that it is refreshed with the next request
        assert client.get(f"{browser.double.url}/v1/oauth").status_code == 204
        assert client.token["access_token"] != before
