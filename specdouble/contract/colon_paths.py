"""Paths as routers write them: `/users/:id` is what OpenAPI calls `/users/{id}`."""

from __future__ import annotations

import re
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.operation import METHODS
from specdouble.contract.pointer import pointer

_COLON = re.compile(r"(?<=/):([A-Za-z_]\w*)(?=/|$)")


def in_braces(path: str) -> str:
    """The path as OpenAPI writes it."""
    return _COLON.sub(r"{\1}", path)


def read_colon_paths(document: Document) -> None:
    """Write such paths in braces, each with a finding; their operations join those that stand there already."""
    paths = document.data.get("paths")
    if not isinstance(paths, dict) or not any(_COLON.search(str(path)) for path in paths):
        return
    for path in [*paths]:
        written = in_braces(str(path))
        item = paths[path]
        if written == path or not isinstance(item, dict):
            continue
        there = paths.get(written)
        if there is not None and not _can_join(item, there):
            continue
        reason = f"`{path}` has `:` where OpenAPI writes `{{` and `}}`: it is read as `{written}`"
        document.find(pointer("paths", path), reason, f"write `{written}`", "warning", id="path-parameter")
        _move_into_path(item, _COLON.findall(path))
        if there is None:
            document.note_origin(pointer("paths", written), *document.origin(pointer("paths", path)))
            paths[written] = item
        else:
            _join(document, path, item, written, there)
        del paths[path]


def _move_into_path(item: dict[str, Any], names: list[str]) -> None:
    """Let what an operation declares as a query parameter, and its path names, be the path's: generators do so."""
    holders = [item, *(item[method] for method in METHODS if isinstance(item.get(method), dict))]
    for holder in holders:
        parameters = holder.get("parameters")
        for one in parameters if isinstance(parameters, list) else ():
            if isinstance(one, dict) and one.get("name") in names and one.get("in") == "query":
                one |= {"in": "path", "required": True}


def _can_join(item: dict[str, Any], there: Any) -> bool:
    """Whether the operations of two paths are different ones that can stand together."""
    both = isinstance(there, dict) and "$ref" not in item and "$ref" not in there
    return both and not {*METHODS} & item.keys() & there.keys()


def _join(document: Document, path: str, item: dict[str, Any], written: str, there: dict[str, Any]) -> None:
    common = item.get("parameters")
    for method in [one for one in METHODS if isinstance(item.get(one), dict)]:
        operation, own = item[method], item[method].get("parameters")
        document.note_origin(pointer("paths", written, method), *document.origin(pointer("paths", path, method)))
        there[method] = operation
        if isinstance(common, list) and isinstance(own, list | None):
            operation["parameters"] = [*common, *(own or ())]
