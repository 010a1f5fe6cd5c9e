"""What a double is built of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from specdouble.double.http.compiled import CompiledOperation
from specdouble.double.state.documents import Collection
from specdouble.double.state.enforcement import Enforcement
from specdouble.double.state.tokens import Tokens


@dataclass(frozen=True)
class Parts:
    """How each part of a double is made: another callable in the place of one makes a double that differs in it.

    Args:
        enforcement: holds the documents of one collection to its rules.
        collection: one collection as a caller sees it.
        operation: answers one operation.
        tokens: issues and verifies the tokens of one identity.
    """

    enforcement: Callable[..., Enforcement] = Enforcement
    collection: Callable[..., Collection] = Collection
    operation: Callable[..., CompiledOperation] = CompiledOperation
    tokens: Callable[..., Tokens] = Tokens
