"""OpenAPI 3.0, 3.1 and Swagger 2.0, and what trips others over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from specdouble.contract import read
from specdouble.double.http.paths import Paths
from tests.contracts import FOLDER, client_for, client_of

HEAD = "openapi: 3.0.3\ninfo: {title: t, version: '1'}\npaths:\n"
OK = "{description: ok, content: {application/json: {schema: {type: string}, example: %s}}}"


@pytest.fixture(scope="module")
def modern() -> Iterator[httpx.Client]:
    with client_of("petstore31") as client:
        yield client


@pytest.fixture(scope="module")
def old() -> Iterator[httpx.Client]:
    with client_of("petstore20") as client:
        yield client


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"unit": "kg", "values": [1.5, "net"]}, 200),
        ({"unit": "lb", "values": [1.5, "net"], "scale": "A"}, 200),
        ({"unit": "lb", "values": [1.5, "net"]}, 400),  # if, then
        ({"unit": "st", "values": [1.5, "net"]}, 400),  # enum without a type
        ({"unit": "kg", "values": ["net", 1.5]}, 400),  # prefixItems
        ({"unit": "kg", "values": [1.5, "net", 2]}, 400),  # items: false
        ({"unit": "kg", "values": [1.5, "net"], "serial": "1"}, 400),  # dependentRequired
        ({"unit": "kg", "values": [1.5, "net"], "more": 1}, 400),  # unevaluatedProperties
    ],
)
def test_the_keywords_of_2020_12_are_kept(modern: httpx.Client, body: object, status: int) -> None:
    assert modern.post("/weights", json=body).status_code == status


def test_a_reference_with_siblings_means_both(modern: httpx.Client) -> None:
    pet = modern.post("/pets", json={"name": "Bo", "tag": None}).json()
    assert pet == {"id": pet["id"], "name": "Bo", "tag": None}
    assert modern.post("/pets", json={"name": "Bo", "age": 40}).status_code == 400


def test_samples_of_3_1_keep_const_and_contains(modern: httpx.Client) -> None:
    measured = modern.post("/weights", json={"unit": "kg", "values": [1, "net"]}).json()
    assert measured["kind"] == "weight"
    assert len([one for one in measured["readings"] if one >= 100]) >= 2


def test_an_anchor_is_followed_in_requests_and_answers_in_this_file_and_another(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("Size: {$anchor: size, type: integer, maximum: 9}\n", "utf-8")
    contract = """
openapi: 3.1.0
info: {title: t, version: '1'}
paths:
  /things:
    post:
      operationId: add
      requestBody: {required: true, content: {application/json: {schema: {$ref: '#thing'}}}}
      responses: {'201': {description: ok, content: {application/json: {schema: {$ref: '#thing'}}}}}
  /things/{id}:
    get:
      operationId: read
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#thing'}}}}
        '404': {description: none}
components:
  schemas:
    Thing:
      $anchor: thing
      type: object
      properties:
        id: {type: integer}
        size: {$ref: 'shared.yaml#size'}
        inside: {$ref: '#thing'}
"""
    with client_for(contract, tmp_path) as client:
        made = client.post("/things", json={"size": 3, "inside": {"size": 9}})
        assert (made.status_code, made.json()["inside"]) == (201, {"size": 9})
        assert client.get(f"/things/{made.json()['id']}").json() == made.json()
        assert client.post("/things", json={"size": 3, "inside": {"size": 10}}).status_code == 400


def test_swagger_2_works_on_documents(old: httpx.Client) -> None:
    pet = old.post("/pet", json={"name": "Bo"})
    assert (pet.status_code, pet.json()["status"]) == (201, "available")
    assert old.get(f"/pet/{pet.json()['id']}").json() == pet.json()
    assert old.post("/pet", json={"name": "Bo", "weight": 0}).status_code == 400  # exclusiveMinimum: true


def test_swagger_2_reads_forms(old: httpx.Client) -> None:
    assert old.post("/login", data={"username": "ada", "remember": "true"}).json() == "session-1"
    assert old.post("/login", data={"remember": "perhaps", "username": "ada"}).status_code == 400
    assert old.post("/login", data={"remember": "true"}).status_code == 400
    answer = old.post("/pet/1/photo", data={"caption": "c"}, files={"file": ("a.png", b"\x89PNG\xff", "image/png")})
    assert (answer.status_code, list(answer.json())) == (200, ["code"])


@pytest.mark.parametrize(
    ("form", "query"),
    [("csv", "a,b"), ("ssv", "a%20b"), ("tsv", "a%09b"), ("pipes", "a%7Cb"), ("multi", "a&tag=b")],
)
def test_swagger_2_reads_every_collection_format(tmp_path: Path, form: str, query: str) -> None:
    contract = f"""
