"""The data of a YAML text, composed from libyaml's events in one pass and in bounded depth and size.

PyYAML parses; its own composer is not used: it recurses (a hundred thousand brackets end the process), follows
YAML 1.1 (`on` and `12:30` are not strings to it), and keeps no line of a key.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import yaml

from specdouble.contract.lines import Lines

MAX_DEPTH = 200  # levels of mappings and sequences, aliases followed
MAX_DIGITS = 400  # of an integer; a double-precision number has no more than 309
_ALIASED = 100_000  # values that aliases may repeat, beside ten for each value that is written
_TAG = "tag:yaml.org,2002:"


class Flaw(NamedTuple):
    """What is wrong with a text though it can be read: the line from 1, the reason, the remedy, the finding's id."""

    line: int
    reason: str
    remedy: str
    id: str


class Unreadable(ValueError):
    """The text cannot be read; the flaw says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.reason)
        self.flaw = flaw


def compose(text: str) -> tuple[Any, Lines, list[Flaw]]:
    """The data of a YAML text, the lines of its keys, and its flaws.

    Raises:
        Unreadable: it has two documents, is nested too deep, repeats too much by aliases, or is no YAML.
    """
    composer = _Composer()
    parser = yaml.CSafeLoader(text)
    try:
        while parser.check_event():
            composer.take(parser.get_event())
    except yaml.MarkedYAMLError as error:
        raise Unreadable(_syntax_error(text, error)) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        reason = f"not YAML or JSON: the character U+{_code_point(error.character):04X} may not stand in it"
        raise Unreadable(Flaw(line, reason, "remove the character", "syntax")) from None
    finally:
        parser.dispose()
    composer.lines.data = composer.data
    return composer.data, composer.lines, composer.flaws


def _code_point(character: object) -> int:
    return character if isinstance(character, int) else ord(str(character)[:1] or "\0")


def _too_deep(line: int) -> Flaw:
    reason = f"nested too deep to be read: more than {MAX_DEPTH} levels"
    return Flaw(line, reason, "move what is inside into components, and refer to it with `$ref`", "nesting")


def _syntax_error(text: str, error: yaml.MarkedYAMLError) -> Flaw:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark else 1
    if "nesting depth" in str(error.problem):  # newer releases of libyaml have a bound of their own
        return _too_deep(line)
    lines = text.splitlines()
    written = lines[line - 1] if line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return Flaw(
            line, "not YAML or JSON: a tab indents the line", "indent with spaces: YAML takes no tabs", "syntax"
        )
    reason = f"not YAML or JSON: {error.problem or error.context}"
    return Flaw(line, reason, "mend the syntax on this line or the one before", "syntax")


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end has not come yet."""

    container: dict[str, Any] | list[Any]
    line: int
    anchor: str | None
    lines: array[int] = field(default_factory=lambda: array("I"))
    key: str | None = None  # of a mapping: what the next value belongs to
    key_line: int = 0
    merged: list[dict[str, Any]] = field(default_factory=list)
    weight: int = 1  # values in it, aliases followed
    height: int = 1  # levels in it, aliases followed


class _Anchored(NamedTuple):
    value: Any
    weight: int
    height: int


_MERGE = "<<"
_MERGES = "\0merge"  # the pending key of a value that is merged: no key of a YAML text holds a NUL


