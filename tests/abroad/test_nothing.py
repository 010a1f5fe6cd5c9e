"""What is false, 0 or empty is left out by many writers of JSON: no fault of them, where the contract allows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from specdouble.contract import read
from specdouble.verify import Settings, verify
from specdouble.verify.verdict import BROKEN, KEPT, Verdict
from tests.guard.service import Answer, serving

CONTRACT = """
openapi: 3.0.3
info: {title: Chores, as Go writes them, version: "1"}
paths:
  /chores:
    get:
      operationId: listChores
      parameters: [{name: limit, in: query, schema: {type: integer, default: 20}}]
      responses: {"200": {description: all, content: {application/json: {
        schema: {type: array, items: {$ref: "#/components/schemas/Chore"}}}}}}
    post: {operationId: createChore, requestBody: &chore {required: true, content: {application/json: {
      schema: {$ref: "#/components/schemas/Chore"}}}},
      responses: {"201": {description: made, <<: *chore}, "400": {description: refused}}}
  /chores/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {operationId: getChore,
      responses: {"200": {description: one, <<: *chore}, "404": {description: none}, "400": {description: refused}}}
components:
  schemas:
    Chore:
      type: object
      required: [text]
      properties:
        id: {type: integer, readOnly: true}
        text: {type: string, minLength: 1, maxLength: 80}
        done: {type: boolean}
"""


def _chores(forgets: bool = False, loses: bool = False) -> Answer:
    """A server of chores that leaves out what is false, and shows a page of 20 where it is not asked for more.

    Args:
        forgets: whether it keeps nothing of `done`.
        loses: whether its list is without the chore that came last.
    """
    kept: dict[str, dict[str, Any]] = {}

    def answer(method: str, path: str, sent: bytes) -> tuple[int, Any]:
        path, _, query = path.partition("?")
        if method == "GET":
            limit = int(query.removeprefix("limit=") or 20)
            known = list(kept.values())[: -1 if loses else None]
            found = known[-limit:] if path == "/chores" else kept.get(path.rpartition("/")[2])
            return (404, None) if found is None else (200, found)
        body = json.loads(sent)
        done = body.get("done", False)
        if not isinstance(body.get("text"), str) or not 1 <= len(body["text"]) <= 80 or not isinstance(done, bool):
            return 400, None
        key = str(len(kept) + 1)
        kept[key] = {"id": int(key), "text": body["text"], **({"done": True} if done and not forgets else {})}
        return 201, kept[key]

    return answer


def _verified(answer: Answer, folder: Path, default: bool | None = None) -> Verdict:
    contract = yaml.safe_load(CONTRACT)
    if default is not None:
        contract["components"]["schemas"]["Chore"]["properties"]["done"]["default"] = default
    (folder / "openapi.yaml").write_text(yaml.safe_dump(contract), "utf-8")
    with serving(answer, with_query=True) as url:
        settings = Settings(url, seed=1, yes=True, phases=("rules",), rules=("read_your_writes",))
        return verify(read(folder / "openapi.yaml"), settings)


def test_what_is_false_may_be_left_out_and_a_page_of_twenty_be_followed_by_none(tmp_path: Path) -> None:
    verdict = _verified(_chores(), tmp_path)
    assert [failure.sentence for failure in verdict.failures] == []
    assert verdict.rows["read_your_writes"].state == KEPT


@pytest.mark.parametrize(("faults", "default"), [({"forgets": True}, None), ({"loses": True}, None), ({}, True)])
def test_what_is_forgotten_lost_or_true_where_it_is_left_out_is_found(
    tmp_path: Path, faults: dict[str, bool], default: bool | None
) -> None:
    assert _verified(_chores(**faults), tmp_path, default).rows["read_your_writes"].state == BROKEN
