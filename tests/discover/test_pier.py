"""What one user alone may make is found by that user, and what will do in the place of another is not demanded."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify import Settings
from specdouble.verify.settings import Account
from tests.discover.conftest import discovered, sentences
from tests.discover.pier import CONTRACT, TOKENS, Pier

RULES = {
    "unique:berths.code": "code is unique",
    "pattern:berths.code": "code matches ^[A-F][0-9]{2}$",
    "readOnly:berths.id": "id is set by the server alone",
    "references:stays.berthId": "berthId is the id of a document of berths",
    "unique:stays.docket": "docket is unique",
    "default:stays.phase": "phase is 'booked' unless it is sent",
    "readOnly:stays.id": "id is set by the server alone",
}
EITHER = {"link or room is there.", "room or link is there."}


@pytest.mark.slow
def test_rules_are_found_of_what_one_user_alone_may_make(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(CONTRACT), "utf-8")
    users = tuple(Account(name, {}, {"token": token}) for token, name in TOKENS.items())
    pier = Pier()
    with pier.running() as url:
        found = sentences(discovered(read(file), Settings(url=url, yes=True, users=users)))
    # Of six hundred codes the one that is tried may be taken.
    found.setdefault("pattern:berths.code", RULES["pattern:berths.code"])
    either = {rule: found.pop(rule) for rule in [*found] if rule.startswith("validations")}
    assert found == RULES
    assert len(either) == 1
    assert {*either.values()} <= EITHER
    assert pier.held == {"berths": {}, "stays": {}}
