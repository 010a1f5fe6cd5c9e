"""The ids of what a create made: as its answer tells them, or as the create asked for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any
from urllib.parse import unquote

from specdouble.contract import Contract, Operation
from specdouble.url import split_url
from specdouble.verify.creation import bare, creates
from specdouble.verify.document_kinds import DocumentKinds
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.id_shape import bare_id
from specdouble.verify.wrapper import each_sent, unwrapped

LONGEST_NAME = 100_000  # characters of a name that a create has asked for
NAMES = ("name", "key", "slug", "code")  # what a document is found by, where its create does not tell an id


class NewIds:
    """Reads the ids of new documents from creates and their answers.

    Args:
        contract: what the server promises.
        kinds: the kinds of its documents.
        is_minted: whether this run made a value up, to be an id or a name.
    """

    def __init__(self, contract: Contract, kinds: DocumentKinds, is_minted: Callable[[Any], bool]) -> None:
        self._contract, self._kinds, self._is_minted = contract, kinds, is_minted

    def of(self, call: Call, exchange: Exchange) -> Any:
        """The id of the document that a create made: as its answer tells it, or as it was asked for."""
        key = self.answered(call, exchange)
        return self._named_in_body(call) if key is None else key

    def answered(self, call: Call, exchange: Exchange) -> Any:
        """The id that the answer of a create tells: as it shows it, or by `Location`."""
        key = self.shown(call.operation, exchange)
        if key is None and exchange.headers.get("location"):
            key = unquote(split_url(exchange.headers["location"]).path.rstrip("/").rpartition("/")[2]) or None
        return bare_id(exchange.json) if key is None else key

    def _named_in_body(self, call: Call) -> Any:
        """The id or the name that a create asked for, where this run made it up."""
        document = unwrapped(self._contract, call.operation, call.body)
        body = document if isinstance(document, dict) else {}
        asked = (*self._kinds.id_names(call.operation), *NAMES)
        minted = [body[name] for name in asked if self._is_minted(body.get(name))]
        kind = self._kinds.of_children(call.operation)
        return next((value for value in minted if self._kinds.may_be_named(kind, value)), None)

    def several(self, call: Call, exchange: Exchange) -> list[Any]:
        """The ids of the documents that a create of many made: those of its list that the request asked for.

        A list may show others' documents too: what was not asked for is not taken for this run's.
        """
        if not isinstance(exchange.json, list):
            return []
        asked = {text.casefold() for text in texts_within(call.body, LONGEST_NAME)}
        names = self._kinds.id_names(call.operation)
        shown = [entry.get(name) for entry in exchange.json if isinstance(entry, dict) for name in names]
        return [one for one in shown if isinstance(one, str) and one.casefold() in asked]

    def of_each(self, call: Call, exchange: Exchange) -> list[Any]:
        """The ids of what a create of several made, in the order of the request; None of one that no answer shows.

        The entry of each is known by a word of this run that was sent, and no other document has.
        """
        found = exchange.at(self._contract.actions[call.operation.id].envelope)
        entries = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return [
            self._of_entry(call.operation, one, entries) for one in each_sent(self._contract, call.operation, call.body)
        ]

    def _of_entry(self, operation: Operation, sent: dict[str, Any], entries: list[dict[str, Any]]) -> Any:
        words = {text.casefold() for text in texts_within(sent, LONGEST_NAME) if self._is_minted(text)}
        shown = (one for one in entries if words & {text.casefold() for text in texts_within(one, LONGEST_NAME)})
        entry = next(shown, {})
        values = (entry.get(name) for name in self._kinds.id_names(operation))
        return next((one for one in values if isinstance(one, str | int) and not isinstance(one, bool)), None)

    def shown(self, operation: Operation, exchange: Exchange, names: Iterable[str] = ()) -> Any:
        """The id that an answer shows, under these names or those that are usual for the operation."""
        action = self._contract.actions.get(operation.id)
        shown = exchange.shown(action) if action else exchange.at(())
        for holder in (shown, *(shown.values() if isinstance(shown, dict) and not action else ())):
            for name in (*names, *self._kinds.id_names(operation)) if isinstance(holder, dict) else ():
                value = holder.get(name)
                if isinstance(value, str | int) and not isinstance(value, bool):
                    return value
        return None

    def asked(self, call: Call) -> Any:
        """The id that a create asked for, in its path or its body, where this run made it up."""
        if creates(self._contract, call.operation):
            return self._named_in_body(call)
        named = self._kinds.named(call.operation, call.path)
        return named[-1][2] if named and self._is_minted(named[-1][2]) else None

    def pair(self, call: Call, exchange: Exchange) -> tuple[str, dict[str, Any]] | None:
        """What two parameters name, `/tags/{type}/{value}`, that was made by a POST to `/tags`: its kind, and both."""
        twice = bare(call.operation.path) + "/{}/{}"
        naming = next((self._kinds.named(one, {})[-2:] for one in self._kinds.deletes if bare(one.path) == twice), None)
        if naming is None or any(bare(one.path) == twice[:-3] for one in self._kinds.deletes):
            return None
        for shown in (exchange.json, unwrapped(self._contract, call.operation, call.body)):
            held = {name: shown.get(name) for name, _, _ in naming} if isinstance(shown, dict) else {}
            if held and all(isinstance(one, str | int) for one in held.values()):
                return naming[-1][1], held
        return None


def texts_within(value: object, longest: int, depth: int = 0) -> Iterator[str]:
    """Every text in a body, or in a contract, that might be an id."""
    if isinstance(value, str) and len(value) <= longest:
        yield value
    elif isinstance(value, dict | list) and depth < 40:
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts_within(item, longest, depth + 1)
