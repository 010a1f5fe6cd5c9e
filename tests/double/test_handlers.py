"""Handlers that no operation has are told, with the name that may be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import Finding
from specdouble.double.double import Double, Settings

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
