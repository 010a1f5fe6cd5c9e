"""What a request left that no answer told of: documents of the lists that bear a word of this run.

Some servers make a document and refuse it then, or rename one and show another name than the one that can be asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from specdouble.contract import Operation
from specdouble.verify.attempts import Written
from specdouble.verify.exchange import Call
from specdouble.verify.paging import larger_page, next_page
from specdouble.verify.problem import NotExercised, Trouble
from specdouble.verify.session import Session
from specdouble.verify.shown import entries

MOST_LISTS = 20
MOST_PAGES = 10


def find_traces(session: Session) -> None:
    """Look through the lists in which this run wrote, and note in the ledger what it must have made there.

    A document bears a word of this run where a property that this run has sent there holds one, or its id: what others
    wrote holds none.
    """
    lists = {one.path: one for one in session.contract.operations.values() if one.method == "get"}
    for written in session.ledger.attempts.written_to()[:MOST_LISTS]:
        if written.create.operation.path in lists:
            with suppress(NotExercised, Trouble):
                _look_through(session, written, lists[written.create.operation.path])


def _look_through(session: Session, written: Written, listing: Operation) -> None:
    ids = session.ledger.kinds.id_names(written.create.operation)
    for entry in _listed(session, written.create, listing):
        key = next((entry[name] for name in ids if isinstance(entry.get(name), str | int)), None)
        said = [key, *(entry.get(name) for name in written.properties)]
        if key is not None and any(isinstance(one, str) and session.fresh.bears_word(one) for one in said):
            session.ledger.trace(written.create, key)
    session.ledger.search(written.create)


def _listed(session: Session, create: Call, listing: Operation) -> Iterator[dict[str, Any]]:
    """The documents of the list, page by page."""
    query = larger_page(listing) or {}
    for _ in range(MOST_PAGES):
        exchange = session.client.send(Call(listing, create.user, path=create.path, query=query))
        shown = list(entries(exchange.json)) if exchange.ok else []
        yield from (one for one in shown if isinstance(one, dict))
        following = next_page(exchange, shown)
        if following is None or following == query:
            return
        query = following
