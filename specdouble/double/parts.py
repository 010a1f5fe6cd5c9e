"""What a double is built of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from specdouble.contract import Resource
from specdouble.double.http.compiled import CompiledOperation
from specdouble.double.state.clock import Clock
from specdouble.double.state.documents import Collection
from specdouble.double.state.keeper import Keeper, keepers_of
from specdouble.double.state.tokens import Tokens


@dataclass(frozen=True)
class Parts:
    """How each part of a double is made: another callable in the place of one makes a double that differs in it.

    Args:
        keepers: what keeps the rules about a resource.
        collection: one collection as a caller sees it.
        operation: answers one operation.
        tokens: issues and verifies the tokens of one identity.
    """

    keepers: Callable[[Resource, Clock], list[Keeper]] = keepers_of
    collection: Callable[..., Collection] = Collection
    operation: Callable[..., CompiledOperation] = CompiledOperation
    tokens: Callable[..., Tokens] = Tokens
