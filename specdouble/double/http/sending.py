"""Sends requests to the operations of a double on behalf of whoever asks the control plane."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from specdouble.contract.json_type import JSON
from specdouble.double.http.asgi import ASGIApp, Message
from specdouble.double.http.credentials import Placed
from specdouble.double.http.exports import with_query

NOBODY: Placed = {"headers": {}, "query": {}, "cookies": {}}


@dataclass
class Sent:
    """What was answered.

    Args:
        status: the status; 0 where an injected fault dropped the connection.
        headers: the header fields.
        body: the body.
    """

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def as_json(self) -> dict[str, JSON]:
        """The answer as a JSON document; a body that is no text is written in base64."""
        told: dict[str, JSON] = {"status": self.status, "headers": self.headers}
        try:
            return {**told, "body": self.body.decode()}
        except UnicodeDecodeError:
            return {**told, "base64": base64.b64encode(self.body).decode()}


async def send(
    operations: ASGIApp,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
    credentials: Placed = NOBODY,
) -> Sent:
    """Have a request answered as if it had come over the network.

    Args:
        operations: what answers.
        method: the method.
        target: the path and the query.
        headers: the header fields.
        body: the body.
        credentials: what makes it somebody's.
    """
    sent, begun = Sent(), False

    async def receive() -> Message:
        nonlocal begun
        if begun:
            return {"type": "http.disconnect"}
        begun = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def take(message: Message) -> None:
        if message["type"] == "http.response.start":
            sent.status = message["status"]
            sent.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in message["headers"]}
        else:
            sent.body += message.get("body", b"")

    scope = _scope(method, with_query(target, credentials), _fields(headers, body, credentials))
    try:
        await operations(scope, receive, take)
    except ConnectionAbortedError:  # an injected fault
        sent.status = 0
    return sent


def _fields(headers: Mapping[str, str], body: bytes, credentials: Placed) -> list[tuple[bytes, bytes]]:
    fields = {name.lower(): value for name, value in {**headers, **credentials["headers"]}.items()}
    if credentials["cookies"]:
        fields["cookie"] = "; ".join(f"{name}={value}" for name, value in credentials["cookies"].items())
    fields["host"] = "localhost"
    if body:
        fields["content-length"] = str(len(body))
    return [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in fields.items()]


def _scope(method: str, target: str, headers: list[tuple[bytes, bytes]]) -> dict[str, Any]:
    path, _, query = target.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method.upper(),
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 0),
        "server": None,
    }
