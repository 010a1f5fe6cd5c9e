"""The ID tokens of OpenID Connect: what they say of a user, and by which key they are signed."""

from __future__ import annotations

from typing import Any

from authlib.oidc.core.grants import OpenIDCode, OpenIDToken

from specdouble.contract.json_type import JSON
from specdouble.double.provider.authorization.asked import Asked, Client
from specdouble.double.provider.authorization.setting import Granting, Setting
from specdouble.double.provider.information import information
from specdouble.double.state.access_tokens import LIFETIME
from specdouble.double.state.accounts import Account

ID_TOKEN = "JWT"  # noqa: S105 - its `typ`


class IDToken(OpenIDToken):
    """Adds an ID token to what is granted with the scope `openid`."""

    _server: Granting
    _setting: Setting

    def __call__(self, grant: Any) -> None:
        self._server, self._setting = grant.server, grant.server.setting
        super().__call__(grant)

    def resolve_client_private_key(self, client: Client) -> Any:
        return self._setting.double.access_tokens.keys.current

    def get_client_algorithm(self, client: Client) -> str:
        return "RS256"

    def get_encode_header(self, client: Client) -> dict[str, Any]:
        return {"alg": "RS256", "typ": ID_TOKEN, "kid": self._setting.double.access_tokens.keys.current.kid}

    def get_client_claims(self, client: Client) -> dict[str, Any]:
        now, grant = self._setting.now, self._server.grant
        issuer, since = (grant.issuer, grant.auth_time) if grant else (self._setting.issuer, now)
        return {"iss": issuer, "aud": client.id, "iat": now, "exp": now + LIFETIME, "auth_time": since}

    def generate_user_info(self, user: Account, scope: str) -> dict[str, JSON]:
        return information(user, scope.split())


class CodeIDToken(IDToken, OpenIDCode):
    """The same for a code, with its nonce."""

    def exists_nonce(self, nonce: str, request: Asked) -> bool:
        return False
