"""The revision: what was found is taken back, or told anew, where the double of it refuses as the server does not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from specdouble.compare.difference import Cause
from specdouble.discover.hypothesis import Hypothesis
from specdouble.discover.outcome import UNDECIDED, Outcome
from specdouble.discover.refinement import with_status


def withdraw(outcomes: list[Outcome], causes: Sequence[Cause]) -> int:
    """Take back the rules by which the double refuses what the server accepts; how many they are."""
    stricter = {one.first.refused_by: one for one in causes if one.first.server.startswith("answers 2")}
    count = 0
    for place, one in enumerate(outcomes):
        cause = stricter.get(one.rule) if one.rule and one.holds and not one.but else None
        if cause is not None:
            reason = f"it was kept again and again, and then {cause.first.intent} was accepted"
            outcomes[place] = replace(one, state=UNDECIDED, reason=reason, curl=cause.curl)
            count += 1
    return count


def amend(outcomes: list[Outcome], causes: Sequence[Cause], is_supposable: Callable[[Hypothesis], bool]) -> int:
    """Give rules the status that the server refuses with, where no operation declares one; how many they are.

    Args:
        outcomes: what was found.
        causes: where the double of it answers otherwise than the server.
        is_supposable: whether a rule can be laid over the contract.
    """
    told: dict[str, set[int]] = defaultdict(set)
    for one in (cause.first for cause in causes):
        if one.refused_with is not None:
            told[one.refused_by].add(one.refused_with)
    count = 0
    for place, known in enumerate(outcomes):
        is_whole = known.holds and known.hypothesis.keyword != "x-resource"
        statuses = told.get(known.rule, set()) if known.rule and is_whole else set()
        amended = with_status(known.hypothesis, min(statuses)) if len(statuses) == 1 else known.hypothesis
        if amended.key != known.hypothesis.key and is_supposable(amended):
            outcomes[place] = replace(known, hypothesis=amended)
            count += 1
    return count
