"""Forged, expired and confused tokens of OAuth and OpenID are nobody's; requests that mean harm get nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import jwt
import pytest
from joserfc.jwk import RSAKey

from specdouble.double.provider.redirects import Redirects
from tests.sign_in.doubles import Running
from tests.sign_in.test_provider import CALLBACK, Browser, located

LATER = 4102444800
ISSUER = "http://localhost:4010/_specdouble/auth"
GOOD: dict[str, Any] = {
    "iss": ISSUER, "sub": "ada", "aud": ["specdouble"], "client_id": "app", "scope": "read write openid",
    "iat": 0, "exp": LATER, "jti": "1",
}  # fmt: skip
NO = object()  # a claim that is left out


def encoded(value: object) -> str:
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def signed(double: Running, kind: str = "at+jwt", **claims: Any) -> str:
    """A token of the double's own key, with some claims changed."""
    told = {name: value for name, value in {**GOOD, **claims}.items() if value is not NO}
    return double.double.access_tokens.sign(told, kind)


def by_secret(double: Running, secret: bytes, algorithm: str = "HS256") -> str:
    """A token whose signature is made with a secret, though the double's are made with a key."""
    kid = double.double.access_tokens.keys.current.kid
    text = f"{encoded({'alg': algorithm, 'typ': 'at+jwt', 'kid': kid})}.{encoded(GOOD)}"
    digest = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}[algorithm]
    return f"{text}.{encoded(hmac.new(secret, text.encode(), digest).digest())}"


CLAIMS: dict[str, dict[str, Any]] = {
    "expired": {"exp": 1},
    "without an end": {"exp": NO},
    "an end that is a text": {"exp": str(LATER)},
    "an end that is true": {"exp": True},
    "an end that is a list": {"exp": [LATER]},
    "an end that is null": {"exp": None},
    "another audience": {"aud": ["https://other.example"]},
    "an audience that is a part": {"aud": "specdouble-other"},
    "no audience": {"aud": NO},
    "an audience that is an object": {"aud": {"specdouble": True}},
    "an empty audience": {"aud": []},
    "another issuer": {"iss": "https://evil.example"},
    "an issuer with the path in its query": {"iss": "https://evil.example/?x=/_specdouble/auth"},
    "an issuer with the path in its fragment": {"iss": "https://evil.example/#/_specdouble/auth"},
    "an issuer that is no URL": {"iss": "http://[/_specdouble/auth"},
    "an issuer that is a list": {"iss": [ISSUER]},
    "no issuer": {"iss": NO},
    "nobody": {"sub": "nobody"},
    "no subject": {"sub": NO},
    "a subject that is an operator": {"sub": {"$ne": None}},
    "a subject that is a number": {"sub": 1},
    "a subject that is a list": {"sub": ["ada"]},
    "an empty subject": {"sub": ""},
    "no scope": {"scope": NO},
    "a scope that is a list": {"scope": ["read"]},
    "no client": {"client_id": NO},
    "a client that is a list": {"client_id": ["app"]},
    "no id": {"jti": NO},
    "an id that is a list": {"jti": ["1"]},
}


def spelled(double: Running) -> dict[str, str]:
    """Tokens that are wrong in what they are, not in what they say."""
    keys = double.double.access_tokens.keys
    kid = keys.current.kid
    good = signed(double)
    header, payload, signature = good.split(".")
    other = RSAKey.generate_key(2048, private=True)
    public = keys.current.as_pem(private=False)
    none = {"typ": "at+jwt", "kid": kid}
    tampered = encoded({**GOOD, "sub": "grace"})
    named = jwt.encode(GOOD, other.as_pem(private=True), "RS256", headers={"typ": "at+jwt", "kid": kid})
    own_key = {"typ": "at+jwt", "kid": "mine", "jwk": other.as_dict(private=False)}
    return {
        "nothing": "",
        "nonsense": "nonsense",
        "dots": "a.b.c",
        "two parts": f"{header}.{payload}",
        "four parts": f"{good}.x",
        "no signature": f"{header}.{payload}.",
        "a cut signature": good[:-8],
        "a signature in capitals": f"{header}.{payload}.{signature.swapcase()}",
        "other claims": f"{header}.{tampered}.{signature}",
        "unsigned": f"{encoded({'alg': 'none', **none})}.{payload}.",
        "unsigned, in capitals": f"{encoded({'alg': 'None', **none})}.{payload}.",
        "unsigned, with a signature": f"{encoded({'alg': 'none', **none})}.{payload}.{signature}",
        "no algorithm": f"{encoded(none)}.{payload}.{signature}",
        "an algorithm that is a list": f"{encoded({'alg': ['RS256'], **none})}.{payload}.{signature}",
        "the public key as a secret": by_secret(double, public),
        "the public key as a secret, HS512": by_secret(double, public, "HS512"),
        "the modulus as a secret": by_secret(double, str(keys.current.as_dict()["n"]).encode()),
        "the double's own secret": by_secret(double, double.double.secret.encode()),
        "an empty secret": by_secret(double, b""),
        "another key under our name": named,
        "another key that it brings along": jwt.encode(GOOD, other.as_pem(private=True), "RS256", headers=own_key),
        "no key": f"{encoded({'alg': 'RS256', 'typ': 'at+jwt'})}.{payload}.{signature}",
        "a key that is a path": f"{encoded({**none, 'alg': 'RS256', 'kid': '../../secret'})}.{payload}.{signature}",
        "PS256": f"{encoded({'alg': 'PS256', **none})}.{payload}.{signature}",
        "an ID token": signed(double, "JWT"),
        "no type": signed(double, "x"),
        "a header that is a list": f"{encoded([1])}.{payload}.{signature}",
        "claims that are a list": f"{header}.{encoded([1])}.{signature}",
        "claims that are no JSON": f"{header}.{encoded(b'{')}.{signature}",
        "claims without an end, of brackets": f"{header}.{encoded(b'[' * 4000)}.{signature}",
        "a very long one": f"{header}.{encoded(b'x' * 40_000)}.{signature}",
        "two of them": f"{good} {good}",
        "null bytes": encoded(b"\0\0\0") + ".." + encoded(b"\0"),
    }  # fmt: skip


