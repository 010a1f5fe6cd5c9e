"""Overlays: what the standard says of merging, what is found wrong, and where each part was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import ContractError, Finding, read
from specdouble.contract.document import Document
from specdouble.contract.overlay import lay_over
from specdouble.contract.source import read_text

CONTRACT = """\
openapi: 3.0.3
info:
  title: Rooms
  version: 1.0.0
servers:
  - url: https://one.example
  - url: https://two.example
    description: Dev
  - url: https://three.example
tags:
  - name: first
paths:
  /rooms:
    post:
      operationId: open_room
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
        '409': {description: Taken}
components:
  schemas:
    Room: &room
      type: object
      properties:
        id: {type: string}
        name:
          type: string
          description: Its name
    Twin: *room
"""


def overlay(actions: str, version: str = "1.1.0") -> str:
    return f"overlay: {version}\ninfo: {{title: Rules, version: 1.0.0}}\nactions:\n{actions}"


def laid(*overlays: str, contract: str = CONTRACT) -> Document:
    source = read_text(contract, Path("openapi.yaml"), "openapi.yaml")
    document = Document(source, source.data)
    names = [f"{number}.overlay.yaml" for number in range(len(overlays))]
    lay_over(document, [read_text(one, Path(name), name) for one, name in zip(overlays, names, strict=True)])
    return document


def action(target: str, then: str) -> str:
    return f'  - target: "{target}"\n    {then}\n'


def told(document: Document) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in document.findings]


# Merging


@pytest.mark.parametrize(
    ("target", "then", "place", "value"),
    [
        ("$.info", "update: {title: Halls, contact: {name: Ada}}", ("info", "title"), "Halls"),
        ("$.info", "update: {title: Halls, contact: {name: Ada}}", ("info", "version"), "1.0.0"),
        ("$.info", "update: {title: Halls, contact: {name: Ada}}", ("info", "contact"), {"name": "Ada"}),
        ("$.info.title", "update: Halls", ("info", "title"), "Halls"),
        ("$.tags", "update: {name: second}", ("tags",), [{"name": "first"}, {"name": "second"}]),
        ("$.tags", "update: [{name: second}]", ("tags",), [{"name": "first"}, {"name": "second"}]),
        ("$", "update: {tags: [{name: second}]}", ("tags",), [{"name": "first"}, {"name": "second"}]),
        ("$.servers[?@.description=='Dev']", "remove: true", ("servers", 1, "url"), "https://three.example"),
        ("$.servers[0,1,1]", "remove: true", ("servers",), [{"url": "https://three.example"}]),
        ("$.info.title", "remove: true", ("info",), {"version": "1.0.0"}),
        ("$.info", "copy: $.tags[0]", ("info", "name"), "first"),
        ("$.info.title", "copy: $.info.version", ("info", "title"), "1.0.0"),
        ("$.tags[0,0]", "update: {x-order: [1]}", ("tags", 0, "x-order"), [1]),
    ],
)  # fmt: skip
def test_an_action_merges_as_the_standard_says(target: str, then: str, place: tuple[Any, ...], value: Any) -> None:
    document = laid(overlay(action(target, then)))
    found: Any = document.data
    for name in place:
        found = found[name]
    assert (found, told(document)) == (value, [])


def test_actions_and_overlays_see_what_those_before_them_made() -> None:
    first = overlay(action("$", "update: {x-new: {}}") + action("$['x-new']", "update: {a: 1}"))
    assert laid(first, overlay(action("$['x-new'].a", "update: 2"))).data["x-new"] == {"a": 2}


def test_a_value_that_an_alias_repeats_changes_where_the_target_is_alone() -> None:
    schemas = laid(overlay(action("$.components.schemas.Room", "update: {x-a: 1}"))).data["components"]["schemas"]
    assert ("x-a" in schemas["Room"], "x-a" in schemas["Twin"]) == (True, False)


def test_the_contract_as_a_whole_can_be_copied_into_a_part_of_itself() -> None:
    document = laid(overlay(action("$.info", "copy: $")))
    assert document.data["info"]["info"] == {"title": "Rooms", "version": "1.0.0"}


def test_what_an_overlay_says_is_not_changed_by_later_ones() -> None:
    twice = action("$.components.schemas['Room','Twin']", "update: {x-a: {b: 1}}")
    schemas = laid(overlay(twice + action("$.components.schemas.Room['x-a']", "update: {b: 2}"))).data["components"]
    assert [schemas["schemas"][name]["x-a"]["b"] for name in ("Room", "Twin")] == [2, 1]


# Where each part was written


def test_each_part_keeps_the_file_and_line_that_it_was_written_on() -> None:
    document = laid(
        overlay(
            action("$.components.schemas.Room.properties.name", "update: {x-unique: true}")
            + action("$.servers[0]", "remove: true")
            + action("$.tags", "update: {name: second}")
            + action("$.components.schemas.Twin", "copy: $.components.schemas.Room")
        )
    )
    name = "/components/schemas/Room/properties/name"
    assert document.locate(name + "/x-unique") == ("0.overlay.yaml", 5, "/actions/0/update/x-unique")
    assert document.locate(name + "/type") == ("openapi.yaml", 34, name + "/type")
    assert document.locate("/servers/0/url") == ("openapi.yaml", 7, "/servers/1/url")
    assert document.locate("/tags/1/name") == ("0.overlay.yaml", 9, "/actions/2/update/name")
    twin = document.locate("/components/schemas/Twin/properties/name/x-unique")
    assert twin == ("0.overlay.yaml", 5, "/actions/0/update/x-unique")


def rooms(folder: Path, actions: str, name: str = "rooms.overlay.yaml") -> Path:
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    (folder / name).write_text(overlay(actions), "utf-8")
    return folder


RESOURCE = action("$.components.schemas.Room", "update: {x-resource: {collection: rooms}}")


def test_a_rule_stands_at_the_line_of_the_overlay_that_says_it(tmp_path: Path) -> None:
    unique = action("$.components.schemas.Room.properties.name", "update: {x-unique: true}")
    rule = read(rooms(tmp_path, RESOURCE + unique)).rules["unique:rooms.name"]
    assert (Path(rule.file).name, rule.line) == ("rooms.overlay.yaml", 7)


def test_a_misspelt_annotation_is_found_at_the_line_of_the_overlay(tmp_path: Path) -> None:
    wrong = action("$.components.schemas.Room.properties.name", "update: {x-unique: {wihtin: [id]}}")
    with pytest.raises(ContractError) as refused:
        read(rooms(tmp_path, RESOURCE + wrong))
    (finding,) = (one for one in refused.value.findings if one.severity == "error")
    assert (Path(finding.file).name, finding.line) == ("rooms.overlay.yaml", 7)


# What is found wrong


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (overlay(action("$.components.schemas.Rom", "update: {a: 1}")), 4, "there is no `Rom`"),
        (overlay(action("$..nothing", "update: {a: 1}")), 4, "matches nothing"),
        (overlay(action("$.info[", "update: {}")), 4, "is no JSONPath"),
        (overlay(action("info", "update: {}")), 4, "is no JSONPath"),
        (overlay(action("$.info", "updat: {}")), 5, "no field `updat`"),
        (overlay(action("$.info", "update: []")), 5, "the update is a list, and the target a mapping"),
        (overlay(action("$.info", "update: {title: {}}")), 5, "`title` is a mapping here and a string"),
        (overlay(action("$.info", "update: {title: null, version: [1]}")), 5, "`version` is a list here"),
        (overlay(action("$.info.title", "update: {}")), 5, "the update is a mapping, and the target a string"),
        (overlay(action("$['info','tags']", "update: {}")), 4, "one update cannot fit all"),
        (overlay(action("$.info", "copy: $.servers[*]")), 5, "`copy` selects 3 values"),
        (overlay(action("$.info", "copy: $.nothing")), 5, "`copy` selects 0 values"),
        (overlay(action("$.info", "copy: $.tags\n    update: {}")), 4, "neither has an effect"),
        (overlay(action("$.info", "remove: 1")), 5, "`remove` is a number"),
        (overlay(action("$", "remove: true")), 4, "the contract as a whole"),
        (overlay("  - update: {}\n"), 4, "`target` is missing"),
        (overlay("  - nonsense\n"), 4, "an action is a string"),
        (overlay(action("$.info.title", "update: Halls"), "1.0.0"), 5, "no object and no array"),
        (overlay(action("$.info", "copy: $.tags[0]"), "1.0.0"), 5, "no field `copy`"),
        (overlay(action("$.info", "update: {}"), "2.0.0"), 1, "no version that is known"),
        ("overlay: 1.1\ninfo: {title: a, version: '1'}\nactions: [{target: $, update: {}}]", 1, "no version"),
        ("overlay: 1.1.0\nactions: [{target: $, update: {}}]", 1, "`info` is missing"),
        ("overlay: 1.1.0\ninfo: {title: a}\nactions: [{target: $, update: {}}]", 2, "`version` is missing"),
        ("overlay: 1.1.0\ninfo: {title: a, version: '1'}\nactions: []", 3, "`actions` is empty"),
        (overlay(action("$.paths.*.post[?@.x-traits]", "update: {}")), 4, "is no JSONPath"),
        ("[]", 1, "it is no mapping"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_overlay_is_found_at_its_line(text: str, line: int, reason: str) -> None:
    findings = [one for one in laid(text).findings if reason in one.reason]
    assert [(one.line, one.severity, one.id) for one in findings] == [(line, "error", "overlay")]


def test_a_name_with_a_hyphen_is_told_to_be_written_in_brackets() -> None:
    (finding,) = laid(overlay(action("$.paths.*.post[?@.x-traits]", "update: {}"))).findings
    assert "write `['x-traits']` in place of `.x-traits`" in finding.remedy


def test_an_overlay_of_another_contract_is_laid_where_it_is_named_and_told() -> None:
    document = laid(overlay(action("$.info.title", "update: Halls")) + "extends: other.yaml\n")
    assert [(one.line, one.severity) for one in document.findings] == [(6, "warning")]
    assert document.data["info"]["title"] == "Halls"


def test_an_action_that_stands_twice_is_a_warning() -> None:
    (finding,) = laid(overlay(action("$.tags", "update: {name: second}") * 2)).findings
    assert (finding.line, finding.severity) == (6, "warning")


def test_what_is_to_be_removed_and_is_not_there_is_a_warning() -> None:
    (finding,) = laid(overlay(action("$.info.contact", "remove: true"))).findings
    assert finding.severity == "warning"


def test_a_contract_is_not_read_without_a_part_of_its_overlay(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="matches nothing"):
        read(rooms(tmp_path, action("$.components.schemas.Rom", "update: {x-resource: {collection: rooms}}")))


@pytest.mark.parametrize("then", ["remove: true", "update: 4.0.0"])
def test_an_overlay_that_leaves_no_openapi_description_is_refused(then: str) -> None:
    with pytest.raises(ContractError, match="the overlay leaves no `openapi"):
        laid(overlay(action("$.openapi", then)))


# Bounds


@pytest.mark.parametrize(
    "actions",
    [
        action("$", "update: {x-a: {b: {}}}") + action("$['x-a']", "copy: $") * 40,
        action("$..*", "update: {x-a: {b: {c: {d: 1}}}}") * 40,
        action("$.paths..content.*.schema", "update: {x-a: " + "[" * 194 + "]" * 194 + "}"),
        action("$..[?count($..*) > 1]", "update: {}"),
        action("$" + "..*" * 60, "update: {}"),
        action("$" + "[?@" * 300 + "]" * 300, "update: {}"),
        action("$.info[?match(@, '(a|a)*b')]", "update: b"),
    ],
)  # fmt: skip
def test_an_overlay_that_would_grow_or_search_without_end_is_found(actions: str) -> None:
    assert {one.id for one in laid(overlay(actions)).findings} == {"overlay"}


def test_a_pattern_that_would_be_tried_for_ever_is_not() -> None:
    contract = CONTRACT.replace("title: Rooms", "title: " + "a" * 5000)
    (finding,) = laid(overlay(action("$.info[?search(@, '(a|a)*b')]", "update: b")), contract=contract).findings
    assert "matches nothing" in finding.reason


def test_a_reference_of_an_overlay_stays_in_the_contracts_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("type: string", "utf-8")
    folder = tmp_path / "project"
    folder.mkdir()
    leading_out = action("$.components.schemas", "update: {Other: {$ref: ../secret.yaml}}")
    with pytest.raises(ContractError, match="leads out of the contract's folder") as refused:
        read(rooms(folder, leading_out))
    (finding,) = (one for one in refused.value.findings if one.id == "ref-outside")
    assert finding.file.endswith("rooms.overlay.yaml")


# Which are laid


def title(folder: Path, *overlays: Path) -> str:
    return str(read(folder, overlays=overlays).data["info"]["title"])


def titled(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(overlay(action("$.info", f"update: {{title: {text}}}")), "utf-8")
    return folder / name


def test_overlays_beside_the_contract_are_laid_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    titled(tmp_path, "b.overlay.yaml", "last")
    titled(tmp_path, "a.overlay.yml", "first")
    assert title(tmp_path) == "last"


def test_those_that_are_named_are_laid_in_their_order_and_no_others(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    one, other = titled(tmp_path, "a.overlay.yaml", "one"), titled(tmp_path, "b.overlay.yaml", "other")
    assert [title(tmp_path, other, one), title(tmp_path, one)] == ["one", "one"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", "[tool.specdouble]\noverlays = ['elsewhere/one.yaml']"),
        ("specdouble.toml", "overlays = ['elsewhere/one.yaml']"),
    ],
)
def test_the_settings_name_overlays(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    (tmp_path / "elsewhere").mkdir()
    titled(tmp_path / "elsewhere", "one.yaml", "told")
    titled(tmp_path, "a.overlay.yaml", "found")
    (tmp_path / file).write_text(text, "utf-8")
    assert title(tmp_path) == "told"


@pytest.mark.parametrize(
    "text",
    [
        "services: {web: {image: one}}",
        overlay(action("$.nothing", "update: {}")) + "extends: another.yaml\n",
    ],
)
def test_a_file_of_another_tool_or_contract_is_left_out_with_a_warning(tmp_path: Path, text: str) -> None:
    (tmp_path / "openapi.yaml").write_text(CONTRACT, "utf-8")
    (tmp_path / "compose.overlay.yaml").write_text(text, "utf-8")
    found: list[Finding] = [one for one in read(tmp_path).findings if one.id == "overlay"]
    assert [(one.severity, "left out" in one.reason) for one in found] == [("warning", True)]


def test_an_overlay_that_is_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    titled(tmp_path, "outside.yaml", "taken")
    (folder / "openapi.yaml").write_text(CONTRACT, "utf-8")
    (folder / "a.overlay.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(ContractError, match="link that leads out"):
        read(folder)
