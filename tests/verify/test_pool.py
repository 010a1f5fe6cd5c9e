"""What Schemathesis learns from answers is bounded while it runs, and not after."""

from __future__ import annotations

from schemathesis.resources.descriptors import Cardinality, ResourceDescriptor
from schemathesis.resources.repository import ResourceRepository

from specdouble.verify.conformance.pool import ENOUGH, bounded_pool

LISTED = [{"id": number} for number in range(100)]


def _kept() -> list[int]:
    """The ids that are there to be drawn, after an answer that lists a hundred."""
    listing = ResourceDescriptor("Pet", "GET /pets", "200", "", Cardinality.MANY)
    pool = ResourceRepository([listing])
    pool.record_response(operation="GET /pets", status_code=200, payload=LISTED)
    return [one.data["id"] for one in pool.iter_instances("Pet")]


def test_of_a_long_list_the_last_ones_are_drawn_again() -> None:
    with bounded_pool():
        assert _kept() == list(range(100))[-ENOUGH:]
    assert len(_kept()) == len(LISTED)
