"""Keeps references: each names a document that exists and that the referring document's owner may see."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Any

from specdouble.contract import Resource
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import Breach, Document, Keeper, View
from specdouble.double.state.problem import Broken
from specdouble.rules.references.rule import References

_IDS = (str, int)  # a union would be made anew for each document


class ReferencesKeeper(Keeper):
    """Refuses the id of no document."""

    rule: References

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        self.indexes = ((self.rule.name,),)
        self.needs = (self.rule.target,)

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """Whether a value, or one of an array, names no document; what stays and is not named is not looked at."""
        name = self.rule.name
        value = after.get(name)
        if value is None or (before is not None and name not in touched and before.get(name) == value):
            return None
        for one in value if type(value) is list else (value,):
            if not isinstance(one, _IDS) or not view.has(self.rule.target, one, after):
                return Broken(self.rule, f"names no document of {self.rule.target}")
        return None

    def sample(self, pick: Callable[[str], Any]) -> Any:
        """The id of a document that exists; in an array, where the property is one."""
        value = pick(self.rule.target)
        many = self.resource.properties.get(self.rule.name, {}).get("type") == "array"
        return [value] if many and value is not None else value

    def breaches(
        self, documents: Sequence[Document], visible: Callable[[str, Any, Document], bool]
    ) -> Iterator[Breach]:
        """Each value that names no document which the owner may see."""
        target = self.rule.target
        for index, document in enumerate(documents):
            value = document.get(self.rule.name)
            for one in value if isinstance(value, list) else [value]:
                if one is not None and not visible(target, one, document):
                    reason = f"`{one}` breaks {self.rule.id}: its owner has no document of that id in {target}"
                    yield index, self.rule.name, reason, "name a document that exists"


KEEPER = ReferencesKeeper
