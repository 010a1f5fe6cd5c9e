"""`x-resource` whose owner or tenant is held by a property of another name than the claim's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.contract import read
from tests.kinds.others import doubled, findings_of, survivors

CONTRACT = Path(__file__).with_name("posts.yaml")
USERS = """
[[tool.specdouble.verify.users]]
name = "ann"
tenant = "red"
credentials = { key = "a" }

[[tool.specdouble.verify.users]]
name = "bob"
tenant = "red"
credentials = { key = "b" }
"""
PEOPLE = '[{"id": "ann", "team": "red", "key": "a"}, {"id": "bob", "team": "red", "key": "b"}]'


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("posts")
    (folder / "openapi.yaml").write_text(CONTRACT.read_text("utf-8"), "utf-8")
    (folder / "pyproject.toml").write_text(USERS, "utf-8")
    (folder / "mock_data").mkdir()
    (folder / "mock_data" / "people.json").write_text(PEOPLE, "utf-8")
    return folder


@pytest.fixture(scope="module")
def posts(project: Path) -> Iterator[httpx.Client]:
    with doubled(project) as client:
        yield client


ANN, BOB = {"X-Key": "a"}, {"X-Key": "b"}


def test_a_document_holds_the_claims_by_the_names_of_its_own(posts: httpx.Client) -> None:
    post = posts.post("/posts", json={"text": "hello", "createdBy": "bob"}, headers=ANN).json()
    assert (post["createdBy"], post["team"]) == ("ann", "red")


def test_anothers_document_does_not_exist(posts: httpx.Client) -> None:
    post = posts.post("/posts", json={"text": "mine"}, headers=ANN).json()["id"]
    assert [posts.get(f"/posts/{post}", headers=one).status_code for one in (ANN, BOB)] == [200, 404]
    assert post not in [one["id"] for one in posts.get("/posts", headers=BOB).json()]
    assert posts.delete(f"/posts/{post}", headers=BOB).status_code == 404


def test_anothers_document_is_not_referred_to_though_the_names_differ(posts: httpx.Client) -> None:
    post = posts.post("/posts", json={"text": "mine"}, headers=ANN).json()["id"]
    assert posts.post("/drafts", json={"postId": post}, headers=ANN).status_code == 201
    assert posts.post("/drafts", json={"postId": post}, headers=BOB).status_code == 422


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        ("{property: createdby, claim: sub}", "the schema has no property `createdby` to hold the owner"),
        ("{property: createdBy, clam: sub}", "`owner` of `x-resource` has no key `clam`"),
    ],
)
def test_lint_refuses_a_holder_that_holds_nothing(tmp_path: Path, instead: str, reason: str) -> None:
    assert any(reason in told for told in findings_of(CONTRACT, "{property: createdBy, claim: sub}", instead, tmp_path))


@pytest.mark.parametrize(
    ("instead", "claim"), [("{property: createdBy, claim: subject}", "subject"), ("createdBy",) * 2]
)
def test_a_claim_that_no_credential_has_is_told(tmp_path: Path, instead: str, claim: str) -> None:
    text = CONTRACT.read_text("utf-8").replace("{property: createdBy, claim: sub}", instead)
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    told = [finding.reason for finding in read(tmp_path).findings]
    assert any(f"no `x-identity` has a claim `{claim}`" in reason for reason in told)


@pytest.mark.slow
def test_the_verifier_finds_documents_that_are_not_kept_apart(project: Path) -> None:
    assert survivors(project, "owner") == []
    assert [key for key in survivors(project, "references") if "of-" in key] == []
