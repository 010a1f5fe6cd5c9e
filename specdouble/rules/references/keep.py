"""Keeps references: each names a document that exists and that the referring document's owner may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from specdouble.contract import Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.departure import Departure
from specdouble.double.state.keeper import Breach, Document, Keeper, View
from specdouble.double.state.problem import Broken
from specdouble.rules.references.rule import OnDelete, References

_IDS = (str, int)  # a union would be made anew for each document
_NOBODY: Document = {}  # who is nobody's sees all


class ReferencesKeeper(Keeper):
    """Refuses the id of no document."""

    rule: References

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        self._field = "_id" if resource.id == self.rule.name and not resource.parents else self.rule.name
        self.indexes = ((self._field,),)
        self.needs = (self.rule.target,)

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """Whether a value, or one of an array, names no document; what stays and is not named is not looked at."""
        field = self._field
        value = after.get(field)
        if value is None or (before is not None and self._stays(after, before, touched)):
            return None
        for one in value if type(value) is list else (value,):
            if not isinstance(one, _IDS) or not self.names_one(one, after, view):
                return Broken(self.rule, f"names no document of {self.rule.target}")
        return None

    def _stays(self, after: Document, before: Document, touched: Collection[str]) -> bool:
        """Whether neither what is named changes, nor what both have to hold alike."""
        is_same = self.rule.name not in touched and before.get(self._field) == after.get(self._field)
        return is_same and all(before.get(own) == after.get(own) for own, _ in self.rule.within)

    def names_one(self, value: str | int, after: Document, view: View) -> bool:
        """Whether there is a document of that value which the referring one's owner may see."""
        rule = self.rule
        referrer = _NOBODY if rule.of_anyone else view.belonging(rule.collection, after)
        if not view.has(rule.target, value, referrer, rule.key):
            return False
        if not rule.within:
            return True
        alike = {theirs: after.get(own) for own, theirs in rule.within}
        return view.count(rule.target, {rule.key or "_id": value, **alike}) > 0

    def sample(self, pick: Callable[[str, str], Any]) -> Any:
        """The id of a document that exists; in an array, where the property is one."""
        value = pick(self.rule.target, self.rule.key)
        many = self.resource.properties.get(self.rule.name, {}).get("type") == "array"
        return [value] if many and value is not None else value

    def breaches(
        self, documents: Sequence[Document], visible: Callable[[str, Any, Document, str], bool]
    ) -> Iterator[Breach]:
        """Each value that names no document which the owner may see."""
        target, key = self.rule.target, self.rule.key
        for index, document in enumerate(documents):
            value = document.get(self.rule.name)
            referrer = _NOBODY if self.rule.of_anyone else document
            for one in value if isinstance(value, list) else [value]:
                if one is not None and not visible(target, one, referrer, key):
                    reason = (
                        f"`{one}` breaks {self.rule.id}: its owner has no document of that {key or 'id'} in {target}"
                    )
                    yield index, self.rule.name, reason, "name a document that exists"


class OnDeleteKeeper(Keeper):
    """Sees to the documents that name one which is deleted."""

    rule: OnDelete
    on_creation = False

    def leave(self, document: Document, departure: Departure) -> None:
        """Forbid it, or have those that name it go too, or forget it."""
        rule = self.rule
        for one in self.referring(document, departure):
            if rule.does == "restrict":
                reason = f"a document of {rule.referrer} names it by {rule.name}"
                departure.forbid(Broken(rule, reason, one["_id"]), rule.referrer, one)
            elif rule.does == "cascade":
                departure.follow(rule.referrer, one)
            elif rule.does == "set-null":
                departure.change(rule.referrer, one, lambda after: self.forget(after, self.value(document)))

    def referring(self, document: Document, departure: Departure) -> list[Document]:
        """The documents that name it."""
        value = self.value(document)
        return [] if value is None else departure.referring(self.rule.referrer, self.rule.name, value)

    def value(self, document: Document) -> Any:
        """What the others name it by."""
        key = self.rule.key or self.resource.id
        return document.get(key, document["_id"] if key == self.resource.id else None)

    def forget(self, after: Document, value: object) -> None:
        """Take the value away: out of an array, or altogether."""
        name = self.rule.name
        held = after.get(name)
        if isinstance(held, list):
            after[name] = [one for one in held if one != value]
        elif self.rule.takes_null:
            after[name] = None
        else:
            after.pop(name, None)


def keeper_of(rule: References | OnDelete, resource: Resource, clock: Clock) -> Keeper:
    """What keeps a rule of the kind."""
    made = OnDeleteKeeper if isinstance(rule, OnDelete) else ReferencesKeeper
    return made(rule, resource, clock)


KEEPER = keeper_of
