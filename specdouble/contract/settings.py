"""What a project says about its contract: `[tool.specdouble]` of pyproject.toml, or specdouble.toml."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from specdouble.contract.finding import IDS, ContractError, Finding
from specdouble.contract.source import decode, read_bytes

KEYS = ("lint", "overlays", "foreign-annotations")  # beside them stands `verify`, which the verifier reads


@dataclass
class Settings:
    """What a project says about its contract.

    Args:
        ignored: the ids of the findings that it does not want told.
        overlays: the files that are laid over the contract, in their order; None where they are looked for.
        foreign: whether the annotations of others are read that say what ours say.
        findings: what is wrong with the settings.
    """

    ignored: frozenset[str] = frozenset()
    overlays: tuple[Path, ...] | None = None
    foreign: bool = True
    findings: list[Finding] = field(default_factory=list)


def read_settings(folder: Path) -> Settings:
    """The settings of the project in a folder."""
    settings = Settings()
    for name, tables in (("pyproject.toml", ("tool", "specdouble")), ("specdouble.toml", ())):
        if (folder / name).exists():
            _File(folder / name, settings).read(tables)
    return settings


def near_id(id: object) -> str:
    """The remedy for what is no id of a finding."""
    near = get_close_matches(str(id), IDS, n=1, cutoff=0.6)
    return f"write `{near[0]}`" if near else "see docs/lint.md for the ids"


class _File:
    def __init__(self, file: Path, settings: Settings) -> None:
        self.file = file
        self.settings = settings
        self.text = ""

    def read(self, tables: tuple[str, ...]) -> None:
        """Read what stands in the table that these names lead to."""
        table = self.toml()
        for name in tables:
            table = self.table(table, name)
        ignored = self.table(table, "lint").get("ignore", [])
        if not isinstance(ignored, list):
            self.find("ignore", "`ignore` is no list", 'write `ignore = ["id"]`')
        else:
            self.settings.ignored |= {one for one in ignored if self.is_id(one)}
        overlays = table.get("overlays")
        if overlays is not None and not _is_texts(overlays):
            self.find("overlays", "`overlays` is no list of files", 'write `overlays = ["rules.overlay.yaml"]`')
        elif overlays is not None:
            self.settings.overlays = tuple(self.file.parent / one for one in overlays)
        foreign = table.get("foreign-annotations", table.get("foreign_annotations", True))
        if not isinstance(foreign, bool):
            self.find("foreign", "`foreign-annotations` is no boolean", "write `true` or `false`")
        else:
            self.settings.foreign = foreign

    def toml(self) -> Any:
        try:
            self.text = decode(read_bytes(self.file, str(self.file)), str(self.file))
            return tomllib.loads(self.text)
        except ContractError as error:
            self.settings.findings += error.findings
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
            found = re.search(r"line (\d+)", str(error))
            line = int(found.group(1)) if found else 1
            self.note(line, f"not TOML: {error}", "mend the syntax on this line")
        return {}

    def table(self, table: Any, name: str) -> dict[str, Any]:
        inside = table.get(name, {})
        if isinstance(inside, dict):
            return inside
        self.find(name, f"`{name}` is no table", f"write `[{name}]`, below the tables around it")
        return {}

    def is_id(self, id: object) -> bool:
        known = isinstance(id, str) and id in IDS
        if not known:
            self.find("ignore", f"`{id}` is no id of a finding", near_id(id))
        return known

    def find(self, word: str, reason: str, remedy: str) -> None:
        lines = self.text.splitlines()
        line = next((number for number, one in enumerate(lines, 1) if word in one), 1)
        self.note(line, reason, remedy)

    def note(self, line: int, reason: str, remedy: str) -> None:
        self.settings.findings.append(Finding(str(self.file), line, "", reason, remedy, id="settings"))


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
