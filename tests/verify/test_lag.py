"""A list that comes of an index shows a while later what was written: that is told, and what never comes is broken."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Contract, read
from specdouble.verify import Settings, lag, verify
from specdouble.verify.lag import catches_up
from specdouble.verify.session import Session
from specdouble.verify.trial import Trial
from tests.guard.service import serving

LAG = 0.2
CONTRACT = """
openapi: 3.0.3
info: {title: Notes, version: "1"}
components:
  schemas:
    Note:
      type: object
      x-resource: {collection: notes, id: id}
      required: [id, text]
      properties:
        id: {type: integer, readOnly: true}
        text: {type: string, x-unique: true}
        more: {type: string}
    Change: {type: object, minProperties: 1, properties: {text: {type: string}, more: {type: string}}}
  responses:
    Note: {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
paths:
  /notes:
    get:
      responses:
        "200":
          description: some
          content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Note"}}}}
    post:
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      responses: {"201": {$ref: "#/components/responses/Note"}, "409": {description: taken}}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {"200": {$ref: "#/components/responses/Note"}, "404": {description: none}}}
    patch:
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Change"}}}}
      responses:
        "200": {$ref: "#/components/responses/Note"}
        "400": {description: nothing to change}
        "404": {description: none}
        "409": {description: taken}
"""


class Notes:
    """Notes, and which of them their list shows."""

    def __init__(self, is_listed: Callable[[int, float], bool]) -> None:
        self.is_listed, self.notes, self.made = is_listed, dict[int, dict[str, Any]](), dict[int, float]()

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        body = json.loads(sent) if sent else {}
        match path.strip("/").split("/"):
            case ["notes"] if method == "GET":
                now = time.monotonic()
                return 200, [one for key, one in self.notes.items() if self.is_listed(key, now - self.made[key])]
            case ["notes"]:
                key = len(self.notes) + 1
                self.made[key] = time.monotonic()
                return (409, None) if self._is_taken(body, key) else (201, self._kept(key, body))
            case ["notes", key] if key.isdecimal() and int(key) in self.notes:
                if method == "PATCH" and (not body or self._is_taken(body, int(key))):
                    return (409 if body else 400), None
                return 200, self._kept(int(key), body)
        return 404, None

    def _is_taken(self, body: dict[str, Any], but: int) -> bool:
        return any(one["text"] == body.get("text") for key, one in self.notes.items() if key != but)

    def _kept(self, key: int, body: dict[str, Any]) -> dict[str, Any]:
        self.notes[key] = {**self.notes.get(key, {}), **body, "id": key}
        return self.notes[key]


@pytest.fixture
def contract(tmp_path: Path) -> Contract:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    return read(tmp_path)


def _is_listed(trial: Trial) -> bool:
    """Whether a new document is in the list."""
    subject = trial.subject("notes")
    document = trial.create(subject)
    return document.id in [one["id"] for one in trial.listed(subject, document.user)]


def test_a_list_that_catches_up_is_waited_for_once_it_is_known(contract: Contract) -> None:
    with serving(Notes(lambda _, age: age > LAG).answer) as url:
        trial = Trial(Session(contract, Settings(url, owned=True)))
        before = _is_listed(trial)
        told = catches_up(trial.session, trial.exchanges)
        assert (before, [one.partition(" only ")[0] for one in told], _is_listed(trial)) == (
            False, ["GET /notes finds a new document"], True,
        )  # fmt: skip


@pytest.mark.parametrize("is_listed", [lambda _key, _age: True, lambda key, _age: key % 2 == 0], ids=["all", "some"])
def test_a_list_does_not_catch_up_where_it_shows_all_at_once_or_some_never(
    contract: Contract, is_listed: Callable[[int, float], bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lag, "LONGEST", LAG)
    with serving(Notes(is_listed).answer) as url:
        trial = Trial(Session(contract, Settings(url, owned=True)))
        _is_listed(trial)
        assert catches_up(trial.session, trial.exchanges) == []


def test_an_update_that_has_to_hold_something_holds_something_else(contract: Contract) -> None:
    with serving(Notes(lambda _key, _age: True).answer) as url:
        trial = Trial(Session(contract, Settings(url, owned=True)))
        document = trial.create(trial.subject("notes"))
        trial.update_without("text", document.subject.updaters[0], document)
        assert [*trial.exchanges[-1].call.body] == ["more"]


@pytest.mark.slow
def test_what_shows_after_a_while_is_told_and_what_never_does_is_broken(contract: Contract) -> None:
    found = []
    for is_listed in (lambda _, age: age > LAG, lambda key, age: key % 4 != 0 and age > LAG):
        with serving(Notes(is_listed).answer) as url:
            settings = Settings(url, yes=True, rules=("read_your_writes",), phases=("rules",), max_examples=1)
            verdict = verify(contract, settings)
        found.append((any("after a while" in one for one in verdict.notes), [one.promise for one in verdict.failures]))
    assert found[0] == (True, [])
    assert "GET /notes shows every document of the caller" in found[1][1]
