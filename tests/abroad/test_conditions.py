"""A server that asks for the tag of each document that is changed or deleted, and to which `*` is no tag."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Annotated, Any

import pytest
import yaml
from fastapi import FastAPI, Header, HTTPException, Response
from pydantic import BaseModel, ConfigDict, Field

from specdouble.contract import Contract, read
from specdouble.verify import Settings, verify
from specdouble.verify.session import Session
from tests.applications import serving

Condition = Annotated[str, Header()]
REFUSED: dict[int | str, dict[str, Any]] = {404: {}, 412: {}}


class Content(BaseModel):
    """What a note says."""

    model_config = ConfigDict(strict=True)
    text: Annotated[str, Field(min_length=1, max_length=80)]


class Note(Content):
    """A note, as it is shown."""

    id: int


class Notes:
    """All notes and their tags, and the changes that were done, or refused for their tag."""

    def __init__(self) -> None:
        self.notes, self.tags, self.numbers = dict[int, Note](), dict[int, str](), count(1)
        self.done, self.stale, self.stay = 0, 0, False

    def create_note(self, new: Content, response: Response) -> Note:
        return self._kept(Note(id=next(self.numbers), text=new.text), response)

    def read_note(self, id: int, response: Response) -> Note:
        if id not in self.notes:
            raise HTTPException(404, "no such note")
        response.headers["ETag"] = self.tags[id]
        return self.notes[id]

    def change_note(self, id: int, wanted: Content, if_match: Condition, response: Response) -> Note:
        if if_match != self.tags.get(id):
            self.stale += 1
            raise HTTPException(412, "it is not as it was")
        self.done += 1
        return self._kept(Note(id=id, text=wanted.text), response)

    def delete_note(self, id: int, if_match: Condition) -> None:
        if id not in self.notes:
            raise HTTPException(404, "no such note")
        if if_match != self.tags[id]:
            raise HTTPException(412, "it is not as it was")
        if self.stay:
            raise HTTPException(403, "notes are kept")
        del self.notes[id]

    def _kept(self, note: Note, response: Response) -> Note:
        self.notes[note.id], self.tags[note.id] = note, f'"{next(self.numbers)}"'
        return self.read_note(note.id, response)


@pytest.fixture
def held() -> Notes:
    return Notes()


@pytest.fixture
def app(held: Notes) -> FastAPI:
    app = FastAPI()
    app.post("/notes", status_code=201)(held.create_note)
    app.get("/notes/{id}", responses={404: {}})(held.read_note)
    app.put("/notes/{id}", operation_id="replace_note", responses=REFUSED)(held.change_note)
    app.patch("/notes/{id}", operation_id="change_note", responses=REFUSED)(held.change_note)
    app.delete("/notes/{id}", status_code=204, responses=REFUSED)(held.delete_note)
    return app


@pytest.fixture
def contract(app: FastAPI, tmp_path: Path) -> Contract:
    file = tmp_path / "openapi.yaml"
    file.write_text(yaml.safe_dump(app.openapi(), sort_keys=False), encoding="utf-8")
    return read(file)


def test_the_baseline_of_each_change_names_the_tag_that_the_document_has_by_now(
    app: FastAPI, held: Notes, contract: Contract
) -> None:
    with serving(app) as url:
        session = Session(contract, Settings(url, yes=True))
        session.baselines.seek(contract.operations)
    assert {one.missing for one in session.baselines.found.values()} == {None}
    assert (held.done, held.stale) == (2, 0)


def test_what_a_server_deletes_by_its_tag_alone_is_deleted(app: FastAPI, held: Notes, contract: Contract) -> None:
    with serving(app) as url:
        verdict = verify(contract, Settings(url, yes=True, seed=1, phases=("rules",), rules=("distinct_ids",)))
    assert (verdict.left, held.notes) == ([], {})


def test_the_command_that_deletes_what_is_left_has_the_header_fields_that_are_asked_for(
    app: FastAPI, held: Notes, contract: Contract
) -> None:
    held.stay = True
    with serving(app) as url:
        verdict = verify(contract, Settings(url, yes=True, seed=1, phases=("rules",), rules=("distinct_ids",)))
    assert {line.partition(" -H ")[2] for line in verdict.left} == {'"if-match: *"'}


@pytest.mark.slow
def test_generated_changes_name_the_tag_of_now_each_time(app: FastAPI, held: Notes, contract: Contract) -> None:
    with serving(app) as url:
        verify(contract, Settings(url, yes=True, seed=1, max_examples=5, phases=("fuzzing",)))
    assert (held.done > 2, held.stale) == (True, 0)
