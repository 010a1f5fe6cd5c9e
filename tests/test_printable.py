"""Text from outside in a terminal, and in the log of a CI server."""

from __future__ import annotations

import pytest

from specdouble.printable import printable


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\x1b[31m", r"a\x1b[31m"),
        ("a\n::error file=b::c", "a\n\\x3a:error file=b::c"),
        ("  ::stop-commands::x", "  \\x3a:stop-commands::x"),
        ("##[error]a", "\\x23#[error]a"),
        ("a ##vso[task.setvariable]b", "a \\x23#vso[task.setvariable]b"),
    ],
)
def test_what_a_terminal_or_a_ci_server_would_obey_is_spelt_out(text: str, told: str) -> None:
    assert printable(text) == told


@pytest.mark.parametrize("text", ["::1", "::ffff:10.0.0.1", "a ::error::", "## Title [1]", "std::vector", "é\n\ta"])
def test_what_nobody_obeys_stays(text: str) -> None:
    assert printable(text) == text
