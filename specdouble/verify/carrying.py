"""Where a request carries a credential, by its security scheme."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from specdouble.contract import Contract
from specdouble.contract.kind import suggestion
from specdouble.contract.security_scheme import SecurityScheme, security_schemes
from specdouble.verify.problem import WrongUse
from specdouble.verify.settings import OAuth


def carry(scheme: Mapping[str, Any], credential: str, headers: dict[str, str], query: dict[str, str]) -> None:
    """Put a credential where its security scheme wants it; a proof of it (Digest) is made for each request."""
    if is_digest(scheme):
        return
    if scheme.get("type") == "apiKey":
        name = str(scheme.get("name"))
        if scheme.get("in") == "query":
            query[name] = credential
        elif scheme.get("in") == "cookie":
            headers["Cookie"] = "; ".join(filter(None, [headers.get("Cookie"), f"{name}={credential}"]))
        else:
            headers[name] = credential
    elif is_basic(scheme):
        headers["Authorization"] = "Basic " + base64.b64encode(credential.encode()).decode()
    else:
        word = str(scheme.get("scheme") or "bearer")
        headers["Authorization"] = f"{'Bearer' if word.lower() == 'bearer' else word} {credential}"


def is_basic(scheme: Mapping[str, Any]) -> bool:
    return str(scheme.get("scheme", "")).lower() == "basic" or scheme.get("type") == "basic"


def is_digest(scheme: Mapping[str, Any]) -> bool:
    return str(scheme.get("scheme", "")).lower() == "digest"


def is_bearer(scheme: Mapping[str, Any]) -> bool:
    if scheme.get("type") == "http":
        return str(scheme.get("scheme", "")).lower() == "bearer"
    return scheme.get("type") in ("oauth2", "openIdConnect")


def scheme_of_tokens(contract: Contract, settings: OAuth) -> SecurityScheme:
    """The security scheme that takes the tokens of OAuth 2: the one that the settings name, else one for bearers.

    Raises:
        WrongUse: the contract has no such scheme.
    """
    schemes, wanted = security_schemes(contract), settings.scheme
    if wanted is not None and wanted not in schemes:
        advice = suggestion(wanted, schemes)
        raise WrongUse(f"`oauth` names the security scheme `{wanted}`, which the contract has not: {advice}")
    bearers = [one for one in schemes.values() if one.is_bearer]
    if wanted is None and not bearers:
        raise WrongUse("`oauth` needs `scheme`: the contract has none that takes a bearer token")
    return schemes[wanted] if wanted is not None else max(bearers, key=lambda one: one.kind == "oauth2")
