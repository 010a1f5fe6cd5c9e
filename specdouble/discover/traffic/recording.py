"""A recording: exchanges by the operations of a contract, and what they show of documents."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from specdouble.contract import Action, Contract, Operation, Resource
from specdouble.contract.path_expression import path_expression
from specdouble.contract.token_claims import token_claims
from specdouble.har import Entry, Field, json_of, read, text_of
from specdouble.url import split_url

Values = dict[str, Any]

_CREDENTIALS = ("authorization", "x-api-key", "api-key", "cookie")
_SUBJECT = ("sub", "userId", "user_id", "uid", "id", "email")  # RFC 7519, 4.1.2, and what else tokens call it
_CREATING = ("create",)
_CHANGING = ("update", "replace")


@dataclass(frozen=True)
class Exchange:
    """A recorded request and its answer.

    Args:
        number: its place in the recording, from 1.
        operation: what was asked.
        action: what the operation does to documents; None where that is not known.
        path: the path's parameters.
        caller: the same for all requests of one caller; empty where no credential was sent.
        sent: the body, where it is JSON.
        status: of the answer.
        answer: its body, where it is JSON.
    """

    number: int
    operation: Operation
    action: Action | None
    path: Mapping[str, str]
    caller: str = field(repr=False)
    sent: Any
    status: int
    answer: Any

    @property
    def succeeded(self) -> bool:
        """Whether it did what was asked."""
        return 200 <= self.status < 300

    @property
    def document(self) -> Values:
        """The document that was sent; empty where none was."""
        value = self.sent
        for name in self.action.wrapper if self.action else ():
            value = value.get(name) if isinstance(value, dict) else None
        return value if isinstance(value, dict) else {}

    @property
    def shown(self) -> list[Values]:
        """The documents that a success shows."""
        if self.action is None or not self.succeeded:
            return []
        value = self.answer
        for name in self.action.envelope:
            value = value.get(name) if isinstance(value, dict) else None
        many = value if isinstance(value, list) else [value]
        return [one for one in many if isinstance(one, dict)]


@dataclass(frozen=True)
class State:
    """How a document was after an exchange.

    Args:
        exchange: the exchange.
        before: the document before; empty at its creation.
        document: the document.
    """

    exchange: Exchange
    before: Values
    document: Values


@dataclass(frozen=True)
class Recording:
    """What was recorded.

    Args:
        name: how messages call the file.
        contract: with its documents known.
        exchanges: those that the contract has operations for.
        strange: how many it has none for.
    """

    name: str
    contract: Contract
    exchanges: tuple[Exchange, ...]
    strange: int

    def of(self, resource: Resource, does: Sequence[str]) -> Iterator[Exchange]:
        """The exchanges that did, or would have done, this to the documents of a resource."""
        for one in self.exchanges:
            if one.action and one.action.collection == resource.collection and one.action.does in does:
                yield one

    def created(self, resource: Resource) -> list[tuple[Exchange, Values]]:
        """Each successful creation with the document that it shows."""
        found = ((one, one.shown) for one in self.of(resource, _CREATING) if one.succeeded and one.document)
        return [(one, shown[0]) for one, shown in found if len(shown) == 1]

    def changed(self, resource: Resource) -> list[Exchange]:
        """The requests that change a document, refused ones too."""
        return list(self.of(resource, _CHANGING))

    def alive(self, resource: Resource, before: Exchange) -> list[Values]:
        """The documents of which was known, before an exchange, that they were there."""
        found: dict[Any, Values] = {}
        for state in self.states(resource):
            if state.exchange.number >= before.number:
                break
            found[self.key(resource, state.document)] = state.document
        for one in self.of(resource, ("delete",)):
            if one.succeeded and one.number < before.number and one.action and one.action.id:
                found.pop(one.path.get(one.action.id, ""), None)
        return list(found.values())

    def states(self, resource: Resource) -> list[State]:
        """How documents were, one state after the other."""
        return self._states.get(resource.collection, [])

    @cached_property
    def _states(self) -> dict[str, list[State]]:
        found: dict[str, list[State]] = {}
        known: dict[tuple[str, str], Values] = {}
        for one in self.exchanges:
            for shown in one.shown:
                assert one.action is not None
                resource = self.contract.resources[one.action.collection]
                key = (resource.collection, self.key(resource, shown))
                before = known.get(key, {})
                known[key] = {**before, **shown}
                found.setdefault(resource.collection, []).append(State(one, before, known[key]))
        return found

    def last(self, resource: Resource) -> list[Values]:
        """How documents were at the end, those that were deleted left out."""
        found: dict[str, Values] = {}
        for state in self.states(resource):
            if state.document.get(resource.id) is not None:
                found[self.key(resource, state.document)] = state.document
        for one in self.of(resource, ("delete",)):
            if one.succeeded and one.action and one.action.id:
                found.pop(one.path.get(one.action.id, ""), None)
        return list(found.values())

    @staticmethod
    def key(resource: Resource, document: Mapping[str, Any]) -> str:
        """A document's id, as paths write it."""
        value: Any = document
        for name in resource.id_path or (resource.id,):
            value = value.get(name) if isinstance(value, dict) else None
        return str(value)

    @cached_property
    def ids(self) -> dict[str, set[Any]]:
        """The ids that were seen, by collection."""
        found: dict[str, set[Any]] = {}
        for collection, states in self._states.items():
            resource = self.contract.resources[collection]
            ids = {state.document.get(resource.id) for state in states}
            found[collection] = {one for one in ids if isinstance(one, str | int) and not isinstance(one, bool)}
        return found


