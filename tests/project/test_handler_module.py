"""Modules of handlers have a function for each operation, and keep every line that somebody wrote."""

from __future__ import annotations

import ast
from pathlib import Path

from specdouble.contract import Contract, read
from specdouble.project.handler_module import additions, by_module, module_text

CONTRACT = """
openapi: 3.0.3
info: {title: Odd, version: '1'}
paths:
  /things:
    get:
      operationId: listThings
      tags: [Some Things]
      summary: "All \\"things\\" of C:\\\\new"
      parameters:
        - {name: from, in: query, required: true, schema: {type: string}}
        - {name: limit, in: query, schema: {type: integer}}
      responses: {'200': {description: All.}}
    post:
      operationId: class
      tags: [Some Things]
      requestBody: {required: true, content: {application/json: {schema: {type: object}}}}
      responses: {'201': {description: Made.}}
  /things/{thing-id}:
    put:
      tags: [Some Things]
      parameters: [{name: thing-id, in: path, required: true, schema: {type: string}}]
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses: {'200': {description: Made.}}
  /status:
    get: {operationId: status, responses: {'200': {description: Fine.}}}
"""


def contract(folder: Path) -> Contract:
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    return read(folder)


def test_each_operation_has_a_function_in_the_module_of_its_tag(tmp_path: Path) -> None:
    modules = by_module(contract(tmp_path).operations.values())
    written = {name: ast.parse(module_text(name, operations)) for name, operations in modules.items()}
    functions = {
        name: [(one.name, [argument.arg for argument in one.args.args]) for one in module.body[1:]]  # type: ignore[attr-defined]
        for name, module in written.items()
    }
    # `class` is no name of a function, and `from` none of an argument.
    assert functions == {"some_things": [("list_things", []), ("put_things_thing_id", ["thing_id", "body"])],
                         "default": [("status", [])]}  # fmt: skip


def test_what_is_written_stays_and_what_is_missing_follows_it(tmp_path: Path) -> None:
    operations = by_module(contract(tmp_path).operations.values())["some_things"]
    written = "# mine\ndef listThings(**others): return []"  # by the contract's own name, and no line break at the end
    added = additions(written, operations)
    assert added.startswith("\n\n\ndef put_things_thing_id(")
    assert "list_things" not in added
    assert additions(written + added, operations) == ""
