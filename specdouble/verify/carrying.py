"""Where a request carries a credential, by its security scheme."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any


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
