"""How long it takes to find documents that keep an invariant of a public contract's prose, and that break it alone.

python -m benchmarks.invariants
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from specdouble.contract import Contract, read
from specdouble.contract.plausible_value import PlausibleValues
from specdouble.contract.solver import Wish
from specdouble.rules.validations.rule import Validation
from specdouble.verify.patterns import matching

CONTRACT = Path("tests/kinds/invariants.yaml")
MOST = 2.0  # seconds for each side


def first_texts(pattern: str) -> tuple[str, ...]:
    """Texts that match a pattern."""
    return matching(pattern, 0)


def first_solution(contract: Contract, rule: Validation, *, holds: bool) -> dict[str, Any] | None:
    """A document that keeps all invariants of the rule's resource, or breaks that one alone."""
    resource = contract.resources[rule.collection]
    wishes = []
    for one in resource.of(Validation):
        wanted = holds or one is not rule
        wishes.append(Wish(one.compiled.tree, one.path, wanted, one.holds if wanted else one.is_false))
    wishes.sort(key=lambda wish: wish.tree is not rule.compiled.tree)
    slot = contract.schemas.slot(resource.schema, "request")
    solver = contract.solver(
        resource.schema, lambda document: contract.schemas.is_valid(slot, document), texts=first_texts
    )
    start = next(PlausibleValues(contract.document, first_texts).of(resource.schema))
    return next(solver.solutions(wishes, start), None)


def main() -> None:
    """Print the milliseconds of both sides of each."""
    contract = read(CONTRACT)
    first_texts("a")  # what writes texts of patterns is imported with the first
    slowest = 0.0
    print(f"{'invariant':<34}{'kept':>10}{'broken':>10}")
    for rule in contract.rules.values():
        if not isinstance(rule, Validation):
            continue
        taken = []
        for holds in (True, False):
            started = time.perf_counter()
            document = first_solution(contract, rule, holds=holds)
            taken.append(time.perf_counter() - started)
            if document is None:
                raise SystemExit(f"no document was found for {rule.id}")
        slowest = max(slowest, *taken)
        print(f"{rule.about:<34}" + "".join(f"{seconds * 1000:7.1f} ms" for seconds in taken))
    print(f"the slowest takes {slowest:.2f} s, of {MOST:g} s at most")
    raise SystemExit(slowest > MOST)


if __name__ == "__main__":
    main()
