"""What is sent and never shown: `writeOnly` properties, however deep they stand (OpenAPI 3.0.3, Schema Object)."""

from __future__ import annotations

from functools import cached_property

from specdouble.contract import Contract
from specdouble.contract.json_type import JSON

_HOLDING = ("allOf", "anyOf", "oneOf")


class Unshown:
    """Leaves out of an answer what its schema says that no answer shows.

    Args:
        contract: the contract.
        schema: the schema of the answer.
    """

    def __init__(self, contract: Contract, schema: JSON) -> None:
        self._contract = contract
        self._schema = schema

    def without(self, body: JSON) -> JSON:
        """The body without such properties; itself where it has none."""
        return self._left(body, self._schema) if self._is_needed else body

    @cached_property
    def _is_needed(self) -> bool:
        """Whether there is such a property anywhere: nearly no answer has one."""
        waiting: list[JSON] = [self._schema]
        seen: set[int] = set()
        while waiting:
            schema = self._resolved(waiting.pop())
            if id(schema) in seen:
                continue
            seen.add(id(schema))
            if schema.get("writeOnly") is True:
                return True
            for keyword in _HOLDING:
                waiting += schema.get(keyword) or ()
            waiting += (schema.get("properties") or {}).values()
            waiting += [schema.get("items"), schema.get("additionalProperties")]
        return False

    def _resolved(self, schema: JSON) -> dict[str, JSON]:
        try:
            resolved = self._contract.resolve(schema)
        except LookupError:  # a finding already
            return {}
        return resolved if isinstance(resolved, dict) else {}

    def _left(self, value: JSON, schema: JSON) -> JSON:
        if isinstance(value, list):
            items = self._contract.item(schema)
            return [self._left(one, items) for one in value]
        if not isinstance(value, dict):
            return value
        parts, others = self._contract.fields(schema), self._resolved(schema).get("additionalProperties")
        left: dict[str, JSON] = {}
        for name, member in value.items():
            part = parts[name] if name in parts else self._resolved(others)
            if part.get("writeOnly") is not True:
                left[name] = self._left(member, part)
        return left
