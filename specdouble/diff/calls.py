"""The calls that a server makes of its clients, compared: webhooks, and the callbacks of operations.

Here the server sends, and the client answers: what a client is sent is compared as answers are elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.contract.operation import METHODS
from specdouble.contract.pointer import pointer
from specdouble.diff.change import Change, Level
from specdouble.diff.schema_comparison import Place, SchemaComparison

Calls = Mapping[str, str]
"""Where each call stands, by what it is named: `POST made`."""


def webhooks_of(contract: Contract) -> Calls:
    """The webhooks; one without a method is a call all the same."""
    return _calls(contract, "/webhooks")


def callbacks_of(contract: Contract, operation: Operation) -> Calls:
    """The callbacks of an operation, by name and address."""
    at, found = operation.pointer + "/callbacks", {}
    for name in _object(contract, at):
        found.update(_calls(contract, at + pointer(name), f"{name} "))
    return found


def _calls(contract: Contract, at: str, named: str = "") -> dict[str, str]:
    found = {}
    for name in _object(contract, at):
        there = at + pointer(name)
        methods = [method for method in _object(contract, there) if method in METHODS]
        found.update({f"{method.upper()} {named}{name}": there + pointer(method) for method in methods})
        if not methods:
            found[f"{named}{name}"] = there
    return found


def _object(contract: Contract, at: str) -> dict[str, Any]:
    found = contract.document.get(at)
    return found if isinstance(found, dict) else {}


class CallComparison:
    """Compares the calls of two contracts.

    Args:
        before: the contract as it was.
        after: the contract as it is.
        kind: `webhook` or `callback`.
        operation: whose callbacks they are; empty for webhooks.
    """

    def __init__(self, before: Contract, after: Contract, kind: str, operation: str = "") -> None:
        self._before, self._after, self._kind, self._operation = before, after, kind, operation
        self._changes: list[Change] = []
        self._schemas = SchemaComparison(before, after, self._tell)

    def changes(self, was: Calls, becomes: Calls) -> list[Change]:
        """All that a client that is called may notice."""
        for name in was.keys() - becomes.keys():
            told = f"the {self._kind} {name} was removed"
            self._tell(f"{self._kind}-removed", Level.BREAKING, name, told, was[name], True)
        for name, at in becomes.items():
            if name in was:
                self._body(name, was[name], at)
                self._answers(name, was[name], at)
            else:
                self._tell(
                    f"{self._kind}-added", Level.COMPATIBLE, name, f"the {self._kind} {name} was added", at, False
                )
        return self._changes

    def _tell(self, id: str, level: Level, subject: str, message: str, at: str, is_old: bool) -> None:
        file, line = (self._before if is_old else self._after).locate(at)
        self._changes.append(Change(id, level, self._operation, subject, message, file, line))

    def _body(self, name: str, was_at: str, at: str) -> None:
        was_at, at = was_at + "/requestBody", at + "/requestBody"
        named = f"what the {self._kind} {name} sends"
        was, becomes = _object(self._before, was_at), _object(self._after, at)
        if was.get("required") is True and becomes.get("required") is not True:
            told = f"{named} may be nothing now"
            self._tell(f"{self._kind}-body-became-optional", Level.BREAKING, name, told, at, False)
        for media in _object(self._before, was_at + "/content"):
            if media not in _object(self._after, at + "/content"):
                told = f"{named} is {media} no more"
                self._tell(f"{self._kind}-media-type-removed", Level.BREAKING, name, told, was_at, True)
        for media in _object(self._after, at + "/content"):
            if media not in _object(self._before, was_at + "/content"):
                # Nobody asks a client which types it knows; whether it is sent this one, the server knows.
                told = f"{named} may be {media} now"
                self._tell(f"{self._kind}-media-type-added", Level.UNCLEAR, name, told, at, False)
        self._contents(Place("response", "body", named), was_at, at)

    def _answers(self, name: str, was_at: str, at: str) -> None:
        was_at, at = was_at + "/responses", at + "/responses"
        becomes = _object(self._after, at)
        for status in _object(self._before, was_at):
            if status in becomes:
                place = Place("request", "body", f"the answer {status} to the {self._kind} {name}")
                self._contents(place, was_at + pointer(status), at + pointer(status))
            elif str(status)[:1] == "2":
                told = f"the answer {status} to the {self._kind} {name} was removed"
                self._tell(f"{self._kind}-answer-removed", Level.BREAKING, name, told, was_at, True)

    def _contents(self, place: Place, was_at: str, at: str) -> None:
        was, becomes = _object(self._before, was_at + "/content"), _object(self._after, at + "/content")
        for media in was.keys() & becomes.keys():
            ends = pointer("content", media)
            schemas = [dict(one[media] or {}).get("schema", {}) for one in (was, becomes)]
            self._schemas.compare(schemas[0], was_at + ends + "/schema", schemas[1], at + ends + "/schema", place)
