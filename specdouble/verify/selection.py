"""The selection: which rules and operations are tried. The one place that reads them from the settings."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from specdouble.contract import Contract
from specdouble.contract.kind import suggestion
from specdouble.verify.problem import WrongUse
from specdouble.verify.settings import Settings


class Selection:
    """What is tried.

    Args:
        settings: the rules and the operations that are chosen or left out; none chosen is all of them.
    """

    def __init__(self, settings: Settings) -> None:
        self.rules = frozenset(settings.rules)
        self.operations = frozenset(settings.operations)
        self.concerned = None if settings.concerned is None else frozenset(settings.concerned)
        self.left_out = frozenset(settings.exclude)

    def takes(self, check: str) -> bool:
        """Whether the rule or check is tried."""
        return not self.rules or check in self.rules

    def takes_any(self, checks: Iterable[str]) -> bool:
        """Whether one of the rules and checks is tried."""
        return any(self.takes(one) for one in checks)

    def concerns(self, operations: Collection[str]) -> bool:
        """Whether a case about these operations is tried; one about none belongs to all."""
        if self.left_out & set(operations):
            return False
        if self.concerned is not None and operations and not self.concerned & set(operations):
            return False
        return not self.operations or not operations or bool(self.operations & set(operations))

    def hold(self, contract: Contract, checks: Collection[str]) -> None:
        """Hold that what is chosen exists.

        Args:
            contract: its operations and rules.
            checks: the names of the checks that need no rule.

        Raises:
            WrongUse: something does not.
        """
        for name in sorted(self.operations | self.left_out):
            if name not in contract.operations:
                raise WrongUse(f"the contract has no operation `{name}`: {suggestion(name, contract.operations)}")
        for name in sorted(self.rules):
            if name not in contract.rules and name not in checks and not name.startswith("custom:"):
                known = [*contract.rules, *checks]
                raise WrongUse(f"there is no rule or check `{name}`: {suggestion(name, known)}")
