"""Paths that differ in the names of their parameters alone: `/files/{fileId}`, a UUID, and `/files/{fileName}`.

OpenAPI forbids them, and public contracts have them. Which is meant, the value says: the first that takes it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from urllib.parse import unquote

from specdouble.contract import Contract, Operation
from specdouble.contract.properties import types_of

_NAME = re.compile(r"\{[^{}]+\}")
_NUMBER = re.compile(r"-?\d{1,18}(\.\d+)?")


class Twins:
    """Chooses among such paths.

    Args:
        contract: the contract.
        paths: its path templates.
    """

    def __init__(self, contract: Contract, paths: Collection[str]) -> None:
        self._schemas = contract.schemas
        by_form: dict[str, list[str]] = {}
        for path in paths:
            by_form.setdefault(_NAME.sub("{}", path), []).append(path)
        self._paths = frozenset(path for those in by_form.values() if len(those) > 1 for path in those)

    def has(self, path: str) -> bool:
        """Whether the path template has a twin."""
        return path in self._paths

    def takes(self, operation: Operation, values: Mapping[str, str]) -> bool:
        """Whether the operation's path parameters can have these raw values."""
        for parameter in operation.parameters:
            if parameter.location != "path" or parameter.slot is None or parameter.name not in values:
                continue
            text = unquote(values[parameter.name])
            is_number = bool(types_of(parameter.schema) & {"integer", "number"})
            if is_number and not _NUMBER.fullmatch(text):
                return False
            if not is_number and not self._schemas.is_valid(parameter.slot, text):
                return False
        return True

    def lists(self, operation: Operation, values: Mapping[str, str]) -> bool:
        """Whether the operation has these values among those that it names: `{service}` may be `slack`."""
        schemas = [one.schema for one in operation.parameters if one.location == "path" and one.name in values]
        names_some = any(isinstance(one, dict) and "enum" in one for one in schemas)
        return names_some and self.takes(operation, values)

    def __bool__(self) -> bool:
        return bool(self._paths)
