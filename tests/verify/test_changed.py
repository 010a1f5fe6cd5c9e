"""What a change of the contract concerns, by git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify.changed import concerned
from specdouble.verify.problem import WrongUse
from tests.verify.conftest import ROOT

BOARD = """
openapi: 3.0.3
info: {title: Board, version: "1"}
paths:
  /notes:
    get: {operationId: listNotes, responses: {"200": {description: all, content: {application/json: {schema: {
      type: array, items: {$ref: "#/components/schemas/Note"}}}}}}}
  /tags:
    get: {operationId: listTags, responses: {"200": {description: all}}}
components:
  schemas:
    Note: {type: object, properties: {id: {type: string}, text: {type: string, maxLength: 20}}}
"""


def git(folder: Path, *arguments: str) -> None:
    named = ("-c", "user.name=A", "-c", "user.email=a@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *named, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A contract in a folder of a repository, committed once."""
    folder = tmp_path / "api"
    folder.mkdir()
    (folder / "openapi.yaml").write_text(BOARD)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return folder


@pytest.mark.parametrize(
    ("before", "after", "ids"),
    [
        ("maxLength: 20", "maxLength: 30", ("listNotes",)),
        ("  /tags:", "  /labels:", ("listTags",)),
        ("description: all", "description: all of them", ()),
        ("/tags:\n", "/tags:\n    post: {operationId: addTag, responses: {}}\n", ("addTag",)),
        ("components:", "security: []\ncomponents:", ("listNotes", "listTags")),
    ],
)
def test_an_operation_is_concerned_where_it_or_what_it_refers_to_is_written_otherwise(
    board: Path, before: str, after: str, ids: tuple[str, ...]
) -> None:
    (board / "openapi.yaml").write_text(BOARD.replace(before, after))
    assert concerned(read(board), "HEAD") == ids


def test_a_contract_that_is_new_is_concerned_whole(board: Path) -> None:
    (board / "new.yaml").write_text(BOARD)
    assert concerned(read(board / "new.yaml"), "HEAD") == ("listNotes", "listTags")


@pytest.mark.parametrize("revision", ["nonsense", "--output=x", ""])
def test_a_revision_that_git_has_not_is_refused(board: Path, revision: str) -> None:
    with pytest.raises(WrongUse, match="name a commit, branch or tag"):
        concerned(read(board), revision)


def test_a_folder_without_git_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    (tmp_path / "openapi.yaml").write_bytes((ROOT / "openapi.yaml").read_bytes())
    with pytest.raises(WrongUse, match="not a git repository"):
        concerned(read(tmp_path), "HEAD")
