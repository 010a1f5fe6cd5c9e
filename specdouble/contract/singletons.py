"""Singletons: one document under a path of its own, as `/settings`, `/me` or `/users/{id}/profile` (AIP-156)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace

from specdouble.contract.bodies import Found, Sent
from specdouble.contract.guesses import Guesses, can_succeed
from specdouble.contract.operation import Operation
from specdouble.contract.properties import synonyms
from specdouble.contract.resource import HIDDEN, HIDDEN_ID, Action, Resource

_DOES = {"put": "replace", "patch": "update", "post": "update"}
Methods = dict[str, Operation]


def infer_singletons(guesses: Guesses, operations: list[Operation]) -> None:
    """Infer a singleton of each path that shows an object, and takes what it shows.

    Args:
        guesses: what is known so far; it becomes more.
        operations: those of which nothing is known.
    """
    by_path: dict[str, Methods] = defaultdict(dict)
    for operation in operations:
        if can_succeed(operation):
            by_path[operation.path][operation.method] = operation
    taken = _collection_paths(by_path)
    for path, methods in by_path.items():
        if path not in taken:
            _infer(guesses, path, methods)


def _collection_paths(by_path: dict[str, Methods]) -> set[str]:
    """The paths to one of many things, of which nothing was inferred: one of their operations says nothing sure."""
    above = {path for path, methods in by_path.items() if "post" in methods or "get" in methods}
    return {path for path in by_path if path.rstrip("/").endswith("}") and _above(path) in above}


def _above(path: str) -> str:
    """The path of all things, written as that of one is: with or without a slash at its end."""
    return path.rstrip("/").rpartition("/")[0] + ("/" if path.endswith("/") else "")


def _infer(guesses: Guesses, path: str, methods: Methods) -> None:
    reading = methods.get("get")
    found = _shown(guesses, reading, methods) if reading else None
    if reading is None or found is None or found.pointer in guesses.annotated:
        return
    _keep(guesses, path, found, dict(_actions(guesses, methods, found)), [*methods.values()])


def keep_single(guesses: Guesses, reading: Operation, found: Found) -> None:
    """Keep what an operation reads as the one document of its path.

    Args:
        guesses: what is known so far; it becomes more.
        reading: reads it.
        found: the document in its answer.
    """
    action = Action("read", "", None, found.envelope, why="the one document of its path")
    _keep(guesses, reading.path, found, {reading.id: action}, [reading])


def _keep(guesses: Guesses, path: str, found: Found, actions: dict[str, Action], operations: list[Operation]) -> None:
    collection = guesses.name(path, "")
    scope = guesses.nesting.scope(path, found.properties, HIDDEN_ID)
    guesses.resources[collection] = Resource(
        collection=collection,
        schema=found.schema,
        pointer=found.pointer,
        id=HIDDEN_ID,
        owner=None,
        tenant=None,
        properties=found.properties,
        within=tuple(to for _, to in scope if to.startswith(HIDDEN)),
        parents=tuple(to for _, to in scope),
        single="caller" if _is_callers_own(path, operations) else "parent",
        why=f"{path} shows what it takes",
    )
    for operation_id, action in actions.items():
        guesses.actions[operation_id] = replace(action, collection=collection, scope=scope)


def _shown(guesses: Guesses, reading: Operation, methods: Methods) -> Found | None:
    """The object in the reading operation's success that the writing ones take; None where they take none of it."""
    best: tuple[int, Found] | None = None
    for found in guesses.bodies.shown(reading):
        if found.many:
            continue
        common = max(len(_common(_sent(guesses, one, found), found)) for one in methods.values())
        if common > 1 and not found.envelope:
            return found  # the whole is taken, and not what stands in it
        if common and (best is None or common > best[0]):
            best = common, found
    return best[1] if best else None


def _sent(guesses: Guesses, operation: Operation, found: Found) -> Sent | None:
    return guesses.sent(operation, found) if operation.method in _DOES else None


def _common(sent: Sent | None, found: Found) -> list[str]:
    return [*synonyms(sent.properties, found.properties)] if sent and not sent.many else []


def _actions(guesses: Guesses, methods: Methods, found: Found) -> Iterator[tuple[str, Action]]:
    for method, operation in methods.items():
        place = guesses.place_of(operation, found, HIDDEN_ID, many=False)
        sent = _sent(guesses, operation, found)
        if method == "get":
            yield operation.id, Action("read", "", None, found.envelope, why="the one document of its path")
        elif method == "delete":
            yield operation.id, Action("delete", "", None, place or (), why="DELETE of the one document")
        elif sent is not None and _common(sent, found):
            # A POST that says that it makes something makes it anew; another changes what it names.
            does = "replace" if method == "post" and "201" in operation.responses else _DOES[method]
            yield operation.id, Action(does, "", None, place or (), wrapper=sent.wrapper, why="it takes what is shown")


def _is_callers_own(path: str, operations: list[Operation]) -> bool:
    """Whether each caller has one: the path says not whose it is, and all operations ask in one way who calls."""
    asked = {operation.security for operation in operations}
    return "{" not in path and len(asked) == 1 and all(asked) and all(all(one) for one in next(iter(asked)))
