"""What the answer to a request to the provider depends on, beside the request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from specdouble.contract.security_scheme import scopes_of, security_schemes
from specdouble.double.http.served import Served
from specdouble.double.provider.redirects import Redirects
from specdouble.double.provider.sign_ins import Grant, SignIns
from specdouble.double.state.accounts import Account
from specdouble.double.state.world import World


@dataclass(frozen=True)
class Setting:
    """What the answer to a request to the provider depends on, beside the request.

    Args:
        double: whose users sign in.
        sign_ins: what they have granted.
        world: which users those are.
        issuer: the URL of the provider, as the client knows it.
        verification: the URL of the page where a device's code is entered.
        redirects: where users may be sent.
    """

    double: Served
    sign_ins: SignIns
    world: World
    issuer: str
    verification: str
    redirects: Redirects

    @property
    def now(self) -> int:
        """By the double's own clock."""
        return int(self.double.clock.seconds())

    def scopes(self) -> list[str]:
        """All that may be asked for; empty where the contract declares none, and any may."""
        schemes = security_schemes(self.double.contract).values()
        return [one for scheme in schemes if scheme.has_scopes for one in scopes_of(self.double.contract, scheme)]

    def account(self, subject: str) -> Account | None:
        """The user of that `sub`."""
        return self.double.accounts.of_id(self.world, subject)


class Granting(Protocol):
    """The server, as what it grants by sees it."""

    setting: Setting

    @property
    def grant(self) -> Grant | None:
        """What the request goes on with."""

    def withdraw(self, grant: Grant) -> None:
        """Take nothing of a grant any more."""
