"""HTTP Archives (HAR 1.2): what browsers and proxies record, read and written.

The parts of the format that mean something here have a class each; what else a file holds is ignored, and what the
format demands beside them is written as unknown (http://www.softwareishard.com/blog/har-12-spec/).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from specdouble import __version__
from specdouble.contract import ContractError
from specdouble.contract.finding import Finding
from specdouble.contract.source import MAX_BYTES

_UNKNOWN = -1  # of a size (HAR 1.2, request)


class Field(msgspec.Struct):
    """A header field, or a parameter of a query or form; that of a file has no value."""

    name: str
    value: str = ""


class PostData(msgspec.Struct, rename="camel"):
    """The body of a request."""

    mime_type: str = ""
    text: str = ""
    params: list[Field] = []


class Request(msgspec.Struct, rename="camel"):
    """A request."""

    method: str
    url: str
    http_version: str = "HTTP/1.1"
    headers: list[Field] = []
    query_string: list[Field] = []
    cookies: list[Field] = []
    post_data: PostData | None = None
    headers_size: int = _UNKNOWN
    body_size: int = _UNKNOWN


class Content(msgspec.Struct, rename="camel"):
    """The body of a response."""

    mime_type: str = ""
    text: str | None = None
    encoding: str = ""
    size: int = _UNKNOWN


class Response(msgspec.Struct, rename="camel"):
    """A response."""

    status: int
    status_text: str = ""
    http_version: str = "HTTP/1.1"
    headers: list[Field] = []
    cookies: list[Field] = []
    content: Content = msgspec.field(default_factory=Content)
    redirect_url: str = msgspec.field(default="", name="redirectURL")
    headers_size: int = _UNKNOWN
    body_size: int = _UNKNOWN


class Timings(msgspec.Struct):
    """How long the parts of an exchange took, in milliseconds."""

    send: float = 0
    wait: float = 0
    receive: float = 0


class Entry(msgspec.Struct, rename="camel"):
    """A request and its response; `time` is in milliseconds.

    `from_cache` says of what browsers answered themselves which of their caches did.
    """

    request: Request
    response: Response
    started_date_time: str = ""
    time: float = 0
    cache: dict[str, Any] = {}
    timings: Timings = msgspec.field(default_factory=Timings)
    comment: str = ""
    from_cache: str | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="_fromCache")


class _Log(msgspec.Struct):
    entries: list[msgspec.Raw]


class _Archive(msgspec.Struct):
    log: _Log


# Reading


def read(path: Path) -> list[Entry]:
    """The recorded exchanges of a file, in their order.

    Args:
        path: an HTTP Archive as browsers and proxies save it; or a log, each line an entry of an archive.

    Raises:
        ContractError: it cannot be read, or is neither; where one entry is wrong, its number is told.
    """
    content = _content(path)
    try:
        raw = msgspec.json.decode(content, type=_Archive).log.entries
    except msgspec.DecodeError as error:
        lines = content.splitlines()
        if len(lines) < 2 or not lines[0].strip().endswith(b"}"):
            raise _refused(path, 0, "", f"it is no HTTP Archive: {_told(error)}") from None
        return [_of_line(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    return [_of_archive(path, number, bytes(one)) for number, one in enumerate(raw)]


def _of_archive(path: Path, number: int, raw: bytes) -> Entry:
    try:
        return _entry(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        told = _told(error).replace("`$", f"`$.log.entries[{number}]")
        reason = f"entry {number + 1} is none of an HTTP Archive: {told}"
        raise _refused(path, 0, f"/log/entries/{number}", reason) from None


def _of_line(path: Path, number: int, line: bytes) -> Entry:
    try:
        return _entry(line)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _refused(path, number, "", f"the line is no entry of an HTTP Archive: {_told(error)}") from None


def _entry(raw: bytes) -> Entry:
    """An entry; what is null is unknown: tools write so of a request that was blocked, or that had no body."""
    return msgspec.convert(_known(msgspec.json.decode(raw)), Entry)


def _known(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _known(part) for name, part in value.items() if part is not None}
    return [_known(part) for part in value] if isinstance(value, list) else value


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _refused(path, 0, "", f"it cannot be read: {(error.strerror or str(error)).lower()}") from None
    if len(content) > MAX_BYTES:
        raise _refused(path, 0, "", f"it is larger than {MAX_BYTES // 1024 // 1024} MiB")
    return content.removeprefix(b"\xef\xbb\xbf")  # some tools begin it with a byte order mark


def _told(error: Exception) -> str:
    text = str(error)
    return text[:1].lower() + text[1:]


def _refused(path: Path, line: int, pointer: str, reason: str) -> ContractError:
    remedy = "save the traffic as HAR 1.2, or write one entry of it, `request` and `response`, on each line"
    return ContractError([Finding(str(path), line, pointer, reason, remedy, id="unreadable")])


def text_of(content: Content) -> str | None:
    """The text of a response's body; None where none was kept, or it is no text."""
    if content.text is None or content.encoding != "base64":
        return content.text
    try:
        return base64.b64decode(content.text).decode("utf-8")
    except (ValueError, binascii.Error):
        return None


