"""A file of the contract: its data, the line on which each pointer stands, and what is wrong with its text."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specdouble.contract.composer import MAX_DEPTH, MAX_DIGITS, Flaw, Unreadable, compose
from specdouble.contract.finding import ContractError, Finding
from specdouble.contract.lines import Lines, duplicates_of_json, lines_of_json

MAX_BYTES = 256 * 1024 * 1024
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
# A byte order mark says in which encoding a text is (RFC 3629, 6; Unicode, 23.8); the longer ones first.
_ENCODINGS = (
    (b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16"),
)  # fmt: skip


@dataclass
class Source:
    """One file of the contract.

    Args:
        path: where it lies.
        name: how messages call it.
        text: its content.
        data: what it says: mappings, sequences, strings, numbers, booleans, None.
        flaws: what is wrong with the text though it could be read.
    """

    path: Path
    name: str
    text: str
    data: Any = None
    flaws: list[Flaw] = field(default_factory=list)
    lines: Lines | None = None

    @property
    def findings(self) -> list[Finding]:
        """The flaws of the text as findings."""
        return [self.finding(flaw) for flaw in self.flaws]

    def finding(self, flaw: Flaw) -> Finding:
        """A flaw of the text as a finding."""
        return Finding(self.name, flaw.line, "", flaw.reason, flaw.remedy, id=flaw.id)

    def line(self, pointer: str) -> int:
        """The line, from 1, on which the pointer's key stands (or the nearest ancestor's)."""
        if self.lines is None:
            self.lines = lines_of_json(self.text, self.data)
        return self.lines.at(pointer)


def load(path: Path, name: str) -> Source:
    """Read a YAML or JSON file.

    Raises:
        ContractError: it is missing, no regular file, not UTF-8, or neither YAML nor JSON.
    """
    text = decode(read_bytes(path, name), name)
    return read_text(text, path, name)


def read_text(text: str, path: Path, name: str) -> Source:
    """Read a YAML or JSON text.

    Raises:
        ContractError: it is empty, or neither YAML nor JSON.
    """
    source = Source(path, name, text)
    try:
        if not text.strip():
            raise Unreadable(Flaw(1, "the file is empty", "write something into it, or name another file", "syntax"))
        if not _read_json(source):
            source.data, source.lines, source.flaws = compose(text)
    except Unreadable as error:
        raise ContractError([source.finding(error.flaw)]) from None
    return source


def read_bytes(path: Path, name: str) -> bytes:
    """The content of a regular file; what never ends or waits (a device, a pipe) is not read.

    Raises:
        ContractError: it is missing, no regular file, or too large.
    """
    remedy = "name an existing OpenAPI file, or a folder that holds openapi.yaml"
    try:
        # Without O_NONBLOCK the opening itself waits for the other end of a pipe.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                reason = "the file cannot be read: it is a device, a pipe or a folder, and no regular file"
                raise ContractError([Finding(name, 0, "", reason, remedy, id="unreadable")])
            content = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:  # a NUL in the name is a ValueError
        cause = error.strerror if isinstance(error, OSError) else None
        reason = f"the file cannot be read: {(cause or str(error)).lower()}"
        raise ContractError([Finding(name, 0, "", reason, remedy, id="unreadable")]) from None
    if len(content) > MAX_BYTES:
        reason = f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB"
        raise ContractError([Finding(name, 0, "", reason, "split the contract", id="unreadable")])
    return content


def decode(content: bytes, name: str) -> str:
    """The text of a file.

    Raises:
        ContractError: it is not UTF-8.
    """
    remedy = "save the file as UTF-8 (RFC 3629)"
    for mark, encoding in _ENCODINGS:
        if content.startswith(mark):
            raise ContractError([Finding(name, 1, "", f"the file is {encoding}, not UTF-8", remedy, id="encoding")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ContractError([Finding(name, line, "", "the file is not UTF-8", remedy, id="encoding")]) from None


def _read_json(source: Source) -> bool:
    """Read the text as JSON; False where it is none and may be YAML, whose flow style begins with a brace too.

    Raises:
        Unreadable: it is JSON that cannot be read, or calls itself JSON and is not.
    """
    named_json = source.path.suffix.lower() == ".json"
    if not named_json and source.text.lstrip()[:1] != "{":
        return False
    reading = _JsonReading(source)
    try:
        source.data = reading.run()
    except json.JSONDecodeError as error:
        if not named_json:
            return False
        flaw = Flaw(error.lineno, f"not JSON: {error.msg}", "mend the syntax on this line or the one before", "syntax")
        raise Unreadable(flaw) from None
    except RecursionError:
        raise Unreadable(_too_deep(1)) from None
    if _depth(source.data) > MAX_DEPTH:
        raise Unreadable(_too_deep(1))
    source.flaws = reading.flaws
    if reading.has_duplicates:
        remedy = "keep one of the two, or rename one"
        for name, line in duplicates_of_json(source.text, source.data):
            reason = f"the key `{name}` stands twice in one mapping: the first is lost"
            source.flaws.append(Flaw(line, reason, remedy, "duplicate-key"))
    return True


def _too_deep(line: int) -> Flaw:
    reason = f"nested too deep to be read: more than {MAX_DEPTH} levels"
    return Flaw(line, reason, "move what is inside into components, and refer to it with `$ref`", "nesting")


def _depth(data: object) -> int:
    """The levels of objects and arrays, no more counted than are needed to refuse them."""
    depth, level = 0, [data] if isinstance(data, dict | list) else []
    while level and depth <= MAX_DEPTH:
        depth += 1
        inside = [item for one in level for item in (one.values() if isinstance(one, dict) else one)]
        level = [item for item in inside if isinstance(item, dict | list)]
    return depth


class _JsonReading:
    """Reads a JSON text, and notes what JSON allows and no contract can use."""

    def __init__(self, source: Source) -> None:
        self.text = source.text
        self.flaws: list[Flaw] = []
        self.has_duplicates = False

    def run(self) -> Any:
        data = json.loads(
            self.text,
            object_pairs_hook=self.object,
            parse_int=self.integer,
            parse_float=self.number,
            parse_constant=self.constant,
        )
        if _SURROGATE.search(self.text):
            self.refuse_surrogates(data)
        return data

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        mapping = dict(pairs)
        self.has_duplicates = self.has_duplicates or len(mapping) != len(pairs)
        return mapping

    def integer(self, text: str) -> Any:
        if len(text) <= MAX_DIGITS:
            return int(text)
        reason = f"a number of {len(text):,} characters"
        self.note(text, reason, f"write no more than {MAX_DIGITS} digits")
        return text

    def number(self, text: str) -> Any:
        value = float(text)
        if value in (float("inf"), float("-inf")):
            shown = text if len(text) < 40 else f"{text[:40]}…"
            self.note(text, f"the number `{shown}` is beyond what JSON can carry", "write a smaller number")
            return text
        return value

    def constant(self, text: str) -> Any:
        self.note(text, f"`{text}` is no number of JSON", "write a number, or remove it")
        return text

    def note(self, text: str, reason: str, remedy: str) -> None:
        line = self.text.count("\n", 0, max(0, self.text.find(text))) + 1
        self.flaws.append(Flaw(line, reason, remedy, "number"))

    def refuse_surrogates(self, data: Any) -> None:
        """Half of a surrogate pair is no character (RFC 8259, 8.2): no text in UTF-8 can hold it.

        Raises:
            Unreadable: there is one.
        """
        try:
            json.dumps(data, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            found = _SURROGATE.search(self.text)
            line = self.text.count("\n", 0, found.start() if found else 0) + 1
            reason = "half of a surrogate pair stands in a string from here on"
            raise Unreadable(Flaw(line, reason, "write the whole character", "encoding")) from None
