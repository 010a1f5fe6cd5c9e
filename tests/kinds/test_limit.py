"""`x-limit`: kept by the double, attacked by the verifier on servers of two frameworks, broken by its mutants."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner
from fastapi import FastAPI, HTTPException, Response

from specdouble.cli import main
from specdouble.contract import ContractError, read
from specdouble.double.double import Double
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.server import Server
from specdouble.double.state.seed import SeedError
from specdouble.prove.bench import Bench, Options
from specdouble.verify.settings import Settings
from specdouble.verify.verdict import Verdict
from specdouble.verify.verification import verify
from tests.applications import serving

CONTRACT = Path(__file__).with_name("boards.yaml")
NOTES = Path(__file__).with_name("notes.yaml")
RULE = "limit:cards"
MOST = 3
MUTANTS = [key for key in Bench(Options(CONTRACT, seed=1)).mutants if key.startswith("limit.")]


# The double


@pytest.fixture(scope="module")
def boards() -> Iterator[httpx.Client]:
    with (
        Server(Double(DoubleSettings(CONTRACT, seed=1)), "127.0.0.1", 0).running() as url,
        httpx.Client(base_url=url) as client,
    ):
        yield client


def full_board(boards: httpx.Client) -> tuple[str, list[str]]:
    """A board with as many cards as it may have; their ids."""
    board = boards.post("/boards", json={"name": "plans"}).json()["id"]
    return board, [add(boards, board).json()["id"] for _ in range(MOST)]


def add(boards: httpx.Client, board: str) -> httpx.Response:
    return boards.post(f"/boards/{board}/cards", json={"text": "a card"})


def test_one_more_than_the_limit_is_refused_and_not_stored(boards: httpx.Client) -> None:
    board, cards = full_board(boards)
    refused = add(boards, board)
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (403, RULE)
    assert [one["id"] for one in boards.get(f"/boards/{board}/cards").json()] == cards


def test_each_parent_has_a_limit_of_its_own(boards: httpx.Client) -> None:
    full_board(boards)
    assert full_board(boards)[1]


def test_what_was_deleted_leaves_room(boards: httpx.Client) -> None:
    board, cards = full_board(boards)
    boards.delete(f"/cards/{cards[0]}")
    assert [add(boards, board).status_code for _ in range(2)] == [201, 403]


def test_a_change_brings_no_document_where_there_is_no_room(boards: httpx.Client) -> None:
    board, cards = full_board(boards)
    _, others = full_board(boards)
    assert boards.patch(f"/cards/{others[0]}", json={"boardId": board}).status_code == 403
    assert boards.patch(f"/cards/{cards[0]}", json={"boardId": board, "text": "new"}).status_code == 200


def test_a_seed_with_one_too_many_is_refused(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT.read_text("utf-8"), "utf-8")
    (tmp_path / "mock_data").mkdir()
    cards = [{"id": f"c{number}", "boardId": "b1", "text": "a card"} for number in range(MOST + 1)]
    (tmp_path / "mock_data" / "cards.json").write_text(json.dumps(cards), "utf-8")
    (tmp_path / "mock_data" / "boards.json").write_text('[{"id": "b1", "name": "plans"}]', "utf-8")
    with pytest.raises(SeedError) as refused:
        Double(DoubleSettings(tmp_path))
    assert [RULE in finding.reason for finding in refused.value.findings] == [True]


# The annotation


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("x-limits: {max: 3}", "unknown annotation `x-limits`"),
        ("x-limit: {max: many}", "names no number of documents"),
        ("x-limit: {max: 0}", "names no number of documents"),
        ("x-limit: {most: 3, max: 3}", "`x-limit` has no key `most`"),
        ("x-limit: {max: 3, per: owner}", "have no owner that a property tells"),
        ("x-limit: {max: 3, per: bordId}", "`bordId` is no property"),
    ],
)
def test_lint_refuses_a_limit_that_says_nothing(tmp_path: Path, written: str, reason: str) -> None:
    text = CONTRACT.read_text("utf-8").replace("x-limit: {max: 3, per: parent, status: 403}", written)
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    with pytest.raises(ContractError) as refused:
        read(tmp_path)
    assert any(reason in finding.reason for finding in refused.value.findings)


@pytest.mark.parametrize(
    ("written", "per"), [("x-limit: 3", ()), ("x-limit: {max: 3, per: [boardId, text]}", ("boardId", "text"))]
)
def test_a_limit_is_of_all_documents_or_of_those_that_share_properties(
    tmp_path: Path, written: str, per: tuple[str, ...]
) -> None:
    text = CONTRACT.read_text("utf-8").replace("x-limit: {max: 3, per: parent, status: 403}", written)
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    rule: Any = read(tmp_path).rules[RULE]
    assert (rule.most, rule.per) == (3, per)


# The verifier


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench(Options(CONTRACT, seed=1))


@pytest.mark.parametrize("key", MUTANTS)
def test_the_verifier_kills_each_mutant(bench: Bench, key: str) -> None:
    about = replace(bench.settings, rules=(RULE,), phases=("rules",), max_failures=1)
    assert RULE in bench.verified(bench.mutants[key].change, about).broken


class Cards:
    """A server that somebody else could have written, with one fault or none.

    Args:
        fault: `any number`, `one too many`, `never freed`, `raced`, `moved in`, or none.
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.boards: dict[str, dict[str, Any]] = {}
        self.cards: dict[str, dict[str, Any]] = {}
        self.made = 0
        self.app = FastAPI()
        self.app.post("/boards", status_code=201)(self.post_board)
        self.app.get("/boards/{board}/cards")(self.list_cards)
        self.app.post("/boards/{board}/cards", status_code=201)(self.post_card)
        self.app.patch("/cards/{card}")(self.patch_card)
        self.app.delete("/cards/{card}", status_code=204)(self.delete_card)

    def new(self, kind: str) -> str:
        self.made += 1
        return f"{kind}-{self.made}"

    def post_board(self, body: dict[str, Any]) -> dict[str, Any]:
        self.hold_text(body.get("name"))
        board = {"id": self.new("board"), "name": body["name"]}
        self.boards[board["id"]] = {**board, "ever": 0}
        return board

    def hold_text(self, text: Any) -> None:
        if not isinstance(text, str) or not 0 < len(text) <= 60:
            raise HTTPException(422)

    def list_cards(self, board: str) -> list[dict[str, Any]]:
        if board not in self.boards:
            raise HTTPException(404)
        return [card for card in self.cards.values() if card["boardId"] == board]

    def hold_room(self, board: str) -> None:
        there = len(self.list_cards(board)) if self.fault != "never freed" else self.boards[board]["ever"]
        most = {"any number": 1000, "one too many": MOST + 1}.get(self.fault, MOST)
        if there >= most:
            raise HTTPException(403)

    def post_card(self, board: str, body: dict[str, Any]) -> dict[str, Any]:
        self.list_cards(board)
        self.hold_text(body.get("text"))
        self.hold_room(board)
        if self.fault == "raced":
            time.sleep(0.05)
        self.boards[board]["ever"] += 1
        card = {"id": self.new("card"), "boardId": board, "text": body["text"]}
        self.cards[card["id"]] = card
        return card

    def patch_card(self, card: str, body: dict[str, Any]) -> dict[str, Any]:
        if card not in self.cards:
            raise HTTPException(404)
        if "text" in body:
            self.hold_text(body["text"])
        board = body.get("boardId", self.cards[card]["boardId"])
        if board not in self.boards:
            raise HTTPException(422)
        if board != self.cards[card]["boardId"] and self.fault != "moved in":
            self.hold_room(board)
        known = {name: value for name, value in body.items() if name in ("boardId", "text")}
        self.cards[card] = {**self.cards[card], **known}
        return self.cards[card]

    def delete_card(self, card: str) -> Response:
        if self.cards.pop(card, None) is None:
            raise HTTPException(404)
        return Response(status_code=204)