def json_of(text: str | None) -> Any:
    """The value of a body in JSON; None where it is none."""
    if not text:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


# Writing


def sent(method: str, url: str, headers: Iterable[tuple[str, str]], body: bytes, size: int | None = None) -> Request:
    """A request, as an archive has it.

    Args:
        method: its method.
        url: its whole URL.
        headers: its header fields.
        body: its body, or the beginning that is kept.
        size: the bytes of its body, where that is not all of it.
    """
    fields = [Field(name, value) for name, value in headers]
    query = [Field(name, value) for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True)]
    post = PostData(_type_of(fields), body.decode("utf-8", "replace")) if body else None
    size = len(body) if size is None else size
    return Request(method, url, headers=fields, query_string=query, post_data=post, body_size=size)


def received(status: int, headers: Iterable[tuple[str, str]], body: bytes, size: int | None = None) -> Response:
    """A response, as an archive has it; what is no text is kept in base64.

    Args:
        status: its status.
        headers: its header fields.
        body: its body, or the beginning that is kept.
        size: the bytes of its body, where that is not all of it.
    """
    fields = [Field(name, value) for name, value in headers]
    size = len(body) if size is None else size
    try:
        content = Content(_type_of(fields), body.decode("utf-8"), size=size)
    except UnicodeDecodeError:
        content = Content(_type_of(fields), base64.b64encode(body).decode("ascii"), "base64", size)
    location = next((one.value for one in fields if one.name.lower() == "location"), "")
    return Response(status, headers=fields, content=content, redirect_url=location, body_size=size)


def entry(request: Request, response: Response, started: float, seconds: float, comment: str = "") -> Entry:
    """An exchange; `started` is in seconds since the epoch."""
    moment = datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    milliseconds = round(seconds * 1000, 3)
    return Entry(request, response, moment, milliseconds, timings=Timings(wait=milliseconds), comment=comment)


def written(entries: Sequence[Entry]) -> bytes:
    """The text of an archive."""
    return _HEAD + b",\n".join(msgspec.json.encode(one) for one in entries) + _TAIL


class Writer:
    """Writes an archive while it is recorded: after each exchange the file is a whole one.

    Args:
        path: the file; what it held is replaced.

    Raises:
        OSError: it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._is_first = True
        self._file.write(_HEAD + _TAIL)
        self._file.flush()

    def add(self, one: Entry) -> None:
        """Write an exchange in front of the end."""
        self._file.seek(-len(_TAIL), 2)
        self._file.write((b"" if self._is_first else b",\n") + msgspec.json.encode(one) + _TAIL)
        self._file.flush()
        self._is_first = False

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


_CREATOR = {"name": "specdouble", "version": __version__}
_HEAD = b'{"log":{"version":"1.2","creator":' + msgspec.json.encode(_CREATOR) + b',"entries":[\n'
_TAIL = b"\n]}}\n"


def _type_of(fields: Iterable[Field]) -> str:
    return next((one.value for one in fields if one.name.lower() == "content-type"), "")
