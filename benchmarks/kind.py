"""The kinds of requests, as they go over the wire."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.load import FRESH

PATH = "/api/lead-management"
STORED = f"{PATH}/69f46b906f0be283d47ae916"
MISSING = f"{PATH}/69f46b906f0be283d47ae91f"
GOOD = {
    "configurationName": f"name {FRESH.decode()}",
    "initialStage": "New",
    "defaultProcess": "64eea1110000000000000001",
}
UPDATE = {"source": FRESH.decode(), "costPerLead": 2.5}

# What it is called, what is asked, the status that is right, and whether the token is sent.
KINDS: dict[str, tuple[str, str, Any, str, bool]] = {
    "create": ("POST", PATH, GOOD, "201", True),
    "read one": ("GET", STORED, None, "200", True),
    "update": ("PUT", STORED, UPDATE, "200", True),
    "list": ("GET", "/api/prompts/user", None, "200", True),
    "invalid (400)": ("POST", PATH, {"configurationName": "x", "initialStage": "New", "costPerLead": -1}, "400", True),
    "name taken (400)": ("POST", PATH, {**GOOD, "configurationName": "website inquiries"}, "400", True),
    "unauthorised (401)": ("GET", STORED, None, "401", False),
    "not found (404)": ("GET", MISSING, None, "404", True),
}
# Prism keeps nothing: it is told to answer what a server with a state finds out.
TOLD = {"name taken (400)": "400", "not found (404)": "404"}


def status_of(kind: str) -> str:
    """The status that is right."""
    return KINDS[kind][3]


def raw(kind: str, token: str, prefer: str | None = None) -> str:
    """The whole request."""
    method, path, body, _, with_token = KINDS[kind]
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if with_token:
        lines.append(f"Authorization: Bearer {token}")
    if prefer:
        lines.append(f"Prefer: code={prefer}")
    text = "" if body is None else json.dumps(body)
    if text:
        lines += ["Content-Type: application/json", f"Content-Length: {len(text)}"]
    return "\r\n".join([*lines, "", text])


def creation(path: str, body: dict[str, Any], token: str) -> str:
    """A request that stores a document, to fill a store."""
    text = json.dumps(body)
    head = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token}"]
    return "\r\n".join([*head, "Content-Type: application/json", f"Content-Length: {len(text)}", "", text])
