"""Signs users in at a token endpoint of OAuth 2 (RFC 6749, 4.1, 4.3, 4.4 and 6)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

from specdouble.contract import Contract
from specdouble.contract.security_scheme import own_path
from specdouble.verify.carrying import scheme_of_tokens
from specdouble.verify.client import Client
from specdouble.verify.code_flow import AuthorizationEndpoint, client_of
from specdouble.verify.problem import CouldNotRun, Trouble, WrongUse
from specdouble.verify.settings import Account, OAuth

_FLOWS = {
    "password": "password",
    "client_credentials": "clientCredentials",
    "authorization_code": "authorizationCode",
}


@dataclass(frozen=True)
class Granted:
    """What a token endpoint has given.

    Args:
        token: the access token.
        refresh_token: what gives the next one; empty where there is none.
    """

    token: str
    refresh_token: str = ""


class TokenEndpoint:
    """Where tokens are asked for.

    Args:
        contract: whose scheme they are for.
        settings: the flow, and the client.

    Raises:
        WrongUse: the contract has no such scheme, or says no URL for it.
    """

    def __init__(self, contract: Contract, settings: OAuth) -> None:
        self._contract, self._settings = contract, settings
        self.scheme = scheme_of_tokens(contract, settings)
        flow = self.scheme.flows.get(_FLOWS[settings.flow])
        self._url = settings.token_url or (flow.urls.get("tokenUrl", "") if flow else "")
        if not self._url:
            raise WrongUse(f"`oauth` needs `token_url`: `{self.scheme.name}` names none for {settings.flow}")
        self.scope = settings.scope
        self.authorization: AuthorizationEndpoint | None = None
        if settings.flow == "authorization_code":
            page = settings.authorize_url or (flow.urls.get("authorizationUrl", "") if flow else "")
            if not page:
                raise WrongUse(f"`oauth` needs `authorize_url`: `{self.scheme.name}` names none")
            self.authorization = AuthorizationEndpoint(partial(self._on_the_server, page), settings)

    def sign_in(self, client: Client, account: Account, scope: str | None = None) -> Granted:
        """Get a token for a user, or for a client.

        Raises:
            CouldNotRun: it is not given.
        """
        wanted = self._settings.scope if scope is None else scope
        if self.authorization is not None:
            return self._ask(client, account, self.authorization.code(client, account, wanted).form())
        form = {"grant_type": self._settings.flow}
        if self._settings.flow == "password":
            form |= {name: str(account.login.get(name, "")) for name in ("username", "password")}
        return self._ask(client, account, {**form, **({"scope": wanted} if wanted else {})})

    def refresh(self, client: Client, account: Account, refresh_token: str) -> Granted | None:
        """A new token for an old grant; None where the endpoint gives none."""
        try:
            return self._ask(client, account, {"grant_type": "refresh_token", "refresh_token": refresh_token})
        except CouldNotRun:
            return None

    def address(self, client: Client) -> str:
        """The URL: of the contract's own server that of the one that is verified."""
        return self._on_the_server(self._url, client)

    def _on_the_server(self, url: str, client: Client) -> str:
        path = own_path(self._contract, url)
        if path is None:
            return url
        parts = urlsplit(client.url)
        return f"{parts.scheme}://{parts.netloc}{path}"

    def answered(self, client: Client, account: Account, form: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        """The status and the JSON object that the endpoint answers to a form of the user's client.

        Raises:
            CouldNotRun: no answer.
        """
        name = client_of(account, self._settings)
        secret = str(account.login.get("client_secret") or self._settings.client_secret)
        headers = {"Authorization": f"Basic {_pair(name, secret)}"} if secret else {}
        sent = dict(form) if secret else {"client_id": name, **form}
        url = self.address(client)
        try:
            status, answer = client.post_form(url, sent, headers)
        except Trouble as trouble:
            raise CouldNotRun(f"{account.name} cannot sign in at {url}: {trouble}") from None
        return status, answer if isinstance(answer, dict) else {}

    def _ask(self, client: Client, account: Account, form: Mapping[str, str]) -> Granted:
        status, told = self.answered(client, account, form)
        url = self.address(client)
        token = told.get("access_token")
        if status != 200 or not isinstance(token, str):
            why = told.get("error_description") or told.get("error") or f"it answers {status}"
            raise CouldNotRun(f"{account.name} gets no token at {url}: {str(why)[:200]}; check `oauth` in the settings")
        refresh = told.get("refresh_token")
        return Granted(token, refresh if isinstance(refresh, str) else str(form.get("refresh_token", "")))


def _pair(name: str, secret: str) -> str:
    """RFC 6749, 2.3.1."""
    return base64.b64encode(f"{quote(name, safe='')}:{quote(secret, safe='')}".encode()).decode()


def granted_scopes(claims: Mapping[str, Any]) -> list[str]:
    """The scopes that a token's claims name, by whichever of the usual names."""
    told = claims.get("scope", claims.get("scp", ()))
    return told.split() if isinstance(told, str) else [str(one) for one in told] if isinstance(told, list) else []
