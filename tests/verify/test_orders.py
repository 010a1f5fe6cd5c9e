"""An order between two properties is read from their names, and kept in every body."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from specdouble.contract import read
from specdouble.verify.orders import in_order, spans
from specdouble.verify.settings import Settings
from specdouble.verify.verification import verify
from tests.kinds.others import doubled


@pytest.mark.parametrize(
    ("one", "other"),
    [("startsAt", "endsAt"), ("from", "to"), ("minPrice", "maxPrice"), ("not_before", "not_after"), ("since", "until")],
)
def test_two_names_are_a_span(one: str, other: str) -> None:
    assert list(spans({one, other})) == [(one, other)]


def test_other_names_are_none() -> None:
    assert list(spans({"name", "start", "endpoint", "before"})) == []


def test_the_end_is_moved_after_the_start_and_into_what_is_to_come() -> None:
    body = in_order({"startsAt", "endsAt"}, {"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2020-01-01T00:00:00Z"})
    assert body["startsAt"] == "2020-01-01T00:00:00Z"
    assert datetime.fromisoformat(body["endsAt"]) > datetime.now(UTC)


def test_a_value_that_is_tried_stays_and_the_other_end_is_moved() -> None:
    assert in_order({"min", "max"}, {"min": 7, "max": 3}, keep=("max",)) == {"min": 2, "max": 3}


def test_what_is_in_order_stays() -> None:
    assert in_order({"min", "max"}, {"min": 1, "max": 3}) == {"min": 1, "max": 3}


ROOMLESS = """
openapi: 3.1.0
info: {title: Bands, version: "1"}
paths:
  /bands:
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Band'}}}}
      responses:
        '201': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Band'}}}}
        '422': {description: wrong}
  /bands/{id}:
    put:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Band'}}}}
      responses:
        '200': {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/Band'}}}}
        '404': {description: none}
        '422': {description: wrong}
components:
  schemas:
    Band:
      type: object
      x-resource: {collection: bands, id: id}
      required: [name, low, high]
      properties:
        id: {type: string, readOnly: true}
        name: {type: string}
        low: {type: integer, minimum: 0}
        high: {type: integer, minimum: 0, maximum: 50}
"""


def test_where_the_schema_has_no_room_for_the_other_end_nothing_is_expected(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(ROOMLESS, "utf-8")
    with doubled(tmp_path) as client:
        settings = Settings(url=str(client.base_url), rules=("boundaries",), phases=("rules",), yes=True)
        verdict = verify(read(tmp_path), settings)
    assert (verdict.failures, verdict.rows["boundaries"].cases > 0) == ([], True)
