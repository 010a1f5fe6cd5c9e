"""A project begins: its tests pass at once, and nothing that was there is changed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import yaml
from click.testing import CliRunner, Result

from specdouble.cli import main
from specdouble.double.double import Settings
from specdouble.double.server import serving
from specdouble.project.installation import requirement
from tests.test_cli import ROOT

CONTRACTS = ROOT / "tests" / "contracts"
DATABASE = {
    "posts": [{"id": 1, "title": "One", "authorId": 7}, {"id": 2, "title": "Two", "authorId": 7, "tags": ["x"]}],
    "authors": [{"id": 7, "name": "Ada"}],
    "profile": {"name": "typicode"},
}
COLLECTION = {
    "info": {"name": "Shop"},
    "variable": [{"key": "baseUrl", "value": "https://shop.example.com"}],
    "item": [
        {"name": "Products", "item": [
            {"name": "List", "request": {"url": {"raw": "{{baseUrl}}/products?limit=9"}},
             "response": [{"code": 200, "body": '[{"id": 1, "name": "Pen", "apiKey": "abcdef"}]'}]},
            {"name": "Get", "request": {"method": "GET", "url": {"raw": "{{baseUrl}}/products/:id"}}},
            {"name": "Add", "request": {"method": "POST", "url": "{{baseUrl}}/products",
                                        "body": {"raw": '{"name": "Ink"}'}}},
        ]},
    ],
}  # fmt: skip
MAPPINGS = {
    "mappings": [
        {"request": {"method": "GET", "urlPathPattern": "/users/[0-9]+"}, "response": {"jsonBody": {"id": 5}}},
        {"request": {"method": "GET", "url": "/users"}, "response": {"body": '[{"id": 5, "name": "A"}]'}},
        {"request": {"method": "POST", "url": "/users", "bodyPatterns": [{"equalToJson": '{"name": "Bo"}'}]},
         "response": {"status": 201, "jsonBody": {"id": 6}}},
    ]
}  # fmt: skip


def _entry(method: str, path: str, status: int, answered: object = None, sent: object = None) -> dict[str, object]:
    content = {"mimeType": "application/json", "text": json.dumps(answered)} if answered is not None else {}
    request: dict[str, object] = {"method": method, "url": f"https://api.example.com/v1{path}"}
    if sent is not None:
        request["postData"] = {"mimeType": "application/json", "text": json.dumps(sent)}
    return {"request": request, "response": {"status": status, "content": content}}


ARCHIVE = {"log": {"version": "1.2", "entries": [
    _entry("GET", "/orders?page=1", 200, {"data": [{"id": "ord_9f8e7d6c5b4a3f2e", "total": 12.5}], "total": 1}),
    _entry("GET", "/orders/ord_9f8e7d6c5b4a3f2e", 200, {"id": "ord_9f8e7d6c5b4a3f2e", "total": 12.5}),
    _entry("POST", "/orders", 201, {"id": "ord_1111111111111111", "total": 3}, {"total": 3}),
    _entry("DELETE", "/orders/ord_9f8e7d6c5b4a3f2e", 204),
]}}  # fmt: skip


def init(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["init", *map(str, arguments)])


def passes(folder: Path) -> bool:
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=folder, check=False)
    return done.returncode == 0


def described(folder: Path) -> dict[str, object]:
    contract: dict[str, object] = yaml.safe_load((folder / "openapi.yaml").read_text("utf-8"))
    return contract


def test_a_project_from_nothing_is_clean_and_its_tests_pass(tmp_path: Path) -> None:
    assert init(tmp_path / "new").exit_code == 0
    assert CliRunner().invoke(main, ["lint", "--strict", str(tmp_path / "new")]).exit_code == 0
    assert passes(tmp_path / "new")


def made(folder: Path, path: str) -> str:
    """What `make test` would do in a project, with the programs of a path."""
    environment = {"PATH": path, "HOME": str(folder)}
    return subprocess.check_output(["make", "-n", "test"], cwd=folder, env=environment, text=True)


def test_make_takes_the_python_that_has_specdouble_and_makes_one_where_there_is_none(tmp_path: Path) -> None:
    init(tmp_path / "new")
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")  # one that has no specdouble
    (tmp_path / "python3").chmod(0o755)
    rest = "/usr/local/bin:/usr/bin:/bin"
    assert "venv" not in made(tmp_path / "new", f"{Path(sys.executable).parent}:{rest}")
    without = made(tmp_path / "new", f"{tmp_path}:{rest}")
    assert "-m venv .venv" in without
    assert "'specdouble[verify]'" in without
    assert ".venv/bin/python -m pytest" in without


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        (None, None),
        ({"url": "file:///a.whl", "archive_info": {}}, "specdouble[verify] @ file:///a.whl"),
        ({"url": "https://x.org/r", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
         "specdouble[verify] @ git+https://x.org/r@abc"),
    ],
)  # fmt: skip
def test_a_specdouble_of_no_index_says_how_it_is_installed_again(
    monkeypatch: pytest.MonkeyPatch, origin: object, expected: str | None
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            return None if origin is None else json.dumps(origin)

    monkeypatch.setattr("specdouble.project.installation.distribution", lambda _name: Installed())
    assert requirement("verify") == expected


def test_what_is_wrong_with_a_contract_already_does_not_keep_make_test_from_passing(tmp_path: Path) -> None:
    wrong = (CONTRACTS / "blog.yaml").read_text("utf-8") + "\n".join(
        ["    Wrong:", "      type: integer", "      example: none", ""]
    )
    (tmp_path / "wrong.yaml").write_text(wrong, "utf-8")
    assert CliRunner().invoke(main, ["lint", str(tmp_path / "wrong.yaml")]).exit_code == 1
    done = init(tmp_path / "wrong.yaml", tmp_path / "new")
    assert "lint leaves out what is wrong with the contract already: example" in done.output
    assert CliRunner().invoke(main, ["lint", str(tmp_path / "new")]).exit_code == 0


def test_a_contract_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    done = init(tmp_path / "none.yaml", tmp_path / "new")
    assert (done.exit_code, "cannot be read" in done.output) == (3, True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["petstore", "petstore20", "petstore31", "blog", "members", "tasks"])
def test_a_project_from_a_contract_passes_its_tests(tmp_path: Path, name: str) -> None:
    assert init(CONTRACTS / f"{name}.yaml", tmp_path / "new").exit_code == 0
    assert passes(tmp_path / "new")


@pytest.mark.parametrize(
    ("source", "paths", "collections"),
    [
        pytest.param(DATABASE, {"/posts", "/posts/{id}", "/authors", "/authors/{id}", "/profile"}, {"posts", "authors"},
                     id="json-server"),
        pytest.param(COLLECTION, {"/products", "/products/{productId}"}, {"products"}, id="Postman"),
        pytest.param(MAPPINGS, {"/users", "/users/{userId}"}, {"users"}, id="WireMock"),
        pytest.param(ARCHIVE, {"/v1/orders", "/v1/orders/{orderId}"}, {"orders"}, id="HAR"),
    ],
)  # fmt: skip
def test_a_project_begins_from_another_tools_file(
    tmp_path: Path, source: object, paths: set[str], collections: set[str]
) -> None:
    (tmp_path / "source.json").write_text(json.dumps(source), "utf-8")
    result = init("--from", tmp_path / "source.json", tmp_path / "new")
    assert result.exit_code == 0, result.output
    assert described(tmp_path / "new")["paths"].keys() == paths  # type: ignore[attr-defined]
    assert {file.stem for file in (tmp_path / "new" / "mock_data").iterdir()} == collections
    routes = CliRunner().invoke(main, ["routes", "--json", str(tmp_path / "new")])
    actions = {row["action"] for row in json.loads(routes.output)}
    for name in collections:
        assert {f"list {name}", f"create {name}", f"read {name}"} <= actions
    tests = (tmp_path / "new" / "tests" / "test_api.py").read_text("utf-8")
    assert tests.count("def test_") == 1 + len(collections)


def test_credentials_that_were_recorded_stay_out_of_the_project(tmp_path: Path) -> None:
    (tmp_path / "source.json").write_text(json.dumps(COLLECTION), "utf-8")
    init("--from", tmp_path / "source.json", tmp_path / "new")
    written = "".join(file.read_text("utf-8") for file in (tmp_path / "new").rglob("*") if file.is_file())
    assert "abcdef" not in written


def test_what_is_there_stays_as_it_is_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", "utf-8")
    result = init(tmp_path)
    assert result.exit_code == 0
    assert "README.md is there already" in result.output
    assert (tmp_path / "README.md").read_text("utf-8") == "mine"


def test_a_second_contract_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text("openapi: 3.0.3\n", "utf-8")
    result = init(CONTRACTS / "tasks.yaml", tmp_path)
    assert result.exit_code == 2
    assert "openapi.yaml is there already" in result.output
    assert [file.name for file in tmp_path.iterdir()] == ["openapi.yaml"]


@pytest.mark.parametrize(
    ("text", "reason"), [("{", "is no JSON"), ('{"log": {"entries": []}}', "no exchange in it"), ("[]", "no exchange")]
)
def test_what_no_project_can_begin_from_is_refused_with_the_reason(tmp_path: Path, text: str, reason: str) -> None:
    (tmp_path / "source.json").write_text(text, "utf-8")
    result = init("--from", tmp_path / "source.json", tmp_path / "new")
    assert result.exit_code == 3
    assert reason in result.output
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["../../outside", "/outside", "", ".hidden", "a/b", 'a\n"""; import os', "a\0b"])
def test_a_collection_that_no_file_can_be_called_after_begins_nothing(tmp_path: Path, name: str) -> None:
    source = tmp_path / "db.json"
    source.write_text(json.dumps({name: [{"id": 1}]}))
    ended = CliRunner().invoke(main, ["init", "--from", str(source), str(tmp_path / "deep" / "er" / "project")])
    assert ended.exit_code == 3
    assert "is no name of a collection" in ended.output
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["db.json"]


