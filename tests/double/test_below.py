"""What lies below a document goes with it, however deep, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contracts import client_for

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