def read_recording(path: Path, contract: Contract) -> Recording:
    """The exchanges of a file.

    Args:
        path: an HTTP Archive (HAR 1.2), or a log with an entry of one on each line.
        contract: the contract, its documents known.

    Raises:
        ContractError: it cannot be read.
    """
    paths = _Paths(contract)
    found = [paths.exchange(number, entry) for number, entry in enumerate(read(path), 1)]
    known = tuple(one for one in found if one is not None)
    return Recording(str(path), contract, known, len(found) - len(known))


class _Paths:
    """Finds the operation of a request: servers may serve the contract's paths below another path."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        ranked = sorted(contract.operations.values(), key=lambda one: (one.path.count("{"), -len(one.path)))
        self.patterns = [(_pattern(one), one) for one in ranked]

    def exchange(self, number: int, entry: Entry) -> Exchange | None:
        path, method = split_url(entry.request.url).path, entry.request.method.lower()
        for pattern, operation in self.patterns:
            found = pattern.search(path) if operation.method == method else None
            if found:
                names = re.findall(r"\{([^{}]+)\}", operation.path)
                values = dict(zip(names, map(unquote, found.groups()), strict=True))
                return self._exchange(number, entry, operation, values)
        return None

    def _exchange(self, number: int, entry: Entry, operation: Operation, values: dict[str, str]) -> Exchange:
        content = entry.response.content
        return Exchange(
            number=number,
            operation=operation,
            action=self.contract.actions.get(operation.id),
            path=values,
            caller=_caller(entry.request.headers),
            sent=json_of(entry.request.post_data.text) if entry.request.post_data else None,
            status=entry.response.status,
            answer=json_of(text_of(content)),
        )


def _pattern(operation: Operation) -> re.Pattern[str]:
    return path_expression(re.split(r"\{[^{}]+\}", operation.path), "/?$")


def _caller(headers: Sequence[Field]) -> str:
    """Who asks: whom the token names, else the credential itself, for a token is renewed and its subject stays."""
    sent = {one.name.lower(): one.value for one in headers}
    credential = next((sent[name] for name in _CREDENTIALS if sent.get(name)), "")
    claims = token_claims(credential.rpartition(" ")[2])
    subject = next((claims[name] for name in _SUBJECT if name in claims), "")
    return str(subject or credential)