swagger: '2.0'
info: {{title: t, version: '1'}}
paths:
  /tags:
    get:
      parameters:
        - {{name: tag, in: query, type: array, minItems: 2, collectionFormat: {form}, items: {{type: string}}}}
      responses: {{200: {{description: ok}}}}
"""
    with client_for(contract, tmp_path) as client:
        assert client.get(f"/tags?tag={query}").status_code == 200
        assert client.get("/tags?tag=a").status_code == 400


def test_int32_has_32_bits() -> None:
    with client_of("petstore") as shop:
        assert shop.post("/store/order", json={"quantity": 2**31 - 1}).status_code == 200
        assert shop.post("/store/order", json={"quantity": 2**31}).status_code == 400


def test_json_and_yaml_say_the_same(tmp_path: Path) -> None:
    contract = read(FOLDER / "blog.yaml")
    (tmp_path / "openapi.json").write_text(json.dumps(contract.data), "utf-8")
    same = read(tmp_path)
    assert same.actions == contract.actions
    assert same.operations.keys() == contract.operations.keys()


def test_the_concrete_path_goes_first(tmp_path: Path) -> None:
    paths = f"""
  /x/{{id}}:
    get: {{operationId: one, responses: {{'200': {OK % "one"}}}}}
  /x/me:
    get: {{operationId: me, responses: {{'200': {OK % "me"}}}}}
"""
    with client_for(HEAD + paths, tmp_path) as client:
        assert [client.get("/x/me").json(), client.get("/x/7").json()] == ["me", "one"]


@pytest.mark.parametrize("order", [1, -1])
def test_the_concrete_goes_first_segment_by_segment_wherever_the_paths_stand(tmp_path: Path, order: int) -> None:
    templates = ["/a/{x}/b", "/a/{y}/{z}", "/a/c/{w}", "/a/{x}/{y}.gz", "/a/{x}/{y}.tar.gz", "/a/{u}/b/{v}"]
    paths = "".join(
        f"  {path}:\n    get: {{operationId: one{n}, responses: {{'200': {OK % repr(path)}}}}}\n"
        for n, path in list(enumerate(templates))[::order]
    )
    with client_for(HEAD + paths, tmp_path) as client:
        asked = ["/a/1/b", "/a/1/2", "/a/c/b", "/a/1/f.gz", "/a/1/f.tar.gz", "/a/1/b/2"]
        assert [client.get(path).json() for path in asked] == templates


@pytest.mark.parametrize(
    ("asked", "id", "extension"),
    [("garnet.json", "garnet", ".json"), ("a.b.json", "a.b", ".json"), ("garnet", "g", "arnet")],
)
def test_of_two_parameters_with_nothing_between_them_the_second_is_an_extension(
    asked: str, id: str, extension: str
) -> None:
    found = Paths({"/profiles/{id}{extension}": "one"}).find(f"/profiles/{asked}")
    assert found == ("one", {"id": id, "extension": extension})


@pytest.mark.parametrize(
    "schema",
    [
        "{type: object, required: [value], properties: {value: {type: 'null', oneOf: [{type: string}]}}}",
        "{type: object, additionalProperties: false, required: [value, other], properties: {value: {type: string}}}",
    ],
    ids=["no alternative is of the type", "what is required is shut out"],
)
def test_of_two_keywords_that_contradict_each_other_one_is_not_meant(tmp_path: Path, schema: str) -> None:
    content = f"content: {{application/json: {{schema: {schema}}}}}"
    contract = (
        HEAD.replace("3.0.3", "3.1.0")
        + f"""  /item:
    get: {{responses: {{'200': {{description: One., {content}}}}}}}
