"""The register: documents of a run by kind and id, where each parent may number anew what lies below it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from specdouble.contract import Operation
from specdouble.verify.document_kinds import DocumentKinds


@dataclass(frozen=True)
class Created:
    """A document that this run created.

    Args:
        kind: what it is one of: a collection, or the path that its operations share.
        id: its id.
        user: who created it; None where nobody was said to.
        parents: the path parameters of the request that created it.
        by: the operation that created it.
        authorization: the headers that stood in for the user's credentials: who else may delete it?
        sure: whether the server said that it was created.
        seen: whether a list shows it, though no answer said so.
        guessed: whether its id is the name that the create asked for: the answer told none.
    """

    kind: str
    id: Any
    user: str | None
    parents: Mapping[str, Any]
    by: Operation
    authorization: Mapping[str, str] | None = None
    sure: bool = True
    seen: bool = False
    guessed: bool = False

    @cached_property
    def name(self) -> tuple[str, str]:
        """Its kind and id."""
        return self.kind, str(self.id)


class Register:
    """Documents, the first one first; iterating is safe while others are added.

    Args:
        kinds: what the paths of the contract name.
    """

    def __init__(self, kinds: DocumentKinds) -> None:
        self._kinds = kinds
        self._documents: dict[tuple[str, ...], Created] = {}  # by name, and what each lies below
        self._namesakes: defaultdict[tuple[str, str], dict[tuple[str, ...], Created]] = defaultdict(dict)

    def __iter__(self) -> Iterator[Created]:
        return iter(list(self._documents.values()))

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, name: tuple[str, str]) -> bool:
        """Whether there is any document of a kind and id."""
        return bool(self._namesakes.get(name))

    def of(self, name: tuple[str, str]) -> Created | None:
        """A document of a kind and id: the first one, where several parents have one."""
        return next(iter(list(self._namesakes.get(name, {}).values())), None)

    def beside(self, document: Created) -> Created | None:
        """The document of the same kind and id that lies below the same ones."""
        return self.at(document.name, document.by, document.parents)

    def at(self, name: tuple[str, str], operation: Operation, path: Mapping[str, Any]) -> Created | None:
        """The document of a kind and id that a request leads to, by what its path says of what lies above it."""
        namesakes = list(self._namesakes.get(name, {}).values())
        return next((one for one in namesakes if self.is_led_to(one, operation, path)), None)

    def is_led_to(self, document: Created, operation: Operation, path: Mapping[str, Any]) -> bool:
        """Whether what a path says of what lies above a document is true of it: it may leave out what another says."""
        asked = self._kinds.above(operation, path)
        return all(asked.get(kind, value) == value for kind, value in self._above(document).items())

    def add(self, document: Created) -> None:
        """Add a document; one that was created at the same place is replaced."""
        place = self._place(document)
        self._documents[place] = self._namesakes[document.name][place] = document

    def remove(self, document: Created) -> None:
        """Remove a document, if it is there."""
        place = self._place(document)
        self._documents.pop(place, None)
        self._namesakes[document.name].pop(place, None)

    def _above(self, document: Created) -> dict[str, str]:
        return self._kinds.above(document.by, document.parents)

    def _place(self, document: Created) -> tuple[str, ...]:
        return (*document.name, *(f"{kind} {value}" for kind, value in sorted(self._above(document).items())))
