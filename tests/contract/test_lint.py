"""Each broken contract is refused with file, line, reason and remedy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from specdouble.contract import ContractError, Finding, read
from specdouble.contract.kind import suggestion

BROKEN = Path(__file__).parent / "broken"

# The contract, the line, and a part of the reason and of the remedy.
TABLE = [
    ("not_yaml", 6, "not YAML or JSON", "mend the syntax"),
    ("not_utf8", 2, "not UTF-8", "save the file as UTF-8"),
    ("not_openapi", 1, "not an OpenAPI description", "begin the file with `openapi: 3.0.3`"),
    ("not_openapi", 1, "not an OpenAPI description", "`specdouble init --from` makes a contract"),
    ("structure", 9, "`querry` is none of path, query, header, cookie", "see the OpenAPI specification"),
    ("duplicate_key", 8, "the key `/things` stands twice", "keep one of the two"),
    ("ref_to_nowhere", 13, "leads to nothing", "define it, or correct the pointer"),
    ("ref_to_no_anchor", 13, "`$ref: #thing` names no `$anchor`", "define the `$anchor`, or write a pointer"),
    ("ref_in_a_circle", 10, "leads in a circle", "let one of them say what it is"),
    ("ref_over_the_network", 9, "leads over the network", "keep a copy"),
    ("ref_to_a_missing_file", 5, "a file that cannot be read", "correct the path"),
    ("same_operation_id", 11, "the operationId `list_things` is that of GET /things already", "give each"),
    ("same_path", 10, "in the names of its parameters alone", "keep one"),
    ("parameters_of_a_router", 4, "it is read as `/things/{id}`", "write `/things/{id}`"),
    ("parameters_of_a_router", 10, "the segment `<int:number>` is no parameter", "write `{number}`"),
    ("action_sets_no_mapping", 7, "`set` of `x-action` is no mapping", "write the properties and their values"),
    ("unknown_scheme", 5, "the scheme `bearer`, which is not defined", "components/securitySchemes"),
    ("misspelt_annotation", 14, "unknown annotation `x-uniqe`", "write `x-unique`"),
    ("annotation_in_the_wrong_place", 11, "means nothing here", "carries `x-resource`"),
    ("annotation_inside", 16, "not of what is inside of them", "by a handler, and tried by a check"),
    ("immutable_inside", 14, "rules speak of the properties of a document itself", "speaks of what is inside, too"),
    ("validation_in_an_alternative", 15, "`x-validations` means nothing here", "the alternatives of `oneOf`"),
    ("document_inside", 19, "unique:labels.name is not kept there", "give it a schema of its own"),
    ("owner_of_no_claim", 14, "no `x-identity` has a claim `userId`", "write `userId: id` among the claims"),
    ("unknown_key_of_immutable", 14, "`x-immutable` has no key `stauts`", "write `status`"),
    ("unknown_tenant", 8, "no property `organisation` to hold the tenant", "use one of `id`, `owner`"),
    ("computed_from_itself", 11, "`net` is computed from itself", "write what the client sends instead"),
    ("list_by_no_parameter", 7, "no query parameter `sheets`", "write `sheet`"),
    ("etag_of_another_key", 9, "`x-etag` has no key `require`", "write `required`"),
    ("idempotency_of_a_read", 7, "a GET changes nothing", "remove it"),
    ("soft_delete_by_no_property", 9, "no property `deletedOn`", "write `deletedAt`"),
    ("limit_per_nobody", 9, "`ownr` is no property", "write `ownerId`"),
    ("validation_of_no_property", 10, "`self` has no property `strtsAt`", "write `startsAt`"),
    ("roles_of_nobody", 6, "a caller has no role", "name a scheme with `x-identity`"),
    ("unknown_scope", 14, "`ownr` is the scope of a rule and no property", "write `owner`"),
    ("unknown_ignore", 14, "`cases` cannot be ignored", "write `case`"),
    ("unknown_collection", 14, "the collection `thigns`", "write `things`"),
    ("unknown_owner", 8, "no property `userId` to hold the owner", "use one of `id`, `owner`, `name`"),
    ("collection_of_no_name", 8, "`../things` cannot be the name of a collection", "leave out `/`"),
    ("unknown_key", 8, "`x-resource` has no key `onwer`", "write `owner`"),
    ("unknown_event", 14, "no event `create`", "write `created`"),
    ("identity_of_nobody", 14, "the collection `users`, which no `x-resource` keeps", "name the collection of users"),
    ("transition_to_no_value", 15, "`send` is no value", "write `sent`"),
    ("transitions_without_enum", 14, "a property without `enum`", "list the values in `enum`"),
    ("status_of_no_refusal", 14, "`200` is no status of a refusal", "from 400 to 499"),
    ("pattern", 14, "`[a-z` is no regular expression", "the dialect of ECMA 262"),
    ("pattern_too_long", 15, "takes 36 characters or more, `maxLength` no more than 32", "the pattern or the length"),
    ("pattern_that_costs", 14, "refuses texts of more than 1,000 characters", "write `maxLength: 1000` beside it"),
    ("pattern_too_short", 15, "takes 2 characters or fewer, `minLength` no fewer than 3", "the pattern or the length"),
    ("default", 15, "the default breaks its own schema", "correct the default"),
    ("closed", 13, "shuts out `name`, which the `allOf` requires", "or leave it open"),
    ("required_and_shut_out", 10, "shuts out `colour`, which is required", "or do not require it"),
    ("equal_alternatives", 14, "each alternative of the `oneOf` equals another one", "write `anyOf`"),
    ("enum_of_another_type", 14, "no value of the `enum` is of the type integer", "correct the values"),
    ("alternatives_of_another_type", 12, "no alternative of the `oneOf` is of the type null", "correct the type"),
    ("schema_example", 15, "the example breaks its own schema", "correct the example"),
    ("example_breaks_its_schema", 24, "/name: ", "correct the example"),
    ("example_breaks_a_rule", 15, "against unique:things.name", "give each its own value"),
    ("example_sends_what_the_server_sets", 24, "readOnly:things.id leaves to the server", "remove it"),
    ("no_status_for_invalid", 10, "takes a body, and declares no status for an invalid one", "declare 400, 422"),
    ("no_status_for_invalid_path", 8, "the parameter `id`, and declares no status for an invalid one", "declare 400"),
    ("no_status_for_missing", 13, "declares no status for one that is gone", "declare 404, 4XX or `default`"),
    ("no_status_for_unauthorized", 7, "asks for a credential, and declares no status", "declare 401, 4XX"),
    ("owner_without_claim", 21, "no `x-identity` has a claim `authorId`", "write `authorId: id` among the claims"),
    ("no_status_for_a_refusal", 25, "may break unique:things.name and declares no status", "one of 409, 422, 400"),
]


def findings_of(path: Path) -> list[Finding]:
    try:
        return list(read(path).findings)
    except ContractError as error:
        return error.findings


@pytest.mark.parametrize(("name", "line", "reason", "remedy"), TABLE, ids=[row[0] for row in TABLE])
def test_a_broken_contract_is_told_with_line_reason_and_remedy(name: str, line: int, reason: str, remedy: str) -> None:
    path = BROKEN / f"{name}.yaml"
    told = [(finding.file, finding.line, finding.reason, finding.remedy) for finding in findings_of(path)]
    matching = [one for one in told if one[:2] == (str(path), line) and reason in one[2] and remedy in one[3]]
    assert matching, told


def test_every_broken_contract_stands_in_the_table() -> None:
    assert {path.stem for path in BROKEN.glob("*.yaml")} == {row[0] for row in TABLE}


def test_all_findings_are_told_at_once(tmp_path: Path) -> None:
    text = (BROKEN / "unknown_key.yaml").read_text("utf-8")
    both = text + "          x-uniqe: true\n          x-references: nothing\n"
    (tmp_path / "openapi.yaml").write_text(both, "utf-8")
    reasons = " ".join(finding.reason for finding in findings_of(tmp_path))
    assert "onwer" in reasons
    assert "x-uniqe" in reasons
    assert "nothing" in reasons


def test_the_contract_of_this_project_has_no_finding() -> None:
    assert findings_of(Path(__file__).parent.parent.parent) == []


def test_a_folder_without_a_contract_is_refused(tmp_path: Path) -> None:
    (finding,) = findings_of(tmp_path)
    assert "holds no OpenAPI contract" in finding.reason
    assert "openapi.yaml" in finding.remedy


def test_a_second_contract_of_the_folder_is_told_unless_it_says_the_same(tmp_path: Path) -> None:
    said = {"openapi": "3.0.3", "info": {"title": "One", "version": "1"}, "paths": {}}
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(said), "utf-8")
    (tmp_path / "openapi.json").write_text(json.dumps(said), "utf-8")
    assert findings_of(tmp_path) == []
    (tmp_path / "swagger.json").write_text(json.dumps({**said, "info": {"title": "Two", "version": "1"}}), "utf-8")
    (finding,) = findings_of(tmp_path)
    assert (finding.severity, finding.id) == ("warning", "other-contract")
    assert "swagger.json is another contract, and is not read: openapi.yaml comes first" in finding.reason


def test_what_is_near_to_nothing_is_answered_with_all_that_there_is() -> None:
    assert suggestion("nonsense", ["settings", "syntax"]) == "use one of `settings`, `syntax`"
    assert suggestion("nonsense", [f"p{number}" for number in range(80)]).endswith("`p10`, `p11` and 68 more")
    assert suggestion("SETINGS", ["settings", "syntax"]) == "write `settings`"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    (finding,) = findings_of(tmp_path / "nowhere.yaml")
    assert "cannot be read" in finding.reason


def test_an_alias_inside_its_own_anchor_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "openapi.yaml"
    file.write_text("openapi: 3.0.3\ninfo: &info\n  title: *info\npaths: {}\n", "utf-8")
    (finding,) = findings_of(file)
    assert "too deep" in finding.reason


ORDINARY = [
    r"^(?=.*[a-z])(?=.*\d).{8,64}$", r"^(?!.*\.\.)[^@\s]+@[^@\s]+\.[^@\s]+$", r"^(?:(?!foo).)*$", r"^.{0,5000}$",
    r"^[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9-]{1,63})*$",
    r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", r"^(\d\d)([-/])\d\d\2\d{4}$",
]  # fmt: skip


@pytest.mark.parametrize("pattern", ORDINARY)
def test_an_ordinary_pattern_is_not_said_to_cost_too_much(tmp_path: Path, pattern: str) -> None:
    said = {"openapi": "3.1.0", "info": {"title": "One", "version": "1"}, "paths": {}}
    said["components"] = {"schemas": {"Text": {"type": "string", "pattern": pattern}}}
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(said), "utf-8")
    assert findings_of(tmp_path) == []
