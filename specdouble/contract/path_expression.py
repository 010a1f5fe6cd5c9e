"""The regular expression of a path template, which reads a path once."""

from __future__ import annotations

import re
from collections.abc import Sequence


def path_expression(parts: Sequence[str], end: str) -> re.Pattern[str]:
    """An expression with a group for each parameter: at least one character of a segment.

    Each part but the last is taken where it stands first: where that does not fit, no later place would. Of groups that
    take as much as they can every combination would be tried, in `{a}-{b}-{c}` as many as the square of a path.

    Args:
        parts: what stands before, between and after the parameters.
        end: what follows, as an expression.
    """
    first, *others = map(re.escape, parts)
    if not others:
        return re.compile(first + end)
    *inner, last = others
    return re.compile(first + "".join(f"(?>([^/]+?){part})" for part in inner) + f"([^/]+){last}{end}")
