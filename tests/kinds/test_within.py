"""`x-references` within what both documents have alike: a page of the same folder, a stamp of the same folder's id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from specdouble.contract import read
from specdouble.prove.bench import Bench, Options
from tests.kinds.others import doubled, findings_of

CONTRACT = Path(__file__).with_name("folders.yaml")
RULES = read(CONTRACT).rules
NEXT, TWIN, FAR, OVER = (
    f"references:{one}" for one in ("pages.nextId", "pages.twinId", "pages.farId", "stamps.overId")
)


@pytest.fixture(scope="module")
def folders() -> Iterator[httpx.Client]:
    with doubled(CONTRACT) as client:
        yield client


def made(client: httpx.Client, path: str, **body: object) -> str:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_an_annotation_says_it_and_words_do_and_words_take_it_back() -> None:
    shared = {key: getattr(RULES[key], "within", None) for key in (NEXT, TWIN, FAR, OVER)}
    alike = (("folderId", "folderId"),)
    assert shared == {NEXT: alike, TWIN: alike, FAR: (), OVER: alike}
    assert str(RULES[TWIN]) == "twinId is the id of a document of pages that has the same folderId"


@pytest.mark.parametrize(("name", "elsewhere"), [("nextId", 422), ("twinId", 422), ("farId", 201)])
def test_the_double_takes_a_page_of_the_same_folder(folders: httpx.Client, name: str, elsewhere: int) -> None:
    here, there = (made(folders, "/folders", title=title) for title in ("here", "there"))
    near, far = (made(folders, f"/folders/{one}/pages", text="a") for one in (here, there))
    assert folders.post(f"/folders/{here}/pages", json={"text": "b", name: near}).status_code == 201
    assert folders.post(f"/folders/{here}/pages", json={"text": "c", name: far}).status_code == elsewhere


def test_the_double_takes_a_stamp_with_the_same_property(folders: httpx.Client) -> None:
    here, there = (made(folders, "/folders", title=title) for title in ("this", "that"))
    near, far = (made(folders, "/stamps", folderId=one) for one in (here, there))
    assert folders.post("/stamps", json={"folderId": here, "overId": near}).status_code == 201
    refused = folders.post("/stamps", json={"folderId": here, "overId": far})
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (422, OVER)


def test_a_word_that_they_do_not_share_is_found(tmp_path: Path) -> None:
    [reason] = findings_of(CONTRACT, "within: folderId", "within: folder", tmp_path)
    assert reason == "documents of stamps and of stamps have no `folder` alike"


def test_the_double_is_said_to_keep_them_and_each_mutant_is_killed() -> None:
    bench = Bench(Options(CONTRACT, seed=1))
    ours = replace(bench.settings, phases=("rules",))
    verdict = bench.verified(lambda parts: parts, ours)
    assert [(one.check, one.promise, one.seen) for one in verdict.failures] == []
    assert {verdict.rows[one].state for one in (NEXT, TWIN, FAR, OVER)} == {"kept"}
    mutants = {key: one for key, one in bench.mutants.items() if one.kind == "references.from-elsewhere"}
    assert {key.partition(":")[2] for key in mutants} == {"pages.nextId", "pages.twinId", "stamps.overId"}
    for mutant in mutants.values():
        about = replace(ours, rules=mutant.concerns, max_failures=1)
        assert bench.verified(mutant.change, about).broken == [mutant.concerns[0]]
