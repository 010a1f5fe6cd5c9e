"""An answer's head and body leave in one packet, and nothing waits for what comes later."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

from specdouble.double.paths import Paths


def test_pipelined_requests_are_answered_in_order(url: str) -> None:
    port = urlsplit(url).port
    asked = b"".join(
        b"GET /api/auth/verify-token HTTP/1.1\r\nHost: x\r\nX-Specdouble-World: no/%d\r\n\r\n" % number
        for number in range(3)
    )
    last = b"GET /_specdouble/health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(asked + last)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.count(b"HTTP/1.1 400") == 3
    assert json.loads(answer.rpartition(b"\r\n\r\n")[2])["status"] == "ok"


def test_a_path_is_found_as_a_walk_through_all_templates_finds_it() -> None:
    templates = ["/a/{id}", "/a/b", "/a/{id}/c", "/a/b/{x}", "/f/{name}.json", "/f/{name}", "/{any}", "/{any}/{other}"]
    paths = Paths({template: template for template in templates})
    for path in ["/a/1", "/a/b", "/a/", "/a", "/a/b/1", "/a/1/c", "/a/b/c", "/f/x.json", "/f/x", "/", "/x/y", "/a//c"]:
        assert paths.find(path) == next(paths.every(path), None), path
