"""Documents in bodies of operations without a collection: what rules say of one document by itself holds there too.

A sample shows them with as little changed as keeps the rules; a request whose document breaks one is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any, NamedTuple

from specdouble.contract import Contract, Media, Operation, Resource
from specdouble.contract.arguments import wanted_arguments
from specdouble.contract.json_type import JSON
from specdouble.double.state.clock import Clock
from specdouble.double.state.exchange import current
from specdouble.double.state.keeper import Document, Fits, Keeper, keepers_of, mended_by
from specdouble.double.state.problem import Refusal

Answer = Callable[..., Any]
_DEEPEST = 6  # levels of a body in which documents are looked for


class _Kept(NamedTuple):
    """A resource, and what keeps the rules about one document by itself."""

    resource: Resource
    keepers: list[Keeper]


class KeptDocuments:
    """Finds such documents in bodies.

    Args:
        contract: the contract.
        clock: the server's.
    """

    def __init__(self, contract: Contract, clock: Clock) -> None:
        self._contract = contract
        self._clock = clock
        self._known: dict[int, _Kept] = {}
        self._keepers: dict[str, list[Keeper]] = {}
        self._leading: dict[str, bool] = {}
        for resource in contract.resources.values():
            every = self._keepers[resource.collection] = keepers_of(resource, clock)
            keepers = [one for one in every if one.alone]
            if keepers:
                self._known[id(resource.schema)] = _Kept(resource, keepers)

    def keepers(self, resource: Resource) -> list[Keeper]:
        """What keeps the rules of a resource."""
        return self._keepers[resource.collection]

    def mended(self, resource: Resource, document: Document, told: Collection[str], fits: Fits) -> Document:
        """The document with as little changed as keeps its rules; those that are told stay as they are.

        Args:
            resource: what it is.
            document: the document.
            told: properties that stay.
            fits: whether another document may stand in its place.
        """
        kept = self._known.get(id(resource.schema))
        return document if kept is None else self._mended(kept, document, told, fits)

    def concerns(self, media: Media | None) -> bool:
        """Whether a body may have such documents in it."""
        if not self._known or media is None:
            return False
        if media.pointer not in self._leading:
            self._leading[media.pointer] = self._leads(media.schema)
        return self._leading[media.pointer]

    def is_one(self, media: Media) -> bool:
        """Whether a body is such a document itself."""
        return self._kept(media.schema) is not None

    def shown(self, media: Media, body: JSON, told: Collection[str] = ()) -> JSON:
        """The body, each document in it one that keeps its rules, where such a one is found.

        Args:
            media: the body's representation.
            body: a value that conforms.
            told: the properties that stay as they are.
        """
        if not self.concerns(media):
            return body
        whole = self._shown(media.schema, body, told, 0)
        return whole if media.slot is None or self._contract.schemas.is_valid(media.slot, whole) else body

    def hold(self, media: Media, body: JSON) -> None:
        """Let a body pass that is no such document, or one that keeps its rules.

        Raises:
            Refusal: it does not.
        """
        kept, exchange = self._kept(media.schema), current.get()
        if kept is None or not isinstance(body, dict):
            return
        asked = [one for one in kept.keepers if one.on_creation]
        found = [one.broken(body, None, body, exchange.world) for one in asked]
        broken = [one for one in found if one is not None]
        if broken:
            raise Refusal(broken, exchange.operation.statuses)

    def _shown(self, schema: JSON, value: JSON, told: Collection[str], depth: int) -> JSON:
        if depth > _DEEPEST or not isinstance(value, dict | list):
            return value
        if isinstance(value, list):
            item = self._contract.item(schema)
            return [self._shown(item, one, told, depth + 1) for one in value]
        parts = self._contract.parts(schema)
        whole = {
            name: self._shown(parts[name], one, (), depth + 1) if name in parts else one for name, one in value.items()
        }
        kept = self._kept(schema)
        if kept is None:
            return whole
        slot = self._contract.schemas.slot(kept.resource.schema, "response")
        whole = dict(self._mended(kept, whole, told, partial(self._contract.schemas.is_valid, slot)))
        now = self._clock.timestamp()
        for keeper in kept.keepers:
            keeper.create(whole, now)
        return whole

    def _mended(self, kept: _Kept, document: Document, told: Collection[str], fits: Fits) -> Document:
        free = frozenset(kept.resource.properties) - {kept.resource.id, *told}
        return mended_by(kept.keepers, document, self._contract, free, fits)

    def _kept(self, schema: JSON) -> _Kept | None:
        """What the schema's values are; a schema of one `allOf` is what it refers to."""
        resolved = self._contract.resolve(schema)
        if id(resolved) in self._known or not isinstance(resolved, dict):
            return self._known.get(id(resolved))
        parts = resolved.get("allOf")
        return self._kept(parts[0]) if isinstance(parts, list) and len(parts) == 1 else None

    def _leads(self, schema: JSON) -> bool:
        """Whether values of the schema may have such documents in them; what leads back to itself is seen once."""
        seen: set[int] = set()
        level = [schema]
        for _ in range(_DEEPEST + 1):
            items = [self._contract.item(one) for one in level]
            if any(self._kept(one) is not None for one in (*level, *items)):
                return True
            fresh = {id(one): one for one in items if id(one) not in seen}
            seen.update(fresh)
            level = [part for one in fresh.values() for part in self._contract.parts(one).values()]
        return False


def holding(operation: Operation, answer: Answer, documents: KeptDocuments | None) -> Answer:
    """The answer, given to requests alone whose documents keep their rules."""
    media = operation.json_body
    if documents is None or media is None or not documents.is_one(media):
        return answer
    wanted = wanted_arguments(answer, operation)

    def held(**arguments: Any) -> Any:
        documents.hold(media, arguments.get("body"))
        return answer(**{name: arguments[name] for name, _, _ in wanted if name in arguments})

    return held
