"""The grants of OAuth 2 and OpenID Connect, decided by Authlib: any client, the users of the double, its keys."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ImplicitGrant,
    InvalidClientError,
    InvalidGrantError,
    InvalidScopeError,
    OAuth2Payload,
    OAuth2Request,
    UnauthorizedClientError,
    grants,
)
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant
from authlib.oidc.core.grants import OpenIDCode, OpenIDToken
from authlib.oidc.rpinitiated import EndSessionEndpoint
from starlette.responses import JSONResponse, RedirectResponse, Response

from specdouble.contract.json_type import JSON
from specdouble.contract.security_scheme import scopes_of, security_schemes
from specdouble.double.http.served import Served
from specdouble.double.provider.information import SCOPES, information
from specdouble.double.provider.redirects import Redirects
from specdouble.double.provider.sign_ins import (
    CODE_LIFETIME,
    DEVICE_LIFETIME,
    REFRESH_LIFETIME,
    Device,
    Grant,
    SignIns,
    Ticket,
)
from specdouble.double.state.access_tokens import LIFETIME
from specdouble.double.state.accounts import Account
from specdouble.double.state.world import World

logging.getLogger("authlib").setLevel(logging.WARNING)  # on a finer level it tells tokens

_METHODS = ["client_secret_basic", "client_secret_post", "none"]
_NOT_IN_ERRORS = re.compile(r"[^ !#-\[\]-~]")  # RFC 6749, 5.2
_NOBODY = "public"  # the client that says no name
ID_TOKEN = "JWT"  # noqa: S105 - its `typ`


@dataclass(frozen=True)
class Setting:
    """What the answer to a request to the provider depends on, beside the request.

    Args:
        double: whose users sign in.
        sign_ins: what they have granted.
        world: which users those are.
        issuer: the URL of the provider, as the client knows it.
        verification: the URL of the page where a device's code is entered.
        redirects: where users may be sent.
    """

    double: Served
    sign_ins: SignIns
    world: World
    issuer: str
    verification: str
    redirects: Redirects

    @property
    def now(self) -> int:
        """By the double's own clock."""
        return int(self.double.clock.seconds())

    def scopes(self) -> list[str]:
        """All that may be asked for; empty where the contract declares none, and any may."""
        schemes = security_schemes(self.double.contract).values()
        return [one for scheme in schemes if scheme.has_scopes for one in scopes_of(self.double.contract, scheme)]

    def account(self, subject: str) -> Account | None:
        """The user of that `sub`."""
        return self.double.accounts.of_id(self.world, subject)


class Payload(OAuth2Payload):
    """The parameters of a request, each with all its values; an empty one is none (RFC 6749, 3.1)."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._lists: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            if value:
                self._lists[name].append(value)

    @property
    def data(self) -> dict[str, str]:
        """The last of each, as a form has it."""
        return {name: values[-1] for name, values in self._lists.items()}

    @property
    def datalist(self) -> defaultdict[str, list[str]]:
        return self._lists


class Asked(OAuth2Request):
    """A request as Authlib reads it.

    Args:
        method: its method.
        headers: its header fields.
        pairs: its parameters.
    """

    def __init__(self, method: str, headers: Mapping[str, str], pairs: Sequence[tuple[str, str]]) -> None:
        # A mock is asked without TLS, under whatever name it has: what Authlib would hold that to is not told to it.
        super().__init__(method, "https://double.invalid/", headers=headers)
        self.payload = Payload(pairs)

    @property
    def args(self) -> dict[str, str]:
        return self.payload.data

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data


class Client:
    """A client: any is known, with or without a secret, and may do everything.

    Args:
        id: what it calls itself.
        setting: where it may have users sent, and for what it may ask.
    """

    def __init__(self, id: str, setting: Setting) -> None:
        self.id = id
        self._setting = setting
        self.client_metadata: dict[str, JSON] = {}

    def get_client_id(self) -> str:
        return self.id

    def get_default_redirect_uri(self) -> None:
        return None

    def get_allowed_scope(self, scope: str | None) -> str:
        asked = scope.split() if scope else self._setting.scopes()
        return " ".join(dict.fromkeys(asked))

    def check_redirect_uri(self, uri: str) -> bool:
        return self._setting.redirects.allows(uri)

    def check_client_secret(self, _secret: str) -> bool:
        return True

    def check_endpoint_auth_method(self, _method: str, _endpoint: str) -> bool:
        return True

    def check_response_type(self, _response_type: str) -> bool:
        return True

    def check_grant_type(self, _grant_type: str) -> bool:
        return True


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
        self.register_client_auth_method("none", _public)
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


def _public(query_client: Any, request: Asked) -> Client | None:
    """A client without a secret; one without a name is taken too, and none that proves itself in another way."""
    if request.payload.data.get("client_secret") or request.payload.data.get("client_assertion"):
        return None
    named = request.payload.client_id or _basic_name(request.headers.get("Authorization"))
    client: Client | None = query_client(named or _NOBODY)
    return client


def _basic_name(authorization: str | None) -> str | None:
    """The name in Basic credentials that have an empty password, as public clients of some libraries send it."""
    from authlib.oauth2.rfc6749.util import extract_basic_authorization

    name, password = extract_basic_authorization({"Authorization": authorization})
    return unquote(name) if name and not password else None


class Challenge(CodeChallenge):
    """PKCE (RFC 7636); the plain method proves nothing (RFC 9700, 2.1.1)."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_verifier(self, grant: CodeGrant, result: Any) -> None:
        if grant.request.form.get("code_verifier") or grant.request.authorization_code.needs_verifier():
            super().validate_code_verifier(grant, result)


