"""Credentials that are taken though they are not valid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import jwt

from specdouble.contract import Contract, Identity, Operation
from specdouble.double.factories import Factories
from specdouble.double.http.compiled_operation import CompiledOperation
from specdouble.double.http.request import Request
from specdouble.double.state.problem import Problem
from specdouble.double.state.tokens import Tokens
from specdouble.double.state.world import World
from specdouble.prove.change import operating
from specdouble.prove.fault import Change, Mutant, Mutants

CHECK = ("authentication",)


def mutants(contract: Contract) -> Mutants:
    """The mutants of who is calling."""
    for operation in contract.operations.values():
        if operation.security and () not in operation.security:
            sentence = f"{operation} asks for no credentials."
            change = operating((operation.id,), _open(operation))
            yield Mutant("authentication.skipped", operation.id, sentence, change, CHECK, (operation.id,))
    used = {name for operation in contract.operations.values() for names in operation.security for name in names}
    for scheme, identity in contract.identities.items():
        if scheme not in used:
            continue
        found = _tokens(identity) if identity.credential is None else _keys(contract, scheme)
        for kind, sentence, change in found:
            yield Mutant(f"authentication.{kind}", scheme, sentence, change, CHECK)


def _open(operation: Operation) -> Callable[..., CompiledOperation]:
    """Take a caller without credentials for the first of the users."""
    return _forgiving(operation, lambda headers: not any(name in headers for name in _CARRIERS))


_CARRIERS = (b"authorization", b"cookie")


def _forgiving(operation: Operation, forgives: Callable[[Any], bool]) -> Callable[..., CompiledOperation]:
    names = [name for alternative in operation.security for name in alternative]

    def make(
        make_operation: Any, contract: Contract, operation: Operation, handler: Any, authenticate: Any
    ) -> CompiledOperation:
        def lenient(world: World, request: Request) -> Any:
            try:
                return authenticate(world, request)
            except Problem:
                if forgives(request.headers):
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


def _keys(contract: Contract, scheme: str) -> Iterator[tuple[str, str, Change]]:
    operations = [one for one in contract.operations.values() if any(scheme in names for names in one.security)]
    ids = tuple(one.id for one in operations)
    change = operating(ids, _forgiving(operations[0], lambda headers: b"authorization" in headers or len(headers) > 0))
    yield "any-key-accepted", f"Any text is accepted as {scheme}.", change


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