@pytest.mark.parametrize("name", ["../../outside", "/outside", "..\\outside", "a..b", "$a", "a\0b", "system.a", ""])
def test_a_contract_whose_collection_no_file_can_be_called_after_begins_nothing(tmp_path: Path, name: str) -> None:
    thing = {"type": "object", "properties": {"id": {"type": "string"}}, "x-resource": {"collection": name, "id": "id"}}
    content = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}
    adding = {"operationId": "add", "requestBody": content, "responses": {"201": {"description": "a", **content}}}
    contract = tmp_path / "openapi.json"
    parts = {"paths": {"/things": {"post": adding}}, "components": {"schemas": {"Thing": thing}}}
    contract.write_text(json.dumps({"openapi": "3.0.3", "info": {"title": "A", "version": "1"}, **parts}))
    ended = CliRunner().invoke(main, ["init", str(contract), str(tmp_path / "deep" / "er" / "project")])
    assert ended.exit_code == 3
    assert "cannot be the name of a collection" in ended.output
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["openapi.json"]


def test_what_a_contract_says_of_itself_is_one_line_of_a_readme_and_no_code(tmp_path: Path) -> None:
    told = {"title": 'A\n"""\nimport os\n</title><script>\x1b[31m', "version": "1"}
    answer = {"responses": {"200": {"description": "a"}}, "summary": 'B\\N{"""\x1b\n::error::c', "operationId": "a\nb"}
    contract = tmp_path / "openapi.json"
    contract.write_text(json.dumps({"openapi": "3.0.3", "info": told, "paths": {"/a\nb": {"get": answer}}}))
    CliRunner().invoke(main, ["init", str(contract), str(tmp_path / "project")])
    assert (tmp_path / "project" / "README.md").read_text().splitlines()[0] == (
        r'# A """ import os &lt;/title&gt;&lt;script&gt;\x1b[31m 1'
    )
    for module in (tmp_path / "project" / "handlers").glob("*.py"):
        compile(module.read_text(), module.name, "exec")
        assert "\x1b" not in module.read_text()


