"""Documents that Hypothesis draws, many at a time: where a search may begin."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import hypothesis
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException


def drawn(parts: dict[str, st.SearchStrategy[Any]], most: int, seed: int) -> list[dict[str, Any]]:
    """Mappings with values of these parts, each of them there or not.

    Args:
        parts: the strategy of each name.
        most: how many.
        seed: another one gives others.
    """
    found: list[dict[str, Any]] = []

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=most, database=None, deadline=None,
        phases=(hypothesis.Phase.generate,), suppress_health_check=list(hypothesis.HealthCheck),
    )  # fmt: skip
    @hypothesis.given(st.fixed_dictionaries({}, optional=parts))
    def draw(values: dict[str, Any]) -> None:
        found.append(values)

    with suppress(HypothesisException):
        draw()
    return found
