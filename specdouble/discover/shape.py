"""Hypotheses from the shape of a contract: what it declares of refusals, of names that hold ids, of requests."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specdouble.contract import Contract, Operation, Parameter, Resource
from specdouble.contract.properties import is_scalar, plain, properties_of
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.prose.vocabulary import OWNER_NAMES, TENANT_NAMES

# The names under which documents are told apart, the most usual first.
_NAMING = ("name", "slug", "email", "username", "login", "code", "key", "title", "sku", "number")
_WHOSE = {*OWNER_NAMES, *TENANT_NAMES}
_CONFLICT = "409"  # RFC 9110, 15.5.10
_FAILED = "412"  # RFC 9110, 15.5.13
_CONDITION = "if-match"
_CHANGES = ("update", "replace", "delete")
# What contracts call the header field of draft-ietf-httpapi-idempotency-key-header.
_KEYS = ("idempotencykey", "xidempotencykey", "idempotencytoken", "requestkey", "xrequestkey", "paypalrequestid")
_OF_AN_ID = re.compile(r"(?:_?(?:id|uuid)|Id|ID|Uuid|UUID)s?$")


def mine(contract: Contract) -> Iterator[Hypothesis]:
    """What the shape suggests of each resource."""
    for resource in contract.resources.values():
        places = {name: (schema, at) for name, schema, at in _properties(contract, resource)}
        yield from _unique(contract, resource, places)
        yield from _references(contract, resource, places)
        yield from _versions(contract, resource)
    yield from _repeated(contract)


Places = dict[str, tuple[dict[str, object], str]]


def _properties(contract: Contract, resource: Resource) -> Iterator[tuple[str, dict[str, object], str]]:
    return properties_of(contract.document, resource.schema, resource.pointer)


def _unique(contract: Contract, resource: Resource, places: Places) -> Iterator[Hypothesis]:
    """The property that documents are called by, where a create may be in conflict with what is there."""
    for operation_id, action in contract.actions_of.get(resource.collection, ()):
        operation = contract.operations[operation_id]
        if action.does != "create" or _CONFLICT not in operation.statuses:
            continue
        named = next((name for word in _NAMING for name in places if plain(name) == word), None)
        if named is None or named == resource.id:
            continue
        words = f"{operation} declares 409"
        yield Hypothesis("x-unique", places[named][1], True, _source(contract, operation.pointer, words), 0.5)


def _versions(contract: Contract, resource: Resource) -> Iterator[Hypothesis]:
    """Documents of which a change may name the version that it is made to (RFC 9110, 13.1.1)."""
    for operation_id, action in contract.actions_of.get(resource.collection, ()):
        operation = contract.operations[operation_id]
        named = next((one.name for one in _headers(operation) if one.name.lower() == _CONDITION), None)
        if action.does in _CHANGES and (named or _FAILED in operation.statuses):
            words = f"{operation} takes {named}" if named else f"{operation} declares {_FAILED}"
            yield Hypothesis("x-etag", resource.pointer, True, _source(contract, operation.pointer, words), 0.5)
            return


def _repeated(contract: Contract) -> Iterator[Hypothesis]:
    """Operations whose requests may have a key by which one that is repeated is known."""
    for operation in contract.operations.values():
        named = next((one.name for one in _headers(operation) if plain(one.name) in _KEYS), None)
        if named is not None and not operation.is_safe:
            source = _source(contract, operation.pointer, f"{operation} takes {named}")
            yield Hypothesis("x-idempotency", operation.pointer, named, source, 0.5)


def _headers(operation: Operation) -> Iterator[Parameter]:
    return (one for one in operation.parameters if one.location == "header")


def _references(contract: Contract, resource: Resource, places: Places) -> Iterator[Hypothesis]:
    """A property whose name is that of other documents, and says that it holds an id: `promptId`."""
    for name, (schema, at) in places.items():
        if schema.get("readOnly") is True or plain(name) in _WHOSE or name == resource.id or not is_scalar(schema):
            continue  # no client names a document with it
        target = _named(contract, name)
        if target not in (None, resource.collection):
            yield Hypothesis("x-references", at, target, _source(contract, at, f"the name `{name}`"), 0.4)


def _named(contract: Contract, name: str) -> str | None:
    """The collection whose documents a property names, by its own name."""
    stem = plain(_OF_AN_ID.sub("", name))
    if not stem or stem == plain(name):
        return None
    return next((one for one in contract.resources if stem in (plain(one), plain(one).removesuffix("s"))), None)


def referring(contract: Contract) -> dict[str, str]:
    """The properties whose names say that they hold the id of a document of some collection, and that collection."""
    found: dict[str, str] = {}
    for resource in contract.resources.values():
        for one in _references(contract, resource, {n: (s, at) for n, s, at in _properties(contract, resource)}):
            found[one.pointer.rpartition("/")[2]] = str(one.value)
    return found


def _source(contract: Contract, at: str, words: str) -> Source:
    return Source("shape", *contract.locate(at), words)
