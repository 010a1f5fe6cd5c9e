"""The cookie of a session, where the contract's own sign-in would set it and nothing says how.

The cookie's value is who signs in: where the project says nothing of its users, any value is a caller of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from specdouble.contract import Contract, Operation
from specdouble.contract.arguments import wanted_arguments
from specdouble.contract.identity import segment_of
from specdouble.contract.json_type import JSON
from specdouble.contract.people import SIGN_IN, SIGN_OUT
from specdouble.contract.properties import plain
from specdouble.contract.security_scheme import SecurityScheme, security_schemes

Answer = Callable[..., Any]
_NAMES = ("username", "login", "email", "user", "name")
# What proves who signs in, and does not say it: more than what is hidden, since a code tells nobody who he is.
_PROOF = re.compile(r"pass|secret|pin|code|token")
_LONGEST = 200  # letters of a cookie's value


def with_session(contract: Contract, operation: Operation, answer: Answer) -> Answer:
    """The answer, with the cookie that begins or ends a session where the operation is the contract's sign-in or out.

    Args:
        contract: the contract.
        operation: the operation.
        answer: what answers it.
    """
    cookies = [one for one in security_schemes(contract).values() if _is_open(contract, one)]
    begins, ends = _begins(operation), _ends(operation)
    if not cookies or not (begins or ends):
        return answer
    wanted = wanted_arguments(answer, operation)

    def answered(**arguments: JSON) -> Any:
        body, status, headers = answer(**{one: arguments[one] for one, _, _ in wanted if one in arguments})
        value = quote(_who(arguments.get("body")), safe="@") if begins else ""
        gone = "" if begins else "; Max-Age=0"
        # One field sets one cookie, and an answer's header has one field of a name.
        cookie = f"{cookies[0].key}={value}; Path=/; HttpOnly; SameSite=Lax{gone}"
        return body, status, {**(headers or {}), "Set-Cookie": cookie}

    return answered


def _is_open(contract: Contract, scheme: SecurityScheme) -> bool:
    """Whether the scheme is a cookie whose users nothing tells."""
    return scheme.is_cookie and scheme.name not in contract.identities


def _begins(operation: Operation) -> bool:
    """Whether it signs in: a POST with a body that everybody may send, and that says so or declares the cookie."""
    last = plain(segment_of(operation.path))
    if operation.method != "post" or operation.body is None or not operation.is_public or last in SIGN_OUT:
        return False
    return _sets_cookie(operation) or last in SIGN_IN


def _ends(operation: Operation) -> bool:
    """Whether it signs out: `DELETE /session`, `POST /logout`."""
    last = plain(segment_of(operation.path))
    if operation.method == "delete":
        return last in SIGN_IN and not operation.path.rstrip("/").endswith("}")
    return operation.method in ("post", "get") and last in SIGN_OUT


def _sets_cookie(operation: Operation) -> bool:
    response = operation.response(operation.success)
    return response is not None and any(name.lower() == "set-cookie" for name in response.headers)


def _who(body: JSON) -> str:
    """Who signs in, by what the body says; of a password alone, the same one each time."""
    sent = body if isinstance(body, dict) else {}
    texts = {plain(name): value for name, value in sent.items() if isinstance(value, str) and value}
    named = [texts[name] for name in _NAMES if name in texts]
    others = [value for name, value in texts.items() if not _PROOF.search(name)]
    return next(iter([*named, *others]), "someone")[:_LONGEST]
