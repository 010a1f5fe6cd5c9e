"""What lies below a document goes with it, however deep, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contracts import client_for

ACADEMY = Path(__file__).parents[1] / "academy" / "openapi.yaml"  # enrolments have no owner, courses do
NAMED = "properties: {id: {type: integer, readOnly: true}, name: {type: string}}"
COLLECTIONS = (
    ("/orgs", "Org", "org"),
    ("/orgs/{org}/repos", "Repo", "repo"),
    ("/orgs/{org}/repos/{repo}/issues", "Issue", "issue"),
)
COLLECTION = """
  PATH:
    PARENTS
    get:
      responses:
        '200':
          description: All.
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/KIND'}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/KIND'}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/KIND'}}}}
    delete:
      responses: {'204': {description: All are gone.}}
  PATH/{NAME}:
    parameters: [INNER{name: NAME, in: path, required: true, schema: {type: integer}}]
    get:
      responses:
        '200': {description: One., content: {application/json: {schema: {$ref: '#/components/schemas/KIND'}}}}
        '404': {description: None.}
    delete:
      responses: {'204': {description: Gone.}, '404': {description: None.}}
"""  # fmt: skip


def contract() -> str:
    """Organizations, their repositories, and the issues of these; no create says what becomes of a parent of nobody."""
    paths, schemas, parents = "", "", ""
    for path, kind, name in COLLECTIONS:
        here = f"parameters: [{parents.rstrip(', ')}]" if parents else ""
        filled = COLLECTION.replace("PATH", path).replace("PARENTS", here).replace("INNER", parents)
        paths += filled.replace("KIND", kind).replace("NAME", name)
        schemas += f"    {kind}: {{type: object, {NAMED}}}\n"
        parents += f"{{name: {name}, in: path, required: true, schema: {{type: integer}}}}, "
    return f"openapi: 3.0.3\ninfo: {{title: t, version: '1'}}\npaths:{paths}components:\n  schemas:\n{schemas}"


def shared_contract() -> str:
    """The same, where everybody sees the organizations of others, and removes none of them."""
    resource = "x-resource: {collection: orgs, id: id, owner: ownerId, shared: true}"
    scheme = "  securitySchemes: {token: {type: http, scheme: bearer}}\n"
    properties = "properties: {ownerId: {type: string, readOnly: true},"
    text = contract().replace("Org: {type: object, properties: {", f"Org: {{{resource}, type: object, {properties}")
    return text.replace("components:\n", f"security: [{{token: []}}]\ncomponents:\n{scheme}")


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    with client_for(contract(), tmp_path) as client:
        yield client


def made(client: httpx.Client, path: str, headers: dict[str, str] | None = None) -> str:
    return f"{path}/{client.post(path, json={'name': 'a'}, headers=headers).json()['id']}"


def test_what_lies_below_a_document_goes_with_it_however_deep(client: httpx.Client) -> None:
    gone, kept = made(client, "/orgs"), made(client, "/orgs")
    repositories = [made(client, f"{org}/repos") for org in (gone, kept)]
    issues = [made(client, f"{repository}/issues") for repository in repositories]
    assert client.delete(gone).status_code == 204
    assert [client.get(path).status_code for path in (*repositories, *issues)] == [404, 200, 404, 200]


def test_what_lies_below_goes_with_all_of_a_collection(client: httpx.Client) -> None:
    org, other = made(client, "/orgs"), made(client, "/orgs")
    repositories = [made(client, f"{one}/repos") for one in (org, other)]
    issues = [made(client, f"{repository}/issues") for repository in repositories]
    assert client.delete(f"{org}/repos").status_code == 204
    assert [client.get(path).status_code for path in (org, *repositories, *issues)] == [200, 404, 200, 404, 200]


def test_what_lies_below_a_document_that_stays_stays_too(tmp_path: Path) -> None:
    ann, bob = ({"Authorization": f"Bearer {name}"} for name in ("ann", "bob"))
    with client_for(shared_contract(), tmp_path) as client:
        own, others = made(client, "/orgs", ann), made(client, "/orgs", bob)
        repositories = [made(client, f"{org}/repos", bob) for org in (own, others)]
        assert client.delete("/orgs", headers=ann).status_code == 204
        found = [client.get(path, headers=bob).status_code for path in (own, others, *repositories)]
    assert found == [404, 200, 404, 200]


def test_what_a_rule_keeps_stays_below_a_document_that_goes(tmp_path: Path) -> None:
    own = {
        "Repo": "org: {type: integer, readOnly: true}",
        "Issue": "about: {type: integer, x-references: {collection: repos, onDelete: restrict}}",
    }
    text = contract()
    for kind, property in own.items():
        resource = f"x-resource: {{collection: {kind.lower()}s, id: id}}"
        text = text.replace(
            f"{kind}: {{type: object, properties: {{", f"{kind}: {{{resource}, type: object, properties: {{{property}, "
        )
    with client_for(text, tmp_path) as client:
        org = made(client, "/orgs")
        repository = made(client, f"{org}/repos")
        about_it = {"about": int(repository.rpartition("/")[2])}
        issue = f"{repository}/issues/{client.post(f'{repository}/issues', json=about_it).json()['id']}"
        assert client.delete(org).status_code == 204
        assert [client.get(path).status_code for path in (org, repository, issue)] == [404, 200, 200]


def flat_contract() -> str:
    """Shelves of an owner, and books that are created below one and found by a path of their own."""
    return """
