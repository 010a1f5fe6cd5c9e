"""Who is calling: JWTs for the API, API keys for the webhook."""

import time
from typing import Any

import jwt

from .seed import USERS, User
from .service import RefusedError

SECRET = "a-secret-that-only-the-real-backend-knows"
LIFETIME = 8 * 3600


def issue(user: User) -> str:
    now = int(time.time())
    claims = {
        "userId": user.id,
        "organizationId": user.organization,
        "accessRole": user.role,
        "iat": now,
        "exp": now + LIFETIME,
    }
    return jwt.encode(claims, SECRET, algorithm="HS256")


CHALLENGE = {"WWW-Authenticate": "Bearer"}


def unauthorized(error: str = "Invalid or expired token") -> RefusedError:
    return RefusedError(401, error, headers=CHALLENGE)


def _credentials(header: str | None) -> str:
    scheme, _, credentials = (header or "").partition(" ")
    return credentials.strip() if scheme.lower() == "bearer" else ""


def user_of_token(header: str | None, faults: frozenset[str]) -> User:
    if "missing_token_accepted" in faults and header is None:
        return USERS["ada"]
    token = _credentials(header)
    try:
        claims = _claims(token, faults)
    except jwt.PyJWTError:
        if "any_token_accepted" in faults:
            return USERS["ada"]
        raise unauthorized() from None
    for user in USERS.values():
        if user.id == claims.get("userId"):
            return user
    raise unauthorized()


def _claims(token: str, faults: frozenset[str]) -> dict[str, Any]:
    unsigned = jwt.get_unverified_header(token).get("alg") == "none"
    accepted_unsigned = unsigned and "unsigned_token_accepted" in faults
    accepted_forged = not unsigned and "forged_token_accepted" in faults
    options: Any = {
        "require": ["exp"],
        "verify_signature": not (accepted_unsigned or accepted_forged),
        "verify_exp": "expired_token_accepted" not in faults,
    }
    claims: dict[str, Any] = jwt.decode(token, SECRET, algorithms=["HS256"], options=options)
    return claims


def user_of_key(header: str | None, faults: frozenset[str]) -> User:
    key = _credentials(header)
    for user in USERS.values():
        if user.api_key == key:
            return user
    if "any_api_key_accepted" in faults:
        return USERS["ada"]
    raise unauthorized("Invalid API key")
