"""`x-computed`: set on each write, whatever a client sends, and held to by the verifier."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException

from tests.kinds.others import doubled, findings_of, survivors, verdict_of

CONTRACT = Path(__file__).with_name("invoices.yaml")
RULES = tuple(f"computed:lines.{name}" for name in ("total", "gross", "pieces", "large", "label"))
LINE = {"name": "tea", "price": 2.5, "quantity": 4}
MADE = {"total": 10.0, "gross": 15.0, "pieces": 8, "large": True, "label": "tea (4)"}


@pytest.fixture(scope="module")
def lines() -> Iterator[httpx.Client]:
    with doubled(CONTRACT) as client:
        yield client


# The double


def test_a_new_document_has_what_is_computed_of_it(lines: httpx.Client) -> None:
    line = lines.post("/lines", json=LINE).json()
    assert line == {**LINE, **MADE, "id": line["id"]}


def test_what_a_client_sends_for_it_has_no_effect(lines: httpx.Client) -> None:
    line = lines.post("/lines", json={**LINE, "total": 1, "large": False}).json()
    changed = lines.patch(f"/lines/{line['id']}", json={"total": 2}).json()
    assert (line["total"], line["large"], changed["total"]) == (10.0, True, 10.0)


def test_a_change_computes_it_again(lines: httpx.Client) -> None:
    line = lines.post("/lines", json=LINE).json()
    changed = lines.patch(f"/lines/{line['id']}", json={"quantity": 1}).json()
    assert {name: changed[name] for name in MADE} == {
        "total": 2.5, "gross": 3.75, "pieces": 2, "large": False, "label": "tea (1)"
    }  # fmt: skip


def test_made_documents_have_what_is_computed_of_them() -> None:
    with doubled(Path(__file__).parents[1] / "proxy" / "orders.yaml") as orders:
        made = orders.get("/orders").json()
    assert made
    assert all(one["total"] == pytest.approx(one["price"] * one["quantity"]) for one in made)


# The annotation


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        ("self.price * self.quantty", "`self` has no property `quantty`"),
        ("self.price *", "the expression is refused"),
        ("[self.price]", "`x-computed` is no expression"),
        ("self.gross * 2", "is computed from itself"),
        ("self.total + 1", "is computed from itself"),
        ("{expresion: self.price}", "`x-computed` has no key `expresion`"),
    ],
)
def test_lint_refuses_what_computes_nothing(tmp_path: Path, instead: str, reason: str) -> None:
    assert any(reason in told for told in findings_of(CONTRACT, "self.price * self.quantity", instead, tmp_path))


# The verifier


class Lines:
    """A server that somebody else could have written, with one fault or none.

    Args:
        fault: what it does wrong; empty where it does nothing wrong.
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.kept: dict[str, dict[str, Any]] = {}
        self.app = FastAPI()
        self.app.post("/lines", status_code=201)(self.post_line)
        self.app.get("/lines/{key}")(self.get_line)
        self.app.patch("/lines/{key}")(self.patch_line)

    def held(self, line: dict[str, Any]) -> dict[str, Any]:
        for name, kind, least, most in (("price", int | float, 0, 1000), ("quantity", int, 1, 100)):
            value = line.get(name)
            if not isinstance(value, kind) or not least <= value <= most:
                raise HTTPException(422)
        if not isinstance(line.get("name"), str) or not 0 < len(line["name"]) <= 60:
            raise HTTPException(422)
        return line

    def computed(self, line: dict[str, Any]) -> dict[str, Any]:
        price, quantity = line["price"], line["quantity"]
        total = round(price * quantity, 2)  # as shops do
        most = 4 if self.fault == "another bound" else 3
        line |= {"gross": total * 1.5, "pieces": quantity * 2, "large": quantity > most}
        line |= {"total": total, "label": f"{line['name']} ({quantity})"}
        return line

    def post_line(self, body: dict[str, Any]) -> dict[str, Any]:
        line = self.computed(self.held({name: body.get(name) for name in ("name", "price", "quantity")}))
        if self.fault == "as sent" and "total" in body:
            line["total"] = body["total"]
        line["id"] = f"line-{len(self.kept)}"
        self.kept[line["id"]] = line
        return line

    def get_line(self, key: str) -> dict[str, Any]:
        if key not in self.kept:
            raise HTTPException(404)
        return self.kept[key]

    def patch_line(self, key: str, body: dict[str, Any]) -> dict[str, Any]:
        line = dict(self.get_line(key))
        line.update({name: body[name] for name in ("name", "price", "quantity") if name in body})
        self.held(line)
        self.kept[key] = line if self.fault == "stale" else self.computed(line)
        return self.kept[key]


@pytest.mark.slow
def test_a_server_that_computes_is_found_to_compute() -> None:
    verdict = verdict_of(Lines().app, CONTRACT, RULES)
    assert verdict.failures == []
    assert {key: verdict.rows[key].state for key in RULES} == dict.fromkeys(RULES, "kept")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "rule"),
    [("as sent", RULES[0]), ("stale", RULES[2]), ("another bound", RULES[3])],
)
def test_a_server_with_a_fault_is_found_to_break_the_rule(fault: str, rule: str) -> None:
    assert verdict_of(Lines(fault).app, CONTRACT, (rule,)).broken == [rule]


@pytest.mark.slow
def test_every_mutant_is_killed() -> None:
    assert survivors(CONTRACT, "computed") == []
