"""What mutants need to know of a contract: who writes, reads and shows which documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from specdouble.contract import Contract, Media, Operation, OperationRule, PropertyRule, Resource
from specdouble.contract.resource import AnyRule
from specdouble.verify.attack import attack_of

ONE = ("read", "update", "replace", "delete")


def rules_of(contract: Contract, kind: type[AnyRule]) -> Iterator[AnyRule]:
    """The rules of one kind, those included that are guessed of resources."""
    for resource in contract.resources.values():
        yield from resource.of(kind)
    for rule in contract.rules.values():
        if isinstance(rule, OperationRule) and isinstance(rule, kind):
            yield rule


def doing(contract: Contract, collection: str, *does: str) -> list[str]:
    """The ids of the operations that do this to the collection."""
    return [key for key, action in contract.actions.items() if action.collection == collection and action.does in does]


def creators(contract: Contract, collection: str) -> list[str]:
    """The ids of the operations that create documents; where none does only that, of those that do by a PUT."""
    return doing(contract, collection, "create") or [
        key for key in doing(contract, collection, "replace") if "201" in contract.operations[key].responses
    ]


def changers(contract: Contract, collection: str) -> list[str]:
    """The ids of the operations that change documents, those included that create one unless an id is sent."""
    found = doing(contract, collection, "update", "replace")
    keys = {contract.actions[key].id for key in doing(contract, collection, *ONE)} - {None}
    for key in creators(contract, collection):
        if keys & set(writable(contract, contract.operations[key])):
            found.append(key)
    return found


def shown(contract: Contract, collection: str) -> bool:
    """Whether an operation shows a document after it was written."""
    return bool(doing(contract, collection, "read", "list"))


IsFirst = Callable[[Any], bool]


def lifecycles(resource: Resource) -> Iterator[tuple[str, IsFirst]]:
    """The properties that tell a state in which not every document may begin, and what tells whether one may."""
    for rule in resource.of(PropertyRule):
        attack = attack_of(rule)
        begins = partial(attack.begins or _always, rule)
        if attack.states is not None and not all(begins(state) for state in attack.states(rule)):
            yield rule.name, begins


def _always(_rule: PropertyRule, _value: object) -> bool:
    return True


def sendable(contract: Contract, operation: Operation) -> Mapping[str, dict[str, Any]]:
    """The properties of the document that the operation's body holds."""
    media = operation.json_body
    if media is None:
        return {}
    return contract.properties(document_schema(contract, operation, media))


def writable(contract: Contract, operation: Operation) -> Mapping[str, dict[str, Any]]:
    """The properties that the operation's body may set: what is `readOnly` is no part of a request."""
    known = sendable(contract, operation).items()
    return {name: schema for name, schema in known if resolved(contract, schema).get("readOnly") is not True}


def document_schema(contract: Contract, operation: Operation, media: Media) -> Any:
    """The schema of the document in a body."""
    action = contract.actions.get(operation.id)
    schema = media.schema
    for name in action.wrapper if action else ():
        schema = contract.properties(schema).get(name, {})
    return schema


def settable(contract: Contract, collection: str, *does: str) -> dict[str, dict[str, Any]]:
    """The properties of the collection's documents that a client may send to operations that do this."""
    resource = contract.resources[collection]
    # Which document it is the path says, and whose it is the caller: what a body has there need not be taken.
    held = {resource.id, resource.owner, resource.tenant}
    found: dict[str, dict[str, Any]] = {}
    for key in doing(contract, collection, *does):
        for name, schema in sendable(contract, contract.operations[key]).items():
            known = resource.properties.get(name)
            if known is not None and known.get("readOnly") is not True and name not in held:
                found.setdefault(name, resolved(contract, schema))
    return found


def resolved(contract: Contract, schema: Any) -> dict[str, Any]:
    """The schema behind its references; nothing where it is none."""
    behind = contract.resolve(schema)
    return behind if isinstance(behind, dict) else {}


def required_names(contract: Contract, schema: Any) -> list[str]:
    """The properties that a schema asks for, through `$ref` and `allOf`."""
    schema = resolved(contract, schema)
    names = list(schema.get("required") or ())
    for part in schema.get("allOf") or ():
        names += required_names(contract, part)
    return list(dict.fromkeys(names))


def kind_of(schema: Mapping[str, Any]) -> str:
    """The type that a schema names, the first where it names several; `null` counts only alone."""
    named = schema.get("type", "")
    kinds = named if isinstance(named, list) else [named]
    return next((str(kind) for kind in kinds if kind != "null"), "")


def has_always(contract: Contract, resource: Resource, name: str) -> bool:
    """Whether documents always have a property that no change takes away: it is asked for, or each create sets it."""
    if name in required_names(contract, resource.schema):
        return True
    created = [contract.operations[key] for key in creators(contract, resource.collection)]
    return bool(created) and all(_sets(contract, one, name) for one in created)


def _sets(contract: Contract, creator: Operation, name: str) -> bool:
    """Whether each document that the operation creates has the property."""
    if creator.json_body is None:
        return False
    sent = sendable(contract, creator).get(name, {})
    if takes_null(resolved(contract, sent)):
        return False
    is_filled = "default" in sent or "default" in resolved(contract, sent)
    return is_filled or name in required_names(contract, document_schema(contract, creator, creator.json_body))


def takes_null(schema: Mapping[str, Any]) -> bool:
    """Whether null fits the schema."""
    named = schema.get("type")
    return schema.get("nullable") is True or named is None or (isinstance(named, list) and "null" in named)


def is_free_text(schema: Mapping[str, Any]) -> bool:
    """Whether any text fits the schema."""
    limits = ("enum", "const", "format", "pattern", "maxLength", "minLength")
    return kind_of(schema) == "string" and not any(limit in schema for limit in limits)


def ruled(resource: Resource) -> set[str]:
    """The properties that a rule decides about: not any value is taken for them."""
    return {rule.name for rule in resource.of(PropertyRule) if rule.binds} | {resource.id}


def unwritten(contract: Contract, collection: str) -> str:
    """Why rules about writing the collection cannot be broken; empty where they can."""
    if creators(contract, collection) or changers(contract, collection):
        return ""
    return f"no operation creates or changes documents of {collection}: nothing that is sent reaches the rule"


def unchanged(contract: Contract, rule: Any) -> str:
    """Why no change can break a rule about changes; empty where one can."""
    ids = changers(contract, rule.collection)
    if any(rule.name in sendable(contract, contract.operations[key]) for key in ids):
        return ""
    return f"no operation that changes documents of {rule.collection} takes {rule.name}"


def wrong_status(contract: Contract, rule: Any) -> int | None:
    """A status that every writing operation declares, and that is not the one of the rule's refusals."""
    ids = [*creators(contract, rule.collection), *changers(contract, rule.collection)]
    if not ids:
        return None
    right = {rule.status_among(contract.operations[key].statuses) for key in ids}
    declared = set.intersection(*({*contract.operations[key].statuses} for key in ids))
    others = [status for status in (409, 422, 400) if str(status) in declared and status not in right]
    return next(iter(others), None)
