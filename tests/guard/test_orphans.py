"""A write below a document that is not there may break a list: it is mended or told then, and no more are sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from specdouble.contract import read
from specdouble.verify import Settings, Show, verify
from specdouble.verify.verdict import Verdict
from tests.guard.service import serving

OTHERS = "6f1d3c1e-2f0b-4a55-9d6e-0a4c3f6c9b11"
CONTRACT = """
openapi: 3.0.3
info: {title: Projects, version: "1"}
components:
  schemas:
    Named: {type: object, required: [name], properties: {id: {type: string, readOnly: true}, name: {type: string}}}
  responses:
    One: {description: one, content: {application/json: {schema: {$ref: "#/components/schemas/Named"}}}}
    All:
      description: all
      content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Named"}}}}
  requestBodies:
    Named: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Named"}}}}
paths:
  /projects:
    get: {operationId: projects, responses: {"200": {$ref: "#/components/responses/All"}}}
    post:
      operationId: addProject
      requestBody: {$ref: "#/components/requestBodies/Named"}
      responses: {"201": {$ref: "#/components/responses/One"}, "422": {description: refused}}
  /projects/{project}:
    parameters: [{name: project, in: path, required: true, schema: {type: string}}]
    get: {operationId: project, responses: {"200": {$ref: "#/components/responses/One"}, "404": {description: none}}}
    delete: {operationId: removeProject, responses: {"204": {description: gone}, "404": {description: none}}}
  /projects/{project}/snapshots:
    parameters: [{name: project, in: path, required: true, schema: {type: string}}]
    get: {operationId: snapshots, responses: {"200": {$ref: "#/components/responses/All"}, "404": {description: none}}}
    post:
      operationId: addSnapshot
      requestBody: {$ref: "#/components/requestBodies/Named"}
      responses:
        "201": {$ref: "#/components/responses/One"}
        "404": {description: no such project}
        "422": {description: refused}
  /projects/{project}/snapshots/{snapshot}:
    parameters:
    - {name: project, in: path, required: true, schema: {type: string}}
    - {name: snapshot, in: path, required: true, schema: {type: string}}
    get: {operationId: snapshot, responses: {"200": {$ref: "#/components/responses/One"}, "404": {description: none}}}
"""


class Projects:
    """Makes a folder for what is written below a project that is not there, and fails at a folder without a name.

    Args:
        deletes: whether such a folder can be deleted.
        status: what the write is answered with.
    """

    def __init__(self, deletes: bool, status: int) -> None:
        self.deletes, self.status = deletes, status
        self.names = {OTHERS: "another's"}
        self.folders: dict[str, list[dict[str, Any]]] = {OTHERS: []}
        self.below_none = 0

    def answer(self, method: str, path: str, sent: bytes) -> tuple[int, Any]:
        _, _, project, below, snapshot = (*path.split("/"), "", "", "")[:5]
        if not project:
            return self._add(sent) if method == "POST" else self._all()
        if below:
            return self._add_below(project, sent) if method == "POST" else self._below(project, snapshot)
        if method == "DELETE":
            return self._remove(project)
        return (200, self._shown(project)) if project in self.names else (404, None)

    def _shown(self, project: str) -> dict[str, Any]:
        return {"id": project, "name": self.names[project]}

    def _all(self) -> tuple[int, Any]:
        is_broken = self.folders.keys() - self.names.keys()
        return (500, None) if is_broken else (200, [self._shown(one) for one in self.folders])

    def _below(self, project: str, snapshot: str) -> tuple[int, Any]:
        found = self.folders[project] if project in self.names else None
        if found is None or not snapshot:
            return (404, None) if found is None else (200, found)
        return next(((200, one) for one in found if one["id"] == snapshot), (404, None))

    def _remove(self, project: str) -> tuple[int, Any]:
        if project not in self.folders or (project not in self.names and not self.deletes):
            return 404, None
        del self.folders[project]
        self.names.pop(project, None)
        return 204, None

    def _add(self, sent: bytes) -> tuple[int, Any]:
        name = _name(sent)
        if name is None:
            return 422, None
        project = str(uuid4())
        self.folders[project], self.names[project] = [], name
        return 201, self._shown(project)

    def _add_below(self, project: str, sent: bytes) -> tuple[int, Any]:
        name = _name(sent)
        if name is None:
            return 422, None
        made = {"id": str(uuid4()), "name": name}
        self.folders.setdefault(project, []).append(made)
        if project in self.names:
            return 201, made
        self.below_none += 1
        return self.status, made if self.status == 201 else None


def _name(sent: bytes) -> str | None:
    try:
        name = json.loads(sent)["name"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return name if isinstance(name, str) else None


def _verified(projects: Projects, folder: Path) -> tuple[Verdict, list[str]]:
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    said: list[str] = []
    with serving(projects.answer) as url:
        settings = Settings(url=url, yes=True, rules=("nesting", "conformance"), max_examples=10)
        return verify(read(folder), settings, Show(said.append)), said


@pytest.mark.slow
@pytest.mark.parametrize("status", [201, 500])
@pytest.mark.parametrize("deletes", [True, False])
def test_a_list_that_such_a_write_breaks_is_mended_or_told_and_nothing_like_it_is_sent(
    tmp_path: Path, deletes: bool, status: int
) -> None:
    projects = Projects(deletes, status)
    verdict, said = _verified(projects, tmp_path)

    assert projects.below_none == 1
    assert any("GET /projects fails since POST /projects/{project}/snapshots" in line for line in said)
    told = [line for line in verdict.left if "GET /projects fails since" in line]
    assert (told == []) == deletes
    assert (projects.answer("GET", "/projects", b"")[0] == 200) == deletes
    assert OTHERS in projects.names
