"""Orphans: what is written below a document that is not there may leave its list broken, and then no more is.

Some servers make the missing document's folder for what is written below it, or half of it, and fail from then on
where all such documents are listed, others' too. Beside each such write the list is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPException
from typing import Any, NamedTuple

import urllib3

from specdouble.contract import Operation
from specdouble.verify.creation import bare, ends_in_parameter
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.guard import Guard
from specdouble.verify.ledger import SAFE
from specdouble.verify.register import Created


class _Missing(NamedTuple):
    """A document that a path leads through, and that is not there.

    Args:
        kind: what it would be one of.
        value: the id.
        parents: the parameters before it.
        listing: the operation that lists such documents.
    """

    kind: str
    value: Any
    parents: dict[str, Any]
    listing: Operation


class Orphans:
    """Looks after the lists of what is missing.

    Args:
        guard: knows what this run may write to.
        answer: sends a request, and nothing else.

    `tell` is told at once of a list that is broken.
    """

    def __init__(self, guard: Guard, answer: Callable[[Call], Exchange]) -> None:
        self._guard, self._answer = guard, answer
        self.tell: Callable[[str], None] = lambda _text: None
        self._answered: dict[str, bool] = {}  # whether the list answered before anything was written below, by kind
        self._broken: dict[str, tuple[str, Call]] = {}

    def refuses(self, call: Call) -> str | None:
        """Why a request may not be sent; None where nothing like it has done harm."""
        known = next((self._broken[one.kind] for one in self._missing(call) if one.kind in self._broken), None)
        return None if known is None else f"{call.operation} is sent below nothing that is missing any more: {known[0]}"

    def before(self, call: Call) -> None:
        """Note how the lists answer before the request is sent, once for each kind."""
        for one in self._missing(call):
            if one.kind not in self._answered:
                self._answered[one.kind] = self._is_answered(_list(one, call))

    def after(self, call: Call, status: int) -> None:
        """Look whether the lists still answer, where the request was not refused."""
        for one in self._missing(call) if not 400 <= status < 500 else ():
            listing = _list(one, call)
            if self._answered.get(one.kind) and one.kind not in self._broken and not self._is_answered(listing):
                self._harmed(one, call, listing, status)

    def broken(self) -> list[str]:
        """The lists that are broken still."""
        return [text for text, listing in self._broken.values() if not self._is_answered(listing)]

    def _harmed(self, one: _Missing, call: Call, listing: Call, status: int) -> None:
        what = f"{call.operation} below {one.value!r}, which is not there, was answered with {status}"
        text = f"{one.listing} fails since {what}"
        self._broken[one.kind] = text, listing
        made = Created(one.kind, one.value, call.user, one.parents, call.operation, call.authorization, sure=False)
        removal = self._guard.ledger.harm(made, text)
        if removal is not None:
            self._is_answered(removal)
        found = "deleted, and the list answers" if self._is_answered(listing) else "not deleted: mend it by hand"
        self.tell(f"{text}. What it left is {found}. No more is written below what is missing.")

    def _is_answered(self, call: Call) -> bool:
        try:
            return self._answer(call).status < 500
        except (urllib3.exceptions.HTTPError, HTTPException):
            return True  # nothing is known of it

    def _missing(self, call: Call) -> Iterator[_Missing]:
        operation, guard = call.operation, self._guard
        if guard.is_open or operation.method in SAFE:
            return
        named, parents = guard.ledger.kinds.named(operation, call.path), dict[str, Any]()
        for name, kind, value in named[:-1] if ends_in_parameter(operation) else named:
            listing = self._lister(operation.path.partition("/{" + name + "}")[0])
            is_there = guard.ledger.kinds.is_given(kind) or name in guard.fixed or guard.ledger.is_made(kind, value)
            if listing is not None and not is_there:
                yield _Missing(kind, value, dict(parents), listing)
            parents[name] = value

    def _lister(self, path: str) -> Operation | None:
        operations = self._guard.contract.operations.values()
        return next((one for one in operations if one.method == "get" and bare(one.path) == bare(path)), None)


def _list(one: _Missing, call: Call) -> Call:
    return Call(one.listing, call.user, path=one.parents, authorization=call.authorization)
