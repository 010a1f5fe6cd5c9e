"""How a fault gets into a double: by another part in the place of one."""

from __future__ import annotations

import copy
import functools
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import orjson

from specdouble.contract import Contract, Operation
from specdouble.double.http.compiled import CompiledOperation, Outcome, Request
from specdouble.double.parts import Parts
from specdouble.double.state.documents import Collection
from specdouble.double.state.enforcement import Enforcement, View
from specdouble.double.state.exchange import current
from specdouble.double.state.problem import Broken
from specdouble.double.state.world import World
from specdouble.prove.fault import Change

Document = dict[str, Any]


class Asked:
    """An operation as it answers by itself.

    Args:
        compiled: the operation.
    """

    def __init__(self, compiled: CompiledOperation) -> None:
        self.compiled = compiled
        self._begin = compiled.begin

    async def __call__(self, request: Request, world: World) -> Outcome:
        outcome = self._begin(request, world)
        return outcome if isinstance(outcome, Outcome) else await outcome


Answering = Callable[[Asked, Request, World], Awaitable[Outcome]]


def answered_by(compiled: CompiledOperation, wrapper: Answering) -> CompiledOperation:
    """The operation with the wrapper answering in its place."""
    compiled.begin = functools.partial(wrapper, Asked(compiled))  # type: ignore[method-assign]
    return compiled


_sent: ContextVar[Document | None] = ContextVar("sent", default=None)


def sent() -> Document:
    """What the client sent as the document, before anything was left out of it or filled in."""
    return _sent.get() or {}


def operation_now() -> str:
    """The id of the operation that is under way; empty while nobody is asked for."""
    exchange = current.get(None)
    return exchange.operation.id if exchange else ""


def around(thing: object, method: str, wrapper: Callable[..., Any]) -> None:
    """Let the wrapper answer in the place of a method; its first argument is the method."""
    setattr(thing, method, functools.partial(wrapper, getattr(thing, method)))


def together(*changes: Change) -> Change:
    """Several changes as one."""
    return lambda parts: functools.reduce(lambda changed, change: change(changed), changes, parts)


def enforcing(collection: str, alter: Callable[[Enforcement], None]) -> Change:
    """Alter what holds the documents of a collection to their rules; `sent` tells what the client sent."""

    def change(parts: Parts) -> Parts:
        def make(resource: Any, *others: Any) -> Enforcement:
            enforcement = parts.enforcement(resource, *others)
            if resource.collection == collection:
                alter(enforcement)
            return enforcement

        return replace(parts, enforcement=make)

    return together(change, _telling)


def _telling(parts: Parts) -> Parts:
    """Let every operation remember what it was sent."""

    def make(contract: Contract, operation: Operation, *others: Any) -> CompiledOperation:
        compiled = parts.operation(contract, operation, *others)
        action = contract.actions.get(operation.id)
        wrapper = action.wrapper if action else ()

        async def answer(asked: Asked, request: Request, world: World) -> Outcome:
            _sent.set(_inside(request.body, wrapper))
            return await asked(request, world)

        return answered_by(compiled, answer)

    return replace(parts, operation=make)


def _inside(body: bytes, wrapper: tuple[str, ...]) -> Document | None:
    value = loaded(body)
    for name in wrapper:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else None


