"""Parts: operations on the entries of an array that a document holds, as `POST /orders/{id}/items` (AIP-144).

The document's own collection has them: whoever reads the order finds the item in it. Where the parts can be listed or
read by themselves, they are documents of a collection of their own, and nothing is inferred here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from specdouble.contract.bodies import Found
from specdouble.contract.custom_methods import place_of_document
from specdouble.contract.guesses import Guesses, can_succeed
from specdouble.contract.identity import identity_of, is_number
from specdouble.contract.operation import Operation
from specdouble.contract.properties import is_array, is_scalar, plain, synonyms
from specdouble.contract.resource import Action, Part
from specdouble.contract.singletons import keep_single

# `/orders/{id}/items`, `/orders/{id}/items/{itemId}`, `/cart/items`
_PART = re.compile(r"(?P<whole>.+?)/(?P<name>[A-Za-z][\w-]*)(?:/\{(?P<key>[^{}/]+)\})?/?$")
_DOES = {"post": "add", "put": "change", "patch": "change", "delete": "remove"}


def infer_parts(guesses: Guesses, operations: list[Operation], open_ones: list[Operation]) -> None:
    """Infer what operations do to the entries of arrays in documents that can be read.

    Args:
        guesses: what is known so far; it becomes more.
        operations: those of the contract.
        open_ones: those of which nothing is known.
    """
    reading = {one.path.rstrip("/"): one for one in operations if one.method == "get" and can_succeed(one)}
    listed = {one.path.rstrip("/") for one in operations if one.method == "get"}
    for operation in open_ones:
        match = _PART.match(operation.path)
        read = reading.get(match["whole"]) if match else None
        if match is None or read is None or operation.method not in _DOES or not can_succeed(operation):
            continue
        if f"{match['whole']}/{match['name']}" not in listed:
            _infer(guesses, operation, read, match["name"], match["key"])


def _infer(guesses: Guesses, operation: Operation, read: Operation, segment: str, key: str | None) -> None:
    found = _whole(guesses, read)
    held = holding(found.properties, segment) if found else None
    if found is None or held is None:
        return
    response = operation.response(operation.success)
    place = place_of_document(guesses, operation, found)
    entry = _place_of_entry(guesses, operation, found, held) if place is None else None
    is_silent = response is not None and not response.content
    is_told = place is not None or entry is not None or is_silent
    part = _part(guesses, operation, found, held, key) if is_told else None
    if part is None:
        return
    if entry is not None:
        part = replace(part, shown=entry)
    if read.id not in guesses.actions:
        keep_single(guesses, read, found)
    of = guesses.actions[read.id]
    wrapper = part.wrapper
    why = f"it is about the `{held}` of what GET {read.path} shows"
    guesses.actions[operation.id] = Action(
        "act", of.collection, of.id, place or (), of.scope, wrapper, part=part, why=why
    )


def _whole(guesses: Guesses, read: Operation) -> Found | None:
    """The document that is read; None where it may be one of which nothing was inferred on purpose."""
    action = guesses.actions.get(read.id)
    if action is None and read.path.rstrip("/").endswith("}"):
        return None
    if action is not None and action.does != "read":
        return None
    shown = [one for one in guesses.bodies.shown(read) if not one.many]
    pointer = guesses.resources[action.collection].pointer if action else None
    return next((one for one in shown if pointer in (None, one.pointer)), None)


def holding(properties: Mapping[str, dict[str, Any]], segment: str) -> str | None:
    """The array that a part of the path names: `items` or `cartItems`, for `/cart/items`."""
    arrays = [name for name, schema in properties.items() if is_array(schema)]
    wanted = plain(segment)
    same = [name for name in arrays if plain(name) == wanted]
    alike = [name for name in arrays if plain(name).endswith(wanted)]
    return next(iter([*same, *alike]), None)


def _place_of_entry(guesses: Guesses, operation: Operation, found: Found, held: str) -> tuple[str, ...] | None:
    """The way to the entry itself in the success of an operation that adds or changes one."""
    items, at = guesses.bodies.follow(found.properties[held]["items"], "")
    if operation.method == "delete" or not guesses.bodies.properties(items, at):
        return None
    shown = [one for one in guesses.bodies.shown(operation) if not one.many]
    return next((one.envelope for one in shown if one.schema is items), None)


def _part(guesses: Guesses, operation: Operation, found: Found, held: str, key: str | None) -> Part | None:
    """What the operation does to the entries, where it is sure that it takes them as the array has them."""
    does = _DOES[operation.method]
    if (does == "add") != (key is None):
        return None
    bodies = guesses.bodies
    items, at = bodies.follow(found.properties[held]["items"], "")
    properties = bodies.properties(items, at)
    own = None
    if key is not None and properties:
        own = identity_of(properties, key, held, is_number(operation, key))
        if own is None:
            return None
    parameter = key or ""
    if does == "remove":
        return Part(does, held, parameter, own or "")
    sent = bodies.sent_document(operation, properties)
    if sent is None:
        return None
    if properties:
        is_one = bool(synonyms(sent.properties, properties))
        return Part(does, held, parameter, own or "", wrapper=sent.wrapper) if is_one else None
    # `POST /articles/{id}/tags` of a `{name}`, where tags are texts.
    scalars = [name for name, schema in sent.properties.items() if is_scalar(schema)]
    is_value = len(sent.properties) == len(scalars) == 1 and not sent.many
    return Part(does, held, parameter, "", wrapper=(scalars[0],)) if is_value else None
