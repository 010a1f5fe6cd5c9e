"""How the double keeps a rule: what each kind's `keep.py` has as `KEEPER`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Protocol

from specdouble.contract import Contract, Resource, Rule
from specdouble.contract.json_type import JSON
from specdouble.double.state.clock import Clock
from specdouble.double.state.departure import Departure
from specdouble.double.state.problem import Broken, Problem
from specdouble.double.state.store import Write
from specdouble.rules import of_all

Document = dict[str, Any]
Breach = tuple[int, str, str, str]  # which document, the property, what is wrong with its value, the remedy
Fits = Callable[[Document], bool]
SHADOW = "_specdouble_"


class View(Protocol):
    """The store as a writer sees it."""

    def holder(self, collection: str, field: str, key: str) -> object:
        """The id of the document that has the key, whosever it is; None where there is none."""

    def has(self, collection: str, id: str | int, referrer: Document, key: str = "") -> bool:
        """Whether the referring document's owner may see a document of this id, or with this value of the `key`."""

    def belonging(self, collection: str, document: Document) -> Document:
        """A document of a collection with what tells whose it is, though what it lies below alone may tell it."""

    def count(self, collection: str, scope: Mapping[str, Any]) -> int:
        """How many documents have these values, whosever they are."""

    def values(self, collection: str, field: str, scope: Mapping[str, Any]) -> Sequence[JSON]:
        """What the documents with these values have in a field, whosever they are."""


class Room(View, Protocol):
    """The store as a writer sees it, who needs room in it."""

    def make_room(self) -> None:
        """Have room for one more document, or for a larger one.

        Raises:
            Problem: there is none.
        """

    def latest(self) -> Write:
        """The last write: the document before and after it, as they are stored, and their bytes."""

    def departure(self) -> Departure:
        """What finds out what goes with documents that are deleted."""

    def superseded(self) -> Problem:
        """What is raised where another writer came between a check and its write."""


class Keeper:
    """Keeps one rule about a collection, its documents or one of their properties.

    Each method is one moment in the life of a document; a kind overrides those that concern it, and the others cost
    nothing: `Enforcement` gathers at start what is overridden.

    Args:
        rule: the rule.
        resource: the documents.
        clock: the server's.

    Attributes, for a kind to set:
        on_creation: whether a new document can break it.
        scope: the property that holds a claim of the caller, who sees the documents with the same claim alone.
        fixed: whether the property stays as it was stored first, whatever a change says.
        stays: whether the property stays where a replacement leaves it out, as that cannot take it away.
        key_field: the field beside the document that tells what no other may have; nobody sees it.
        in_store: whether the store itself keeps that field unique.
        mark: the field beside a document that was deleted and stays in the store: nobody finds what has it.
        frees: whether another document may take what was unique to such a one, its id included.
        place_field: such a field too, of a store that others write to at the same time: `place` writes it.
        indexes: the fields by which documents are looked up for its sake.
        needs: the collections whose documents a document speaks of.
        alone: whether it looks at one document by itself, whatever else there is and was.
    """

    on_creation = True
    scope: str | None = None
    fixed = False
    stays = False
    key_field: str | None = None
    in_store = True
    mark: str | None = None
    frees = False
    place_field: str | None = None
    indexes: Sequence[tuple[str, ...]] = ()
    needs: Collection[str] = ()
    alone = False

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        self.rule = rule
        self.resource = resource
        self.clock = clock

    def shown(self, stored: Mapping[str, Any]) -> Document:
        """A stored document as a caller sees it."""
        document = {name: value for name, value in stored.items() if not name.startswith(SHADOW)}
        if "_id" in document and self.resource.id != "_id":
            document = {self.resource.id: document.pop("_id"), **document}
        return document

    def create(self, document: Document, now: str) -> None:
        """Set in a new document what the server sets; `now` is the time of the write."""

    def change(self, before: Document, after: Document) -> None:
        """Set in a changed document what the server sets, whatever the change said of it."""

    def appear(self, document: Document) -> None:
        """Have a document that was made up be one that is there."""

    def is_gone(self, document: Mapping[str, Any]) -> bool:
        """Whether a document of a seed is one that was deleted, and is kept for nobody to find."""
        return False

    def retire(self, document: Document) -> None:
        """Write into a document that is deleted, and stays in the store, that it was."""

    def key(self, document: Document) -> None:
        """Write the field of `key_field`, and that of `mark`."""

    def place(self, document: Document, before: Document | None, view: View) -> None:
        """Write the field of `place_field`: one of the places that there are, which no other document has."""

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """How a write would break the rule; None where it does not.

        Args:
            after: the document as it would be stored, its keys beside it.
            before: the document as it is stored; None when it is new.
            touched: the properties that the write names.
            view: the store as the writer sees it.
        """

    def leave(self, document: Document, departure: Departure) -> None:
        """Say what goes or changes with a document that is to be deleted, or what forbids it."""

    @classmethod
    def asked_together(cls, keepers: Sequence[Keeper]) -> list[Callable[..., Broken | Sequence[Broken] | None]]:
        """What is asked for `broken` in the place of several keepers of this class: each, where that is as fast."""
        return [keeper.broken for keeper in keepers]

    def sample(self, pick: Callable[[str, str], JSON]) -> JSON:
        """A value for a made document; None where the schema's own will do.

        Args:
            pick: gives a document's value of a property, the id where that is empty, of a collection; None where that
                has no documents.
        """

    @classmethod
    def mended(
        cls, keepers: Sequence[Keeper], document: Document, contract: Contract, free: frozenset[str], fits: Fits
    ) -> Document:
        """A made document with as little changed as the keepers of this class ask for; as it is where nothing helps.

        Args:
            keepers: all those of the collection.
            document: as a caller would see it.
            contract: where their rules stand.
            free: the properties that may be changed.
            fits: whether another document may stand in its place.
        """
        return document

    def breaches(
        self, documents: Sequence[Document], visible: Callable[[str, JSON, Document, str], bool]
    ) -> Iterable[Breach]:
        """Where documents of a seed break the rule.

        Args:
            documents: all those of the collection.
            visible: whether the owner of a document may see that of an id, or with that value of a property, in a
                collection.
        """
        return ()


