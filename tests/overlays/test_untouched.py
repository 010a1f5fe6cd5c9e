"""A contract that nobody may edit keeps its rules: by an overlay beside it, and a seed that no schema describes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.contract import read
from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.verify.settings import load
from specdouble.verify.verdict import KEPT
from specdouble.verify.verification import verify

LEADS = Path(__file__).parent / "leads"
KNOWN, UNKNOWN = "64eea1110000000000000001", "64eea11100000000000000ff"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(Settings(LEADS)) as url:
        yield url


def create(url: str, name: str, process: str = KNOWN, key: str = "key-ada") -> httpx.Response:
    body = {"configurationName": name, "initialStage": "New", "defaultProcess": process}
    headers = {"Authorization": f"Bearer {key}"}
    return httpx.post(f"{url}/api/configurations", json=body, headers=headers)


def test_a_name_is_unique_for_its_user_whatever_its_case(url: str) -> None:
    answers = [create(url, "Autumn"), create(url, "AUTUMN"), create(url, "Autumn", key="key-grace")]
    assert [answer.status_code for answer in answers] == [201, 400, 201]
    assert answers[1].headers["X-Specdouble-Rule"] == "unique:configurations.configurationName"


def test_a_reference_names_a_document_of_a_collection_that_the_seed_alone_has(url: str) -> None:
    answers = [create(url, "Spring", KNOWN), create(url, "Winter", UNKNOWN)]
    assert [answer.status_code for answer in answers] == [201, 400]
    assert answers[1].headers["X-Specdouble-Rule"] == "references:configurations.defaultProcess"


def test_what_the_client_leaves_out_the_server_fills_in(url: str) -> None:
    made = create(url, "Summer").json()["data"]
    assert (made["source"], made["userId"]) == ("Unassigned", "64ee9a8b1e7f2a0011223399")
    assert made["createdAt"] == made["updatedAt"]


def test_a_collection_that_neither_a_schema_nor_the_seed_has_is_refused(tmp_path: Path) -> None:
    from specdouble.contract import ContractError

    for file in ("openapi.yaml", "leads.overlay.yaml"):
        (tmp_path / file).write_bytes((LEADS / file).read_bytes())
    with pytest.raises(ContractError) as refused:
        read(tmp_path)
    told = [(Path(one.file).name, one.line) for one in refused.value.findings if one.severity == "error"]
    assert told == [("leads.overlay.yaml", 12), ("leads.overlay.yaml", 18)]


@pytest.mark.slow
def test_verify_exercises_all_that_one_operation_can_show(url: str) -> None:
    verdict = verify(read(LEADS), load(LEADS, url=url, yes=True, max_examples=5))
    rules = {name: row.state for name, row in verdict.rows.items() if ":" in name}
    assert set(rules.values()) == {KEPT}
    assert {"unique:configurations.configurationName", "references:configurations.defaultProcess"} <= rules.keys()