def loaded(body: bytes) -> Any:
    """The value of a JSON text; None where it is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def created(collection: str, alter_new: Callable[[Document], None]) -> Change:
    """Alter new documents, before they are stored."""

    def alter(enforcement: Enforcement) -> None:
        def completed(original: Any, document: Document, user: Any) -> Document:
            made: Document = original(document, user)
            alter_new(made)
            return made

        around(enforcement, "completed", completed)

    return enforcing(collection, alter)


def letting(rule: Any, lets: Callable[[Any, Any], bool]) -> Change:
    """Let a change from one value to another pass that the rule refuses."""

    def alter(enforcement: Enforcement) -> None:
        def broken_by(original: Any, after: Document, before: Any, touched: Any, view: View) -> list[Broken]:
            found: list[Broken] = original(after, before, touched, view)
            moved = ((before or {}).get(rule.name), after.get(rule.name))
            return [one for one in found if one.rule != rule or not lets(*moved)]

        around(enforcement, "broken_by", broken_by)

    return enforcing(rule.collection, alter)


def refusing_with(attribute: str, rule: Any, status: int) -> Change:
    """Refuse what breaks the rule with another status."""

    def alter(enforcement: Enforcement) -> None:
        rules = getattr(enforcement, attribute)
        setattr(enforcement, attribute, [replace(one, status=status) if one == rule else one for one in rules])

    return enforcing(rule.collection, alter)


def in_operations(ids: tuple[str, ...], collection: str, alter: Callable[[Enforcement], None]) -> Change:
    """Alter what holds a collection to its rules while one of the operations is under way for a caller."""

    def change(parts: Parts) -> Parts:
        def make(documents: Any, enforcement: Enforcement, view: Any, user: Any, *others: Any) -> Collection:
            if user is not None and enforcement.resource.collection == collection and operation_now() in ids:
                enforcement = copy.copy(enforcement)
                alter(enforcement)
            return parts.collection(documents, enforcement, view, user, *others)

        return replace(parts, collection=make)

    return change


class Store:
    """A store's collection with other methods in the place of some.

    Args:
        documents: the store's collection.
        methods: by name; the first argument of each is the collection.
    """

    def __init__(self, documents: Any, methods: Mapping[str, Callable[..., Any]]) -> None:
        self._documents, self._methods = documents, methods

    def __getattr__(self, name: str) -> Any:
        if name in self._methods:
            return functools.partial(self._methods[name], self._documents)
        return getattr(self._documents, name)


def storing(ids: tuple[str, ...], collection: str, **methods: Callable[..., Any]) -> Change:
    """Put other methods in the place of some of the store's, while one of the operations is under way."""

    def change(parts: Parts) -> Parts:
        def make(documents: Any, enforcement: Enforcement, *others: Any) -> Collection:
            if enforcement.resource.collection == collection and operation_now() in ids:
                documents = Store(documents, methods)
            return parts.collection(documents, enforcement, *others)

        return replace(parts, collection=make)

    return change


def keeping(collection: str, kind: type[Collection]) -> Change:
    """Put another class in the place of the collection that callers see."""

    def change(parts: Parts) -> Parts:
        def make(documents: Any, enforcement: Enforcement, *others: Any) -> Collection:
            if enforcement.resource.collection == collection:
                return kind(documents, enforcement, *others)
            return parts.collection(documents, enforcement, *others)

        return replace(parts, collection=make)

    return change


def operating(ids: tuple[str, ...], make: Callable[..., CompiledOperation]) -> Change:
    """Make the operations in another way; `make` is given how, the contract, the operation, its function and more."""

    def change(parts: Parts) -> Parts:
        def chosen(contract: Contract, operation: Operation, *others: Any) -> CompiledOperation:
            if operation.id in ids:
                return make(parts.operation, contract, operation, *others)
            return parts.operation(contract, operation, *others)

        return replace(parts, operation=chosen)

    return change


def answering(ids: tuple[str, ...], wrapper: Answering) -> Change:
    """Answer the operations in another way."""

    def make(parts: Any, *given: Any) -> CompiledOperation:
        return answered_by(parts(*given), wrapper)

    return operating(ids, make)


def replying(ids: tuple[str, ...], reply: Callable[[Outcome], Outcome]) -> Change:
    """Send another answer than the operations' own."""

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        return reply(await asked(request, world))

    return answering(ids, answer)


def changed_answer(outcome: Outcome, **parts: Any) -> Outcome:
    """The outcome with another status, body or headers."""
    return replace(outcome, answer=replace(outcome.answer, **parts))


def is_success(outcome: Outcome) -> bool:
    """Whether the request was accepted."""
    return 200 <= outcome.answer.status < 300