class IDToken(OpenIDToken):
    """Adds an ID token to what is granted with the scope `openid`."""

    _server: Server
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


class CodeGrant(grants.AuthorizationCodeGrant):
    """A code, good once: whoever shows it again ends all that came of it (RFC 6749, 4.1.2)."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def save_authorization_code(self, code: str, request: Asked) -> None:
        grant = self.server.new_grant(request.client, request.user.subject, request.scope)
        self.server.setting.sign_ins.codes.put(Ticket(grant, self.server.setting.now + CODE_LIFETIME), code)

    def query_authorization_code(self, code: str, client: Client) -> Grant | None:
        ticket = self.server.setting.sign_ins.codes.get(code)
        if ticket is None or not ticket.grant.check_client(client):
            return None
        if ticket.is_used:
            self.server.withdraw(ticket.grant)
        return _exchanged(ticket, self.server.setting)

    def delete_authorization_code(self, authorization_code: Grant) -> None:
        """It is kept until it would be over: to be known, should it be shown again."""

    def authenticate_user(self, authorization_code: Grant) -> Account | None:
        return self.server.setting.account(authorization_code.subject)  # type: ignore[no-any-return]


class Implicit(ImplicitGrant):
    """A token in the fragment, as contracts from before PKCE have it (`implicit`)."""


class Refresh(grants.RefreshTokenGrant):
    """A refresh token, good once: a new one comes with the answer (RFC 9700, 4.14.2)."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Grant | None:
        ticket = self.server.setting.sign_ins.refresh_tokens.get(refresh_token)
        if ticket is None or not ticket.grant.check_client(self.request.client):
            return None
        if ticket.is_used:
            self.server.withdraw(ticket.grant)
        return _exchanged(ticket, self.server.setting)

    def authenticate_user(self, refresh_token: Grant) -> Account:
        user = self.server.setting.account(refresh_token.subject)
        if user is None:
            raise InvalidGrantError("The user is here no longer.")
        return user  # type: ignore[no-any-return]

    def revoke_old_credential(self, refresh_token: Grant) -> None:
        """It is used already."""


class Password(grants.ResourceOwnerPasswordCredentialsGrant):
    """A name and a password."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def authenticate_user(self, username: str, password: str) -> Account:
        setting = self.server.setting
        user = setting.double.accounts.with_password(setting.world, username, password)
        if user is None:
            raise InvalidGrantError("The user name or the password is wrong.")
        return user  # type: ignore[no-any-return]


class ClientCredentials(grants.ClientCredentialsGrant):
    """A client for itself; one that is called as a user acts for that user."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def create_token_response(self) -> tuple[int, Any, Any]:
        setting, client = self.server.setting, self.request.client
        user = setting.double.accounts.named(setting.world, client.id)
        if user is None and setting.double.contract.identities:
            raise UnauthorizedClientError("Callers of this contract are users: name one as client_id.")
        token = self.generate_token(user=user, scope=self.request.payload.scope, include_refresh_token=False)
        return 200, token, self.TOKEN_RESPONSE_HEADER


class DeviceGrant(DeviceCodeGrant):
    """A device that waits for its user."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def query_device_credential(self, device_code: str) -> Device | None:
        device: Device | None = self.server.setting.sign_ins.devices.get(device_code)
        if device is not None:
            device.now = self.server.setting.now
            if device.grant.is_over:
                raise InvalidGrantError
        return device

    def query_user_grant(self, user_code: str) -> tuple[Account | None, bool] | None:
        device = self.server.setting.sign_ins.device_of(user_code)
        if device.is_denied:
            return None, False
        user = self.server.setting.account(device.grant.subject) if device.grant.subject else None
        return None if user is None else (user, True)

    def should_slow_down(self, credential: Device) -> bool:
        is_hasty = credential.now - credential.polled < DeviceAuthorization.INTERVAL
        credential.polled = credential.now
        return is_hasty

    def create_token_response(self) -> tuple[int, Any, Any]:
        answer: tuple[int, Any, Any] = super().create_token_response()
        self.server.setting.sign_ins.devices.remove(self.request.form["device_code"])
        return answer


class DeviceAuthorization(DeviceAuthorizationEndpoint):
    """Gives a device its codes."""

    EXPIRES_IN = DEVICE_LIFETIME
    INTERVAL = 1  # seconds: a mock need not be spared

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

    def __init__(self, server: Server, token: str) -> None:
        setting = server.setting
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

    CLIENT_AUTH_METHODS = _METHODS
    server: Server

    def query_token(self, token: str, _hint: str | None) -> _Shown | None:
        shown = _Shown(self.server, token)
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
        if client.id == _NOBODY:
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


def _exchanged(ticket: Ticket, setting: Setting) -> Grant | None:
    """What a ticket is good for; it is good no more."""
    is_good = not ticket.is_used and not ticket.grant.is_over and ticket.ends >= setting.now
    ticket.is_used = True
    return ticket.grant if is_good else None


__all__ = ["Asked", "OAuth2Error", "Server", "Setting"]
