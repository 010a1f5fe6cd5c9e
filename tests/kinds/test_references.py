"""`x-references`: by an id or a name, one or many, and what becomes of them when what they name is deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, HTTPException, Response

from specdouble.contract import read
from specdouble.double.double import Double
from specdouble.double.double import Settings as DoubleSettings
from specdouble.double.state.seed import SeedError
from specdouble.prove.bench import Bench, Options
from specdouble.verify.verdict import KEPT
from tests.kinds.others import doubled, findings_of, survivors, verdict_of

CONTRACT = Path(__file__).with_name("shelves.yaml")
RULES = tuple(key for key in read(CONTRACT).rules if key.startswith("references:"))


@pytest.fixture(scope="module")
def shelves() -> Iterator[httpx.Client]:
    with doubled(CONTRACT) as client:
        yield client


def made(client: httpx.Client, path: str, **body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def shelf(client: httpx.Client, code: str) -> dict[str, Any]:
    return made(client, "/shelves", code=code, roomId=made(client, "/rooms", name="hall")["id"])


# The double


def test_a_document_is_named_by_another_key_than_its_id(shelves: httpx.Client) -> None:
    one = shelf(shelves, "A1")
    made(shelves, "/books", shelf="A1")
    refused = shelves.post("/books", json={"shelf": one["id"]})
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (422, "references:books.shelf")


def test_each_of_an_array_names_a_document(shelves: httpx.Client) -> None:
    shelf(shelves, "A2")
    names = [made(shelves, "/labels", name=name)["name"] for name in ("old", "rare")]
    made(shelves, "/books", shelf="A2", labels=names)
    assert shelves.post("/books", json={"shelf": "A2", "labels": [*names, "none"]}).status_code == 422


def test_what_is_named_stays_where_the_end_is_restrict(shelves: httpx.Client) -> None:
    one = shelf(shelves, "A3")
    refused = shelves.delete(f"/rooms/{one['roomId']}")
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (409, "references:shelves.roomId.onDelete")
    assert shelves.get(f"/rooms/{one['roomId']}").status_code == 200
    shelves.delete(f"/shelves/{one['id']}")
    assert shelves.delete(f"/rooms/{one['roomId']}").status_code == 204


def test_what_names_it_goes_too_where_the_end_is_cascade(shelves: httpx.Client) -> None:
    one = shelf(shelves, "A4")
    shelf(shelves, "A5")
    books = [made(shelves, "/books", shelf=code)["id"] for code in ("A4", "A5")]
    assert shelves.delete(f"/shelves/{one['id']}").status_code == 204
    assert [shelves.get(f"/books/{book}").status_code for book in books] == [404, 200]


def test_a_value_is_emptied_where_the_end_is_set_null(shelves: httpx.Client) -> None:
    shelf(shelves, "A6")
    spare = shelf(shelves, "A7")
    label = made(shelves, "/labels", name="torn")
    made(shelves, "/labels", name="kept")
    book = made(shelves, "/books", shelf="A6", spare=spare["id"], labels=["torn", "kept"])
    shelves.delete(f"/shelves/{spare['id']}")
    shelves.delete(f"/labels/{label['id']}")
    assert shelves.get(f"/books/{book['id']}").json() == {**book, "spare": None, "labels": ["kept"]}


def test_a_value_stays_where_the_end_is_ignore(shelves: httpx.Client) -> None:
    shelf(shelves, "A8")
    room = made(shelves, "/rooms", name="attic")
    book = made(shelves, "/books", shelf="A8", shown=room["id"])
    assert shelves.delete(f"/rooms/{room['id']}").status_code == 204
    assert shelves.get(f"/books/{book['id']}").json() == book


CHAIN = """
openapi: 3.0.3
info: {title: Chain, version: "1"}
paths:
  /links:
    post:
      operationId: post_link
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Link'}}}}
      responses: {'201': {description: made, content: {application/json: {schema: {$ref: '#/components/schemas/Link'}}}}, '400': {description: bad}, '422': {description: no}}
  /links/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: get_link
      responses: {'200': {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Link'}}}}, '404': {description: none}}
    delete:
      operationId: delete_link
      responses: {'204': {description: gone}, '404': {description: none}, '409': {description: held}}
components:
  schemas:
    Link:
      type: object
      x-resource: {collection: links, id: id}
      properties:
        id: {type: string, readOnly: true}
        above: {type: string, x-references: {collection: links, onDelete: cascade}}
        beside: {type: string, x-references: {collection: links, onDelete: restrict}}
"""  # noqa: E501


def test_a_deletion_that_reaches_what_must_stay_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CHAIN, "utf-8")
    (tmp_path / "mock_data").mkdir()
    chain = [{"id": "0"}, *({"id": str(number), "above": str(number - 1)} for number in range(1, 1500))]
    holder = {"id": "holder", "beside": "1499"}  # at the end of more links than calls may go deep
    (tmp_path / "mock_data" / "links.json").write_text(json.dumps([*chain, holder]), "utf-8")
    with doubled(tmp_path) as client:
        assert client.delete("/links/0").status_code == 409
        assert {client.get(f"/links/{one}").status_code for one in (0, 700, 1499)} == {200}
        client.delete("/links/holder")
        assert client.delete("/links/0").status_code == 204
        assert {client.get(f"/links/{one}").status_code for one in (0, 700, 1499)} == {404}


def test_what_goes_too_forbids_nothing(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CHAIN, "utf-8")
    with doubled(tmp_path) as client:
        first = made(client, "/links")["id"]
        made(client, "/links", above=first, beside=first)
        assert client.delete(f"/links/{first}").status_code == 204


def test_a_seed_that_names_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT.read_text("utf-8"), "utf-8")
    (tmp_path / "mock_data").mkdir()
    seed = {
        "rooms": [{"id": "r1", "name": "hall"}],
        "shelves": [{"id": "s1", "code": "A1", "roomId": "r1"}],
        "books": [{"id": "b1", "shelf": "A1"}, {"id": "b2", "shelf": "s1"}],
    }
    for name, documents in seed.items():
        (tmp_path / "mock_data" / f"{name}.json").write_text(json.dumps(documents), "utf-8")
    with pytest.raises(SeedError) as refused:
        Double(DoubleSettings(tmp_path))
    assert [finding.pointer for finding in refused.value.findings] == ["/1/shelf"]


# The annotation


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        ("{collection: shelves, key: cod, onDelete: cascade}", "have no property `cod`"),
        ("{collection: shelves, key: code, onDelete: delete}", "`onDelete` knows no `delete`"),
        ("{collection: shelves, key: code, ondelete: cascade}", "`x-references` has no key `ondelete`"),
        ("{collection: shelves, visible: nobody}", "`visible` knows no `nobody`"),
        ("{collection: shelves, onDelete: set-null}", "it cannot be emptied"),
        ("{collection: shelfs}", "names the collection `shelfs`"),
    ],
)
def test_lint_refuses_a_reference_that_means_nothing(tmp_path: Path, instead: str, reason: str) -> None:
    written = "{collection: shelves, key: code, onDelete: cascade}"
    assert any(reason in told for told in findings_of(CONTRACT, written, instead, tmp_path))


# The verifier


class Shelves:
    """A server that somebody else could have written, with one fault or none.

    Args:
        fault: what it does wrong; empty where it does nothing wrong.
    """

    def __init__(self, fault: str = "") -> None:
        self.fault = fault
        self.kept: dict[str, dict[str, dict[str, Any]]] = {"rooms": {}, "shelves": {}, "labels": {}, "books": {}}
        self.app = FastAPI()
        for kind in self.kept:
            self.app.post(f"/{kind}", status_code=201)(self.creating(kind))
            self.app.get(f"/{kind}/{{key}}")(self.reading(kind))
            self.app.delete(f"/{kind}/{{key}}", status_code=204)(self.deleting(kind))
        self.app.get("/books")(lambda: [*self.kept["books"].values()])

    def creating(self, kind: str) -> Any:
        def create(body: dict[str, Any]) -> dict[str, Any]:
            texts = {"rooms": ("name",), "labels": ("name",), "shelves": ("code", "roomId"), "books": ("shelf",)}[kind]
            if any(not isinstance(body.get(name), str) or not 0 < len(body[name]) <= 60 for name in texts):
                raise HTTPException(422)
            unique = {"labels": "name", "shelves": "code"}.get(kind)
            if unique and body[unique] in self.values(kind, unique):
                raise HTTPException(409)
            self.hold_references(body)
            document = {**body, "id": f"{kind}-{len(self.kept[kind]) + 1}-{id(body)}"}
            self.kept[kind][document["id"]] = document
            return document

        return create

    def values(self, kind: str, name: str) -> set[str]:
        return {one[name] for one in self.kept[kind].values()}

    def hold_references(self, body: dict[str, Any]) -> None:
        labels = body.get("labels") or []
        checked = labels[:1] if self.fault == "the first label alone" else labels
        known = self.values("shelves", "code") if self.fault != "any shelf" else {body.get("shelf")}
        wrong = [
            "shelf" in body and body["shelf"] not in known,
            body.get("spare") is not None and body["spare"] not in self.kept["shelves"],
            "shown" in body and body["shown"] not in self.kept["rooms"],
            "roomId" in body and body["roomId"] not in self.kept["rooms"],
            any(label not in self.values("labels", "name") for label in checked),
        ]
        if any(wrong):
            raise HTTPException(422)

    def reading(self, kind: str) -> Any:
        def read_one(key: str) -> dict[str, Any]:
            if key not in self.kept[kind]:
                raise HTTPException(404)
            return self.kept[kind][key]

        return read_one

    def deleting(self, kind: str) -> Any:
        def delete(key: str) -> Response:
            if key not in self.kept[kind]:
                raise HTTPException(404)
            getattr(self, f"leave_{kind}", lambda _: None)(self.kept[kind][key])
            del self.kept[kind][key]
            return Response(status_code=204)

        return delete

    def leave_rooms(self, room: dict[str, Any]) -> None:
        if self.fault != "a room in use goes" and room["id"] in self.values("shelves", "roomId"):
            raise HTTPException(409)

    def leave_shelves(self, shelf: dict[str, Any]) -> None:
        books = self.kept["books"]
        if self.fault == "all books go":
            books.clear()
        if self.fault != "books stay":
            self.kept["books"] = {key: one for key, one in books.items() if one["shelf"] != shelf["code"]}
        for one in self.kept["books"].values():
            if self.fault != "the spare stays" and one.get("spare") == shelf["id"]:
                one["spare"] = None

    def leave_labels(self, label: dict[str, Any]) -> None:
        for one in self.kept["books"].values():
            if self.fault != "the label stays" and label["name"] in one.get("labels", []):
                one["labels"] = [name for name in one["labels"] if name != label["name"]]


@pytest.mark.slow
def test_a_server_that_keeps_references_is_found_to_keep_them() -> None:
    verdict = verdict_of(Shelves().app, CONTRACT, RULES)
    assert verdict.failures == []
    assert {key: verdict.rows[key].state for key in RULES} == dict.fromkeys(RULES, "kept")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "rule"),
    [
        ("any shelf", "references:books.shelf"),
        ("the first label alone", "references:books.labels"),
        ("a room in use goes", "references:shelves.roomId.onDelete"),
        ("books stay", "references:books.shelf.onDelete"),
        ("all books go", "references:books.shelf.onDelete"),
        ("the spare stays", "references:books.spare.onDelete"),
        ("the label stays", "references:books.labels.onDelete"),
    ],
)
def test_a_server_with_a_fault_is_found_to_break_the_rule(fault: str, rule: str) -> None:
    assert verdict_of(Shelves(fault).app, CONTRACT, (rule,)).broken == [rule]


@pytest.mark.slow
def test_every_mutant_is_killed() -> None:
    assert survivors(CONTRACT, "references") == []


# A document whose id is another's


PROFILES = Path(__file__).with_name("profiles.yaml")


def test_an_id_can_be_that_of_another_document() -> None:
    with doubled(PROFILES) as client:
        assert client.post("/profiles", json={"userId": "nobody"}).status_code == 422
        user = client.post("/users", json={"name": "ada"}).json()["id"]
        assert client.post("/profiles", json={"userId": user}).status_code == 201
        assert client.delete(f"/users/{user}").status_code == 204
        assert client.get(f"/profiles/{user}").status_code == 404


@pytest.mark.slow
def test_a_reference_that_is_an_id_is_found_to_be_kept_or_not() -> None:
    bench = Bench(Options(PROFILES, seed=1))
    about = replace(bench.settings, rules=("references:profiles.userId",), phases=("rules",))
    assert bench.verified(lambda parts: parts, about).rows["references:profiles.userId"].state == KEPT
    unasked = bench.mutants["references.dropped:profiles.userId"]
    assert "references:profiles.userId" in bench.verified(unasked.change, about).broken
