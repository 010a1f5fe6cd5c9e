"""Patterns and path templates of a contract that would have Python's engine try for ever.

None of it is timed: where one of them is given to that engine, its test does not end.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from specdouble.contract.path_expression import path_expression
from specdouble.contract.pattern import matches
from specdouble.contract.servers import other_bases
from specdouble.double.state.hidden import _values
from tests.hostile.sizes import TEXT, Schema, kept, of
from tests.hostile.test_sizes import answers, write

LONG = "a" * 64


def required(schema: Schema) -> Schema:
    return of(kept(properties={LONG: schema}, required=[LONG]))


CONTRACTS: dict[str, Schema] = {
    "a property whose name a pattern has": of(kept(patternProperties={"^(a+)+!$": TEXT}, required=[LONG])),
    "repeats of repeats": required({**TEXT, "pattern": "^(a{400}){400}$"}),
    "repeats of nothing": required({**TEXT, "pattern": "^(((a?){200}){200}){200}b$"}),
}


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_with_such_a_pattern_is_answered(tmp_path: Path, name: str) -> None:
    assert 500 not in asyncio.run(answers(write(tmp_path, CONTRACTS[name])))


@pytest.mark.parametrize("pattern", [r"^(a+)+!$", r"^(\w+\s?)*!$", r"^(a|aa)+!$", r"^(?=(a+)+!)a", r"^(a*)*\1!$"])
def test_whether_a_text_matches_is_known_in_time(pattern: str) -> None:
    assert not matches(pattern, LONG)


# Each group of a path template could end in each of its hyphens.
PATH = "/things/a-b-c-d.e" + "-" * 8000
TEMPLATE = "/things/{a}-{b}-{c}-{d}.{e}"


def test_the_values_of_a_path_are_those_by_which_it_was_found() -> None:
    assert _values(TEMPLATE, PATH) == {"a": "a", "b": "b", "c": "c", "d": "d", "e": "e" + "-" * 8000}
    assert _values(TEMPLATE, PATH.replace(".", "-")) == {}
    assert _values("/{a}{b}.json", "/ab.json.json") == {"a": "a", "b": "b.json"}


def test_the_base_of_a_server_is_looked_for_once() -> None:
    (base,) = other_bases({"servers": [{"url": "/"}, {"url": "/{a}-{b}-{c}-{d}.{e}x"}]})
    assert base.match(PATH.removeprefix("/things")) is None
    found = base.match("/a-b-c-d.ex/things")
    assert found is not None
    assert found.end() == len("/a-b-c-d.ex")


def test_a_part_may_go_beyond_its_segment() -> None:
    found = path_expression(["/", "-/x/", ""], "$").search("/a--/x/b")
    assert found is not None
    assert found.groups() == ("a-", "b")
