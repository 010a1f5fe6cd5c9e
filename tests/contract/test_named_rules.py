"""`rules.yaml`: rules by the names of what they speak of; and the JSON Schemas that editors complete by."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from specdouble.contract import Contract, ContractError, read
from specdouble.contract.annotation_schema import annotations_schema, rules_schema
from specdouble.contract.source import read_text
from tests.conftest import ROOT

CONTRACT = """\
openapi: 3.0.3
info: {title: Rooms, version: 1.0.0}
paths:
  /rooms:
    post:
      operationId: open_room
      security: [{key: []}]
      requestBody:
        content:
          application/json:
            schema: {$ref: '#/components/schemas/Room'}
      responses:
        '201':
          description: The room
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Room'}
        '400': {description: Invalid}
        '401': {description: Nobody}
        '403': {description: Forbidden}
        '409': {description: Taken}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Key}
  schemas:
    Thing:
      type: object
      properties:
        name: {type: string, enum: [small, large]}
    Other: {$ref: '#/components/schemas/Thing'}
    Room:
      allOf:
        - {$ref: '#/components/schemas/Thing'}
        - type: object
          properties:
            id: {type: string}
    dotted.Room: {type: object, properties: {id: {type: string}}}
    User:
      type: object
      properties:
        id: {type: string}
        role: {type: string, enum: [ADMIN]}
        key: {type: string}
"""
RULES = """\
Room: {x-resource: {collection: rooms, id: id}}
Room.name:
  x-unique: true
  x-transitions: {small: large}
