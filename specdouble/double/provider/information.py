"""What a client is told of a user, by the scopes that it was granted (OpenID Connect Core 1.0, 5.4)."""

from __future__ import annotations

from collections.abc import Collection

from specdouble.contract.json_type import JSON
from specdouble.double.state.accounts import Account

SCOPES = ("openid", "profile", "email", "offline_access")
CLAIMS = ("sub", "name", "preferred_username", "email", "email_verified", "roles", "tenant")


def information(account: Account, scopes: Collection[str]) -> dict[str, JSON]:
    """The claims about a user that the scopes let a client have.

    Args:
        account: the user's.
        scopes: what was granted.
    """
    told: dict[str, JSON] = {"sub": account.subject}
    document = account.document
    if "profile" in scopes:
        full = document.get("name") or document.get("fullName") or account.name
        told |= {"name": full, "preferred_username": account.name, "roles": [*account.roles], "tenant": account.tenant}
    email = document.get("email")
    if "email" in scopes and isinstance(email, str):
        told |= {"email": email, "email_verified": True}
    return told
