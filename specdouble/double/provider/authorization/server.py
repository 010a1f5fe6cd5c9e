"""The server of OAuth 2 and OpenID Connect, whose grants Authlib decides: any client, the double's users and keys."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidScopeError
from starlette.responses import JSONResponse, RedirectResponse, Response

from specdouble.contract.json_type import JSON
from specdouble.double.provider.authorization.asked import Asked, Client, public_client
from specdouble.double.provider.authorization.endpoints import (
    DeviceAuthorization,
    EndSession,
    Introspection,
    Revocation,
)
from specdouble.double.provider.authorization.grants import (
    Challenge,
    ClientCredentials,
    CodeGrant,
    DeviceGrant,
    Implicit,
    Password,
    Refresh,
)
from specdouble.double.provider.authorization.id_tokens import CodeIDToken, IDToken
from specdouble.double.provider.authorization.setting import Setting
from specdouble.double.provider.information import SCOPES
from specdouble.double.provider.sign_ins import REFRESH_LIFETIME, Grant, Ticket
from specdouble.double.state.access_tokens import LIFETIME
from specdouble.double.state.accounts import Account

logging.getLogger("authlib").setLevel(logging.WARNING)  # on a finer level it tells tokens

_NOT_IN_ERRORS = re.compile(r"[^ !#-\[\]-~]")  # RFC 6749, 5.2


class Server(AuthorizationServer):
    """Answers one request to the provider.

    Args:
        setting: what the answer depends on.
        request: the request.
    """

    def __init__(self, setting: Setting, request: Asked) -> None:
        super().__init__()
        self.setting, self.request = setting, request
        self.session = ""
        self.register_client_auth_method("none", public_client)
        self.register_token_generator("default", self._tokens)
        self.register_grant(CodeGrant, [Challenge(required=True), CodeIDToken()])
        self.register_grant(Implicit)
        for grant in (Refresh, Password, DeviceGrant):
            self.register_grant(grant, [IDToken()])
        self.register_grant(ClientCredentials)
        for endpoint in (Revocation, Introspection, DeviceAuthorization, EndSession):
            self.register_endpoint(endpoint)

    # What Authlib asks of its server

    def query_client(self, client_id: str) -> Client | None:
        return Client(client_id, self.setting) if client_id else None

    def save_token(self, token: Mapping[str, Any], request: Asked) -> None:
        """Nothing: `_tokens` has noted what must be known of it."""

    def create_oauth2_request(self, request: Any) -> Asked:
        return self.request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Response:
        fields = dict(headers)
        if "Location" in fields:
            return RedirectResponse(fields["Location"], 302)
        return JSONResponse(body, status, {**fields, "Cache-Control": "no-store", "Pragma": "no-cache"})

    def validate_requested_scope(self, scope: str | None) -> None:
        known = self.setting.scopes()
        unknown = [one for one in (scope or "").split() if known and one not in known and one not in SCOPES]
        if unknown:
            named = _NOT_IN_ERRORS.sub("", " ".join(unknown)[:200])
            raise InvalidScopeError(f"The contract has no scope {named}")

    # Tokens

    def new_grant(self, client: Client, subject: str, scope: str) -> Grant:
        """What is granted by this request."""
        data, now = self.request.payload.data, self.setting.now
        lists = self.request.payload.datalist
        return Grant(
            client=client.id,
            subject=subject,
            scope=scope,
            issuer=self.setting.issuer,
            auth_time=now,
            session=self.session,
            audience=(*lists.get("resource", ()), *lists.get("audience", ())),
            redirect_uri=data.get("redirect_uri"),
            nonce=data.get("nonce"),
            code_challenge=data.get("code_challenge"),
            code_challenge_method=data.get("code_challenge_method"),
        )

    def _tokens(
        self,
        grant_type: str,
        client: Client,
        user: Account | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        """The answer with an access token, and a refresh token where there is a user."""
        subject = client.id if user is None else user.subject
        granted = _granted(client.get_allowed_scope(scope), user)
        grant = self.grant or self.new_grant(client, subject, granted)
        access = self.setting.double.access_tokens
        token = access.issue(
            grant.issuer, subject, granted, client.id, audience=grant.audience, more=self._more(user), grant=grant.id
        )
        answer = {"token_type": "Bearer", "access_token": token, "expires_in": LIFETIME, "scope": granted}
        if include_refresh_token and user is not None:
            ticket = Ticket(grant, self.setting.now + REFRESH_LIFETIME)
            answer["refresh_token"] = self.setting.sign_ins.refresh_tokens.put(ticket)
        return answer

    @property
    def grant(self) -> Grant | None:
        """What the request goes on with."""
        request = self.request
        if request.credential is not None:
            return request.credential.grant  # type: ignore[no-any-return]
        found: Grant | None = request.authorization_code or request.refresh_token
        return found

    def _more(self, user: Account | None) -> dict[str, JSON]:
        """The claims of an `x-identity`, for those who read access tokens."""
        if user is None:
            return {}
        identity = next(iter(self.setting.double.contract.identities.values()), None)
        told = self.setting.double.accounts.caller(user, identity) if identity else {}
        return {**told, "roles": [*user.roles]}

    def withdraw(self, grant: Grant) -> None:
        """Take nothing of a grant any more."""
        grant.is_over = True
        self.setting.double.access_tokens.revoke(grant.id)


def _granted(scope: str, user: Account | None) -> str:
    """What a user may grant of what is asked for."""
    asked = scope.split()
    if user is None:
        return " ".join(one for one in asked if one not in SCOPES)
    own = {*user.may_grant(asked), *SCOPES}
    return " ".join(one for one in asked if one in own)
