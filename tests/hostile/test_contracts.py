"""Whatever is in a contract's files, reading it ends in findings: no traceback, no hang, no file of the machine."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import Contract, Finding, Refused, read
from specdouble.contract.document import MAX_CHAIN
from specdouble.contract.finding import IDS
from specdouble.double.assembly import compiled_operations
from specdouble.double.double import Double, Settings

from .mutation import mutants
from .sizes import of

HEAD = "openapi: 3.0.3\ninfo: {title: A, version: '1'}\npaths: {}\n"


def findings_of(path: Path) -> list[Finding]:
    try:
        return list(read(path).findings)
    except Refused as error:
        return error.findings


def told(folder: Path, text: str | bytes) -> str:
    """All findings of a contract of this text, each of them whole."""
    file = folder / "openapi.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    findings = findings_of(file)
    for finding in findings:
        assert_whole(finding)
    return "\n".join(str(finding) for finding in findings)


def assert_whole(finding: Finding) -> None:
    assert finding.file
    assert finding.line >= 1
    assert finding.reason
    assert finding.remedy
    assert finding.id in IDS


def schema(text: str) -> str:
    return HEAD + f"components: {{schemas: {{Thing: {text}}}}}\n"


def identity(text: str) -> str:
    users = "schemas: {User: {type: object, x-resource: {collection: users}, properties: {id: {type: string}}}}"
    return (
        HEAD + f"components: {{securitySchemes: {{a: {{type: http, scheme: bearer, x-identity: {text}}}}}, {users}}}\n"
    )


# A text, and what is said of it.
TEXTS: dict[str, tuple[str | bytes, str]] = {
    "an alias bomb by nesting": (
        HEAD + "x-a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
        + "".join(f"x-a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30)),
        "the aliases up to here repeat",
    ),
    "an alias bomb by repetition": (
        HEAD + "x-a: &a [" + "1, " * 20_000 + "1]\nx-b: [" + "*a, " * 20_000 + "*a]\n",
        "the aliases up to here repeat",
    ),
    "a merge bomb": (
        HEAD + "x-a: &a {" + ", ".join(f"k{n}: 1" for n in range(5000)) + "}\n"
        + "".join(f"x-{n}: {{<<: *a}}\n" for n in range(5000)),
        "the aliases up to here repeat",
    ),
    "an integer of 5,000 digits": (schema("{maximum: " + "9" * 5000 + "}"), "a number of 5,000 characters"),
    "a number beyond JSON": (schema("{maximum: 1e999}"), "beyond what JSON can carry"),
    "a merge of a list": (HEAD + "x-a: {<<: [1, 2]}\n", "`<<` merges something that is no mapping"),
    "a tag that lies": (HEAD + "x-a: !!int seven\n", "is not of the type that its tag names"),
    "a tab": (HEAD + "x-a:\n\tb: 1\n", "a tab indents the line"),
    "two documents": (HEAD + "---\n" + HEAD, "a second YAML document"),
    "UTF-16": (HEAD.encode("utf-16"), "the file is UTF-16"),
    "nothing": ("", "the file is empty"),
    "a list": ("[1, 2]", "not an OpenAPI description"),
    "a hundred thousand brackets": (HEAD + "x-a: " + "[" * 100_000, "nested too deep"),
    "a hundred thousand braces": ('{"a":' * 100_000, "nested too deep"),
    "half a surrogate pair": (json.dumps({"openapi": "3.0.3", "info": {"title": "\ud800"}}), "surrogate"),
    "an alias without an anchor": (HEAD + "x-a: *nothing\n", "has no anchor"),
    "a key that is a list": (HEAD + "x-a: {[1]: 2}\n", "stands as a key"),
    "a file of the machine": (schema("{$ref: '/etc/passwd'}"), "leads out of the contract's folder"),
    "a folder above": (schema("{$ref: '../../../../../etc/passwd'}"), "leads out of the contract's folder"),
    "a device": (schema("{$ref: '/dev/zero'}"), "leads out of the contract's folder"),
    "a URL": (schema("{$ref: 'http://127.0.0.1:9/a.yaml'}"), "leads over the network"),
    "a URL of a file": (schema("{$ref: 'file:///etc/passwd'}"), "is the URL of a file on one machine"),
    "a dynamic reference to a file": (schema("{$dynamicRef: 'file:///etc/passwd'}"), "does not lead into the schema"),
    "a reference that is a list": (schema("{$ref: [1]}"), "`$ref` is a list"),
    "no type": (schema("{type: strng}"), "write `string`"),
    "a short name of a type": (schema("{type: int}"), "write `integer`"),
    "a multiple of nothing": (schema("{type: integer, multipleOf: 0}"), "not a number above 0"),
    "a length in quotes": (schema("{type: string, minLength: '3'}"), "not a whole number"),
    "a length that no memory holds": (schema("{type: string, minLength: 5000000000}"), "no answer is made as large"),
    "a pattern that is a number": (schema("{type: string, pattern: 0}"), "not a regular expression"),
    "a name that is required twice": (schema("{required: [a, a]}"), "lists a name twice"),
    "responses that are text": (HEAD.replace("{}", "{/a: {get: {responses: '..'}}}"), "has to be a mapping"),
    "content that is a number": (
        HEAD.replace("{}", "{/a: {get: {responses: {'200': {description: a, content: -1}}}}}"), "has to be a mapping",
    ),
    "a claim that is a mapping": (identity("{collection: users, claims: {id: {a: 1}}}"), "names no property of a user"),
    "a token for ever": (identity("{collection: users, expires: 99999999999}"), "for which a token can be good"),
    "a token for a flag": (identity("{collection: users, expires: true}"), "for which a token can be good"),
    "a tenant that is a mapping": (
        schema("{properties: {a: {}}, x-resource: {collection: a, tenant: {a: 1}}}"), "to hold the tenant",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_a_hostile_text_is_told_with_file_line_reason_and_remedy(tmp_path: Path, name: str) -> None:
    text, reason = TEXTS[name]
    assert reason in told(tmp_path, text)


def test_a_byte_order_mark_and_other_line_ends_are_read(tmp_path: Path) -> None:
    assert told(tmp_path, b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode()) == ""


def test_an_own_key_stands_before_a_merged_one_of_equal_name(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(HEAD + "x-a: &a {b: 1, c: 1}\nx-d: {<<: *a, b: 2}\n")
    assert read(tmp_path).data["x-d"] == {"b": 2, "c": 1}


@pytest.mark.parametrize("kind", ["openapi.yaml", "openapi.json"])
def test_thirty_thousand_equal_keys_are_told_each(tmp_path: Path, kind: str) -> None:
    text = '{"openapi": "3.0.3", "info": {"title": "A", "version": "1"}, "paths": {}, "x-a": {'
    text += ", ".join(f'"k{n % 15_000}": 1\n' for n in range(30_000)) + "}}"
    (tmp_path / kind).write_text(text)
    findings = [finding for finding in findings_of(tmp_path) if finding.id == "duplicate-key"]
    assert [finding.line for finding in findings] == list(range(15_001, 30_001))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    assert "no regular file" in told(tmp_path, schema("{$ref: 'pipe.yaml'}"))


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("type: string\ndescription: secret\n")
    project = tmp_path / "project"
    project.mkdir()
    (project / "link.yaml").symlink_to(tmp_path / "secret.yaml")
    assert "leads out of the contract's folder" in told(project, schema("{$ref: 'link.yaml'}"))


def test_a_link_to_itself_is_told(tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to(tmp_path / "link.yaml")
    assert "cannot be read" in told(tmp_path, schema("{$ref: 'link.yaml'}"))


def test_references_lead_into_a_folder_that_is_allowed(tmp_path: Path) -> None:
    shared, project = tmp_path / "shared", tmp_path / "project"
    shared.mkdir()
    project.mkdir()
    (shared / "thing.yaml").write_text("type: string\n")
    (project / "openapi.yaml").write_text(schema("{$ref: '../shared/thing.yaml'}"))
    contract = read(project, allow_refs=[shared])
    assert contract.data["components"]["schemas"]["thing"] == {"type": "string"}


@pytest.mark.parametrize(("length", "is_refused"), [(MAX_CHAIN, False), (MAX_CHAIN + 1, True), (3000, True)])
def test_a_chain_of_references_is_followed_so_far_and_no_further(tmp_path: Path, length: int, is_refused: bool) -> None:
    links = [f"S{n}: {{$ref: '#/components/schemas/S{n + 1}'}}" for n in range(length)]
    schemas = ", ".join([*links, f"S{length}: {{type: string}}"])
    text = told(tmp_path, HEAD + f"components: {{schemas: {{{schemas}}}}}\n")
    assert (f"through more than {MAX_CHAIN} references" in text) == is_refused


# One bad schema spoils itself alone

BAD = ["type: int", "multipleOf: 0", "minLength: '3'", "pattern: 0", "enum: 5", "required: a", "allOf: {}"]
TWO = """
openapi: 3.0.3
info: {title: A, version: '1'}
paths:
  /good: {get: {operationId: good, responses: {'200': &good
    {description: a, content: {application/json: {schema: {type: object, required: [a], properties: {a: &a
      {type: string, maxLength: 3}}}}}}}}}
  /bad: {get: {operationId: bad, responses: {'200':
    {description: a, content: {application/json: {schema: {type: object, properties: {a: BAD, b: *a}}}}}}}}
