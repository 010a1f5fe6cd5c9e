"""What stands beside a contract and is laid over it: overlays, and rules by names."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from specdouble.contract.document import Document
from specdouble.contract.finding import ContractError, Finding
from specdouble.contract.overlay import extends_another, is_overlay
from specdouble.contract.source import Source, load

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass
class Beside:
    """The files that are laid over a contract, in their order.

    Args:
        overlays: the overlays.
        rules: the files of rules by names.
    """

    overlays: list[Source] = field(default_factory=list)
    rules: list[Source] = field(default_factory=list)

    @property
    def files(self) -> tuple[Path, ...]:
        """All of them."""
        return tuple(source.path for source in (*self.overlays, *self.rules))


def beside(document: Document, named: Sequence[Path] | None, without: Collection[Path] = ()) -> Beside:
    """What is laid over a contract; what cannot be read becomes a finding.

    Args:
        document: the contract.
        named: the files; None for those that lie in the contract's folder, by their names.
        without: files of these that are left out.
    """
    found, left_out = Beside(), {os.path.realpath(file) for file in without}
    for file in _by_name(document) if named is None else named:
        if os.path.realpath(file) in left_out:  # `resolve` raises where links lead in a circle
            continue
        source = _read(document, file, is_named=named is not None)
        if source is not None:
            (found.overlays if is_overlay(source) else found.rules).append(source)
            document.laid.append(source)
    return found


def _by_name(document: Document) -> list[Path]:
    """`*.overlay.yaml` and `rules.yaml` in the contract's folder; a link out of it is none of ours."""
    folder = document.source.path.parent
    try:
        files = sorted(file for file in folder.iterdir() if _is_ours(file))
    except OSError:
        return []
    inside = []
    for file in files:
        if Path(os.path.realpath(file)).is_relative_to(folder.resolve()):
            inside.append(file)
        else:
            reason, remedy = "the file is a link that leads out of the contract's folder", "name it with `--overlay`"
            document.findings.append(Finding(str(file), 0, "", reason, remedy, id="overlay"))
    return inside


def _is_ours(file: Path) -> bool:
    named = file.stem.endswith(".overlay") or file.stem == "rules"
    return named and file.suffix in _SUFFIXES and file.name[:1] != "."


def _read(document: Document, file: Path, *, is_named: bool) -> Source | None:
    try:
        source = load(file, str(file))
    except ContractError as error:
        remedy = "name an existing overlay" if is_named else "let it be read, or remove it"
        for finding in error.findings:
            told = remedy if finding.id == "unreadable" else finding.remedy
            document.findings.append(replace(finding, remedy=told, id="overlay"))
        return None
    document.findings += source.findings
    if is_named:
        return source
    reason = _not_meant(document, source)
    if reason:
        remedy = "name it with `--overlay`, if it is meant"
        document.findings.append(Finding(source.name, 1, "", reason, remedy, "warning", "overlay"))
        return None
    return source


def _not_meant(document: Document, source: Source) -> str:
    """Why a file that was found by its name alone is none of ours: other tools have such names too."""
    data = source.data if isinstance(source.data, dict) else {}
    if not is_overlay(source):
        told = any(isinstance(value, dict) and any(key[:2] == "x-" for key in value) for value in data.values())
        return "" if told else "the file holds no annotation, and is left out"
    if "overlay" not in data:
        return "the file says no `overlay: 1.1.0`, and is left out"
    if extends_another(source, document):
        return f"the overlay extends another contract than {document.source.name}, and is left out"
    return ""