"""
    )
    assert "3.1.0" in contract
    with client_for(contract, tmp_path) as client:
        answer = client.get("/item")
    assert answer.status_code == 200
    assert isinstance(answer.json()["value"], str)


def test_a_parameter_has_the_name_that_its_own_template_gives_it(tmp_path: Path) -> None:
    def operation(path: str, name: str) -> str:
        parameter = f"{{name: {name}, in: path, required: true, schema: {{type: integer}}}}"
        return f"  {path}:\n    get: {{parameters: [{parameter}], responses: {{'200': {OK % 'ok'}}}}}\n"

    paths = operation("/a/{y}/{z}", "y") + operation("/a/{x}/b", "x")
    with client_for(HEAD + paths, tmp_path) as client:
        asked = ["/a/1/b", "/a/x/b", "/a/1/c", "/a/x/c"]
        assert [client.get(path).status_code for path in asked] == [200, 400, 200, 400]


@pytest.mark.parametrize(("asked", "status"), [("7", 200), ("zelda", 200), ("-1", 400), ("7up", 400)])
def test_a_parameter_of_several_types_is_read_as_the_one_that_takes_it(tmp_path: Path, asked: str, status: int) -> None:
    schema = "{oneOf: [{type: string, pattern: '^[a-z]+$'}, {type: integer, minimum: 0}]}"
    contract = f"""{HEAD}  /games/{{game}}:
    get:
      parameters: [{{name: game, in: path, required: true, schema: {schema}}}]
      responses: {{'200': {OK % "one"}, '400': {{description: No game.}}}}
"""
    with client_for(contract, tmp_path) as client:
        assert client.get(f"/games/{asked}").status_code == status


def test_paths_that_differ_in_names_alone_share_their_methods(tmp_path: Path) -> None:
    paths = f"""
  /x/{{id}}:
    get: {{operationId: one, responses: {{'200': {OK % "one"}}}}}
  /x/{{name}}:
    put: {{operationId: two, responses: {{'200': {OK % "two"}}}}}
  /x/me:
    get: {{operationId: me, responses: {{'200': {OK % "me"}}}}}
"""
    with client_for(HEAD + paths, tmp_path) as client:
        assert [client.get("/x/7").json(), client.put("/x/7").json()] == ["one", "two"]
        assert client.put("/x/me").status_code == 405


def test_operations_of_one_path_are_told_apart_by_what_follows_it(tmp_path: Path) -> None:
    paths = f"""
  /#Action=Start:
    get: {{operationId: start, responses: {{'200': {OK % "start"}}}}}
  /#Action=Stop:
    get: {{operationId: stop, responses: {{'200': {OK % "stop"}}}}}
"""
    with client_for(HEAD + paths, tmp_path) as client:
        assert [client.get("/?Action=Stop").json(), client.get("/?Action=Start").json()] == ["stop", "start"]


def test_a_parameter_that_follows_a_path_without_a_value_may_have_any(tmp_path: Path) -> None:
    paths = f"""
  /limits#Qualifier:
    get: {{operationId: one, responses: {{'200': {OK % "one"}}}}}
  /limits#List=ALL:
    get: {{operationId: all, responses: {{'200': {OK % "all"}}}}}
"""
    with client_for(HEAD + paths, tmp_path) as client:
        assert [client.get("/limits?Qualifier=v1").json(), client.get("/limits?List=ALL").json()] == ["one", "all"]


def test_what_trips_others_is_served(tmp_path: Path) -> None:
    paths = """
  /a:
    get:
      operationId: same
      responses:
        '200':
          description: ok
          content:
            application/json:
              example: {text: '{{ nobody }} {% raw %}', '$ref': 'https://example.com/x'}
              schema: {properties: {text: {}}}
  /b:
    get: {operationId: same.with.dots, responses: {'200': {description: ok}}}
"""
    with client_for(HEAD + paths, tmp_path) as client:
        assert client.get("/a").json() == {"text": "{{ nobody }} {% raw %}", "$ref": "https://example.com/x"}
        assert client.get("/b").status_code == 200


def test_a_schema_that_holds_itself_in_every_way_is_served(tmp_path: Path) -> None:
    contract = """
openapi: 3.0.3
info: {title: t, version: '1'}
paths:
  /nodes:
    post:
      operationId: add
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Node'}}}}
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Node'}}}}
components:
  schemas:
    Node:
      type: object
      properties:
        label: {type: string}
        next: {allOf: [{$ref: '#/components/schemas/Node'}], nullable: true}
        all: {type: array, items: {$ref: '#/components/schemas/Node'}}
        by: {type: object, additionalProperties: {$ref: '#/components/schemas/Node'}}
"""
    with client_for(contract, tmp_path) as client:
        assert client.post("/nodes", json={"next": {"next": {"label": 1}}}).status_code == 400
        assert client.post("/nodes", json={"next": {"next": {"label": "x"}}}).status_code == 200


def test_thousands_of_operations_are_served(tmp_path: Path) -> None:
    paths = "".join(f"  /t{n}/{{id}}:\n    get: {{responses: {{'200': {OK % n}}}}}\n" for n in range(1500))
    with client_for(HEAD + paths.replace("example:", "default:"), tmp_path) as client:
        assert client.get("/t1499/x").status_code == 200
