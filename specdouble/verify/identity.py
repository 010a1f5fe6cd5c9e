"""Who calls: users, their credentials, and who shares an organization with whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import permutations
from typing import Any

from urllib3.util import parse_url

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.rule import ScopeRule
from specdouble.contract.security_scheme import SecurityScheme, security_schemes
from specdouble.contract.token_claims import token_claims
from specdouble.verify.carrying import carry, is_basic, is_bearer, is_digest, scheme_of_tokens
from specdouble.verify.cookie_session import CookieSession, is_unsafe, token_fields, token_schemes
from specdouble.verify.digest import Answers
from specdouble.verify.exchange import Call, Proof
from specdouble.verify.secret_texts import SHORTEST_COOKIE, is_secret, login_values, near_secrets, variable
from specdouble.verify.settings import Account, Settings


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
        answer: what the login answered; None where there was none.
    """

    name: str
    id: str | None = None
    tenant: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    account: Account = field(default_factory=lambda: Account(""), repr=False)
    refresh_token: str = field(default="", repr=False)
    session: CookieSession | None = field(default=None, repr=False)
    answer: Any = field(default=None, repr=False)


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
        self.barred: dict[str, set[str]] = {}  # by operation, the users who were forbidden what another one may do
        self._former: dict[str, str] = {}  # credentials that were renewed, with their variables
        self._oauth = scheme_of_tokens(contract, settings.oauth) if settings.oauth else None
        self.users: dict[str, User] = {
            account.name: User(account.name, tenant=account.tenant, credentials=account.credentials, account=account)
            for account in settings.users
        }

    def __iter__(self) -> Iterator[User]:
        return iter(self.users.values())

    def __len__(self) -> int:
        return len(self.users)

    @property
    def first(self) -> User:
        """The user that most cases are run as: of those who may ask for the most, the first; else nobody.

        Nobody is signed in where the contract asks for no credentials.
        """
        return max(self, key=self._may_ask_for, default=User(""))

    def _may_ask_for(self, user: User) -> int:
        """For how many of the operations that have rules about who may ask."""
        return sum(self.may_ask(operation, user) for operation in self.contract.rules_about)

    def may_ask(self, operation: str, user: User) -> bool:
        """Whether no rule about an operation is known to keep the user from it, and no answer has."""
        if user.name in self.barred.get(operation, ()):
            return False
        rules = self.contract.rules_about.get(operation)
        if not rules:
            return True
        claims = self.claims_of(user)
        return not any(rule.lets_in(claims) is False for rule in rules)

    def who(self, operations: Iterable[str]) -> User:
        """The first user, or another where only that one may ask for all of these operations."""
        first = self.first
        asked = [one for one in operations if one in self.contract.rules_about or one in self.barred]
        if not asked:
            return first
        return next((one for one in (first, *self) if all(self.may_ask(name, one) for name in asked)), first)

    def maker(self, resource: Resource, operation: Operation, user: User) -> User:
        """Who creates a document for a user: another, where the user may not and the document is nobody's own."""
        if resource.owner or self.may_ask(operation.id, user):
            return user
        near = [one for one in self if not resource.tenant or one.tenant == user.tenant]
        return next((one for one in near if self.may_ask(operation.id, one)), user)

    def deputy(self, operation: Operation, user: User) -> User:
        """Who may ask for an operation in the place of a user who may not: a colleague, before another organization."""
        able = [one for one in self if self.may_ask(operation.id, one)]
        near = [one for one in able if one.tenant == user.tenant]
        return next(iter([*near, *able]), user)

    def colleagues(self) -> list[tuple[User, User]]:
        """The ordered pairs of users of one organization."""
        members = [one for one in self if one.tenant is not None]
        return [(one, other) for one, other in permutations(members, 2) if one.tenant == other.tenant]

    def foreigners(self) -> list[tuple[User, User]]:
        """The ordered pairs of users of different organizations."""
        members = [one for one in self if one.tenant is not None]
        return [(one, other) for one, other in permutations(members, 2) if one.tenant != other.tenant]

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
        if self._oauth is not None:
            return self._oauth.name
        if login is None:
            return None
        if login.scheme is not None:
            return login.scheme
        if not self.contract.security_schemes:
            return "Authorization"
        return next(self._schemes_for_tokens(), None)

    def _schemes_for_tokens(self) -> Iterator[str]:
        """The schemes that may take a token, those first that are made for one, without those that need no login."""
        given = {scheme for account in self.settings.users for scheme in account.credentials}
        given |= token_schemes(self.contract).keys()
        schemes = {name: one for name, one in self.contract.security_schemes.items() if name not in given}
        bearer = [name for name, one in schemes.items() if is_bearer(one)]
        yield from (name for name in bearer if not self._is_stored_credential(name))
        yield from bearer
        yield from (name for name, one in schemes.items() if one.get("type") == "apiKey")

    def _is_stored_credential(self, scheme: str) -> bool:
        """Whether the scheme takes a property of the user's document, and no token."""
        identity = self.contract.identities.get(scheme)
        return identity is not None and identity.credential is not None

    def become(self, user: User) -> None:
        """Know a user by new credentials; the old ones stay secret."""
        self._former |= dict(self._credentials(self.users[user.name]))
        self.users[user.name] = self._recognized(user)

    def token_headers(self, operation: Operation, session: CookieSession) -> dict[str, str]:
        """The header fields of a request that carry the token against forged ones."""
        login = self.settings.login
        if not session.token or not is_unsafe(operation):
            return {}
        told = login.csrf.header if login and login.csrf else ""
        fields = [told] if told else token_fields(self.contract, operation) or [session.field()]
        return {name: session.token for name in fields if name}

    def csrf_credentials(self, session: CookieSession) -> dict[str, str]:
        """The token by the security schemes that it is, where the contract writes it so."""
        schemes = security_schemes(self.contract)
        held = {
            name: session.token if place == "header" else session.cookies.get(schemes[name].key, "")
            for name, place in token_schemes(self.contract).items()
        }
        return {name: value for name, value in held.items() if value}

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
            cookies = user.session.sent(beside=headers.get("Cookie", ""))
            if cookies and self.asked_by(call.operation, user):
                headers["Cookie"] = cookies
            headers |= self.token_headers(call.operation, user.session)
        return headers, query

    def beside(self, operation: Operation, user: User, scheme: str) -> tuple[dict[str, str], dict[str, str]]:
        """The headers and query parameters of a user's request, whatever its credential for a scheme is.

        They are what the other schemes of the requirement want, where one field need not hold both; and what a browser
        keeps of a session, with its token.
        """
        others = tuple(one for one in self.brought(operation, user) if one != scheme)
        headers, query = self._carried(others, user)
        own = self._fields_of(scheme, user)
        headers = {name: value for name, value in headers.items() if name == "Cookie" or name.lower() not in own}
        if user.session is None:
            return headers, query
        definition = self.security_scheme(scheme)
        leaving_out = definition.key if definition.is_cookie else ""
        cookies = user.session.sent(beside=headers.pop("Cookie", ""), leaving_out=leaving_out)
        if cookies:
            headers["Cookie"] = cookies
        return headers | self.token_headers(operation, user.session), query

    def _fields_of(self, scheme: str, user: User) -> set[str]:
        """The header fields, in small letters, that a scheme's credential of the user takes up."""
        if self.is_digest(scheme):
            return {"authorization"}
        if scheme not in user.credentials:
            return set()
        headers, _ = self._carried((scheme,), user)
        return {name.lower() for name in headers}

    def brought(self, operation: Operation, user: User) -> tuple[str, ...]:
        """The schemes that the user's request brings the credentials of."""
        return next((one for one in self.asked_by(operation, user) if _holds(user, one)), ())

    def proof(self, call: Call, method: str, url: str) -> Mapping[str, str]:
        """The header that proves a password for this very request, where a scheme asks for that (RFC 7616).

        Args:
            call: what is asked.
            method: its method.
            url: its address; the path and query are proved as they are sent.
        """
        scheme, proof = self._proved(call)
        if proof is None:
            return {}
        answers = self.answers.setdefault(scheme, Answers())
        target = proof.target or parse_url(url).request_uri
        told = answers.to(proof.method or method, target, proof.credential, proof.nonce, miscounted=proof.miscounted)
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
        return is_digest(self.contract.security_schemes.get(scheme, {}))

    def answered(self, call: Call, cookies: tuple[str, ...]) -> None:
        """Keep the cookies that an accepted request of a user is answered with, as a browser does."""
        user, scheme = self.users.get(call.user or ""), self.login_scheme()
        if user is None or user.session is None or call.authorization is not None or scheme is None:
            return
        user.session.keep(cookies)
        definition = self.security_scheme(scheme)
        held = dict(user.credentials) | self.csrf_credentials(user.session)
        if definition.is_cookie:
            held[scheme] = user.session.cookies.get(definition.key, held[scheme])
        if held != user.credentials:
            self.become(replace(user, credentials=held))

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
        return not operation_security or any(_holds(user, alternative) for alternative in operation_security)

    def _carried(self, schemes: tuple[str, ...], user: User) -> tuple[dict[str, str], dict[str, str]]:
        headers: dict[str, str] = {}
        query: dict[str, str] = {}
        for scheme in schemes:
            carry(self._definition(scheme), user.credentials[scheme], headers, query)
        return headers, query

    def security_scheme(self, scheme: str) -> SecurityScheme:
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
                if is_secret(place[-1], value):
                    found[str(value)] = variable(user.name, place[-1])
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
    unknown = [name for name, one in schemes if name not in contract.identities and not is_digest(one)]
    credentials = {name: "anybody:probe" if is_basic(contract.security_schemes[name]) else "probe" for name in unknown}
    return (Account("anybody", credentials=credentials),) if credentials else ()


def _holds(user: User, schemes: tuple[str, ...]) -> bool:
    """Whether the user has a credential for each of the schemes."""
    return all(scheme in user.credentials for scheme in schemes)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
