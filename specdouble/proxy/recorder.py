"""What passed the proxy, written down: an HTTP Archive as it comes, and at the end seed and examples made of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specdouble import har
from specdouble.contract import Contract
from specdouble.contract.json_type import JSON
from specdouble.contract.media_type import essence
from specdouble.contract.pointer import member, tokens
from specdouble.contract.written import in_yaml
from specdouble.double.state.masking import Exchanged, Masking
from specdouble.proxy.exchange import Exchange, Fields
from specdouble.proxy.inspector import Met
from specdouble.url import split_url
from specdouble.whole_files import write_whole

ARCHIVE, EXAMPLES = "traffic.har", "examples.overlay.yaml"
_TOKEN = re.compile(r"(\S+\s+)?([\w-]+\.[\w-]+)\.[\w-]+")
_CREDENTIALS = re.compile(rb"authorization|cookie|set-cookie|.*(?:api|access|auth)[-_]?(?:key|token).*|.*secret.*")


class Recorder:
    """Records exchanges into a folder; credentials are not written, but what tells callers apart is.

    Args:
        folder: where to.
        contract: the contract.
        url: how the backend is called.

    Raises:
        OSError: it cannot be written there.
    """

    def __init__(self, folder: Path, contract: Contract, url: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._contract = contract
        self._origin = "{0.scheme}://{0.netloc}".format(split_url(url))
        self._masking = Masking(contract)
        self._writer = har.Writer(folder / ARCHIVE)
        self._examples: dict[str, dict[str, JSON]] = {}

    def record(self, met: Met | None, exchange: Exchange, comment: str) -> None:
        """Write an exchange down; what broke the contract is its comment, and makes no example."""
        masked = self._masking.exchange()
        path, query = exchange.path, exchange.query.decode("latin-1")
        target = masked.target(path, query, met.operation.id if met else None)
        content = exchange.body or b""
        request = har.sent(
            exchange.method, self._origin + target, _shown(exchange.headers),
            _masked(exchange.sent.body, exchange.headers, masked), exchange.sent.size,
        )  # fmt: skip
        answered = [(name, value) for name, value in exchange.answered if name != b"content-encoding"]
        response = har.received(
            exchange.status, _shown(answered), _masked(content, exchange.answered, masked), exchange.content.size
        )
        self._writer.add(har.entry(request, response, exchange.started, exchange.seconds, comment))
        if met is not None and not comment:
            self._exemplify(met, request, response)

    def _exemplify(self, met: Met, request: har.Request, response: har.Response) -> None:
        """Keep the first bodies of each kind that keep the contract."""
        operation = met.operation
        declared = operation.response(response.status)
        answer = har.json_of(har.text_of(response.content))
        media = declared.content.get(essence(response.content.mime_type)) if declared else None
        if media is not None and answer is not None:
            self._examples.setdefault(media.pointer, {"example": answer})
        sent = har.json_of(request.post_data.text) if request.post_data else None
        if operation.json_body is not None and sent is not None and response.status < 300:
            self._examples.setdefault(operation.json_body.pointer, {"example": sent})

    def close(self) -> Iterator[Path]:
        """Write what is made of the recording; the files that were written."""
        self._writer.close()
        yield self.folder / ARCHIVE
        yield from self._seed()
        if self._examples:
            overlay = self.folder / EXAMPLES
            write_whole(overlay, in_yaml(self._overlay()))
            yield overlay

    def _seed(self) -> Iterator[Path]:
        from specdouble.discover.traffic.recording import read_recording
        from specdouble.discover.traffic.seed import seed_of

        recording = read_recording(self.folder / ARCHIVE, self._contract)
        for file, is_new in seed_of(recording).write(self.folder):
            if is_new:
                yield file

    def _overlay(self) -> dict[str, Any]:
        actions = [{"target": _jsonpath(at), "update": update} for at, update in self._examples.items()]
        info = {"title": f"Examples of {self._contract.title}, as they were recorded", "version": "1.0.0"}
        return {"overlay": "1.0.0", "info": info, "actions": actions}


def _jsonpath(pointer: str) -> str:
    """The JSONPath of a JSON pointer (RFC 9535, 2.7)."""
    return "$" + "".join(map(member, tokens(pointer)))


def _masked(body: bytes, headers: Fields, masked: Exchanged) -> bytes:
    """A body without credentials; what is no text has none that can be seen."""
    media_type = dict(headers).get(b"content-type", b"").lower()
    if not body or not any(word in media_type for word in (b"json", b"form", b"xml", b"text")):
        return body
    return masked.body(body.decode("utf-8", "replace")).encode()


def _shown(headers: Fields) -> list[tuple[str, str]]:
    decoded = ((name.decode("latin-1"), value.decode("latin-1"), name) for name, value in headers)
    return [(name, _useless(value) if _CREDENTIALS.fullmatch(raw) else value) for name, value, raw in decoded]


def _useless(credential: str) -> str:
    """What tells callers apart and opens nothing: a token keeps its claims and loses its signature, else a digest."""
    token = _TOKEN.fullmatch(credential)
    if token is not None:
        return f"{token[1] or ''}{token[2]}.unsigned"
    scheme, _, value = credential.rpartition(" ")
    digest = hashlib.sha256(value.encode()).hexdigest()[:12]
    return f"{scheme} {digest}".strip()
