"""Who is calling: the security requirement of an operation, compiled to one function."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from urllib.parse import parse_qs

from specdouble.contract import Identity, Operation
from specdouble.contract.json_type import JSON
from specdouble.contract.resource import CALLER
from specdouble.contract.security_scheme import SecurityScheme, security_schemes
from specdouble.double.http.challenge import Challenge, lacking
from specdouble.double.http.cookies import read_cookies
from specdouble.double.http.request import Request
from specdouble.double.http.served import Served
from specdouble.double.state.access_tokens import AccessTokens, claims_of
from specdouble.double.state.accounts import Account
from specdouble.double.state.exchange import User
from specdouble.double.state.problem import Problem
from specdouble.double.state.tokens import Tokens
from specdouble.double.state.world import World

USER_HEADER = b"x-specdouble-user"
_IDS = (str, int)  # a union would be made anew for each request
Headers = Mapping[bytes, bytes]
Read = Callable[[Headers, bytes], str | None]
Verify = Callable[[World, str], User | None]
Identify = Callable[[World, Request], User | None]
Authenticate = Callable[[World, Request], User | None]


class Authentication:
    """Tells who is calling, by the security schemes of a contract.

    A scheme with `x-identity` asks the collection of users; any other the accounts. Where the project says nothing of
    its users, every other credential that is well-formed is taken too, and makes a caller: two credentials are two
    callers. Tokens are never anybody's: one that is meant to be the double's has to be good.

    Args:
        double: whose users, tokens and settings count.
    """

    def __init__(self, double: Served) -> None:
        self.contract = double.contract
        self.accounts = double.accounts
        self.schemes = security_schemes(double.contract)
        self._tokens = double.tokens
        self._access = double.access_tokens
        self._settings = double.settings
        self._takes_anybody = not (double.accounts.are_told or double.settings.strict_auth)
        self._digest = double.digest

    def compile(self, operation: Operation) -> Authenticate | None:
        """A function that gives the caller's claims, or raises the 401 or 403; None where nobody is asked."""
        if not operation.security:
            return None
        authenticate = self._required(operation)
        if self._settings.user_header:
            authenticate = self._by_header(authenticate)
        return authenticate if self._settings.no_auth is None else self._as_chosen(authenticate, self._settings.no_auth)

    def _required(self, operation: Operation) -> Authenticate:
        """By the alternatives of the operation, each naming schemes that all must be met."""
        named = [self.schemes[name] for names in operation.security for name in names]
        challenge = Challenge(named, self._digest)
        scopes = operation.scopes or ({},) * len(operation.security)
        if len(operation.security) == 1 and len(operation.security[0]) == 1:
            name = operation.security[0][0]
            if self.schemes[name].kind != "digest" and not self._asked(name, scopes[0]):
                return _one_scheme(self.reader(name), self.verifier(name), challenge)
        alternatives = [
            self._together(one, asked)
            for names, asked in zip(operation.security, scopes, strict=True)
            for one in self._sendable(names)
        ]
        return _one_of(alternatives, challenge)

    def _sendable(self, names: Sequence[str]) -> list[Sequence[str]]:
        """What can be sent of schemes that are asked for together.

        `Authorization` holds one credential (RFC 9110, 11.6.2): where it has to hold two, either is enough.
        """
        words = list(dict.fromkeys(word for word in (self.schemes[name].word for name in names) if word is not None))
        if len(words) < 2 or {*words} == {"", "bearer"}:  # a key may well be written `Bearer ...`
            return [names]
        return [[name for name in names if self.schemes[name].word in (None, word)] for word in words]

    def _together(self, names: Iterable[str], asked: Mapping[str, Sequence[str]]) -> list[Identify]:
        return [self._identify(name, self._asked(name, asked)) for name in names]

    def _asked(self, name: str, asked: Mapping[str, Sequence[str]]) -> Sequence[str]:
        """The scopes that a scheme has to bring; of one that has none, the contract names roles, which nobody sends."""
        return asked.get(name, ()) if self.schemes[name].has_scopes else ()

    def _identify(self, name: str, scopes: Sequence[str]) -> Identify:
        """Tells whom a request is from, by one scheme.

        Raises:
            Problem: 403, by somebody who may not ask this.
        """
        if self.schemes[name].kind == "digest":
            return self._by_digest
        read, verify, wanted = self.reader(name), self.verifier(name), frozenset(scopes)

        def identify(world: World, request: Request) -> User | None:
            credential = read(request.headers, request.query)
            user = None if credential is None else verify(world, credential)
            if user is not None and wanted:
                granted = user.get("scope")
                # Who is not known by a token that names scopes is not held to any.
                if isinstance(granted, str) and not wanted <= {*granted.split()}:
                    raise lacking(scopes)
            return user

        return identify

    def reader(self, name: str) -> Read:
        """Where the credential of the scheme of that name stands in a request."""
        return _reader(self.schemes[name], self.contract.security_schemes.get(name))

    # Whose a credential is

    def verifier(self, name: str) -> Verify:
        """Tells whom a credential of the scheme of that name stands for."""
        scheme = self.schemes[name]
        identity = self.contract.identities.get(name)
        if identity is None:
            return self._by_account(scheme)
        if identity.credential is not None:
            return _holder_of(identity)
        id_property = self.contract.resources[identity.collection].id
        foreign = claims_of if self._settings.takes_foreign else None
        return _bearer_of(identity, self._tokens[name], self._access, id_property, foreign)

    def _by_account(self, scheme: SecurityScheme) -> Verify:
        if scheme.kind == "mutualTLS":
            return lambda _world, certificate: self._anyone(certificate)
        recognize = self._by_password if scheme.kind == "basic" else partial(self._by_key, scheme)

        def verify(world: World, credential: str) -> User | None:
            user = recognize(world, credential)
            if user is None and self._may_be_anybody(scheme, credential):
                return self._anyone(credential)
            return user

        return verify

    def _by_key(self, scheme: SecurityScheme, world: World, credential: str) -> User | None:
        """By a key, or by a token: that is good wherever a key is."""
        if scheme.kind in ("apiKey", "other"):
            credential = _bare(credential)
        if credential.count(".") == 2:
            claims = self._access.verify(credential)
            if claims is not None:
                return self._of_token(world, claims)
        account = self.accounts.with_key(world, scheme, credential)
        return None if account is None else self.accounts.caller(account)

    def _of_token(self, world: World, claims: Mapping[str, JSON]) -> User | None:
        subject = str(claims["sub"])
        account = self.accounts.of_id(world, subject)
        if account is not None:
            return {**self.accounts.caller(account), "scope": claims["scope"]}
        # A client that asked for itself, or whom the contract's own sign-in let in; else a user who is here no longer.
        if subject != claims["client_id"] and not self._takes_anybody:
            return None
        own = {CALLER: subject} if CALLER in self.contract.claims else {}
        return {**self._anyone(subject), **own, "scope": claims["scope"]}

    def _by_password(self, world: World, credential: str) -> User | None:
        name, _, password = credential.partition(":")
        account = self.accounts.with_password(world, name, password)
        if account is not None:
            return self.accounts.caller(account)
        claims = self._access.verify(password) if password.count(".") == 2 else None
        user = None if claims is None else self._of_token(world, claims)
        return user if user is not None and user.get("name") == name else None

    def _by_digest(self, world: World, request: Request) -> User | None:
        def password_of(name: str) -> str | None:
            account = self.accounts.named(world, name)
            return None if account is None else account.password

        name = self._digest.caller(request, password_of)
        account = None if name is None else self.accounts.named(world, name)
        if account is not None:
            return self.accounts.caller(account)
        said = self._digest.named(request)
        is_stranger = said is not None and self._takes_anybody and self.accounts.named(world, said) is None
        return self._anyone(said) if is_stranger and said else None

    def _may_be_anybody(self, scheme: SecurityScheme, credential: str) -> bool:
        """Whether a credential that nobody is known by may still be somebody's."""
        if self._settings.takes_foreign or not self._takes_anybody:
            return self._settings.takes_foreign
        claims = claims_of(_bare(credential)) if credential.count(".") == 2 else {}
        return not claims or not (scheme.has_scopes or self._access.is_ours(claims.get("iss")))

    def _anyone(self, credential: str) -> User:
        """A caller of the credential's own: each name that a resource is scoped by gets an id made of it."""
        # Not the credential itself: it is stored as an owner, and shown.
        return {name: self.accounts.fitting(name, credential) for name in self.contract.claims}

    # What the settings let in beside

    def _by_header(self, otherwise: Authenticate) -> Authenticate:
        def authenticate(world: World, request: Request) -> User | None:
            said = request.headers.get(USER_HEADER)
            if said is None:
                return otherwise(world, request)
            name = said.decode("utf-8", "replace")
            account = self.accounts.named(world, name)
            if account is None:
                raise Problem(401, detail=f"X-Specdouble-User names no user: {self._known(world)}")
            return self._caller(account)

        return authenticate

    def _as_chosen(self, otherwise: Authenticate, chosen: str) -> Authenticate:
        """Who shows no good credential is the chosen user; who shows one is held to nothing else."""

        def authenticate(world: World, request: Request) -> User | None:
            try:
                user = otherwise(world, request)
            except Problem:
                user = None
            if user is not None:
                return user
            account = self.accounts.named(world, chosen)
            if account is None:
                raise Problem(401, detail=f"--no-auth names no user of this world: {self._known(world)}")
            return self._caller(account)

        return authenticate

    def _caller(self, account: Account) -> User:
        identity = next(iter(self.contract.identities.values()), None)
        return self.accounts.caller(account, identity)

    def _known(self, world: World) -> str:
        return f"there are {self.accounts.known(world)}"


