"""The annotations of a contract, moved into an overlay: nothing is lost, and the rest stays as it was written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specdouble.contract import Contract, read
from specdouble.contract.source import read_text
from specdouble.contract.spans import without
from specdouble.contract.splitting import CannotSplit, Split, split
from specdouble.contract.written import in_yaml
from specdouble.prove.mutants import mutants_of
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("text", "gone", "left"),
    [
        ("a: 1\nx-b: 2  # why\nc: 3\n", ["/x-b"], "a: 1\nc: 3\n"),
        ("a: 1\nx-b:\n  c: [1,\n    2]\n  d: |\n    text\n# of e\ne: 3\n", ["/x-b"], "a: 1\n# of e\ne: 3\n"),
        ("a: {x-b: 1, c: 2, x-d: 3}\n", ["/a/x-b", "/a/x-d"], "a: {c: 2}\n"),
        ("a: {x-b: 1, x-c: 2}\n", ["/a/x-b", "/a/x-c"], "a: {}\n"),
        ("a:\n  x-b: 1\n  x-c: 2\nd: 1\n", ["/a/x-b", "/a/x-c"], "a:\n  {}\nd: 1\n"),
        ("- x-a: 1\n  b: 2\n- x-a: 1\n", ["/0/x-a", "/1/x-a"], "- b: 2\n- {}\n"),
        ('{"a": 1,\n "x-b": {"c": [1]},\n "d": 2}', ["/x-b"], '{"a": 1,\n "d": 2}'),
        ('{"a": 1,\n "x-b": 2}', ["/x-b"], '{"a": 1}'),
        ('{"a": "\\ud83d\\ude00", "x-b": "\\ud83d\\ude00"}', ["/x-b"], '{"a": "\\ud83d\\ude00"}'),
        ("ż: 1\n'x/b': 2\nc: 3", ["/x~1b"], "ż: 1\nc: 3"),
        ("a: &one\n  x-b: 1\n  c: 2\nd: *one\n", ["/a/x-b", "/d/x-b"], "a: &one\n  c: 2\nd: *one\n"),
        ("- x-a: 1\n  ? b\n  : 2\n", ["/0/x-a"], "- ? b\n  : 2\n"),
        ("? x-a\n: 1\n? b\n: 2\n", ["/x-a"], "? b\n: 2\n"),
        ("a: 1\r\nx-b: 2\r\nc: 3\r\n", ["/x-b"], "a: 1\r\nc: 3\r\n"),
    ],
)  # fmt: skip
def test_entries_are_cut_out_and_the_rest_stays_as_it_is_written(text: str, gone: list[str], left: str) -> None:
    assert without(text, gone) == left


@pytest.mark.parametrize(
    "text",
    ["1e3", "0o7", "on", "12:30", "~", "", "a\nb\n", "  a\nb", "\x85", "\u2028a", "- a", "#", "'\"", "&a", "a: b"],
)
def test_what_is_written_as_yaml_is_read_as_the_same(text: str) -> None:
    data = {"value": text, f"{text}key": [text, {}]}
    assert read_text(in_yaml(data), Path("a.yaml"), "a.yaml").data == data


def parted(folder: Path, contract: Contract) -> Split:
    """The split of a contract, written into another folder."""
    overlay = folder / f"{contract.path.stem}.overlay.yaml"
    done = split(contract, contract.path.with_name(overlay.name))
    overlay.write_text(done.overlay, "utf-8")
    (folder / contract.path.name).write_text(done.text, "utf-8")
    return done


def test_the_root_contract_without_its_annotations_and_an_overlay_have_the_same_rules_and_mutants(
    tmp_path: Path,
) -> None:
    whole = read(ROOT)
    done = parted(tmp_path, whole)
    assert "x-" not in done.text.replace("(x-)", "")
    again = read(tmp_path)
    assert {str(one): one.id for one in again.rules.values()} == {str(one): one.id for one in whole.rules.values()}
    assert {Path(one.file).name for one in again.rules.values() if not one.native} == {"openapi.overlay.yaml"}
    assert again.actions == whole.actions
    assert [(one.id, one.sentence) for one in mutants_of(again)] == [
        (one.id, one.sentence) for one in mutants_of(whole)
    ]


def test_the_contract_keeps_every_line_but_those_of_its_annotations(tmp_path: Path) -> None:
    text = (ROOT / "openapi.yaml").read_text("utf-8")
    left = iter(parted(tmp_path, read(ROOT)).text.splitlines())
    kept = next(left)
    gone = []
    for line in text.splitlines():
        if line == kept:
            kept = next(left, "")
        else:
            gone.append(line)
    assert len(gone) >= 19
    assert all(
        "x-" in line or line.strip().split(":")[0] in ("collection", "claims", "credential", "expires") for line in gone
    )


def test_a_contract_in_json_is_split_too(tmp_path: Path) -> None:
    folder = tmp_path / "apart"
    folder.mkdir()
    data = read(ROOT).document.source.data
    (tmp_path / "openapi.json").write_text(json.dumps(data, indent=1), "utf-8")
    whole = read(tmp_path)
    parted(folder, whole)
    assert [*read(folder).rules] == [*whole.rules]


def test_where_there_is_nothing_to_move_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(CannotSplit, match="no annotation of its own"):
        split(read(ROOT / "tests" / "contracts" / "petstore.yaml"), tmp_path / "petstore.overlay.yaml")


def test_annotations_of_others_stay_where_they_are(tmp_path: Path) -> None:
    text = (ROOT / "openapi.yaml").read_text("utf-8").replace("servers:", "x-internal: true\nservers:", 1)
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    assert "x-internal: true" in split(read(tmp_path), tmp_path / "a.overlay.yaml").text


def test_what_would_say_something_else_is_not_split(tmp_path: Path) -> None:
    text = (ROOT / "openapi.yaml").read_text("utf-8")
    anchored = text.replace("x-timestamp: created", "x-timestamp: &when created", 1)
    anchored = anchored.replace("version: 1.0.0", "version: 1.0.0\n  x-when: *when", 1) + "x-late: *when\n"
    anchored = anchored.replace("  x-when: *when\n", "", 1)
    (tmp_path / "openapi.yaml").write_text(anchored, "utf-8")
    with pytest.raises(CannotSplit):
        split(read(tmp_path), tmp_path / "a.overlay.yaml")
