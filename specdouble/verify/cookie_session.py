"""What a server has a user's browser keep: cookies, and the token that proves that a page of its own asks (CSRF)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from specdouble.contract import Contract, Operation
from specdouble.contract.pointer import look_up, tokens
from specdouble.contract.security_scheme import security_schemes

_CSRF = re.compile(r"csrf|xsrf", re.IGNORECASE)
# Where frameworks' own clients put what they find in these cookies (Django, Angular and axios, Flask-JWT-Extended).
_USUAL = {"csrftoken": "X-CSRFToken", "xsrf-token": "X-XSRF-TOKEN", "csrf_access_token": "X-CSRF-TOKEN"}
_SAFE = ("get", "head", "options", "trace")  # RFC 9110, 9.2.1

# Where a value stands in an answer: in a cookie, a header field, or at a path of the body.
Source = dict[str, Any]


class CookieSession:
    """The cookies of one user, and the token against forged requests, as the last answers have told them.

    Args:
        token_cookie: the cookie that holds the token; unless told, one whose name says so.
    """

    def __init__(self, token_cookie: str = "") -> None:
        self.cookies: dict[str, str] = {}
        self.token = ""
        self.page = ""  # what was asked before the login, where something was
        self.source: Source = {}
        self._token_cookie = token_cookie

    def keep(self, lines: Iterable[str]) -> None:
        """Keep what `Set-Cookie` says (RFC 6265, 5.2); a cookie without a value is one that is taken away."""
        for line in lines:
            pair = line.partition(";")[0]
            name, _, value = (part.strip() for part in pair.partition("="))
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
            elif self._holds_token(name):
                self.token, self.source = unquote(value), {"cookie": name}

    def keep_told(self, document: object, headers: Mapping[str, str], pointer: str) -> None:
        """Keep the token that an answer tells in its body, or in a header field of such a name.

        Args:
            document: the answer as JSON.
            headers: its header fields.
            pointer: the settings' pointer into it; empty where they have none.
        """
        for value, source in _told(document, headers, pointer):
            if isinstance(value, str) and value:
                self.token, self.source = value, source
                return

    def field(self) -> str:
        """The header field that such a cookie's value is usually sent in; empty where it is not known."""
        return next((_USUAL[name.lower()] for name in self.cookies if name.lower() in _USUAL), "")

    def sent(self, beside: str = "", leaving_out: str = "") -> str:
        """The value of `Cookie`, with those that are sent anyway before them, and one left out."""
        already = {pair.partition("=")[0].strip() for pair in beside.split(";")} | {leaving_out}
        own = [f"{name}={value}" for name, value in self.cookies.items() if name not in already]
        return "; ".join(filter(None, [beside, *own]))

    def _holds_token(self, name: str) -> bool:
        return name == self._token_cookie if self._token_cookie else bool(_CSRF.search(name))


def _told(document: object, headers: Mapping[str, str], pointer: str) -> Iterator[tuple[Any, Source]]:
    """What may be a token, with where it stands."""
    if pointer:
        with suppress(LookupError, TypeError):
            yield look_up(document, pointer), {"path": list(tokens(pointer))}
    names = document if isinstance(document, dict) else {}
    yield from ((value, {"path": [name]}) for name, value in names.items() if _CSRF.search(name))
    yield from ((value, {"field": name}) for name, value in headers.items() if is_token_field(name))


def is_token_field(name: str) -> bool:
    """Whether a header field is one for a token against forged requests, by its name."""
    return bool(_CSRF.search(name))


def token_schemes(contract: Contract) -> dict[str, str]:
    """The security schemes that are such a token in truth, each with its place: `header` or `cookie`."""
    schemes = security_schemes(contract).values()
    return {one.name: one.place for one in schemes if one.kind == "apiKey" and is_token_field(one.key)}


def token_fields(contract: Contract, operation: Operation) -> list[str]:
    """The header fields that an operation declares for such a token, as parameters or by its security."""
    return list(dict.fromkeys(_token_fields(contract, operation)))


def _token_fields(contract: Contract, operation: Operation) -> Iterator[str]:
    for parameter in operation.parameters:
        if parameter.location == "header" and is_token_field(parameter.name):
            yield parameter.name
    asked = {name for alternative in operation.security for name in alternative}
    for one in security_schemes(contract).values():
        if one.name in asked and one.place == "header" and is_token_field(one.key):
            yield one.key


def token_page(contract: Contract) -> str:
    """The path of an operation that gives such a token, by its name; empty where there is none."""
    reads = (one for one in contract.operations.values() if one.method == "get" and "{" not in one.path)
    return next((one.path for one in reads if _CSRF.search(f"{one.id} {one.path}")), "")


def is_unsafe(operation: Operation) -> bool:
    """Whether a request of the operation changes something, so that a foreign page must not send it."""
    return operation.method not in _SAFE
