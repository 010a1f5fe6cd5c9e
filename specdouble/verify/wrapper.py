"""The wrapper: what stands around the document in the body of a request, as in `{"article": {...}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.contract.properties import synonyms
from specdouble.verify.values import plausible

WORD = "specdouble"


def wrapper_of(contract: Contract, operation: Operation) -> tuple[str, ...]:
    """The property names that lead from the body's root to the document; none where the body is the document."""
    action = contract.actions.get(operation.id)
    return action.wrapper if action is not None else ()


def document_schema(contract: Contract, operation: Operation) -> Any:
    """The schema of the document that the operation takes; None where it takes none."""
    media = operation.document_body
    schema = media.schema if media is not None else None
    for name in wrapper_of(contract, operation):
        schema = contract.properties(schema).get(name)
    return schema


def own_names(contract: Contract, operation: Operation) -> dict[str, str]:
    """The document's own names of what a form calls otherwise: `FriendlyName` is `friendly_name`."""
    action = contract.actions.get(operation.id)
    if action is None or operation.json_body is not None or operation.document_body is None:
        return {}
    fields, shown = contract.properties(document_schema(contract, operation)), contract.resources[action.collection]
    called = synonyms(fields, shown.properties)
    return {name: own for name, own in called.items() if own != name and own not in fields}


def properties_sent(contract: Contract, operation: Operation) -> dict[str, dict[str, Any]]:
    """The properties of the document that the operation takes, by the document's own names."""
    called = own_names(contract, operation)
    fields = contract.properties(document_schema(contract, operation))
    return {called.get(name, name): schema for name, schema in fields.items()}


def named_in_path(contract: Contract, operation: Operation) -> tuple[str, str] | None:
    """What names a new document where the path of its create does: the parameter, and the property that holds it."""
    action = contract.actions.get(operation.id)
    if action is None or action.does != "create" or action.id is None:
        return None
    return action.id, contract.resources[action.collection].id


def with_document(
    contract: Contract, operation: Operation, parts: Mapping[str, Any], document: object
) -> dict[str, Any]:
    """The parts of a request, those among them that hold a document: its body and, where the path names it, that."""
    held = dict(parts)
    document = named_as_in_path(contract, operation, document, held.get("path", {}))
    if operation.body is not None:
        held["body"] = wrapped(contract, operation, document)
    parameter, name = named_in_path(contract, operation) or ("", "")
    if parameter and isinstance(document, dict) and name in document:
        held["path"] = {**held.get("path", {}), parameter: document[name]}
    return held


def named_as_in_path(contract: Contract, operation: Operation, document: object, path: Mapping[str, Any]) -> Any:
    """The document with the id by which the path of its update names it, where it holds one of that type.

    Many servers refuse a body that names another document than its path.
    """
    action = contract.actions.get(operation.id)
    if action is None or action.does not in ("replace", "update") or not isinstance(document, dict):
        return document
    name, named = contract.resources[action.collection].id, path.get(action.id or "")
    if isinstance(document.get(name), str) and isinstance(named, int):
        named = str(named)
    return {**document, name: named} if type(document.get(name)) is type(named) and name in document else document


def wrapped(contract: Contract, operation: Operation, document: object) -> Any:
    """The body that holds the document, with what must stand beside it, and by the names that the body has."""
    media = operation.document_body
    schema = media.schema if media is not None else None
    return _around(contract, schema, wrapper_of(contract, operation), _as_sent(contract, operation, document))


def _as_sent(contract: Contract, operation: Operation, document: object) -> Any:
    """The document by the names that the operation's body has, without what its path alone has."""
    named = named_in_path(contract, operation)
    if named is not None and isinstance(document, dict) and named[1] not in properties_sent(contract, operation):
        document = {name: value for name, value in document.items() if name != named[1]}
    return _called(document, {own: name for name, own in own_names(contract, operation).items()})


def _called(document: object, names: Mapping[str, str]) -> Any:
    """The document with its properties named so."""
    if not names or not isinstance(document, dict):
        return document
    return {names.get(name, name): value for name, value in document.items()}


def _around(contract: Contract, schema: Any, wrapper: tuple[str, ...], document: object) -> Any:
    if not wrapper:
        return document
    parts, told = contract.properties(schema), contract.resolve(schema)
    needed = told.get("required", ()) if isinstance(told, dict) else ()
    beside = {
        name: plausible(parts.get(name), contract.resolve, WORD, name=name) for name in needed if name != wrapper[0]
    }
    return {**beside, wrapper[0]: _around(contract, parts.get(wrapper[0]), wrapper[1:], document)}


def unwrapped(contract: Contract, operation: Operation, body: object) -> Any:
    """The document that a body holds, by its own names; the body itself where it holds none."""
    document = body
    for name in wrapper_of(contract, operation):
        document = document.get(name) if isinstance(document, dict) else None
    return body if document is None else _called(document, own_names(contract, operation))


def each_sent(contract: Contract, operation: Operation, body: object) -> list[dict[str, Any]]:
    """The documents that the body of a create of several holds."""
    held = unwrapped(contract, operation, body)
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []


def rewrapped(contract: Contract, operation: Operation, body: object, document: object) -> Any:
    """The body with another document in the place of its own; what stands beside it stays."""
    return _replaced(body, wrapper_of(contract, operation), _as_sent(contract, operation, document))


def _replaced(body: object, wrapper: tuple[str, ...], document: object) -> Any:
    if not wrapper or not isinstance(body, dict):
        return document
    return {**body, wrapper[0]: _replaced(body.get(wrapper[0]), wrapper[1:], document)}
