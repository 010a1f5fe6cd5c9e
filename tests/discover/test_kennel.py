"""Looser rules are found as they are: what some documents alone keep, codes of a form, and few that name each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify import Settings
from tests.discover.conftest import discovered, sentences
from tests.discover.kennel import CONTRACT, Kennel

RULES = {
    "unique:dogs.code": "code is unique",
    "unique:dogs.cage": "cage is unique, where `self.status != 'adopted'`",
    "pattern:dogs.code": "code matches ^[A-Z]{2}-[0-9]{4}$",
    "pattern:dogs.phone": "phone matches ^[+]?[0-9]{6,12}$",
    "default:dogs.status": "status is 'waiting' unless it is sent",
    "readOnly:dogs.id": "id is set by the server alone",
    "readOnly:visits.id": "id is set by the server alone",
    "references:visits.dogId": "dogId is the id of a document of dogs",
}
# What no more than the kinds that it is made for show; the rest may have to wait for room in a dog's visits.
FOUND = {"unique:dogs.code", "unique:dogs.cage", "pattern:dogs.code", "pattern:dogs.phone", "default:dogs.status"}


@pytest.mark.slow
def test_rules_of_these_kinds_are_found_at_the_kennel_and_no_other(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(CONTRACT), "utf-8")
    kennel = Kennel()
    with kennel.running() as url:
        found = sentences(discovered(read(file), Settings(url=url, yes=True)))
    told = {rule: sentence.partition(" on PATCH")[0] for rule, sentence in found.items()}
    limits = [told.pop(rule) for rule in [*told] if rule.startswith("limit")]
    assert told.items() <= RULES.items()
    assert told.keys() >= FOUND
    assert ["3" in limit for limit in limits] == [True]
    assert kennel.held == {"dogs": {}, "visits": {}}
