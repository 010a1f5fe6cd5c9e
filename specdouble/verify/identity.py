"""Who calls: users, their credentials, and who shares an organization with whom."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import permutations
from typing import Any

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.kind import suggestion
from specdouble.contract.pointer import look_up
from specdouble.contract.rule import ScopeRule
from specdouble.contract.security_scheme import SecurityScheme, security_schemes
from specdouble.contract.token_claims import token_claims
from specdouble.verify.client import Client
from specdouble.verify.cookie_session import CookieSession, is_unsafe, token_fields, token_page, token_schemes
from specdouble.verify.digest import Answers
from specdouble.verify.exchange import Call, Exchange, Proof
from specdouble.verify.oauth import TokenEndpoint
from specdouble.verify.problem import CouldNotRun, Trouble, WrongUse
from specdouble.verify.report.replay import SPELLINGS
from specdouble.verify.settings import Account, Login, Settings

PREFIXES = ("", "Bearer ", "Token ", "token ", "JWT ")  # of tokens that are sent as a key
SHORTEST_COOKIE = 8  # characters of one that is secret; others are choices such as a language


@dataclass(frozen=True)
class User:
    """A user whose credentials the server takes.

    Args:
        name: how output calls the user.
        id: what owner properties hold for the user, where it is known.
        tenant: what users of one organization share, where it is known.
        credentials: a token or key for each security scheme; of a contract that declares none, the header fields.
        account: what the user signs in with.
        refresh_token: what gives the next token, where the last one came with such.
        session: the cookies that the login has set, and its token against forged requests.
    """

    name: str
    id: str | None = None
    tenant: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    account: Account = field(default_factory=lambda: Account(""), repr=False)
    refresh_token: str = field(default="", repr=False)
    session: CookieSession | None = field(default=None, repr=False)


class Crowd:
    """The users of one verification.

    Args:
        contract: what the server promises.
        settings: the accounts, and how they sign in.
    """

    def __init__(self, contract: Contract, settings: Settings) -> None:
        self.contract, self.settings = contract, settings
        self.token_prefix = "" if contract.security_schemes else "Bearer "
        self.answers: dict[str, Answers] = {}  # to the challenges of Digest, by security scheme
        self._former: dict[str, str] = {}  # credentials that were renewed, with their variables
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
        """The user that most cases are run as: of those who may ask for the most, the first; else nobody.

        Nobody is signed in where the contract asks for no credentials.
        """
        ruled = [*self.contract.rules_about]
        if not ruled:
            return next(iter(self.users.values()), User(""))
        return max(self, key=lambda user: sum(self.may_ask(one, user) for one in ruled), default=User(""))

    def may_ask(self, operation: str, user: User) -> bool:
        """Whether no rule about an operation is known to keep the user from it."""
        rules = self.contract.rules_about.get(operation, ())
        return not rules or not any(rule.lets_in(self.claims_of(user)) is False for rule in rules)

    def who(self, operations: Iterable[str]) -> User:
        """The first user, or another where only that one may ask for all of these operations."""
        first, asked = self.first, [one for one in operations if one in self.contract.rules_about]
        if not asked:
            return first
        return next((one for one in (first, *self) if all(self.may_ask(name, one) for name in asked)), first)

    def maker(self, resource: Resource, operation: Operation, user: User) -> User:
        """Who creates a document for a user: another, where the user may not and the document is nobody's own."""
        if resource.owner or self.may_ask(operation.id, user):
            return user
        near = [one for one in self if not resource.tenant or one.tenant == user.tenant]
        return next((one for one in near if self.may_ask(operation.id, one)), user)

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

    def apart(self, resource: Resource, rule: ScopeRule) -> list[tuple[User, User]]:
        """The ordered pairs of users who are kept apart by a rule of whose the documents of a resource are."""
        if rule.name == resource.tenant:
            return self.foreigners()
        # Within an organization a colleague's document is what the owner alone keeps from the caller.
        colleagues = self.colleagues() if resource.tenant else []
        return colleagues or self.pairs()

    def pairs(self, *operations: Operation) -> list[tuple[User, User]]:
        """All ordered pairs of users who may ask for these operations."""
        able = [one for one in self if all(self.may_ask(each.id, one) for each in operations)]
        return list(permutations(able, 2))

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
        if not self.contract.security_schemes:
            return "Authorization"
        given = {scheme for account in self.settings.users for scheme in account.credentials}
        given |= token_schemes(self.contract).keys()
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
            user = self._logged_in(client, user, login, scheme)
        self._become(user)

    def _become(self, user: User) -> None:
        """Know a user by new credentials; the old ones stay secret."""
        self._former |= dict(self._credentials(self.users[user.name]))
        self.users[user.name] = self._recognized(user)

    def _renew_by_oauth(self, client: Client, name: str, endpoint: TokenEndpoint) -> None:
        """By the refresh token where there is one, else from the beginning."""
        user = self.users[name]
        granted = endpoint.refresh(client, user.account, user.refresh_token) if user.refresh_token else None
        granted = granted or endpoint.sign_in(client, user.account)
        credentials = {**user.credentials, endpoint.scheme.name: granted.token}
        self._become(replace(user, credentials=credentials, refresh_token=granted.refresh_token))

    def _logged_in(self, client: Client, user: User, login: Login, scheme: str) -> User:
        """The user with what the login gives: a cookie of a session, or a token in its answer."""
        session = CookieSession(login.csrf.cookie if login.csrf else "")
        answer = self._log_in(client, user, login, session)
        definition = self._security_scheme(scheme)
        token = session.cookies.get(definition.key) if definition.is_cookie else None
        if token is None:
            token = self.token_prefix + self._token(user, login, answer)
        held = {**user.credentials, scheme: token, **self._csrf_credentials(session)}
        keeps = definition.is_cookie or bool(session.token)
        return replace(user, credentials=held, session=session if keeps else None)

    def _log_in(self, client: Client, user: User, login: Login, session: CookieSession) -> Exchange:
        operation = self.contract.operations.get(login.operation)
        if operation is None:
            advice = suggestion(login.operation, (one for one, of in self.contract.operations.items() if of.body))
            raise WrongUse(f"`login` names the operation `{login.operation}`, which the contract has not: {advice}")
        try:
            self._meet_page(client, login, session)
            headers = self.token_headers(operation, session)
            cookies = {"Cookie": session.sent()} if session.cookies else None
            answer = client.send(
                Call(operation, body=dict(user.account.login), has_body=True, headers=headers, authorization=cookies)
            )
        except Trouble as trouble:
            raise CouldNotRun(f"{user.name} cannot sign in: {trouble}") from None
        before = dict(session.cookies)
        session.keep(answer.cookies)
        leads_on = 300 <= answer.status < 400 and session.cookies != before  # a page that was signed in at
        if not answer.ok and not leads_on:
            advice = "check the user's entry in [tool.specdouble.verify], or how the server wants to be signed in to"
            raise CouldNotRun(f"{user.name} cannot sign in: {operation} answers {answer.told(100)}; {advice}")
        session.keep_told(answer.json, answer.headers, login.csrf.token if login.csrf else "")
        return answer

    def _meet_page(self, client: Client, login: Login, session: CookieSession) -> None:
        """Ask for the page before the login, which gives the token that the login has to be sent with."""
        csrf, operation = login.csrf, self.contract.operations[login.operation]
        if csrf is None and not token_schemes(self.contract) and not self._declares_csrf():
            return
        page = (csrf.page if csrf else "") or token_page(self.contract) or operation.path
        session.page = page.removeprefix(client.base_path)
        answer = client.read_page(session.page)
        session.keep(answer.cookies)
        if answer.ok:
            session.keep_told(answer.json, answer.headers, csrf.token if csrf else "")

    def _declares_csrf(self) -> bool:
        return any(token_fields(self.contract, one) for one in self.contract.operations.values())

    def token_headers(self, operation: Operation, session: CookieSession) -> dict[str, str]:
        """The header fields of a request that carry the token against forged ones."""
        login = self.settings.login
        if not session.token or not is_unsafe(operation):
            return {}
        told = login.csrf.header if login and login.csrf else ""
        fields = [told] if told else token_fields(self.contract, operation) or [session.field()]
        return {name: session.token for name in fields if name}

    def _csrf_credentials(self, session: CookieSession) -> dict[str, str]:
        """The token by the security schemes that it is, where the contract writes it so."""
        schemes = security_schemes(self.contract)
        held = {
            name: session.token if place == "header" else session.cookies.get(schemes[name].key, "")
            for name, place in token_schemes(self.contract).items()
        }
        return {name: value for name, value in held.items() if value}

    def _token(self, user: User, login: Login, answer: Exchange) -> str:
        if answer.json is ...:
            raise CouldNotRun(
                f"{user.name} cannot sign in: {answer.call.operation} answers {answer.told(60)}, no JSON that is read"
            )
        token = _at(answer.json, login.token)
        if token is None:
            raise CouldNotRun(
                f"the answer of {answer.call.operation} holds no token at {login.token}: correct `login.token`"
            )
        return token

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
        headers, query = self._carried(self.brought(call.operation, user), user)
        if user.session is not None:
            kept = user.session.sent(beside=headers.get("Cookie", ""))
            headers |= {"Cookie": kept} if kept and self.asked_by(call.operation, user) else {}
            headers |= self.token_headers(call.operation, user.session)
        return headers, query

    def beside(self, operation: Operation, user: User, scheme: str) -> tuple[dict[str, str], dict[str, str]]:
        """The headers and query parameters of a user's request, whatever its credential for a scheme is.

        They are what the other schemes of the requirement want, where one field need not hold both; and what a browser
        keeps of a session, with its token.
        """
        others = tuple(one for one in self.brought(operation, user) if one != scheme)
        headers, query = self._carried(others, user)
        taken, _ = self._carried((scheme,), user) if scheme in user.credentials else ({}, {})
        own = {name.lower() for name in taken} | ({"authorization"} if self.is_digest(scheme) else set())
        headers = {name: value for name, value in headers.items() if name == "Cookie" or name.lower() not in own}
        if user.session is None:
            return headers, query
        definition = self._security_scheme(scheme)
        leaving_out = definition.key if definition.is_cookie else ""
        kept = user.session.sent(beside=headers.pop("Cookie", ""), leaving_out=leaving_out)
        tokens = self.token_headers(operation, user.session)
        return {**headers, **({"Cookie": kept} if kept else {}), **tokens}, query

    def brought(self, operation: Operation, user: User) -> tuple[str, ...]:
        """The schemes that the user's request brings the credentials of."""
        asked = self.asked_by(operation, user)
        held = (one for one in asked if all(scheme in user.credentials for scheme in one))
        return next(held, ())

    def proof(self, call: Call, method: str, target: str) -> Mapping[str, str]:
        """The header that proves a password for this very request, where a scheme asks for that (RFC 7616).

        Args:
            call: what is asked.
            method: its method.
            target: its path and query, as they are sent.
        """
        scheme, proof = self._proved(call)
        if proof is None:
            return {}
        answers = self.answers.setdefault(scheme, Answers())
        told = answers.to(
            proof.method or method, proof.target or target, proof.credential, proof.nonce, miscounted=proof.miscounted
        )
        return {"Authorization": told} if told else {}

    def challenged(self, call: Call, field: str) -> bool:
        """Whether a refused call is worth sending once more: its challenge can be answered."""
        scheme, proof = self._proved(call)
        return proof is not None and self.answers.setdefault(scheme, Answers()).take(field)

    def proved_by(self, call: Call) -> str | None:
        """The `NAME:PASSWORD` that is proved for a call; None where its scheme is another than Digest."""
        _, proof = self._proved(call)
        return proof.credential if proof else None

    def _proved(self, call: Call) -> tuple[str, Proof | None]:
        """The scheme that a password is proved for, and which one."""
        user = self.users.get(call.user or "")
        if user is None or call.authorization is not None:
            return "", None
        named = self.brought(call.operation, user)
        scheme = next((one for one in named if self.is_digest(one)), "")
        if not scheme:
            return "", None
        return scheme, call.proof or Proof(user.credentials[scheme])

    def is_digest(self, scheme: str) -> bool:
        """Whether a security scheme is Digest."""
        return _is_digest(self.contract.security_schemes.get(scheme, {}))

    def answered(self, call: Call, cookies: tuple[str, ...]) -> None:
        """Keep the cookies that an accepted request of a user is answered with, as a browser does."""
        user, scheme = self.users.get(call.user or ""), self.login_scheme()
        if user is None or user.session is None or call.authorization is not None or scheme is None:
            return
        user.session.keep(cookies)
        definition = self._security_scheme(scheme)
        held = dict(user.credentials) | self._csrf_credentials(user.session)
        held[scheme] = user.session.cookies.get(definition.key, held[scheme]) if definition.is_cookie else held[scheme]
        if held != user.credentials:
            self._become(replace(user, credentials=held))

    def asked_by(self, operation: Operation, user: User) -> tuple[tuple[str, ...], ...]:
        """The alternatives of credentials that an operation asks for.

        Many a contract says nowhere that its server asks for any. What a user was given is meant for each operation of
        such a one.
        """
        if operation.security or not user.credentials or self._says_who_is_asked:
            return operation.security
        return (tuple(user.credentials),)

    @cached_property
    def _says_who_is_asked(self) -> bool:
        return any(operation.security for operation in self.contract.operations.values())

    def may_call(self, operation_security: tuple[tuple[str, ...], ...], user: User) -> bool:
        """Whether the user has credentials for one of the alternatives."""
        return not operation_security or any(
            all(scheme in user.credentials for scheme in alternative) for alternative in operation_security
        )

    def _carried(self, schemes: tuple[str, ...], user: User) -> tuple[dict[str, str], dict[str, str]]:
        headers: dict[str, str] = {}
        query: dict[str, str] = {}
        for scheme in schemes:
            carry(self._definition(scheme), user.credentials[scheme], headers, query)
        return headers, query

    def _security_scheme(self, scheme: str) -> SecurityScheme:
        """A scheme of the contract; of one that declares none, a header field."""
        unknown = SecurityScheme(scheme, "apiKey", "header", scheme)
        return security_schemes(self.contract).get(scheme, unknown)

    def _definition(self, scheme: str) -> Mapping[str, Any]:
        """What the contract says of a security scheme; of one that declares none, a header field has that name."""
        known = self.contract.security_schemes
        return known.get(scheme, {}) if known else {"type": "apiKey", "in": "header", "name": scheme}

    def secrets(self) -> dict[str, str]:
        """Every secret, and the shell variable that stands for it in output."""
        found = dict(self._former)
        for user in self.users.values():
            found |= dict(self._credentials(user))
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

    def hidden(self) -> dict[str, str]:
        """What no report may show: every secret, and what nearly tells one, for that is sent too."""
        found = self.secrets()
        return {near: name for secret, name in found.items() for near in near_secrets(secret)} | found

    def _credentials(self, user: User) -> Iterator[tuple[str, str]]:
        """Each credential of a user, with the variable that stands for it."""
        if user.session is not None:
            for name, value in user.session.cookies.items():
                if len(value) >= SHORTEST_COOKIE:
                    yield value, variable(user.name, name)
        tokens = token_schemes(self.contract)
        for scheme, credential in user.credentials.items():
            if user.session is None or scheme not in tokens:
                yield credential, variable(user.name, "token" if scheme == self.login_scheme() else scheme)
        if user.session is not None and user.session.token:
            yield user.session.token, variable(user.name, "csrf")

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


