"""Annotations of Azure, Google and CloudFormation that say what ours say are read; what only looks alike is let be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from specdouble.cli import main
from specdouble.contract import read
from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.verify.settings import load
from specdouble.verify.verification import verify

BOOKS = Path(__file__).parent / "books.yaml"
READ = {
    "readOnly:books.id": "x-ms-mutability",
    "readOnly:books.printed": "readOnlyProperties",
    "immutable:books.isbn": "x-ms-mutability",
    "immutable:books.shelf": "x-field-behavior",
    "immutable:books.binding": "createOnlyProperties",
}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Settings(BOOKS)) as url:
        yield url


def test_routes_names_the_rules_and_whose_annotation_they_were_read_from() -> None:
    done = CliRunner().invoke(main, ["routes", "--json", str(BOOKS)])
    rows = {row["operationId"]: row for row in json.loads(done.stdout)}
    assert rows["update_book"]["foreign"] == READ
    assert "immutable:books.isbn  (x-ms-mutability)" in CliRunner().invoke(main, ["routes", str(BOOKS)]).stdout


def test_a_rule_stands_at_the_line_of_the_annotation_that_it_was_read_from() -> None:
    rules = read(BOOKS).rules
    lines = BOOKS.read_text("utf-8").splitlines()
    assert "isbn" in lines[rules["immutable:books.isbn"].line - 1]
    assert "createOnlyProperties" in lines[rules["immutable:books.binding"].line - 1]


def test_the_double_keeps_what_they_say(url: str) -> None:
    sent = {"id": "mine", "isbn": "1", "shelf": "a", "secret": "s", "note": "n", "printed": "never"}
    made = httpx.post(f"{url}/books", json=sent).json()
    assert (made["isbn"], "secret" in made, "note" in made) == ("1", False, False)
    assert (made["id"] == "mine", made.get("printed") == "never") == (False, False)
    place = f"{url}/books/{made['id']}"
    assert httpx.patch(place, json={"isbn": "1", "title": "kept"}).status_code == 200
    refused = httpx.patch(place, json={"isbn": "2"})
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (409, "immutable:books.isbn")


def test_what_is_not_one_to_one_is_let_be() -> None:
    contract = read(BOOKS)
    book = contract.data["components"]["schemas"]["Book"]
    assert set(book["properties"]["pages"]) == {"type", "x-ms-mutability"}
    assert "required" not in book
    assert "immutable:books.odd" not in contract.rules
    assert [one.severity for one in contract.findings if one.id == "annotation"] == ["warning"]


def test_the_settings_switch_them_off(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_bytes(BOOKS.read_bytes())
    (tmp_path / "pyproject.toml").write_text("[tool.specdouble]\nforeign-annotations = false\n", "utf-8")
    assert [*read(tmp_path).rules] == []


def test_what_the_contract_says_itself_is_not_changed(tmp_path: Path) -> None:
    text = BOOKS.read_text("utf-8").replace("id: {type: string, x-ms", "id: {type: string, readOnly: false, x-ms", 1)
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    assert "readOnly:books.id" not in read(tmp_path).rules


@pytest.mark.parametrize("value", ["[1]", "{}", "create", "[read, nonsense]", "null", "[[read]]"])
def test_a_value_of_another_shape_means_nothing(tmp_path: Path, value: str) -> None:
    text = BOOKS.read_text("utf-8").replace("[create, read]", value, 1).replace("[/properties/binding]", value, 1)
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    assert {"immutable:books.isbn", "immutable:books.binding"}.isdisjoint(read(tmp_path).rules)


@pytest.mark.slow
def test_verify_attacks_what_they_say_and_the_double_passes(url: str) -> None:
    verdict = verify(read(BOOKS), load(BOOKS.parent, url=url, yes=True, max_examples=5))
    assert verdict.exit_code == 0
    assert {verdict.rows[rule].state for rule in READ} == {"kept"}
