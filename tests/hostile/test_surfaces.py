"""What is beside the contract (control plane, console, provider) and what guards it answers whatever it is asked."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from starlette.routing import Match

from specdouble.double.double import Double, Settings
from specdouble.double.http.asgi import ASGIApp
from specdouble.double.http.control import HEALTH, Control
from specdouble.proxy.gateway import Policy
from specdouble.proxy.proxy import Proxy
from tests.hostile.doubles import AsgiServer, Running, comparable, running, statuses
from tests.hostile.surfaces import AUTH, CONTROL, SURFACES, Asked, changed

_GUARDED = Path(__file__).parent / "guarded.yaml"
_SETTINGS = Settings(_GUARDED, seed=1, clock="2026-05-01T09:00:00Z")
_CASES = 300
_NONCE = re.compile(rb'nonce="[^"]*"')  # of Digest, which is made at random


@pytest.fixture(scope="module")
def guarded() -> Iterator[Running]:
    with running(settings=_SETTINGS) as server:
        yield server


@pytest.fixture(scope="module")
def both() -> Iterator[list[Running]]:
    """Servers that have been asked the same."""
    with running(settings=_SETTINGS) as short, running(AsgiServer, settings=_SETTINGS) as asgi:
        yield [short, asgi]


@pytest.fixture(scope="module")
def proxy() -> Iterator[Running]:
    """A proxy whose backend is not there."""
    double = Double(Settings(_GUARDED, takes_foreign=True))
    server = Proxy(double, "http://127.0.0.1:9", Policy(limit=1024)).server("127.0.0.1", 0)
    with server.running():
        yield Running(double, server.address.port, set())


def drive(both: list[Running], cases: range) -> None:
    """Send each case both ways; none is the server's failure, and operations answer the same."""
    for number in cases:
        asked = changed(random.Random(number))
        if _is_endless(asked):
            continue
        answers = [one.answers(asked.sent()) for one in both]
        assert all(map(_is_whole, answers)), f"case {number}: {asked}"
        if not asked.path.startswith(CONTROL):
            told = [_NONCE.sub(b"", comparable(one)) for one in answers]
            assert told[0] == told[1], f"case {number}: {asked}"


def _is_endless(asked: Asked) -> bool:
    return asked.path == f"{CONTROL}/events" or "wait" in asked.query


def _is_whole(answer: bytes) -> bool:
    """Whether it is one answer and no failure, but for those that faults in the control plane bring about."""
    told = statuses(answer)
    return len(told) == 1 and (told[0] < 500 or told[0] in (501, 503))


@pytest.mark.parametrize("asked", SURFACES, ids=lambda asked: f"{asked.method} {asked.path}")
def test_a_sound_request_is_answered(guarded: Running, asked: Asked) -> None:
    assert _is_whole(guarded.answers(asked.sent()))


def test_changed_requests_beside_the_contract_are_no_failures(both: list[Running]) -> None:
    drive(both, range(_CASES))


@pytest.mark.long
@pytest.mark.slow
def test_many_changed_requests_beside_the_contract_are_no_failures(both: list[Running]) -> None:
    drive(both, range(_CASES, 100 * _CASES))


@pytest.mark.parametrize("sent", ["Digest a=", "Digest a=,b", "Digest username=", "Basic é", "Basic =", "Bearer é.é.é"])
def test_a_credential_that_is_none_is_no_failure(guarded: Running, sent: str) -> None:
    assert _is_whole(guarded.answers(Asked("GET", "/things", {}, {"Authorization": sent}).sent()))


# Web pages

_EVENTS = Asked("GET", f"{CONTROL}/events")  # without an end, where they are answered
_CONTROLLED = [_EVENTS, *(one for one in SURFACES if not one.path.startswith((AUTH, "/things", "/files")))]
_OF_PAGES: list[dict[str, str]] = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Host": "evil.example", "Origin": "http://evil.example", "Sec-Fetch-Site": "same-origin"},
]


