"""The official JSON Schema test suite, asked of the validators that contracts get.

The suite is part of the source distribution of `jsonschema`, which is fetched where it is not there yet.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.schema import Schemas
from specdouble.contract.source import Source

FOLDER = Path(".specdouble") / "json-schema-test-suite"
_AT = "#/components/schemas/tested"


@dataclass(frozen=True)
class Case:
    """One value and the verdict that the suite expects."""

    name: str
    schema: Any
    value: Any
    valid: bool


def suite() -> Path:
    """The folder of the suite's tests."""
    found = next(FOLDER.glob("*/json/tests"), None)
    if found is None:
        FOLDER.mkdir(parents=True, exist_ok=True)
        package = f"jsonschema=={version('jsonschema')}"
        options = ["--no-binary", "jsonschema", "--no-deps", "--quiet", "--dest", str(FOLDER)]
        subprocess.run([sys.executable, "-m", "pip", "download", package, *options], check=True)
        safely: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}  # since 3.11.4
        with tarfile.open(next(FOLDER.glob("jsonschema-*.tar.gz"))) as archive:
            archive.extractall(FOLDER, **safely)  # noqa: S202 - what Debian 12 has knows no filter
        found = next(FOLDER.glob("*/json/tests"))
    return found


def cases(draft: str, files: list[str]) -> Iterator[Case]:
    """The cases of some of a draft's files."""
    for file in files:
        for group in json.loads((suite() / draft / f"{file}.json").read_text("utf-8")):
            for test in group["tests"]:
                name = f"{file}: {group['description']}: {test['description']}"
                yield Case(name, group["schema"], test["data"], test["valid"])


def verdict(openapi: str, case: Case) -> bool:
    """Whether the validator of a contract that holds the schema takes the value."""
    schema = _moved(case.schema)
    data = {"openapi": openapi, "components": {"schemas": {"tested": schema}}}
    schemas = Schemas(Document(Source(Path(), "", ""), data))
    return schemas.is_valid(schemas.slot({"$ref": _AT} if isinstance(schema, bool) else schema, "request"), case.value)


def _moved(schema: Any) -> Any:
    """The schema as it would stand inside a contract: what began at its own root begins at the contract's."""
    if isinstance(schema, list):
        return [_moved(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    moved = {key: _moved(value) for key, value in schema.items() if key not in ("$schema", "enum", "const")}
    moved.update({key: schema[key] for key in ("enum", "const") if key in schema})
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference[:1] == "#" and reference[1:2] in ("", "/"):
        moved["$ref"] = _AT + reference[1:]
    return moved
