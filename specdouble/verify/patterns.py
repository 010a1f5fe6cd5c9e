"""Texts that match a pattern, many at a time: Hypothesis writes them, and most of its time goes into beginning."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count

import hypothesis
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException

from specdouble.contract.pattern_cost import is_tame

AT_ONCE = 60
_PLAIN = st.characters(min_codepoint=32, max_codepoint=126)


@lru_cache(maxsize=512)
def matching(pattern: str, seed: int) -> tuple[str, ...]:
    """Texts that match the pattern, other ones for another seed; none where none was found."""
    if not is_tame(pattern):
        return ()  # Hypothesis holds what it writes against the pattern with Python's engine, which may take for ever
    found: dict[str, None] = {}

    def keep(text: str) -> None:
        found.setdefault(text)

    for alphabet in (_PLAIN, st.characters(exclude_categories=["Cs", "Cc"])):
        try:
            _draw(st.from_regex(pattern, fullmatch=True, alphabet=alphabet), keep, seed)
        except (HypothesisException, ValueError, re.error):
            continue
        break
    return tuple(found)


def each_once(pattern: str, seed: int) -> Iterator[str]:
    """Texts that match the pattern, none of them twice; ends where no other is found."""
    given: set[str] = set()
    for more in count(seed):
        fresh = [text for text in matching(pattern, more) if text not in given]
        if not fresh:
            return
        given.update(fresh)
        yield from fresh


def _draw(strategy: st.SearchStrategy[str], keep: Callable[[str], None], seed: int) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=AT_ONCE, database=None, deadline=None,
        phases=(hypothesis.Phase.generate,), suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(strategy)
    def draw(text: str) -> None:
        keep(text)

    draw()
