"""Keys, passwords and proofs that are taken though they are nobody's, and schemes that nobody is asked for."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from specdouble.contract import Contract, Identity, Operation
from specdouble.contract.security_scheme import SecurityScheme, security_schemes
from specdouble.double.http.digest import Digest, Password, read_fields, response, target_of
from specdouble.double.http.request import Request
from specdouble.double.http.security import Authenticate, Authentication, Read, Verify
from specdouble.double.state.exchange import User
from specdouble.double.state.world import World
from specdouble.prove.fault import Change, Fault, Mutant, Mutants

CHECK = ("authentication",)


def mutants(contract: Contract) -> Mutants:
    """The mutants of what is shown, scheme by scheme, and of what is asked for together."""
    schemes = security_schemes(contract)
    used = {name for operation in contract.operations.values() for names in operation.security for name in names}
    for name in (one for one in schemes if one in used):
        for kind, sentence, change in _faults(contract, schemes[name]):
            equivalent = _OF_SERVERS if kind in _LEFT_TO_SERVERS else ""
            yield Mutant(f"authentication.{kind}", name, sentence, change, CHECK, equivalent=equivalent)
    for operation in contract.operations.values():
        yield from _of_operation(operation, schemes)


def _of_operation(operation: Operation, schemes: Mapping[str, SecurityScheme]) -> Mutants:
    """That one of the schemes that must all be met is not asked for."""
    if len(operation.security) != 1:
        return
    words = [schemes[name].word for name in operation.security[0]]
    for name, word in zip(operation.security[0], words, strict=True):
        is_alone = word is not None and len([one for one in words if one is not None]) > 1
        if len(words) > 1 and not is_alone:
            sentence = f"{operation} does not ask for {name}."
            change = _authenticating(_forgetting(operation.id, name))
            yield Mutant("authentication.scheme-ignored", f"{operation.id} {name}", sentence, change, CHECK,
                         (operation.id,))  # fmt: skip


def _faults(contract: Contract, scheme: SecurityScheme) -> Iterator[Fault]:
    identity = contract.identities.get(scheme.name)
    if identity is None:
        yield from _of_accounts(scheme)
    elif identity.credential is not None:
        for kind, words, takes in _KEYS:
            change = _authenticating(_taking(scheme.name, _keys_of(identity), takes))
            yield "any-key-accepted" if kind == "any" else f"key-{kind}", words.format(scheme.name), change
    if scheme.is_bearer:
        change = _authenticating(_reading(scheme.name))
        yield "word-ignored", f"What {scheme.name} wants is accepted behind any word, and behind none.", change


def _of_accounts(scheme: SecurityScheme) -> Iterator[Fault]:
    """The faults of a scheme by which the double's own accounts sign in."""
    if scheme.kind == "basic":
        for kind, words, takes in _PASSWORDS:
            yield f"password-{kind}", words.format(scheme.name), _authenticating(_taking(scheme.name, _pairs, takes))
    elif scheme.kind == "digest":
        for kind, words, made in _PROOFS:
            yield f"digest-{kind}", words, _proving(made)
    elif scheme.kind in ("apiKey", "bearer"):
        change = _authenticating(_taking(scheme.name, _pairs, lambda _known, _shown: True))
        yield "any-key-accepted", f"Any text is accepted as {scheme.name}.", change


# What is known, and what is taken for it

Known = Callable[[Authentication, World], Iterator[tuple[str, User]]]
Takes = Callable[[str, str], bool]


def _pairs(authentication: Authentication, world: World) -> Iterator[tuple[str, User]]:
    """What Basic is shown by each user."""
    for account in authentication.accounts.all(world):
        yield f"{account.name}:{account.password}", authentication.accounts.caller(account)


def _keys_of(identity: Identity) -> Known:
    def known(_authentication: Authentication, world: World) -> Iterator[tuple[str, User]]:
        for user in world.collection(identity.collection, None).find():
            claims = {claim: user.get(name) for claim, name in identity.claims.items()}
            yield str(user.get(identity.credential or "")), claims

    return known


def _taking(scheme: str, known: Known, takes: Takes) -> type[Authentication]:
    """Who takes what is nearly known for what is known."""

    class Lenient(Authentication):
        def verifier(self, name: str) -> Verify:
            verify = super().verifier(name)
            if name != scheme:
                return verify

            def lenient(world: World, shown: str) -> User | None:
                near = (user for one, user in known(self, world) if takes(one, shown))
                return verify(world, shown) or next(near, None)

            return lenient

    return Lenient


def _name_of(pair: str) -> str:
    return pair.partition(":")[0]


def _is_beginning(known: str, shown: str) -> bool:
    return bool(shown) and known.startswith(shown)


def _is_same_but_for_case(known: str, shown: str) -> bool:
    return known.lower() == shown.lower()


