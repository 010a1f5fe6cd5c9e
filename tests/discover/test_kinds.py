"""A rule counts only where it is kept: each kind is found on a double, and not on one that does not keep it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

from specdouble.contract import Contract
from specdouble.prove.bench import Bench, Options
from specdouble.rules import KINDS
from specdouble.rules.timestamp.probe import names_another_event
from tests.discover.conftest import OFFICE, WORKSHOP, discovered, sentences, stripped


@dataclass(frozen=True)
class Kept:
    """A rule of a double, and a fault by which it does not keep it.

    Args:
        folder: the double's project.
        rule: the rule's id.
        fault: the mutant's id.
    """

    folder: Path
    rule: str
    fault: str


TABLE = {
    "unique": Kept(OFFICE, "unique:rooms.name", "unique.dropped:rooms.name"),
    "references": Kept(OFFICE, "references:bookings.roomId", "references.dropped:bookings.roomId"),
    "owner": Kept(OFFICE, "owner:bookings.personId", "owner.unchecked:list_bookings.personId"),
    "tenant": Kept(OFFICE, "tenant:rooms.firmId", "tenant.unchecked:list_rooms.firmId"),
    "readonly": Kept(OFFICE, "readOnly:bookings.personId", "readOnly.from-client-on-create:bookings.personId"),
    "default": Kept(OFFICE, "default:bookings.guests", "default.wrong:bookings.guests"),
    "immutable": Kept(OFFICE, "immutable:bookings.topic", "immutable.unchecked:bookings.topic"),
    "transitions": Kept(OFFICE, "transitions:bookings.state", "transitions.unchecked:bookings.state"),
    "timestamp": Kept(OFFICE, "timestamp:bookings.bookedAt", "timestamp.without-zone:bookings.bookedAt"),
    "roles": Kept(OFFICE, "roles:delete_room", "roles.unchecked:delete_room"),
    "limit": Kept(OFFICE, "limit:bookings", "limit.dropped:bookings"),
    "validations": Kept(OFFICE, "validations:bookings.until+from", "validations.ignored:bookings.from+until"),
    "computed": Kept(WORKSHOP, "computed:tools.total", "computed.off:tools.total"),
    "softdelete": Kept(WORKSHOP, "softDelete:notes.deletedAt", "softDelete.found:get_note.deletedAt"),
    "etag": Kept(WORKSHOP, "etag:tools", "etag.not-compared:patch_tool"),
    "idempotency": Kept(WORKSHOP, "idempotency:post_tool", "idempotency.done-again:post_tool"),
    "listing": Kept(WORKSHOP, "listing:list_shelves", "listing.page-ignored:list_shelves.pg"),
    # What discover finds beside the kinds: what a deletion does, and keywords of JSON Schema.
    "deletion": Kept(WORKSHOP, "references:tools.shelfId.onDelete", "references.left-dangling:tools.shelfId.onDelete"),
    "bound": Kept(WORKSHOP, "maxLength:shelves.label", "request.maxLength-off-by-one:post_shelf.label"),
}
BOUND = ", maxLength: 40"  # what the workshop's contract says, and the one that is discovered does not


@cache
def bench(folder: Path) -> Bench:
    """Doubles of the project, with faults and without."""
    return Bench(Options(folder))


@cache
def bare(folder: Path) -> Contract:
    """The project's contract as others would have written it."""
    written = Path(mkdtemp()) / "openapi.yaml"
    written.write_text((folder / "openapi.yaml").read_text("utf-8").replace(BOUND, ""), "utf-8")
    return stripped(written, written.parent, kept=["people"])


@cache
def found(folder: Path, fault: str = "") -> dict[str, str]:
    """The sentence of each rule that is found on the project's double."""
    whole = bench(folder)
    change = whole.mutants[fault].change if fault else lambda factories: factories
    with whole._served(change) as url:
        return sentences(discovered(bare(folder), replace(whole.settings, url=url, strictness="contract")))


def test_each_kind_has_its_row() -> None:
    assert set(TABLE) == {*KINDS, "deletion", "bound"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", TABLE)
def test_a_rule_of_each_kind_is_found_on_a_double_that_keeps_it(kind: str) -> None:
    assert TABLE[kind].rule in found(TABLE[kind].folder)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TABLE)
def test_no_such_rule_is_found_on_a_double_with_a_fault_of_that_kind(kind: str) -> None:
    row = TABLE[kind]
    assert found(row.folder, row.fault).get(row.rule) != found(row.folder)[row.rule]


@pytest.mark.slow
def test_nothing_is_found_on_the_workshop_that_its_contract_does_not_say() -> None:
    by_hand = {rule.id: str(rule) for rule in bench(WORKSHOP).contract.rules.values()}
    told = found(WORKSHOP)
    assert told.pop("maxLength:shelves.label") == "label has at most 40 characters"
    assert told == by_hand


@pytest.mark.parametrize(
    ("name", "another"),
    [("createdAt", False), ("bookedAt", False), ("state_updated_at", True), ("lastSeen", True), ("end_time", True)],
)
def test_a_time_that_is_called_after_another_event_is_not_that_of_the_creation(name: str, another: bool) -> None:
    assert names_another_event(name) is another
