"""Resources that no annotation tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specdouble.contract import read
from specdouble.contract.identity import holder, identity_of, singular
from tests.contracts import FOLDER

ROOT = Path(__file__).parent.parent.parent


def test_the_shape_of_paths_and_schemas_tells_the_resources() -> None:
    contract = read(FOLDER / "blog.yaml")
    told = {operation: (action.does, action.collection) for operation, action in contract.actions.items()}
    assert told == {
        "listPosts": ("list", "posts"),
        "createPost": ("create", "posts"),
        "readPost": ("read", "posts"),
        "changePost": ("update", "posts"),
        "deletePost": ("delete", "posts"),
        "listComments": ("list", "comments"),
        "addComment": ("create", "comments"),
        "readComment": ("read", "comments"),
        "changeComment": ("update", "comments"),
        "deleteComment": ("delete", "comments"),
    }


def test_envelopes_are_found() -> None:
    actions = read(FOLDER / "blog.yaml").actions
    assert [actions[one].envelope for one in ("listPosts", "createPost", "listComments")] == [("data",), ("data",), ()]


@pytest.mark.parametrize(
    ("parameter", "parent", "held"),
    [
        ("id", "application", "appid"),
        ("application_id", "application", "appid"),
        ("id", "orders", None),
        ("id", "apps", "appid"),
    ],
)
def test_a_property_may_cut_the_name_of_the_parent_short(parameter: str, parent: str, held: str | None) -> None:
    properties = {"id": {"type": "integer"}, "appid": {"type": "integer"}, "text": {"type": "string"}}
    assert holder(parameter, parent, properties, "id") == held


def test_a_parent_that_no_property_holds_is_kept_beside_the_document() -> None:
    contract = read(FOLDER / "blog.yaml")
    [(parameter, held)] = contract.actions["listComments"].scope
    assert parameter == "postId"
    assert contract.resources["comments"].within == (held,)


def test_guesses_are_no_rules_that_a_backend_is_held_to() -> None:
    assert {rule.kind for rule in read(FOLDER / "members.yaml").rules.values()} == {"default"}


def test_nothing_is_inferred_where_annotations_tell_all() -> None:
    contract = read(ROOT)
    assert all(not resource.why for resource in contract.resources.values())
    assert all(not action.why for action in contract.actions.values())


def test_what_is_not_sure_is_not_inferred() -> None:
    contract = read(FOLDER / "petstore.yaml")
    assert {"addPhoto", "getInventory"}.isdisjoint(contract.actions)


def test_a_document_that_does_not_hold_its_id_is_not_inferred(tmp_path: Path) -> None:
    text = (FOLDER / "tasks.yaml").read_text("utf-8")
    one = "schema: {$ref: '#/components/schemas/Task'}"
    head, tail = text.split("operationId: task\n")
    tail = tail.replace(one, "schema: {properties: {a: {}}}", 1)
    (tmp_path / "openapi.yaml").write_text(head + "operationId: task\n" + tail, "utf-8")
    assert read(tmp_path).actions == {}


@pytest.mark.parametrize(
    ("names", "parameter", "segment", "found"),
    [
        (["id", "name"], "petId", "pets", "id"),
        (["pet_id", "name"], "petId", "pets", "pet_id"),
        (["_id"], "id", "pets", "_id"),
        (["username", "id"], "username", "users", "username"),
        (["slug", "title"], "article", "articles", "slug"),
        (["name", "key", "row"], "id", "dashboards", "key"),
        (["name", "title"], "id", "triggers", None),
        (["name"], "petId", "pets", None),
        (["temperature"], "city", "weather", None),
        (["ip", "region"], "floating_ip", "floating_ips", "ip"),
        (["key", "title"], "projectIdOrKey", "projects", "key"),
        (["id", "username"], "subuser_name", "subusers", "username"),
        (["id", "username"], "subuser_id", "subusers", "id"),
    ],
)
def test_the_id_is_the_property_that_the_parameter_names(
    names: list[str], parameter: str, segment: str, found: str | None
) -> None:
    assert identity_of({name: {"type": "string"} for name in names}, parameter, segment) == found


def test_what_always_has_one_value_is_no_id() -> None:
    properties: dict[str, dict[str, Any]] = {"code": {"type": "integer", "enum": [2000]}, "id": {"type": "string"}}
    assert identity_of(properties, "config", "configs") == "id"


COLLECTIONS = ["blog", "members", "petstore", "tasks", "singles", "shapes"]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_of_one_thing_all_operations_are_stateful_or_none(name: str) -> None:
    """Whatever shows or takes documents of a collection has an action, if any other operation on them has one."""
    file = FOLDER / f"{name}.yaml"
    contract = read(file if file.is_file() else ROOT / "tests" / "double" / f"{name}.yaml")
    for key, operation in contract.operations.items():
        path = operation.path
        beside = [one for one, other in contract.operations.items() if other.path == path and one != key]
        same = [contract.actions[one] for one in beside if one in contract.actions and contract.actions[one].id]
        if same and operation.method in ("get", "put", "patch", "delete"):
            assert key in contract.actions, operation


@pytest.mark.parametrize(
    ("many", "one"), [("posts", "post"), ("categories", "category"), ("boxes", "box"), ("status", "status")]
)
def test_words_have_a_singular(many: str, one: str) -> None:
    assert singular(many) == one
