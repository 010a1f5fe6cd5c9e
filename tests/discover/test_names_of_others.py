"""What names a document of others, and may do so once: the probes see both on a server."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from specdouble.contract import Contract, read
from specdouble.discover import documents, shape
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.supposition import suppose
from specdouble.rules.references.probe import PROBE as REFERENCES
from specdouble.rules.unique.probe import PROBE as UNIQUE
from specdouble.verify import Account, Settings, belonging
from specdouble.verify.visit import Visit, visiting
from tests.academy.score import FOLDER
from tests.academy.server import NODE, TOKENS, Server
from tests.discover.conftest import without_annotations

pytestmark = pytest.mark.skipif(NODE is None, reason="the academy is served by Node")


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    file = tmp_path_factory.mktemp("academy") / "openapi.json"
    file.write_text(json.dumps(without_annotations(read(FOLDER).data)), "utf-8")
    bare = read(file)
    owned = [
        Hypothesis("x-resource", f"/components/schemas/{name}", {"owner": "teacher_id"}, Source("trial"))
        for name in ("Course", "Student")
    ]
    return suppose(bare, [*documents.mine(bare), *owned])


@pytest.fixture(scope="module")
def visit(contract: Contract) -> Iterator[Visit]:
    users = tuple(Account(name, credentials={"teacher": token}) for name, token in TOKENS.items())
    with Server() as server:
        told = Settings(url=server.url, users=users, phases=("rules",), yes=True)
        with visiting(contract, told, shape.referring(contract)) as found:
            yield found


def test_a_reference_is_seen_though_a_document_may_be_named_once_and_ids_of_others_do_not_fit(visit: Visit) -> None:
    """A student is enrolled once in a course; courses, which are tried first, have ids that are no numbers."""
    (seen,) = REFERENCES.see(visit.session, visit.session.subjects["enrolments"])
    assert seen.pointer.endswith("/student_id")
    assert seen.value["collection"] == "students"


def test_what_may_be_named_once_below_a_parent_is_seen_to_be_unique_there(visit: Visit) -> None:
    (seen,) = UNIQUE.see(visit.session, visit.session.subjects["enrolments"])
    assert (seen.pointer.rpartition("/")[2], seen.value) == ("student_id", {"within": ["course_id"]})


def test_a_time_that_is_another_for_each_user_is_no_owner(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who signs in again is shown with the time of the sign-up: a server showed that in each answer to a login."""
    shown = {
        name: [{"created_at": f"2026-0{number}-03T04:05:06Z", "teacher_id": name}] * 2
        for number, name in enumerate(TOKENS, 1)
    }
    monkeypatch.setattr(belonging, "_documents", lambda _session, _subject, user: shown[user.name])
    assert [*belonging.telling_users_apart(visit.session, visit.session.subjects["courses"])] == ["teacher_id"]
