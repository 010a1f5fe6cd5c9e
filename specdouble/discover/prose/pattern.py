"""A pattern of English: upper and lower case are the same to it."""

from __future__ import annotations

import re


def pattern(*alternatives: str) -> re.Pattern[str]:
    """The pattern that any of the alternatives fits, whatever the case."""
    return re.compile("|".join(alternatives), re.IGNORECASE)