"""


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_keyword_is_left_out_and_all_the_rest_is_kept(tmp_path: Path, bad: str) -> None:
    assert ":9: error: " in told(tmp_path, TWO.replace("BAD", f"{{{bad}}}"))
    contract = read(tmp_path)
    assert not conforms(contract, "good", {"a": "four"})
    assert conforms(contract, "bad", {"a": 1, "b": "abc"})
    assert not conforms(contract, "bad", {"a": 1, "b": "four"})


@pytest.mark.parametrize("schema", [True, False])
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_boolean_stands_where_a_schema_may(tmp_path: Path, schema: bool, version: str) -> None:
    """JSON Schema takes everything by `true`, and nothing by `false`."""
    contract = of({"type": "object", "properties": {"id": {"type": "string"}, "a": schema}})
    contract["openapi"] = version
    contract["paths"]["/things/{id}"]["parameters"][0]["schema"] = schema
    (tmp_path / "openapi.json").write_text(json.dumps(contract))
    compiled_operations(Double(Settings(tmp_path)))


def conforms(contract: Contract, operation: str, value: object) -> bool:
    slot = contract.operations[operation].responses["200"].content["application/json"].slot
    assert slot is not None
    return contract.schemas.is_valid(slot, value)


@pytest.mark.parametrize("key", ["tags", "operationId"])
def test_what_names_a_handler_may_be_longer_than_any_file_can_be_named(tmp_path: Path, key: str) -> None:
    contract = of({"type": "object", "properties": {"id": {"type": "string"}}})
    name = "x" * 5000
    contract["paths"]["/things/{id}"]["get"][key] = [name] if key == "tags" else f"{name}.read"
    (tmp_path / "openapi.json").write_text(json.dumps(contract))
    compiled_operations(Double(Settings(tmp_path)))


# Mutants

QUICK, SLOW = range(40), range(1000, 3500)


def test_a_contract_with_one_thing_broken_is_told_and_what_loads_starts(tmp_path: Path) -> None:
    for what, text in mutants(QUICK):
        check_mutant(tmp_path, what, text)


@pytest.mark.long
@pytest.mark.slow
def test_thousands_of_broken_contracts_are_told_and_what_loads_starts(tmp_path: Path) -> None:
    for what, text in mutants(SLOW):
        check_mutant(tmp_path, what, text)


def check_mutant(folder: Path, what: str, text: str) -> None:
    file = folder / "openapi.json"
    file.write_text(text, "utf-8")
    try:
        for finding in findings_of(file):
            assert_whole(finding)
        compiled_operations(Double(Settings(file)))
    except Refused:
        pass  # it says why
    except Exception as error:
        pytest.fail(f"mutant {what}: {type(error).__name__}: {error}")


REPEATED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "properties": lambda after: {"properties": {f"p{number}": after for number in range(8)}},
    "parts": lambda after: {"allOf": [{"properties": {"a": after}}, {"properties": {"b": after}}]},
    "alternatives": lambda after: {"oneOf": [after, {"allOf": [after, {"required": ["a"]}]}]},
}


@pytest.mark.parametrize("keyword", REPEATED)
def test_schemas_that_hold_the_next_one_several_times_are_read_once(tmp_path: Path, keyword: str) -> None:
    levels = 25  # each way that leads there would be one of up to 8 ** 25
    schemas = {
        f"S{level}": {"type": "object", **REPEATED[keyword]({"$ref": f"#/components/schemas/S{level + 1}"})}
        for level in range(levels)
    }
    schemas[f"S{levels}"] = {"type": "object"}
    resource = {"x-resource": {"collection": "things", "id": "id"}, "properties": {"id": {"type": "string"}}}
    contract = of({**resource, "allOf": [{"$ref": "#/components/schemas/S0"}]}, schemas)
    (tmp_path / "openapi.json").write_text(json.dumps(contract))
    assert {finding.id for finding in findings_of(tmp_path / "openapi.json")} <= {"missing-status", "composition"}


def test_a_collection_whose_name_is_too_long_for_a_file_is_told(tmp_path: Path) -> None:
    contract = of({"type": "object", "properties": {"id": {"type": "string"}, "a": {"x-references": "9" * 5000}}})
    (tmp_path / "openapi.json").write_text(json.dumps(contract))
    assert findings_of(tmp_path / "openapi.json")
