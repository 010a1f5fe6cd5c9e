"""What frameworks call things is read as they mean it: resource names, enums with nothing chosen, what is not there."""

from __future__ import annotations

from typing import Any

import pytest

from specdouble.verify.baseline import tells_of_none
from specdouble.verify.exchange import in_path
from specdouble.verify.values import merged, plausible


@pytest.mark.parametrize(
    ("path", "parameter", "value", "placed"),
    [
        ("/v1/memos/{memo}", "memo", "memos/7", "7"),
        ("/v1/users/{user}/webhooks/{webhook}", "webhook", "users/ada/webhooks/7", "7"),
        ("/v1/users/{user}/webhooks/{webhook}", "user", "users/ada", "ada"),
        ("/v1/memos/{memo}", "memo", "7", "7"),
        ("/v1/memos/{memo}", "memo", 7, 7),
        ("/files/{path}", "path", "docs/a.txt", "docs/a.txt"),
        ("/v1/memos/{memo}", "memo", "mymemos/7", "mymemos/7"),
        ("/v1/memos/{memo}", "memo", "memos/", "memos/"),
    ],
)
def test_a_path_takes_of_a_resource_name_what_it_has_not(path: str, parameter: str, value: Any, placed: Any) -> None:
    assert in_path(path, parameter, value) == placed


def test_an_enum_of_protocol_buffers_is_sent_with_something_chosen() -> None:
    schema = {"type": "string", "enum": ["STATE_UNSPECIFIED", "OPEN", "DONE"]}
    assert merged(schema, lambda one: one)["enum"] == ["OPEN", "DONE"]
    assert plausible(schema, lambda one: one, "word") == "OPEN"
    alone = {"type": "string", "enum": ["STATE_UNSPECIFIED"]}
    assert plausible(alone, lambda one: one, "word") == "STATE_UNSPECIFIED"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (b'{"message": "Tag type \'blue\' does not exist"}', True),
        (b'{"detail": "Project not found."}', True),
        (b"no such environment", True),
        (b'{"detail": "invalid pk: object doesn\'t exist"}', True),
        (b'{"message": "name is too long"}', False),
        (b'{"message": "unknown property colour"}', False),
    ],
)
def test_a_refusal_tells_that_what_was_named_is_not_there(words: bytes, told: bool) -> None:
    assert tells_of_none(words) is told
