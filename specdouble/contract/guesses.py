"""What is inferred of a contract so far, and what it is inferred from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from specdouble.contract.bodies import Bodies, Found, Sent
from specdouble.contract.identity import kind_of, segment_of, singular
from specdouble.contract.nesting import Nesting
from specdouble.contract.operation import Operation
from specdouble.contract.properties import synonyms
from specdouble.contract.resource import HIDDEN_ID, Action, Resource


@dataclass
class Guesses:
    """The resources and actions of a contract, those included that annotations tell.

    Args:
        bodies: finds the documents in the operations' bodies.
        nesting: finds the parents of nested paths.
        resources: by collection.
        actions: by operation id.
    """

    bodies: Bodies
    nesting: Nesting
    resources: dict[str, Resource]
    actions: dict[str, Action]
    annotated: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.annotated = {resource.pointer for resource in self.resources.values()}

    def name(self, path: str, pointer: str) -> str:
        """A collection's name: the last word of the path, unless another schema's documents are kept under it."""
        words = [re.sub(r"\W+", "_", part) for part in path.split("/") if part and "{" not in part]
        words = [word.removesuffix("_json") for word in words] or ["documents"]
        for length in range(1, len(words) + 1):
            name = "_".join(words[-length:])
            # `POST /product` makes one of the `/products`.
            same = next((one for one in (name, *self._numbered(name, pointer)) if self._is_of(one, pointer)), None)
            if same is not None or name not in self.resources:
                return same or name
        return f"{'_'.join(words)}_{len(self.resources)}"

    def _is_of(self, name: str, pointer: str) -> bool:
        known = self.resources.get(name)
        return known is not None and known.pointer == pointer and _is_inferred(known)

    def _numbered(self, name: str, pointer: str) -> list[str]:
        """The collections that are called so in the plural, or in the singular."""
        return [one for one in self.resources if singular(one) == singular(name)] if pointer else []

    def kept(self, pointer: str) -> Resource | None:
        """The one inferred resource whose documents are of the schema at the pointer."""
        return _only(one for one in self._inferred() if one.pointer == pointer)

    def like(self, found: Found, path: str) -> Resource | None:
        """The one inferred resource that is called as the path says, with documents that are mostly as those found.

        Many contracts write the same schema out wherever they show it.
        """
        word = singular(segment_of(path))
        called = [one for one in self._inferred() if singular(one.collection) == word]
        return _only(one for one in called if one.id in found.properties and is_mostly(found, as_found(one)))

    def _inferred(self) -> list[Resource]:
        return [one for one in self.resources.values() if _is_inferred(one)]

    def place_of(self, operation: Operation, wanted: Found, identity: str, *, many: bool) -> tuple[str, ...] | None:
        """The way to the documents in an operation's success.

        To the same schema, else to one that is mostly the same and has the id beside it, else to one with the same id,
        else, in a list or without an id, to one that is mostly the same.
        """
        candidates = [one for one in self.bodies.shown(operation) if one.many == many]
        kind = kind_of(identity, segment_of(operation.path))
        if many:  # `messages` may have ids too, and what is listed has more of the document
            candidates.sort(key=lambda one: -len(synonyms(one.properties, wanted.properties)))
        same = [one.envelope for one in candidates if one.pointer == wanted.pointer]
        beside = [one.envelope for one in candidates if self._has_id_beside(one, candidates, wanted, identity)]
        # Whatever stands in a document of MongoDB's may have an `_id` too.
        alike = [
            one.envelope
            for one in candidates
            if identity in one.properties and (identity != "_id" or is_mostly(one, wanted, kind))
        ]
        if wanted.id_path:
            alike = [one.envelope for one in candidates if wanted.id_path[0] in one.properties]
        is_part = many or identity == HIDDEN_ID  # nothing else tells a document without an id
        summaries = [one.envelope for one in candidates if is_part and is_mostly(one, wanted, kind)]
        if operation.method == "post" and not many:  # what was made may be shown without its id
            summaries += [one.envelope for one in candidates if one.envelope and _is_most_of(one, wanted)]
        return next(iter([*same, *beside, *alike, *summaries]), None)

    @staticmethod
    def _has_id_beside(one: Found, candidates: list[Found], wanted: Found, identity: str) -> bool:
        """Whether it is the `result` of `{id, result}`: what the id beside it names."""
        if not one.envelope or identity in one.properties or not is_mostly(one, wanted):
            return False
        holders = [other for other in candidates if other.envelope == one.envelope[:-1]]
        return any(identity in other.properties and not is_mostly(other, wanted) for other in holders)

    def sent(self, operation: Operation, found: Found) -> Sent | None:
        """The document in an operation's request."""
        return self.bodies.sent_document(operation, found.properties)


def as_found(resource: Resource) -> Found:
    """One of a resource's documents, as an answer that is nothing else shows it."""
    return Found(resource.schema, resource.pointer, dict(resource.properties), (), False)


def is_mostly(one: Found | Sent, other: Found, kind: str = "") -> bool:
    """Whether the one shows a part of the other, a thing of the kind: most of its properties are the other's."""
    common = synonyms(one.properties, other.properties, kind)
    return len(common) > 1 and 2 * len(common) >= len(one.properties)


def _is_most_of(one: Found, other: Found) -> bool:
    """Whether the one shows most of the other, and mostly that."""
    common = synonyms(one.properties, other.properties)
    return len(common) > 1 and 2 * len(common) > max(len(one.properties), len(other.properties))


def is_part(one: Sent, other: Found) -> bool:
    """Whether all of the one's properties are the other's: a new name, and nothing else."""
    return 0 < len(synonyms(one.properties, other.properties)) == len(one.properties)


def can_succeed(operation: Operation) -> bool:
    """Whether the contract declares an answer with which the operation can succeed."""
    return 200 <= operation.success < 400 and operation.response(operation.success) is not None


def _is_inferred(resource: Resource) -> bool:
    """Whether no annotation tells of it, and it has several documents."""
    return bool(resource.why) and not resource.single


def _only(found: Iterable[Resource]) -> Resource | None:
    """The one that there is; of several, none is more likely than another."""
    several = list(found)
    return several[0] if len(several) == 1 else None
