"""A visit: a server is reached, looked at, and left as it was."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import MappingProxyType

from specdouble.contract import Contract
from specdouble.verify.acquaintance import acquaint
from specdouble.verify.clean_up import clean_up, left_over, time_kept
from specdouble.verify.handshake import gone, paced, prepare
from specdouble.verify.joined import joined
from specdouble.verify.problem import TIME_OVER, OutOfTime
from specdouble.verify.session import Session
from specdouble.verify.settings import Settings

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass
class Visit:
    """A visit of a server.

    Args:
        session: what is known of it.
        left: what could not be deleted in the end.
        requests: how many were sent.
        stopped: why it ended before all was done; empty where it did not.
    """

    session: Session
    left: list[str] = field(default_factory=list)
    requests: int = 0
    stopped: str = ""


@contextmanager
def visiting(
    contract: Contract, settings: Settings, guessed: Mapping[str, str] = MappingProxyType({})
) -> Iterator[Visit]:
    """Visit a server: what is created there is deleted in the end. That time is over ends it early.

    Args:
        contract: what is known of it.
        settings: where it is, who calls.
        guessed: the properties that may hold ids of documents, and their collection: requests are made so.

    Raises:
        CouldNotRun: the server or its users cannot be used.
    """
    session = Session(joined(contract), settings)
    session.implied = {**guessed, **session.implied}
    started, latency = time.monotonic(), prepare(session)
    session.settings, _ = paced(settings, latency)
    if settings.max_time is not None:
        session.client.deadline = started + settings.max_time - time_kept(settings.max_time)
    visit = Visit(session)
    try:
        with suppress(OutOfTime):  # whatever comes next ends for the same reason
            acquaint(session)
            session.baselines.seek({one.id for subject in session.subjects.values() for one in subject.creators})
        try:
            yield visit
        except OutOfTime:
            visit.stopped = TIME_OVER
    finally:
        if not settings.owned:
            why = gone(session)
            visit.stopped = f"the server was gone ({why})" if why else visit.stopped
            clean_up(session, time_kept(settings.max_time) + settings.grace)
            visit.left = left_over(session)
        session.close()
        visit.requests = session.client.requests
