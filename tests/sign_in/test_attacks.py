"""What attackers of OAuth 2 and OpenID Connect try (RFC 6819, RFC 9700) gets them nothing, and is told why."""

from __future__ import annotations

import base64
import hashlib
import json
import pickle
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import httpx
import pytest
from joserfc import jwe
from joserfc.jwk import RSAKey

from specdouble.double.provider.sign_ins import MOST_BYTES
from tests.sign_in.doubles import Running
from tests.sign_in.test_provider import CALLBACK, DEVICE, VERIFIER, Browser, located, refusal

CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
EVIL = "https://evil.example/"


@pytest.fixture
def browser(strict: Running) -> Iterator[Browser]:
    found = Browser(strict)
    with closing(found.http):
        yield found


# Requests of authorization

ERRORS = {
    "a request object": ({"request": "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"),
    "a request object of elsewhere": ({"request_uri": EVIL}, "request_uri_not_supported"),
    "a request object of this machine": ({"request_uri": "http://127.0.0.1:1/"}, "request_uri_not_supported"),
    "a pushed request": ({"request_uri": "urn:ietf:params:oauth:request_uri:x"}, "request_uri_not_supported"),
    "a token in the query": ({"response_type": "token", "response_mode": "query"}, "invalid_request"),
    "an answer by a form": ({"response_mode": "form_post"}, "invalid_request"),
    "an answer by a message": ({"response_mode": "web_message"}, "invalid_request"),
    "an answer in a JWT": ({"response_mode": "query.jwt"}, "invalid_request"),
    "a mixed response": ({"response_type": "code token"}, "unsupported_response_type"),
    "an ID token at once": ({"response_type": "id_token"}, "unsupported_response_type"),
    "a response type twice": ({"response_type": "code code"}, "unsupported_response_type"),
    "a challenge that is its verifier": ({"code_challenge_method": "plain"}, "invalid_request"),
    "a method that is none": ({"code_challenge_method": "S1"}, "invalid_request"),
    "a challenge that is too short": ({"code_challenge": "x"}, "invalid_request"),
    "a scope of markup": ({"scope": "openid <script>"}, "invalid_scope"),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "error"), ERRORS.values(), ids=ERRORS.keys())
def test_a_request_that_means_harm_is_told_to_its_client_as_an_error(
    browser: Browser, asked: dict[str, str], error: str
) -> None:
    answer = browser.authorize("ada", **asked)
    told = located(answer)
    assert (told["error"], told["iss"]) == (error, browser.discovery["issuer"])
    assert {"code", "access_token"}.isdisjoint(told)
    assert answer.headers["location"].startswith(CALLBACK + "?")


@pytest.mark.parametrize("twice", ["client_id", "redirect_uri", "scope", "state", "response_type"])
def test_a_parameter_that_is_said_twice_gives_no_code(browser: Browser, twice: str) -> None:
    asked = {
        "response_type": "code", "client_id": "app", "redirect_uri": CALLBACK, "scope": "openid", "state": "s",
        "code_challenge": CHALLENGE,
    }  # fmt: skip
    query = f"{httpx.QueryParams(asked)}&{httpx.QueryParams({twice: 'http://localhost:4000/'})}"
    answer = browser.http.post(f"{browser.discovery['authorization_endpoint']}?{query}", data={"user": "ada"})
    assert "code=" not in answer.headers.get("location", "")
    assert answer.status_code in (302, 400)


@pytest.mark.parametrize("mode", ["query", "fragment"])
def test_an_answer_says_whose_it_is_so_that_no_client_mixes_providers_up(browser: Browser, mode: str) -> None:
    answer = browser.authorize("ada", response_mode=mode, redirect_uri=CALLBACK + "?code=mine&x=1")
    place = httpx.URL(answer.headers["location"])
    told = httpx.QueryParams(place.fragment if mode == "fragment" else place.query.decode())
    assert told["iss"] == browser.discovery["issuer"]
    assert browser.exchange(code=told.get_list("code")[-1], redirect_uri=CALLBACK + "?code=mine&x=1").status_code == 200
    assert place.params.get_list("code")[0] == "mine"
    assert browser.discovery["authorization_response_iss_parameter_supported"] is True


@pytest.mark.parametrize("state", ["a\r\nSet-Cookie: x=y", "&code=evil#x", "é\0", "a" * 5000])
def test_a_state_comes_back_as_it_was_and_as_nothing_else(browser: Browser, state: str) -> None:
    answer = browser.authorize("ada", state=state)
    told = httpx.URL(answer.headers["location"]).params
    assert (told.get_list("state"), len(told.get_list("code"))) == ([state], 1)
    assert "x" not in answer.cookies


@pytest.mark.parametrize("name", ["login_hint", "client_id", "ui_locales", "display", "claims", "id_token_hint"])
def test_a_page_shows_markup_as_text(browser: Browser, name: str) -> None:
    page = browser.authorize(**{name: '"><script>alert(1)</script>'})
    assert "<script" not in page.text
    assert (page.headers["X-Frame-Options"], page.headers["Cache-Control"]) == ("DENY", "no-store")


