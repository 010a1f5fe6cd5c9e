"""A credential that says nothing is none."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.double.double import Double, Settings
from specdouble.double.server import Server

ROOT = Path(__file__).parent.parent.parent
CONTRACT = """
openapi: 3.0.3
info: {title: Credentials, version: '1'}
paths:
  /cookie: {get: {operationId: a, security: [{cookie: []}], responses: {'204': {description: Done.}}}}
  /header: {get: {operationId: b, security: [{header: []}], responses: {'204': {description: Done.}}}}
  /query: {get: {operationId: c, security: [{query: []}], responses: {'204': {description: Done.}}}}
  /bearer: {get: {operationId: d, security: [{bearer: []}], responses: {'204': {description: Done.}}}}
  /basic: {get: {operationId: e, security: [{basic: []}], responses: {'204': {description: Done.}}}}
components:
  securitySchemes:
    cookie: {type: apiKey, in: cookie, name: session}
    header: {type: apiKey, in: header, name: X-Key}
    query: {type: apiKey, in: query, name: key}
    bearer: {type: http, scheme: bearer}
    basic: {type: http, scheme: basic}
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("credentials")
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    server = Server(Double(Settings(folder)), "127.0.0.1", 0)
    with server.running():
        yield f"http://127.0.0.1:{server.address.port}"


def basic(credential: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(credential.encode()).decode()}


EMPTY: dict[str, tuple[str, dict[str, str]]] = {
    "nothing for a cookie": ("/cookie", {}),
    "an empty cookie": ("/cookie", {"Cookie": "session="}),
    "an empty cookie in quotes": ("/cookie", {"Cookie": 'session=""'}),
    "an empty field": ("/header", {"X-Key": ""}),
    "an empty parameter": ("/query?key=", {}),
    "an empty bearer token": ("/bearer", {"Authorization": "Bearer"}),
    "neither a name nor a password": ("/basic", basic(":")),
    "no pair": ("/basic", basic("ada")),
    "an empty pair": ("/basic", {"Authorization": "Basic"}),
}
GIVEN: dict[str, tuple[str, dict[str, str]]] = {
    "a cookie": ("/cookie", {"Cookie": "session=open"}),
    "a field": ("/header", {"X-Key": "sesame"}),
    "a parameter": ("/query?key=sesame", {}),
    "a bearer token": ("/bearer", {"Authorization": "Bearer sesame"}),
    "a name and a password": ("/basic", basic("ada:sesame")),
    "a name with an empty password": ("/basic", basic("ada:")),
    "a password without a name": ("/basic", basic(":sesame")),
}


@pytest.mark.parametrize(("target", "headers"), EMPTY.values(), ids=EMPTY.keys())
def test_an_empty_credential_is_none(url: str, target: str, headers: dict[str, str]) -> None:
    assert httpx.get(url + target, headers=headers).status_code == 401


@pytest.mark.parametrize(("target", "headers"), GIVEN.values(), ids=GIVEN.keys())
def test_a_credential_that_says_something_is_one(url: str, target: str, headers: dict[str, str]) -> None:
    assert httpx.get(url + target, headers=headers).status_code == 204


@pytest.mark.parametrize("scheme", ["cookie", "header", "query", "bearer"])
def test_what_the_control_plane_gives_signs_a_caller_in(url: str, scheme: str) -> None:
    placed = httpx.get(f"{url}/_specdouble/credentials/ada").json()
    answer = httpx.get(f"{url}/{scheme}", headers=placed["headers"], params=placed["query"], cookies=placed["cookies"])
    assert answer.status_code == 204
    assert httpx.get(f"{url}/{scheme}").status_code == 401


def test_of_two_schemes_in_one_field_that_which_knows_its_users_is_met() -> None:
    double = Double(Settings(ROOT))
    with Server(double, "127.0.0.1", 0).running() as url:
        placed = httpx.get(f"{url}/_specdouble/credentials/ada@tether.example").json()
        assert httpx.get(f"{url}/api/prompts/user", headers=placed["headers"]).status_code == 200
        unknown = httpx.get(f"{url}/_specdouble/credentials/nobody")
        assert (unknown.status_code, "nobody" in unknown.text) == (404, True)


@pytest.mark.parametrize("scheme", ["cookie", "bearer"])
def test_who_shows_nothing_is_told_of_what_is_asked_and_how_to_get_it(url: str, scheme: str) -> None:
    told = httpx.get(f"{url}/{scheme}").json()["detail"]
    assert f"({scheme})" in told
    assert "specdouble token USER" in told
