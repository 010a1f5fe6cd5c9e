"""Who calls: users, their credentials, and who shares an organization with whom."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.contract.pointer import look_up
from specdouble.contract.token_claims import token_claims
from specdouble.verify.client import Client
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.oauth import TokenEndpoint
from specdouble.verify.problem import CouldNotRun, Trouble, WrongUse
from specdouble.verify.settings import Account, Settings

PREFIXES = ("", "Bearer ", "Token ", "token ", "JWT ")  # of tokens that are sent as a key


@dataclass(frozen=True)
class User:
    """A user whose credentials the server takes.

    Args:
        name: how output calls the user.
        id: what owner properties hold for the user, where it is known.
        tenant: what users of one organization share, where it is known.
        credentials: a token or key for each security scheme.
        account: what the user signs in with.
        refresh_token: what gives the next token, where the last one came with such.
    """

    name: str
    id: str | None = None
    tenant: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    account: Account = field(default_factory=lambda: Account(""), repr=False)
    refresh_token: str = field(default="", repr=False)


class Crowd:
    """The users of one verification.

    Args:
        contract: what the server promises.
        settings: the accounts, and how they sign in.
    """

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self.contract, self.settings = contract, settings
        self.token_prefix = ""
        self.endpoint = TokenEndpoint(contract, settings.oauth) if settings.oauth else None
        self.users: dict[str, User] = {
            account.name: User(account.name, tenant=account.tenant, credentials=account.credentials, account=account)
            for account in settings.users
        }

    def __iter__(self) -> Any:
        return iter(self.users.values())

    def __len__(self) -> int:
        return len(self.users)

    @property
    def first(self) -> User:
        """The user that most cases are run as; nobody where the contract asks for no credentials."""
        return next(iter(self.users.values()), User(""))

    def colleagues(self) -> list[tuple[User, User]]:
        """The ordered pairs of users of one organization."""
        return [
            (one, other)
            for one, other in permutations(self.users.values(), 2)
            if one.tenant is not None and one.tenant == other.tenant
        ]

    def foreigners(self) -> list[tuple[User, User]]:
        """The ordered pairs of users of different organizations."""
        return [
            (one, other)
            for one, other in permutations(self.users.values(), 2)
            if None not in (one.tenant, other.tenant) and one.tenant != other.tenant
        ]

    def pairs(self) -> list[tuple[User, User]]:
        """All ordered pairs."""
        return list(permutations(self.users.values(), 2))

    @staticmethod
    def claims_of(user: User) -> dict[str, Any]:
        """What is known of a user: by tokens, and by the settings, since an opaque credential tells nothing."""
        told = {name: value for one in user.credentials.values() for name, value in token_claims(one).items()}
        return {**user.account.login, **told}

    def login_scheme(self) -> str | None:
        """The security scheme that takes the token of a login."""
        login = self.settings.login
        if self.endpoint is not None:
            return self.endpoint.scheme.name
        if login is None:
            return None
        if login.scheme is not None:
            return login.scheme
        given = {scheme for account in self.settings.users for scheme in account.credentials}
        schemes = self.contract.security_schemes
        bearer = [name for name, one in schemes.items() if _is_bearer(one) and name not in given]
        tokens = [name for name in bearer if getattr(self.contract.identities.get(name), "credential", None) is None]
        keys = [name for name, one in schemes.items() if one.get("type") == "apiKey" and name not in given]
        return next(iter(tokens or bearer or keys), None)

    def sign_in(self, client: Client) -> None:
        """Get a token for each user and learn who they are.

        Raises:
            CouldNotRun: the server takes none of them.
        """
        for name in self.users:
            self.renew(client, name)
        if self._seek_token_prefix(client):
            for name in self.users:
                self.renew(client, name)

    def _seek_token_prefix(self, client: Client) -> bool:
        """Find what stands before a token in the header `Authorization`, where the contract calls it a key.

        OpenAPI has no word for schemes that are not registered, such as `Token`.
        """
        scheme, user = self.login_scheme(), self.first
        definition = self.contract.security_schemes.get(scheme or "", {})
        token = user.credentials.get(scheme or "")
        if definition.get("type") != "apiKey" or str(definition.get("name")).lower() != "authorization" or not token:
            return False
        operation = self._plain_read(str(scheme))
        if operation is None:
            return False
        for prefix in PREFIXES:
            answer = client.send(Call(operation, user.name, authorization={"Authorization": prefix + token}))
            if answer.status not in (401, 403):
                self.token_prefix = prefix
                break
        return bool(self.token_prefix)

    def _plain_read(self, scheme: str) -> Operation | None:
        """An operation that reads, needs no document, and takes the scheme alone."""
        reads = (one for one in self.contract.operations.values() if one.method == "get" and "{" not in one.path)
        return next((one for one in reads if one.security == ((scheme,),)), None)

    def renew(self, client: Client, name: str) -> None:
        """Get a new token for one user."""
        if self.endpoint is not None:
            self._renew_by_oauth(client, name, self.endpoint)
            return
        user, login, scheme = self.users[name], self.settings.login, self.login_scheme()
        if login is not None and scheme is not None and user.account.login and scheme not in user.account.credentials:
            token = self._log_in(client, user)
            user = replace(user, credentials={**user.credentials, scheme: self.token_prefix + token})
        self.users[name] = self._recognized(user)

    def _renew_by_oauth(self, client: Client, name: str, endpoint: TokenEndpoint) -> None:
        """By the refresh token where there is one, else from the beginning."""
        user = self.users[name]
        granted = endpoint.refresh(client, user.account, user.refresh_token) if user.refresh_token else None
        granted = granted or endpoint.sign_in(client, user.account)
        credentials = {**user.credentials, endpoint.scheme.name: granted.token}
        user = replace(user, credentials=credentials, refresh_token=granted.refresh_token)
        self.users[name] = self._recognized(user)

    def _log_in(self, client: Client, user: User) -> str:
        login = self.settings.login
        assert login is not None
        operation = self.contract.operations.get(login.operation)
        if operation is None:
            raise WrongUse(f"`login` names the operation `{login.operation}`, which the contract has not")
        try:
            answer = client.send(Call(operation, body=dict(user.account.login), has_body=True))
        except Trouble as trouble:
            raise CouldNotRun(f"{user.name} cannot sign in: {trouble}") from None
        if not answer.ok:
            advice = "check the user's entry in [tool.specdouble.verify], or how the server wants to be signed in to"
            raise CouldNotRun(f"{user.name} cannot sign in: {operation} answers {answer.told(100)}; {advice}")
        cookie = self._session_cookie(answer)
        if cookie is not None:
            return cookie
        if answer.json is ...:
            raise CouldNotRun(
                f"{user.name} cannot sign in: {operation} answers {answer.told(60)}, no JSON that is read"
            )
        try:
            token = look_up(answer.json, login.token)
        except LookupError:
            token = None
        if not isinstance(token, str):
            raise CouldNotRun(f"the answer of {operation} holds no token at {login.token}: correct `login.token`")
        return token

    def _session_cookie(self, answer: Exchange) -> str | None:
        """What a login sets as the cookie of the scheme; None where the scheme wants none, or it sets none."""
        scheme = self.contract.security_schemes.get(self.login_scheme() or "", {})
        if scheme.get("type") != "apiKey" or scheme.get("in") != "cookie":
            return None
        name = re.escape(str(scheme.get("name")))
        found = re.search(rf"(?:^|,\s*){name}=([^;,]*)", answer.headers.get("set-cookie", ""))
        return found[1] if found else None

    def _recognized(self, user: User) -> User:
        """The user with what a token tells of it."""
        for scheme, credential in user.credentials.items():
            identity, claims = self.contract.identities.get(scheme), token_claims(credential)
            resource = self.contract.resources.get(identity.collection) if identity else None
            if identity is None or resource is None or not claims:
                continue
            by_property = {name: claims.get(claim) for claim, name in identity.claims.items()}
            tenant = by_property.get(resource.tenant) if resource.tenant else None
            user = replace(user, id=_text(by_property.get(resource.id)), tenant=user.tenant or _text(tenant))
        return user

    def authorize(self, call: Call) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The headers and query parameters that carry the caller's credentials."""
        if call.authorization is not None:
            return call.authorization, {}
        user = self.users.get(call.user or "")
        if user is None:
            return {}, {}
        for alternative in call.operation.security:
            if all(scheme in user.credentials for scheme in alternative):
                return self._carried(alternative, user)
        return {}, {}

    def may_call(self, operation_security: tuple[tuple[str, ...], ...], user: User) -> bool:
        """Whether the user has credentials for one of the alternatives."""
        return not operation_security or any(
            all(scheme in user.credentials for scheme in alternative) for alternative in operation_security
        )

    def _carried(self, schemes: tuple[str, ...], user: User) -> tuple[dict[str, str], dict[str, str]]:
        headers: dict[str, str] = {}
        query: dict[str, str] = {}
        for scheme in schemes:
            carry(self.contract.security_schemes.get(scheme, {}), user.credentials[scheme], headers, query)
        return headers, query

    def secrets(self) -> dict[str, str]:
        """Every secret, and the shell variable that stands for it in output."""
        found: dict[str, str] = {}
        for user in self.users.values():
            for scheme, credential in user.credentials.items():
                found[credential] = variable(user.name, "token" if scheme == self.login_scheme() else scheme)
            for place, value in login_values(user.account.login):
                key = place[-1]
                if (isinstance(value, str) and "pass" in key.lower()) or key.lower() in ("secret", "pin", "code"):
                    found[str(value)] = variable(user.name, key)
        found |= self._oauth_secrets()
        for scheme, key in self.settings.signing.items():
            found[key] = variable(scheme, "signing_key")
        for name, value in self.settings.headers.items():
            if value in self.settings.sources:
                found[value] = variable("header", name)
        return found

    def _oauth_secrets(self) -> dict[str, str]:
        found = {user.refresh_token: variable(user.name, "refresh_token") for user in self.users.values()}
        if self.settings.oauth is not None:
            found[self.settings.oauth.client_secret] = variable("client", "secret")
        found.pop("", None)
        return found


