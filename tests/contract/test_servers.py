"""The paths that a contract's own paths begin with, of whatever server."""

from __future__ import annotations

from typing import Any

import pytest

from specdouble.contract.servers import base_path, other_bases

VERSION = {"version": {"default": "v2", "enum": ["v1", "v2"]}}
TENANT = {"tenant": {"default": "acme"}}
ADDRESS = {"address": {"default": "https://api.example/v3"}}


@pytest.mark.parametrize(
    ("server", "base"),
    [
        ({"url": "https://api.example/v1/"}, "/v1"),
        ({"url": "/v1"}, "/v1"),
        ({"url": "v1"}, "/v1"),
        ({"url": "./v1"}, "/v1"),
        ({"url": "../api"}, "/api"),
        ({"url": "."}, ""),
        ({"url": "//api.example:8443/v1?key=1"}, "/v1"),
        ({"url": "https://[::1"}, ""),
        ({"url": "https://api.example/{version}", "variables": VERSION}, "/v2"),
        ({"url": "https://{tenant}.example/{tenant}/x", "variables": TENANT}, "/acme/x"),
        ({"url": "{address}/x", "variables": ADDRESS}, "/v3/x"),
        ({"url": "api.example.com/v1"}, "/v1"),
        ({"url": "localhost:8080/v1"}, "/v1"),
        ({"url": "v1.0/api"}, "/v1.0/api"),
        ({"url": "/api.example.com/v1"}, "/api.example.com/v1"),
        ({}, ""),
        (7, ""),
    ],
)
def test_the_first_server_says_where_paths_begin(server: Any, base: str) -> None:
    assert base_path({"servers": [server]}) == base


@pytest.mark.parametrize(
    ("server", "path", "rest"),
    [
        ({"url": "https://api.example"}, "/things", "/things"),
        ({"url": "/beta"}, "/beta/things", "/things"),
        ({"url": "/{version}", "variables": VERSION}, "/v1/things", "/things"),
        ({"url": "/{version}", "variables": VERSION}, "/v3/things", None),
        ({"url": "/{tenant}", "variables": TENANT}, "/globex/things", "/things"),
        ({"url": "{address}", "variables": ADDRESS}, "/v3/things", "/things"),
        ({"url": "{address}", "variables": ADDRESS}, "/v4/things", None),
        ({"url": "/be"}, "/beta/things", None),
    ],
)
def test_the_other_servers_begin_elsewhere(server: Any, path: str, rest: str | None) -> None:
    matches = [base.match(path) for base in other_bases({"servers": [{"url": "/first"}, server]})]
    assert next((path[match.end() :] for match in matches if match), None) == rest


def test_a_path_and_an_operation_may_have_servers_of_their_own() -> None:
    operation = {"servers": [{"url": "/uploads"}]}
    data: dict[str, Any] = {"paths": {"/files": {"servers": [{"url": "/content"}], "post": operation}}}
    assert {base.pattern for base in other_bases(data)} == {"/uploads(?=/|$)", "/content(?=/|$)"}


def test_servers_of_many_variables_are_bounded() -> None:
    names = [f"v{number}" for number in range(40)]
    url = "/" + "/".join("{" + name + "}" for name in names)
    variables = {name: {"default": "a", "enum": ["a", "b"]} for name in names}
    assert len(other_bases({"servers": [{"url": url, "variables": variables}]})) < 200
