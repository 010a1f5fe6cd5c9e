"""Annotations of a GitHub workflow: a command for each failure, at the line of the contract that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specdouble.printable import printable
from specdouble.verify.report.replay import sentence


def workflow_commands(told: dict[str, Any], contract: str) -> Iterator[str]:
    """A workflow command for each failure.

    Args:
        told: the verdict as plain data, secrets masked.
        contract: the contract's file, for what stands at no line of its own.
    """
    for failure in told["failures"]:
        place: dict[str, Any] = next(iter(failure["places"]), {"file": contract, "line": 1})
        message = _escaped(f"{failure['promise']}. {sentence(failure)}")
        where = f"file={_property(place['file'])},line={place['line']},title={_property(failure['rule'])}"
        yield f"::error {where}::{message}"


def _escaped(text: str) -> str:
    text = printable(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace("::", ": :")


def _property(text: str) -> str:
    """The value of a property, which a comma would end."""
    return _escaped(text).replace(",", "%2C")
