"""Patterns and path templates of a contract that would have Python's engine try for ever.

None of it is timed: where one of them is given to that engine, its test does not end.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from random import Random

import pytest

from specdouble.contract import read
from specdouble.contract.path_expression import path_expression
from specdouble.contract.pattern import lengths, matches
from specdouble.contract.servers import other_bases
from specdouble.double.state.hidden import _values
from specdouble.double.state.pattern import matching
from specdouble.verify.patterns import matching as texts_of
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


SQUARES = [r"(?=.*a)b", r"^((?!.*b)c)*$", r"^(?:(?!b*c).)*$", r"(b+)\1a", "(b{1,100}){1,100}a"]
LARGE = "b" * 2**20


@pytest.mark.parametrize("pattern", SQUARES)
def test_a_large_text_is_not_tried_where_that_takes_its_square(tmp_path: Path, pattern: str) -> None:
    contract = read(write(tmp_path, of(kept(properties={"a": {**TEXT, "pattern": pattern}}))))
    slot = contract.schemas.slot(contract.data["components"]["schemas"]["Thing"], "request")
    (told,) = contract.schemas.violations(slot, {"a": LARGE}, "body")
    assert "is longer than" in told.message
    assert not matches(pattern, LARGE)


def test_a_long_name_of_a_property_has_no_such_pattern(tmp_path: Path) -> None:
    contract = read(write(tmp_path, of(kept(patternProperties={"(?=.*a)b": {"type": "integer"}}))))
    slot = contract.schemas.slot(contract.data["components"]["schemas"]["Thing"], "request")
    assert not contract.schemas.is_valid(slot, {"ba": "text"})
    assert contract.schemas.is_valid(slot, {LARGE + "a": "text"})


@pytest.mark.parametrize(
    ("pattern", "longest"), [("^(?=.*a)(?=.*1).{8,}$", 2**18), ("^.{0,5000}$", 5000), ("^(?!\\s*$).+", 2**18)]
)
def test_a_pattern_that_takes_no_square_is_tried_on_texts_of_any_length(pattern: str, longest: int) -> None:
    assert matches(pattern, ("a1" * longest)[:longest])


@pytest.mark.parametrize("pattern", [f"^{'(' * 100}a{')' * 100}$", f"^{'(a' * 300}{')+' * 300}$"])
def test_a_pattern_that_is_nested_deep_is_measured_and_given_up(pattern: str) -> None:
    assert lengths(pattern) in (None, (1, 1), (300, None))
    made = matching(pattern, Random(1))
    assert made is None or matches(pattern, made)


WILD = [
    f"^{'(a+)+' * 1600}$",
    "^(a{5000}){5000}$",
    "^(a+)+(?=b)$",
    "^(a+)+$b?c?",
    r"^(\w+\s?)*\b!$",
    f"^{'(?=.*a)' * 1600}.*$",
    f"^{'.*' * 10}(?=x)$",
    f"^{'a?' * 500}{'a' * 500}$",
    "^(((a?){200}){200}){200}b$",
    "^(?!a)(?!b)(a+)+$",
]


@pytest.mark.parametrize("pattern", WILD)
def test_no_text_of_a_wild_pattern_is_looked_for_by_trying_every_combination(pattern: str) -> None:
    assert texts_of(pattern, 0) == ()


@pytest.mark.parametrize("pattern", ["^[a-z0-9]+(-[a-z0-9]+)*$", r"^(?=.*[A-Z])(?=.*\d)(?=.*[a-z]).{8,}$"])
def test_an_ordinary_pattern_has_texts(pattern: str) -> None:
    assert texts_of(pattern, 0)


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
