"""The grants of OAuth 2: what a client shows for a token, and whose token it gets."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc6749 import ImplicitGrant, InvalidGrantError, UnauthorizedClientError, grants
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oauth2.rfc8628 import DeviceCodeGrant

from specdouble.double.provider.authorization.asked import METHODS, Asked, Client
from specdouble.double.provider.authorization.setting import Setting
from specdouble.double.provider.sign_ins import CODE_LIFETIME, Device, Grant, Ticket
from specdouble.double.state.accounts import Account

INTERVAL = 1  # seconds between two questions of a device: a mock need not be spared


class Challenge(CodeChallenge):
    """PKCE (RFC 7636); the plain method proves nothing (RFC 9700, 2.1.1)."""

    DEFAULT_CODE_CHALLENGE_METHOD = "S256"
    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)

    def validate_code_verifier(self, grant: CodeGrant, result: Any) -> None:
        if grant.request.form.get("code_verifier") or grant.request.authorization_code.needs_verifier():
            super().validate_code_verifier(grant, result)


class CodeGrant(grants.AuthorizationCodeGrant):
    """A code, good once: whoever shows it again ends all that came of it (RFC 6749, 4.1.2)."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

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

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS
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

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def authenticate_user(self, username: str, password: str) -> Account:
        setting = self.server.setting
        user = setting.double.accounts.with_password(setting.world, username, password)
        if user is None:
            raise InvalidGrantError("The user name or the password is wrong.")
        return user  # type: ignore[no-any-return]


class ClientCredentials(grants.ClientCredentialsGrant):
    """A client for itself; one that is called as a user acts for that user."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

    def create_token_response(self) -> tuple[int, Any, Any]:
        setting, client = self.server.setting, self.request.client
        user = setting.double.accounts.named(setting.world, client.id)
        if user is None and setting.double.contract.identities:
            raise UnauthorizedClientError("Callers of this contract are users: name one as client_id.")
        token = self.generate_token(user=user, scope=self.request.payload.scope, include_refresh_token=False)
        return 200, token, self.TOKEN_RESPONSE_HEADER


class DeviceGrant(DeviceCodeGrant):
    """A device that waits for its user."""

    TOKEN_ENDPOINT_AUTH_METHODS = METHODS

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
        is_hasty = credential.now - credential.polled < INTERVAL
        credential.polled = credential.now
        return is_hasty

    def create_token_response(self) -> tuple[int, Any, Any]:
        answer: tuple[int, Any, Any] = super().create_token_response()
        self.server.setting.sign_ins.devices.remove(self.request.form["device_code"])
        return answer


def _exchanged(ticket: Ticket, setting: Setting) -> Grant | None:
    """What a ticket is good for; it is good no more."""
    is_good = not ticket.is_used and not ticket.grant.is_over and ticket.ends >= setting.now
    ticket.is_used = True
    return ticket.grant if is_good else None
