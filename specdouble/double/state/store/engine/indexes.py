"""The indexes of a collection: made once, and compared with what is there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from pymongo.errors import OperationFailure

from specdouble.double.state.store.engine.clients import Collection
from specdouble.double.state.store.engine.names import SHADOW, stored_name
from specdouble.double.state.store.engine.outage import asked, written

Pairs = Sequence[tuple[str, int]]
_log = logging.getLogger("specdouble")
_DROPPED_MEANWHILE = 26  # MongoDB's code of a namespace that is not there


def create_index(documents: Collection, keys: str | Pairs, *, unique: bool = False) -> None:
    """Have the index, where it is not there already.

    Args:
        documents: the collection.
        keys: the fields of the index.
        unique: whether no two documents that have the field may share its value.

    Raises:
        DuplicateKeyError: the documents that are there do not allow it.
    """
    pairs = [(keys, 1)] if isinstance(keys, str) else list(keys)
    wanted = [(stored_name(name), direction) for name, direction in pairs]
    present = _present(documents, wanted)
    if present is not None and bool(present.get("unique")) is unique:
        return
    if present is not None:  # made by another contract
        _drop(documents, wanted)
    if unique:
        written(lambda: documents.create_index(wanted, unique=True, sparse=True), lambda: None)
    else:
        asked(lambda: _create_plain(documents, wanted))


def _create_plain(documents: Collection, wanted: Pairs) -> None:
    try:
        documents.create_index(wanted)
    except OperationFailure as error:  # without it the server is slower, and as right
        _log.warning("the store makes no index of %s over %s: %s", documents.name, wanted, error.details)


def drop_stray(documents: Collection, unique: Sequence[str]) -> None:
    """Let go of unique indexes that the contract has no rule for any more.

    Args:
        documents: the collection.
        unique: the fields that it has a rule for.
    """
    kept = {stored_name(name) for name in unique}
    for index in _all(documents):
        fields = [name for name, _ in index["key"]]
        if index.get("unique") and fields[0].startswith(SHADOW) and fields[0] not in kept:
            _drop(documents, list(index["key"]))


def _drop(documents: Collection, fields: Pairs) -> None:
    asked(lambda: documents.drop_index(fields))


def _present(documents: Collection, wanted: Pairs) -> Any:
    return next((index for index in _all(documents) if list(index["key"]) == list(wanted)), None)


def _all(documents: Collection) -> list[Any]:
    try:
        return list(asked(documents.index_information).values())
    except OperationFailure as error:
        if error.code != _DROPPED_MEANWHILE:
            raise
        return []
