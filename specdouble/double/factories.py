"""What makes the parts of a double, each replaceable by another that makes them differently."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from specdouble.contract import Resource
from specdouble.double.http.compiled_operation import CompiledOperation
from specdouble.double.http.digest import Digest
from specdouble.double.http.security import Authentication
from specdouble.double.provider.redirects import Redirects
from specdouble.double.provider.sign_ins import SignIns
from specdouble.double.state.access_tokens import AccessTokens
from specdouble.double.state.clock import Clock
from specdouble.double.state.documents import Collection
from specdouble.double.state.keeper import Keeper, keepers_of
from specdouble.double.state.tokens import Tokens


@dataclass(frozen=True)
class Factories:
    """The callables that a double is built with; one of another kind makes a double that differs in it alone.

    Args:
        keepers: what keeps the rules about a resource.
        collection: one collection as a caller sees it.
        operation: answers one operation.
        tokens: issues and verifies the tokens of one identity.
        access_tokens: issues and verifies the access tokens of the provider.
        authentication: tells who is calling.
        digest: holds proofs of passwords against them.
        sign_ins: keeps what users have granted.
        redirects: decides where the provider sends users.
    """

    keepers: Callable[[Resource, Clock], list[Keeper]] = keepers_of
    collection: Callable[..., Collection] = Collection
    operation: Callable[..., CompiledOperation] = CompiledOperation
    tokens: Callable[..., Tokens] = Tokens
    access_tokens: Callable[..., AccessTokens] = AccessTokens
    authentication: Callable[..., Authentication] = Authentication
    digest: Callable[[Clock, str], Digest] = Digest
    sign_ins: Callable[[], SignIns] = SignIns
    redirects: Callable[[Iterable[str], Iterable[str]], Redirects] = Redirects
