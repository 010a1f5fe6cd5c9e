"""How to authenticate: what a refusal says in `WWW-Authenticate` (RFC 9110, 11.6.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from specdouble.contract.security_scheme import SecurityScheme
from specdouble.double.http.digest import Digest
from specdouble.double.state.problem import Problem

_REMEDY = "`specdouble token USER` prints one"
_OVER = f"the token is none of this double's, or is over; {_REMEDY}"
_INVALID = 'Bearer error="invalid_token"'  # RFC 6750, 3.1


class Challenge:
    """The 401 of an operation.

    Args:
        schemes: those that it can be asked by.
        digest: makes challenges anew each time, where one of them is such.
    """

    def __init__(self, schemes: Iterable[SecurityScheme], digest: Digest) -> None:
        known = list(schemes)
        self._digest = digest
        self._words = list(dict.fromkeys(map(_word, known))) or ["Bearer"]
        self._tells_of_tokens = any(scheme.has_scopes for scheme in known)
        self._fixed = {"WWW-Authenticate": ", ".join(self._words)}
        named = ", ".join(dict.fromkeys(scheme.name for scheme in known))
        self._lacking = f"unauthorized: no credential that this double knows ({named}); {_REMEDY}"

    def refusal(self, headers: Mapping[bytes, bytes]) -> Problem:
        """The refusal of a request with these header fields."""
        if "Digest" not in self._words and not self._tells_of_tokens:
            return Problem(401, detail=self._lacking, headers=self._fixed)
        was_shown = headers.get(b"authorization", b"")[:7].lower() == b"bearer "
        said = [self._said(word, headers, was_shown) for word in self._words]
        detail = _OVER if was_shown else self._lacking
        return Problem(401, detail=detail, headers={"WWW-Authenticate": ", ".join(said)})

    def _said(self, word: str, headers: Mapping[bytes, bytes], was_shown: bool) -> str:
        if word == "Digest":
            return self._digest.challenge(headers)
        return _INVALID if word == "Bearer" and was_shown and self._tells_of_tokens else word


def lacking(scopes: Iterable[str]) -> Problem:
    """The refusal of a caller who may do other things (RFC 6750, 3.1).

    Args:
        scopes: all that the operation asks for.
    """
    named = " ".join(scopes)
    field = f'Bearer error="insufficient_scope", scope="{named}"'
    return Problem(403, detail=f"the token lacks the scope {named}", headers={"WWW-Authenticate": field})


def _word(scheme: SecurityScheme) -> str:
    if scheme.kind in ("basic", "digest"):
        return scheme.kind.capitalize()
    is_named = scheme.kind == "other" and scheme.key.isalnum()
    return scheme.key.capitalize() if is_named else "Bearer"


Refuse = Callable[[Mapping[bytes, bytes]], Problem]
