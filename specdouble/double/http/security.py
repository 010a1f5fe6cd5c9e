"""Who is calling: the security requirement of an operation, compiled to one function."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from urllib.parse import parse_qs

from specdouble.contract import Contract, Identity
from specdouble.contract.json_type import JSON
from specdouble.double.http.cookies import read_cookies
from specdouble.double.state.exchange import User
from specdouble.double.state.problem import Problem
from specdouble.double.state.tokens import Tokens
from specdouble.double.state.world import World

_IDS = (str, int)  # a union would be made anew for each request
Headers = Mapping[bytes, bytes]
Read = Callable[[Headers, bytes], str | None]
Verify = Callable[[World, str], User | None]
Authenticate = Callable[[World, Headers, bytes], User | None]


class Authentication:
    """Tells who is calling, by the security schemes of a contract.

    A scheme with `x-identity` asks the collection of users. Any other takes every credential that is well-formed,
    and makes a caller of it: two credentials are two callers.

    Args:
        contract: the contract.
        tokens: by the name of the scheme, for those whose credential is a token.
    """

    def __init__(self, contract: Contract, tokens: Mapping[str, Tokens]) -> None:
        self._contract = contract
        self._tokens = tokens
        self._schemes = contract.security_schemes

    def compile(self, security: Sequence[Collection[str]]) -> Authenticate | None:
        """A function that gives the caller's claims or raises the 401; None where nobody is asked.

        Args:
            security: an operation's security requirement: alternatives, each naming schemes that all must be met.
        """
        if not security:
            return None
        alternatives = [[self._scheme(name) for name in names] for names in security]
        challenge = {"WWW-Authenticate": ", ".join(self._challenges(security))}

        if len(alternatives) == 1 and len(alternatives[0]) == 1:
            return _one_scheme(*alternatives[0][0], challenge)

        def authenticate(world: World, headers: Headers, query: bytes) -> User | None:
            anonymous = False
            for schemes in alternatives:
                if not schemes:
                    anonymous = True  # last of all: whoever shows a good credential is told apart by it
                    continue
                user = _all_of(schemes, world, headers, query)
                if user is not None:
                    return user
            if anonymous:
                return None
            raise Problem(401, headers=challenge)

        return authenticate

    def _challenges(self, security: Sequence[Collection[str]]) -> list[str]:
        """What to authenticate by, each once."""
        words: dict[str, None] = {}
        for names in security:
            for name in names:
                words[_challenge(self._schemes.get(name, {}))] = None
        return list(words) or ["Bearer"]

    def _scheme(self, name: str) -> tuple[Read, Verify]:
        return _reader(self._schemes.get(name)), self.verifier(name)

    def verifier(self, name: str) -> Verify:
        """Tells whom a credential of the scheme of that name stands for."""
        identity = self._contract.identities.get(name)
        if identity is None:
            return self._anyone
        if identity.credential is not None:
            return _holder_of(identity)
        return _bearer_of(identity, self._tokens[name], self._contract.resources[identity.collection].id)

    def _anyone(self, _world: World, credential: str) -> User | None:
        """A caller of the credential's own: each name that a resource is scoped by gets an id made of it."""
        # As long as an ObjectId, and not the credential itself: it is stored as an owner, and shown.
        number = hashlib.sha256(credential.encode("utf-8", "surrogateescape")).hexdigest()[:24]
        return dict.fromkeys(self._contract.claims, number)


def _all_of(schemes: Sequence[tuple[Read, Verify]], world: World, headers: Headers, query: bytes) -> User | None:
    """The claims by all of the schemes together; None where one of them is not met."""
    claims: User = {}
    for read, verify in schemes:
        credential = read(headers, query)
        user = None if credential is None else verify(world, credential)
        if user is None:
            return None
        claims.update(user)
    return claims


def _one_scheme(read: Read, verify: Verify, challenge: dict[str, str]) -> Authenticate:
    """What most operations ask for, without the search among alternatives."""

    def authenticate(world: World, headers: Headers, query: bytes) -> User:
        credential = read(headers, query)
        user = None if credential is None else verify(world, credential)
        if user is None:
            raise Problem(401, headers=challenge)
        return user

    return authenticate


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


def _bearer_of(identity: Identity, tokens: Tokens, id_property: str) -> Verify:
    id_claim = next((claim for claim, name in identity.claims.items() if name == id_property), "sub")
    claimed: list[tuple[str, str]] = []
    for claim, name in identity.claims.items():
        # The document is looked at as it is stored.
        claimed.append((claim, "_id" if name == id_property else name))

    def verify(world: World, credential: str) -> User | None:
        said = tokens.verify(credential)
        key = None if said is None else said.get(id_claim)
        # A token is signed by us, and may have been made for another purpose: its subject can be anything.
        if not isinstance(key, _IDS):
            return None
        user = world.stored(identity.collection, key)
        return None if user is None else {claim: user.get(name) for claim, name in claimed}

    return verify


def _challenge(scheme: Mapping[str, JSON]) -> str:
    """The name of the authentication scheme (RFC 9110, 11.1) that a scheme of the contract asks for."""
    kind = str(scheme.get("type"))
    word = str(scheme.get("scheme", "")) if kind == "http" else kind
    if word.lower() == "basic":
        return "Basic"
    return word.capitalize() if kind == "http" and word.isalnum() else "Bearer"


def _reader(scheme: Mapping[str, JSON] | None) -> Read:
    """Where the scheme's credential stands in a request."""
    scheme = scheme or {}
    kind = scheme.get("type")
    if kind is None:
        return _any_authorization  # what it protects stays protected, and nobody is locked out
    if kind == "apiKey":
        return _key_reader(str(scheme.get("name") or ""), scheme.get("in"))
    if kind == "mutualTLS":  # shown when the connection was made, which no request tells of
        return lambda _headers, _query: "certificate"
    word = str(scheme.get("scheme", "")).lower() if kind == "http" else str(kind)
    if word == "basic":
        return _basic
    if kind != "http" or word in ("bearer", ""):
        return _bearer
    named = word.encode()
    return lambda headers, _query: _authorization(headers, named)


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
    if sent is None:
        return None
    word, _, credential = sent.partition(b" ")
    return credential.decode("latin-1").strip() or None if word.lower() == scheme else None


def _bearer(headers: Headers, _query: bytes) -> str | None:
    return _authorization(headers, b"bearer")


def _basic(headers: Headers, _query: bytes) -> str | None:
    credential = _authorization(headers, b"basic")
    try:
        decoded = base64.b64decode(credential or "", validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return decoded if ":" in decoded and decoded != ":" else None  # neither a name nor a password


def _cookie(headers: Headers, name: str) -> str | None:
    return read_cookies(headers).get(name) or None
