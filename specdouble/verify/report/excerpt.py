"""Lines of the contract's files, as reports show them and name them."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

AROUND = 2  # lines before and after
LONGEST = 200  # characters of a line


def excerpt(file: str, line: int) -> list[dict[str, int | str]]:
    """A line and those around it, each with its number and text; nothing where the file cannot be read."""
    lines = _lines(file)
    first, last = max(line - AROUND, 1), min(line + AROUND, len(lines))
    return [{"line": number, "text": lines[number - 1][:LONGEST]} for number in range(first, last + 1)]


@lru_cache(maxsize=64)
def _lines(file: str) -> list[str]:
    try:
        return Path(file).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # a contract may come from an address
        return []


def from_the_root(file: str) -> str:
    """The file's path from the repository's root, as services that show reports beside the code name it."""
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    try:
        return Path(file).resolve().relative_to(root).as_posix()
    except ValueError:
        return file
