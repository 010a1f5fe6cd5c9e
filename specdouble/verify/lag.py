"""Lag: how long it takes until what was written is seen, where reads come of an index or a copy."""

from __future__ import annotations

import time
from collections.abc import Callable

from specdouble.contract import Operation
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.ledger import SAFE
from specdouble.verify.problem import Interruption
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

LONGEST = 3.0  # seconds that are waited for a new document
OFTEN = 0.05  # seconds until it is looked for again
DOCUMENTS = 3  # that are looked for: an index that is brought up to date from time to time may just have been
MEASURES = 2  # of one operation: the first may have been lucky
MARGIN = 1.5  # times what was measured


def catches_up(session: Shared, steps: list[Exchange]) -> list[str]:
    """The sentences that tell of reads among these steps by which a new document is found only after a while.

    From then on so long is waited, after a write, before such a read.
    """
    operations = {one.call.operation.id: one.call.operation for one in steps if one.call.operation.method in SAFE}
    told = []
    for subject in session.subjects.values():
        for operation in (*subject.readers[:1], *subject.listers[:1]) if subject.creators else ():
            if operation.id in operations and session.client.lags.measures[operation.id] < MEASURES:
                told += _measured(session, subject, operation)
    return told


def _measured(session: Shared, subject: Subject, operation: Operation) -> list[str]:
    lags = session.client.lags
    lags.measures[operation.id] += 1
    try:
        seconds = _longest(session, subject, operation)
    except Interruption:  # what was found before is told all the same
        return []
    if not seconds:
        return []
    lags.of[operation.id] += seconds * MARGIN
    waited = f"{lags.of[operation.id]:.1f} s were waited for from then on"
    told = f"{operation} finds a new document only after a while: {waited} before what it shows was held against it"
    return [f"{told} (`consistency` says how long reads may take to see a write)"]


def _longest(session: Shared, subject: Subject, operation: Operation) -> float:
    """The longest that it took until a new document was found; 0 where each was found at once, or one never was."""
    longest = 0.0
    for _ in range(DOCUMENTS):
        trial = Trial(session)
        document = trial.create(subject)
        found = _finds(trial, subject, operation, document)
        started = time.monotonic()
        if found():
            continue
        while not found():
            if time.monotonic() - started > LONGEST:
                return 0.0
            time.sleep(OFTEN)
        longest = max(longest, time.monotonic() - started)
    return longest


def _finds(trial: Trial, subject: Subject, operation: Operation, document: Document) -> Callable[[], bool]:
    """Whether the operation shows the document by now."""

    def read() -> bool:
        return trial.look_for(document, document.user) is not None

    def listed() -> bool:
        entries = trial.listed(subject, document.user, trial.listing(document), until=document.id)
        return any(str(one.get(subject.key)) == str(document.id) for one in entries)

    return read if operation in subject.readers else listed
