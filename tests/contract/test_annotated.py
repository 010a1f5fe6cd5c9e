"""What an annotation tells of is not less than what is inferred without it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from specdouble.contract import Contract, read

FLOWS = Path(__file__).with_name("flows.yaml")
KEYS = {"Flow": ("flows", "id"), "Vec": ("collections", "id"), "NoteOut": ("notes", "note_id")}


@pytest.fixture(scope="module")
def inferred() -> Contract:
    return read(FLOWS)


def told(contract: Contract) -> dict[str, tuple[object, ...]]:
    """What each operation does, but for why that is known."""
    return {
        key: (one.does, one.collection, one.id, one.envelope, one.wrapper, one.sets)
        for key, one in contract.actions.items()
    }


@pytest.mark.parametrize("annotated", [["Flow"], ["Vec"], ["NoteOut"], [*KEYS]])
def test_annotating_a_response_schema_loses_nothing_that_was_inferred(
    tmp_path: Path, inferred: Contract, annotated: list[str]
) -> None:
    document = yaml.safe_load(FLOWS.read_text("utf-8"))
    for name in annotated:
        collection, key = KEYS[name]
        document["components"]["schemas"][name]["x-resource"] = {"collection": collection, "id": key}
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document), "utf-8")
    assert told(read(tmp_path)) == told(inferred)


def test_what_the_contract_says_does_nothing_is_not_inferred(tmp_path: Path) -> None:
    document = yaml.safe_load(FLOWS.read_text("utf-8"))
    document["components"]["schemas"]["Flow"]["x-resource"] = "flows"
    document["paths"]["/flows/{id}"]["patch"]["x-action"] = "none"
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(document), "utf-8")
    assert "update_flow" not in read(tmp_path).actions


def test_unique_values_by_an_overlay_need_no_resource(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(FLOWS.read_text("utf-8"), "utf-8")
    (tmp_path / "rules.yaml").write_text("Flow.name: {x-unique: true}\n", "utf-8")
    contract = read(tmp_path)
    assert "unique:flows.name" in contract.rules
    assert told(contract) == told(read(FLOWS))


# What is inside of a document, and who signs up

BOARDS = """
openapi: 3.0.3
info: {title: Boards, version: '1'}
security: [{key: []}]
paths:
  /auth/register:
    post:
      operationId: register
      security: []
      requestBody: {content: {application/json: {schema: {type: object, properties: {email: {type: string}, password: {type: string}}}}}}
      responses: {'201': {description: welcome}}
  /auth/me:
    get: {operationId: me, responses: {'200': {description: you, content: {application/json: {schema: {$ref: '#/components/schemas/User'}}}}}}
  /cards/{boardId}:
    get: {operationId: cards, responses: {'200': {description: all, content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Card'}}}}}}}
    post: {operationId: add, requestBody: &sent {content: {application/json: {schema: {$ref: '#/components/schemas/Card'}}}}, responses: {'201': &shown {description: one, content: {application/json: {schema: {$ref: '#/components/schemas/Card'}}}}}}
  /cards/{boardId}/c/{cardId}:
    get: {operationId: card, responses: {'200': *shown}}
    put: {operationId: change, requestBody: *sent, responses: {'200': *shown}}
    delete: {operationId: remove, responses: {'204': {description: gone}}}
  /cards/{boardId}/steps/{stepId}:
    put: {operationId: step, requestBody: {content: {application/json: {schema: {type: object, properties: {done: {type: boolean}}}}}}, responses: {'200': *shown}}
    delete: {operationId: no_step, responses: {'204': {description: gone}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    User: {type: object, properties: {id: {type: string}, email: {type: string}}}
    Card: {type: object, properties: {id: {type: string}, boardId: {type: string}, title: {type: string}}}
"""  # noqa: E501


@pytest.mark.parametrize("rules", ["Card: {x-resource: cards}", "User: {x-resource: users}"])
def test_rules_beside_it_leave_what_operations_do_as_it_was_inferred(tmp_path: Path, rules: str) -> None:
    (tmp_path / "openapi.yaml").write_text(BOARDS, "utf-8")
    inferred = told(read(tmp_path))
    (tmp_path / "rules.yaml").write_text(rules, "utf-8")
    assert {"register", "me", "change", "remove"} <= inferred.keys()
    assert {"step", "no_step"}.isdisjoint(inferred)
    assert told(read(tmp_path)) == inferred


# Who signs in

SESSIONS = """
openapi: 3.0.3
info: {title: sessions, version: '1'}
security: [{basic: []}]
paths:
  /users: {post: &shows {requestBody: {content: {application/json: {schema: {}}}}, responses: {'200': &ok {
    description: one, content: {application/json: {schema: {$ref: '#/components/schemas/User'}}}}}}}
  /auth/local/login: {post: *shows}
  /session: {post: {responses: {'201': *ok}}}
  /users/{id}/logout: {post: {responses: {'201': *ok}}}
  /tokens/refresh: {post: {responses: {'201': *ok}}}
components:
  securitySchemes: {basic: {type: http, scheme: basic}}
  schemas: {User: {x-resource: {collection: %s, id: id}, type: object, properties: {id: {type: integer}}}}
"""


@pytest.mark.parametrize(
    ("collection", "making"), [("users", ["post /users"]), ("sessions", ["post /users", "post /session"])]
)
def test_a_sign_in_shows_who_was_there_before_and_makes_nobody(
    tmp_path: Path, collection: str, making: list[str]
) -> None:
    (tmp_path / "openapi.yaml").write_text(SESSIONS % collection, "utf-8")
    assert [name for name, one in read(tmp_path).actions.items() if one.does == "create"] == making
