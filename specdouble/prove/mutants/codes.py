"""Codes of the sign-in that are good where they are not, and users who are sent where they must not."""

from __future__ import annotations

from dataclasses import replace

from specdouble.contract import Contract
from specdouble.contract.security_scheme import security_schemes
from specdouble.double.factories import Factories
from specdouble.double.provider.redirects import Redirects
from specdouble.double.provider.sign_ins import Grant, Shelf, SignIns, Ticket
from specdouble.prove.fault import Change, Mutant, Mutants

CHECK = ("authentication",)


def mutants(contract: Contract) -> Mutants:
    """The mutants of the code flow, where the contract has one."""
    used = {name for operation in contract.operations.values() for names in operation.security for name in names}
    schemes = security_schemes(contract).values()
    if contract.identities or not any("authorizationCode" in one.flows and one.name in used for one in schemes):
        return
    for kind, sentence, codes in (
        ("code-reused", "A code is good for as often as it is shown.", _EverGood),
        ("verifier-ignored", "A code is good with any verifier.", _Unchallenged),
        ("verifier-left-out", "A code is good without a verifier.", _Unproved),
        ("redirect-ignored", "A code is good with another redirect_uri.", _SentNowhere),
        ("client-ignored", "A code is good for every client.", _OfAnyClient),
    ):
        yield Mutant(f"authentication.{kind}", "codes", sentence, _keeping(codes), CHECK)
    sentence = "Users are sent wherever a client asks for."
    yield Mutant("authentication.redirect-elsewhere", "codes", sentence, _sending, CHECK)


class _EverGood(Shelf[Ticket]):
    def get(self, name: str | None) -> Ticket | None:
        ticket = super().get(name)
        if ticket is not None:
            ticket.is_used = False
        return ticket


class _Met(str):
    """A challenge that every verifier meets."""

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, _other: object) -> bool:
        return True


class _Unchallenged(Shelf[Ticket]):
    def put(self, thing: Ticket, name: str = "") -> str:
        grant = replace(thing.grant, code_challenge=_Met(thing.grant.code_challenge or ""))
        return super().put(replace(thing, grant=grant), name)


class _Lenient(Grant):
    def needs_verifier(self) -> bool:
        return False


class _Unproved(Shelf[Ticket]):
    def put(self, thing: Ticket, name: str = "") -> str:
        return super().put(replace(thing, grant=_Lenient(**vars(thing.grant))), name)


class _SentNowhere(Shelf[Ticket]):
    def put(self, thing: Ticket, name: str = "") -> str:
        return super().put(replace(thing, grant=replace(thing.grant, redirect_uri=None)), name)


class _Anybodys(Grant):
    def check_client(self, client: object) -> bool:
        return True


class _OfAnyClient(Shelf[Ticket]):
    def put(self, thing: Ticket, name: str = "") -> str:
        return super().put(replace(thing, grant=_Anybodys(**vars(thing.grant))), name)


def _keeping(codes: type[Shelf[Ticket]]) -> Change:
    class Lenient(SignIns):
        def __init__(self) -> None:
            super().__init__()
            self.codes = codes()

    return lambda factories: replace(factories, sign_ins=Lenient)


class _Anywhere(Redirects):
    def allows(self, uri: str) -> bool:
        return super().allows(uri) or uri.startswith("https://")


def _sending(factories: Factories) -> Factories:
    return replace(factories, redirects=_Anywhere)
