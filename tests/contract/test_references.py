"""What lies in other files is brought into the document, however its author has cut the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from specdouble.contract import Contract, ContractError, read

THING = "{type: object, required: [id], properties: {id: {type: string}, name: {type: string}}}"
ANSWER = "{description: a, content: {application/json: {schema: {$ref: 'things.yaml#/Thing'}}}}"
PARTS = {
    "things.yaml": f"Thing: {THING}",
    "paths.yaml": "/things/{id}: {parameters: {$ref: parameters.yaml}, get: {$ref: read.yaml}}",
    "parameters.yaml": "[{name: id, in: path, required: true, schema: {type: string}}]",
    "read.yaml": "operationId: read\nsummary: Reads.\nresponses: {$ref: responses.yaml}",
    "responses.yaml": f"'200': {ANSWER}",
}


def contract(folder: Path, parts: dict[str, str], paths: str = "{$ref: paths.yaml}") -> Contract:
    for name, text in parts.items():
        (folder / name).write_text(text)
    (folder / "openapi.yaml").write_text(f"openapi: 3.0.3\ninfo: {{title: A, version: '1'}}\npaths: {paths}\n")
    return read(folder)


def test_a_reference_is_read_where_openapi_has_none(tmp_path: Path) -> None:
    operation = contract(tmp_path, PARTS).operations["read"]
    assert [one.name for one in operation.parameters] == ["id"]
    assert operation.responses["200"].content["application/json"].schema is not None


def test_what_is_wrong_there_has_the_line_of_its_own_file(tmp_path: Path) -> None:
    parts = {
        **PARTS,
        "read.yaml": "operationId: read\nsummary: Reads.\nsecurity: [{nobody: []}]\nresponses: {$ref: responses.yaml}",
    }
    found = {(Path(one.file).name, one.id) for one in contract(tmp_path, parts).findings}
    assert ("read.yaml", "security-scheme") in found


def test_what_stands_beside_such_a_reference_comes_before_what_it_leads_to(tmp_path: Path) -> None:
    paths = "{'/things/{id}': {get: {$ref: read.yaml, summary: Own., parameters: {$ref: parameters.yaml}}}}"
    assert contract(tmp_path, PARTS, paths).operations["read"].summary == "Own."


def test_a_file_is_called_as_the_contract_is_however_references_go_up_and_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "read.yaml").write_text("{$ref: ../b/read.yaml}")
    (tmp_path / "b" / "read.yaml").write_text("{operationId: read, security: [{nobody: []}], responses: {}}")
    contract(tmp_path, {}, "{/things: {get: {$ref: a/read.yaml}}}")
    monkeypatch.chdir(tmp_path)
    assert "b/read.yaml" in {one.file for one in read(Path("openapi.yaml")).findings}


@pytest.mark.parametrize("to", ["nowhere.yaml", "read.yaml#/none", "https://example.com/read.yaml"])
def test_such_a_reference_to_nothing_is_an_error(tmp_path: Path, to: str) -> None:
    with pytest.raises(ContractError) as refused:
        contract(tmp_path, PARTS, f"{{/things: {{get: {{$ref: '{to}'}}}}}}")
    assert any(one.id[:3] == "ref" for one in refused.value.findings)


def test_such_a_reference_to_itself_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="leads"):
        contract(tmp_path, {**PARTS, "read.yaml": "{$ref: read.yaml}"})


@pytest.mark.parametrize("name", ["links", "headers", "examples", "parameters", "items"])
def test_a_property_may_be_called_as_a_keyword_is(tmp_path: Path, name: str) -> None:
    things = f"Thing: {{type: object, properties: {{{name}: {{$ref: '#/Inner'}}}}}}\nInner: {{type: object}}"
    read_thing = contract(tmp_path, {**PARTS, "things.yaml": things})
    schema = read_thing.operations["read"].responses["200"].content["application/json"].schema
    assert read_thing.described(read_thing.properties(schema)[name]) == {"type": "object"}
    assert [one for one in read_thing.findings if one.severity == "error"] == []


@pytest.mark.parametrize(
    ("written", "remedy"),
    [
        (r"schemas\Pet.yaml", "write `schemas/Pet.yaml`: a reference is a URL"),
        (r"C:\work\Pet.yaml", "write it as it lies from the contract, with `/`"),
        ("file:///C:/work/Pet.yaml", "keep a copy beside the contract, and name it as it lies from there"),
        ("schemas/Pet.yaml", "correct the path"),
    ],
)
def test_a_path_as_windows_writes_it_is_told_with_what_to_write(tmp_path: Path, written: str, remedy: str) -> None:
    head = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\n"
    file = tmp_path / "openapi.yaml"
    file.write_text(f"{head}components: {{schemas: {{Pet: {{$ref: '{written}'}}}}}}\n", "utf-8")
    with pytest.raises(ContractError) as refused:
        read(file)
    (finding,) = refused.value.findings
    assert finding.remedy == remedy