def near_secrets(secret: str) -> dict[str, list[Any]]:
    """What nearly tells a secret: each with the pieces of a reproduction that make it of the secret.

    They are what the check of credentials sends in its place.
    """
    middle = len(secret) // 2
    if middle < SHORTEST_COOKIE // 2:
        return {}
    spelled = {
        name: spell(secret) for name, spell in SPELLINGS.items() if name not in ("json", "base64", "upper", "rest")
    }
    other = "A" if secret[middle : middle + 1] != "A" else "B"
    near: dict[str, list[Any]] = {value: [{"as": name}] for name, value in spelled.items()}
    near[secret[:middle] + other + secret[middle + 1 :]] = [{"as": "half"}, other, {"as": "rest"}]
    near.pop(secret, None)
    return near


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
    """Put a credential where its security scheme wants it; a proof of it (Digest) is made for each request."""
    if _is_digest(scheme):
        return
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
        word = str(scheme.get("scheme") or "bearer")
        headers["Authorization"] = f"{'Bearer' if word.lower() == 'bearer' else word} {credential}"


def variable(*words: str) -> str:
    """The name of a shell variable: `variable("ada", "token")` is `ADA_TOKEN`."""
    text = "_".join(words).upper()
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in text)


def _is_bearer(scheme: Mapping[str, Any]) -> bool:
    return (scheme.get("type") == "http" and str(scheme.get("scheme", "")).lower() == "bearer") or scheme.get(
        "type"
    ) in ("oauth2", "openIdConnect")


def _at(document: Any, place: str) -> str | None:
    """The text that a JSON pointer leads to; None where it leads to none."""
    try:
        found = look_up(document, place) if place else None
    except (LookupError, TypeError):
        return None
    return found if isinstance(found, str) else None


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
