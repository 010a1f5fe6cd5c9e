"""The endpoints beside that of tokens: a device gets its codes, a token is ended or told of, a user signs out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from authlib.oauth2.rfc6749 import InvalidClientError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint
from authlib.oidc.rpinitiated import EndSessionEndpoint

from specdouble.double.provider.authorization import grants
from specdouble.double.provider.authorization.asked import METHODS, NOBODY, Asked, Client
from specdouble.double.provider.authorization.setting import Granting, Setting
from specdouble.double.provider.sign_ins import DEVICE_LIFETIME, Device


class DeviceAuthorization(DeviceAuthorizationEndpoint):
    """Gives a device its codes."""

    EXPIRES_IN = DEVICE_LIFETIME
    INTERVAL = grants.INTERVAL

    def get_verification_uri(self) -> str:
        return self.server.setting.verification  # type: ignore[no-any-return]

    def save_device_credential(self, client_id: str, scope: str | None, data: Mapping[str, Any]) -> None:
        setting, client = self.server.setting, Client(client_id, self.server.setting)
        grant = self.server.new_grant(client, "", client.get_allowed_scope(scope))
        setting.sign_ins.devices.put(
            Device(grant, data["user_code"], setting.now + DEVICE_LIFETIME), data["device_code"]
        )


class _Shown:
    """A token that somebody shows: an access token by its claims, a refresh token by its ticket."""

    def __init__(self, setting: Setting, token: str) -> None:
        self.claims = setting.double.access_tokens.verify(token)
        self.ticket = setting.sign_ins.refresh_tokens.get(token)
        self._now = setting.now

    def check_client(self, client: Client) -> bool:
        held = self.ticket.grant.client if self.ticket else (self.claims or {}).get("client_id")
        return held == client.id

    def is_expired(self) -> bool:
        return self.ticket is not None and self.ticket.ends < self._now

    def is_revoked(self) -> bool:
        return self.ticket is not None and (self.ticket.is_used or self.ticket.grant.is_over)


class _OfTokens:
    """What the endpoints about tokens share."""

    CLIENT_AUTH_METHODS = METHODS
    server: Granting

    def query_token(self, token: str, _hint: str | None) -> _Shown | None:
        shown = _Shown(self.server.setting, token)
        return shown if shown.claims or shown.ticket else None


class Revocation(_OfTokens, RevocationEndpoint):
    """Ends a token; with a refresh token all that came of its grant (RFC 7009, 2.1)."""

    def revoke_token(self, token: _Shown, request: Asked) -> None:
        if token.ticket is not None:
            self.server.withdraw(token.ticket.grant)
        elif token.claims is not None:
            self.server.setting.double.access_tokens.revoke(str(token.claims["jti"]))


class Introspection(_OfTokens, IntrospectionEndpoint):
    """Tells whether a token is good, and for what (RFC 7662)."""

    def check_permission(self, token: _Shown, client: Client, request: Asked) -> bool:
        """Whoever says who asks is told (RFC 7662, 2.1)."""
        if client.id == NOBODY:
            raise InvalidClientError("The endpoint tells clients alone: name one as client_id.", status_code=401)
        return True

    def introspect_token(self, token: _Shown) -> dict[str, Any]:
        if token.ticket is not None:
            grant = token.ticket.grant
            return {
                "client_id": grant.client,
                "sub": grant.subject,
                "scope": grant.scope,
                "exp": int(token.ticket.ends),
            }
        return {"token_type": "Bearer", **(token.claims or {})}


class EndSession(EndSessionEndpoint):
    """Signs a user out (OpenID Connect RP-Initiated Logout 1.0)."""

    def get_server_jwks(self) -> Any:
        return self.server.setting.double.access_tokens.keys.all

    def get_algorithms(self) -> list[str]:
        return ["RS256"]

    def _is_valid_post_logout_redirect_uri(self, client: Client, post_logout_redirect_uri: str) -> bool:
        return self.server.setting.redirects.allows(post_logout_redirect_uri)  # type: ignore[no-any-return]

    def is_post_logout_redirect_uri_legitimate(
        self, request: Asked, post_logout_redirect_uri: str, client: Client, logout_hint: str | None
    ) -> bool:
        return True  # it leads to this machine, or to where an option lets it

    def end_session(self, end_session_request: Any) -> None:
        for grant in self.server.setting.sign_ins.grants_of(self.server.session):
            self.server.withdraw(grant)
        self.server.setting.sign_ins.sessions.remove(self.server.session)
