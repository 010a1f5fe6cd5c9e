"""Handlers that no operation has are told, with the name that may be meant; a handler may leave it to the double."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from specdouble.contract import Finding
from specdouble.double.app import application
from specdouble.double.double import Double, Settings
from specdouble.double.stock import application as stock_application

CONTRACT = """
openapi: 3.0.3
info: {title: Things, version: '1'}
paths:
  /things:
    get:
      operationId: listThings
      tags: [Things]
      responses: {'200': {description: All of them.}}
  /orders:
    get:
      operationId: listOrders
      tags: [Work Orders]
      responses: {'200': {description: All of them.}}
"""


def found(folder: Path, **modules: str) -> list[Finding]:
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    (folder / "handlers").mkdir()
    for name, text in modules.items():
        (folder / "handlers" / f"{name}.py").write_text(text, "utf-8")
    return [one for one in Double(Settings(folder)).findings if "handlers" in one.file]


def test_a_misspelt_module_is_told_with_the_tag_that_may_be_meant(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, work_order="def listOrders(): ...\n")
    assert finding.severity == "warning"
    assert finding.file.endswith("handlers/work_order.py")
    assert "is `work_orders` meant?" in finding.remedy


def test_a_misspelt_function_is_told_with_line_and_the_operation_that_may_be_meant(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, things="\n\ndef listThing():\n    return []\n")
    assert finding.line == 3
    assert "`listThing` is no operation of the tag" in finding.reason
    assert "is `listThings` meant?" in finding.remedy


def test_a_function_in_another_tags_module_is_told_where_it_belongs(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, things="def list_orders():\n    return []\n")
    assert "move it to handlers/work_orders.py" in finding.remedy


@pytest.mark.parametrize(
    "things",
    [
        "def list_things():\n    return _all()\n\ndef _all():\n    return []\n",
        "from handlers.shared import every\n\ndef listThings():\n    return every()\n",
        "from dataclasses import dataclass, replace\n\n@dataclass\nclass Thing:\n    name: str\n",
    ],
    ids=["a helper", "a module that another imports", "imported names and classes"],
)
def test_what_only_helps_is_not_told(tmp_path: Path, things: str) -> None:
    helpers = {"shared": "def every():\n    return []\n"} if "shared" in things else {}
    assert found(tmp_path, things=things, **helpers) == []


NOTES = """
openapi: 3.0.3
info: {title: Notes, version: '1'}
paths:
  /notes:
    post:
      operationId: createNote
      tags: [notes]
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
      responses:
        '201': {description: Made., content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
        '418': {description: A teapot.}
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: readNote
      tags: [notes]
      responses:
        '200': {description: It., content: {application/json: {schema: {$ref: '#/components/schemas/Note'}}}}
        '404': {description: None.}
components:
  schemas:
    Note:
      type: object
      required: [text]
      properties: {id: {type: string, readOnly: true}, text: {type: string}}
"""

LEAVING = """
from specdouble.double import Problem


def create_note(body):
    if body["text"] == "tea":
        raise Problem(418, "tea is not noted")
    return NotImplemented


async def read_note(id):
    return NotImplemented
"""


@pytest.mark.parametrize("under", ["the double", "stock Connexion"])
def test_a_handler_that_returns_not_implemented_leaves_the_request_to_the_double(tmp_path: Path, under: str) -> None:
    (tmp_path / "openapi.yaml").write_text(NOTES, "utf-8")
    (tmp_path / "handlers").mkdir()
    (tmp_path / "handlers" / "notes.py").write_text(LEAVING, "utf-8")
    app = application(Double(Settings(tmp_path))) if under == "the double" else stock_application(tmp_path)

    async def session() -> tuple[httpx.Response, httpx.Response, httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://double") as client:
            created = await client.post("/notes", json={"text": "milk"})
            read = await client.get(f"/notes/{created.json()['id']}")
            return created, read, await client.post("/notes", json={"text": "tea"})

    created, read, refused = asyncio.run(session())
    assert (created.status_code, read.status_code, refused.status_code) == (201, 200, 418)
    assert read.json() == created.json()
    assert created.json()["text"] == "milk"