def _one_scheme(read: Read, verify: Verify, challenge: Challenge) -> Authenticate:
    """What most operations ask for, without the search among alternatives."""

    def authenticate(world: World, request: Request) -> User:
        credential = read(request.headers, request.query)
        user = None if credential is None else verify(world, credential)
        if user is None:
            raise challenge.refusal(request.headers)
        return user

    return authenticate


def _one_of(alternatives: Sequence[Sequence[Identify]], challenge: Challenge) -> Authenticate:
    """The first alternative that is met; where one is met but for its scopes, that is told."""

    def authenticate(world: World, request: Request) -> User | None:
        is_open, forbidden = False, None
        for schemes in alternatives:
            if not schemes:
                is_open = True  # last of all: whoever shows a good credential is told apart by it
                continue
            try:
                user = _all_of(schemes, world, request)
            except Problem as problem:
                forbidden = problem
                continue
            if user is not None:
                return user
        if is_open:
            return None
        raise forbidden or challenge.refusal(request.headers)

    return authenticate


def _all_of(schemes: Iterable[Identify], world: World, request: Request) -> User | None:
    """The claims by all of the schemes together; None where one of them is not met."""
    claims: User = {}
    forbidden = None
    for identify in schemes:
        try:
            user = identify(world, request)
        except Problem as problem:
            forbidden = problem  # unless another scheme says that nobody is known at all
            continue
        if user is None:
            return None
        claims.update(user)
    if forbidden is not None:
        raise forbidden
    return claims


