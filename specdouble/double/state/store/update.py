"""What update operators leave of a document."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from mongomock import collection as upstream
from mongomock.helpers import patch_datetime_awareness_in_document

from specdouble.double.state.store.client import EmbeddedClient
from specdouble.double.state.store.values import Document, owned, rebuilt, storable

_SCRATCH = EmbeddedClient()["scratch"]["scratch"]


def updated(document: Mapping[str, Any], update: Mapping[str, Any]) -> Document:
    """The document as update operators would leave it; the given one stays as it is.

    Raises:
        ValueError: the update has no operators.
        PyMongoError: an operator cannot be applied.
    """
    draft = rebuilt(dict(document), copy.deepcopy)
    plain = _plainly_set(update)
    if plain is not None:
        draft.update(owned(plain))
        return draft
    upstream.validate_ok_for_update(update)
    change = patch_datetime_awareness_in_document(dict(update))
    _SCRATCH._apply_update_document(draft, {}, change, False)
    return draft


def _plainly_set(update: Mapping[str, Any]) -> Document | None:
    """The properties that an update sets, where that is all it does and each stands at the top."""
    values = update.get("$set") if len(update) == 1 else None
    if type(values) is not dict or not values or not storable(values) or "." in "".join(values) or "_id" in values:
        return None
    return values
