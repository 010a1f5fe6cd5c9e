"""The security schemes of a contract: what proves who asks, where it stands in a request, and where it is had."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from specdouble.contract.contract import Contract
from specdouble.contract.servers import base_path
from specdouble.url import split_url

Kind = Literal["basic", "digest", "bearer", "oauth2", "openIdConnect", "apiKey", "mutualTLS", "other"]

_KINDS: dict[str, Kind] = {"oauth2": "oauth2", "openIdConnect": "openIdConnect", "mutualTLS": "mutualTLS"}
_HTTP: dict[str, Kind] = {"basic": "basic", "digest": "digest", "bearer": "bearer", "": "bearer"}
# What Swagger 2.0 calls the flows.
_FLOWS = {"accessCode": "authorizationCode", "application": "clientCredentials"}
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749, 3.3
WELL_KNOWN = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0, 4
_URLS = ("authorizationUrl", "tokenUrl", "refreshUrl", "deviceAuthorizationUrl")


@dataclass(frozen=True)
class Flow:
    """One way to an OAuth 2 token.

    Args:
        urls: of its endpoints, as the contract writes them, by the contract's names (`tokenUrl`).
        scopes: what may be asked for, each with what it means.
    """

    urls: Mapping[str, str]
    scopes: Mapping[str, str]


@dataclass(frozen=True)
class SecurityScheme:
    """One security scheme.

    Args:
        name: the contract's name of it.
        kind: what proves who asks.
        place: where an API key stands: `header`, `query`, `cookie`; empty where the contract does not say.
        key: the key's name there; for another HTTP scheme, its word.
        flows: the ways to a token, by OpenAPI 3's names (`clientCredentials`).
        discovery: where an OpenID provider tells of itself.
    """

    name: str
    kind: Kind
    place: str = ""
    key: str = ""
    flows: Mapping[str, Flow] = field(default_factory=dict)
    discovery: str = ""

    @property
    def has_scopes(self) -> bool:
        """Whether what an operation asks of the scheme are scopes; of any other it names roles, which nobody sends."""
        return self.kind in ("oauth2", "openIdConnect")

    @property
    def is_cookie(self) -> bool:
        """Whether its key is sent as a cookie, as browsers do by themselves."""
        return self.kind == "apiKey" and self.place == "cookie"

    @property
    def is_bearer(self) -> bool:
        """Whether its credential is sent as `Authorization: Bearer` (RFC 6750)."""
        return self.kind in ("bearer", "oauth2", "openIdConnect")

    @property
    def word(self) -> str | None:
        """What stands before its credential in `Authorization`: empty for anything, None where it stands elsewhere."""
        if self.kind == "mutualTLS":
            return None
        if self.kind == "apiKey":
            is_told = bool(self.key and self.place)
            is_there = self.place == "header" and self.key.lower() == "authorization"
            return "" if is_there or not is_told else None
        if self.kind == "other":
            return self.key
        return "bearer" if self.is_bearer else self.kind


def security_schemes(contract: Contract) -> dict[str, SecurityScheme]:
    """The schemes of a contract by name, those that only an operation names among them."""
    found = {name: _scheme(name, raw) for name, raw in contract.security_schemes.items() if isinstance(raw, dict)}
    for operation in contract.operations.values():
        for names in operation.security:
            for name in names:
                found.setdefault(name, SecurityScheme(name, "other"))
    return found


def scopes_of(contract: Contract, scheme: SecurityScheme) -> list[str]:
    """The scopes of a scheme: those that its flows declare, then those that operations ask for."""
    found: dict[str, None] = {}
    for flow in scheme.flows.values():
        found.update(dict.fromkeys(flow.scopes))
    for operation in contract.operations.values():
        for asked in operation.scopes:
            found.update(dict.fromkeys(asked.get(scheme.name, ())))
    return [scope for scope in found if _SCOPE.fullmatch(scope)]


def own_path(contract: Contract, url: str) -> str | None:
    """The path of a URL that is on the server that the contract describes; None for one of somebody else.

    Args:
        contract: the contract.
        url: absolute, or relative to the first server (OpenAPI 3.1, 4.6).
    """
    parts = split_url(url)
    if parts.netloc and parts.netloc.lower() not in _hosts(contract.data):
        return None
    if parts.netloc or parts.path.startswith("/"):
        return parts.path or None
    return f"{base_path(contract.data)}/{parts.path.removeprefix('./')}" if parts.path else None


def own_issuer(contract: Contract) -> str | None:
    """The path of the OpenID provider that the contract names on its own server; None where it names none."""
    for scheme in security_schemes(contract).values():
        path = own_path(contract, scheme.discovery) if scheme.discovery else None
        if path is not None and path.endswith(WELL_KNOWN):
            return path.removesuffix(WELL_KNOWN)
    return None


def _hosts(data: Mapping[str, Any]) -> set[str]:
    if "swagger" in data:
        return {str(data.get("host", "")).lower()}
    servers = data.get("servers")
    urls = [str(one.get("url", "")) for one in servers or () if isinstance(one, dict)]
    return {host for host in (split_url(url).netloc.lower() for url in urls) if host}


def _scheme(name: str, raw: Mapping[str, Any]) -> SecurityScheme:
    kind = raw.get("type")
    if kind == "apiKey":
        return SecurityScheme(name, "apiKey", str(raw.get("in") or ""), str(raw.get("name") or ""))
    if kind == "basic":  # Swagger 2.0
        return SecurityScheme(name, "basic")
    if kind == "http":
        word = str(raw.get("scheme") or "").lower()
        return SecurityScheme(name, _HTTP.get(word, "other"), key=word)
    discovery = raw.get("openIdConnectUrl")
    return SecurityScheme(
        name,
        _KINDS.get(str(kind), "other"),
        flows=dict(_flows(raw)),
        discovery=discovery if isinstance(discovery, str) else "",
    )


def _flows(raw: Mapping[str, Any]) -> Iterator[tuple[str, Flow]]:
    if isinstance(raw.get("flow"), str):  # Swagger 2.0
        yield _FLOWS.get(raw["flow"], raw["flow"]), _flow(raw)
    flows = raw.get("flows")
    for name, flow in flows.items() if isinstance(flows, dict) else ():
        if isinstance(flow, dict):
            yield str(name), _flow(flow)


def _flow(raw: Mapping[str, Any]) -> Flow:
    urls = {name: raw[name] for name in _URLS if isinstance(raw.get(name), str)}
    scopes = raw.get("scopes")
    told = scopes.items() if isinstance(scopes, dict) else ()
    return Flow(urls, {str(scope): str(meaning or "") for scope, meaning in told})
