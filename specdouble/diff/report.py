"""What has changed, as text, JSON, Markdown, SARIF or annotations of a workflow."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import click

from specdouble import __version__
from specdouble.diff.change import Change, Level
from specdouble.printable import printable

_COLORS = {Level.BREAKING: "red", Level.UNCLEAR: "yellow", Level.COMPATIBLE: "green"}
_MARKS = {Level.BREAKING: "✗", Level.UNCLEAR: "?", Level.COMPATIBLE: "✓"}
_SARIF = {Level.BREAKING: "error", Level.UNCLEAR: "warning", Level.COMPATIBLE: "note"}
_GITHUB = {Level.BREAKING: "error", Level.UNCLEAR: "warning", Level.COMPATIBLE: "notice"}
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


@dataclass(frozen=True)
class Told:
    """What is reported.

    Args:
        changes: all that has changed.
        accepted: the reasons for those that are meant, by their keys.
    """

    changes: Sequence[Change]
    accepted: Mapping[str, str]

    @property
    def open(self) -> list[Change]:
        """The changes that nobody has accepted."""
        return [change for change in self.changes if change.key not in self.accepted]

    @property
    def meant(self) -> list[Change]:
        """The changes that are accepted."""
        return [change for change in self.changes if change.key in self.accepted]


def _groups(changes: Sequence[Change]) -> dict[Level, dict[tuple[str, str, str], list[Change]]]:
    """The changes by level; one that stands at one place for several operations is told once."""
    found: dict[Level, dict[tuple[str, str, str], list[Change]]] = {level: defaultdict(list) for level in Level}
    for change in changes:
        found[change.level][change.id, change.message, change.where].append(change)
    return found


def as_text(told: Told) -> str:
    """For a terminal."""
    lines: list[str] = []
    for level, groups in _groups(told.open).items():
        for (kind, message, where), same in groups.items():
            mark = click.style(f"{_MARKS[level]} {level.value}", fg=_COLORS[level], bold=True)
            lines.append(f"{mark}  {printable(message)}")
            lines.append(f"    {kind}  {where}".rstrip())
            operations = [change.operation for change in same if change.operation]
            if operations:
                more = f" and {len(operations) - 3} more" if len(operations) > 3 else ""
                lines.append(f"    {', '.join(operations[:3])}{more}")
    lines += [f"- accepted  {change.key}: {told.accepted[change.key]}" for change in told.meant]
    lines.append(_summary(told.open))
    return "\n".join(lines) + "\n"


def _summary(changes: Sequence[Change]) -> str:
    counts = [f"{sum(change.level is level for change in changes)} {level.value}" for level in Level]
    return ", ".join(counts)


def as_json(told: Told) -> str:
    """For programs: each change with its key."""
    written = [_as_data(change, told.accepted.get(change.key)) for change in told.changes]
    return json.dumps(written, indent=2, ensure_ascii=False) + "\n"


def _as_data(change: Change, accepted: str | None) -> dict[str, str | int | None]:
    return {
        "id": change.id,
        "level": change.level.value,
        "operation": change.operation or None,
        "subject": change.subject or None,
        "message": change.message,
        "file": change.file or None,
        "line": change.line or None,
        "revision": change.revision or None,
        "key": change.key,
        "accepted": accepted,
    }


def markdown(report: Told) -> str:
    """For the comment of a pull request."""
    lines = [f"### The contract's changes: {_summary(report.open)}", ""]
    for level, groups in _groups(report.open).items():
        if groups:
            lines += [f"**{level.value.capitalize()}**", ""]
        for (kind, message, where), same in groups.items():
            told = [change.operation for change in same if change.operation and change.operation not in message]
            about = ", ".join(f"`{operation}`" for operation in told) + ": " if told else ""
            at = f" ({_plain(where)})" if where else ""
            lines.append(f"- {about}{_plain(message)}{at} `{kind}`")
        if groups:
            lines.append("")
    if report.meant:
        lines += ["**Accepted**", ""]
        lines += [f"- `{change.key}`: {_plain(report.accepted[change.key])}" for change in report.meant]
        lines.append("")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """The text with nothing in it that Markdown would read."""
    return "".join(f"\\{char}" if char in "\\`*_[]<>|" else char for char in printable(text))


def sarif(told: Told) -> str:
    """For code scanning (SARIF 2.1.0)."""
    results = []
    for change in told.open:
        place: dict[str, object] = {"artifactLocation": {"uri": change.file.replace("\\", "/")}}
        if change.line and not change.gone:
            place["region"] = {"startLine": change.line}
        result: dict[str, object] = {
            "ruleId": change.id,
            "level": _SARIF[change.level],
            "message": {"text": printable(_sentence(change))},
            "partialFingerprints": {"change/v1": change.key},
        }
        if change.file:
            result["locations"] = [{"physicalLocation": place}]
        results.append(result)
    rules = [{"id": kind} for kind in dict.fromkeys(change.id for change in told.open)]
    driver = {"name": "specdouble diff", "version": __version__, "rules": rules}
    run = {"tool": {"driver": driver}, "results": results, "columnKind": "unicodeCodePoints"}
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def github(told: Told) -> str:
    """Annotations of a workflow of GitHub: a line for each change."""
    lines = []
    for change in told.open:
        line = 1 if change.gone else change.line or 1
        where = f" file={_property(change.file)},line={line}" if change.file else ""
        lines.append(f"::{_GITHUB[change.level]}{where}::{_message(f'{_sentence(change)} [{change.id}]')}")
    return "".join(f"{line}\n" for line in lines)


def _sentence(change: Change) -> str:
    """The message, with the operation that it is about."""
    is_said = not change.operation or change.operation in change.message
    return change.message if is_said else f"{change.operation}: {change.message}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")


FORMATS: Mapping[str, Callable[[Told], str]] = {
    "text": as_text,
    "json": as_json,
    "markdown": markdown,
    "sarif": sarif,
    "github": github,
}
