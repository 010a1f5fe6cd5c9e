"""Log in, and ask whether a token is good."""

import secrets

from . import tokens
from .checks import Field, check
from .seed import USERS, User
from .service import Answer, Call, Service

FIELDS = {
    "email": Field("string", required=True, email=True),
    "password": Field("string", required=True),
}
SESSION = {
    "enabled": True,
    "idleTimeoutMinutes": 30,
    "tokenExpiryHours": 8,
    "warningTimeMinutes": 2,
}


async def login(service: Service, call: Call) -> Answer:
    values = check(FIELDS, call.body, service.faults)
    for user in USERS.values():
        right = user.password == values["password"]
        if "password_ignored" in service.faults:
            right = True
        if user.email == values["email"] and right:
            return 200, _session(user)
    raise tokens.unauthorized("Invalid email or password")


async def verify(service: Service, call: Call) -> Answer:
    return 200, {"message": "Token is good"}


def _session(user: User) -> dict[str, object]:
    return {
        "token": tokens.issue(user),
        "refreshToken": secrets.token_urlsafe(32),
        "sessionConfig": SESSION,
        "user": {
            "id": user.id,
            "email": user.email,
            "fullName": user.full_name,
            "organizationId": user.organization,
            "accessRole": user.role,
        },
    }
