"""A contract is found where its server publishes it, and no page is taken for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from specdouble.contract import read
from specdouble.discover.published import save_published

CONTRACT = '{"openapi": "3.0.3", "info": {"title": "Buoys", "version": "1"}, "paths": {}}'


@contextmanager
def _publishing(pages: dict[str, str]) -> Iterator[str]:
    """The URL of a server that answers with these pages."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            text = pages.get(self.path, "")
            self.send_response(200 if text else 404)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "place", ["/openapi.json", "/openapi/v1.json", "/q/openapi", "/swagger", "/documentation/json"]
)
def test_a_contract_is_saved_from_where_frameworks_publish_it(place: str, tmp_path: Path) -> None:
    with _publishing({"/openapi": "<html>A page to try it out</html>", place: CONTRACT}) as url:
        saved = save_published(url, tmp_path)
    assert read(saved).title == read(tmp_path / "openapi.json").title
    assert saved.read_text("utf-8") == CONTRACT
