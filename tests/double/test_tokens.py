"""Tokens: only what the double has signed, and only as long as it is valid."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import httpx
import jwt
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.state.secret import secret_of

ROOT = Path(__file__).parent.parent.parent
ADA = "64ee9a8b1e7f2a0011223399"
LATER = 4102444800


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(claims: dict[str, object], key: str | None = None, algorithm: str = "HS256") -> str:
    return jwt.encode(claims, key or secret_of(ROOT), algorithm=algorithm)


FORGED = {
    "nothing": "",
    "no token": "nonsense",
    "dots": "a.b.c",
    "none": f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{encoded({'userId': ADA, 'exp': LATER})}.",
    "another key": signed({"userId": ADA, "exp": LATER}, "another key of thirty-two characters or more"),
    "another algorithm": signed({"userId": ADA, "exp": LATER}, algorithm="HS384"),
    "expired": signed({"userId": ADA, "exp": 1}),
    "without an end": signed({"userId": ADA}),
    "an end that is no number": signed({"userId": ADA, "exp": LATER}).rpartition(".")[0] + ".x",
    "a user that does not exist": signed({"userId": "0" * 24, "exp": LATER}),
    "an operator for a user": signed({"userId": {"$ne": None}, "exp": LATER}),
    "no user": signed({"exp": LATER}),
    "an end that is a text": signed({"userId": ADA, "exp": str(LATER)}),
    "an end that is NaN": signed({"userId": ADA, "exp": float("nan")}),
    "an end that never comes": signed({"userId": ADA, "exp": float("inf")}),
    "an end that is true": signed({"userId": ADA, "exp": True}),
    "an end that is a list": signed({"userId": ADA, "exp": [LATER]}),
    "a beginning that is NaN": signed({"userId": ADA, "exp": LATER, "nbf": float("nan")}),
    "a beginning that is a text": jwt.encode({"userId": ADA, "exp": LATER, "nbf": "0"}, secret_of(ROOT)),
    "not good before long": signed({"userId": ADA, "exp": LATER, "nbf": LATER - 1}),
    "issued at a text": jwt.encode({"userId": ADA, "exp": LATER, "iat": "now"}, secret_of(ROOT)),
    "issued at null": jwt.encode({"userId": ADA, "exp": LATER, "iat": None}, secret_of(ROOT)),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED.keys())
def test_a_token_that_is_not_good_is_401_with_the_documented_body(world: httpx.Client, token: str) -> None:
    answer = world.get("/api/auth/verify-token", headers={"Authorization": f"Bearer {token}".strip()})
    assert (answer.status_code, answer.json()) == (401, {"error": "Invalid or expired token"})
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Basic", "Token", ""])
def test_a_good_token_under_another_scheme_is_401(world: httpx.Client, scheme: str) -> None:
    headers = {"Authorization": f"{scheme} {signed({'userId': ADA, 'exp': LATER})}".strip()}
    assert world.get("/api/auth/verify-token", headers=headers).status_code == 401


def test_a_good_token_is_good_and_the_scheme_has_no_case(world: httpx.Client) -> None:
    headers = {"Authorization": f"bearer {signed({'userId': ADA, 'exp': LATER})}"}
    assert world.get("/api/auth/verify-token", headers=headers).json() == {"message": "Token is good"}


@pytest.mark.parametrize("claims", [{"nbf": 0}, {"iat": LATER}, {"sub": 5}, {"aud": "someone"}, {"exp": 4102444800.5}])
def test_a_token_with_other_claims_is_good(world: httpx.Client, claims: dict[str, object]) -> None:
    headers = {"Authorization": f"Bearer {jwt.encode({'userId': ADA, 'exp': LATER, **claims}, secret_of(ROOT))}"}
    assert world.get("/api/auth/verify-token", headers=headers).status_code == 200


def test_a_token_begins_by_the_doubles_own_clock() -> None:
    double = Double(Settings(ROOT, clock="2026-05-01T09:00:00Z"))
    tokens = double.tokens["bearerAuth"]
    token = signed({"userId": ADA, "exp": LATER, "nbf": double.clock.seconds() + 1}, double.secret)
    assert tokens.verify(token) is None
    double.clock.set("2026-05-01T09:00:01Z")
    assert tokens.verify(token) is not None


def test_login_gives_a_token_of_eight_hours_and_tells_no_secrets(world: httpx.Client) -> None:
    answer = world.post("/api/auth/login", json={"email": "ada@tether.example", "password": "ada-password"})
    claims = jwt.decode(answer.json()["token"], options={"verify_signature": False})
    assert set(claims) == {"userId", "organizationId", "accessRole", "iat", "exp"}
    assert claims["exp"] - claims["iat"] == 8 * 3600
    assert set(answer.json()["user"]) == {"id", "email", "fullName", "organizationId", "accessRole"}


@pytest.mark.parametrize("password", ["wrong", "", "ADA-PASSWORD"])
def test_wrong_credentials_are_401(world: httpx.Client, password: str) -> None:
    answer = world.post("/api/auth/login", json={"email": "ada@tether.example", "password": password})
    assert (answer.status_code, answer.json()["success"]) == (401, False)


def test_a_token_expires_by_the_doubles_own_clock() -> None:
    double = Double(Settings(ROOT, clock="2026-05-01T09:00:00Z"))
    token = double.token("ada@tether.example")
    assert token is not None
    tokens = double.tokens["bearerAuth"]
    assert tokens.verify(token) is not None
    double.clock.set("2026-05-01T17:00:00Z")
    assert tokens.verify(token) is None
