"""Credentials that are taken though they are not valid."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from typing import Any

import jwt

from specdouble.contract import Contract, Identity, Operation
from specdouble.contract.security_scheme import security_schemes
from specdouble.double.factories import Factories
from specdouble.double.http.compiled_operation import CompiledOperation
from specdouble.double.http.request import Request
from specdouble.double.state.access_tokens import AUDIENCE, AccessTokens, Claims, claims_of, header_of
from specdouble.double.state.problem import Problem
from specdouble.double.state.tokens import Tokens
from specdouble.double.state.world import World
from specdouble.prove.change import operating
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.prove.mutants import codes, credentials

CHECK = ("authentication",)


def mutants(contract: Contract) -> Mutants:
    """The mutants of who is calling."""
    for operation in contract.operations.values():
        yield from _of_operation(contract, operation)
    used = {name for operation in contract.operations.values() for names in operation.security for name in names}
    yield from _of_tokens(contract, used)
    yield from credentials.mutants(contract)
    yield from codes.mutants(contract)


def _of_operation(contract: Contract, operation: Operation) -> Mutants:
    """That it does not ask who is calling, or what that caller may do."""
    if operation.security and () not in operation.security:
        sentence = f"{operation} asks for no credentials."
        change = operating((operation.id,), _open(operation))
        yield Mutant("authentication.skipped", operation.id, sentence, change, CHECK, (operation.id,))
    if any(operation.scopes) and not operation.security[1:] and _are_ours(contract, operation):
        sentence = f"{operation} asks for no scopes."
        change = operating((operation.id,), _forgiving(operation, lambda problem, _headers: problem.status == 403))
        yield Mutant("authentication.scope-ignored", operation.id, sentence, change, CHECK, (operation.id,))


def _of_tokens(contract: Contract, used: Collection[str]) -> Mutants:
    """That a token which is not valid is taken, of the schemes that operations ask for."""
    for scheme, identity in contract.identities.items():
        if scheme in used and identity.credential is None:
            for kind, sentence, change in _tokens(identity):
                yield Mutant(f"authentication.{kind}", scheme, sentence, change, CHECK)
    is_bearer = any(one.is_bearer and one.name in used for one in security_schemes(contract).values())
    if is_bearer and not contract.identities:  # the tokens are those that the double issues by itself
        for kind, (sentence, takes) in _TAKEN.items():
            yield Mutant(f"authentication.{kind}", "tokens", sentence, _taking(takes), CHECK)


def _are_ours(contract: Contract, operation: Operation) -> bool:
    """Whether the operation asks for scopes of tokens that the double issues, and the verifier can make."""
    schemes = security_schemes(contract)
    named = [name for name, scopes in operation.scopes[0].items() if scopes and schemes[name].has_scopes]
    return bool(named) and not contract.identities


def _open(operation: Operation) -> Callable[..., CompiledOperation]:
    """Take a caller without credentials for the first of the users."""
    return _forgiving(operation, lambda _problem, headers: not any(name in headers for name in _CARRIERS))


_CARRIERS = (b"authorization", b"cookie")


def _forgiving(operation: Operation, forgives: Callable[[Problem, Any], bool]) -> Callable[..., CompiledOperation]:
    names = [name for alternative in operation.security for name in alternative]

    def make(
        make_operation: Any, contract: Contract, operation: Operation, handler: Any, authenticate: Any
    ) -> CompiledOperation:
        def lenient(world: World, request: Request) -> Any:
            try:
                return authenticate(world, request)
            except Problem as problem:
                if forgives(problem, request.headers):
                    return _first_user(contract, world, names)
                raise

        compiled: CompiledOperation = make_operation(contract, operation, handler, lenient)
        return compiled

    return make


def _first_user(contract: Contract, world: World, schemes: list[str]) -> dict[str, Any]:
    for scheme in schemes:
        identity = contract.identities.get(scheme)
        user = world.collection(identity.collection, None).find_one() if identity else None
        if identity and user:
            return {claim: user.get(name) for claim, name in identity.claims.items()}
    scopes = {name for one in contract.resources.values() for name in (one.owner, one.tenant) if name}
    return dict.fromkeys(scopes, "nobody")


def _tokens(identity: Identity) -> Iterator[tuple[str, str, Change]]:
    yield "expired-accepted", "A token that has expired is accepted.", _verifying(identity, _unless_forged)
    yield "unsigned-accepted", "A token without a signature is accepted.", _verifying(identity, _unsigned)
    yield (
        "wrong-signature-accepted",
        "A token that somebody else has signed is accepted.",
        _verifying(identity, _unverified),
    )


Verify = Callable[[str, str], dict[str, Any] | None]


def _verifying(identity: Identity, takes: Verify) -> Change:
    """Take tokens that are refused, when another verification takes them."""

    class Lenient(Tokens):
        def verify(self, token: str) -> dict[str, Any] | None:
            return super().verify(token) or takes(token, self._secret)

    def change(factories: Factories) -> Factories:
        def make(secret: str, clock: Any, other: Identity) -> Tokens:
            kind = Lenient if other == identity else factories.tokens
            return kind(secret, clock, other)

        return replace(factories, tokens=make)

    return change


def _unless_forged(token: str, secret: str) -> dict[str, Any] | None:
    return _decoded(token, secret, {"verify_exp": False, "verify_iat": False})


def _unverified(token: str, secret: str) -> dict[str, Any] | None:
    return _decoded(token, secret, {"verify_signature": False})


def _unsigned(token: str, secret: str) -> dict[str, Any] | None:
    try:
        algorithm = str(jwt.get_unverified_header(token).get("alg", ""))
    except (jwt.InvalidTokenError, UnicodeError):
        return None
    return _unverified(token, secret) if algorithm.lower() == "none" else None


def _decoded(token: str, secret: str, options: Any) -> dict[str, Any] | None:
    try:
        return jwt.decode(token, secret, algorithms=["HS256"], options=options)
    except (jwt.InvalidTokenError, UnicodeError, RecursionError):
        return None


# Access tokens of the double's own provider

Takes = Callable[[AccessTokens, str], Claims | None]


def _taking(takes: Takes) -> Change:
    """Take access tokens that are refused, when another verification takes them."""

    class Lenient(AccessTokens):
        def verify(self, token: str) -> Claims | None:
            return super().verify(token) or takes(self, token)

    return lambda factories: replace(factories, access_tokens=Lenient)


def _of_any_time(tokens: AccessTokens, token: str) -> Claims | None:
    claims = tokens.signed(token, "at+jwt")
    return claims if claims and _is_in_order(tokens, claims, "aud", "iss") else None


def _of_any_audience(tokens: AccessTokens, token: str) -> Claims | None:
    claims = tokens.signed(token, "at+jwt")
    return claims if claims and _is_in_order(tokens, claims, "iss", "exp") else None


def _of_any_issuer(tokens: AccessTokens, token: str) -> Claims | None:
    claims = tokens.signed(token, "at+jwt")
    return claims if claims and _is_in_order(tokens, claims, "aud", "exp") else None


def _is_in_order(tokens: AccessTokens, claims: Claims, *names: str) -> bool:
    holds = {
        "aud": AUDIENCE in (claims.get("aud") or ()),
        "iss": tokens.is_ours(claims.get("iss")),
        "exp": claims["exp"] > tokens.clock.seconds(),
    }
    return all(holds[name] for name in names)


def _of_any_key(_tokens: AccessTokens, token: str) -> Claims | None:
    return claims_of(token) or None


def _of_no_key(_tokens: AccessTokens, token: str) -> Claims | None:
    return claims_of(token) or None if str(header_of(token).get("alg", "")).lower() == "none" else None


def _of_the_public_key(tokens: AccessTokens, token: str) -> Claims | None:
    text, _, signature = token.rpartition(".")
    if header_of(token).get("alg") != "HS256":
        return None
    digest = hmac.new(tokens.keys.current.as_pem(private=False), text.encode(), hashlib.sha256).digest()
    is_signed = base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == signature
    return claims_of(token) if is_signed else None


_TAKEN: dict[str, tuple[str, Takes]] = {
    "expired-accepted": ("An access token that has expired is accepted.", _of_any_time),
    "other-audience-accepted": ("An access token for another audience is accepted.", _of_any_audience),
    "other-issuer-accepted": ("An access token of another issuer is accepted.", _of_any_issuer),
    "wrong-signature-accepted": ("An access token that somebody else has signed is accepted.", _of_any_key),
    "unsigned-accepted": ("An access token without a signature is accepted.", _of_no_key),
    "public-key-accepted": ("The public key is taken for the secret of a signature.", _of_the_public_key),
}
