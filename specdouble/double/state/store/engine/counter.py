"""Numbers that the server counts: who asks again, because no answer came, has the number that was counted for it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from specdouble.double.state.store.engine.names import REVISION
from specdouble.double.state.store.engine.outage import upserted
from specdouble.double.state.store.values import Document


def counted(counters: Any, id: str, change: Document, alone: Callable[[], AbstractContextManager[None]]) -> Document:
    """A counter after a change of it, which is done once; where another one counts before it is asked again, twice.

    Args:
        counters: the collection that has it.
        id: of the counter; it is made where there is none.
        change: counts, by operators.
        alone: keeps others from counting meanwhile, where the server cannot.

    Raises:
        Problem: 503, the server stays away.
    """
    revision = str(ObjectId())
    marked = {**change, "$set": {**change.get("$set", {}), REVISION: revision}}

    def count() -> Document:
        with alone():
            found: Document = counters.find_one_and_update(
                {"_id": id}, marked, upsert=True, return_document=ReturnDocument.AFTER
            )
        return found

    return upserted(count, lambda: counters.find_one({"_id": id, REVISION: revision}))
