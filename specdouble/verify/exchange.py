"""A request and its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any
from urllib.parse import quote, urlsplit

from specdouble.contract import Action, Operation
from specdouble.contract.media_type import essence

DEEPEST = 200  # levels of an answer that is read


# The part of a call that a parameter goes into, by its location; credentials bring the cookies.
PART_OF = {"path": "path", "query": "query", "header": "headers"}


def in_path(path: str, parameter: str, value: object) -> Any:
    """The value as the path takes it: of a resource name, `memos/7` in `/v1/memos/{memo}`, what the path has not.

    Source: Google's API improvement proposals, 122.
    """
    before = path.partition("{" + parameter + "}")[0]
    segment = before.rstrip("/").rpartition("/")[2] + "/"
    above, named, own = value.rpartition(segment) if isinstance(value, str) else ("", "", "")
    is_name = named and own and "/" not in own and (not above or above.endswith("/"))
    return own if is_name else value


def is_segment(value: object) -> bool:
    """Whether a path can name the value: without one, or with dots, it is another path (RFC 3986, 5.2.4).

    Encoded dots are the same to who normalises the address (RFC 3986, 6.2.2.2).
    """
    return value is not None and str(value) not in ("", ".", "..")


def filled(path: str, values: Mapping[str, Any]) -> str:
    """The path with its parameters' values, as they are written in an address (RFC 3986, 2.1)."""
    whole = path
    for name, value in values.items():
        whole = whole.replace("{" + name + "}", quote(str(in_path(path, name, value)), safe=""))
    return whole


@dataclass(frozen=True)
class Proof:
    """What is proved in the place of a user's own password, or in another way (RFC 7616).

    Args:
        credential: `NAME:PASSWORD`.
        target: the path that it is proved for, where that is not the request's.
        nonce: the nonce that it is proved with, where that is not the server's.
        method: the method that it is proved for, where that is not the request's.
        miscounted: whether it says another count than it is proved with.
    """

    credential: str = field(repr=False)
    target: str | None = None
    nonce: str | None = None
    method: str | None = None
    miscounted: bool = False


@dataclass(frozen=True)
class Call:
    """A request to be sent.

    Args:
        operation: what is asked.
        user: the name of who asks; None where nobody is said to.
        path: the path parameters.
        query: the query parameters.
        headers: further headers.
        body: what is sent as JSON; `None` with `has_body` is `null`.
        authorization: headers that stand in for the user's own credentials.
        proof: what is proved in the place of the user's own password, where the scheme is Digest.
        raw: what is sent in place of a body of JSON.
        address: what is asked in place of the operation's own path, where an answer told it.
        together: the number of the volley that it is sent in, where several are sent at once.
        waited: seconds that were waited before it, for the server's clock to show a later moment.
    """

    operation: Operation
    user: str | None = None
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    has_body: bool = False
    authorization: Mapping[str, str] | None = None
    proof: Proof | None = None
    raw: bytes | None = None
    together: int | None = None
    address: str | None = None
    waited: float = 0

    @property
    def shows_own_credentials(self) -> bool:
        """Whether it is sent with what the user is known by, and not with something in its place."""
        return self.authorization is None and self.proof is None

    @property
    def media_type(self) -> str:
        """The media type of its body: the one that the operation takes."""
        media = self.operation.document_body
        return media.type if media is not None and "*" not in media.type else "application/json"


@dataclass(frozen=True)
class Exchange:
    """A request that was sent, and what came back; `cookies` are its `Set-Cookie` lines."""

    call: Call
    method: str
    url: str
    sent_headers: Mapping[str, str]
    sent: bytes | None
    status: int
    headers: Mapping[str, str]
    content: bytes
    started: float
    elapsed: float
    cookies: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the request was accepted."""
        return 200 <= self.status < 300

    @property
    def refused(self) -> bool:
        """Whether the request was refused."""
        return 400 <= self.status < 500

    @property
    def path(self) -> str:
        """The path that was asked for, without the query."""
        return urlsplit(self.url).path

    @property
    def type(self) -> str:
        """The media type of the answer."""
        return essence(self.headers.get("content-type", ""))

    @property
    def text(self) -> str:
        """The answer as text, whatever it is."""
        return self.content.decode("utf-8", "replace")

    @cached_property
    def json(self) -> Any:
        """The answer as JSON; `...` where it is none, or nested deeper than is read."""
        try:
            found = json.loads(self.content)
        except (ValueError, RecursionError):
            return ...
        return found if _is_shallow(found) else ...

    def at(self, path: tuple[str, ...]) -> Any:
        """What the property names lead to in the answer; None where there is nothing."""
        value = self.json
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return None if value is ... else value

    def shown(self, action: Action) -> Any:
        """The document that the answer shows of the action; an array that is no list has it as its one entry."""
        found = self.at(action.envelope)
        found = found[0] if action.in_array and isinstance(found, list) and len(found) == 1 else found
        return found if action.envelope else self._part_that_was_sent(found)

    def _part_that_was_sent(self, found: Any) -> Any:
        """The one part of an answer that shows what was sent, where its root shows nothing of it and no id.

        Of `{"message": "created", "event": {...}}` many contracts say no more than that it is an object.
        """
        sent = self.call.body
        if not isinstance(found, dict) or not isinstance(sent, dict) or sent.keys() & found.keys():
            return found
        if any(name.lower().endswith("id") for name in found):
            return found
        parts = [one for one in found.values() if isinstance(one, dict) and _shows(one, sent)]
        return parts[0] if len(parts) == 1 else found

    def told(self, limit: int = 160) -> str:
        """Status and beginning of the answer, for a sentence."""
        text = " ".join(self.content[: 8 * limit].decode("utf-8", "replace").split())
        text = text if len(text) <= limit else text[: limit - 1] + "…"
        return f"{self.status} {text}".strip()


def _shows(document: dict[str, Any], sent: dict[str, Any]) -> bool:
    """Whether a document has most of what was sent, and a text or number of it as it was."""
    common = document.keys() & sent.keys()
    same = [name for name in common if type(sent[name]) in (str, int, float) and document[name] == sent[name]]
    return 2 * len(common) > len(sent) and bool(same)


def _is_shallow(value: object) -> bool:
    """Whether a document is nested no deeper than is read."""
    level, depth = [value] if isinstance(value, dict | list) else [], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            return False
        inner = chain.from_iterable(one.values() if isinstance(one, dict) else one for one in level)
        level = [one for one in inner if isinstance(one, dict | list)]
    return True
