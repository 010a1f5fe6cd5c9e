"""Signing in."""

from typing import Any

from specdouble.double import Problem, collection, new_token

Document = dict[str, Any]

SESSION = {"enabled": True, "idleTimeoutMinutes": 30, "tokenExpiryHours": 8, "warningTimeMinutes": 2}
SHOWN = ("id", "email", "fullName", "organizationId", "accessRole")


def post_auth_login(body: Document) -> Document:
    user = collection("users").find_one({"email": body["email"]})
    if user is None or user["password"] != body["password"]:
        raise Problem(401, "Invalid email or password")
    token = new_token(user)
    shown = {name: user[name] for name in SHOWN}
    return {"token": token, "refreshToken": new_token(user), "sessionConfig": SESSION, "user": shown}


def get_auth_verify_token() -> Document:
    return {"message": "Token is good"}
