"""Moves the annotations of a contract into an overlay: the contract may be generated anew, and they stay."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from specdouble.contract.contract import Contract
from specdouble.contract.document import Document
from specdouble.contract.finding import ContractError
from specdouble.contract.overlay import lay_over
from specdouble.contract.pointer import is_index, look_up, member, tokens
from specdouble.contract.source import Source, read_text
from specdouble.contract.spans import without
from specdouble.contract.written import in_yaml

# Below these stands what has a name of its own: an overlay has an action for each.
_NAMED = {"components": 3, "paths": 3, "webhooks": 3, "definitions": 2, "securityDefinitions": 2}


class CannotSplit(ValueError):
    """The annotations of a contract cannot be moved; the message says why, and the remedy."""


@dataclass(frozen=True)
class Split:
    """A contract without its annotations, and the overlay that has them.

    Args:
        text: the contract.
        overlay: the overlay.
        moved: how many annotations were moved.
        left: the files in which annotations stay: an overlay does not reach what a reference brings in.
    """

    text: str
    overlay: str
    moved: int
    left: tuple[str, ...]


def split(contract: Contract, beside: Path) -> Split:
    """Split a contract in two.

    Args:
        contract: the contract.
        beside: where the overlay will lie.

    Raises:
        CannotSplit: there is nothing to move, or what comes out does not say the same.
    """
    document = contract.document
    source = document.source
    origins = [document.origin(at) for at in document.annotations]
    written = sorted({inside for file, inside in origins if file is source}, key=lambda at: (source.line(at), at))
    own = {inside: look_up(source.data, inside) for inside in written}
    others = {file.path: file.name for file, _ in origins if file is not source}
    left = sorted(name for path, name in others.items() if path not in contract.overlays)
    if not own:
        raise CannotSplit(f"{source.name} has no annotation of its own to be moved")
    overlay = in_yaml(_overlay(contract, own, os.path.relpath(source.path, beside.parent)))
    try:
        text = without(source.text, own)
    except yaml.YAMLError as error:
        raise CannotSplit(f"{source.name} cannot be rewritten: {error}") from None
    _hold(source, text, overlay)
    return Split(text, overlay, len(own), tuple(left))


def _overlay(contract: Contract, values: dict[str, Any], extends: str) -> dict[str, Any]:
    actions: dict[str, Any] = {}
    for at, value in values.items():
        names = tokens(at)
        length = _target(names)
        update = actions.setdefault(_jsonpath(contract.document.source.data, names[:length]), {})
        for name in names[length:-1]:
            update = update.setdefault(name, {})
        update[names[-1]] = value
    return {
        "overlay": "1.1.0",
        "info": {"title": f"Rules of {contract.title}", "version": "1.0.0"},
        "extends": extends.replace(os.sep, "/"),
        "actions": [{"target": target, "update": update} for target, update in actions.items()],
    }


def _target(names: list[str]) -> int:
    """How many of the names make the target: to what has a name of its own, and through all arrays."""
    indices = [place + 1 for place, name in enumerate(names) if is_index(name)]
    return min(max([_NAMED.get(names[0], 0), *indices]), len(names) - 1)


def _jsonpath(data: Any, names: list[str]) -> str:
    """The normalized path (RFC 9535, 2.7), but for names that need no brackets."""
    path = "$"
    for name in names:
        if isinstance(data, list):
            path, data = f"{path}[{name}]", data[int(name)]
            continue
        data = data[name]
        plain = name.isascii() and name.isidentifier()
        path += f".{name}" if plain else member(name)
    return path


def _hold(source: Source, text: str, overlay: str) -> None:
    """Hold the two against what there was: nothing is lost on the way.

    Raises:
        CannotSplit: they do not say the same.
    """
    try:
        rest = read_text(text, source.path, source.name)
        laid = read_text(overlay, source.path.with_suffix(".overlay.yaml"), "overlay")
    except ContractError as error:
        raise CannotSplit(f"{source.name} cannot be rewritten: {error.findings[0].reason}") from None
    document = Document(rest, rest.data)
    lay_over(document, [laid])
    original = read_text(source.text, source.path, source.name).data
    if document.findings or document.data != original:
        raise CannotSplit(f"{source.name} says something else without its annotations (an anchor in one of them?)")
