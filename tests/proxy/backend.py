"""A backend that has half of the contract, with three faults: a status, a sum, and a name that may be taken twice."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

PIECE = 65536


class Orders:
    """The application, and what it was asked."""

    def __init__(self) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        self.asked: list[Request] = []
        self.app = Starlette(
            routes=[
                Route("/orders", self.orders, methods=["GET", "POST"]),
                Route("/orders/{id}", self.order, methods=["GET"]),
                Route("/files", self.files, methods=["PUT"]),
                Route("/moved", self.moved, methods=["GET"]),
                Route("/hidden", self.hidden, methods=["GET"]),
            ]
        )

    async def orders(self, request: Request) -> Response:
        """Keep and list orders, wrongly."""
        self.asked.append(request)
        if request.method == "GET":
            return JSONResponse([*self.stored.values()])
        body = await request.json()
        order = {"id": f"o{len(self.stored) + 1}", "price": 1, "status": "closed", **body}
        order["total"] = order["price"] * order.get("quantity", 1) + 1
        self.stored[order["id"]] = order
        return JSONResponse(order, 201)

    async def order(self, request: Request) -> Response:
        """One order."""
        self.asked.append(request)
        found = self.stored.get(request.path_params["id"])
        return JSONResponse(found) if found else JSONResponse({"error": "no such order"}, 404)

    async def files(self, request: Request) -> Response:
        """As many bytes as were sent, while they are sent."""
        size = 0
        async for piece in request.stream():
            size += len(piece)

        async def content() -> AsyncIterator[bytes]:
            for start in range(0, size, PIECE):
                yield b"x" * min(PIECE, size - start)

        return StreamingResponse(content(), media_type="application/octet-stream")

    async def hidden(self, _request: Request) -> Response:
        """What no contract tells of."""
        return JSONResponse({})

    async def moved(self, request: Request) -> Response:
        """Elsewhere on this server."""
        return RedirectResponse(str(request.url.replace(path="/orders")))


@contextmanager
def listening(app: Starlette) -> Iterator[str]:
    """Serve an application on a free port, and give its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()