def _claims(identity: Identity, user: Mapping[str, JSON]) -> User:
    return {claim: user.get(name) for claim, name in identity.claims.items()}


def _holder_of(identity: Identity) -> Verify:
    assert identity.credential is not None
    property_name: str = identity.credential

    # Nobody is the caller yet: the users are looked through whomever they belong to.
    def verify(world: World, credential: str) -> User | None:
        user = world.collection(identity.collection, None).find_one({property_name: credential})
        return None if user is None else _claims(identity, user)

    return verify


def _bearer_of(
    identity: Identity,
    tokens: Tokens,
    access: AccessTokens,
    id_property: str,
    foreign: Callable[[str], Mapping[str, JSON]] | None,
) -> Verify:
    """Tells whose a token is: one of the double's, or, where those of others are read, one that says whose it is."""
    id_claim = next((claim for claim, name in identity.claims.items() if name == id_property), "sub")
    claimed: list[tuple[str, str]] = []
    for claim, name in identity.claims.items():
        # The document is looked at as it is stored.
        claimed.append((claim, "_id" if name == id_property else name))

    def verify(world: World, credential: str) -> User | None:
        said: Mapping[str, JSON] | None = tokens.verify(credential)
        name = id_claim
        if said is None and credential.count(".") == 2:
            said, name = access.verify(credential), "sub"
        if said is None and foreign is not None:
            said, name = foreign(credential), id_claim
        key = None if said is None else said.get(name)
        # A token is signed by us, and may have been made for another purpose: its subject can be anything.
        if said is None or not isinstance(key, _IDS):
            return None
        user = world.stored(identity.collection, key)
        if user is None:
            return None
        caller = {claim: user.get(name) for claim, name in claimed}
        if "scope" in said:
            caller["scope"] = said["scope"]
        return caller

    return verify


