"""How a fault gets into a double: by another part in the place of one."""

from __future__ import annotations

import asyncio
import functools
import itertools
from collections.abc import Awaitable, Callable, Container, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import orjson

from specdouble.contract import CollectionRule, Contract, Operation, OperationRule, PropertyRule, Resource
from specdouble.double.factories import Factories
from specdouble.double.http.compiled_operation import CompiledOperation, Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.clock import Clock
from specdouble.double.state.documents import Collection, Lower
from specdouble.double.state.enforcement import Enforcement
from specdouble.double.state.exchange import current
from specdouble.double.state.keeper import Document, Guard, Keeper
from specdouble.double.state.problem import Broken
from specdouble.double.state.world import World
from specdouble.prove.facts import wrong_status
from specdouble.prove.fault import Change, Fault


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


def together(*changes: Change) -> Change:
    """Several changes as one."""
    return lambda factories: functools.reduce(lambda changed, change: change(changed), changes, factories)


def kept(rule: CollectionRule, keeper: Callable[[Any, Resource, Clock], Keeper]) -> Change:
    """Let another keeper keep the rule; `sent` tells what the client sent."""

    def other(resource: Resource, clock: Clock, one: Keeper) -> list[Keeper]:
        return [keeper(one.rule, resource, clock) if one.rule == rule else one]

    return _keepers(rule.collection, other)


def kept_as(rule: CollectionRule, other: CollectionRule) -> Change:
    """Keep another rule of the same kind in the place of this one."""

    def otherwise(resource: Resource, clock: Clock, one: Keeper) -> list[Keeper]:
        return [type(one)(other, resource, clock) if one.rule == rule else one]

    return _keepers(rule.collection, otherwise)


def kept_where(rule: CollectionRule, is_kept: Callable[[Document, Document | None], bool]) -> Change:
    """Let some writes alone keep the rule, given the document after them, and before."""

    def otherwise(resource: Resource, clock: Clock, one: Keeper) -> list[Keeper]:
        if one.rule != rule:
            return [one]
        asked = type(one).broken

        def broken(self: Keeper, after: Document, before: Document | None, *others: Any) -> Broken | None:
            return asked(self, after, before, *others) if is_kept(after, before) else None

        # Of another class: those of one class may be asked together.
        return [type("Sometimes", (type(one),), {"broken": broken})(rule, resource, clock)]

    return _keepers(rule.collection, otherwise)


def refused_wrongly(contract: Contract, rule: CollectionRule, offence: str) -> Iterator[Fault]:
    """Refuse an offence with another status, where every operation that writes declares another one too."""
    other = wrong_status(contract, rule)
    if other is not None:
        sentence = f"{offence} is refused with {other}, which the contract declares for something else."
        yield "wrong-status", sentence, kept_as(rule, replace(rule, status=other))


def unkept(rule: CollectionRule) -> Change:
    """Let nothing keep the rule."""
    return _keepers(rule.collection, lambda _resource, _clock, one: [] if one.rule == rule else [one])


def kept_also(collection: str, keeper: Callable[[None, Resource, Clock], Keeper]) -> Change:
    """Let one more keeper have its say, after those of the rules; `sent` tells what the client sent."""

    def change(factories: Factories) -> Factories:
        def make(resource: Resource, clock: Clock) -> list[Keeper]:
            more = [keeper(None, resource, clock)] if resource.collection == collection else []
            return [*factories.keepers(resource, clock), *more]

        return replace(factories, keepers=make)

    return together(change, _telling)


def _keepers(collection: str, other: Callable[[Resource, Clock, Keeper], list[Keeper]]) -> Change:
    """Put others, or none, in the place of keepers of a collection's rules."""

    def change(factories: Factories) -> Factories:
        def make(resource: Resource, clock: Clock) -> list[Keeper]:
            known = factories.keepers(resource, clock)
            if resource.collection != collection:
                return known
            return [keeper for one in known for keeper in other(resource, clock, one)]

        return replace(factories, keepers=make)

    return together(change, _telling)


def _telling(factories: Factories) -> Factories:
    """Let every operation remember what it was sent."""

    def make(contract: Contract, operation: Operation, *others: Any) -> CompiledOperation:
        compiled = factories.operation(contract, operation, *others)
        action = contract.actions.get(operation.id)
        wrapper = action.wrapper if action else ()

        async def answer(asked: Asked, request: Request, world: World) -> Outcome:
            # A keeper sees documents that are completed: what the client has sent of one the request alone tells.
            _sent.set(_inside(request.body, wrapper))
            return await asked(request, world)

        return answered_by(compiled, answer)

    return replace(factories, operation=make)


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


def created(collection: str, alter: Callable[[Document], None]) -> Change:
    """Alter new documents, before they are stored."""

    class Altering(Keeper):
        def create(self, document: Document, now: str) -> None:
            alter(document)

    return kept_also(collection, Altering)


def changed(collection: str, alter: Callable[[Document, Document], None]) -> Change:
    """Alter changed documents, given how they were too, before they are stored."""

    class Altering(Keeper):
        def change(self, before: Document, after: Document) -> None:
            alter(before, after)

    return kept_also(collection, Altering)


