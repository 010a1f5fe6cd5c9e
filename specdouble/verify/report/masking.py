"""Keeps secrets out of everything that is written."""

from __future__ import annotations

import re
from collections.abc import Mapping

MASK = "[Filtered]"
_JWT = re.compile(r"eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*")
_QUOTE = r"(?:\\*\"|&quot;|&#34;|\\u0022)"
_NAMED = re.compile(
    rf"({_QUOTE}(?:password|passwd|token|accessToken|access_token|refreshToken|refresh_token|secret|apiKey|api_key)"
    rf"{_QUOTE}\s*:\s*{_QUOTE})(?!'|&#39;|&#x27;)((?:(?!{_QUOTE}).)+)",  # not the shell's variable in a curl line
    re.IGNORECASE,
)


def masked(text: str, secrets: Mapping[str, str]) -> str:
    """The text without known secrets, tokens, and values of properties that hold secrets."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, MASK)
    return _NAMED.sub(rf"\1{MASK}", _JWT.sub(MASK, text))
