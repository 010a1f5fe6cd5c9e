"""Experiments with many hypotheses: in turns where they stand in one place, and again where one was broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from specdouble.contract import Rule
from specdouble.discover.experiment import Result
from specdouble.discover.hypothesis import Hypothesis
from specdouble.discover.outcome import CONFIRMED, REFUTED
from specdouble.discover.refinement import with_status

Stated = tuple[Hypothesis, Rule]
# One experiment with what is wanted and what is stated, besides what is laid over the contract: what was known of
# them before, and what it has found.
Attempt = Callable[[Sequence[Hypothesis], Sequence[Stated], Sequence[Hypothesis]], tuple[list[Result], list[Result]]]


def tried(
    wanted: Sequence[Hypothesis],
    stated: Sequence[Stated],
    beside: Sequence[Hypothesis],
    attempt: Attempt,
    *,
    once: bool = False,
) -> list[Result]:
    """The results of all of these.

    Of several that would stand in one place one is tried after the other, until one holds. What holds is tried
    again where another of the same property does not: a time that the server's clock sets may be any.

    Args:
        wanted: what is tried.
        stated: what the contract says itself, and is tried with it.
        beside: what is laid over the contract besides.
        attempt: makes one experiment.
        once: whether what is refused with another status than is usual is not tried with that.
    """
    results = list[Result]()
    for turn in _turns(wanted) or [[]]:
        settled = {one.hypothesis.place for one in results if one.state == CONFIRMED}
        left = [one for one in turn if one.place not in settled]
        if left or not results:
            known, found = attempt(left, [] if results else stated, beside)
            results += [*known, *(found if once else with_other_statuses(found, beside, attempt))]
    broken = {one.hypothesis.pointer for one in results if one.state == REFUTED and not one.written}
    doubted = [one for one in results if one.state == CONFIRMED and not one.written]
    again = [one.hypothesis for one in doubted if one.hypothesis.pointer in broken]
    if not again:
        return results
    sure = [one.hypothesis for one in doubted if one.hypothesis not in again]
    kept = [one for one in results if one.hypothesis not in again or one.written]
    return kept + tried(again, [], [*beside, *(one for one in sure if one not in beside)], attempt, once=once)


def with_other_statuses(results: Sequence[Result], beside: Sequence[Hypothesis], attempt: Attempt) -> list[Result]:
    """The results, those that nothing but the status of refusals has broken tried with that status."""
    amended = {
        with_status(one.hypothesis, one.refused_with).key: one
        for one in results
        if one.refused_with and not one.written and one.hypothesis.keyword != "x-resource"
    }
    again = [with_status(one.hypothesis, one.refused_with) for one in amended.values()]
    kept = [one.hypothesis for one in results if (one.state == CONFIRMED or one.in_part) and not one.written]
    laid = {one.key for one in (*beside, *(first.hypothesis for first in amended.values()))}
    others = [one for one in kept if one.key not in laid]
    found = tried(again, [], [*beside, *others], attempt, once=True) if again else []
    better = {id(amended[one.hypothesis.key]): one for one in found if one.state == CONFIRMED or one.in_part}
    return [better.get(id(one), one) for one in results]


def _turns(hypotheses: Sequence[Hypothesis]) -> list[list[Hypothesis]]:
    """The hypotheses in turns, of which none has two that would stand in one place."""
    turns = list[list[Hypothesis]]()
    for one in hypotheses:
        free = next((turn for turn in turns if all(other.place != one.place for other in turn)), None)
        if free is None:
            turns.append([one])
        else:
            free.append(one)
    return turns
