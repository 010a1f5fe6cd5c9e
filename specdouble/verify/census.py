"""The census: what lists show at the end of a run, and did not before it, though no answer told of it.

A create may be refused and be done all the same, or its answer be lost on the way, and what it was sent need not hold a
word of the run. Where a list was read to its end before anything was written, what is new in it is this run's, or
somebody else's: it is told, and never deleted.
"""

from __future__ import annotations

from contextlib import suppress

from specdouble.contract import Contract
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.paging import next_page, total_told
from specdouble.verify.problem import NotExercised, Trouble
from specdouble.verify.session import Session
from specdouble.verify.shown import entries, ids_in, kind_listed, mapped, shows_list


def is_whole(contract: Contract, exchange: Exchange) -> bool:
    """Whether an answer shows all of a list, as far as can be told."""
    if not exchange.ok or not (shows_list(exchange.json) or mapped(contract, exchange.call.operation)):
        return False
    shown = list(entries(exchange.json))
    return next_page(exchange, shown) is None and (total_told(exchange) or 0) <= len(shown)


def count_strays(session: Session) -> None:
    """Note what is new in the lists of what this run has tried to create, and which of them fail by now."""
    for call in session.ledger.whole:
        if session.ledger.is_tried(kind_listed(session, call.operation)):
            with suppress(NotExercised, Trouble):
                _count(session, call)


def _count(session: Session, call: Call) -> None:
    ledger, exchange = session.ledger, session.client.send(call)
    if exchange.status >= 500:
        ledger.failing.append(str(call.operation))
    if not is_whole(session.contract, exchange):
        return
    strays = []
    for entry in entries(exchange.json):
        named = list(ids_in(session, call.operation, [entry]))
        if named and not any(ledger.is_known(kind, key) for kind, key in named):
            strays.append(named[0][1])
    ledger.count(call.operation, strays)
