"""Tokens: only what the double has signed, and only as long as it is valid."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import httpx
import jwt
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.state.tokens import secret_of

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


def test_the_secret_is_kept_in_a_file_that_git_ignores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPECDOUBLE_SECRET", raising=False)
    assert secret_of(tmp_path) == secret_of(tmp_path)
    assert len(secret_of(tmp_path)) == 64
    assert (tmp_path / ".specdouble" / ".gitignore").read_text() == "*\n"
    monkeypatch.setenv("SPECDOUBLE_SECRET", "from the environment")
    assert secret_of(tmp_path) == "from the environment"