# Codes and tokens


def by_another_verifier(browser: Browser) -> httpx.Response:
    return browser.exchange(code=browser.code(), code_verifier="w" * 64)


def by_its_challenge(browser: Browser) -> httpx.Response:
    return browser.exchange(code=browser.code(), code_verifier=CHALLENGE)


def by_no_verifier(browser: Browser) -> httpx.Response:
    return browser.exchange(code=browser.code(), code_verifier="")


def with_a_wider_scope(browser: Browser) -> httpx.Response:
    token = browser.tokens(scope="openid read offline_access")["refresh_token"]
    return browser.ask("token", grant_type="refresh_token", refresh_token=token, client_id="app", scope="read write")


def with_an_access_token(browser: Browser) -> httpx.Response:
    token = browser.tokens()["access_token"]
    return browser.ask("token", grant_type="refresh_token", refresh_token=token, client_id="app")


def by_a_jwt_of_nobody(browser: Browser) -> httpx.Response:
    grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
    return browser.ask("token", grant_type=grant, assertion=browser.tokens()["access_token"], client_id="app")


def by_an_exchange(browser: Browser) -> httpx.Response:
    grant, token = "urn:ietf:params:oauth:grant-type:token-exchange", browser.tokens()["access_token"]
    return browser.ask("token", grant_type=grant, subject_token=token, client_id="app")


def by_an_assertion_of_nobody(browser: Browser) -> httpx.Response:
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    return browser.ask("token", grant_type="client_credentials", client_assertion="x", client_assertion_type=kind)


def by_two_clients(browser: Browser) -> httpx.Response:
    form = {"grant_type": "client_credentials", "client_id": "grace", "client_secret": "x"}
    return browser.http.post(browser.discovery["token_endpoint"], data=form, auth=("ada", "y"))


def by_a_device_of_another(browser: Browser) -> httpx.Response:
    device = browser.ask("device_authorization", client_id="app", scope="openid").json()["device_code"]
    return browser.ask("token", grant_type=DEVICE, device_code=device, client_id="evil")


def by_a_device_that_waits(browser: Browser) -> httpx.Response:
    device = browser.ask("device_authorization", client_id="app", scope="openid").json()["device_code"]
    browser.ask("token", grant_type=DEVICE, device_code=device, client_id="app")
    return browser.ask("token", grant_type=DEVICE, device_code=device, client_id="app")


def by_a_guess_of_a_device(browser: Browser) -> httpx.Response:
    browser.http.post(f"{browser.at}/device", data={"user_code": "AAAA-AAAA", "user": "ada"})
    return browser.ask("token", grant_type=DEVICE, device_code="AAAA-AAAA", client_id="app")


def by_revoking_anothers(browser: Browser) -> httpx.Response:
    return browser.ask("revocation", token=browser.tokens()["access_token"], client_id="evil")


def by_introspecting_as_nobody(browser: Browser) -> httpx.Response:
    return browser.ask("introspection", token=browser.tokens()["access_token"])


REFUSED: dict[Callable[[Browser], httpx.Response], str] = {
    by_another_verifier: "invalid_grant", by_its_challenge: "invalid_grant", by_no_verifier: "invalid_request",
    with_a_wider_scope: "invalid_scope", with_an_access_token: "invalid_grant",
    by_a_jwt_of_nobody: "unsupported_grant_type", by_an_exchange: "unsupported_grant_type",
    by_an_assertion_of_nobody: "invalid_client", by_two_clients: "invalid_request",
    by_a_device_of_another: "unauthorized_client", by_a_device_that_waits: "slow_down",
    by_a_guess_of_a_device: "invalid_request", by_revoking_anothers: "invalid_grant",
    by_introspecting_as_nobody: "invalid_client",
}  # fmt: skip


@pytest.mark.parametrize(("attack", "error"), REFUSED.items(), ids=lambda one: getattr(one, "__name__", one))
def test_what_gets_no_token_says_why(browser: Browser, attack: Callable[[Browser], httpx.Response], error: str) -> None:
    answer = attack(browser)
    assert refusal(answer) == error
    assert "access_token" not in answer.text


def test_a_refresh_token_that_is_stolen_ends_what_its_thief_was_given(browser: Browser) -> None:
    stolen = browser.tokens(scope="openid read offline_access")["refresh_token"]

    def refreshed(token: str) -> httpx.Response:
        return browser.ask("token", grant_type="refresh_token", refresh_token=token, client_id="app")

    thief = refreshed(stolen).json()
    assert browser.status("oauth", thief["access_token"]) == 204
    assert refusal(refreshed(stolen)) == "invalid_grant"  # the victim
    assert browser.status("oauth", thief["access_token"]) == 401
    assert refusal(refreshed(thief["refresh_token"])) == "invalid_grant"