SPELLED = 33


@pytest.fixture(scope="module")
def client(strict: Running) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=strict.url, timeout=30) as found:
        yield found


def statuses(client: httpx.Client, token: str) -> set[int]:
    """What each place says where a token is good."""
    field = {"Authorization": f"Bearer {token}".strip()}
    asked = [client.get(f"/v1/{path}", headers=field) for path in ("oauth", "oidc", "bearer")]
    asked.append(client.get("/v1/header", headers={"X-API-Key": token}))
    asked.append(client.get("/_specdouble/auth/userinfo", headers=field))
    return {answer.status_code for answer in asked}


def test_the_token_that_the_others_are_made_of_is_good(client: httpx.Client, strict: Running) -> None:
    assert statuses(client, signed(strict)) == {204, 200}


@pytest.mark.parametrize("change", CLAIMS.values(), ids=CLAIMS.keys())
def test_a_token_of_the_doubles_own_key_with_a_wrong_claim_is_401(
    client: httpx.Client, strict: Running, change: dict[str, Any]
) -> None:
    assert statuses(client, signed(strict, **change)) == {401}


def test_a_token_that_is_misspelt_is_401(client: httpx.Client, strict: Running) -> None:
    tokens = spelled(strict)
    assert len(tokens) == SPELLED
    for name, token in tokens.items():
        assert statuses(client, token) == {401}, name


def test_a_token_that_is_not_good_yet_or_is_revoked_is_401(client: httpx.Client, strict: Running) -> None:
    token = signed(strict, jti="revoked")
    assert statuses(client, token) == {204, 200}
    strict.double.access_tokens.revoke("revoked")
    assert statuses(client, token) == {401}
    assert statuses(client, signed(strict, nbf=LATER)) == {401}


def test_an_id_token_that_is_forged_signs_nobody_out(strict: Running) -> None:
    browser = Browser(strict)
    with closing(browser.http):
        browser.tokens("ada")
        logout = browser.discovery["end_session_endpoint"]
        for token in ("x", "a.b.c", f"{encoded({'alg': 'none'})}.{encoded({'aud': 'app'})}."):
            left = browser.http.get(logout, params={"id_token_hint": token, "post_logout_redirect_uri": CALLBACK})
            assert (left.status_code, left.headers.get("location")) == (400, None)
        assert "code" in located(browser.authorize(prompt="none"))


# Where users are sent

HERE = [
    "http://localhost:3000/callback", "http://127.0.0.1/", "https://[::1]:8443/a?b=c", "http://app.localhost:1/x",
    "http://127.8.8.8:3000", "https://app.example/callback", "https://app.example/callback/x?y",
    "com.example.app:/done", "http://double:4010/x",
]  # fmt: skip
ELSEWHERE = [
    "", "/", "//evil.example", "evil.example", "https://evil.example/", "http://localhost.evil.example/",
    "http://localhost@evil.example/", "http://localhost:80@evil.example/", "http://evil.example/localhost",
    "http://evil.example#localhost", "http://evil.example\\@localhost/", "http://localhost\\@evil.example/",
    "http://localhost\\.evil.example/", "http://localhost%2eevil.example/", "http://localhost%00.evil.example/",
    "http://localhost /", "http://localhost\n/", "http://localhost\t.evil.example/", "http:/\\evil.example/",
    "http:evil.example", "http:///evil.example", "https:evil.example", "javascript:alert(1)", "data:text/html,x",
    "file:///etc/passwd", "http://localhost:3000/#fragment", "http://127.0.0.1.evil.example/", "http://0x7f000001.evil/",
    "http://[::1]@evil.example/", "http://[::1].evil.example/", "https://app.example.evil.example/callback",
    "https://app.example/callbackevil", "https://app.example/", "https://app.example/callback/../admin",
    "https://app.example/callback/%2e%2e/admin", "https://app.example@evil.example/callback", "http://app.example/callback",
    "https://app.example:444/callback", "com.example.app:/other", "com.example.evil:/done", "http://127.0.0.1\u3002evil/",
    "http://localhost:999999/", "http://" + "a" * 3000, "HTTP://EVIL.EXAMPLE/", "http://\uff4cocalhost/",
]  # fmt: skip


