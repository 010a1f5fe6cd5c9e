"""Requests to what the double answers beside its contract, and to what guards it: sound ones, and changed ones."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode

from tests.hostile.requests import TOKENS

CONTROL = "/_specdouble"
AUTH = CONTROL + "/auth"
FORM = "application/x-www-form-urlencoded"
HERE = "http://127.0.0.1:9/back"


@dataclass(frozen=True)
class Asked:
    """A request, its query and fields as pairs: what is changed in it stays a request."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    body: Any = None

    def sent(self) -> bytes:
        """The request as bytes."""
        kind = FORM if self._is_form else "application/json"
        fields = {"Host": "127.0.0.1", "Content-Type": kind, **self.fields}
        lines = [
            f"{name}: {value}".encode("utf-8", "replace").translate(None, b"\r\n") for name, value in fields.items()
        ]
        head = b"%s %s HTTP/1.1\r\n" % (self.method.encode(), self._target)
        content = self._content
        return head + b"\r\n".join([*lines, b"Content-Length: %d" % len(content)]) + b"\r\n\r\n" + content

    @property
    def _is_form(self) -> bool:
        return isinstance(self.body, dict) and self.path.startswith(AUTH)

    @property
    def _target(self) -> bytes:
        query = urlencode(self.query, quote_via=quote, errors="replace")
        return (quote(self.path, safe="/%{}:.", errors="replace") + (f"?{query}" if query else "")).encode()

    @property
    def _content(self) -> bytes:
        if self.body is None:
            return b""
        if self._is_form:
            return urlencode(self.body, errors="replace").encode()
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode("utf-8", "replace")


_FLOW = {
    "response_type": "code", "client_id": "app", "redirect_uri": HERE, "scope": "openid read", "state": "s",
    "nonce": "n", "max_age": "5", "prompt": "login", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbUJ" + "x" * 8,
    "code_challenge_method": "S256", "login_hint": "ada", "request": "a.b.c", "claims": "{}", "resource": "https://x/",
}  # fmt: skip
_DIGEST = (
    'Digest username="a", realm="specdouble", nonce="1-2", uri="/things", qop=auth, nc=1, cnonce="c", response="r"'
)
_FAULT = {"operation": "list_things", "world": "w", "share": 0.5, "times": 3, "delay": 0.1, "status": 503}

