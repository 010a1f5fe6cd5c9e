"""What the words of a refusal say: that something is taken, that something is not there, which property is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from specdouble.verify.exchange import Exchange
from specdouble.verify.naming import without_id

GONE = frozenset({404, 410})  # what was deleted is not there, or no longer (RFC 9110, 15.5.5 and 15.5.11)
# The status 409 itself (RFC 9110, 15.5.10), and how many there are: `there are 3 cards already`.
_PHRASE = re.compile(
    r"conflict|\b(are|has|have|holds?) \d+\b[^.;\"]*\balready\b|\balready (are|has|have|holds?) \d+\b", re.IGNORECASE
)
# Codes are words too: `EMAIL_ALREADY_EXISTS`.
_TAKEN = re.compile(r"(?<![a-z])(exists|taken|duplicate|unique|already|conflict|in use)(?![a-z])", re.IGNORECASE)
# That something named in a request is not there: `Tag type 'blue' does not exist`.
_ABSENT = re.compile(
    r"\b(do|does|did)(n't| not) exist\b|\bno such\b|\bnot found\b|\b(can|could)(n't|not| not) (be found|find)\b",
    re.IGNORECASE,
)


def says_taken(refusal: Exchange, *, by_words: bool = False) -> bool:
    """Whether a refusal says that another document has what was sent: by its status, or by its words alone."""
    if by_words:
        return tells_of_another(refusal.content)
    return refusal.status == 409 or _TAKEN.search(refusal.text) is not None


def tells_of_another(content: bytes) -> bool:
    """Whether the words of a refusal say that another document has what was sent."""
    return _TAKEN.search(_PHRASE.sub("", content.decode("utf-8", "replace"))) is not None


def tells_of_none(content: bytes) -> bool:
    """Whether the words of a refusal say that there is no document that was named."""
    return _ABSENT.search(content.decode("utf-8", "replace")) is not None


def properties_blamed(text: str, body: Mapping[str, Any], names: Mapping[str, Any]) -> list[str]:
    """The properties that a refusal is about: whose value it quotes, then those that it names."""
    quoted_values = [
        name for name, value in body.items() if isinstance(value, str) and len(value) > 1 and value in text
    ]
    return list(dict.fromkeys([*(name for name in quoted_values if name in names), *properties_named(text, names)]))


def properties_named(text: str, names: Mapping[str, Any]) -> list[str]:
    """The properties that a text names, those in quotation marks first; the depot stands for its `depotId`."""
    found = []
    for name in names:
        quoted_so = re.search(rf"[\"'`/.]{re.escape(name)}(?![A-Za-z0-9_])", text)
        spoken = "|".join(map(re.escape, (name, without_id(name) or name)))
        plain = re.search(rf"(?<![A-Za-z0-9_])(?:{spoken})(?![A-Za-z0-9_])", text, re.IGNORECASE)
        match = quoted_so or plain
        if match is not None:
            found.append((quoted_so is None, match.start(), name))
    return [name for _, _, name in sorted(found)]
