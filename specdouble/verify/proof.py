"""The proof of a verdict: the request that decides, and its control, the one like it that was accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from specdouble.verify.exchange import Exchange


@dataclass(frozen=True)
class Proof:
    """A case in which a rule or check was seen to be kept, or to be broken.

    Args:
        promise: what the server was held to.
        detail: what sets the case apart from others of the promise.
        exchanges: what was sent in it, and what came back.
        is_decisive: whether cases of its kind prove the rule.
        elsewhere: requests that were accepted in other cases of the rule, by their operation.
        number: which exchange decides, where that is known.
    """

    promise: str
    detail: str
    exchanges: Sequence[Exchange]
    is_decisive: bool = False
    elsewhere: Mapping[str, Exchange] | None = None
    number: int | None = None

    @cached_property
    def decisive(self) -> Exchange:
        """The exchange that decides, or the last of several.

        What was refused decides; else what somebody else asked, of whom the case may be; else what was written.
        """
        if self.number is not None:
            return self.exchanges[self.number]
        first = self.exchanges[0].call.user
        refused = [one for one in self.exchanges if one.refused]
        by_others = [one for one in self.exchanges if one.call.user != first]
        written = [one for one in self.exchanges if one.method not in ("GET", "HEAD")]
        return (refused or by_others or written or list(self.exchanges))[-1]

    @cached_property
    def control(self) -> Exchange | None:
        """The request like it that was accepted; of what refuses nothing, the one that shows what came of it."""
        decisive = self.decisive
        accepted = [one for one in self.exchanges if one.ok and one is not decisive]
        operation = decisive.call.operation.id
        alike = [one for one in accepted if one.call.operation.id == operation]
        known = (self.elsewhere or {}).get(operation) if decisive.refused else None
        if known is not None and not alike:
            return known
        return next(iter(reversed(alike or accepted)), None)

    @property
    def weight(self) -> tuple[bool, bool, bool]:
        """How much it says: a refusal with its control, in a case that decides, says most."""
        return self.is_decisive, self.decisive.refused, self.control is not None

    @property
    def told(self) -> str:
        """The case, what decides it, and its control, as clauses."""
        case = f" ({self.detail})" if self.detail else ""
        control = f"; control: {_clause(self.control)}" if self.control else ""
        return f"{self.promise}{case}: {_clause(self.decisive)}{control}"


def _clause(exchange: Exchange) -> str:
    by = f" by {exchange.call.user}" if exchange.call.user else ""
    return f"{exchange.method} {exchange.path}{by} answered {exchange.status}"
