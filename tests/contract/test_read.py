"""What the contract's reader makes of good contracts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specdouble.contract import Contract, ContractError, read
from specdouble.contract.document import read_document
from specdouble.rules.default.rule import Default
from specdouble.rules.unique.rule import Unique

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read(ROOT)


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, "utf-8")
    return file


def test_a_rule_knows_where_it_stands(contract: Contract) -> None:
    rule = contract.rules["unique:lead_management.configurationName"]
    line = (ROOT / "openapi.yaml").read_text("utf-8").splitlines()[rule.line - 1]
    assert "x-unique" in line
    assert isinstance(rule, Unique)
    assert (rule.within, rule.ignore) == (("userId",), frozenset({"case", "space"}))


def test_a_default_of_the_creating_request_is_a_rule(contract: Contract) -> None:
    rule = contract.rules["default:lead_management.forwardToOutreach"]
    assert isinstance(rule, Default)
    assert rule.value is True


def test_a_refusal_takes_the_first_status_that_the_operation_declares(contract: Contract) -> None:
    rule = contract.rules["unique:lead_management.configurationName"]
    assert rule.status_among(frozenset({"201", "400", "422"})) == 422
    assert rule.status_among(frozenset({"201", "400"})) == 400
    assert rule.status_among(frozenset({"201"})) == 409


def test_method_path_and_schemas_say_what_an_operation_does(contract: Contract) -> None:
    does = {name: (action.does, action.collection) for name, action in contract.actions.items()}
    assert does["post_lead_management"] == ("create", "lead_management")
    assert does["get_lead_management_by_id"] == ("read", "lead_management")
    assert does["put_lead_management_by_id"] == ("update", "lead_management")
    assert does["get_prompts_user"] == ("list", "prompts")
    assert "post_auth_login" not in does


def test_yaml_keeps_what_json_would_have(tmp_path: Path) -> None:
    text = "openapi: 3.0.3\ninfo: {title: No, version: 2026-05-01, x-on: on, x-octal: 010}\npaths: {}\n"
    data = read_document(write(tmp_path, "openapi.yaml", text)).data
    assert data["info"] == {"title": "No", "version": "2026-05-01", "x-on": "on", "x-octal": 10}


def test_a_placeholder_of_a_template_engine_stays_as_it_is(contract: Contract) -> None:
    assert "{{firstName}}" in json.dumps(contract.data)


def test_merge_keys_and_anchors_are_followed(tmp_path: Path) -> None:
    text = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths: {}\nx-a: &a {b: 1, c: 2}\nx-d:\n  <<: *a\n  c: 3\n"
    data = read_document(write(tmp_path, "openapi.yaml", text)).data
    assert data["x-d"] == {"b": 1, "c": 3}


def test_json_is_read_with_tabs_and_knows_its_lines(tmp_path: Path) -> None:
    text = '{\n\t"openapi": "3.0.3",\n\t"info": {"title": "A", "version": "1"},\n\t"paths": {}\n}\n'
    document = read_document(write(tmp_path, "openapi.json", text))
    assert document.locate("/info/title")[1] == 3


def test_a_reference_into_another_file_is_brought_in(tmp_path: Path) -> None:
    write(tmp_path, "schemas/thing.yaml", "type: object\nproperties:\n  part: {$ref: 'part.yaml#/Part'}\n")
    write(tmp_path, "schemas/part.yaml", "Part:\n  type: object\n  properties:\n    whole: {$ref: 'thing.yaml'}\n")
    write(
        tmp_path,
        "openapi.yaml",
        """
openapi: 3.0.3
info: {title: Files, version: '1'}
paths:
  /things:
    get:
      operationId: get_thing
      responses:
        '200':
          description: One.
          content:
            application/json:
              schema: {$ref: 'schemas/thing.yaml'}
""",
    )
    contract = read(tmp_path)
    assert set(contract.data["components"]["schemas"]) == {"thing", "Part"}
    media = contract.operations["get_thing"].responses["200"].content["application/json"]
    assert media.slot is not None
    assert contract.schemas.is_valid(media.slot, {"part": {"whole": {"part": {}}}})
    assert not contract.schemas.is_valid(media.slot, {"part": {"whole": 1}})


def test_a_finding_in_another_file_names_that_file(tmp_path: Path) -> None:
    write(tmp_path, "thing.yaml", "type: object\nproperties:\n  name:\n    $ref: '#/nowhere'\n")
    write(
        tmp_path,
        "openapi.yaml",
        "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths: {}\n"
        "components:\n  schemas:\n    Thing: {$ref: 'thing.yaml'}\n",
    )
    (finding,) = (one for one in read(tmp_path).findings if one.id == "ref-kind")
    assert (finding.file, finding.line) == (str(tmp_path / "thing.yaml"), 4)


def test_a_reference_inside_an_example_is_data(tmp_path: Path) -> None:
    text = """
