"""Keeps secrets out of everything that is written."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Mapping
from typing import Any

MASK = "[Filtered]"
SHORTEST = 4  # characters of a secret that is looked for in texts
REPRODUCTIONS = ("curl", "replay")
CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
_QUOTE = r"(?:\\*\"|&quot;|&#34;|\\u0022)"
_NAMED = re.compile(
    rf"({_QUOTE}(?:password|passwd|token|accessToken|access_token|refreshToken|refresh_token|secret|apiKey|api_key)"
    rf"{_QUOTE}\s*:\s*{_QUOTE})(?!'|&#39;|&#x27;)((?:(?!{_QUOTE}).)+)",  # not the shell's variable in a curl line
    re.IGNORECASE,
)


def masked(text: str, secrets: Mapping[str, str]) -> str:
    """The text without known secrets, tokens, and values of properties that hold secrets."""
    return _NAMED.sub(rf"\1{MASK}", without_secrets(text, secrets))


def without_secrets(text: str, secrets: Mapping[str, str]) -> str:
    """The text without known secrets and tokens; what a reproduction sends stays as it is."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            encoded = base64.b64encode(secret.encode()).decode()
            text = text.replace(secret, MASK).replace(encoded, MASK)
    return _JWT.sub(MASK, text)


def credential_fields(schemes: Mapping[str, Any]) -> frozenset[str]:
    """The header fields that carry credentials, in lower case.

    Args:
        schemes: the contract's security schemes.
    """
    keys = (one.get("name") for one in schemes.values() if one.get("type") == "apiKey" and one.get("in") == "header")
    return CREDENTIALS | {str(name).lower() for name in keys}


def masked_document(value: Any, secrets: Mapping[str, str], fields: Collection[str] = CREDENTIALS) -> Any:
    """A document whose texts are masked; what reproduces a failure has variables for its secrets, and stays whole.

    Args:
        value: plain data.
        secrets: what must not be shown.
        fields: the header fields of which no value is shown, for one that is nearly a secret tells it too.
    """
    if isinstance(value, str):
        return masked(value, secrets)
    if isinstance(value, list):
        return [masked_document(item, secrets, fields) for item in value]
    if isinstance(value, dict):
        return {name: _masked_item(name, item, secrets, fields) for name, item in value.items()}
    return value


def _masked_item(name: str, item: Any, secrets: Mapping[str, str], fields: Collection[str]) -> Any:
    if name in REPRODUCTIONS:
        return json.loads(without_secrets(json.dumps(item, ensure_ascii=False), secrets))
    if name == "headers" and isinstance(item, dict):
        return {field: masked_field(field, text, secrets, fields) for field, text in item.items()}
    return masked_document(item, secrets, fields)


def masked_field(name: str, text: str, secrets: Mapping[str, str], fields: Collection[str]) -> str:
    """The value of a header field; of credentials the scheme alone."""
    if name.lower() not in fields or not text:
        return masked(text, secrets)
    scheme, space, _ = text.partition(" ")
    return f"{scheme} {MASK}" if space and name.lower() == "authorization" else MASK
