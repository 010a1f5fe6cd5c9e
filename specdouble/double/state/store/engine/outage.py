"""A server that is slow, away or changes its primary: tried again where that is safe, else 503."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from pymongo.errors import (
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
)

from specdouble.double.state.problem import Problem
from specdouble.double.state.store.engine.attempt import current_attempt
from specdouble.double.state.store.engine.fibre import pause

Found = TypeVar("Found")
PATIENCE = 3.0  # seconds in which a request is tried again
_PAUSE = 0.1
_MOST = 20  # tries at a document that others make at the same moment
_LEAVING = {91, 189, 10107, 11600, 11602, 13435, 13436}  # MongoDB's codes of a server that ends or steps down
_INTERNAL = {None, 1, 8}  # MongoDB's codes of what the server itself did not expect: FerretDB's, of its own database
_LABELS = ("RetryableWriteError", "UnknownTransactionCommitResult")  # MongoDB's, of what may be asked for again
_GIVEN_UP = "TransientTransactionError"  # its label of a transaction of which nothing was done
_NOT_UNIQUE = re.compile(r"SQLSTATE 23505|UNIQUE constraint failed|duplicate key value")


def is_outage(error: BaseException) -> bool:
    """Whether the server could not be asked, or could not do it now."""
    if isinstance(error, ConnectionFailure | ExecutionTimeout):
        return True
    if not isinstance(error, OperationFailure):
        return False
    if isinstance(error, DuplicateKeyError) or _NOT_UNIQUE.search(str(error)):
        return False
    return error.code in _LEAVING | _INTERNAL or any(map(error.has_error_label, _LABELS))


def away() -> Problem:
    """What is answered while the server cannot be asked."""
    detail = "the store cannot be reached, or is too slow, at the moment; nothing of it was done as far as is known"
    return Problem(503, "The store is away", detail, headers={"Retry-After": "1"})


def asked(ask: Callable[[], Found]) -> Found:
    """What a call that only reads gives, tried again for a while where the server is away.

    Raises:
        Problem: 503, the server stays away.
    """
    return _patiently(lambda _is_again: ask())


def upserted(write: Callable[[], Found], done: Callable[[], Found | None] = lambda: None) -> Found:
    """What a write gives that changes a document or makes it, asked anew where another process made it meanwhile.

    Args:
        write: writes.
        done: what the write would give where it has been done already; not given where it may be done twice.

    Raises:
        Problem: 503, the server stays away.
    """
    for _ in range(_MOST):
        with suppress(DuplicateKeyError):
            found = written(write, done)
            if found is not None:
                return found
    raise away()


def written(write: Callable[[], Found | None], done: Callable[[], Found | None]) -> Found | None:
    """What a write gives, done once however often it is tried.

    Args:
        write: writes, on condition of the revision that it replaces, or under a new `_id`; None where it found nothing
            to write to.
        done: what the write would give where it has been done already; None where it has not.

    Raises:
        Problem: 503, the server stays away.
        DuplicateKeyError: another document has a value that must be unique.
    """

    def try_it(is_again: bool) -> Found | None:
        found = done() if is_again else None
        if found is not None:
            return found
        try:
            found = write()
        except DuplicateKeyError:
            # The earlier try may have arrived in the meantime.
            found = done() if is_again else None
            if found is None:
                raise
        except OperationFailure as error:
            if not _NOT_UNIQUE.search(str(error)):
                raise
            raise DuplicateKeyError(str(error), error.code) from None
        return done() if found is None and is_again else found

    return _patiently(try_it)


def _patiently(attempt: Callable[[bool], Found]) -> Found:
    end = time.monotonic() + PATIENCE
    is_again = False
    while True:
        try:
            return attempt(is_again)
        except PyMongoError as error:
            if error.has_error_label(_GIVEN_UP):
                raise current_attempt().superseded() from None
            if not is_outage(error):
                raise
            # Once more at least, however long it took: what got no answer may have been done.
            if is_again and time.monotonic() > end:
                raise away() from None
        is_again = True
        pause(_PAUSE)
