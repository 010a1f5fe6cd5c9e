"""Hypotheses from names: `createdAt`, `ownerId`, `email`, `slug`; and from what a client never sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.contract.properties import plain, types_of
from specdouble.discover.hypothesis import Hypothesis, Source
from specdouble.discover.prose.vocabulary import OWNER_NAMES, TENANT_NAMES, Vocabulary
from specdouble.verify.wrapper import named_in_path

_CREATED = {
    "createdat",
    "created",
    "createdon",
    "creationdate",
    "creationtime",
    "datecreated",
    "createddate",
    "createtime",
}
_UPDATED = {
    "updatedat", "updated", "updatedon", "modifiedat", "modified", "lastmodified", "dateupdated", "updateddate",
    "lastupdated", "lastmodifiedat", "updatetime",
}  # fmt: skip
_UNIQUE = {
    "email": 0.35,
    "emailaddress": 0.3,
    "username": 0.45,
    "login": 0.35,
    "slug": 0.45,
    "sku": 0.35,
    "handle": 0.3,
}
_ACCOUNTS = {"user", "users", "account", "accounts", "member", "members", "customer", "customers", "admin", "admins"}


def mine(contract: Contract) -> Iterator[Hypothesis]:
    """What the names of properties suggest of each resource."""
    vocabulary = Vocabulary(contract)
    for resource in contract.resources.values():
        sent = _sent(contract, resource)
        for name, (schema, at) in vocabulary.places(resource).items():
            yield from _of_property(contract, resource, name, schema, at, sent)
        yield from _belonging(contract, resource, vocabulary, sent)


def _sent(contract: Contract, resource: Resource) -> frozenset[str] | None:
    """What clients may send of a document; None where requests have no schema of their own, and may send all."""
    found: set[str] = set()
    for operation_id, action in contract.actions_of.get(resource.collection, ()):
        operation = contract.operations[operation_id]
        body, named = operation.document_body, named_in_path(contract, operation)
        found |= {named[1]} if named is not None else set()
        if body is None or action.does not in ("create", "update", "replace"):
            continue
        names = contract.fields(body.schema)
        if names.keys() >= resource.properties.keys():
            return None
        found |= names.keys()
    return frozenset(found) or None


def _of_property(
    contract: Contract, resource: Resource, name: str, schema: Mapping[str, Any], at: str, sent: frozenset[str] | None
) -> Iterator[Hypothesis]:
    unsent = schema.get("readOnly") is True or (sent is not None and name not in sent)
    word, words = plain(name), f"the name `{name}`"
    for event, names in (("created", _CREATED), ("updated", _UPDATED)):
        if word in names and schema.get("format") == "date-time" and unsent:
            yield _hypothesis(contract, "x-timestamp", at, event, words, 0.7)
    kept = {*_CREATED, *_UPDATED, *OWNER_NAMES, *TENANT_NAMES}
    kept |= {plain(resource.id)} if plain(resource.id).endswith("id") else set()  # a name is told by a path
    if unsent and "readOnly" not in schema and sent is not None and word in kept:
        why = f"`{name}` is in no request"
        yield _hypothesis(contract, "readOnly", at, True, why, 0.6)
    names_an_account = plain(resource.collection) in _ACCOUNTS or not word.startswith(("email", "login"))
    is_text = types_of(schema) <= {"string", "null"}
    if word in _UNIQUE and names_an_account and is_text and name != resource.id and not unsent:
        yield _hypothesis(contract, "x-unique", at, True, words, _UNIQUE[word])


def _belonging(
    contract: Contract, resource: Resource, vocabulary: Vocabulary, sent: frozenset[str] | None
) -> Iterator[Hypothesis]:
    """The properties that tell whose a document is: the server sets them, by who asks."""
    if resource.why:
        return  # it is inferred, and has no annotation that this would be a part of
    for part, names, known in (("owner", OWNER_NAMES, resource.owner), ("tenant", TENANT_NAMES, resource.tenant)):
        if known is not None:
            continue
        places = {plain(name): (name, schema) for name, (schema, _) in vocabulary.places(resource).items()}
        name, schema = next((places[word] for word in names if word in places), ("", {}))
        unsent = schema.get("readOnly") is True or (sent is not None and name not in sent)
        if name and name != resource.id and unsent:
            source = f"the name `{name}`"
            yield _hypothesis(contract, "x-resource", resource.pointer, {part: name}, source, 0.5)


def _hypothesis(contract: Contract, keyword: str, at: str, value: Any, words: str, prior: float) -> Hypothesis:
    return Hypothesis(keyword, at, value, Source("name", *contract.locate(at), words), prior)
