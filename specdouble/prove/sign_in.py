"""The users of a double, as the verifier knows users."""

from __future__ import annotations

from specdouble.contract.security_scheme import security_schemes
from specdouble.double.double import Double
from specdouble.double.http.credentials import Credentials
from specdouble.double.state.access_tokens import PROVIDER
from specdouble.verify.settings import Account, OAuth, Started


def started(double: Double, url: str) -> Started:
    """A double that was started for one run: its users, and what signs its tokens.

    Of a contract with an `x-identity` the settings say who signs in, and how.

    Args:
        double: the double.
        url: its address.
    """
    if double.contract.identities or not any(one.security for one in double.contract.operations.values()):
        return Started(url, double.secret)
    world = double.world("default")
    tenants = {account.name: account.tenant for account in double.accounts.all(world)}
    users = []
    for name, held in Credentials(double).of_everybody(world, url + PROVIDER).items():
        tenant = None if tenants[name] is None else str(tenants[name])
        users.append(Account(name, {"user": name}, credentials=held, tenant=tenant))
    bearers = [one.name for one in security_schemes(double.contract).values() if one.is_bearer]
    signing = dict.fromkeys(bearers, double.access_tokens.keys.pem()) if bearers else {}
    # Several callers show whose a document is; where nothing says that documents are anybody's, one is enough.
    return Started(
        url, double.secret, tuple(users if double.contract.claims else users[:1]), signing, _code_flow(double, url)
    )


def _code_flow(double: Double, url: str) -> OAuth | None:
    """How users sign in by the page of the double's provider, where the contract has such a way."""
    for scheme in security_schemes(double.contract).values():
        if "authorizationCode" in scheme.flows:
            provider = url + PROVIDER
            return OAuth("authorization_code", f"{provider}/token", f"{provider}/authorize", scheme=scheme.name)
    return None
