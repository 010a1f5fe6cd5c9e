"""`x-soft-delete`: kept by the double, attacked by the verifier on another server, broken by its mutants."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Response

from specdouble.contract import Contract, ContractError, read
from specdouble.double.double import Double
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.state.seed import SeedError
from tests.kinds.others import doubled, findings_of, survivors, verdict_of

CONTRACT = Path(__file__).with_name("wiki.yaml")
FREE, TAKEN = "softDelete:pages.deletedAt", "softDelete:authors.archived"
SOMETIME = "2020-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def wiki() -> Iterator[httpx.Client]:
    with doubled(CONTRACT) as client:
        yield client


def page(wiki: httpx.Client, title: str, **more: Any) -> str:
    answer = wiki.post("/pages", json={"title": title, **more})
    assert answer.status_code == 201
    return str(answer.json()["id"])


# The double


def test_a_deletion_shows_when_it_was_and_nobody_finds_the_document_afterwards(wiki: httpx.Client) -> None:
    gone = page(wiki, "gone")
    assert wiki.delete(f"/pages/{gone}").json()["deletedAt"] > SOMETIME
    answers = [
        wiki.get(f"/pages/{gone}"),
        wiki.patch(f"/pages/{gone}", json={"title": "x"}),
        wiki.delete(f"/pages/{gone}"),
    ]
    assert [one.status_code for one in answers] == [404, 404, 404]
    assert gone not in [one["id"] for one in wiki.get("/pages").json()]


def test_its_owner_finds_it_no_more_either(tmp_path: Path) -> None:
    text = CONTRACT.read_text("utf-8").replace("pages, id: id}", "pages, id: id, owner: writer}")
    text = text.replace("        deletedAt: ", "        writer: {type: string, readOnly: true}\n        deletedAt: ")
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    world = Double(DoubleSettings(tmp_path)).world("default")
    hers = world.collection("pages", {"writer": "ada"})
    gone = hers.insert_one({"title": "gone"}).inserted_id
    hers.insert_one({"title": "there"})
    hers.delete_one({"id": gone})
    assert hers.find_one({"id": gone}) is None
    assert [one["title"] for one in hers.find()] == ["there"]


def test_it_stays_in_the_store(wiki: httpx.Client) -> None:
    gone = page(wiki, "kept for ever")
    wiki.delete(f"/pages/{gone}")
    wiki.put("/_specdouble/snapshots/after")
    kept = wiki.get("/_specdouble/snapshots/after").json()["pages"]
    assert [one["title"] for one in kept if one["id"] == gone] == ["kept for ever"]
    assert wiki.post("/_specdouble/snapshots/after/restore").is_success
    assert wiki.get(f"/pages/{gone}").status_code == 404


def test_a_name_is_free_again_or_stays_taken_as_the_contract_says(wiki: httpx.Client) -> None:
    wiki.delete(f"/pages/{page(wiki, 'Free')}")
    assert page(wiki, "free")
    author = wiki.post("/authors", json={"handle": "ada"}).json()["id"]
    wiki.delete(f"/authors/{author}")
    assert wiki.post("/authors", json={"handle": "ada"}).status_code == 409


def test_nobody_may_name_a_document_that_was_deleted(wiki: httpx.Client) -> None:
    author = wiki.post("/authors", json={"handle": "grace"}).json()["id"]
    by_her = page(wiki, "by grace", authorId=author)
    wiki.delete(f"/authors/{author}")
    assert wiki.post("/pages", json={"title": "later", "authorId": author}).status_code == 422
    assert wiki.get(f"/pages/{by_her}").json()["authorId"] == author


def test_a_client_deletes_nothing_by_the_property(wiki: httpx.Client) -> None:
    there = page(wiki, "there", deletedAt=SOMETIME)
    assert wiki.patch(f"/pages/{there}", json={"title": "there", "deletedAt": SOMETIME}).json()["deletedAt"] is None
    assert wiki.get(f"/pages/{there}").json()["deletedAt"] is None


def project(folder: Path, pages: list[dict[str, Any]]) -> Path:
    (folder / "openapi.yaml").write_text(CONTRACT.read_text("utf-8"), "utf-8")
    (folder / "mock_data").mkdir()
    (folder / "mock_data" / "pages.json").write_text(json.dumps(pages), "utf-8")
    (folder / "mock_data" / "authors.json").write_text('[{"id": "a", "handle": "a", "archived": true}]', "utf-8")
    return folder


def test_a_seed_may_hold_documents_that_were_deleted(tmp_path: Path) -> None:
    pages: list[dict[str, Any]] = [{"id": "1", "title": "Home", "deletedAt": SOMETIME}]
    pages += [{"id": "2", "title": "home", "deletedAt": None}]
    with doubled(project(tmp_path, pages)) as wiki:
        assert [one["id"] for one in wiki.get("/pages").json()] == ["2"]


def test_a_seed_names_no_document_that_was_deleted(tmp_path: Path) -> None:
    named: list[dict[str, Any]] = [{"id": "1", "title": "Home", "deletedAt": None, "authorId": "a"}]
    with pytest.raises(SeedError) as refused:
        Double(DoubleSettings(project(tmp_path, named)))
    assert ["references:pages.authorId" in one.reason for one in refused.value.findings] == [True]


def test_made_documents_are_there(tmp_path: Path) -> None:
    text = CONTRACT.read_text("utf-8").replace(
        "      operationId: post_page\n", "      operationId: post_page\n      x-action: none\n"
    )
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    with doubled(tmp_path) as wiki:
        shown = wiki.get("/pages").json()
    assert shown
    assert all(one["deletedAt"] is None for one in shown)


# The annotation


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("x-soft-deletes: deletedAt", "unknown annotation `x-soft-deletes`"),
        ("x-soft-delete: true", "names no property"),
        ("x-soft-delete: title", "holds neither a boolean nor the time"),
        ("x-soft-delete: deletedOn", "no property `deletedOn`"),
        ("x-soft-delete: {property: deletedAt, names: kept}", "`kept` says nothing of names"),
        ("x-soft-delete: {property: deletedAt, name: free}", "has no key `name`"),
    ],
)
def test_lint_refuses_a_soft_deletion_that_says_nothing(tmp_path: Path, written: str, reason: str) -> None:
    assert any(reason in one for one in findings_of(CONTRACT, "x-soft-delete: deletedAt", written, tmp_path))


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        ("deletedOn", "write `deletedAt`"),
        ("titel", "add it to the schema: a boolean, or a string of the format `date-time`"),  # `title` marks nothing
    ],
)
def test_the_remedy_for_a_property_that_is_not_there_is_one_that_can_mark(
    tmp_path: Path, written: str, remedy: str
) -> None:
    (tmp_path / "openapi.yaml").write_text(
        CONTRACT.read_text("utf-8").replace("x-soft-delete: deletedAt", f"x-soft-delete: {written}"), "utf-8"
    )
    with pytest.raises(ContractError) as refused:
        read(tmp_path)
    assert [one.remedy for one in refused.value.findings if "soft-delete" in one.pointer] == [remedy]


def test_the_property_of_a_document_that_is_there_must_be_able_to_be_missing(tmp_path: Path) -> None:
    nullable = "deletedAt: {type: string, format: date-time, nullable: true}"
    text = CONTRACT.read_text("utf-8").replace(nullable, "deletedAt: {type: string, format: date-time}")
    (tmp_path / "openapi.yaml").write_text(text, "utf-8")
    with pytest.raises(ContractError) as refused:
        read(tmp_path)
    assert any("its schema requires one" in one.reason for one in refused.value.findings)


# The verifier


class Wiki:
    """A server that somebody else could have written, with one fault or none."""

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.pages: list[dict[str, Any]] = []
        self.authors: list[dict[str, Any]] = []
        self.app = FastAPI()
        self.app.get("/pages")(self.list_pages)
        self.app.post("/pages", status_code=201)(self.post_page)
        self.app.get("/pages/{id}")(self.get_page)
        self.app.patch("/pages/{id}")(self.patch_page)
        self.app.delete("/pages/{id}")(self.delete_page)
        self.app.get("/authors")(lambda: self.there(self.authors, "archived"))
        self.app.post("/authors", status_code=201)(self.post_author)
        self.app.get("/authors/{id}")(self.get_author)
        self.app.delete("/authors/{id}", status_code=204)(self.delete_author)

    @staticmethod
    def there(documents: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
        return [one for one in documents if not one.get(name)]

    def found(self, documents: list[dict[str, Any]], name: str, id: str) -> dict[str, Any]:
        for one in self.there(documents, name):
            if one["id"] == id:
                return one
        raise HTTPException(404)

    def list_pages(self) -> list[dict[str, Any]]:
        return self.pages if self.fault == "lists them" else self.there(self.pages, "deletedAt")

    def hold(self, body: dict[str, Any], id: str = "") -> None:
        title = body.get("title")
        if not isinstance(title, str) or not 0 < len(title) <= 60:
            raise HTTPException(422)
        author = body.get("authorId")
        if author is not None and author not in [one["id"] for one in self.there(self.authors, "archived")]:
            raise HTTPException(422)
        others = self.pages if self.fault == "names stay" else self.there(self.pages, "deletedAt")
        if any(one["title"].casefold() == title.casefold() and one["id"] != id for one in others):
            raise HTTPException(409)

    def post_page(self, body: dict[str, Any]) -> dict[str, Any]:
        self.hold(body)
        deleted = body.get("deletedAt") if self.fault == "takes it" else None
        page = {"id": uuid4().hex, "title": body["title"], "deletedAt": deleted}
        if body.get("authorId") is not None:
            page["authorId"] = body["authorId"]
        self.pages.append(page)
        return page

    def get_page(self, id: str) -> dict[str, Any]:
        if self.fault == "reads them":
            return next((one for one in self.pages if one["id"] == id), None) or self.found(self.pages, "deletedAt", id)
        return self.found(self.pages, "deletedAt", id)

    def patch_page(self, id: str, body: dict[str, Any]) -> dict[str, Any]:
        if self.fault == "brings back":
            for one in self.pages:
                if one["id"] == id:
                    one["deletedAt"] = None
        page = self.found(self.pages, "deletedAt", id)
        self.hold({**page, **body}, id)
        page.update({name: value for name, value in body.items() if name in ("title", "authorId")})
        return page

    def delete_page(self, id: str) -> dict[str, Any]:
        page = self.found(self.pages, "deletedAt", id)
        if self.fault == "tells nothing":
            shown = dict(page)
            page["deletedAt"] = SOMETIME
            return shown
        page["deletedAt"] = SOMETIME
        return page

    def post_author(self, body: dict[str, Any]) -> dict[str, Any]:
        handle = body.get("handle")
        if not isinstance(handle, str) or not 0 < len(handle) <= 60:
            raise HTTPException(422)
        others = self.there(self.authors, "archived") if self.fault == "names go" else self.authors
        if any(one["handle"] == handle for one in others):
            raise HTTPException(409)
        author = {"id": uuid4().hex, "handle": handle, "archived": False}
        self.authors.append(author)
        return author

    def get_author(self, id: str) -> dict[str, Any]:
        return self.found(self.authors, "archived", id)

    def delete_author(self, id: str) -> Response:
        self.found(self.authors, "archived", id)["archived"] = True
        return Response(status_code=204)


def test_a_server_that_hides_what_was_deleted_is_found_to_keep_it() -> None:
    verdict = verdict_of(Wiki().app, CONTRACT, (FREE, TAKEN))
    assert ([verdict.rows[one].state for one in (FREE, TAKEN)], verdict.failures) == (["kept", "kept"], [])


@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("lists them", FREE),
        ("reads them", FREE),
        ("brings back", FREE),
        ("names stay", FREE),
        ("takes it", FREE),
        ("tells nothing", FREE),
        ("names go", TAKEN),
    ],
)
def test_a_server_that_does_not_is_found_to_break_it(fault: str, rule: str) -> None:
    assert rule in verdict_of(Wiki(fault).app, CONTRACT, (rule,)).broken


@pytest.mark.slow
def test_the_verifier_kills_each_mutant() -> None:
    assert survivors(CONTRACT, "softDelete") == []


def test_the_rule_is_told_as_a_sentence() -> None:
    contract: Contract = read(CONTRACT)
    assert "its unique values stay taken" in str(contract.rules[TAKEN])