def _reader(scheme: SecurityScheme, raw: Mapping[str, JSON] | None) -> Read:
    """Where the scheme's credential stands in a request."""
    if scheme.kind == "apiKey":
        return _key_reader(scheme.key, scheme.place)
    if scheme.kind == "mutualTLS":  # shown when the connection was made, which no request tells of
        return lambda _headers, _query: "certificate"
    if scheme.kind == "basic":
        return _basic
    if raw is None or raw.get("type") is None:
        return _any_authorization  # what it protects stays protected, and nobody is locked out
    if scheme.kind == "other" and scheme.key:
        named = scheme.key.encode()
        return lambda headers, _query: _authorization(headers, named)
    return _bearer


def _key_reader(name: str, place: object) -> Read:
    """Where an API key stands; where the contract does not say, any authorization is one."""
    field = name.lower().encode()
    if name and place == "header":
        return lambda headers, _query: _decoded(headers.get(field))
    if name and place == "query":
        return lambda _headers, query: next(iter(parse_qs(query.decode("latin-1")).get(name, ())), None)
    if name and place == "cookie":
        return lambda headers, _query: _cookie(headers, name)
    return _any_authorization


def _any_authorization(headers: Headers, _query: bytes) -> str | None:
    return _decoded(headers.get(b"authorization"))


def _decoded(value: bytes | None) -> str | None:
    return value.decode("latin-1") if value else None


def _authorization(headers: Headers, scheme: bytes) -> str | None:
    sent = headers.get(b"authorization")
    return None if sent is None else _credential(sent, scheme)


@lru_cache(maxsize=64)  # a client sends the same one over and over; of those that are as long as a head, a few MiB
def _credential(sent: bytes, scheme: bytes) -> str | None:
    word, _, credential = sent.partition(b" ")
    return credential.decode("latin-1").strip() or None if word.lower() == scheme else None


def _bearer(headers: Headers, _query: bytes) -> str | None:
    return _authorization(headers, b"bearer")


def _basic(headers: Headers, _query: bytes) -> str | None:
    credential = _authorization(headers, b"basic")
    try:
        decoded = base64.b64decode(credential or "", validate=True).decode("utf-8")
    except ValueError:  # characters that base64 has not, an odd number of them, or no text behind them
        return None
    return decoded if ":" in decoded and decoded != ":" else None  # neither a name nor a password


def _bare(credential: str) -> str:
    """A key without the word before it, where a contract calls `Authorization: Bearer ...` a key."""
    word, _, rest = credential.partition(" ")
    return rest.strip() if word.isalpha() and rest else credential


def _cookie(headers: Headers, name: str) -> str | None:
    return read_cookies(headers).get(name) or None