class ScopeKeeper(Keeper):
    """Hides the documents of callers with another claim."""

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        self.scope = self.rule.name
        # The owner narrows the documents further than the tenant does.
        is_narrowest = not resource.owner or self.rule.name == resource.owner
        self.indexes = ((self.rule.name,),) if is_narrowest else ()


class Guard:
    """Keeps one rule about an operation, before anything but the caller of a request is looked at.

    Args:
        rule: the rule.
        contract: where it stands.
    """

    def __init__(self, rule: Any, contract: Contract) -> None:
        self.rule = rule
        self.contract = contract
        self.status = rule.status_among(contract.operations[rule.operation].statuses)

    def refusal(self) -> Problem:
        """That the caller may not ask for this."""
        return Problem(self.status, detail=self.rule.sentence, rule=self.rule.id)

    def admit(self, user: Mapping[str, Any] | None, headers: Mapping[bytes, bytes]) -> None:
        """Let the caller pass.

        Args:
            user: the claims of the caller; None where nobody was authenticated.
            headers: the header fields of the request, names in lower case.

        Raises:
            Problem: the caller may not ask for this.
        """


def keepers_of(resource: Resource, clock: Clock) -> list[Keeper]:
    """What keeps the rules about a resource, kind by kind."""
    return [made(rule, resource, clock) for rule, made in _by_kind(resource.rules)]


def mended_by(
    keepers: Sequence[Keeper], document: Document, contract: Contract, free: frozenset[str], fits: Fits
) -> Document:
    """A made document with as little changed as the keepers ask for, kind by kind; see `Keeper.mended`."""
    for _, group in groupby(keepers, type):
        alike = [*group]
        document = alike[0].mended(alike, document, contract, free, fits)
    return document


def guards_of(contract: Contract, operation: str) -> list[Guard]:
    """What keeps the rules about an operation, kind by kind."""
    return [made(rule, contract) for rule, made in _by_kind(contract.rules_about.get(operation, ()))]


def _by_kind(rules: Iterable[Rule]) -> Iterator[tuple[Rule, Any]]:
    for kind, module in of_all("keep").items():
        for rule in rules:
            if rule.kind.lower() == kind:
                yield rule, module.KEEPER
