"""Expressions about a document and how it was, as expressions about both at once: a search can choose the two then."""

from __future__ import annotations

from typing import Any

from specdouble.contract.expression_tree import Field, Name, Node, replaced

BEFORE, AFTER = "before", "after"
_SELF, _OLD = Name("self"), Name("oldSelf")


def pair_schema(schema: Any) -> dict[str, Any]:
    """The schema of a document and how it was, where that is the schema of either."""
    return {"type": "object", "required": [BEFORE, AFTER], "properties": {BEFORE: schema, AFTER: schema}}


def of_pair(tree: Node) -> Node:
    """The expression of such a pair."""
    # `self` first: what stands for `oldSelf` has a `self` of its own in it.
    about_after = replaced(tree, _SELF, Field(_SELF, AFTER))
    return replaced(about_after, _OLD, Field(_SELF, BEFORE))
