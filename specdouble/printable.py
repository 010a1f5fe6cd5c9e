"""Text from outside made fit for a terminal: what would move the cursor, ring, hide or turn the line is spelt out.

So is what a CI server would take for a command in its log: `::error::` of GitHub at the beginning of a line, `##[` and
`##vso[` of Azure.
"""

from __future__ import annotations

import re

# C0 and C1 controls but tab and line feed, DEL, and what changes the direction of writing (Unicode TR 9) or is no
# character at all.
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff\ufffe\uffff]"
)
_COMMAND = re.compile(r"^[ \t]*:(?=:\w[^\n]*::)|#(?=#\w*\[)", re.MULTILINE)


def printable(text: str) -> str:
    r"""The text with each such character as `\x1b` or `\u202e`."""
    plain = UNPRINTABLE.sub(_spelt, text)
    return _COMMAND.sub(_broken, plain) if "::" in plain or "##" in plain else plain


def _spelt(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _broken(match: re.Match[str]) -> str:
    """The beginning of a command without its last character, which is spelt out."""
    return f"{match[0][:-1]}\\x{ord(match[0][-1]):02x}"
