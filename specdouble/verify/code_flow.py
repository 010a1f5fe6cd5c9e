"""The authorization code flow with PKCE (RFC 6749, 4.1; RFC 7636), where a form is all that its page asks for."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode

from specdouble.url import split_url
from specdouble.verify.client import Client
from specdouble.verify.problem import CouldNotRun, Trouble
from specdouble.verify.settings import Account, OAuth

_CLIENTS = ("client_id", "client_secret")


@dataclass(frozen=True)
class Code:
    """An authorization code, and what is sent with it to get a token.

    Args:
        value: the code.
        verifier: what proves that the same client asks (RFC 7636, 4.1).
        redirect_uri: where the code was sent to.
    """

    value: str
    verifier: str = field(repr=False)
    redirect_uri: str

    def form(self, **changes: str | None) -> dict[str, str]:
        """What the token endpoint is sent.

        Args:
            changes: other values of some fields; None leaves one out.
        """
        told = {"grant_type": "authorization_code", "code": self.value, "code_verifier": self.verifier}
        told["redirect_uri"] = self.redirect_uri
        return {name: value for name, value in {**told, **changes}.items() if value is not None}


class AuthorizationEndpoint:
    """Where a user lets the client act.

    Args:
        address: gives its URL for a client.
        settings: what the client is called, asks for, and where it is sent back to.
    """

    def __init__(self, address: Callable[[Client], str], settings: OAuth) -> None:
        self._address, self._settings = address, settings

    def code(self, client: Client, account: Account, scope: str) -> Code:
        """Sign a user in by the form of the endpoint's page: all that the settings say of the user but the name.

        Raises:
            CouldNotRun: no code is given.
        """
        verifier = secrets.token_urlsafe(48)
        status, location = self.sent_to(client, account, scope, self._settings.redirect_uri, verifier)
        value = parse_qs(split_url(location).query).get("code", [""])[0]
        if not value:
            why = parse_qs(split_url(location).query).get("error_description", [f"it answers {status}"])[0]
            url = self._address(client)
            raise CouldNotRun(f"{account.name} gets no code at {url}: {why[:200]}; check `oauth` in the settings")
        return Code(value, verifier, self._settings.redirect_uri)

    def sent_to(
        self, client: Client, account: Account, scope: str, redirect_uri: str, verifier: str
    ) -> tuple[int, str]:
        """The status of the answer to the form, and where it sends the user.

        Raises:
            CouldNotRun: no answer.
        """
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        asked = {"response_type": "code", "client_id": client_of(account, self._settings), "redirect_uri": redirect_uri}
        asked |= {"state": secrets.token_urlsafe(16), "code_challenge": challenge, "code_challenge_method": "S256"}
        url = f"{self._address(client)}?{urlencode({**asked, **({'scope': scope} if scope else {})})}"
        try:
            return client.submit(url, _form(account))
        except Trouble as trouble:
            raise CouldNotRun(f"{account.name} cannot sign in at {self._address(client)}: {trouble}") from None


def client_of(account: Account, settings: OAuth) -> str:
    """What the client calls itself for a user."""
    return str(account.login.get("client_id") or settings.client_id)


def _form(account: Account) -> Mapping[str, str]:
    return {name: str(value) for name, value in account.login.items() if name not in _CLIENTS}
