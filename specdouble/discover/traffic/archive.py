"""The files that exchanges are recorded in: HTTP Archives (HAR 1.2), and logs with an entry of one on each line."""

from __future__ import annotations

import base64
import binascii
import json
from pathlib import Path
from typing import Any

import msgspec

from specdouble.contract import ContractError
from specdouble.contract.finding import Finding
from specdouble.contract.source import MAX_BYTES

# The parts of HAR 1.2 that are read (http://www.softwareishard.com/blog/har-12-spec/); what else is there is ignored.


class Field(msgspec.Struct):
    """A header field."""

    name: str
    value: str


class PostData(msgspec.Struct, rename="camel"):
    """The body of a request."""

    mime_type: str = ""
    text: str = ""


class Request(msgspec.Struct, rename="camel"):
    """A request."""

    method: str
    url: str
    headers: list[Field] = []
    post_data: PostData | None = None


class Content(msgspec.Struct, rename="camel"):
    """The body of a response."""

    mime_type: str = ""
    text: str | None = None
    encoding: str = ""


class Response(msgspec.Struct):
    """A response."""

    status: int
    headers: list[Field] = []
    content: Content = msgspec.field(default_factory=Content)


class Entry(msgspec.Struct):
    """A request and its response."""

    request: Request
    response: Response


class Log(msgspec.Struct):
    """What an archive holds."""

    entries: list[Entry]


class Archive(msgspec.Struct):
    """An HTTP Archive."""

    log: Log


def entries(path: Path) -> list[Entry]:
    """The recorded exchanges of a file, in their order.

    Args:
        path: an HTTP Archive as browsers and proxies save it; or a log, each line an entry of an archive.

    Raises:
        ContractError: it cannot be read, or is neither.
    """
    content = _content(path)
    try:
        return msgspec.json.decode(content, type=Archive).log.entries
    except msgspec.DecodeError as error:
        lines = content.splitlines()
        if len(lines) < 2 or not lines[0].strip().endswith(b"}"):
            raise _refused(path, 0, f"it is no HTTP Archive: {_told(error)}") from None
    return [_entry(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _entry(path: Path, number: int, line: bytes) -> Entry:
    try:
        return msgspec.json.decode(line, type=Entry)
    except msgspec.DecodeError as error:
        raise _refused(path, number, f"the line is no entry of an HTTP Archive: {_told(error)}") from None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refused(path, 0, f"it cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(content) > MAX_BYTES:
        raise _refused(path, 0, f"it is larger than {MAX_BYTES // 1024 // 1024} MiB")
    return content.removeprefix(b"\xef\xbb\xbf")  # some tools begin it with a byte order mark


def _told(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]


def _refused(path: Path, line: int, reason: str) -> ContractError:
    remedy = "save the traffic as HAR 1.2, or write one entry of it, `request` and `response`, on each line"
    return ContractError([Finding(str(path), line, "", reason, remedy, id="unreadable")])


def body(text: str | None, encoding: str = "") -> Any:
    """The value of a body in JSON; None where it is none."""
    if not text:
        return None
    try:
        return json.loads(base64.b64decode(text) if encoding == "base64" else text)
    except (ValueError, binascii.Error, RecursionError):
        return None
