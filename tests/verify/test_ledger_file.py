"""What a run created stands in a file before its requests are sent, and what is left of it at the end."""

from __future__ import annotations

import json
from pathlib import Path

from specdouble.verify.ledger_file import LedgerFile


def lines(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def test_an_entry_is_on_the_disk_when_it_has_been_noted(tmp_path: Path) -> None:
    path = tmp_path / "new" / "leftovers.jsonl"
    file = LedgerFile(path)
    file.note({"created": "ü1"})
    assert lines(path) == [{"created": "ü1"}]
    file.close([])


def test_what_is_left_takes_the_place_of_all_that_was_noted(tmp_path: Path) -> None:
    path = tmp_path / "leftovers.jsonl"
    file = LedgerFile(path)
    file.note({"created": 1})
    file.note({"created": 2})
    file.close([{"left": 2}])
    file.note({"created": 3})
    assert lines(path) == [{"left": 2}]


def test_without_a_path_nothing_is_kept(tmp_path: Path) -> None:
    file = LedgerFile(None)
    file.note({"created": 1})
    file.close([{"left": 1}])
    assert list(tmp_path.iterdir()) == []
