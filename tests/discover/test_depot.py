"""Of what a request and an answer have one schema, no rule is written that one of the two does not keep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.discover import documents
from specdouble.discover.discovery import Discovery
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.outcome import CONFIRMED, UNDECIDED
from specdouble.rules.readonly.attack import is_clients
from specdouble.verify import Settings
from tests.discover.conftest import discovered, sentences
from tests.discover.depot import CONTRACT, Depot


@pytest.mark.slow
def test_what_one_user_of_a_schema_does_not_keep_is_no_rule_of_it(tmp_path: Path) -> None:
    file, depot = tmp_path / "openapi.json", Depot()
    file.write_text(json.dumps(CONTRACT), "utf-8")
    with depot.running() as url:
        found = discovered(read(file), Settings(url=url, yes=True))
    undecided = {one.rule: one.reason for one in found.outcomes if one.state == UNDECIDED}
    # Not `readOnly:crates.id`, for a change must hold it.
    assert sentences(found) == {"required:loans.place": "a create must send place"}
    assert undecided == {
        "required:keepers.secret": "answers have the same schema, and do not show it so",
        "maxLength:keepers.badge": "answers have the same schema, and do not show it so",
        "required:loans.reason": "PUT /loans/{key} has the same schema, and was not seen to refuse what creates refuse",
    }


@pytest.mark.slow
def test_what_holds_beside_a_rule_that_is_broken_is_tried_without_it(tmp_path: Path) -> None:
    file, at = tmp_path / "openapi.json", "/components/schemas/Crate/properties/due"
    contract = json.loads(json.dumps(CONTRACT))
    del contract["paths"]["/crates/{key}"]["put"]
    file.write_text(json.dumps(contract), "utf-8")
    said = [("readOnly", True), ("x-timestamp", "created"), ("x-timestamp", "updated")]
    with Depot().running() as url:
        discovery = Discovery(read(file), Settings(url=url, yes=True))
        discovery._believe(documents.mine(discovery.contract))
        results = discovery._tried([Hypothesis(word, at, value, Source("trial")) for word, value in said], [])
    assert len(results) == len(said)
    assert [one for one in results if one.state == CONFIRMED] == []


@pytest.mark.parametrize(
    ("sent", "seen", "is_it"),
    [
        ("2001-02-03T04:05:06.789Z", "2001-02-03T04:05:06", True),
        ("2001-02-03t04:05:06z", "2001-02-03 04:05:06.000", True),
        ("2001-02-03T04:05:06Z", "2026-02-03T04:05:06", False),
        (" Ada ", "ada", True),
        ("ada", "ada-1", False),
        ("", " ", False),
        (7, 7.0, True),
    ],
)
def test_what_a_client_has_sent_is_known_in_another_spelling(sent: object, seen: object, is_it: bool) -> None:
    assert is_clients(sent, seen) is is_it
