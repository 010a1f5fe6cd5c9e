"""Findings that the authors of a contract have seen and do not want told again.

`x-specdouble-ignore: [id, ...]` silences those about what it stands in; `ignore = [id, ...]` under
`[tool.specdouble.lint]` in the project's `pyproject.toml` those of the whole contract.
"""

from __future__ import annotations

import re
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from specdouble.contract.annotation import extensions
from specdouble.contract.document import Document
from specdouble.contract.finding import IDS, ContractError, Finding
from specdouble.contract.pointer import look_up
from specdouble.contract.source import decode, read_bytes

KEYWORD = "x-specdouble-ignore"


def without_silenced(document: Document) -> list[Finding]:
    """The findings of the document but for those that are silenced, and those about the silencing itself."""
    everywhere, wrong = _of_project(document.source.path.parent)
    places = _places(document)

    def is_silenced(finding: Finding) -> bool:
        at = document.places.get(finding.place, "")
        while at and finding.id not in places.get(at, ()):
            at = at.rpartition("/")[0]
        return finding.id in everywhere or finding.id in places.get(at, ())

    return [finding for finding in document.findings if not is_silenced(finding)] + wrong


def _places(document: Document) -> dict[str, set[str]]:
    """The ids that are silenced at each pointer of the document."""
    found: dict[str, set[str]] = {}
    ignoring = [at.rpartition("/")[0] for at, key in extensions(document) if key == KEYWORD]
    for at in ignoring:
        value = look_up(document.data, f"{at}/{KEYWORD}")
        ids = value if isinstance(value, list) else [value]
        known = {one for one in ids if isinstance(one, str) and one in IDS}
        for one in ids:
            if one not in known:
                document.find(f"{at}/{KEYWORD}", f"`{one}` is no id of a finding", _remedy(one), id="ignore")
        found[at] = known
    return found


def _remedy(id: Any) -> str:
    near = get_close_matches(str(id), IDS, n=1, cutoff=0.6)
    return f"write `{near[0]}`" if near else "see docs/lint.md for the ids"


def _of_project(folder: Path) -> tuple[set[str], list[Finding]]:
    """The ids that `pyproject.toml` silences, and what is wrong with it."""
    file = folder / "pyproject.toml"
    if not file.exists():
        return set(), []
    try:
        text = decode(read_bytes(file, str(file)), str(file))
        table: Any = tomllib.loads(text)
    except ContractError as error:
        return set(), error.findings
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found.group(1)) if found else 1
        return set(), [_finding(file, line, f"not TOML: {error}", "mend the syntax on this line")]
    for name in ("tool", "specdouble", "lint"):
        table = table.get(name, {})
        if not isinstance(table, dict):
            return set(), [_finding(file, _line(text, name), f"`{name}` is no table", f"write `[tool.{name}]`")]
    ids = table.get("ignore", [])
    if not isinstance(ids, list):
        return set(), [_finding(file, _line(text, "ignore"), "`ignore` is no list", 'write `ignore = ["id"]`')]
    wrong = [one for one in ids if not isinstance(one, str) or one not in IDS]
    line = _line(text, "ignore")
    found_wrong = [_finding(file, line, f"`{one}` is no id of a finding", _remedy(one)) for one in wrong]
    return {one for one in ids if isinstance(one, str)}, found_wrong


def _finding(file: Path, line: int, reason: str, remedy: str) -> Finding:
    return Finding(str(file), line, "", reason, remedy, id="settings")


def _line(text: str, word: str) -> int:
    lines = text.splitlines()
    return next((number for number, line in enumerate(lines, 1) if word in line), 1)
