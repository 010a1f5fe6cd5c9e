"""An inventory with documents of others, on a real socket: every hazard that a verification can meet."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import RLock, Thread
from types import TracebackType
from typing import Any
from urllib.parse import unquote

PEOPLE = ("root", "ada", "0", "null")


class Inventory:
    """The server; `others` is what was there before anybody called."""

    def __init__(self) -> None:
        self.items: dict[int, dict[str, Any]] = {n: {"id": n, "title": f"somebody's {n}"} for n in range(40)}
        self.people: dict[str, dict[str, Any]] = {n: {"name": n, "motto": "mine"} for n in PEOPLE}
        self.settings: dict[str, Any] = {"mode": "production"}
        self.harm: list[str] = []
        self.requests: list[str] = []
        self.lock, self.numbers = RLock(), count(1000)
        inventory = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _do(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                raw = self.rfile.read(length)
                with inventory.lock:
                    inventory.requests.append(f"{self.command} {self.path}")
                    status, body = inventory.answer(self.command, self.path.partition("?")[0], raw)
                content = b"" if body is None else json.dumps(body).encode()
                self.send_response(status)
                if body is not None:
                    self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def __getattr__(self, name: str) -> Any:
                if name.startswith("do_"):
                    return self._do
                raise AttributeError(name)

            def log_message(self, *_arguments: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Inventory:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.server.shutdown()
        self.server.server_close()

    def others(self) -> str:
        """The documents of others, as bytes would show them."""
        items = {key: one for key, one in self.items.items() if key < 1000 or key in range(40)}
        people = {key: one for key, one in self.people.items() if key in PEOPLE}
        return json.dumps([items, people, self.settings, self.harm], sort_keys=True)

    def own(self) -> list[dict[str, Any]]:
        """The documents beside those of others."""
        items = [one for key, one in self.items.items() if key not in range(40)]
        return [*items, *(one for key, one in self.people.items() if key not in PEOPLE)]

    def answer(self, method: str, path: str, raw: bytes) -> tuple[int, Any]:
        parts = [unquote(one) for one in path.strip("/").split("/")]
        if method in ("OPTIONS", "TRACE"):
            return 405, None
        try:
            body = json.loads(raw) if raw else None
        except (ValueError, RecursionError):
            return 400, {"error": "no JSON"}
        if parts[0] == "items":
            return self._of_items(method, parts, body)
        if parts[0] == "people":
            return self._of_people(method, parts, body)
        return self._rest(method, parts)

    def _of_items(self, method: str, parts: list[str], body: Any) -> tuple[int, Any]:
        if len(parts) == 1:
            return self._all_items(method, body)
        if parts[1] == "bulk_delete" and method == "POST":
            for key in body.get("ids", []) if isinstance(body, dict) else []:
                self.items.pop(key, None)
            return 200, {}
        return self._item(method, parts, body)

    def _of_people(self, method: str, parts: list[str], body: Any) -> tuple[int, Any]:
        if len(parts) == 2:
            return self._person(method, parts[1], body)
        if method == "DELETE":
            self.people.clear()
        return 200, list(self.people.values())

    def _rest(self, method: str, parts: list[str]) -> tuple[int, Any]:
        if parts[0] in ("settings", "me", "current", "company", "limits", "theme"):
            if method != "GET":
                self.harm.append("/".join(parts))
            return 200, self.settings
        if parts in (["shutdown"], ["maintenance"]) and method == "POST":
            self.harm.append(parts[0])
            return 204, None
        return 404, {"error": "nothing here"}

    def _all_items(self, method: str, body: Any) -> tuple[int, Any]:
        if method == "GET":
            return 200, list(self.items.values())
        if method == "DELETE":
            self.items.clear()
            return 204, None
        if method != "POST":
            self.items.clear()  # whoever sends what is not declared gets what nobody expects
            return 405, None
        if not isinstance(body, dict) or not isinstance(body.get("title"), str) or len(body["title"]) > 200:
            return 400, {"error": "no title"}
        key = body.get("id", next(self.numbers))
        if not isinstance(key, int) or isinstance(key, bool):
            return 400, {"error": "no number"}
        self.items[key] = {"id": key, "title": body["title"]}
        return 201, self.items[key]

    def _item(self, method: str, parts: list[str], body: Any) -> tuple[int, Any]:
        try:
            whole = parts[1].removeprefix("-").isdecimal()
            key = int(parts[1]) if whole else int(float(parts[1]))  # `7.9` and `-5e-244` are taken for 7 and 0
        except (ValueError, OverflowError):
            return 400, {"error": "no number"}
        if key not in self.items:
            return 404, {"error": "none"}
        if len(parts) == 3 or method == "DELETE":
            del self.items[key]
            return 204, None
        if method == "GET":
            return 200, self.items[key]
        if not isinstance(body, dict) or not isinstance(body.get("title"), str) or len(body["title"]) > 200:
            return 400, {"error": "no title"}
        self.items[key] = {"id": key, "title": body["title"]}
        return 200, self.items[key]

    def _person(self, method: str, name: str, body: Any) -> tuple[int, Any]:
        if method == "PUT":
            if not isinstance(body, dict) or not isinstance(body.get("name"), str):
                return 400, {"error": "no name"}
            self.people.pop(name, None)
            self.people[body["name"]] = body  # a rename to a taken name takes it
            return 200, body
        if name not in self.people:
            return 404, {"error": "none"}
        if method == "DELETE":
            del self.people[name]
            return 204, None
        return 200, self.people[name]
