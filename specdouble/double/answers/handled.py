"""What the contract promises of an operation, done around the handler that answers it.

A handler says only what the contract cannot: of a header field for idempotency keys, of `If-Match`, and of the
parameters that `x-list` speaks of, the double does with what the handler returns what it does with its own answers.
What a handler asks for by name among its arguments is its own.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any, Protocol

from specdouble.contract import Action, Contract, Finding, Operation
from specdouble.contract.arguments import CALLER, argument_name, arguments_of, wanted_arguments
from specdouble.contract.json_type import JSON
from specdouble.contract.listed import BY_NAMES
from specdouble.contract.pointer import value_at
from specdouble.double.answers.completion import with_value_at
from specdouble.double.answers.handlers import Handler, Handlers, place_of
from specdouble.double.answers.listing import Listing, Page
from specdouble.double.answers.paging import PageFields, PageHeaders
from specdouble.double.answers.placement import Placement
from specdouble.double.answers.preconditions import Preconditions
from specdouble.double.answers.repeated import key_field, once
from specdouble.double.state.exchange import collection, current
from specdouble.double.state.keeper import Document
from specdouble.double.state.store import selected

Answer = Callable[..., Any]
Result = tuple[JSON, int, dict[str, str]]
_PAGING = ("limit", "offset", "page", "cursor", "before")
_CONDITIONS = ("If-Match", "If-None-Match")
_OF_ONE = ("create", "read", "replace", "update", "delete", "act")


class _Around(Protocol):
    """What is done before a handler is called, and with what it returns."""

    def before(self, values: Document) -> None:
        """Look at a request.

        Args:
            values: the parameters by the contract's names, and the body as `body`.
        """

    def after(self, values: Document, body: JSON, headers: dict[str, str]) -> Result:
        """A success as it is sent."""


def handled(contract: Contract, operation: Operation, handler: Handler) -> Answer:
    """The handler with what the contract promises around it; the handler itself, where that is nothing."""
    around = _around(contract, operation, handler)
    field = key_field(operation)
    has_key = bool(field) and not _asks_for(handler, field)
    if around is None and not has_key:
        return handler
    answer = _Called(operation, handler, around)
    called: Answer = answer.later if inspect.iscoroutinefunction(handler) else answer.now
    return once(operation, called) if has_key else called


def unheeded(contract: Contract, handlers: Handlers) -> Iterator[Finding]:
    """A warning of each parameter that `x-list` names and a handler that pages by itself leaves out."""
    for operation in contract.operations.values():
        handler, action = handlers.get(operation), contract.actions.get(operation.id)
        if handler is None or action is None or operation.listed is BY_NAMES:
            continue
        listing = Listing.of(contract, operation, contract.resources[action.collection])
        if not _pages_itself(handler, listing):
            continue
        file, line = place_of(handler)
        said = {*operation.listed.roles.values(), *(operation.listed.filters or {})}
        for name in sorted(one for one in said if not _asks_for(handler, one)):
            reason = (
                f"the handler `{handler.__name__}` pages by itself and does not ask for `{name}`, which `x-list` names"
            )
            remedy = f"take `{argument_name(name)}` too, or leave the pages to the double by taking none of them"
            yield Finding(file, line, "", reason, remedy, "warning", "handler")


def _around(contract: Contract, operation: Operation, handler: Handler) -> _Around | None:
    action = contract.actions.get(operation.id)
    if action is None:
        return None
    if action.does == "list":
        if operation.listed is BY_NAMES:
            return None
        return _List.of(contract, operation, action, handler)
    if action.does not in _OF_ONE or action.in_array or any(_asks_for(handler, one) for one in _CONDITIONS):
        return None
    preconditions = Preconditions(contract, operation, action.collection)
    return _Conditions(contract, operation, action, preconditions) if preconditions.applies else None


def _asks_for(handler: Handler, name: str) -> bool:
    return argument_name(name) in inspect.signature(handler).parameters


def _pages_itself(handler: Handler, listing: Listing) -> bool:
    return any(role in _PAGING and _asks_for(handler, one.parameter) for role, one in listing.roles.items())


class _Called:
    """Calls a handler between what comes before it and after.

    Args:
        operation: the operation.
        handler: the handler.
        around: what is done around it; None for nothing.
    """

    def __init__(self, operation: Operation, handler: Handler, around: _Around | None) -> None:
        self._success = operation.success
        self._handler: Answer = handler
        self._around = around
        self._wanted = wanted_arguments(handler, operation)
        names = [*(one.name for one in operation.parameters), "body"]
        self._arguments = {name: argument_name(name) for name in names}

    def now(self, **arguments: JSON) -> Any:
        """The answer."""
        values = self._values(arguments)
        self._before(values)
        return self._after(values, self._result(values))

    async def later(self, **arguments: JSON) -> Any:
        """The answer of a handler that is awaited; what looks at documents may have to wait for them too."""
        values, wait = self._values(arguments), current.get().world.awaited
        await wait(lambda: self._before(values))
        result = await self._result(values)
        return await wait(lambda: self._after(values, result))

    def _values(self, arguments: Mapping[str, JSON]) -> Document:
        return {name: arguments[argument] for name, argument in self._arguments.items() if argument in arguments}

    def _result(self, values: Document) -> Any:
        return self._handler(**arguments_of(self._wanted, {**values, CALLER: current.get().user}))

    def _before(self, values: Document) -> None:
        if self._around is not None:
            self._around.before(values)

    def _after(self, values: Document, result: Any) -> Any:
        if self._around is None or result is NotImplemented:
            return result
        body, status, *own = result if isinstance(result, tuple) else (result, self._success)
        if status != self._success:
            return result
        return self._around.after(values, body, dict(own[0]) if own and own[0] else {})


class _Conditions:
    """Has a change made to the version alone that its `If-Match` names, and the answer tell the version.

    Args:
        contract: the contract.
        operation: the operation.
        action: what it does to one document.
        preconditions: what it does of conditions.
    """

    def __init__(self, contract: Contract, operation: Operation, action: Action, preconditions: Preconditions) -> None:
        self._preconditions = preconditions
        self._operation = operation
        self._action = action
        self._resource = contract.resources[action.collection]
        self._placement = Placement(contract, operation, action)

    def before(self, values: Document) -> None:
        """Refuse a change of another version; whether there is such a document, the handler says."""
        found = None if self._action.does == "create" else self._found(values, values.get("body"))
        if found is not None:
            self._preconditions.hold(found, values)

    def after(self, values: Document, body: JSON, headers: dict[str, str]) -> Result:
        """The answer with the tag of the document that it shows."""
        tells_itself = any(name.lower() == "etag" for name in headers)
        found = None if tells_itself or self._action.does == "delete" else self._found(values, body)
        told = {} if found is None else self._preconditions.headers(found)
        return body, self._operation.success, {**told, **headers}

    def _found(self, values: Document, body: JSON) -> Document | None:
        """The document that the path names; where it names none, the one in a body."""
        shown = value_at(body, self._action.envelope) if self._action.does == "create" else body
        wanted = self._placement.filter(values, shown if isinstance(shown, dict) else None)
        return collection(self._resource.collection).find_one(wanted)


class _List:
    """Shows of the documents that a handler returns those that the parameters ask for.

    Args:
        contract: the contract.
        operation: the operation, with the parameters alone that the handler leaves to the double.
        action: the list.
    """

    def __init__(self, contract: Contract, operation: Operation, action: Action) -> None:
        self._operation = operation
        self._path = action.envelope
        self._listing = Listing.of(contract, operation, contract.resources[action.collection])
        response = operation.response(operation.success)
        media = response.media() if response else None
        schemas, said = contract.schemas, operation.listed
        self._headers = PageHeaders(contract, response, said) if response else None
        self._fields: PageFields | None = None
        if media is not None and media.slot is not None and self._path:
            self._fields = PageFields(schemas.translated(media.slot), schemas.definition, self._path, said)

    @classmethod
    def of(cls, contract: Contract, operation: Operation, action: Action, handler: Handler) -> _List | None:
        """What is left to the double; None where the handler pages by itself: what comes before a page is its own."""
        if _pages_itself(handler, Listing.of(contract, operation, contract.resources[action.collection])):
            return None
        left = tuple(
            one for one in operation.parameters if one.location == "query" and not _asks_for(handler, one.name)
        )
        return cls(contract, replace(operation, parameters=left), action)

    def before(self, values: Document) -> None:
        """Nothing: it is for the handler to say whether it answers."""

    def after(self, values: Document, body: JSON, headers: dict[str, str]) -> Result:
        """The answer with a part of its documents, and what it tells of that part."""
        documents = value_at(body, self._path) if self._path else body
        if not isinstance(documents, list) or not all(isinstance(one, dict) for one in documents):
            return body, self._operation.success, headers
        listing = self._listing
        page = listing.page(selected(documents, listing.filter(values), listing.order(values)), values)
        told = self._headers.of(page) if self._headers else {}
        return self._shown(body, page), self._operation.success, {**told, **headers}

    def _shown(self, body: JSON, page: Page) -> JSON:
        if not self._path:
            return page.documents
        whole = with_value_at(body, self._path, [])
        if self._fields is not None:
            whole = deepcopy(whole)  # the handler's own, and what is told may stand deep in it
            self._fields.tell(whole, page)
        return with_value_at(whole, self._path, page.documents)
