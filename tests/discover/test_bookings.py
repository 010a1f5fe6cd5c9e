"""Of a server whose rules stand in its code alone, those rules are found, and no others; then the double agrees."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from specdouble.contract import read
from specdouble.discover.discovery import Discovery
from specdouble.discover.loop import Loop
from specdouble.discover.published import save_published
from specdouble.serving import serving_anybody
from specdouble.verify import Settings
from tests.discover.bookings import Bookings
from tests.discover.conftest import sentences

RULES = {
    "unique:halls.name": "name is unique, ignoring ASCII case",
    "immutable:halls.slug": "slug stays as it was created",
    "default:halls.seats": "seats is 100 unless it is sent",
    "minLength:halls.name": "name has at least 3 characters",
    "maxLength:halls.name": "name has at most 40 characters",
    "pattern:halls.code": "code matches ^[A-Z]{3}-[0-9]{3}$",
    "minLength:halls.slug": "slug has at least 1 characters",
    "pattern:halls.slug": "slug matches ^[a-z0-9]+(?:[-][a-z0-9]+)*$",
    "minimum:halls.seats": "seats is at least 1",
    "maximum:halls.seats": "seats is at most 5000",
    "maxItems:halls.tags": "tags has at most 5 entries",
    "listing:list_halls": "list_halls shows what is asked for: page by pg, size by per",
    "references:events.hallId": "hallId is the id of a document of halls",
    "references:events.hallId.onDelete": "a document of halls stays while documents of events name it by hallId",
    "validations:events.startsAt+endsAt": "startsAt comes before endsAt.",
    "transitions:events.state": "state begins as draft or published "
    "and moves from draft to published, over to nothing, published to over",
    "default:events.state": "state is 'draft' unless it is sent",
    "required:events.contact": "a create must send contact",
    "format:events.contact": "contact is of the format email",
    "minimum:events.price": "price is at least 0",
    "minLength:events.title": "title has at least 1 characters",
    "maxLength:events.title": "title has at most 120 characters",
    "pattern:events.title": "title matches \\S",
    "listing:list_events": "list_events shows what is asked for: phase filters by state",
    "timestamp:events.createdAt": "createdAt is the time at which it was created",
    "readOnly:events.createdAt": "createdAt is set by the server alone",
    "readOnly:events.id": "id is set by the server alone",
    "readOnly:halls.id": "id is set by the server alone",
}


@pytest.fixture(scope="module")
def bookings() -> Bookings:
    """The server's documents."""
    return Bookings()


@pytest.fixture(scope="module")
def found(bookings: Bookings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Discovery]:
    """What is found there, from an empty folder on."""
    with bookings.running() as url:
        contract = read(save_published(url, tmp_path_factory.mktemp("bookings")))
        discovery = Discovery(contract, Settings(url=url, yes=True), loop=Loop(serving_anybody))
        discovery.run()
        yield discovery


@pytest.mark.slow
def test_each_rule_that_the_code_keeps_is_found_and_no_other(found: Discovery) -> None:
    told = {rule: sentence.partition(" on PATCH")[0] for rule, sentence in sentences(found).items()}
    assert told == RULES


@pytest.mark.slow
def test_in_the_end_the_double_of_what_was_found_does_as_the_server_does(found: Discovery) -> None:
    assert found.loop is not None
    assert [cause.first.sentence for cause in found.loop.open] == []


@pytest.mark.slow
def test_each_rule_has_requests_that_show_it_and_nothing_is_left(found: Discovery, bookings: Bookings) -> None:
    assert all("curl" in one.curl for one in found.outcomes if one.rule)
    assert (bookings.halls, bookings.events) == ({}, {})
