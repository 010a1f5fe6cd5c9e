"""Header fields that responses declare are sent, and true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contracts import client_for

CONTRACT = """
openapi: 3.0.3
info: {title: Notes, version: '1'}
paths:
  /notes:
    get:
      responses:
        '200':
          description: ok
          headers: {ETag: {schema: {type: string}}, X-Total-Count: {schema: {type: integer}}, X-Page: {schema: {type: integer}}, Link: {schema: {type: string}, example: "<https://x/?page=2>; rel=next"}}
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Note'}}}}
        '304': {description: same}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses:
        '201':
          description: made
          headers: {Location: {schema: {type: string}}, ETag: {schema: {type: string}}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}
        '400':
          description: bad
          headers: {X-Trace: {required: true, schema: {type: string, pattern: '^t[0-9]{6}$'}}, X-Request-Id: {schema: {type: string}}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get:
      responses:
        '200':
          description: ok
          headers:
            ETag: {schema: {type: string}}
            RateLimit-Limit: {schema: {type: integer}}
            X-Mode: {schema: {type: string, enum: [draft]}}
            X-List: {schema: {type: array, items: {type: integer}}, example: [1, 2]}
            X-Json: {content: {application/json: {schema: {type: object}, example: {a: 1}}}}
            Link: {schema: {type: string}}
          content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}
        '404': {description: none}
components:
  schemas:
    Note: {type: object, required: [text], properties: {id: {type: integer, readOnly: true}, text: {type: string}}}
"""  # noqa: E501


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder: Path = tmp_path_factory.mktemp("notes")
    with client_for(CONTRACT, folder) as client:
        yield client


def test_a_made_document_is_where_location_says_with_the_same_tag(client: httpx.Client) -> None:
    made = client.post("/notes", json={"text": "one"})
    read = client.get(made.headers["location"])
    assert (read.json(), read.headers["etag"]) == (made.json(), made.headers["etag"])


def test_a_tag_changes_with_the_body_and_spares_who_has_it(client: httpx.Client) -> None:
    before = client.get("/notes")
    same = client.get("/notes", headers={"if-none-match": f'"x", W/{before.headers["etag"]}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", before.headers["etag"])
    client.post("/notes", json={"text": "another"})
    after = client.get("/notes", headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]
    assert after.headers["x-total-count"] == str(len(after.json()))


def test_values_are_examples_or_made_as_their_schemas_say(client: httpx.Client) -> None:
    told = client.get("/notes/1").headers
    assert int(told["ratelimit-limit"]) > 0
    assert (told["x-mode"], told["x-list"]) == ("draft", "1,2")
    assert "link" not in told  # there is no page to link to


def test_what_a_refusal_must_carry_it_carries_and_an_id_is_the_requests_own(client: httpx.Client) -> None:
    refused = client.post("/notes", json={}, headers={"x-request-id": "mine"})
    assert refused.headers["x-trace"][0] == "t"
    assert refused.headers["x-request-id"] == "mine"


def test_pages_of_other_origins_may_read_what_is_declared(client: httpx.Client) -> None:
    exposed = client.get("/notes/1", headers={"origin": "http://localhost:3000"}).headers
    assert {"ETag", "X-Mode", "X-Total-Count"} <= {*exposed["access-control-expose-headers"].split(", ")}


def test_an_example_of_links_is_no_link_of_a_list_that_has_one_page(client: httpx.Client) -> None:
    assert "link" not in client.get("/notes").headers
