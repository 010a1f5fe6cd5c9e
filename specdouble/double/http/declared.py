"""What of a request's body goes further: the properties that the contract declares, and its defaults.

An open schema takes properties that it does not name (`additionalProperties: true`); they are accepted and
mean nothing. Properties that the server sets are left out: a client's value has no effect.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from specdouble.contract import JSON_PATCH, Action, Contract, Media, Operation, PropertyRule
from specdouble.double.state.patch import as_patch

Keep = Callable[[Any], Any]
_UNTOLD: Any = object()


def declared_part(contract: Contract, operation: Operation, media: Media) -> Keep | None:
    """A function that leaves of a valid body what the contract declares; None where that is all of it."""
    action = contract.actions.get(operation.id)
    resource = contract.resources[action.collection] if action else None
    rules = resource.of(PropertyRule) if resource else []
    server_set = {rule.name for rule in rules if rule.server_sets}
    made: list[Keep] = []

    def keep(value: Any) -> Any:
        # Made at the first request: of a contract with thousands of operations a session uses a few.
        if not made:
            compiler = _Compiler(contract, fills_defaults(action))
            made.append(compiler.compile(media.schema, server_set) or (lambda whole: whole))
        return made[0](value)

    kept = keep if isinstance(contract.resolve(media.schema), dict) else None
    patch = as_patch(media)
    if patch is None or kept is None:
        return patch or kept
    # The values in a JSON Patch are no properties of its schema.
    return patch if media.type.startswith(JSON_PATCH) else lambda value: patch(keep(value))


def fills_defaults(action: Action | None) -> bool:
    """Whether defaults are filled in: on creation, and where no document is written."""
    return action is None or action.does == "create"


class _Compiler:
    def __init__(self, contract: Contract, with_defaults: bool) -> None:
        self.contract = contract
        self.with_defaults = with_defaults
        self.under_way: dict[int, list[Keep | None]] = {}

    def compile(self, schema: Any, server_set: set[str] | None = None) -> Keep | None:
        resolved = self.contract.resolve(schema)
        if not isinstance(resolved, dict):
            return None
        if id(resolved) in self.under_way:
            slot = self.under_way[id(resolved)]
            return lambda value: slot[0](value) if slot and slot[0] else value
        self.under_way[id(resolved)] = slot = []
        kept = self.array(resolved) if "items" in resolved else self.object(resolved, server_set or set())
        slot.append(kept)
        return kept

    def array(self, schema: dict[str, Any]) -> Keep | None:
        keep = self.compile(schema["items"])
        if keep is None:
            return None
        return lambda value: [keep(item) for item in value] if isinstance(value, list) else value

    def object(self, schema: dict[str, Any], server_set: set[str]) -> Keep | None:
        properties = self.contract.parts(schema)
        if not properties or self.contract.is_open_ended(schema):
            server_set = server_set | self.flagged(properties)
            return self.without(server_set) if server_set else None
        server_set = server_set | self.flagged(properties)
        allowed = dict.fromkeys(name for name in properties if name not in server_set)
        extras = isinstance(schema.get("additionalProperties"), dict) or "patternProperties" in schema
        nested = {name: keep for name in allowed if (keep := self.compile(properties[name])) is not None}
        defaults = {}
        if self.with_defaults:
            told = {name: self.told(properties[name], "default") for name in allowed}
            defaults = {name: value for name, value in told.items() if value is not _UNTOLD}

        plain = not nested and not any(isinstance(default, dict | list) for default in defaults.values())

        def keep_declared(value: Any) -> Any:
            if not isinstance(value, dict):
                return value
            if plain and allowed.keys() >= value.keys():
                return value | defaults | value  # the value's own members first, and they win
            kept = {
                name: nested[name](item) if name in nested else item
                for name, item in value.items()
                if name in allowed or (extras and name not in server_set)
            }
            for name, default in defaults.items():
                if name not in kept:
                    kept[name] = deepcopy(default) if isinstance(default, dict | list) else default
            return kept

        return keep_declared

    def flagged(self, properties: dict[str, Any]) -> set[str]:
        """The properties that only the server sends."""
        return {name for name, part in properties.items() if self.told(part, "readOnly") is True}

    def told(self, part: Any, keyword: str) -> Any:
        """A keyword beside a property's `$ref`, or behind it."""
        for schema in (part, self.contract.resolve(part)):
            if isinstance(schema, dict) and keyword in schema:
                return schema[keyword]
        return _UNTOLD

    @staticmethod
    def without(server_set: set[str]) -> Keep:
        def keep_the_rest(value: Any) -> Any:
            return (
                {name: item for name, item in value.items() if name not in server_set}
                if isinstance(value, dict)
                else value
            )

        return keep_the_rest
