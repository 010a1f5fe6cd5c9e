"""Exchanges in the forms in which people take them elsewhere: curl, a test for pytest, an HTTP archive."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pprint import pformat
from urllib.parse import parse_qsl, urlencode

import orjson

from specdouble import har
from specdouble.contract.json_type import JSON
from specdouble.double.http.credentials import Placed
from specdouble.double.state.journal import Beginning, Entry
from specdouble.double.state.masking import MASK, Exchanged
from specdouble.double.state.worlds import DEFAULT_WORLD
from specdouble.printable import UNPRINTABLE

_WORD = re.compile(r"[^0-9a-z]+")
_CUT = "the journal keeps the beginning of this body alone"
_MASKED = f"the journal keeps no credential: write your own for {MASK}"


@dataclass(frozen=True)
class Exported:
    """An exchange without credentials, and who asked.

    Args:
        entry: the exchange.
        masked: what keeps credentials out of it.
        who: how the caller is named; None where nobody was asked to sign in.
        credentials: what makes a request that user's, issued anew.
    """

    entry: Entry
    masked: Exchanged
    who: str | None
    credentials: Placed | None

    @property
    def target(self) -> str:
        """The path and the query."""
        entry = self.entry
        return self.masked.target(entry.path, entry.query.decode("latin-1"), entry.operation)

    @property
    def body(self) -> str:
        """What was sent, as far as it is kept."""
        return _text(self.entry.request_body, self.masked)

    @property
    def answer(self) -> str:
        """What was answered, as far as it is kept."""
        return _text(self.entry.response_body, self.masked)

    @property
    def media_type(self) -> str:
        """Of what was sent."""
        return self.entry.media_type.decode("latin-1")

    @property
    def remarks(self) -> list[str]:
        """What keeps it from being the same request."""
        remarks = [_CUT] if isinstance(self.entry.request_body, Beginning) else []
        return [*remarks, _MASKED] if MASK in self.target + self.body else remarks


def _text(body: bytes | Beginning, masked: Exchanged) -> str:
    kept = body.bytes if isinstance(body, Beginning) else body
    return masked.body(kept.decode("utf-8", "replace"))


def curl(exported: Exported, url: str) -> str:
    """A command line that sends the request again.

    Args:
        exported: the exchange.
        url: the base URL of the double.
    """
    credentials = exported.credentials or {"headers": {}, "query": {}, "cookies": {}}
    headers: dict[str, str] = {}
    if exported.media_type:
        headers["Content-Type"] = exported.media_type
    if exported.entry.world != DEFAULT_WORLD:
        headers["X-Specdouble-World"] = exported.entry.world
    headers |= credentials["headers"]
    words = [f"curl -X {_quoted(exported.entry.method)} {_quoted(url + with_query(exported.target, credentials))}"]
    words += carried(headers, credentials["cookies"])
    if exported.body:
        words.append(f"--data-raw {_quoted(exported.body)}")
    remarks = "".join(f"# {remark}\n" for remark in exported.remarks)
    return remarks + " \\\n  ".join(words) + "\n"


def carried(headers: Mapping[str, str], cookies: Mapping[str, str]) -> list[str]:
    """The options of curl for header fields and cookies; the cookies are one field (RFC 6265, 4.2.1)."""
    words = [f"-H {_quoted(f'{name}: {value}')}" for name, value in headers.items()]
    if cookies:
        words.append(f"-b {_quoted('; '.join(f'{name}={value}' for name, value in cookies.items()))}")
    return words


def with_query(target: str, credentials: Placed) -> str:
    """The target with the credentials that stand in the query."""
    if not credentials["query"]:
        return target
    path, _, query = target.partition("?")
    kept = [(name, value) for name, value in parse_qsl(query, True) if name not in credentials["query"]]
    return f"{path}?{urlencode([*kept, *credentials['query'].items()])}"


def _quoted(text: str) -> str:
    """The text as one word of a shell; what would move a terminal's cursor, or end a paste, is spelt out."""
    if not UNPRINTABLE.search(text):
        return shlex.quote(text)
    spelt = text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n")
    return "$'" + UNPRINTABLE.sub(lambda found: "".join(f"\\x{byte:02x}" for byte in _bytes(found[0])), spelt) + "'"


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def pytest_test(exported: Exported) -> str:
    """A test for pytest that asks the same in a world of its own, and expects the same answer."""
    entry = exported.entry
    who = "" if exported.who is None else repr(exported.who)
    lines = [f"def {_name(entry)}(world):"]
    lines += [f"    # {remark}" for remark in exported.remarks]
    lines.append(f"    client = world.client({who})")
    arguments = [repr(entry.method), repr(exported.target)]
    body = _json_body(exported)
    if body is not None:
        lines.append("    body = " + pformat(body, sort_dicts=False, width=100).replace("\n", "\n" + " " * 11))
        arguments.append("json=body")
    elif exported.body:
        arguments.append(f"content={exported.body!r}")
        if exported.media_type:
            arguments.append(f"headers={{'Content-Type': {exported.media_type!r}}}")
    lines.append(f"    answer = client.request({', '.join(arguments)})")
    lines.append(f"    assert answer.status_code == {entry.status}")
    if entry.rule is not None:
        lines.append(f"    assert world.refused({entry.rule!r})")
    return "\n".join(lines) + "\n"


def _json_body(exported: Exported) -> JSON:
    """The JSON value that was sent; None where it was none, or in another media type than httpx would send."""
    if exported.media_type.partition(";")[0].strip() != "application/json":
        return None
    try:
        return orjson.loads(exported.body)
    except orjson.JSONDecodeError:
        return None


def _name(entry: Entry) -> str:
    subject = _WORD.sub("_", (entry.operation or f"{entry.method} {entry.path}").lower()).strip("_")
    outcome = f"is_refused_by_{_WORD.sub('_', entry.rule.lower())}" if entry.rule else f"answers_{entry.status}"
    return f"test_{subject}_{outcome}"[:120].rstrip("_")


def http_archive(exchanges: Iterable[Exported], url: str) -> str:
    """An HTTP archive (HAR 1.2) of exchanges, the first one first.

    Args:
        exchanges: in any order.
        url: the base URL of the double.
    """
    in_order = sorted(exchanges, key=lambda one: one.entry.time)
    return har.written([_archived(exported, url) for exported in in_order]).decode()


def _archived(exported: Exported, url: str) -> har.Entry:
    entry = exported.entry
    headers = [("Content-Type", exported.media_type)] if exported.media_type else []
    if entry.world != DEFAULT_WORLD:
        headers.append(("X-Specdouble-World", entry.world))
    size = _size(entry.request_body)
    request = har.sent(entry.method, url + exported.target, headers, exported.body.encode(), size)
    response = har.received(entry.status, [], exported.answer.encode(), _size(entry.response_body))
    return har.entry(request, response, entry.time, entry.seconds, entry.rule or "")


def _size(body: bytes | Beginning) -> int:
    return body.size if isinstance(body, Beginning) else len(body)