User: {x-resource: {collection: users}}
key: {x-identity: {collection: users, credential: key, claims: {role: role}}}
post /rooms: {x-roles: [ADMIN]}
"""


def contract(folder: Path, rules: str, text: str = CONTRACT) -> Contract:
    (folder / "openapi.yaml").write_text(text, "utf-8")
    (folder / "rules.yaml").write_text(rules, "utf-8")
    return read(folder)


def errors(folder: Path, rules: str) -> list[tuple[int, str, str]]:
    with pytest.raises(ContractError) as refused:
        contract(folder, rules)
    return [(one.line, one.reason, one.remedy) for one in refused.value.findings if one.severity == "error"]


def test_names_mean_schemas_properties_operations_and_security_schemes(tmp_path: Path) -> None:
    rules = contract(tmp_path, RULES).rules
    told = {one.id: (Path(one.file).name, one.line) for one in rules.values()}
    assert told == {
        "unique:rooms.name": ("rules.yaml", 3),
        "transitions:rooms.name": ("rules.yaml", 4),
        "roles:open_room": ("rules.yaml", 7),
    }


def test_a_property_that_a_schema_takes_from_another_is_annotated_for_it_alone(tmp_path: Path) -> None:
    data = contract(tmp_path, RULES).data["components"]["schemas"]
    assert data["Thing"]["properties"]["name"] == {"type": "string", "enum": ["small", "large"]}
    assert "x-unique" in data["Room"]["properties"]["name"]


def test_a_name_that_stands_for_another_schema_is_that_one(tmp_path: Path) -> None:
    read_so = contract(tmp_path, "Other: {x-resource: {collection: things}}")
    assert read_so.data["components"]["schemas"]["Thing"]["x-resource"] == {"collection": "things"}


def test_schemas_may_have_dots_in_their_names(tmp_path: Path) -> None:
    rules = "dotted.Room: {x-resource: {collection: dotted}}\ndotted.Room.id: {x-unique: true}"
    assert [*contract(tmp_path, rules).rules] == ["unique:dotted.id"]


def test_a_schema_of_another_file_is_known_by_the_contracts_name_for_it(tmp_path: Path) -> None:
    (tmp_path / "thing.yaml").write_text("type: object\nproperties: {name: {type: string}}", "utf-8")
    text = CONTRACT.replace("Other: {$ref: '#/components/schemas/Thing'}", "Other: {$ref: thing.yaml}")
    read_so = contract(tmp_path, "Other: {x-resource: {collection: things}}\nOther.name: {x-unique: true}", text)
    assert [*read_so.rules] == ["unique:things.name"]
    assert read_so.locate("/components/schemas/thing/properties/name/type") == (str(tmp_path / "thing.yaml"), 2)


@pytest.mark.parametrize(
    ("rules", "reason", "remedy"),
    [
        ("Roomm: {x-resource: {collection: a}}", "no schema `Roomm`", "write `Room`"),
        ("Room.nam: {x-unique: true}", "no property `Room.nam`", "write `Room.name`"),
        ("Room.id.deep: {x-unique: true}", "no property `Room.id.deep`", "name a property"),
        ("POST /room: {x-roles: [ADMIN]}", "no operation `POST /room`", "write `POST /rooms`"),
        ("GET /rooms: {x-roles: [ADMIN]}", "no operation `GET /rooms`", "write `POST /rooms`"),
        ("kei: {x-identity: {collection: a}}", "no security scheme `kei`", "write `key`"),
        ("Room.id: {x-uniqe: true}", "`x-uniqe` is no annotation", "write `x-unique`"),
        ("Room: {x-nonsense-altogether: 1}", "is no annotation", "use one of"),
        ("post /rooms: {x-unique: true}", "`x-unique` means nothing here", "it belongs on a property"),
        ("Room.id: true\nRoom: {x-resource: a}", "`Room.id` is a boolean", "write `{x-unique: true}`"),
    ],
)
def test_what_is_wrong_is_found_at_its_line_with_the_name_that_was_meant(
    tmp_path: Path, rules: str, reason: str, remedy: str
) -> None:
    rules += "\nUser: {x-resource: {collection: users}}"
    ((line, told, advice),) = errors(tmp_path, rules)
    assert (line, reason in told, advice.startswith(remedy)) == (1, True, True)


def test_a_file_of_rules_of_another_tool_is_left_out(tmp_path: Path) -> None:
    findings = contract(tmp_path, "groups:\n  - name: alerts\n    rules: []\n").findings
    assert [one.severity for one in findings if one.id == "overlay"] == ["warning"]


# The published schemas


@pytest.mark.parametrize(("name", "made"), [("rules", rules_schema), ("annotations", annotations_schema)])
def test_the_published_schema_is_made_of_the_kinds(name: str, made: Any) -> None:
    file = ROOT / "docs" / "schemas" / f"{name}.schema.json"
    assert json.loads(file.read_text("utf-8")) == made(), f"specdouble schema {name} > {file}"


def fits(schema: dict[str, Any], text: str) -> bool:
    return jsonschema_rs.validator_for(schema).is_valid(read_text(text, Path("rules.yaml"), "rules.yaml").data)


def test_the_schema_takes_what_is_understood() -> None:
    assert fits(rules_schema(), RULES)
    assert fits(annotations_schema(), (ROOT / "openapi.yaml").read_text("utf-8"))


def test_the_schema_takes_the_annotations_of_all_contracts_that_are_read() -> None:
    refused = []
    for file in sorted((ROOT / "tests").rglob("*.yaml")):
        data = {} if "broken" in file.parts else read_text(file.read_text("utf-8"), file, file.name).data
        made = annotations_schema() if "openapi" in data else rules_schema() if file.stem == "rules" else {}
        refused += [one.instance_path for one in jsonschema_rs.validator_for(made).iter_errors(data)]
    assert refused == [["components", "schemas", "Book", "properties", "odd", "x-immutable"]]  # it is another tool's


@pytest.mark.parametrize(
    "text",
    [
        "Room: {x-resource: {colection: rooms}}",
        "Room.name: {x-unique: {wihtin: [id]}}",
        "Room.name: {x-unique: {ignore: [cas]}}",
        "Room.name: {x-uniqe: true}",
        "Room.name: {x-timestamp: createt}",
        "Room.name: {x-references: {collection: a, status: 200}}",
        "Room.name: {x-roles: [ADMIN]}",
        "POST /rooms: {x-roles: []}",
        "POST /rooms: {x-unique: true}",
        "POST /rooms: {x-action: {action: destroy}}",
        "key: {x-identity: {claims: {}}}",
        "[]",
    ],
)
def test_the_schema_refuses_what_is_misspelt_or_misplaced(text: str) -> None:
    assert not fits(rules_schema(), text)


def test_names_of_properties_are_no_annotations() -> None:
    assert fits(annotations_schema(), "properties: {x-unique: {type: string}}\nexample: {x-unique: 7}")
    assert not fits(annotations_schema(), "properties: {name: {x-unique: 7}}")


# On what is inferred


def test_an_annotation_beside_the_contract_counts_on_documents_that_are_inferred(tmp_path: Path) -> None:
    pets = (ROOT / "tests" / "contracts" / "petstore.yaml").read_text("utf-8")
    read_so = contract(tmp_path, "Pet.name: {x-unique: true}", pets)
    assert Path(read_so.rules["unique:pet.name"].file).name == "rules.yaml"