def test_a_har_that_says_nothing_of_media_types_is_read_by_its_bodies(tmp_path: Path) -> None:
    bodies = ('{"id": "a", "title": "Kindred"}', "<html></html>")
    entries = [
        {
            "request": {"method": "GET", "url": f"http://localhost/{name}/a"},
            "response": {"status": 200, "content": {"text": body}},
        }
        for name, body in zip(("books", "pages"), bodies, strict=True)
    ]
    (tmp_path / "traffic.har").write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), "utf-8")
    assert init("--from", tmp_path / "traffic.har", tmp_path / "new").exit_code == 0
    assert [*described(tmp_path / "new")["paths"]] == ["/books/a"]  # type: ignore[misc]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("{{baseUrl}}/products/{{sku}}.json", "/products/{productId}"),
        ("{{baseUrl}}/products/{a/b}/{", "/products/a/b/"),
        ("https://shop.example.com/{{{}}}/x", "/x"),
    ],
)
def test_braces_in_an_address_are_a_parameter_where_they_hold_a_name(tmp_path: Path, raw: str, path: str) -> None:
    file = tmp_path / "collection.json"
    item = {"name": "One", "request": {"method": "GET", "url": {"raw": raw}}}
    file.write_text(json.dumps({"info": {"name": "Shop"}, "variable": COLLECTION["variable"], "item": [item]}))
    done = init("--from", file, tmp_path / "shop")
    assert done.exit_code == 0, done.output
    assert any(one.rstrip("/").endswith(path.rstrip("/")) for one in described(tmp_path / "shop")["paths"])  # type: ignore[attr-defined]


