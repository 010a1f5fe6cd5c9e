"""The miners: what reads hypotheses out of a contract, without a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import chain

from specdouble.contract import Contract
from specdouble.discover import names, shape
from specdouble.discover.hypothesis import Hypothesis
from specdouble.discover.prose import miner as prose

# Each is asked once, of the contract with its documents (`x-resource`) known.
MINERS: tuple[Callable[[Contract], Iterable[Hypothesis]], ...] = (prose.mine, names.mine, shape.mine)


def mine(contract: Contract, recorded: Iterable[Hypothesis] = ()) -> list[Hypothesis]:
    """Every hypothesis, the likeliest first; of those that say the same, what the contract's own words say.

    Args:
        contract: the contract, its documents known.
        recorded: what recorded traffic suggests beside.
    """
    found: dict[str, Hypothesis] = {}
    for one in chain(recorded, *(miner(contract) for miner in MINERS)):
        known = found.get(one.key)
        if known is None or (one.source.claims, one.prior) > (known.source.claims, known.prior):
            found[one.key] = one
    return sorted(found.values(), key=lambda one: -one.prior)
