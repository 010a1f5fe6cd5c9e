"""Parts: operations on the entries of an array that a document holds, as `POST /orders/{id}/items` (AIP-144).

The document's own collection has them: whoever reads the order finds the item in it. Where the parts can be listed or
read by themselves, they are documents of a collection of their own, and nothing is inferred here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from specdouble.contract.bodies import Found, Sent
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
    place = place_of_document(guesses, operation, found)
    entry = _place_of_entry(guesses, operation, found, held) if place is None else None
    if place is None and entry is None and not _is_silent(operation):
        return  # it answers with something else: nothing says what was done to the array
    part = _part(guesses, operation, found, held, key)
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


def _is_silent(operation: Operation) -> bool:
    response = operation.response(operation.success)
    return response is not None and not response.content


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
    own = identity_of(properties, key, held, is_number(operation, key)) if key is not None and properties else ""
    if own is None:
        return None  # the path names an entry by what no entry has
    part = Part(does, held, key or "", own)
    if does == "remove":
        return part
    sent = bodies.sent_document(operation, properties)
    wrapper = _wrapper(sent, properties) if sent is not None else None
    return replace(part, wrapper=wrapper) if wrapper is not None else None


def _wrapper(sent: Sent, properties: Mapping[str, dict[str, Any]]) -> tuple[str, ...] | None:
    """The names that lead to an entry in what is sent; None where that is no entry of such an array.

    Args:
        sent: the document of the request.
        properties: those of the entries; none where they are plain values.
    """
    if properties:
        return sent.wrapper if synonyms(sent.properties, properties) else None
    # `POST /articles/{id}/tags` of a `{name}`, where tags are texts.
    names = list(sent.properties)
    is_value = len(names) == 1 and is_scalar(sent.properties[names[0]]) and not sent.many
    return (names[0],) if is_value else None
