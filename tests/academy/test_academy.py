"""The academy keeps its contract, and faults of it are found; `python -m tests.academy.score` tries them all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specdouble.contract import read
from specdouble.verify import Verdict, verify
from tests.academy.faults import FAULTS
from tests.academy.score import FOLDER, settings
from tests.academy.server import NODE, Server

pytestmark = pytest.mark.skipif(NODE is None, reason="the academy is served by Node")

QUICK = {"head_of_another_tag": "header_fields", "status_of_student_ignored": "filtering"}
# One of each kind that no server before it had, by what finds it.
KINDS = {
    "enrolment_of_another_student": "nesting", "lesson_of_others_read": "owner:courses.teacher_id",
    "enrolments_of_all_students": "nesting", "link_forgets_size": "paging", "link_lost": "paging",
    "first_unbounded": "conformance", "q_ignored": "filtering", "email_filter_ignored": "filtering",
    "metadata_replaced": "partial_update", "null_member_stays": "partial_update",
    "enrolled_count_only_grows": "derived_values", "head_of_others": "header_fields",
    "quality_turned_round": "header_fields", "unacceptable_is_csv": "header_fields",
    "student_of_others_enrolled": "references:enrolments.student_id",
}  # fmt: skip
# What the contract does not promise, with the reason; nothing is held against a server for it.
UNPROMISED = {
    "course_of_others_restored": "an operation that restores is sent where it is allowed by name alone",
    "restore_does_nothing": "an operation that restores is sent where it is allowed by name alone",
    "restore_loses_lessons": "an operation that restores is sent where it is allowed by name alone",
    "restored_twice": "an operation that restores is sent where it is allowed by name alone",
    "restored_unchecked": "an operation that restores is sent where it is allowed by name alone",
    "q_minds_letters": "a sentence says so, and no annotation",
    "q_at_the_beginning": "a sentence says so, and no annotation",
    "lessons_by_title": "a sentence says so, and no annotation",
    "seats_race": "a sentence says so, and no annotation",
    "seats_unchecked": "a sentence says so, and no annotation",
    "seats_below_taken": "a sentence says so, and no annotation",
    "is_full_stale": "a sentence says so, and no annotation",
    "is_full_one_late": "a sentence says so, and no annotation",
    "begins_paused": "the contract does not say how an enrolment begins",
    "rewrite_moves_lesson": "the server sets the position, and nothing says when",
    "email_in_small_letters": "addresses that are compared without case may be kept so",
    "keys_race": "the slug is unique: the second of two creates is refused all the same",
}


def _verified(fault: str, *checks: str, seed: int = 1) -> Verdict:
    with Server([fault] if fault else []) as server:
        told = replace(settings(server.url), seed=seed, yes=True)
        if checks:
            told = replace(told, phases=("rules",), rules=checks, max_failures=1)
        return verify(read(FOLDER), told)


@pytest.mark.parametrize(("fault", "check"), QUICK.items())
def test_a_fault_is_found_by_the_check_of_its_kind(fault: str, check: str) -> None:
    assert _verified(fault, check).broken == [check]


@pytest.mark.slow
@pytest.mark.parametrize(("fault", "check"), KINDS.items())
def test_a_fault_of_a_kind_that_this_shape_brings_is_found(fault: str, check: str) -> None:
    assert _verified(fault, check).broken == [check]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_is_held_against_the_correct_academy(seed: int) -> None:
    assert [failure.sentence for failure in _verified("", seed=seed).failures] == []


def test_each_fault_that_is_argued_for_is_there() -> None:
    assert UNPROMISED.keys() < FAULTS.keys()
