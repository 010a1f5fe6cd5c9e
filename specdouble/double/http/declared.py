"""What of a request's body goes further: the properties that the contract declares, and its defaults.

An open schema takes properties that it does not name (`additionalProperties: true`); they are accepted and
mean nothing. Properties that the server sets are left out: a client's value has no effect.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from specdouble.contract import JSON_PATCH, Action, Contract, Media, Operation, PropertyRule
from specdouble.contract.json_type import JSON
from specdouble.double.state.patch import as_patch

Keep = Callable[[JSON], JSON]
_UNSAID: Any = object()  # no schema says it: a default may be null


def declared_part(contract: Contract, operation: Operation, media: Media) -> Keep | None:
    """A function that leaves of a valid body what the contract declares; None where that is all of it."""
    action = contract.actions.get(operation.id)
    resource = contract.resources[action.collection] if action else None
    rules = resource.of(PropertyRule) if resource else []
    server_set = {rule.name for rule in rules if rule.server_sets}
    made: list[Keep] = []

    def keep(value: JSON) -> JSON:
        # Made at the first request: of a contract with thousands of operations a session uses a few.
        if not made:
            compiler = _Compiler(contract, fills_defaults(action, operation))
            made.append(compiler.compile(media.schema, server_set) or (lambda whole: whole))
        return made[0](value)

    patch = as_patch(media)
    if not isinstance(contract.resolve(media.schema), dict):
        return patch  # a schema that says nothing leaves nothing out
    if patch is None:
        return keep
    # The values in a JSON Patch are no properties of its schema.
    return patch if media.type.startswith(JSON_PATCH) else lambda value: patch(keep(value))


def _fill_in(kept: dict[str, JSON], defaults: dict[str, JSON]) -> None:
    for name, default in defaults.items():
        if name not in kept:
            kept[name] = deepcopy(default) if isinstance(default, dict | list) else default


def fills_defaults(action: Action | None, operation: Operation) -> bool:
    """Whether defaults are filled in: on creation, by a PUT that may create too, and where no document is written."""
    return action is None or action.does == "create" or (action.does == "replace" and "201" in operation.responses)


_AT_ONCE = 40  # levels of a schema; ten thousand may stand behind one another, and few values have as many


class _Compiler:
    """Makes of a schema the function that leaves of a value what the schema names.

    Args:
        contract: the contract.
        with_defaults: whether it fills in defaults too.
    """

    def __init__(self, contract: Contract, with_defaults: bool) -> None:
        self.contract = contract
        self.with_defaults = with_defaults
        self.under_way: dict[int, list[Keep | None]] = {}
        self.depth = 0

    def compile(self, schema: JSON, server_set: set[str] | None = None) -> Keep | None:
        """The function; None where all of a value stays as it is."""
        resolved = self.contract.resolve(schema)
        if not isinstance(resolved, dict):
            return None
        if id(resolved) in self.under_way or self.depth > _AT_ONCE:  # it leads to itself, or is far down
            return self.later(resolved)
        slot = self.under_way[id(resolved)] = []
        self.depth += 1
        slot.append(self.array(resolved) if "items" in resolved else self.object(resolved, server_set or set()))
        self.depth -= 1
        return slot[0]

    def later(self, schema: dict[str, JSON]) -> Keep:
        """What is compiled by the first value that reaches down to it, where it has not been by then."""
        slot = self.under_way.setdefault(id(schema), [])

        def keep(value: JSON) -> JSON:
            if not slot:
                slot.append(self.array(schema) if "items" in schema else self.object(schema, set()))
            return slot[0](value) if slot[0] else value

        return keep

    def array(self, schema: dict[str, JSON]) -> Keep | None:
        keep = self.compile(schema["items"])
        if keep is None:
            return None
        return lambda value: [keep(item) for item in value] if isinstance(value, list) else value

    def object(self, schema: dict[str, JSON], server_set: set[str]) -> Keep | None:
        properties = self.contract.parts(schema)
        server_set = server_set | self.flagged(properties)
        if not properties or self.contract.is_open_ended(schema):
            return self.without(server_set) if server_set else None
        allowed = {name: part for name, part in properties.items() if name not in server_set}
        takes_more = isinstance(schema.get("additionalProperties"), dict) or "patternProperties" in schema
        nested = self.nested(allowed)
        defaults = self.defaults(allowed) if self.with_defaults else {}
        holds_parts = any(isinstance(default, dict | list) for default in defaults.values())
        is_flat = not nested and not holds_parts

        def keep_declared(value: JSON) -> JSON:
            if not isinstance(value, dict):
                return value
            if is_flat and allowed.keys() >= value.keys():  # nearly every request
                return value | defaults | value  # the value's own members first, and they win
            kept: dict[str, JSON] = {}
            for name, item in value.items():
                if name in nested:
                    kept[name] = nested[name](item)
                elif name in allowed or (takes_more and name not in server_set):
                    kept[name] = item
            _fill_in(kept, defaults)
            return kept

        return keep_declared

    def nested(self, properties: dict[str, JSON]) -> dict[str, Keep]:
        """What leaves of the properties' own values what is declared, where that is not all of them."""
        found: dict[str, Keep] = {}
        for name, part in properties.items():
            keep = self.compile(part)
            if keep is not None:
                found[name] = keep
        return found

    def defaults(self, properties: dict[str, JSON]) -> dict[str, JSON]:
        """The defaults of the properties that have one."""
        found: dict[str, JSON] = {}
        for name, part in properties.items():
            default = self.said(part, "default")
            if default is not _UNSAID:
                found[name] = default
        return found

    def flagged(self, properties: dict[str, JSON]) -> set[str]:
        """The properties that only the server sends."""
        return {name for name, part in properties.items() if self.said(part, "readOnly") is True}

    def said(self, part: JSON, keyword: str) -> JSON:
        """A keyword beside a property's `$ref`, or behind it."""
        for schema in (part, self.contract.resolve(part)):
            if isinstance(schema, dict) and keyword in schema:
                return schema[keyword]
        return _UNSAID

    @staticmethod
    def without(server_set: set[str]) -> Keep:
        def keep_the_rest(value: JSON) -> JSON:
            if not isinstance(value, dict):
                return value
            return {name: item for name, item in value.items() if name not in server_set}

        return keep_the_rest