@pytest.mark.parametrize("kind", ["refresh_token", "id_token", "code"])
def test_what_is_no_access_token_opens_nothing(browser: Browser, kind: str) -> None:
    found = {**browser.tokens(scope="openid read offline_access"), "code": browser.code()}[kind]
    assert browser.status("oauth", found) == 401
    field = {"Authorization": f"Bearer {found}"}
    assert browser.http.get(browser.discovery["userinfo_endpoint"], headers=field).status_code == 401


def test_a_token_in_the_query_opens_nothing(browser: Browser) -> None:
    asked = {"access_token": browser.tokens()["access_token"]}
    assert browser.http.get(browser.discovery["userinfo_endpoint"], params=asked).status_code == 401
    assert browser.http.get(f"{browser.double.url}/v1/oauth", params=asked).status_code == 401


# Keys


def _segment(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "told",
    [
        {"jku": EVIL}, {"x5u": EVIL}, {"x5c": ["MIIB"]}, {"jwk": {"kty": "oct", "k": "AA"}}, {"crit": ["exp"]},
        {"b64": False, "crit": ["b64"]}, {"kid": "' OR 1=1 --"}, {"kid": "/dev/null"}, {"kid": ["x"]}, {"zip": "DEF"},
    ],
    ids=lambda told: next(iter(told)) if "kid" not in told else f"kid {told['kid']}",
)  # fmt: skip
def test_a_header_leads_to_no_key_but_the_doubles(browser: Browser, told: dict[str, Any]) -> None:
    header, payload, signature = browser.tokens()["access_token"].split(".")
    own = json.loads(base64.urlsafe_b64decode(header + "=="))
    assert browser.status("oauth", f"{_segment({**own, **told})}.{payload}.{signature}") == 401


def test_a_token_that_is_sealed_for_the_double_is_none(browser: Browser) -> None:
    told = browser.http.get(browser.discovery["jwks_uri"]).json()["keys"][0]
    key = RSAKey.import_key({"kty": "RSA", "n": told["n"], "e": told["e"]})
    inner = browser.tokens()["access_token"]
    sealed = jwe.encrypt_compact({"alg": "RSA-OAEP", "enc": "A128GCM", "cty": "JWT"}, inner.encode(), key)
    assert browser.status("oauth", sealed) == 401


# Signing out


@pytest.mark.parametrize("uri", [EVIL, "//evil.example", "javascript:alert(1)", "http://localhost@evil.example/"])
def test_a_sign_out_leads_nowhere_else(browser: Browser, uri: str) -> None:
    asked = {"id_token_hint": browser.tokens()["id_token"], "post_logout_redirect_uri": uri}
    left = browser.http.get(browser.discovery["end_session_endpoint"], params=asked)
    assert (left.status_code, left.headers.get("location")) == (400, None)


def test_a_hint_of_another_client_signs_nobody_out(browser: Browser) -> None:
    asked = {"id_token_hint": browser.tokens()["id_token"], "client_id": "evil", "post_logout_redirect_uri": CALLBACK}
    assert browser.http.get(browser.discovery["end_session_endpoint"], params=asked).status_code == 400
    assert "code" in located(browser.authorize(prompt="none"))


def test_what_is_remembered_of_sign_ins_is_bounded_by_bytes(browser: Browser) -> None:
    shelf = browser.double.double.sign_ins.refresh_tokens
    given = {"grant_type": "password", "username": "ada", "password": "ada-password"}
    told = browser.ask("token", **given, nonce="n" * 60_000).json()  # the limit of a form is 64 KiB
    (ticket,) = (ticket for ticket in shelf if len(ticket.grant.nonce or "") == 60_000)
    for number in range(300):
        shelf.put(replace(ticket, grant=replace(ticket.grant, nonce=f"{number}" + "n" * 60_000)))
    assert MOST_BYTES - 100_000 < shelf.bytes <= MOST_BYTES
    assert sum(1 for _ in shelf) < 300
    assert shelf.get(told["refresh_token"]) is None  # the oldest has left


def test_a_grant_takes_no_more_room_for_the_tokens_that_come_of_it_and_ends_all_of_them(browser: Browser) -> None:
    told = browser.tokens(scope="openid read offline_access")
    grant = [ticket.grant for ticket in browser.double.double.sign_ins.refresh_tokens][-1]
    before, access = len(pickle.dumps(grant)), [told["access_token"]]
    for _ in range(5):
        asked = {"grant_type": "refresh_token", "refresh_token": told["refresh_token"], "client_id": "app"}
        told = browser.ask("token", **asked).json()
        access.append(told["access_token"])
    assert len(pickle.dumps(grant)) == before
    assert {browser.status("oauth", token) for token in access} == {204}
    browser.ask("revocation", token=told["refresh_token"], client_id="app")
    assert {browser.status("oauth", token) for token in access} == {401}