@pytest.mark.parametrize("uri", HERE)
def test_users_are_sent_back_to_this_machine_and_where_an_option_lets_them(uri: str) -> None:
    assert Redirects(["double"], ["https://app.example/callback", "com.example.app:/done"]).allows(uri)


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_users_are_sent_nowhere_else(uri: str) -> None:
    assert not Redirects(["double"], ["https://app.example/callback", "com.example.app:/done"]).allows(uri)


@pytest.mark.parametrize(
    "uri", ["https://evil.example/", "http://localhost\\@evil.example/", "javascript:alert(1)", ""]
)
def test_no_endpoint_redirects_to_elsewhere(strict: Running, uri: str) -> None:
    browser, end = Browser(strict), "end_session_endpoint"
    with closing(browser.http):
        browser.tokens("ada")
        answers = [
            browser.authorize(redirect_uri=uri), browser.authorize("ada", redirect_uri=uri),
            browser.authorize(redirect_uri=uri, prompt="none"), browser.authorize(redirect_uri=uri, response_type="x"),
            browser.authorize(redirect_uri=uri, scope="fly"),
            browser.http.get(browser.discovery[end], params={"post_logout_redirect_uri": uri or "x"}),
            browser.http.get(f"{browser.at}/session", params={"redirect_uri": uri or "x"}),
            browser.http.post(f"{browser.at}/session", params={"redirect_uri": uri or "x"}, data={"user": "ada"}),
        ]  # fmt: skip
    for answer in answers:
        assert (answer.status_code, answer.headers.get("location")) == (400, None)
        assert "<script" not in answer.text


WRONG_FORMS: dict[str, dict[str, Any]] = {
    "no form": {"content": b"{}", "headers": {"Content-Type": "application/json"}},
    "not UTF-8": {"content": b"grant_type=\xff", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    "escapes that are no text": {
        "content": b"grant_type=%ff", "headers": {"Content-Type": "application/x-www-form-urlencoded"},
    },
    "many fields": {"data": {f"a{number}": "1" for number in range(200)}},
    "a client that is no text": {
        "data": {"grant_type": "client_credentials"}, "headers": {"Authorization": "Basic //8="},
    },
    "a client with quotes": {"data": {"grant_type": "password", "client_id": '"\\', "username": '"', "password": "\\"}},
    "a scope with quotes": {"data": {"grant_type": "client_credentials", "client_id": "a", "scope": '"\\ fly'}},
    "a grant with quotes": {"data": {"grant_type": '"\\\n'}},
    "an operator for a name": {"data": {"grant_type": "password", "username[$ne]": "x", "password": "x"}},
    "no code": {"data": {"grant_type": "authorization_code", "client_id": "a"}},
    "no refresh token": {"data": {"grant_type": "refresh_token", "client_id": "a"}},
    "no device code": {"data": {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": "a"}},
}  # fmt: skip


@pytest.mark.parametrize("sent", WRONG_FORMS.values(), ids=WRONG_FORMS.keys())
def test_what_is_no_request_of_oauth_is_told_as_an_error_of_oauth(client: httpx.Client, sent: dict[str, Any]) -> None:
    for endpoint in ("token", "revoke", "introspect", "device_authorization"):
        answer = client.post(f"/_specdouble/auth/{endpoint}", **sent)
        assert answer.status_code in (200, 400, 401), endpoint
        assert "access_token" not in answer.text
        assert answer.status_code == 200 or "error" in answer.json()


def test_a_form_that_is_too_large_is_413_and_a_path_that_is_none_404(client: httpx.Client) -> None:
    assert client.post("/_specdouble/auth/token", data={"a": "x" * 70_000}).status_code == 413
    for path in ("", "x", "discovery", "../journal", "token/x", "own"):
        assert client.get(f"/_specdouble/auth/{path}").status_code in (404, 403, 200 if path == "../journal" else 404)
    refused = client.get("/_specdouble/auth/token")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