openapi: 3.0.3
info: {title: Shelves, version: '1'}
security: [{token: []}]
paths:
  /shelves:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}
  /shelves/{shelf}:
    parameters: [{name: shelf, in: path, required: true, schema: {type: string}}]
    get:
      responses:
        '200':
          description: One.
          headers: {ETag: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}
        '404': {description: None., content: {application/json: {schema: {type: object}}}}
    head:
      responses:
        '200': {description: It is there., headers: {ETag: {schema: {type: string}}}}
        '404': {description: None.}
    put:
      parameters: [{name: If-Match, in: header, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}
      responses:
        '200': {description: Changed., content: {application/json: {schema: {$ref: '#/components/schemas/Shelf'}}}}
        '404': {description: None.}
        '412': {description: Another version.}
    delete: {responses: {'204': {description: Gone.}, '404': {description: None.}}}
  /shelves/{shelf}/books:
    parameters: [{name: shelf, in: path, required: true, schema: {type: string}}]
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}
        '404': {description: None.}
  /books:
    get:
      responses:
        '200':
          description: All.
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Book'}}}}
  /books/{book}:
    parameters: [{name: book, in: path, required: true, schema: {type: string}}]
    get:
      responses:
        '200': {description: One., content: {application/json: {schema: {$ref: '#/components/schemas/Book'}}}}
        '404': {description: None.}
    delete: {responses: {'204': {description: Gone.}, '404': {description: None.}}}
components:
  securitySchemes: {token: {type: http, scheme: bearer}}
  schemas:
    Shelf:
      type: object
      x-resource: {collection: shelves, id: id, owner: owner}
      properties:
        id: {type: string, readOnly: true}
        owner: {type: string, readOnly: true}
        name: {type: string}
    Book:
      type: object
      x-resource: {collection: books, id: id}
      properties:
        id: {type: string, readOnly: true}
        shelf: {type: string, readOnly: true, x-references: shelves}
        name: {type: string}
"""


ANN, BOB = ({"Authorization": f"Bearer {name}"} for name in ("ann", "bob"))


@pytest.fixture
def shelves(tmp_path: Path) -> Iterator[httpx.Client]:
    with client_for(flat_contract(), tmp_path) as client:
        yield client


def test_what_lies_below_anothers_document_is_found_by_no_path_of_its_own(shelves: httpx.Client) -> None:
    shelf = made(shelves, "/shelves", ANN)
    book = "/books" + made(shelves, f"{shelf}/books", ANN).removeprefix(f"{shelf}/books")
    found = [shelves.request(method, book, headers=BOB).status_code for method in ("GET", "DELETE")]
    assert found == [404, 404]
    assert shelves.get("/books", headers=BOB).json() == []
    assert shelves.get(book, headers=ANN).status_code == 200
    assert len(shelves.get("/books", headers=ANN).json()) == 1


def test_what_lies_below_a_document_that_is_gone_is_found_by_no_path_of_its_own(shelves: httpx.Client) -> None:
    shelf = made(shelves, "/shelves", ANN)
    book = "/books" + made(shelves, f"{shelf}/books", ANN).removeprefix(f"{shelf}/books")
    assert shelves.delete(shelf, headers=ANN).status_code == 204
    assert shelves.get(book, headers=ANN).status_code == 404


def test_a_declared_head_tells_what_the_get_tells(shelves: httpx.Client) -> None:
    shelf = made(shelves, "/shelves", ANN)
    got, told = shelves.get(shelf, headers=ANN), shelves.head(shelf, headers=ANN)
    assert (told.status_code, told.headers["etag"]) == (200, got.headers["etag"])
    assert shelves.head(shelf, headers=BOB).status_code == 404
    none = [shelves.request(method, "/shelves/none", headers=ANN) for method in ("GET", "HEAD")]
    assert {one.headers["content-type"] for one in none} == {"application/json"}


def test_a_head_that_declares_a_body_has_none_all_the_same(tmp_path: Path) -> None:
    bare = "'200': {description: It is there.,"
    text = flat_contract()
    assert bare in text
    shown = bare + " content: {application/json: {schema: {type: object, required: [name]}}},"
    with client_for(text.replace(bare, shown), tmp_path) as client:
        shelf = made(client, "/shelves", ANN)
        told = client.head(shelf, headers=ANN)
    assert (told.status_code, told.content, told.headers["content-type"]) == (200, b"", "application/json")


def test_what_a_document_may_name_is_what_the_owner_of_what_it_lies_below_sees(tmp_path: Path) -> None:
    ada, linus = ({"Authorization": f"Bearer {name}"} for name in ("ada", "linus"))
    with client_for(ACADEMY.read_text("utf-8"), tmp_path) as client:
        course = client.post("/api/v2/courses", json={"slug": "sums", "title": "Sums"}, headers=ada).json()["id"]
        for teacher, status in ((ada, 201), (linus, 422)):
            student = {"name": "Emmy", "email": "emmy@example.org"}
            number = client.post("/api/v2/students", json=student, headers=teacher).json()["id"]
            enrolment = client.post(f"/api/v2/courses/{course}/enrolments", json={"student_id": number}, headers=ada)
            assert enrolment.status_code == status