SURFACES: tuple[Asked, ...] = (
    Asked("GET", f"{AUTH}/authorize", _FLOW),
    Asked("POST", f"{AUTH}/authorize", _FLOW, {}, {"user": "1", "scope": "read"}),
    Asked("POST", f"{AUTH}/authorize", _FLOW, {"Origin": "http://127.0.0.1"}, {"decision": "deny"}),
    Asked(
        "POST",
        f"{AUTH}/token",
        {},
        {},
        {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b", "scope": "read"},
    ),
    Asked(
        "POST",
        f"{AUTH}/token",
        {},
        {"Authorization": "Basic YTpi"},
        {"grant_type": "authorization_code", "code": "c", "redirect_uri": HERE, "code_verifier": "v" * 43},
    ),
    Asked("POST", f"{AUTH}/token", {}, {}, {"grant_type": "refresh_token", "refresh_token": "r", "client_id": "a"}),
    Asked(
        "POST", f"{AUTH}/token", {}, {}, {"grant_type": "password", "username": "1", "password": "p", "client_id": "a"}
    ),
    Asked(
        "POST",
        f"{AUTH}/token",
        {},
        {},
        {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "d", "client_id": "a"},
    ),
    Asked(
        "POST",
        f"{AUTH}/token",
        {},
        {},
        {
            "grant_type": "client_credentials",
            "client_assertion": "a.b.c",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        },
    ),
    Asked("POST", f"{AUTH}/revoke", {}, {}, {"token": "a.b.c", "token_type_hint": "access_token", "client_id": "a"}),
    Asked("POST", f"{AUTH}/introspect", {}, {}, {"token": "a.b.c", "client_id": "a", "client_secret": "b"}),
    Asked("POST", f"{AUTH}/device_authorization", {}, {}, {"client_id": "a", "scope": "read"}),
    Asked("GET", f"{AUTH}/device", {"user_code": "ABCD-EFGH"}),
    Asked("POST", f"{AUTH}/device", {}, {}, {"user_code": "ABCD-EFGH", "user": "1"}),
    Asked("GET", f"{AUTH}/userinfo", {}, {"Authorization": "Bearer a.b.c"}),
    Asked("POST", f"{AUTH}/userinfo", {}, {}, {"access_token": "eyJhbGciOiJSUzI1NiJ9.e30.AA"}),
    Asked("GET", f"{AUTH}/session", {"redirect_uri": HERE}),
    Asked("POST", f"{AUTH}/session", {"redirect_uri": HERE}, {"Cookie": "specdouble_session=a"}, {"user": "1"}),
    Asked("GET", f"{AUTH}/logout", {"id_token_hint": "a.b.c", "post_logout_redirect_uri": HERE, "state": "s"}),
    Asked("GET", f"{AUTH}/jwks"),
    Asked("GET", f"{AUTH}/.well-known/openid-configuration"),
    Asked("GET", f"{CONTROL}/journal", {"since": "0", "limit": "3", "format": "har", "rule": "x", "status": "200"}),
    Asked("GET", f"{CONTROL}/journal", {"format": "curl", "world": "default", "operation": "list_things"}),
    Asked("GET", f"{CONTROL}/journal/count", {"method": "GET"}),
    Asked("GET", f"{CONTROL}/journal/3", {"format": "pytest"}),
    Asked("POST", f"{CONTROL}/journal/3/again", {}, {}, {"as": "1"}),
    Asked(
        "POST",
        f"{CONTROL}/send",
        {},
        {},
        {
            "method": "POST",
            "target": "/things?cursor=1",
            "headers": {"X-A": "b", "Content-Type": "application/json"},
            "body": '{"name": "x"}',
            "world": "w",
            "as": "ada",
        },
    ),
    Asked("GET", f"{CONTROL}/coverage", {"format": "lcov"}),
    Asked("DELETE", f"{CONTROL}/coverage"),
    Asked("GET", f"{CONTROL}/worlds"),
    Asked("DELETE", f"{CONTROL}/worlds/w"),
    Asked("POST", f"{CONTROL}/worlds/w/reset"),
    Asked("GET", f"{CONTROL}/credentials/ada"),
    Asked("POST", f"{CONTROL}/keys/rotate"),
    Asked(
        "PUT",
        f"{CONTROL}/snapshots/one",
        {},
        {},
        {"things": [{"id": 1, "name": "one", "tags": ["a"]}, {"id": 2, "name": "two", "other": 1}]},
    ),
    Asked("PUT", f"{CONTROL}/snapshots/two"),
    Asked("GET", f"{CONTROL}/snapshots"),
    Asked("GET", f"{CONTROL}/snapshots/one"),
    Asked("GET", f"{CONTROL}/snapshots/one/diff", {}, {"X-Specdouble-World": "w"}),
    Asked("POST", f"{CONTROL}/snapshots/one/restore", {}, {"X-Specdouble-World": "w"}),
    Asked("DELETE", f"{CONTROL}/snapshots/two"),
    Asked("PUT", f"{CONTROL}/faults", {}, {}, [_FAULT]),
    Asked("GET", f"{CONTROL}/faults"),
    Asked("DELETE", f"{CONTROL}/faults"),
    Asked("PUT", f"{CONTROL}/clock", {}, {}, {"at": "2026-05-01T09:00:00Z", "speed": 60}),
    Asked("PUT", f"{CONTROL}/clock", {}, {}, {"shift": "+3h"}),
    Asked("DELETE", f"{CONTROL}/clock"),
    Asked("GET", f"{CONTROL}/clock"),
    Asked("GET", f"{CONTROL}/contract"),
    Asked("GET", f"{CONTROL}/operations/list_things"),
    Asked("GET", f"{CONTROL}/users"),
    Asked("GET", f"{CONTROL}/documents/things", {"skip": "0", "limit": "3"}),
    Asked("POST", f"{CONTROL}/documents/things", {}, {}, {"id": 7, "name": "seven", "other": 1}),
    Asked("PUT", f"{CONTROL}/documents/things", {"key": "1"}, {}, {"id": 1, "name": "changed"}),
    Asked("DELETE", f"{CONTROL}/documents/things", {"key": "7"}),
    Asked("GET", f"{CONTROL}/console/app.js"),
    Asked("GET", f"{CONTROL}/docs"),
    Asked("GET", f"{CONTROL}/docs/swagger-ui.css"),
    Asked("GET", f"{CONTROL}/"),
    Asked("GET", "/openapi.json"),
    Asked("POST", f"{CONTROL}/reset"),
    Asked("GET", "/things", {"cursor": "1", "limit": "2", "key": "k"}),
    Asked("GET", "/things", {}, {"Authorization": _DIGEST}),
    Asked("GET", "/things", {}, {"Authorization": "Basic YTpi"}),
    Asked(
        "GET", "/things", {}, {"Authorization": "Bearer eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ.e30.AA"}
    ),
    Asked("GET", "/things", {}, {"Authorization": "Basic YTpi", "Range": "bytes=0-1", "If-None-Match": '"a", W/"b"'}),
    Asked(
        "PATCH",
        "/things/1",
        {"key": "k"},
        {"If-Match": '"a", W/"b"', "Content-Type": "application/merge-patch+json"},
        {"name": "x"},
    ),
    Asked(
        "POST",
        "/files",
        {"key": "k"},
        {"Content-Type": "multipart/form-data; boundary=cut"},
        '--cut\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nabc\r\n--cut--\r\n',
    ),
    Asked(
        "PUT",
        "/files/1/content",
        {"key": "k"},
        {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment; filename*=UTF-8''a%20b"},
        "abc",
    ),
    Asked("GET", "/files/1/content", {"key": "k"}),
)

_TEXTS: tuple[Any, ...] = (
    *(token.decode("utf-8", "surrogateescape") for token in TOKENS),
    "",
    " ",
    "²",
    "9" * 5000,
    "-1",
    "1e400",
    "null",
    "true",
    "[]",
    "{}",
    "http://[",
    "http://[::1",
    "http://127.0.0.1@evil.example/",
    "//evil.example",
    "javascript:alert(1)",
    "../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%",
    "%zz",
    "é",
    "\ud800",
    "a=b=c",
    '"',
    "'",
    "a" * 5000,
    "Digest a=",
    "Digest =,",
    "Basic é",
    "Basic =",
    "Bearer ",
    "Bearer é.é.é",
    "Bearer bnVsbA.bnVsbA.AA",
    "Bearer eyJhbGciOlsxXX0.e30.AA",
    "2026-13-45T99:99:99Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "+999999999999h",
    "-1h",
    "P1D",
)
_VALUES: tuple[Any, ...] = (
    *_TEXTS,
    None,
    True,
    False,
    0,
    -1,
    1.5,
    1e308,
    10**18,
    2**63,
    -(2**70),
    [],
    {},
    [[]],
    [None],
    {"$gt": ""},
    {"$where": "1"},
    {"a": {"$set": 1}},
    {"a.b": 1},
    {"": ""},
    [{"id": {}}],
    [1] * 500,
)


def changed(chance: random.Random) -> Asked:
    """One of the requests with some things changed: a value, a name, the path, the body as a whole."""
    asked = chance.choice(SURFACES)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        asked = _change(chance, asked)
    return asked


def _change(chance: random.Random, asked: Asked) -> Asked:
    places = [name for name in ("query", "fields", "body") if getattr(asked, name)]
    place = chance.choice([*places, *places, "path", "method"])
    if place == "path":
        return replace(asked, path="/".join(_segments(chance, asked.path)))
    if place == "method":
        return replace(
            asked, method=chance.choice(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "X"])
        )
    given = getattr(asked, place)
    choices = _VALUES if place == "body" and not asked.path.startswith(AUTH) else _TEXTS
    altered = _altered(chance, given, choices)
    if place == "body":
        return replace(asked, body=altered)
    pairs = altered if isinstance(altered, dict) else {}
    return replace(asked, query=pairs) if place == "query" else replace(asked, fields=pairs)


def _segments(chance: random.Random, path: str) -> Iterator[str]:
    parts = path.split("/")
    at = chance.randrange(1, len(parts))
    for number, part in enumerate(parts):
        yield str(chance.choice(_TEXTS)) if number == at and chance.random() < 0.8 else part


def _altered(chance: random.Random, given: Any, choices: tuple[Any, ...]) -> Any:
    """A copy with something else somewhere inside."""
    if isinstance(given, dict) and given and chance.random() < 0.95:
        name = chance.choice(list(given))
        kind = chance.random()
        if kind < 0.1:
            return {key: value for key, value in given.items() if key != name}
        if kind < 0.2:
            return {**given, str(chance.choice(_TEXTS)): chance.choice(choices)}
        return {**given, name: _altered(chance, given[name], choices)}
    if isinstance(given, list) and given and chance.random() < 0.8:
        at = chance.randrange(len(given))
        return [*given[:at], _altered(chance, given[at], choices), *given[at + 1 :]]
    return chance.choice(choices)
