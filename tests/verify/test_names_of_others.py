"""What frameworks call things is read as they mean it: resource names, enums with nothing chosen, what is not there."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from specdouble.contract import read
from specdouble.verify import Settings
from specdouble.verify.exchange import in_path
from specdouble.verify.refusal import tells_of_none
from specdouble.verify.session import Session
from specdouble.verify.values import merged, plausible

BY_SLUG = """
openapi: 3.0.3
info: {title: Articles and tags that are found by their slugs, version: "1"}
paths:
  /articles:
    post: {operationId: writeArticle, requestBody: &article {content: {application/json: {
      schema: {$ref: "#/components/schemas/Article"}}}}, responses: {"201": {description: made, <<: *article}}}
  /articles/{slug}:
    parameters: [&slug {name: slug, in: path, required: true, schema: {type: string}}]
    get: {operationId: getArticle, responses: {"200": {description: one, <<: *article}}}
  /articles/{slug}/pin:
    parameters: [*slug]
    post: {operationId: pinArticle, responses: {"204": {description: pinned}}}
  /tags:
    post: {operationId: makeTag, requestBody: &tag {content: {application/json: {
      schema: {$ref: "#/components/schemas/Tag"}}}}, responses: {"201": {description: made, <<: *tag}}}
  /tags/{slug}:
    parameters: [*slug]
    get: {operationId: getTag, responses: {"200": {description: one, <<: *tag}}}
  /teams:
    post: {operationId: foundTeam, requestBody: &team {content: {application/json: {
      schema: {$ref: "#/components/schemas/Team"}}}}, responses: {"201": {description: made, <<: *team}}}
  /teams/{name}:
    parameters: [{name: name, in: path, required: true, schema: {type: string}}]
    get: {operationId: getTeam, responses: {"200": {description: one, <<: *team}}}
components:
  schemas:
    Article: {type: object, properties: {slug: {type: string}, title: {type: string}, name: {type: string}}}
    Tag: {type: object, properties: {slug: {type: string}}}
    Team: {type: object, properties: {name: {type: string}}}
"""


@pytest.fixture(scope="module")
def by_slug(tmp_path_factory: pytest.TempPathFactory) -> Session:
    file = tmp_path_factory.mktemp("slugs") / "openapi.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(BY_SLUG)), "utf-8")
    return Session(read(file), Settings("http://127.0.0.1:9"))


def test_what_leads_to_a_slug_says_what_it_names(by_slug: Session) -> None:
    operations = by_slug.contract.operations
    named = {one: by_slug.named_by(operations[one], "slug") for one in ("getArticle", "pinArticle", "getTag")}
    assert named == {"getArticle": "articles", "pinArticle": "articles", "getTag": "tags"}


def test_a_slug_or_a_name_in_a_body_is_no_other_documents(by_slug: Session) -> None:
    article = by_slug.subjects["articles"]
    assert [by_slug.named_in(article, name) for name in ("slug", "name")] == [None, None]
    assert by_slug.named_in(None, "name") == "teams"  # what is asked of a team, with its name in the body


@pytest.mark.parametrize(
    ("path", "parameter", "value", "placed"),
    [
        ("/v1/memos/{memo}", "memo", "memos/7", "7"),
        ("/v1/users/{user}/webhooks/{webhook}", "webhook", "users/ada/webhooks/7", "7"),
        ("/v1/users/{user}/webhooks/{webhook}", "user", "users/ada", "ada"),
        ("/v1/memos/{memo}", "memo", "7", "7"),
        ("/v1/memos/{memo}", "memo", 7, 7),
        ("/files/{path}", "path", "docs/a.txt", "docs/a.txt"),
        ("/v1/memos/{memo}", "memo", "mymemos/7", "mymemos/7"),
        ("/v1/memos/{memo}", "memo", "memos/", "memos/"),
    ],
)
def test_a_path_takes_of_a_resource_name_what_it_has_not(path: str, parameter: str, value: Any, placed: Any) -> None:
    assert in_path(path, parameter, value) == placed


def test_an_enum_of_protocol_buffers_is_sent_with_something_chosen() -> None:
    schema = {"type": "string", "enum": ["STATE_UNSPECIFIED", "OPEN", "DONE"]}
    assert merged(schema, lambda one: one)["enum"] == ["OPEN", "DONE"]
    assert plausible(schema, lambda one: one, "word") == "OPEN"
    alone = {"type": "string", "enum": ["STATE_UNSPECIFIED"]}
    assert plausible(alone, lambda one: one, "word") == "STATE_UNSPECIFIED"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (b'{"message": "Tag type \'blue\' does not exist"}', True),
        (b'{"detail": "Project not found."}', True),
        (b"no such environment", True),
        (b'{"detail": "invalid pk: object doesn\'t exist"}', True),
        (b'{"message": "name is too long"}', False),
        (b'{"message": "unknown property colour"}', False),
    ],
)
def test_a_refusal_tells_that_what_was_named_is_not_there(words: bytes, told: bool) -> None:
    assert tells_of_none(words) is told
