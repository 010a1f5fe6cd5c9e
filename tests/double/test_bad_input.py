"""Bad input of any kind: a 4xx in the contract's shape, never a 500, never a changed store."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

PATH = "/api/lead-management"
GOOD = {"configurationName": "Good", "initialStage": "New", "defaultProcess": "64eea1110000000000000001"}


def body(**properties: object) -> bytes:
    return json.dumps({**GOOD, **properties}).encode()


def with_text(inserted: str) -> bytes:
    return body()[:-1] + b"," + inserted.encode("utf-8", "surrogatepass") + b"}"


HOSTILE = {
    "no JSON": b"{nope",
    "nothing": b"",
    "cut off": body()[:-1],
    "a trailing comma": body()[:-1] + b",}",
    "two values": body() + b"{}",
    "not UTF-8": with_text('"name":"x"').replace(b'"x"', b'"\xff\xfe"'),
    "UTF-16": body().decode().encode("utf-16"),
    "NaN": with_text('"costPerLead":NaN'),
    "Infinity": with_text('"costPerLead":Infinity'),
    "a number too large for a double": with_text('"costPerLead":1e400'),
    "a member twice": with_text('"name":"a","name":"b"'),
    "a nested member twice": with_text('"extra":{"a":1,"a":2}'),
    "a member twice beside a colon in a string": with_text('"name":"a:b","name":"b"'),
    "nested 10,000 deep": with_text('"extra":' + "[" * 10_000 + "]" * 10_000),
    "objects nested 10,000 deep": with_text('"extra":' + '{"a":' * 10_000 + "1" + "}" * 10_000),
    "nested without an end": b"[" * 100_000,
    "an integer beyond 64 bits": with_text('"costPerLead":' + "9" * 30),
    "a nested integer beyond 64 bits": with_text('"extra":[-9223372036854775809]'),
    "an escaped NUL": with_text('"name":"a\\u0000b"'),
    "a raw NUL": with_text('"name":"a\0b"'),
    "NUL in a name": with_text('"a\\u0000b":1'),
    "an escaped lone surrogate": with_text('"name":"\\ud800"'),
    "a raw lone surrogate": with_text('"name":"\ud800"'),
    "a low surrogate": with_text('"name":"\\udc00x"'),
    "an operator as a name": with_text('"$set":{"costPerLead":1}'),
    "a nested operator": with_text('"extra":{"deep":{"$gt":1}}'),
    "a dotted name": with_text('"a.b":1'),
    "an operator for a value": body(configurationName={"$ne": None}),
    "an operator for a reference": body(defaultProcess={"$exists": True}),
    "an array": b"[]",
    "null": b"null",
    "a string": b'"configurationName"',
    "null for a property": body(name=None),
    "a wrong type": body(isAutopilot="yes"),
    "an email that is none": body(inboundEmail="nobody"),
    "less than the minimum": body(costPerLead=-0.01),
    "no value of the enum": body(status="Active"),
}


@pytest.fixture
def names(ada: httpx.Client) -> Iterator[None]:
    """Nothing is stored: the name is still free afterwards."""
    yield
    assert ada.post(PATH, json=GOOD).status_code == 201


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.usefixtures("names")
def test_a_hostile_body_is_refused_in_the_contracts_shape(ada: httpx.Client, content: bytes) -> None:
    answer = ada.post(PATH, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    told = answer.json()
    assert isinstance(told["error"], str)
    assert told["success"] is False


def test_all_violations_are_told_at_once(ada: httpx.Client) -> None:
    answer = ada.post(PATH, json={"configurationName": 1, "costPerLead": -1, "status": "off"})
    told = {(one["location"], one["pointer"]) for one in answer.json()["violations"]}
    assert told == {
        ("body", "/configurationName"),
        ("body", "/initialStage"),
        ("body", "/defaultProcess"),
        ("body", "/costPerLead"),
        ("body", "/status"),
    }


def test_violations_of_parameters_and_body_are_told_together(ada: httpx.Client) -> None:
    answer = ada.post("/api/pipelines?type=Other", json={})
    told = {(one["location"], one["pointer"]) for one in answer.json()["violations"]}
    assert told == {("query", "/type"), ("body", "/name")}


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/xml", "application/json; charset=latin-1", "application/jsonx", "", "nonsense"],
)
@pytest.mark.usefixtures("names")
def test_a_wrong_content_type_is_415(ada: httpx.Client, content_type: str) -> None:
    answer = ada.post(PATH, content=body(), headers={"Content-Type": content_type})
    assert answer.status_code == 415
    assert answer.json()["success"] is False


@pytest.mark.usefixtures("names")
def test_a_missing_content_type_is_415(ada: httpx.Client) -> None:
    request = ada.build_request("POST", PATH, content=body())
    request.headers.pop("content-type", None)
    assert ada.send(request).status_code == 415


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=UTF-8", "Application/JSON", 'application/json;charset="utf-8"']
)
def test_a_charset_parameter_of_utf_8_is_fine(ada: httpx.Client, content_type: str) -> None:
    assert ada.post(PATH, content=body(), headers={"Content-Type": content_type}).status_code == 201


@pytest.mark.usefixtures("names")
def test_a_body_over_the_limit_is_413(ada: httpx.Client) -> None:
    answer = ada.post(PATH, content=body(name="x" * 1024 * 1024), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert isinstance(answer.json()["error"], str)


@pytest.mark.usefixtures("names")
def test_a_chunked_body_over_the_limit_is_413(ada: httpx.Client) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 50_000

    answer = ada.post(PATH, content=chunks(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


def test_a_chunked_body_is_read_whole(ada: httpx.Client) -> None:
    content = body(name="in pieces")
    pieces = iter([content[:10], content[10:11], content[11:]])
    answer = ada.post(PATH, content=pieces, headers={"Content-Type": "application/json"})
    assert answer.json()["data"]["name"] == "in pieces"


@pytest.mark.parametrize(
    "credentials",
    [
        {"email": {"$ne": None}, "password": {"$ne": None}},
        {"email": "ada@tether.example", "password": {"$gt": ""}},
        {"email": "ada@tether.example"},
        {"email": ["ada@tether.example"], "password": "ada-password"},
    ],
)
def test_operators_are_no_credentials(world: httpx.Client, credentials: object) -> None:
    assert world.post("/api/auth/login", json=credentials).status_code == 400


@pytest.mark.parametrize("query", ["type[$ne]=x", "pipelineId[$ne]=", "pipelineId=%00", "pipelineId=%FF", "type=%24ne"])
def test_a_hostile_query_is_no_success_and_no_failure(ada: httpx.Client, query: str) -> None:
    assert 200 <= ada.get(f"/api/pipelines?{query}").status_code < 500


@pytest.mark.parametrize("line", [b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"\0\0\0\r\n\r\n"])
def test_what_is_no_http_is_400(url: str, line: bytes) -> None:
    parts = urlsplit(url)
    assert parts.hostname is not None
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=5) as connection:
        connection.sendall(line)
        assert connection.recv(1000).startswith(b"HTTP/1.1 400")
