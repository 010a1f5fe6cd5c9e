"""A recording: exchanges by the operations of a contract, and what they show of documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from specdouble.contract import Action, Contract, Operation, Resource
from specdouble.contract.path_expression import path_expression
from specdouble.contract.security_scheme import security_schemes
from specdouble.contract.token_claims import token_claims
from specdouble.har import Entry, Field, json_of, read, text_of
from specdouble.url import split_url

Values = dict[str, Any]

_KEYS = ("x-api-key", "api-key")
# Cookies that name a session; not the token of a form, nor a visit that somebody else counts (`_hjSession`, `ai_user`).
_SESSION = re.compile(r"(?i)^(?!_hj|ai_|.*[cx]srf).*(?:sess|(?<![a-z])sid$|auth|token|jwt|login|user)")
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
        strange: how many are of pages, of other servers, or of no operation.
        base: the URL that the contract's paths stand below.
    """

    name: str
    contract: Contract
    exchanges: tuple[Exchange, ...]
    strange: int
    base: str

    def __str__(self) -> str:
        told = f"{len(self.exchanges)} exchanges of {self.name} are of this contract, below {self.base or '/'}"
        told += f"; {self.strange} are not" if self.strange else ""
        is_nameless = self.exchanges and not any(one.caller for one in self.exchanges)
        return told + ("; none tells who asks: browsers leave credentials out unless told" if is_nameless else "")

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
    entries = read(path)
    paths = _Paths(contract)
    found = [[*paths.matches(one)] for one in entries]
    base = _base(one for matches in found for one in matches)
    callers = _Callers(contract)
    known = []
    for number, (entry, matches) in enumerate(zip(entries, found, strict=True), 1):
        match = next((one for one in matches if one.base == base), None)
        if match is not None:
            action = contract.actions.get(match.operation.id)
            known.append(_exchange(number, entry, match, action, callers.caller(entry.request.headers)))
    return Recording(str(path), contract, tuple(known), len(found) - len(known), base)


@dataclass(frozen=True)
class _Match:
    """An operation that a request may have asked.

    Args:
        base: what stands before the contract's path in the URL.
        operation: the operation.
        values: the path's parameters.
    """

    base: str
    operation: Operation
    values: Mapping[str, str]


class _Paths:
    """Finds the operations of a request: servers may serve the contract's paths below another path."""

    def __init__(self, contract: Contract) -> None:
        ranked = sorted(contract.operations.values(), key=lambda one: (one.path.count("{"), -len(one.path)))
        self.patterns = [(_pattern(one), one) for one in ranked]

    def matches(self, entry: Entry) -> Iterator[_Match]:
        """The operations that it may have asked, the likeliest first; none of what no server answered with data."""
        url, method = split_url(entry.request.url), entry.request.method.lower()
        if entry.from_cache or entry.response.status <= 0 or _is_page(entry):
            return
        for pattern, operation in self.patterns:
            found = pattern.search(url.path) if operation.method == method else None
            if found:
                names = re.findall(r"\{([^{}]+)\}", operation.path)
                values = dict(zip(names, map(unquote, found.groups()), strict=True))
                yield _Match(f"{url.scheme}://{url.netloc}{url.path[: found.start()]}", operation, values)


def _base(matches: Iterable[_Match]) -> str:
    """Below what the contract is served: there most of its operations were asked, and most often.

    A browser asks others too, for what happens to be called alike: a page of this name, an event that somebody counts.
    """
    operations: dict[str, list[str]] = {}
    for one in matches:
        operations.setdefault(one.base, []).append(one.operation.id)
    return max(operations, key=lambda base: (len(set(operations[base])), len(operations[base])), default="")


def _is_page(entry: Entry) -> bool:
    """Whether it was asked for what a person sees: a page, a picture; writes and refusals may answer in plain text."""
    content = entry.response.content
    is_shown = entry.request.method.upper() == "GET" and entry.response.status < 300 and bool(content.text)
    return is_shown and "json" not in content.mime_type and json_of(text_of(content)) is None


def _exchange(number: int, entry: Entry, match: _Match, action: Action | None, caller: str) -> Exchange:
    return Exchange(
        number=number,
        operation=match.operation,
        action=action,
        path=match.values,
        caller=caller,
        sent=json_of(entry.request.post_data.text) if entry.request.post_data else None,
        status=entry.response.status,
        answer=json_of(text_of(entry.response.content)),
    )


def _pattern(operation: Operation) -> re.Pattern[str]:
    return path_expression(re.split(r"\{[^{}]+\}", operation.path), "/?$")


class _Callers:
    """Tells who asks, by the credentials of a contract and by those that are usual."""

    def __init__(self, contract: Contract) -> None:
        keys = [one for one in security_schemes(contract).values() if one.kind == "apiKey"]
        self.fields = ["authorization", *(one.key.lower() for one in keys if one.place == "header"), *_KEYS]
        self.cookies = {one.key for one in keys if one.is_cookie}

    def caller(self, headers: Sequence[Field]) -> str:
        """Whom the token names, else the credential itself, for a token is renewed and its subject stays."""
        sent = {one.name.lower(): one.value for one in headers if one.name.lower() != "cookie"}
        # HTTP/2 has a field for each cookie (RFC 9113, 8.2.3).
        cookies = self.session("; ".join(one.value for one in headers if one.name.lower() == "cookie"))
        credential = next((sent[name] for name in self.fields if sent.get(name)), cookies)
        claims = token_claims(credential.rpartition(" ")[2].rpartition("=")[2])
        subject = next((claims[name] for name in _SUBJECT if name in claims), "")
        return str(subject or credential)

    def session(self, cookies: str) -> str:
        """Those of the cookies that are a credential: what else is counted with changes while one user asks."""
        pairs = [one.strip() for one in cookies.split(";")]
        return "; ".join(sorted(one for one in pairs if self.is_session(one.partition("=")[0])))

    def is_session(self, name: str) -> bool:
        return name in self.cookies if self.cookies else _SESSION.search(name) is not None
