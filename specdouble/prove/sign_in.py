"""The users of a double, as the verifier knows users."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from specdouble.contract.security_scheme import security_schemes
from specdouble.double.double import Double
from specdouble.double.http.credentials import Credentials
from specdouble.double.state.access_tokens import PROVIDER
from specdouble.double.state.accounts import Account as DoubleAccount
from specdouble.verify.settings import Account, OAuth, Started

ALIKE, MOST = 2, 8  # of one tenant with the same roles, two see whose a document is; and of a crowd, some


def started(double: Double, url: str) -> Started:
    """A double that was started for one run: its users, and what signs its tokens.

    Args:
        double: the double.
        url: its address.
    """
    if not any(one.security for one in double.contract.operations.values()):
        return Started(url, double.secret)
    world = double.world("default")
    held = Credentials(double).of_everybody(world, url + PROVIDER)
    users = [
        Account(one.name, {"user": one.name}, held[one.name], None if one.tenant is None else str(one.tenant))
        for one in islice(_chosen(double.accounts.all(world)), MOST)
    ]
    identities = double.contract.identities
    bearers = [one.name for one in security_schemes(double.contract).values() if one.is_bearer]
    own = [name for name in bearers if name not in identities]
    signing = dict.fromkeys(own, double.access_tokens.keys.pem()) if own else {}
    # Several callers show whose a document is; where nothing says that documents are anybody's, one is enough.
    several = bool(double.contract.claims or identities)
    return Started(url, double.secret, tuple(users if several else users[:1]), signing, _code_flow(double, url))


def _chosen(accounts: Iterable[DoubleAccount]) -> Iterator[DoubleAccount]:
    """Some of each tenant and of each role."""
    alike = Counter[tuple[str, tuple[str, ...]]]()
    for one in accounts:
        kind = str(one.tenant), one.roles
        alike[kind] += 1
        if alike[kind] <= ALIKE:
            yield one


def _code_flow(double: Double, url: str) -> OAuth | None:
    """How users sign in by the page of the double's provider, where the contract has such a way."""
    for scheme in security_schemes(double.contract).values():
        if "authorizationCode" in scheme.flows and scheme.name not in double.contract.identities:
            provider = url + PROVIDER
            return OAuth("authorization_code", f"{provider}/token", f"{provider}/authorize", scheme=scheme.name)
    return None