openapi: 3.0.3
info: {title: A, version: '1'}
paths:
  /a:
    get:
      operationId: a
      responses:
        '200':
          description: Fine.
          content:
            application/json:
              example: {$ref: 'https://nowhere.example/x.json'}
"""
    contract = read(write(tmp_path, "openapi.yaml", text))
    media = contract.operations["a"].responses["200"].content["application/json"]
    assert media.examples == {"example": {"$ref": "https://nowhere.example/x.json"}}


def test_nullable_exclusive_bounds_and_read_only_are_understood(tmp_path: Path) -> None:
    text = """
openapi: 3.0.3
info: {title: A, version: '1'}
paths:
  /a:
    post:
      operationId: a
      requestBody:
        content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}
      responses:
        '200': {description: Fine., content: {application/json: {schema: {$ref: '#/components/schemas/A'}}}}
components:
  schemas:
    A:
      type: object
      required: [id]
      properties:
        id: {type: integer, readOnly: true}
        size: {type: number, nullable: true, minimum: 0, exclusiveMinimum: true}
"""
    contract = read(write(tmp_path, "openapi.yaml", text))
    operation = contract.operations["a"]
    assert operation.body is not None
    request, response = (
        operation.body.content["application/json"],
        operation.responses["200"].content["application/json"],
    )
    assert request.slot is not None
    assert response.slot is not None
    assert contract.schemas.is_valid(request.slot, {"size": None, "id": "whatever"})
    assert not contract.schemas.is_valid(request.slot, {"size": 0})
    assert not contract.schemas.is_valid(response.slot, {"size": 1})
    assert not contract.schemas.is_valid(response.slot, {"id": "one"})


def test_a_post_to_one_document_that_takes_its_properties_changes_it(tmp_path: Path) -> None:
    """Beside a `PATCH` that takes a JSON Patch, it is what immutable properties are tried by."""
    path = tmp_path / "openapi.yaml"
    text = """
openapi: 3.0.3
info: {title: Things, version: "1"}
components:
  schemas:
    Thing: {type: object, x-resource: {collection: things}, properties: {id: {type: string}, kind: {type: string}}}
paths:
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    post:
      operationId: change
      requestBody:
        content: {application/json: {schema: {type: object, properties: {PROPERTY: {type: string}}}}}
      responses: {"200": {description: it, content: {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}}}
"""
    actions = {}
    for name in ("kind", "reason"):
        path.write_text(text.replace("PROPERTY", name), "utf-8")
        actions[name] = [action.does for action in read(path).actions.values()]
    assert actions == {"kind": ["update"], "reason": []}


def test_a_size_that_is_written_with_a_point_is_a_whole_number(tmp_path: Path) -> None:
    text = "{type: array, maxItems: 3.0, minItems: 1e0, items: {type: string, minLength: 2.0, maxLength: 10.0}}"
    file = tmp_path / "openapi.yaml"
    file.write_text(
        f"openapi: 3.1.0\ninfo: {{title: A, version: '1'}}\npaths: {{}}\ncomponents: {{schemas: {{A: {text}}}}}"
    )
    schema = read(file).data["components"]["schemas"]["A"]
    sizes = [schema["maxItems"], schema["minItems"], schema["items"]["minLength"], schema["items"]["maxLength"]]
    assert [repr(size) for size in sizes] == ["3", "1", "2", "10"]


def test_a_folder_without_openapi_yaml_names_the_contracts_that_it_holds_by_other_names(tmp_path: Path) -> None:
    (tmp_path / "shop.json").write_text('{\n  "openapi": "3.1.0"}', "utf-8")
    (tmp_path / "package.json").write_text('{"dependencies": {"openapi": "^3.1"}}', "utf-8")
    with pytest.raises(ContractError) as refused:
        read(tmp_path)
    (finding,) = refused.value.findings
    assert "shop.json" in finding.reason
    assert "package.json" not in finding.reason
    assert finding.remedy == f"name the file: {tmp_path / 'shop.json'}"