def verdict_of(fault: str) -> Verdict:
    with serving(Cards(fault).app) as url:
        return verify(read(CONTRACT), Settings(url=url, rules=(RULE,), phases=("rules",), yes=True))


def test_a_server_that_keeps_the_limit_is_found_to_keep_it() -> None:
    verdict = verdict_of("")
    assert (verdict.rows[RULE].state, verdict.failures) == ("kept", [])


def test_where_no_list_counts_the_documents_what_one_case_deletes_misleads_no_other() -> None:
    rules = ["--rule", RULE.replace("cards", "notes"), "--rule", "refused_leaves_no_trace"]
    told = CliRunner().invoke(main, ["verify", str(NOTES), "--phase", "rules", *rules])
    assert told.exit_code == 0, told.output
    assert "2 kept" in told.output
    assert "seen once" not in told.output


def test_documents_that_no_list_shows_are_no_alarm(tmp_path: Path) -> None:
    text = CONTRACT.read_text("utf-8").replace("{max: 3, per: parent, status: 403}", "{max: 9, status: 403}")
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    (tmp_path / "mock_data").mkdir()
    (tmp_path / "mock_data" / "boards.json").write_text('[{"id": "b1", "name": "plans"}]', "utf-8")
    cards = [{"id": f"c{number}", "boardId": "b1", "text": "a card"} for number in range(4)]
    (tmp_path / "mock_data" / "cards.json").write_text(json.dumps(cards), "utf-8")
    bench = Bench(Options(tmp_path, seed=1))
    about = replace(bench.settings, rules=(RULE,), phases=("rules",))
    verdict = bench.verified(lambda factories: factories, about)
    assert (verdict.rows[RULE].state, verdict.failures) == ("kept", [])


@pytest.mark.parametrize("fault", ["any number", "one too many", "never freed", "raced", "moved in"])
def test_a_server_that_breaks_the_limit_is_found_to_break_it(fault: str) -> None:
    assert RULE in verdict_of(fault).broken
