"""One kind of documents that a contract names twice: made at `/silences`, read and deleted at `/silence/{id}`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from specdouble.contract import Contract


def joined(contract: Contract) -> Contract:
    """The contract with the operations on such documents speaking of the collection that they are created in."""
    names = dict(_twins(contract))
    if not names:
        return contract
    actions = {
        name: replace(action, collection=names.get(action.collection, action.collection))
        for name, action in contract.actions.items()
    }
    resources = {name: one for name, one in contract.resources.items() if name not in names}
    return replace(contract, actions=actions, resources=resources)


def _twins(contract: Contract) -> Iterator[tuple[str, str]]:
    """The collections that nothing creates documents of, each with the one of the same name in the plural."""
    created = {action.collection for action in contract.actions.values() if action.does == "create"}
    for name, resource in contract.resources.items():
        if name in created or not resource.why or resource.single:
            continue
        plural = next((other for other in (f"{name}s", f"{name}es", f"{name[:-1]}ies") if other in created), None)
        if plural is not None:
            yield name, plural
