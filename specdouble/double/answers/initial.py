"""What a server says of a new thing that nobody has sent: it has no comments yet, and its first status."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from specdouble.contract import Contract, PropertyRule, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.properties import plain, types_of

_TRUE = {"active", "isactive", "enabled", "isenabled", "available", "isavailable"}
_FROM_ONE = {"version", "revision"}
_STATES = ("status", "state", "phase", "stage")
_DEEPEST = 2


def initial_values(contract: Contract, resource: Resource, sent: Collection[str]) -> dict[str, JSON]:
    """What a new document has in the properties that nobody has sent, and the schema does not demand.

    Only what is plain by itself: nothing (`null`, an empty array, no), the first state, and 0 where no client can send
    it. A text, a time or the id of something else could say what is not so. Of inferred collections alone: a guess
    makes answers.

    Args:
        contract: the contract.
        resource: what the documents are.
        sent: the properties that a client may send.
    """
    if not resource.why or resource.single:
        return {}
    ruled = [rule.name for rule in resource.of(PropertyRule)]
    for name, schema in resource.properties.items():
        if schema.get("readOnly") is True and types_of(schema) == {"array"} and name in ruled:
            ruled.remove(name)  # that the server sets a list does not say that there is anything in it
    told = {*ruled, resource.id, *resource.id_path[:1]}
    found: dict[str, JSON] = {}
    for name, schema in resource.properties.items():
        if name not in told and schema.get("writeOnly") is not True:
            found |= _initial(contract, name, schema, can_be_sent=name in sent)
    return found


def _initial(
    contract: Contract, name: str, schema: Mapping[str, JSON], *, can_be_sent: bool, depth: int = 0
) -> dict[str, JSON]:
    """The property with its value; empty where it could be anything."""
    found = _of(contract, name, schema, can_be_sent, depth)
    slot = contract.schemas.slot(schema, "response") if found else ""
    return {name: found[0]} if found and contract.schemas.is_valid(slot, found[0]) else {}


def _of(contract: Contract, name: str, schema: Mapping[str, JSON], can_be_sent: bool, depth: int) -> tuple[JSON, ...]:
    kinds, choices, known = types_of(schema), schema.get("enum"), plain(name)
    if schema.get("nullable") is True or "null" in kinds:
        return (None,)
    if isinstance(choices, list) and choices:
        return (choices[0],) if not can_be_sent or known.endswith(_STATES) else ()
    if kinds == {"boolean"}:
        return (known in _TRUE,)
    if kinds == {"array"}:
        return ([],)
    return () if can_be_sent else _of_server(contract, known, schema, depth)


def _of_server(contract: Contract, known: str, schema: Mapping[str, JSON], depth: int) -> tuple[JSON, ...]:
    """What only the server can have set."""
    kinds = types_of(schema)
    if "const" in schema:
        return (schema["const"],)
    if kinds <= {"integer", "number"} and not known.endswith("id"):
        least = schema.get("minimum")
        return (max(1 if known in _FROM_ONE else 0, least if isinstance(least, int | float) else 0),)
    if kinds == {"object"} and depth < _DEEPEST:
        fields, inner = contract.fields(schema), dict[str, JSON]()
        for one, part in fields.items():
            inner |= _initial(contract, one, part, can_be_sent=False, depth=depth + 1)
        return (inner,) if inner and inner.keys() == fields.keys() else ()
    return ()