_KEYS: tuple[tuple[str, str, Takes], ...] = (
    ("any", "Any text is accepted as {}.", lambda _known, _shown: True),
    ("beginning", "The beginning of {} is enough.", _is_beginning),
    ("case-ignored", "{} is compared without regard to case.", _is_same_but_for_case),
    ("pattern", "{} is looked up as a pattern.", lambda known, shown: fnmatchcase(known, shown.replace("%", "*"))),
)
_PASSWORDS: tuple[tuple[str, str, Takes], ...] = (
    ("ignored", "A name is enough for {}.", lambda known, shown: _name_of(known) == _name_of(shown)),
    ("beginning", "The beginning of a password is enough for {}.", _is_beginning),
    ("case-ignored", "Names and passwords of {} are compared without regard to case.", _is_same_but_for_case),
)


# What is asked for, and where it is read


def _forgetting(operation: str, scheme: str) -> type[Authentication]:
    class Forgetful(Authentication):
        def compile(self, asked: Operation) -> Authenticate | None:
            if asked.id != operation:
                return super().compile(asked)
            security = tuple(tuple(name for name in names if name != scheme) for names in asked.security)
            return super().compile(replace(asked, security=security))

    return Forgetful


def _reading(scheme: str) -> type[Authentication]:
    class Careless(Authentication):
        def reader(self, name: str) -> Read:
            read = super().reader(name)

            def any_word(headers: Mapping[bytes, bytes], query: bytes) -> str | None:
                sent = headers.get(b"authorization", b"").decode("latin-1")
                return read(headers, query) or sent.rpartition(" ")[2] or None

            return any_word if name == scheme else read

    return Careless


def _authenticating(kind: type[Authentication]) -> Change:
    return lambda factories: replace(factories, authentication=kind)


# Digest


class _Unproved(Digest):
    def caller(self, request: Request, password_of: Password) -> str | None:
        said = read_fields(request.headers)
        is_known = self.is_answer(said, request) and password_of(said["username"]) is not None
        return said["username"] if is_known else None


class _OfAnyNonce(Digest):
    def is_fresh(self, nonce: str) -> bool:
        return True


class _ForAnyPath(Digest):
    def is_answer(self, said: Mapping[str, str], request: Request) -> bool:
        return super().is_answer({**said, "uri": target_of(request)}, request)


class _Otherwise(Digest):
    """One that takes what would prove the password for another request too."""

    def caller(self, request: Request, password_of: Password) -> str | None:
        name = super().caller(request, password_of)
        said = read_fields(request.headers)
        password = password_of(said.get("username", "")) if name is None and self.is_answer(said, request) else None
        if password is None:
            return name
        found = (response(told, method, said["username"], password) for told, method in self.others(said, request))
        return said["username"] if any(hmac.compare_digest(one, said["response"].encode()) for one in found) else None

    def others(self, said: Mapping[str, str], request: Request) -> Iterator[tuple[Mapping[str, str], str]]:
        """What else may be proved, each with its method."""
        raise NotImplementedError


class _ForAnyMethod(_Otherwise):
    def others(self, said: Mapping[str, str], request: Request) -> Iterator[tuple[Mapping[str, str], str]]:
        yield from ((said, method) for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "PURGE"))


class _OfAnyCount(_Otherwise):
    def others(self, said: Mapping[str, str], request: Request) -> Iterator[tuple[Mapping[str, str], str]]:
        yield from (({**said, "nc": f"{count:08x}"}, request.method) for count in range(1, 1000))


class _TimeAndAgain(Digest):
    def is_first(self, said: Mapping[str, str]) -> bool:
        return True


class _OfOld(Digest):
    def is_answer(self, said: Mapping[str, str], request: Request) -> bool:
        return super().is_answer({**said, "qop": "auth"}, request)


_PROOFS: tuple[tuple[str, str, type[Digest]], ...] = (
    ("unproved", "A name is enough, whatever is proved.", _Unproved),
    ("nonce-ignored", "A proof is good with a nonce of nobody.", _OfAnyNonce),
    ("path-ignored", "A proof for one path is good for every other.", _ForAnyPath),
    ("method-ignored", "A proof for one method is good for every other.", _ForAnyMethod),
    ("count-ignored", "A proof is good whatever count it says.", _OfAnyCount),
    ("replayed", "A proof is good for as often as it is shown.", _TimeAndAgain),
    ("quality-ignored", "A proof is good whatever quality it says.", _OfOld),
)
_LEFT_TO_SERVERS = ("digest-replayed", "digest-quality-ignored")
_OF_SERVERS = "RFC 7616 leaves it to servers whether they count proofs, and take those of RFC 2069"


def _proving(kind: type[Digest]) -> Change:
    return lambda factories: replace(factories, digest=kind)
