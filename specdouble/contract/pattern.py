"""Whether a text matches a pattern, and how long those are that do.

Patterns are anybody's, and so are the texts: none is asked of Python's engine, which may take for ever.
"""

from __future__ import annotations

import re
import warnings
from functools import lru_cache
from re import _parser

import jsonschema_rs

from specdouble.contract.dialect import in_python
from specdouble.contract.pattern_cost import most_characters

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_STEPS_BACK = 100_000
_BEGINNING, _END = _parser.parse("^$").data
_ANY_NUMBER = 2**31  # the parser's own bound for what has none


def matches(pattern: str, text: str) -> bool:
    """Whether the text matches; False where it is no pattern, or takes too long: the engine gives up in time."""
    matcher, most = _matcher(pattern), most_characters(pattern)
    return matcher is not None and (most is None or len(text) <= most) and matcher.is_valid(text)


@lru_cache(maxsize=1024)
def _matcher(pattern: str) -> jsonschema_rs.Validator | None:
    """The engine that validates the contract's schemas: it steps back so often and no more; None for no pattern."""
    options = jsonschema_rs.FancyRegexOptions(backtrack_limit=_STEPS_BACK)
    try:
        return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=options)
    except (jsonschema_rs.ValidationError, UnicodeError):
        return None


def lengths(pattern: str) -> tuple[int, int | None] | None:
    """The fewest and the most characters of a text that the pattern matches; None where they cannot be told.

    The most are None where there is no bound.
    """
    if _SURROGATE.search(pattern):
        return None  # two of them make one character
    try:
        with warnings.catch_warnings(action="ignore"):  # of what later versions of Python may read otherwise
            parsed = _parser.parse(in_python(pattern))
        least, most = parsed.getwidth()
    except (re.error, RecursionError, OverflowError):
        return None
    codes = parsed.data
    whole = codes[:1] == [_BEGINNING] and codes[-1:] == [_END]
    return least, most if whole and most < _ANY_NUMBER else None
