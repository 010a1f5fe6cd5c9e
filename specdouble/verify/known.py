"""The failures of an earlier run (`--baseline`), known by what they are about; ids, order and chance do not matter."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specdouble.verify.problem import WrongUse
from specdouble.verify.verdict import Failure
from specdouble.whole_files import write_whole

VERSION = 1
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_CHANCE = re.compile(r"[0-9a-fA-F-]{16,}|\d+")
_STATUS = re.compile(r"\b[1-5](\d\d|xx)\b")


@dataclass(frozen=True)
class Mark:
    """What a failure is about.

    Args:
        check: the rule or check.
        promise: what the server was held to, without values.
        operations: the ids of the operations that it is about.
    """

    check: str
    promise: str
    operations: tuple[str, ...]


@dataclass
class Known:
    """The failures of an earlier run.

    Args:
        marks: what they are about.
    """

    marks: frozenset[Mark] = frozenset()
    met: set[Mark] = field(default_factory=set)

    def knows(self, failure: Failure) -> bool:
        """Whether the failure was there then."""
        mark = mark_of(failure)
        if mark in self.marks:
            self.met.add(mark)
        return mark in self.marks

    @property
    def gone(self) -> list[Mark]:
        """What failed then and does not now."""
        return sorted(self.marks - self.met, key=lambda mark: (mark.check, mark.promise))


def mark_of(failure: Failure) -> Mark:
    """What the failure is about."""
    return Mark(failure.check, without_values(failure.promise), tuple(sorted(failure.operations)))


def without_values(text: str) -> str:
    """The text without what chance chose: texts in quotation marks, ids, numbers other than statuses."""
    bare = _QUOTED.sub("…", text)
    return _CHANCE.sub(lambda found: found[0] if _STATUS.fullmatch(found[0]) else "…", bare)


def read_known(path: Path) -> Known | None:
    """The baseline of a file; None where there is no such file yet.

    Raises:
        WrongUse: the file is no baseline.
    """
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        marks = [
            Mark(str(one["check"]), str(one["promise"]), tuple(map(str, one["operations"]))) for one in data["failures"]
        ]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise WrongUse(f"--baseline {path} is no baseline ({error}): name a file that --baseline wrote") from None
    return Known(frozenset(marks))


def write_known(path: Path, failures: Iterable[Failure]) -> int:
    """Write the failures down, in an order of their own; how many they are.

    Raises:
        OSError: the file cannot be written.
    """
    marks = sorted({mark_of(one) for one in failures}, key=lambda mark: (mark.check, mark.promise, mark.operations))
    entries = [{"check": one.check, "promise": one.promise, "operations": list(one.operations)} for one in marks]
    write_whole(path, json.dumps({"version": VERSION, "failures": entries}, indent=2, ensure_ascii=False) + "\n")
    return len(marks)
