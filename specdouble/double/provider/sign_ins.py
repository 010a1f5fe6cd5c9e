"""What users have granted, for as long as it lasts: in memory, so that a restart forgets it."""

from __future__ import annotations

import secrets
import sys
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from functools import partial
from typing import Generic, TypeVar

# Of each kind; then the oldest leaves. What a client sends along (a nonce, an audience) may be as long as a body.
_MOST = 10_000
MOST_BYTES = 16 * 1024 * 1024
CODE_LIFETIME = 60  # seconds
REFRESH_LIFETIME = 30 * 24 * 3600
DEVICE_LIFETIME = 600
GUESSES = 5  # wrong codes of devices that somebody may enter in a minute (RFC 8628, 5.1)
_MINUTE = 60

Held = TypeVar("Held")


@dataclass
class Grant:
    """That a user lets a client act: all tokens of one sign-in come of it. Authlib asks it what it asks its models.

    Args:
        client: who may act.
        subject: for whom.
        scope: how far, separated by spaces.
        issuer: the URL of the provider, as the client knows it.
        auth_time: when the user signed in.
        session: in which session of the browser.
        audience: who else takes its tokens.
        redirect_uri: where the code was sent to.
        nonce: what an ID token repeats.
        code_challenge: what the client proves by its verifier (RFC 7636).
        code_challenge_method: how.
        is_over: whether it was withdrawn.
        id: what its access tokens are known by.
    """

    client: str
    subject: str
    scope: str
    issuer: str
    auth_time: int
    session: str = ""
    audience: tuple[str, ...] = ()
    redirect_uri: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    is_over: bool = False
    id: str = field(default_factory=partial(secrets.token_urlsafe, 12))

    def get_redirect_uri(self) -> str | None:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str | None:
        return self.nonce

    def get_auth_time(self) -> int:
        return self.auth_time

    def get_acr(self) -> None:
        return None

    def get_amr(self) -> None:
        return None

    def get_client_id(self) -> str:
        return self.client

    def check_client(self, client: object) -> bool:
        return getattr(client, "id", None) == self.client

    def needs_verifier(self) -> bool:
        """Whether a client without a secret must prove that it has asked for the code (RFC 9700, 2.1.1)."""
        return True


@dataclass
class Ticket:
    """A code or refresh token: good once, and until then.

    Args:
        grant: what it is exchanged for.
        ends: when, in seconds since the epoch.
        is_used: whether it was exchanged.
    """

    grant: Grant
    ends: float
    is_used: bool = False


@dataclass
class Device:
    """A device that waits for its user (RFC 8628).

    Args:
        grant: what it has asked for; the subject is empty until somebody has said yes.
        user_code: what the user is shown.
        ends: when it is too late.
        polled: when it asked last.
        is_denied: whether somebody has said no.
    """

    grant: Grant
    user_code: str
    ends: float
    polled: float = 0
    is_denied: bool = False
    now: float = 0

    def get_client_id(self) -> str:
        return self.grant.client

    def get_scope(self) -> str:
        return self.grant.scope

    def get_user_code(self) -> str:
        return self.user_code

    def is_expired(self) -> bool:
        return self.ends < self.now


@dataclass(frozen=True)
class Session:
    """A browser in which somebody has signed in.

    Args:
        subject: who.
        since: when.
    """

    subject: str
    since: int


class Shelf(Generic[Held]):
    """So many things, and so many bytes of them, under names that nobody guesses; the oldest leaves."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[Held, int]] = OrderedDict()
        self.bytes = 0

    def put(self, thing: Held, name: str = "") -> str:
        name = name or secrets.token_urlsafe(32)
        self.remove(name)
        self._held[name] = (thing, _bytes_of(thing))
        self.bytes += self._held[name][1]
        while len(self._held) > _MOST or (self.bytes > MOST_BYTES and len(self._held) > 1):
            self.remove(next(iter(self._held)))
        return name

    def get(self, name: str | None) -> Held | None:
        found = self._held.get(name or "")
        return None if found is None else found[0]

    def remove(self, name: str | None) -> None:
        removed = self._held.pop(name or "", None)
        self.bytes -= 0 if removed is None else removed[1]

    def __iter__(self) -> Iterator[Held]:
        return (thing for thing, _ in self._held.values())


def _bytes_of(thing: object) -> int:
    """The memory that a thing takes, with what it is made of: only guesses grow, to a number."""
    if is_dataclass(thing):
        parts = [getattr(thing, one.name) for one in fields(thing)]
    else:
        parts = [*thing] if isinstance(thing, tuple) else []
    return sys.getsizeof(thing) + sum(map(_bytes_of, parts))


class Guesses:
    """Who has entered wrong codes of late: what people can type is short enough to be tried (RFC 8628, 5.1)."""

    def __init__(self) -> None:
        self._wrong: Shelf[list[int]] = Shelf()

    def note(self, who: str, now: int) -> None:
        """Remember that somebody was wrong.

        Args:
            who: the address that the code came from.
            now: in seconds, by the double's clock.
        """
        self._wrong.put([*self._of_late(who, now), now], who)

    def wait(self, who: str, now: int) -> int:
        """For how many seconds no code is taken from there; 0 where one is."""
        wrong = self._of_late(who, now)
        return wrong[-GUESSES] + _MINUTE - now if len(wrong) >= GUESSES else 0

    def _of_late(self, who: str, now: int) -> list[int]:
        # A clock may be set back: what was wrong in a time to come is forgotten.
        return [moment for moment in self._wrong.get(who) or () if 0 <= now - moment < _MINUTE]


class SignIns:
    """The codes, refresh tokens, devices and sessions of one double."""

    def __init__(self) -> None:
        self.guesses = Guesses()
        self.codes: Shelf[Ticket] = Shelf()
        self.refresh_tokens: Shelf[Ticket] = Shelf()
        self.devices: Shelf[Device] = Shelf()
        self.sessions: Shelf[Session] = Shelf()

    def device_of(self, user_code: str) -> Device | None:
        """The device that shows this code."""
        wanted = user_code.replace("-", "").replace(" ", "").upper()
        return next((one for one in self.devices if one.user_code.replace("-", "") == wanted), None)

    def grants_of(self, session: str) -> list[Grant]:
        """What was granted in a session and may be refreshed still."""
        return [ticket.grant for ticket in self.refresh_tokens if session and ticket.grant.session == session]
