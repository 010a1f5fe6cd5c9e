"""What the parameters of nested paths say of the documents below: which of their properties hold the parents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from specdouble.contract.identity import holder
from specdouble.contract.operation import Operation
from specdouble.contract.properties import types_of
from specdouble.contract.resource import HIDDEN, Action, Resource

_NARROWING = ("pattern", "enum", "format", "const")
Scope = tuple[tuple[str, str], ...]


class Nesting:
    """Finds the parents of nested paths.

    Args:
        operations: those of the contract.
        resources: what is known of its resources, as it becomes known.
        actions: what operations do to them, as it becomes known.
    """

    def __init__(
        self, operations: Iterable[Operation], resources: Mapping[str, Resource], actions: Mapping[str, Action]
    ) -> None:
        self._resources = resources
        self._actions = actions
        self._reading: dict[str, str] = {}
        self._demands: dict[str, list[Any]] = {}
        for operation in operations:
            if operation.method == "get":
                self._reading[operation.path] = operation.id
            for parameter in operation.parameters:
                head, found, _ = operation.path.partition("{" + parameter.name + "}")
                if parameter.location == "path" and found:
                    self._demands.setdefault(head + found, []).append(parameter.schema)

    def scope(self, path: str, properties: Mapping[str, dict[str, Any]], identity: str) -> Scope:
        """For each parameter of the path the property that holds it, or what the store keeps beside a document."""
        found: list[tuple[str, str]] = []
        parent = ""
        for part in path.split("/"):
            if part[:1] == "{" and part[-1:] == "}":
                name = part[1:-1]
                above = path_to(path, name)
                held = holder(name, parent, properties, identity)
                if held and not (self._can_hold(properties[held], above) and self._takes_all(above, properties[held])):
                    held = None
                hidden = HIDDEN + re.sub(r"\W+", "_", f"{parent}_{name}")
                found.append((name, held or hidden))
            elif part:
                parent = part
        return tuple(found)

    def demands(self, path: str) -> list[Mapping[str, Any]]:
        """The schemas that operations give the parameter at the end of the path, also those of deeper paths."""
        return [schema for schema in self._demands.get(path, ()) if isinstance(schema, dict)]

    def _can_hold(self, schema: Mapping[str, Any], path: str) -> bool:
        """Whether the property's type takes the id of the document at the path: none takes a text for a number."""
        action = self._actions.get(self._reading.get(path, ""))
        if action is None or action.does != "read":
            return True
        parent = self._resources[action.collection]
        texts = "string" in types_of(parent.properties.get(parent.id))
        return not (texts and types_of(schema) <= {"integer", "number", "null"})

    def _takes_all(self, path: str, schema: Mapping[str, Any]) -> bool:
        """Whether the property takes whatever the path's parameter does: a pattern may shut out names."""
        demanded = next(iter(self.demands(path)), {})
        return all(demanded.get(keyword) == schema[keyword] for keyword in _NARROWING if keyword in schema)


def path_to(path: str, parameter: str) -> str:
    """The path as far as a parameter, which stands at its end."""
    place = "{" + parameter + "}"
    return path.partition(place)[0] + place