def unscoped(ids: tuple[str, ...], collection: str, names: Container[str]) -> Change:
    """Hide and guard nobody's documents on account of these properties while one of the operations is under way."""

    class Wide(Enforcement):
        def others(self, user: Any, document: Any) -> Broken | None:
            found = super().others(user, document)
            is_open = found is not None and isinstance(found.rule, PropertyRule) and found.rule.name in names
            return None if is_open else found

        def scope(self, user: Any) -> dict[str, Any]:
            return {name: value for name, value in super().scope(user).items() if name not in names}

    def change(factories: Factories) -> Factories:
        def make(documents: Any, enforcement: Enforcement, view: object, user: object, *others: Any) -> Collection:
            if enforcement.resource.collection == collection and operation_now() in ids:
                # Another one, for this collection of this operation: the world's own serves all others as it is.
                enforcement = Wide(enforcement.resource, enforcement.ids, enforcement.clock, enforcement.keepers)
            return factories.collection(documents, enforcement, view, user, *others)

        return replace(factories, collection=make)

    return change


class Store:
    """A store's collection as it is; a fault overrides the method that it changes.

    Args:
        documents: the store's collection.
    """

    def __init__(self, documents: Any) -> None:
        self.documents = documents

    def __getattr__(self, name: str) -> Any:
        return getattr(self.documents, name)


def storing(ids: tuple[str, ...], collection: str, store: Callable[[Any], Store]) -> Change:
    """Put another store in the place of a collection's, while one of the operations is under way."""

    # By operation, for each is a mutant of its own: a fault in all of them would die of whichever is tried first.
    def change(factories: Factories) -> Factories:
        def make(documents: Any, enforcement: Enforcement, *others: Any) -> Collection:
            if enforcement.resource.collection == collection and operation_now() in ids:
                documents = store(documents)
            return factories.collection(documents, enforcement, *others)

        return replace(factories, collection=make)

    return change


def keeping(collection: str, kind: type[Collection]) -> Change:
    """Put another class in the place of the collection that callers see."""

    def change(factories: Factories) -> Factories:
        def make(documents: Any, enforcement: Enforcement, *others: Any) -> Collection:
            if enforcement.resource.collection == collection:
                return kind(documents, enforcement, *others)
            return factories.collection(documents, enforcement, *others)

        return replace(factories, collection=make)

    return change


Removal = Callable[[Any, Sequence[Document], Callable[[], None]], None]


def removing(ids: tuple[str, ...], collection: str, remove: Removal) -> Change:
    """Remove otherwise what one of the operations is to delete, and all that its rules have go with it.

    Args:
        ids: the operations.
        collection: whose documents they delete.
        remove: is given the store's documents, those that are to go, and what lets them go.
    """

    class Removing(Collection):
        def _remove(self, documents: Sequence[Document], below: Sequence[Lower] = ()) -> None:
            go = functools.partial(super()._remove, documents, below)
            if operation_now() in ids:
                remove(self._documents, documents, go)
            else:
                go()

    return keeping(collection, Removing)


def leaving_below(ids: tuple[str, ...], collection: str, child: str) -> Change:
    """Leave what lies below the documents that one of the operations deletes.

    Args:
        ids: the operations.
        collection: whose documents they delete.
        child: whose documents lie below them.
    """

    class Leaving(Collection):
        def _remove(self, documents: Sequence[Document], below: Sequence[Lower] = ()) -> None:
            stays = operation_now() in ids
            super()._remove(documents, [one for one in below if not stays or one[0].name != child])

    return keeping(collection, Leaving)


def operating(ids: tuple[str, ...], make: Callable[..., CompiledOperation]) -> Change:
    """Make the operations in another way; `make` is given how, the contract, the operation, its function and more."""

    def change(factories: Factories) -> Factories:
        def chosen(contract: Contract, operation: Operation, *others: Any) -> CompiledOperation:
            if operation.id in ids:
                return make(factories.operation, contract, operation, *others)
            return factories.operation(contract, operation, *others)

        return replace(factories, operation=chosen)

    return change


def guarded(rule: OperationRule, guard: Callable[[Any, Contract], Guard]) -> Change:
    """Let another guard keep a rule about an operation."""

    def make(make_operation: Any, contract: Contract, *given: Any) -> CompiledOperation:
        compiled: CompiledOperation = make_operation(contract, *given)
        compiled.guards = [guard(one.rule, contract) if one.rule == rule else one for one in compiled.guards]
        return compiled

    return operating((rule.operation,), make)


_turns = itertools.count(1)
_began: ContextVar[int] = ContextVar("began", default=0)


def turn() -> int:
    """A number that grows each time that it is asked for: what has a greater one came later."""
    return next(_turns)


def began() -> int:
    """The turn at which the request that is under way came, where its operation waits."""
    return _began.get()


def waiting(ids: tuple[str, ...], pause: float = 0.02) -> Change:
    """Let the operations wait some seconds before they write: others come in between."""

    def make(
        make_operation: Any, contract: Contract, operation: Operation, handler: Any, *others: Any
    ) -> CompiledOperation:
        @functools.wraps(handler)
        async def late(**arguments: Any) -> Any:
            _began.set(turn())
            await asyncio.sleep(pause)
            return handler(**arguments)

        compiled: CompiledOperation = make_operation(contract, operation, late, *others)
        return compiled

    return operating(ids, make)


def answering(ids: tuple[str, ...], wrapper: Answering) -> Change:
    """Answer the operations in another way."""

    def make(make_operation: Any, *given: Any) -> CompiledOperation:
        return answered_by(make_operation(*given), wrapper)

    return operating(ids, make)


def replying(ids: tuple[str, ...], reply: Callable[[Outcome], Outcome]) -> Change:
    """Send another answer than the operations' own."""

    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        return reply(await asked(request, world))

    return answering(ids, answer)


def changed_answer(outcome: Outcome, **fields: Any) -> Outcome:
    """The outcome with another status, body or headers."""
    return replace(outcome, answer=replace(outcome.answer, **fields))


def is_success(outcome: Outcome) -> bool:
    """Whether the request was accepted."""
    return 200 <= outcome.answer.status < 300
