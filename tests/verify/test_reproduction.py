"""A reproduction on a server whose ids are numbers: it makes what it refers to, and names that by the new number."""

from __future__ import annotations

import copy
import json
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.verify import Settings
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.report.replay import COULD_NOT_PLAY, GONE, SHOWS, played
from specdouble.verify.report.writing import write_reports
from specdouble.verify.reproduction import _Reproduction
from specdouble.verify.session import Session
from specdouble.verify.verification import Show, run
from tests.guard.service import serving

CONTRACT = """
openapi: 3.0.3
info: {title: Pantry, version: "1"}
components:
  schemas:
    NewShelf: {type: object, required: [name], properties: {name: {type: string, minLength: 1, maxLength: 20}}}
    Shelf:
      x-resource: shelves
      type: object
      required: [id, name]
      properties: {id: {type: integer, readOnly: true}, name: {type: string}}
    NewJar:
      type: object
      required: [label, grams, shelf_id]
      properties:
        label: {type: string, minLength: 1, maxLength: 30}
        grams: {type: integer, minimum: 1000, maximum: 5000}
        shelf_id: {type: integer}
    Jar:
      x-resource: jars
      type: object
      required: [id, label, grams, shelf_id]
      properties:
        id: {type: integer, readOnly: true}
        label: {type: string, x-unique: {}}
        grams: {type: integer}
        shelf_id: {type: integer, x-references: shelves}
paths:
  /shelves:
    post:
      operationId: createShelf
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewShelf"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Shelf"}}}}
        "422": {description: refused}
  /shelves/{shelfId}:
    parameters: [{name: shelfId, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getShelf
      responses:
        "200": {description: shown, content: {application/json: {schema: {$ref: "#/components/schemas/Shelf"}}}}
        "404": {description: none}
    delete:
      operationId: deleteShelf
      responses: {"204": {description: gone}, "404": {description: none}}
  /jars:
    post:
      operationId: createJar
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/NewJar"}}}}
      responses:
        "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Jar"}}}}
        "409": {description: taken}
        "422": {description: refused}
  /jars/{jarId}:
    parameters: [{name: jarId, in: path, required: true, schema: {type: integer}}]
    get:
      operationId: getJar
      responses:
        "200": {description: shown, content: {application/json: {schema: {$ref: "#/components/schemas/Jar"}}}}
        "404": {description: none}
    delete:
      operationId: deleteJar
      responses: {"204": {description: gone}, "404": {description: none}}
"""


class Pantry:
    """Shelves and the jars on them, numbered one after the other; faulty, it takes a label twice."""

    def __init__(self) -> None:
        self.numbers = {"shelves": count(2), "jars": count(2)}
        self.empty()

    def empty(self) -> None:
        self.faulty = True
        self.kept: dict[str, dict[int, Any]] = {"shelves": {}, "jars": {}}

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        collection, _, number = path[1:].partition("/")
        if method == "POST":
            return self._create(collection, sent)
        kept, key = self.kept[collection], int(number) if number.isdecimal() else 0
        if key not in kept:
            return 404, None
        return (204, kept.pop(key) and None) if method == "DELETE" else (200, kept[key])

    def _create(self, collection: str, sent: bytes) -> tuple[int, Any]:
        try:
            told = json.loads(sent)
        except ValueError:
            return 422, None
        if not self._is_valid(collection, told):
            return 422, None
        if collection == "jars" and not self.faulty and told["label"] in self._labels():
            return 409, None
        number = next(self.numbers[collection])
        self.kept[collection][number] = {**told, "id": number}
        return 201, self.kept[collection][number]

    def _labels(self) -> list[str]:
        return [jar["label"] for jar in self.kept["jars"].values()]

    def _is_valid(self, collection: str, told: Any) -> bool:
        if not isinstance(told, dict):
            return False
        if collection == "shelves":
            return isinstance(told.get("name"), str) and 1 <= len(told["name"]) <= 20
        label, grams, shelf = told.get("label"), told.get("grams"), told.get("shelf_id")
        return (
            isinstance(label, str)
            and 1 <= len(label) <= 30
            and isinstance(grams, int)
            and 1000 <= grams <= 5000
            and shelf in self.kept["shelves"]
        )


Told = tuple[Pantry, str, dict[str, Any]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """A pantry that takes labels twice, its address, and what was told of the second create."""
    folder = tmp_path_factory.mktemp("pantry")
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    file = folder / "report.json"
    pantry = Pantry()
    with serving(pantry.answer) as url:
        asked = Settings(url=url, phases=("rules",), rules=("unique:jars.label",), reports={"json": file})
        list(write_reports(run(read(folder), asked, Show()), {"json": file}))
        failures = {one["promise"]: one for one in json.loads(file.read_text())["failures"]}
        yield pantry, url, failures["a taken label is refused on create"]


@pytest.fixture
def found(told: Told) -> Told:
    """The same, with the pantry empty again."""
    told[0].empty()
    return told


def test_it_makes_the_shelf_that_its_jars_name(found: Told) -> None:
    pantry, url, failure = found
    assert [step["path"] for step in failure["replay"]["steps"]] == ["/shelves", "/jars", "/jars"]
    assert played(failure, url, {}) == SHOWS
    assert {jar["shelf_id"] for jar in pantry.kept["jars"].values()} == set(pantry.kept["shelves"])
    pantry.faulty = False
    assert played(failure, url, {}) == GONE


def test_its_curl_lines_make_the_shelf_that_their_jars_name(found: Told) -> None:
    pantry, _, failure = found
    done = subprocess.run(["bash", "-eu", "-c", failure["curl"]], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, failure["curl"] + done.stderr
    assert (len(pantry.kept["shelves"]), len(pantry.kept["jars"])) == (1, 2)


def test_a_digit_within_a_text_is_no_id(found: Told) -> None:
    """The numbers of shelves have one digit, as labels have: only a whole number stands for a shelf."""
    bodies = [step["body"] for step in found[2]["replay"]["steps"]]
    variables = [[piece["variable"] for piece in body if isinstance(piece, dict)] for body in bodies]
    assert variables == [["RUN"], ["RUN", "ID1"], ["RUN", "ID1"]]


def test_a_variable_that_no_answer_gave_is_told(found: Told, capsys: pytest.CaptureFixture[str]) -> None:
    _, url, failure = found
    failure = copy.deepcopy(failure)
    del failure["replay"]["steps"][0]["captures"]
    assert played(failure, url, {}) == COULD_NOT_PLAY
    assert "no answer so far has given ID1" in capsys.readouterr().out


def test_two_requests_that_name_what_the_other_made_are_each_sent_once(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    session = Session(read(tmp_path), Settings(url="http://127.0.0.1:9"))
    one, other, step = (_create_of_a_shelf(session, name) for name in ("of the other", "of the one", "of the other"))
    session.referents.origins = {"of the other": other, "of the one": one}
    reproduction = object.__new__(_Reproduction)  # of which nothing but the steps is asked
    reproduction.session = session
    assert reproduction._complete([step]) == [one, other, step]


def _create_of_a_shelf(session: Session, name: str) -> Exchange:
    body = {"name": name}
    call = Call(session.contract.operations["createShelf"], body=body, has_body=True)
    sent = json.dumps(body).encode()
    return Exchange(call, "POST", "http://127.0.0.1:9/shelves", {}, sent, 201, {}, b"{}", 0.0, 0.0)
