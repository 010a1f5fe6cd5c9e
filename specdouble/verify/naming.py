"""Which properties of requests hold the id of another document by their own name: `project`, `projectId`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from specdouble.contract import Contract, Operation, PropertyRule
from specdouble.contract.identity import singular
from specdouble.contract.properties import is_scalar, plain, types_of
from specdouble.verify.wrapper import properties_sent

_OF_AN_ID = re.compile(r"(?:_?(?:id|uuid)|Id|ID|Uuid|UUID)$")
# Who asks: the server knows, and a run makes no users to speak for.
_WHOSE = frozenset(("user", "owner", "author", "account", "creator", "tenant", "organization", "organisation"))


def without_id(name: str) -> str:
    """The name of the thing whose id a property holds: `depot` of `depotId`; as it is where it does not say so."""
    return _OF_AN_ID.sub("", name)


def references_by_name(contract: Contract) -> dict[str, str]:
    """The properties of bodies that name documents of a collection, and the collection.

    A property with the name of the documents and the type of their ids counts where no text could mean anything else:
    numbers and UUIDs, and what says that it is an id. What an annotation says to name documents is left out: its own
    attack chooses the ids, those of no document among them.
    """
    resources = contract.resources.values()
    annotated = {rule.name for one in resources for rule in one.of(PropertyRule) if rule.refers_to}
    by_noun = {plain(singular(name.rpartition("_")[2])): name for name in contract.resources}
    by_noun |= {plain(singular(name)): name for name in contract.resources}
    found: dict[str, str] = {}
    for operation in contract.operations.values():
        for name, schema in _sent(contract, operation).items():
            target = _named(contract, by_noun, name, schema)
            action = contract.actions.get(operation.id)
            if target is not None and name not in annotated and (action is None or action.collection != target):
                found.setdefault(name, target)
    return found


def _sent(contract: Contract, operation: Operation) -> Mapping[str, Any]:
    if operation.method not in ("post", "put", "patch") or operation.document_body is None:
        return {}
    return properties_sent(contract, operation)


def _named(contract: Contract, by_noun: Mapping[str, str], name: str, schema: Any) -> str | None:
    stem = plain(without_id(name))
    target = by_noun.get(plain(singular(stem))) if stem not in _WHOSE else None
    if target is None or schema.get("readOnly") is True or not is_scalar(schema):
        return None
    resource = contract.resources[target]
    own = resource.properties.get(resource.id, {})
    types = types_of(schema) - {"null"}
    is_id = stem != plain(name) or types == {"integer"} or schema.get("format") == "uuid"
    return target if is_id and types and types == types_of(own) - {"null"} else None
