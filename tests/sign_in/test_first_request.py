"""What `serve` prints to be copied signs in by whatever scheme the first operation asks for."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from specdouble.double.double import Double, Settings
from specdouble.double.http.first_request import first_request
from tests.test_cli import serving

HEADER = {"type": "apiKey", "in": "header", "name": "X-Key"}
SCHEMES = {
    "basic": ({"type": "http", "scheme": "basic"}, " -u ada:ada-password"),
    "digest": ({"type": "http", "scheme": "digest"}, " --digest -u ada:ada-password"),
    "header": (HEADER, " -H 'X-Key: ada-key'"),
    "cookie": ({"type": "apiKey", "in": "cookie", "name": "session"}, " -b session=ada-key"),
    "query": ({"type": "apiKey", "in": "query", "name": "key"}, "?key=ada-key'"),
}


def contract(folder: Path, schemes: Mapping[str, object], security: list[dict[str, list[str]]]) -> Path:
    operation = {"security": security, "responses": {"200": {"description": "a"}}}
    data = {
        "openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "components": {"securitySchemes": schemes},
        "paths": {"/things/{id}": {"get": operation}, "/things": {"get": operation}},
    }  # fmt: skip
    file = folder / "openapi.yaml"
    file.write_text(yaml.safe_dump(data), "utf-8")
    return file


@pytest.mark.parametrize("name", SCHEMES)
def test_a_user_is_signed_in_by_the_scheme_that_is_asked_for(tmp_path: Path, name: str) -> None:
    scheme, expected = SCHEMES[name]
    told = first_request(Double(Settings(contract(tmp_path, {name: scheme}, [{name: []}]))), "http://x") or ""
    assert told.startswith("  as ada:\n  curl ")
    assert told.endswith(expected)


def test_what_is_open_beside_a_scheme_needs_no_credential(tmp_path: Path) -> None:
    told = first_request(Double(Settings(contract(tmp_path, {"key": HEADER}, [{"key": []}, {}]))), "http://x")
    assert told == "  curl http://x/things"


def test_a_certificate_is_no_part_of_a_request(tmp_path: Path) -> None:
    told = first_request(
        Double(Settings(contract(tmp_path, {"cert": {"type": "mutualTLS"}}, [{"cert": []}]))), "http://x"
    )
    assert told == "  curl http://x/things"


def test_two_schemes_that_are_asked_for_together_are_both_there(tmp_path: Path) -> None:
    schemes = {"key": HEADER, "pair": SCHEMES["basic"][0]}
    told = first_request(Double(Settings(contract(tmp_path, schemes, [{"key": [], "pair": []}]))), "http://x") or ""
    assert told.endswith("curl http://x/things -u ada:ada-password -H 'X-Key: ada-key'")


def test_what_is_printed_at_start_is_answered(tmp_path: Path) -> None:
    file = contract(tmp_path, {"pair": SCHEMES["basic"][0]}, [{"pair": []}])
    with serving(str(file), "--port", "0") as server:
        signs_in = server.wait_for(r"sign in +(.*)")[1]
        assert "specdouble token ada" in signs_in
        assert signs_in.rstrip().endswith("(or as grace, linus; any other key is a caller of its own)")
        command = server.wait_for(r"(curl \S+ -u \S+)")[1]
        done = subprocess.run([*command.split(), "-sw", "%{http_code}"], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("200")


def test_two_cookies_are_one_field(tmp_path: Path) -> None:
    cookies = {name: {"type": "apiKey", "in": "cookie", "name": name} for name in ("one", "two")}
    told = first_request(Double(Settings(contract(tmp_path, cookies, [{"one": [], "two": []}]))), "http://x") or ""
    assert re.search(r" -b '?one=[^;' ]+; two=[^;' ]+'?$", told)


def _of_things(folder: Path, paths: Mapping[str, object]) -> str:
    data = {"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": paths}
    file = folder / "openapi.yaml"
    file.write_text(yaml.safe_dump(data), "utf-8")
    return first_request(Double(Settings(file, seed=1)), "http://x") or ""


_THING = {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}
_BODY = {"content": {"application/json": {"schema": _THING, "example": {"name": "it's"}}}}


def test_where_every_read_names_a_document_one_that_there_is_is_named(tmp_path: Path) -> None:
    name = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    shown = {"200": {"description": "a", **_BODY}}
    told = _of_things(
        tmp_path,
        {
            "/things": {"post": {"requestBody": _BODY, "responses": shown}},
            "/things/{id}": {"parameters": [name], "get": {"responses": shown}},
        },
    )
    assert told == "  curl http://x/things/1"


def test_where_nothing_can_be_read_something_is_created(tmp_path: Path) -> None:
    told = _of_things(
        tmp_path, {"/things": {"post": {"requestBody": _BODY, "responses": {"204": {"description": "a"}}}}}
    )
    assert told.startswith("  curl http://x/things -H 'Content-Type: application/json' -d ")
    assert shlex.split(told)[-1] == '{"name": "it\'s"}'