def anybody(contract: Contract) -> tuple[Account, ...]:
    """Somebody for a double that was started for this run: what no `x-identity` is about takes whoever asks."""
    schemes = contract.security_schemes.items()
    unknown = [name for name, one in schemes if name not in contract.identities and not _is_digest(one)]
    credentials = {name: "anybody:probe" if _is_basic(contract.security_schemes[name]) else "probe" for name in unknown}
    return (Account("anybody", credentials=credentials),) if credentials else ()


def _is_basic(scheme: Mapping[str, Any]) -> bool:
    return str(scheme.get("scheme", "")).lower() == "basic" or scheme.get("type") == "basic"


def _is_digest(scheme: Mapping[str, Any]) -> bool:
    return str(scheme.get("scheme", "")).lower() == "digest"


def login_values(login: Mapping[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What a user signs in with, each value with the names that lead to it: they may stand within one object."""
    for name, value in login.items():
        if isinstance(value, Mapping):
            yield from login_values(value, (*place, name))
        else:
            yield (*place, name), value


def with_login_value(login: Mapping[str, Any], place: tuple[str, ...], value: Any) -> dict[str, Any]:
    """The same with another value in one place."""
    inner = with_login_value(login[place[0]], place[1:], value) if len(place) > 1 else value
    return {**login, place[0]: inner}


def carry(scheme: Mapping[str, Any], credential: str, headers: dict[str, str], query: dict[str, str]) -> None:
    """Put a credential where its security scheme wants it."""
    if scheme.get("type") == "apiKey":
        name = str(scheme.get("name"))
        if scheme.get("in") == "query":
            query[name] = credential
        elif scheme.get("in") == "cookie":
            headers["Cookie"] = "; ".join(filter(None, [headers.get("Cookie"), f"{name}={credential}"]))
        else:
            headers[name] = credential
    elif _is_basic(scheme):
        headers["Authorization"] = "Basic " + base64.b64encode(credential.encode()).decode()
    else:
        headers["Authorization"] = f"Bearer {credential}"


def variable(*words: str) -> str:
    """The name of a shell variable: `variable("ada", "token")` is `ADA_TOKEN`."""
    text = "_".join(words).upper()
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in text)


def _is_bearer(scheme: Mapping[str, Any]) -> bool:
    return (scheme.get("type") == "http" and str(scheme.get("scheme", "")).lower() == "bearer") or scheme.get(
        "type"
    ) in ("oauth2", "openIdConnect")


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
