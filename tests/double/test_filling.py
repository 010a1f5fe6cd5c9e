"""What a server fills in of a new document, beyond what was sent, breaks none of the contract's rules."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.kinds.others import doubled

CONTRACT = """
openapi: 3.1.0
info: {title: Feeds, version: "1"}
paths:
  /groups:
    post:
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses: {'201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Group'}}}}}
  /feeds:
    post:
      requestBody:
        required: true
        content:
          application/json:
            schema: {type: object, properties: {source: {type: integer}, link: {type: string}}}
      responses:
        '201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Feed'}}}}
        '400': {description: wrong}
components:
  schemas:
    Group:
      type: object
      x-resource: {collection: groups, id: id}
      properties: {id: {type: string, readOnly: true}}
    Feed:
      type: object
      x-resource: {collection: feeds, id: id}
      x-validations: [{rule: self.unread <= self.items}]
      required: [id, link, group, unread, items]
      properties:
        id: {type: integer, readOnly: true}
        source: {type: integer}
        link: {type: string, x-unique: true}
        group: {type: string, x-references: groups}
        unread: {type: integer}
        items: {type: integer}
"""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    file = tmp_path_factory.mktemp("feeds") / "openapi.yaml"
    file.write_text(CONTRACT, "utf-8")
    with doubled(Path(file)) as client:
        yield client


def test_a_document_of_which_little_is_sent_is_taken_however_many_there_are(client: httpx.Client) -> None:
    client.post("/groups", json={})
    answers = [client.post("/feeds", json={"source": 7}) for _ in range(150)]
    assert {one.status_code for one in answers} == {201}
    feeds = [one.json() for one in answers]
    assert len({one["link"] for one in feeds}) == len(feeds)
    assert all(one["unread"] <= one["items"] for one in feeds)


def test_what_is_sent_and_breaks_a_rule_is_refused_as_before(client: httpx.Client) -> None:
    feed = client.post("/feeds", json={"source": 7}).json()
    refused = client.post("/feeds", json={"source": 7, "link": feed["link"]})
    assert (refused.status_code, refused.headers["X-Specdouble-Rule"]) == (400, "unique:feeds.link")
