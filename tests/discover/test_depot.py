"""Of what a request and an answer have one schema, no rule is written that one of the two does not keep."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.discover.outcome import UNDECIDED
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