def test_what_is_null_here_and_there_and_what_is_alone_in_a_database_is_served_as_it_is(tmp_path: Path) -> None:
    albums = [{"id": 1, "rating": 4.5, "artistId": "m", "tags": ["jazz"]}, {"id": 2, "rating": None, "artistId": None}]
    database = {
        "$schema": "./schema.json", "albums": albums, "artists": [{"id": "m"}], "settings": {"theme": "dark"},
    }  # fmt: skip
    (tmp_path / "db.json").write_text(json.dumps(database), "utf-8")
    result = init("--from", tmp_path / "db.json", tmp_path / "new")
    assert result.exit_code == 0, result.output
    with serving(Settings(tmp_path / "new")) as url, httpx.Client(base_url=url) as client:
        assert client.get("/settings").json() == {"theme": "dark"}
        assert [one["id"] for one in client.get("/albums", params={"rating": "4.5"}).json()] == [1]
        assert client.post("/albums", json={"artistId": None}).status_code == 201
        assert client.post("/albums", json={"artistId": "nobody"}).status_code == 400


@pytest.mark.parametrize(
    ("database", "told"),
    [
        ('{"posts": [{"id": 1}, {"id": 1}]}', "db.json: error: the id `1` is that of another document at /posts/1/id"),
        ('{"posts": [{"id": {"a": 1}}]}', "db.json: error: the id is a mapping"),
        ('{"posts": [{"id": "\\ud800"}]}', "db.json: a text in it holds half of a character"),
        ('{"posts": 3}', "db.json: there is neither a collection nor a document in it"),
    ],
)
def test_what_is_refused_is_told_of_the_file_that_it_came_from_and_leaves_nothing_behind(
    database: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("db.json").write_text(database, "utf-8")
    result = CliRunner().invoke(main, ["init", "--from", "db.json", "deep/blog"])
    assert result.exit_code == 3
    assert told in result.output
    assert [file.name for file in tmp_path.iterdir()] == ["db.json"]


def test_what_cannot_be_written_to_its_end_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "tests").write_text("a file where a folder would be", "utf-8")
    result = CliRunner().invoke(main, ["init", str(tmp_path)])
    assert result.exit_code == 3
    assert "tests" in result.output
    assert {file.name for file in tmp_path.iterdir()} <= {"tests", ".specdouble"}


def test_a_reference_that_the_database_itself_breaks_is_none(tmp_path: Path) -> None:
    database = {"posts": [{"id": 1, "authorId": 7, "userId": 8}], "authors": [{"id": 7}], "users": [{"id": 9}]}
    (tmp_path / "db.json").write_text(json.dumps(database), "utf-8")
    result = CliRunner().invoke(main, ["init", "--from", str(tmp_path / "db.json"), str(tmp_path / "blog")])
    assert result.exit_code == 0, result.output
    contract = yaml.safe_load((tmp_path / "blog" / "openapi.yaml").read_text("utf-8"))
    post = contract["components"]["schemas"]["Post"]["properties"]
    assert (post["authorId"].get("x-references"), post["userId"].get("x-references")) == ("authors", None)


def test_ids_of_several_types_become_texts(tmp_path: Path) -> None:
    (tmp_path / "db.json").write_text('{"posts": [{"id": 1}, {"id": "x"}]}', "utf-8")
    result = CliRunner().invoke(main, ["init", "--from", str(tmp_path / "db.json"), str(tmp_path / "blog")])
    assert result.exit_code == 0, result.output
    documents = json.loads((tmp_path / "blog" / "mock_data" / "posts.json").read_text("utf-8"))
    assert [one["id"] for one in documents] == ["1", "x"]


def test_an_address_that_an_example_shows_is_not_asked(tmp_path: Path) -> None:
    properties = {"id": {"type": "string"}, "name": {"type": "string"}}
    gist = {"type": "object", "x-resource": {"collection": "gists", "id": "id"}, "properties": properties}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gist"}}}}
    somewhere = {"Location": {"schema": {"type": "string"}, "example": "http://192.0.2.1:9/gists/1"}}
    made = {"201": {"description": "Made.", "headers": somewhere, **body}}
    paths = {
        "/gists": {"post": {"operationId": "create", "requestBody": body, "responses": made}},
        "/gists/{key}/star": {"get": {
            "parameters": [{"name": "key", "in": "path", "required": True, "schema": {"type": "string"}}],
            "responses": {"204": {"description": "It is."}},
        }},
    }  # fmt: skip
    contract = {"openapi": "3.0.3", "info": {"title": "Gists", "version": "1"}, "paths": paths}
    contract["components"] = {"schemas": {"Gist": gist}}
    (tmp_path / "openapi.json").write_text(json.dumps(contract), "utf-8")
    assert init(tmp_path / "openapi.json", tmp_path / "new").exit_code == 0
    assert "client.post" in (tmp_path / "new" / "tests" / "test_api.py").read_text("utf-8")
    assert '"location"' not in (tmp_path / "new" / "tests" / "test_api.py").read_text("utf-8")
