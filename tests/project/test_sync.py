"""A project follows its contract: what is gained is added, what is lost is named, what is written stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from specdouble.cli import main
from specdouble.project.skeleton import template


def project(folder: Path) -> Path:
    (folder / "openapi.yaml").write_text(template("openapi.yaml"), "utf-8")
    written = "from specdouble.double import Problem\n\n\ndef list_books(status=None):\n    return NotImplemented\n"
    (folder / "handlers").mkdir()
    (folder / "handlers" / "books.py").write_text(written, "utf-8")
    return folder / "handlers" / "books.py"


def sync(folder: Path, *options: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["sync", str(folder), *options])
    return result.exit_code, result.output


def test_functions_for_new_operations_stand_after_every_line_that_was_written(tmp_path: Path) -> None:
    books = project(tmp_path)
    before = books.read_text("utf-8")
    code, told = sync(tmp_path)
    assert code == 0
    assert books.read_text("utf-8").startswith(before)
    assert "create_book, get_book, replace_book, delete_book" in told
    assert "def list_authors():" in (tmp_path / "handlers" / "authors.py").read_text("utf-8")
    assert sync(tmp_path) == (0, "every operation has its function\n")


def test_what_the_contract_has_lost_is_named_and_kept(tmp_path: Path) -> None:
    books = project(tmp_path)
    sync(tmp_path)
    contract = tmp_path / "openapi.yaml"
    contract.write_text(contract.read_text("utf-8").replace("operationId: getBook", "operationId: fetchBook"), "utf-8")
    code, told = sync(tmp_path)
    assert code == 0
    assert "`get_book` is no operation of the tag" in told
    assert "def get_book(id):" in books.read_text("utf-8")
    assert "def fetch_book(id):" in books.read_text("utf-8")


def test_a_check_writes_nothing_and_fails(tmp_path: Path) -> None:
    books = project(tmp_path)
    before = books.read_text("utf-8")
    assert sync(tmp_path, "--check")[0] == 1
    assert books.read_text("utf-8") == before


def test_a_module_that_cannot_be_read_is_told_with_its_line_and_stays(tmp_path: Path) -> None:
    books = project(tmp_path)
    books.write_text("def list_books(:\n", "utf-8")
    code, told = sync(tmp_path)
    assert code == 3
    assert f"{books}:1" in told
    assert books.read_text("utf-8") == "def list_books(:\n"


def test_of_several_modules_all_get_their_functions_or_none(tmp_path: Path) -> None:
    books = project(tmp_path)
    before = books.read_text("utf-8")
    (tmp_path / "handlers" / "authors.py").symlink_to(tmp_path / "nowhere" / "x" / ("y" * 300))
    code, told = sync(tmp_path)
    assert (code, "nothing has been added" in told) == (3, True)
    assert books.read_text("utf-8") == before


def test_a_module_that_is_not_utf_8_is_told_and_stays(tmp_path: Path) -> None:
    books = project(tmp_path)
    books.write_bytes(b"# caf\xe9\n")
    code, told = sync(tmp_path)
    assert (code, "books.py: error: the module cannot be read: it is not UTF-8" in told) == (3, True)
    assert books.read_bytes() == b"# caf\xe9\n"


def test_a_function_under_another_tag_of_its_operation_is_not_written_anew(tmp_path: Path) -> None:
    books = project(tmp_path)
    contract = tmp_path / "openapi.yaml"
    contract.write_text(contract.read_text("utf-8").replace("tags: [books]", "tags: [catalogue, books]"), "utf-8")
    sync(tmp_path)
    assert "def list_books" not in (tmp_path / "handlers" / "catalogue.py").read_text("utf-8")
    assert books.read_text("utf-8").count("def list_books") == 1


@pytest.mark.parametrize(
    "written",
    [
        "create_book: object = list_books\n",
        "create_book, other = list_books, list_books\n",
        "try:\n    from x import create_book\nexcept ImportError:\n    def create_book(body):\n        return {}\n",
    ],
)
def test_a_handler_that_is_no_plain_function_is_not_written_anew(tmp_path: Path, written: str) -> None:
    books = project(tmp_path)
    books.write_text(books.read_text("utf-8") + written, "utf-8")
    sync(tmp_path)
    after = books.read_text("utf-8").split(written)[1]
    assert "def get_book" in after
    assert "def create_book" not in after


def test_the_lines_of_a_renamed_operation_are_told_to_move_to_its_new_function(tmp_path: Path) -> None:
    project(tmp_path)
    contract = tmp_path / "openapi.yaml"
    contract.write_text(contract.read_text("utf-8").replace("listBooks", "listAllBooks"), "utf-8")
    _, told = sync(tmp_path)
    assert "if `list_all_books` is meant, move its lines there" in told


def test_a_function_of_a_renamed_tag_is_told_to_move_to_its_module(tmp_path: Path) -> None:
    project(tmp_path)
    contract = tmp_path / "openapi.yaml"
    contract.write_text(contract.read_text("utf-8").replace("tags: [books]", "tags: [volumes]"), "utf-8")
    _, told = sync(tmp_path)
    assert "move `list_books` to handlers/volumes.py" in told


def test_a_lost_operation_is_not_taken_for_another_that_has_a_handler(tmp_path: Path) -> None:
    books = project(tmp_path)
    books.write_text(books.read_text("utf-8") + "\n\ndef list_book(body):\n    return {}\n", "utf-8")
    books.write_text(books.read_text("utf-8").replace("return NotImplemented", "return []"), "utf-8")
    _, told = sync(tmp_path)
    assert "or `_list_book` where it only helps\n" in told
