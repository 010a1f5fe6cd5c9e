"""A contract against the published JSON Schema of its OpenAPI version."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import jsonschema_rs

from specdouble.contract.document import Document
from specdouble.contract.keywords import refuse_to_fetch
from specdouble.contract.pointer import pointer

Error = tuple[str, str]  # pointer and message


def structure_errors(document: Document) -> list[Error]:
    """Where and why the document as it was written breaks the published schema."""
    errors = _structure_validator(document).iter_errors(document.data)
    return [(pointer(*path), _shown(message)) for error in errors for path, message in _leaves(error)]


def note_structure_errors(document: Document, errors: list[Error], left_out: list[str]) -> None:
    """A finding for each error, but for those about what was left out: that is told already."""
    known = set(left_out)
    for at, message in errors:
        ancestor = at
        while ancestor and ancestor not in known:
            ancestor = ancestor.rpartition("/")[0]
        if not ancestor:
            document.find(at, message, "see the OpenAPI specification for what may stand here", id="structure")


def _structure_validator(document: Document) -> jsonschema_rs.Validator:
    version = "v" + document.version
    # Found without an import: the package's own validator is slow to import and not needed.
    package = find_spec("openapi_spec_validator")
    assert package is not None
    assert package.origin is not None
    file = Path(package.origin).parent / "resources" / "schemas" / version / "schema.json"
    return jsonschema_rs.validator_for(json.loads(file.read_text("utf-8")), retriever=refuse_to_fetch)


def _leaves(error: jsonschema_rs.ValidationError) -> Iterator[tuple[list[str | int], str]]:
    """The places and messages of an error; of alternatives, those of the one that was meant: which got deepest."""
    kind = error.kind
    branches = getattr(kind, "context", None)
    if isinstance(kind, jsonschema_rs.ValidationErrorKind.Format) and kind.format == "regex":
        return  # patterns are looked at one by one
    if not isinstance(branches, list) or not branches:
        yield error.instance_path, error.message
        return
    missed = _none_of_the_values(branches)
    if missed:
        yield missed
        return

    def depth(branch: list[jsonschema_rs.ValidationError]) -> tuple[bool, int]:
        refused_as_reference = any("$ref" in one.message for one in branch)
        return (not refused_as_reference, max((len(one.instance_path) for one in branch), default=0))

    for one in max(branches, key=depth):
        yield from _leaves(one)


def _none_of_the_values(
    branches: list[list[jsonschema_rs.ValidationError]],
) -> tuple[list[str | int], str] | None:
    """Where each alternative asks for another value of the same property: that the value is none of them."""
    enums = [
        [one for one in branch if isinstance(one.kind, jsonschema_rs.ValidationErrorKind.Enum)] for branch in branches
    ]
    if not all(enums) or len({tuple(found[0].instance_path) for found in enums}) > 1:
        return None
    values = [value for found in enums for value in found[0].kind.options]  # type: ignore[attr-defined]
    return enums[0][0].instance_path, f"`{enums[0][0].instance}` is none of {', '.join(map(str, values))}"


def _shown(message: str) -> str:
    return message if len(message) <= 200 else f"{message[:100]} … {message[-100:]}"