class _Composer:
    def __init__(self) -> None:
        self.data: Any = None
        self.lines = Lines(None)
        self.flaws: list[Flaw] = []
        self.open: list[_Open] = []
        self.anchors: dict[str, _Anchored] = {}
        self.values = 0
        self.repeated = 0
        self.documents = 0

    def take(self, event: yaml.Event | None) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self.scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self.start({}, event)
        elif isinstance(event, yaml.SequenceStartEvent):
            self.start([], event)
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self.end()
        elif isinstance(event, yaml.AliasEvent):
            self.alias(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                reason, remedy = "a second YAML document begins here", "keep one document in the file"
                self.stop(_line(event), reason, remedy, "syntax")

    def scalar(self, event: yaml.ScalarEvent) -> None:
        line = _line(event)
        if self.expects_key():
            plain = event.implicit[0] and event.tag is None
            self.open_key(_MERGES if plain and event.value == _MERGE else event.value, line)
            return
        value = self.scalar_value(event, line)
        self.values += 1
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(value, 1, 0)
        self.place(value, line, 1, 0)

    def scalar_value(self, event: yaml.ScalarEvent, line: int) -> Any:
        text: str = event.value
        if event.tag is None and not event.implicit[0]:
            return text  # it is quoted
        tag = event.tag if event.tag not in (None, "!") else implicit_tag(text)
        convert = _SCALARS.get(tag or "")
        if convert is None:
            return text
        if len(text) > MAX_DIGITS:
            reason = f"a number of {len(text):,} characters"
            self.flaws.append(Flaw(line, reason, f"write no more than {MAX_DIGITS} digits", "number"))
            return text
        try:
            value = convert(text)
        except ValueError:
            reason = f"`{text}` is not of the type that its tag names"
            self.flaws.append(Flaw(line, reason, "correct the value, or remove the tag", "syntax"))
            return text
        if isinstance(value, float) and value in (float("inf"), float("-inf")):
            reason, remedy = f"the number `{text}` is beyond what JSON can carry", "write a smaller number"
            self.flaws.append(Flaw(line, reason, remedy, "number"))
            return text
        return value

    def start(self, container: dict[str, Any] | list[Any], event: yaml.NodeEvent) -> None:
        line = _line(event)
        if self.expects_key():
            self.stop(line, "a mapping or a sequence stands as a key", "write a string as the key", "syntax")
        if len(self.open) >= MAX_DEPTH:
            self.stop_at_depth(line)
        self.values += 1
        self.open.append(_Open(container, line, event.anchor))
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(_UNDER_WAY, 0, 0)

    def end(self) -> None:
        done = self.open.pop()
        container = done.container
        if done.merged and isinstance(container, dict):
            self.merge(container, done)
        self.lines.note(container, done.lines)
        if done.anchor is not None:
            self.anchors[done.anchor] = _Anchored(container, done.weight, done.height)
        self.place(container, done.line, done.weight, done.height)

    def merge(self, container: dict[str, Any], done: _Open) -> None:
        """What is merged stands after the mapping's own keys; of several mappings the first says what a key is."""
        for part in done.merged:
            self.repeat(len(part), done.line)
            for name, value in part.items():
                container.setdefault(name, value)

    def alias(self, event: yaml.AliasEvent) -> None:
        line = _line(event)
        known = self.anchors.get(str(event.anchor))
        if known is None:
            reason = f"the alias `*{event.anchor}` has no anchor before it"
            self.stop(line, reason, f"define `&{event.anchor}` above, or write the value out", "syntax")
        if known.value is _UNDER_WAY:
            reason = f"the anchor `&{event.anchor}` contains its own alias: nested too deep to be read"
            self.stop(line, reason, "remove the alias", "nesting")
        if self.expects_key():
            if isinstance(known.value, dict | list):
                self.stop(line, "a mapping or a sequence stands as a key", "write a string as the key", "syntax")
            self.open_key(str(known.value), line)
            return
        if len(self.open) + known.height > MAX_DEPTH:
            self.stop_at_depth(line)
        self.repeat(known.weight, line)
        self.place(known.value, line, known.weight, known.height)

    def repeat(self, weight: int, line: int) -> None:
        """Count what aliases write again: a few lines of them can stand for more than any machine holds."""
        self.repeated += weight
        if self.repeated > _ALIASED + 10 * self.values:
            reason = f"the aliases up to here repeat {self.repeated:,} values, of {self.values:,} that are written"
            self.stop(line, reason, "write a schema once and refer to it with `$ref`", "aliases")

    def place(self, value: object, line: int, weight: int, height: int) -> None:
        """Put a value where it belongs: into the container that is open, or at the root."""
        if not self.open:
            self.data = value
            return
        top = self.open[-1]
        top.weight += weight
        top.height = max(top.height, height + 1)
        if isinstance(top.container, list):
            top.container.append(value)
            top.lines.append(line)
        elif top.key == _MERGES:
            self.note_merge(top, value)
        elif top.key is not None:
            if top.key not in top.container:
                top.lines.append(top.key_line)
            top.container[top.key] = value
        top.key = None

    def note_merge(self, top: _Open, value: object) -> None:
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, dict):
                top.merged.append(part)
            else:
                reason, remedy = "`<<` merges something that is no mapping", "merge an alias of a mapping: `<<: *name`"
                self.flaws.append(Flaw(top.key_line, reason, remedy, "syntax"))

    def expects_key(self) -> bool:
        return bool(self.open) and self.open[-1].key is None and isinstance(self.open[-1].container, dict)

    def open_key(self, name: str, line: int) -> None:
        """`200:` is a number to YAML and a status to OpenAPI: keys are strings, as in JSON."""
        top = self.open[-1]
        if name in top.container:
            reason = f"the key `{name}` stands twice in one mapping: the first is lost"
            self.flaws.append(Flaw(line, reason, "keep one of the two, or rename one", "duplicate-key"))
        top.key, top.key_line = name, line

    def stop_at_depth(self, line: int) -> NoReturn:
        raise Unreadable(_too_deep(line))

    @staticmethod
    def stop(line: int, reason: str, remedy: str, id: str) -> NoReturn:
        raise Unreadable(Flaw(line, reason, remedy, id))


_UNDER_WAY = object()


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


# The core schema of YAML 1.2: `on`, `yes`, `12:30` and dates stay strings. By the first character of a plain scalar.
_IMPLICIT: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    (_TAG + "bool", "tTfF", re.compile(r"true|True|TRUE|false|False|FALSE")),
    (_TAG + "int", "-+0123456789", re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")),
    (_TAG + "float", "-+.0123456789", re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")),
    (_TAG + "null", "~nN", re.compile(r"~|null|Null|NULL")),
)


def implicit_tag(text: str) -> str | None:
    """What a plain scalar is in the core schema of YAML 1.2, where it is no string."""
    if not text:
        return _TAG + "null"
    for tag, first, pattern in _IMPLICIT:
        if text[0] in first and pattern.fullmatch(text):
            return tag
    return None


def _integer(text: str) -> int:
    return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)


_SCALARS: dict[str, Callable[[str], Any]] = {
    _TAG + "null": lambda _text: None,
    _TAG + "bool": lambda text: text.lower() == "true",
    _TAG + "int": _integer,
    _TAG + "float": float,
}
