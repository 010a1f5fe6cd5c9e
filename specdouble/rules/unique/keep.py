"""Keeps values unique: by a key beside each document, under a unique index of the store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from specdouble.contract import Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import SHADOW, Breach, Document, Keeper, View
from specdouble.double.state.key import key_of
from specdouble.double.state.problem import Broken
from specdouble.rules.unique.rule import UniqueKey


class UniqueKeeper(Keeper):
    """Refuses the value of another document in the same scope."""

    rule: UniqueKey

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        names = self.rule.fields
        self.key_field: str = SHADOW + "+".join(names)
        self.at = f"/{names[0]}"  # where it is told that another document has the key
        self._reads_id = resource.id in names and not resource.parents  # the store has it under its own name
        self.taken = f"{' and '.join(names)} are already taken together" if len(names) > 1 else "is already taken"

    def key(self, document: Document) -> None:
        """Write the key; a document without the value has none."""
        key = self.key_in(document)
        if key is None:
            document.pop(self.key_field, None)
        else:
            document[self.key_field] = key

    def key_in(self, document: Mapping[str, Any]) -> str | None:
        """What two documents must not share; None where there is no value, or the document does not count."""
        if self.rule.program and not self.rule.counts(self.shown(document)):
            return None
        if self._reads_id and self.resource.id not in document:
            document = self.shown(document)
        return unique_key(self.rule, document)

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """Whether another document has the key."""
        field = self.key_field
        key = after.get(field)
        if key is None or (before is not None and before.get(field) == key):
            return None
        other = view.holder(self.rule.collection, field, key)
        taken = other is not None and other != after["_id"]
        return Broken(self.rule, self.taken, other, at=self.at) if taken else None

    def breaches(
        self, documents: Sequence[Document], visible: Callable[[str, Any, Document, str], bool]
    ) -> Iterator[Breach]:
        """Each document that has the value of one before it."""
        seen: dict[str, int] = {}
        for index, document in enumerate(documents):
            key = self.key_in(document)
            if key is None:
                continue
            if key in seen:
                values = " and ".join(f"`{document[name]}`" for name in self.rule.fields)
                reason = f"{values} breaks {self.rule.id}: document {seen[key]} has the value too"
                yield index, self.rule.fields[0], reason, "change one of the two"
            seen.setdefault(key, index)


def unique_key(rule: UniqueKey, document: Mapping[str, Any]) -> str | None:
    """What two documents must not share: the scope and the values, normalised; None where one has no value."""
    key = [*map(document.get, rule.within)]
    for name in rule.fields:
        value = document.get(name)
        if value is None:
            return None
        key.append(rule.normalised(value) if rule.ignore and isinstance(value, str) else value)
    return key_of(key)


KEEPER = UniqueKeeper
