"""A bare ASGI application: what uvicorn costs by itself, with a body of the double's size."""

from __future__ import annotations

from typing import Any

BODY = b'{"success":true,"data":"' + b"x" * 600 + b'"}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Read the request, and answer the same as ever."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})