def test_every_path_of_the_control_plane_is_among_the_surfaces(guarded: Running) -> None:
    routes = Control(guarded.double, cast("ASGIApp", None)).routes
    known = [*_CONTROLLED, *(Asked("GET", path) for path in (HEALTH, "/", CONTROL))]
    asked = [{"type": "http", "method": one.method, "path": one.path, "root_path": ""} for one in known]
    missing = [route for route in routes if all(route.matches(scope)[0] is not Match.FULL for scope in asked)]
    assert missing == []


@pytest.mark.parametrize("marks", _OF_PAGES, ids=str)
@pytest.mark.parametrize("kind", ["guarded", "proxy"])
def test_no_path_of_the_control_plane_answers_a_page_of_another_origin(
    request: pytest.FixtureRequest, kind: str, marks: dict[str, str]
) -> None:
    server: Running = request.getfixturevalue(kind)
    for one in _CONTROLLED:
        if kind == "proxy" and not one.path.startswith(CONTROL):
            continue  # the backend's
        for method in (one.method, "OPTIONS"):
            asked = replace(one, method=method, fields={**one.fields, **marks, "Access-Control-Request-Method": "PUT"})
            answer = server.answers(asked.sent())
            assert statuses(answer) == [403], asked
            assert b"access-control-" not in answer.lower(), asked


_OF_PARAMETERS = """
openapi: 3.0.3
info: {title: Paths of parameters alone, version: "1"}
servers: [{url: /v1}, {url: "/{version}"}, {url: /}]
security: [{oauth: []}]
paths: {PATHS}
components:
  securitySchemes:
    oauth: {type: oauth2, flows: {clientCredentials: {tokenUrl: /login/oauth/token, scopes: {}}}}
"""
_PARAMETER = "{name: %s, in: path, required: true, schema: {type: string}}"


def _of_parameters(server: str) -> str:
    """A contract whose paths are nothing but parameters, as those of repositories and of buckets are."""
    paths = []
    for count in range(1, 4):
        names = "abc"[:count]
        path = "/" + "/".join(f"{{{name}}}" for name in names)
        operation = "{operationId: ID, security: [], responses: {'200': {description: a}}}"
        methods = ", ".join(
            f"{one}: {operation.replace('ID', one + names)}" for one in ("get", "post", "put", "delete")
        )
        paths.append(f"'{path}': {{parameters: [{', '.join(_PARAMETER % name for name in names)}], {methods}}}")
    text = _OF_PARAMETERS.replace("PATHS", ", ".join(paths))
    return text if server == "first" else text.replace("[{url: /v1}, ", "[{url: /}, ")


@pytest.mark.parametrize("server", ["first", "root"])
def test_paths_of_parameters_alone_do_not_hide_what_is_beside_the_contract(tmp_path: Path, server: str) -> None:
    (tmp_path / "openapi.yaml").write_text(_of_parameters(server))
    evil = {"Origin": "http://evil.example"}
    with (
        running(settings=Settings(tmp_path, seed=1)) as short,
        running(AsgiServer, settings=Settings(tmp_path)) as asgi,
    ):
        for one in (short, asgi):
            assert b'{"status":"ok"}' in one.answers(Asked("GET", HEALTH).sent())
            assert b"text/html" in one.answers(Asked("GET", f"{CONTROL}/").sent())
            assert statuses(one.answers(Asked("GET", CONTROL).sent())) == [307]
            assert statuses(one.answers(Asked("GET", f"{CONTROL}/journal", fields=evil).sent())) == [403]
            assert statuses(one.answers(Asked("POST", f"{CONTROL}/reset").sent())) == [204]
            assert b"invalid_request" in one.answers(Asked("POST", "/login/oauth/token").sent())
            assert statuses(one.answers(Asked("GET", "/any/thing", fields=evil).sent())) == [200]
