"""A number that counts the changes of a document is no property that a change has to leave as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import pytest
import yaml
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from specdouble.contract import Contract, read
from specdouble.verify import Settings, verify
from specdouble.verify.session import Session
from specdouble.verify.trial import Trial
from specdouble.verify.verdict import KEPT, Verdict
from tests.applications import serving

CHECKS = ("read_your_writes", "partial_update", "concurrency", "programs")
Title = Annotated[str, Field(min_length=1, max_length=80)]
Text = Annotated[str, Field(max_length=200)]


class New(BaseModel):
    """What a client creates a note with."""

    model_config = ConfigDict(strict=True)
    title: Title
    text: Text = ""


class Note(New):
    """A note, as it is shown."""

    id: int
    version: int


class Plain(BaseModel):
    """A change that names no version."""

    model_config = ConfigDict(strict=True)
    title: Title = ""
    text: Text = ""


class Optional(Plain):
    """A change that may name the version which it changes."""

    version: int = 0


class Versioned(Plain):
    """A change that names the version which it changes."""

    version: int


def _notes(change: type[Plain]) -> FastAPI:
    """A server of notes that counts their changes, and refuses a change of an old one."""
    app, notes = FastAPI(), dict[int, Note]()
    app.state.taken, app.state.old = 0, 0

    def found(key: int) -> Note:
        if key not in notes:
            raise HTTPException(404, "no such note")
        return notes[key]

    @app.get("/notes")
    def all_notes() -> list[Note]:
        return list(notes.values())

    @app.post("/notes", status_code=201)
    def create(new: New) -> Note:
        note = Note(**new.model_dump(), id=len(notes) + 1, version=1)
        return notes.setdefault(note.id, note)

    @app.get("/notes/{id}", responses={404: {}})
    def one_note(id: int) -> Note:
        return found(id)

    def change_note(id: int, wanted: Plain) -> Note:
        note, sent = found(id), wanted.model_dump(exclude_unset=True)
        if sent.pop("version", note.version) != note.version:
            app.state.old += 1
            raise HTTPException(409, "it was changed meanwhile")
        app.state.taken += 1
        notes[id] = note.model_copy(update={**sent, "version": note.version + 1})
        return notes[id]

    change_note.__annotations__["wanted"] = change
    app.patch("/notes/{id}", responses={404: {}, 409: {}})(change_note)
    return app


def _contract(folder: Path, app: FastAPI) -> Contract:
    file = folder / "openapi.yaml"
    file.write_text(yaml.safe_dump(app.openapi(), sort_keys=False), "utf-8")
    return read(file)


def _verified(folder: Path, app: FastAPI) -> Verdict:
    contract = _contract(folder, app)
    with serving(app) as url:
        return verify(contract, Settings(url, yes=True, max_examples=5, phases=("rules",), rules=CHECKS))


@pytest.mark.slow
@pytest.mark.parametrize("change", [Plain, Optional, Versioned])
def test_a_count_of_changes_is_no_change_that_nobody_asked_for(tmp_path: Path, change: type[Plain]) -> None:
    verdict = _verified(tmp_path, _notes(change))
    assert [(one.promise, one.expected, one.seen) for one in verdict.failures] == []
    assert {name: verdict.rows[name].state for name in CHECKS} == dict.fromkeys(CHECKS, KEPT)


def test_a_second_change_is_sent_the_version_that_the_document_has_by_now(tmp_path: Path) -> None:
    app = _notes(Versioned)
    contract = _contract(tmp_path, app)
    with serving(app) as url:
        session = Session(contract, Settings(url, yes=True))
        trial, subject = Trial(session), session.subjects["notes"]
        [updater] = subject.updaters
        note = trial.create(subject)
        for _ in range(2):
            bound = session.referents.as_bound(subject, updater.action.id, {"id": note.id}, ["version"])
            body = {"title": "Changed", "version": bound["version"]}
            assert trial.call(updater.operation.id, path={"id": note.id}, body=body).status == 200


def test_the_baseline_of_a_change_is_sent_the_version_that_the_document_has_by_now(tmp_path: Path) -> None:
    app = _notes(Versioned)
    contract = _contract(tmp_path, app)
    with serving(app) as url:
        session = Session(contract, Settings(url, yes=True))
        [updater] = session.subjects["notes"].updaters
        place = session.places(updater.operation, session.crowd.first)["path"]  # what its baseline will change
        assert Trial(session).call(updater.operation.id, path=place, body={"version": 1}).status == 200
        baseline = session.baselines.of(updater.operation)
    assert baseline.taken is not None
    assert (baseline.taken.call.path, baseline.taken.call.body["version"], app.state.old) == (place, 2, 0)


@pytest.mark.slow
def test_generated_changes_are_sent_the_version_of_now_each_time(tmp_path: Path) -> None:
    app = _notes(Versioned)
    contract = _contract(tmp_path, app)
    with serving(app) as url:
        verify(contract, Settings(url, yes=True, seed=1, max_examples=5, phases=("fuzzing",)))
    assert (app.state.taken > 1, app.state.old) == (True, 0)
