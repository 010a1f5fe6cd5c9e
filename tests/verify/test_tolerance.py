"""What does not count is set aside with its reason: too light, skipped, known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Contract
from specdouble.verify.known import Known, mark_of, read_known, write_known
from specdouble.verify.problem import WrongUse
from specdouble.verify.settings import Settings, Skip
from specdouble.verify.strictness import weight
from specdouble.verify.tolerance import Tolerance, hold_names
from specdouble.verify.verdict import Failure, Row, Verdict

CHALLENGE = "an answer 401 to say how to authenticate (RFC 9110, 11.6.1)"


def failure(check: str = "boundaries", promise: str = "a promise", **parts: Any) -> Failure:
    told = {"detail": "", "expected": "it to hold", "seen": "it did not", "steps": [], "operations": ("readA",)}
    return Failure(check, promise, **{**told, **parts})


def verdict_of(*failures: Failure) -> Verdict:
    verdict = Verdict("An API", "http://localhost", 1)
    for one in failures:
        verdict.rows.setdefault(one.check, Row(one.check, "", cases=3)).failures[one.promise] = one
    return verdict


@pytest.mark.parametrize(
    ("found", "lightest"),
    [
        (failure("authentication", expected=CHALLENGE), "rfc"),
        (failure("conformance", detail="unsupported_method"), "rfc"),
        (failure("error_shape"), "contract"),
        (failure("conformance", detail="negative_data_rejection"), "contract"),
        (failure("unique:users.email"), "client"),
        (failure("read_your_writes"), "client"),
    ],
)
def test_a_failure_weighs_as_much_as_it_matters_to_a_client(found: Failure, lightest: str) -> None:
    assert weight(found) == lightest


def test_what_is_lighter_than_was_asked_for_does_not_break_its_row() -> None:
    verdict = verdict_of(failure("authentication", expected=CHALLENGE))
    Tolerance(Settings()).apply(verdict)
    assert (verdict.rows["authentication"].state, verdict.exit_code) == ("kept", 0)
    assert [one.kind for one in verdict.tolerated("light")] == ["light"]


def test_strictness_of_one_check_is_its_own() -> None:
    verdict = verdict_of(failure("authentication", expected=CHALLENGE), failure("error_shape"))
    Tolerance(Settings(strictness="client", strict={"authentication": "rfc"})).apply(verdict)
    assert [one.check for one in verdict.failures] == ["authentication"]


def test_a_skip_sets_aside_what_all_its_parts_name_and_tells_its_reason() -> None:
    skip = Skip("an old proxy", rule="boundaries", operation="readA")
    verdict = verdict_of(failure(), failure(promise="of another", operations=("readB",)), failure("distinct_ids"))
    Tolerance(Settings(skip=(skip,))).apply(verdict)
    assert {one.promise for one in verdict.failures} == {"of another", "a promise"}
    assert verdict.rows["boundaries"].state == "broken"
    assert [one.why for one in verdict.tolerated("skipped")] == ["an old proxy"]


def test_a_row_whose_failures_are_all_skipped_is_skipped() -> None:
    verdict = verdict_of(failure())
    Tolerance(Settings(skip=(Skip("an old proxy", rule="boundaries"),))).apply(verdict)
    assert (verdict.rows["boundaries"].state, verdict.rows["boundaries"].reason) == ("skipped", "an old proxy")
    assert verdict.exit_code == 0


def test_a_skip_of_no_use_is_told() -> None:
    verdict = verdict_of(failure())
    Tolerance(Settings(skip=(Skip("an old proxy", rule="distinct_ids"),))).apply(verdict)
    assert "take it out (an old proxy)" in verdict.notes[0]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(skip=(Skip("x", rule="boundarys"),)), "write `boundaries`"),
        (Settings(skip=(Skip("x", check="ignored_authentication"),)), "write `ignored_auth`"),
        (Settings(skip=(Skip("x", operation="post_auth_logon"),)), "write `post_auth_login`"),
        (Settings(strict={"authentification": "rfc"}), "write `authentication`"),
    ],
)
def test_names_that_are_none_are_refused_with_the_nearest(contract: Contract, settings: Settings, message: str) -> None:
    with pytest.raises(WrongUse, match=message):
        hold_names(contract, settings)


def test_a_baseline_knows_failures_by_what_they_are_about(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    then = [
        failure(promise="GET /a 4xx: the body for 404"),
        failure("distinct_ids", "id '6b049dff2135018027cde6fb' stays"),
    ]
    assert write_known(file, then) == 2
    known = read_known(file)
    assert known is not None
    assert known.knows(failure("distinct_ids", "id '77777dff2135018027cdaaaa' stays", seen="other words"))
    assert not known.knows(failure(promise="GET /a 4xx: the body for 400"))
    assert not known.knows(failure(promise="GET /a 4xx: the body for 404", operations=("readB",)))
    assert [mark.check for mark in known.gone] == ["boundaries"]


def test_what_a_baseline_knows_does_not_fail_and_what_is_new_does() -> None:
    known = Known(frozenset({mark_of(failure())}))
    verdict = verdict_of(failure(), failure(promise="a new one"))
    Tolerance(Settings(), known).apply(verdict)
    assert ([one.promise for one in verdict.failures], verdict.exit_code) == (["a new one"], 1)
    verdict = verdict_of(failure())
    Tolerance(Settings(), known).apply(verdict)
    assert (verdict.rows["boundaries"].state, verdict.exit_code) == ("known", 0)


def test_a_file_that_is_no_baseline_is_refused(tmp_path: Path) -> None:
    (tmp_path / "known.json").write_text('{"failures": 3}')
    with pytest.raises(WrongUse, match="is no baseline"):
        read_known(tmp_path / "known.json")
