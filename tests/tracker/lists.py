"""Which documents a list shows: those that the filters leave, in the order asked for, page by page."""

import base64
import json
import random
from collections.abc import Callable
from typing import Any

Document = dict[str, Any]


def filtered(documents: list[Document], wanted: dict[str, Callable[[Document], bool]], faults: frozenset[str]) -> Any:
    """The documents that all filters take."""
    if not wanted:
        return documents
    joined = any if "filters_joined_by_or" in faults else all
    return [one for one in documents if joined(takes(one) for takes in wanted.values())]


def ordered(documents: list[Document], key: str, descending: bool, faults: frozenset[str]) -> list[Document]:
    """The documents by a property; what lacks it comes last, and equals in the order of creation."""
    if "sort_ignored" in faults:
        return documents
    if "order_of_equals_by_chance" in faults:
        documents = random.sample(documents, len(documents))
    as_text = "sort_numbers_as_text" in faults

    def place(one: Document) -> Any:
        value = one[key]
        return str(value).zfill(0) if as_text and isinstance(value, int | float) else value

    there = [one for one in documents if one.get(key) is not None]
    return sorted(there, key=place, reverse=descending) + [one for one in documents if one.get(key) is None]


def numbered(documents: list[Document], page: int, size: int, faults: frozenset[str]) -> list[Document]:
    """The page of a number."""
    first = (page - 1) * size
    last = first + size
    if page > 1:
        first += ("page_skips_one" in faults) - ("page_repeats_one" in faults)
        last -= "page_repeats_one" in faults
    shown = documents[max(first, 0) : last]
    if "pages_end_early" in faults and page > 1 and len(shown) < size:
        return []
    if "page_beyond_shows_last" in faults and page > 1 and not shown:
        return documents[-size:]
    return shown[:10] if "page_capped_at_ten" in faults else shown


def after(
    documents: list[Document], cursor: str | None, limit: int, faults: frozenset[str]
) -> tuple[list[Document], str | None]:
    """The page that a cursor begins, and the cursor of the next one."""
    first = 0
    if cursor is not None:
        first = _read(cursor) + ("cursor_skips" in faults) - ("cursor_repeats" in faults)
    shown = documents[max(first, 0) : first + limit]
    last = first + len(shown)
    more = last < len(documents) and not ("cursor_ends_early" in faults and cursor is not None)
    if "cursor_never_ends" in faults and shown:
        more = True
    return shown, _written(last) if more else None


def _written(place: int) -> str:
    return base64.urlsafe_b64encode(json.dumps({"at": place}).encode()).decode()


def _read(cursor: str) -> int:
    try:
        place = json.loads(base64.urlsafe_b64decode(cursor.encode()))["at"]
    except (ValueError, KeyError, TypeError):
        raise ValueError("the cursor is none of this list's") from None
    if not isinstance(place, int) or place < 0:
        raise ValueError("the cursor is none of this list's")
    return place
