"""The contract as Schemathesis gets it: with links between operations, and without what is no input to be varied."""

from __future__ import annotations

import copy
from typing import Any

from specdouble.contract import Contract
from specdouble.contract.operation import is_ignored
from specdouble.contract.pointer import look_up, pointer, tokens
from specdouble.verify.cookie_session import is_token_field

LINKED = ("read", "update", "replace", "delete")


def with_links(contract: Contract) -> dict[str, Any]:
    """A copy of the contract's document in which each create leads to what can be done with its document."""
    data: dict[str, Any] = copy.deepcopy(contract.data)
    _take_out_headers(contract, data)
    if "swagger" in data:
        return data
    for creator in contract.operations.values():
        action = contract.actions.get(creator.id)
        if action is None or action.does != "create":
            continue
        response = _response(data, creator.pointer, creator.success)
        if response is not None:
            _link(contract, response, action.collection, action.envelope)
    return data


def _take_out_headers(contract: Contract, data: dict[str, Any]) -> None:
    """Take out the header parameters that are no input: tokens against forged requests, and what is told elsewhere."""
    for operation in contract.operations.values():
        for place in (operation.pointer, operation.pointer.rpartition("/")[0]):
            try:
                owner = look_up(data, place)
            except LookupError:
                continue
            declared = owner.get("parameters") if isinstance(owner, dict) else None
            if isinstance(declared, list):
                owner["parameters"] = [one for one in declared if not _is_no_input(contract.resolve(one))]


def _is_no_input(parameter: object) -> bool:
    if not isinstance(parameter, dict) or not {"name", "in"} <= parameter.keys():
        return False
    return is_ignored(parameter) or (parameter["in"] == "header" and is_token_field(str(parameter["name"])))


def _response(data: dict[str, Any], at: str, status: int) -> dict[str, Any] | None:
    try:
        response = look_up(data, at + pointer("responses", str(status)))
    except LookupError:
        return None
    return response if isinstance(response, dict) and "$ref" not in response else None


def _link(contract: Contract, response: dict[str, Any], collection: str, envelope: tuple[str, ...]) -> None:
    links = response.setdefault("links", {})
    if not isinstance(links, dict):
        return
    linked = {one.get("operationId") for one in links.values() if isinstance(one, dict)}
    place = "".join(pointer(name) for name in (*envelope, contract.resources[collection].id))
    for name, action in contract.actions.items():
        operation = contract.operations[name]
        declared = " " not in name and tokens(operation.pointer)
        if action.collection == collection and action.does in LINKED and action.id and name not in linked and declared:
            links[f"specdouble_{name}"] = {"operationId": name, "parameters": {action.id: f"$response.body#{place}"}}
