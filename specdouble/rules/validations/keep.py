"""Keeps the validations of a document."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from random import Random
from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.contract.expression import Expression, compiled
from specdouble.contract.solver import Wish
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import Breach, Document, Fits, Keeper, View
from specdouble.double.state.pattern import matching
from specdouble.double.state.problem import Broken
from specdouble.rules.validations.rule import Found, Validation, variables

_TEXTS = 3  # of a pattern that are tried
_Ask = Callable[..., Broken | Sequence[Broken] | None]


class ValidationsKeeper(Keeper):
    """Refuses what an expression does not hold for: the whole document, as it would be stored."""

    rule: Validation
    alone = True

    def __init__(self, rule: Any, resource: Resource, clock: Clock) -> None:
        super().__init__(rule, resource, clock)
        self.on_creation = not self.rule.is_transition

    def broken(self, after: Document, before: Document | None, touched: Collection[str], view: View) -> Broken | None:
        """Whether it does not hold somewhere."""
        return self.found(self.shown(after), None if before is None else self.shown(before))

    def found(self, document: Document, before: Document | None) -> Broken | None:
        """The first place of a document where it does not hold."""
        rule = self.rule
        for found in rule.places(document, before):
            if not self.holds(found):
                return Broken(rule, rule.told(found), at=found.pointer + rule.field_path)
        return None

    def holds(self, found: Found) -> bool:
        """Whether it holds at a place."""
        return self.rule.compiled.holds(variables(found))

    def breaches(
        self, documents: Sequence[Document], visible: Callable[[str, Any, Document, str], bool]
    ) -> Iterator[Breach]:
        """Each document that breaks it."""
        for index, document in enumerate(documents):
            broken = self.found(document, None) if self.on_creation else None
            if broken is not None:
                name = broken.pointer.split("/")[1] if broken.pointer else self.resource.id
                reason = f"the document breaks {self.rule.id}: {broken.message}"
                yield index, name, reason, "correct the document"

    @classmethod
    def mended(
        cls, keepers: Sequence[Keeper], document: Document, contract: Contract, free: frozenset[str], fits: Fits
    ) -> Document:
        """The document with other values, where it breaks an expression and such are found that keep all."""
        resource = keepers[0].resource
        rules = [one.rule.spelled_out(resource) for one in keepers if one.on_creation]
        broken = [rule for rule in rules if not rule.holds(document)]
        if not broken:
            return document
        wishes = [Wish(rule.compiled.tree, rule.path, True, rule.holds) for rule in rules]
        wishes.sort(key=lambda wish: wish.tree is not broken[0].compiled.tree)
        solver = contract.solver(resource.schema, fits, free, _texts)
        return next(solver.solutions(wishes, document), document)

    @classmethod
    def asked_together(cls, keepers: Sequence[Keeper]) -> list[_Ask]:
        """One expression for all that speak of the whole document: most documents keep them all."""
        plain = [one for one in keepers if isinstance(one, cls) and not one.rule.path and not one.rule.is_transition]
        if cls is not ValidationsKeeper or len(plain) < 2:
            return super().asked_together(keepers)
        others = [one for one in keepers if one not in plain]
        return [Conjunction(plain).broken, *(one.broken for one in others)]


def _texts(pattern: str) -> list[str]:
    """A few texts that match a pattern, the same each time."""
    made = [matching(pattern, Random(number)) for number in range(_TEXTS)]
    return [text for text in made if text is not None]


class Conjunction:
    """Several validations of whole documents, asked at once.

    Args:
        keepers: what keeps each of them.
    """

    def __init__(self, keepers: Sequence[ValidationsKeeper]) -> None:
        self._keepers = keepers
        self._id = keepers[0].resource.id
        self._expressions = _conjunctions([one.rule.compiled for one in keepers])
        names = [one.rule.names for one in keepers]
        self._names = None if None in names else {*_stored_names(names, self._id)}
        read = {name for name, _ in self._names or ()}
        defaults = keepers[0].rule.defaults
        self._defaults = {name: defaults[name] for name in defaults if self._names is None or name in read}

    def broken(
        self, after: Document, before: Document | None, touched: Collection[str], view: View
    ) -> Sequence[Broken] | None:
        """All that do not hold; None where all of them do."""
        keeper = self._keepers[0]
        names = self._names
        if names is None:
            document = keeper.shown(after)
        else:  # what is not read need not be handed over
            document = {name: after[stored] for name, stored in names if stored in after}
        if self._defaults:
            document = self._defaults | document
        variables = {"self": document}
        if all(one.holds(variables) for one in self._expressions):
            return None
        shown = keeper.shown(after)
        found = (one.found(shown, None) for one in self._keepers)
        return [broken for broken in found if broken is not None]


def _conjunctions(conditions: Sequence[Expression]) -> list[Expression]:
    """All in one expression; in two, where some of them can be told without the library."""
    plain = [one for one in conditions if one.is_plain]
    others = [one for one in conditions if not one.is_plain]
    return [compiled(" && ".join(f"({one.text})" for one in some)) for some in (plain, others) if some]


def _stored_names(names: Sequence[Any], id: str) -> Iterator[tuple[str, str]]:
    """The properties that are read, each with the name that it is stored by."""
    for some in names:
        for name in some:
            yield name, "_id" if name == id else name


KEEPER = ValidationsKeeper
