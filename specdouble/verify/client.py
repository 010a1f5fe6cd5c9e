"""Sends requests; what the network does wrong is told apart from what the server answers."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from threading import Lock
from typing import Any, Protocol
from urllib.parse import urlencode

import urllib3

from specdouble.contract.media_type import essence
from specdouble.contract.operation import FORM, Operation
from specdouble.url import split_url
from specdouble.verify import form
from specdouble.verify.exchange import Call, Exchange, filled
from specdouble.verify.guard import Guard
from specdouble.verify.lags import Lags
from specdouble.verify.orphans import Orphans
from specdouble.verify.problem import NotExercised, OutOfTime, Trouble, Unanswered
from specdouble.verify.transport import UnfitAnswer, pool_manager, read, reason

JSON = "application/json"
ATTEMPTS = 5  # at a request that a limit or a proxy turns away
LONGEST_PAUSE = 60.0  # seconds that a `Retry-After` may ask for
SAFE = ("GET", "HEAD", "OPTIONS")


class Callers(Protocol):
    """The users of a server, and what proves who asks."""

    def authorize(self, call: Call) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The headers and query parameters of a user's credentials for a call."""

    def proof(self, call: Call, method: str, url: str) -> Mapping[str, str]:
        """The header that proves a password for this very request."""

    def challenged(self, call: Call, field: str) -> bool:
        """Whether a call that was refused with this `WWW-Authenticate` is worth sending once more."""

    def answered(self, call: Call, cookies: tuple[str, ...]) -> None:
        """Keep the cookies that an accepted request is answered with."""


def acceptable(operation: Operation) -> str:
    """What `Accept` asks for: JSON, as most clients do, unless no success is declared to have it.

    Some servers drop the connection where what they do not have is asked for.
    """
    declared = [(status, name) for status, one in operation.responses.items() for name in one.content]
    successes = {essence(name) for status, name in declared if not status.startswith(("4", "5"))}
    if not successes or successes & {JSON, "application/*", "*/*"}:
        return JSON
    return ", ".join(dict.fromkeys(name for _, name in declared))


@dataclass(frozen=True)
class Reply:
    """What was answered to a request for what is no operation of the contract."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    json: Any

    @property
    def ok(self) -> bool:
        """Whether there is such a page."""
        return 200 <= self.status < 300


class Client:
    """One server.

    Args:
        url: its address, its base path included where it differs from the contract's.
        base_path: the contract's own base path, which the operations' paths begin with.
        timeout: seconds to wait for an answer.
        callers: who asks, and what proves it.
        guard: says which requests may be sent.
        headers: header fields that every request carries.
        consistency: seconds until a write is seen by every read.
    """

    def __init__(
        self,
        url: str,
        base_path: str,
        timeout: float,
        callers: Callers,
        guard: Guard,
        headers: Mapping[str, str] | None = None,
        consistency: float = 0,
    ) -> None:
        self.url = url.rstrip("/")
        self.base_path = base_path if split_url(self.url).path else ""
        self.callers, self.guard = callers, guard
        self.orphans = Orphans(guard, self._answer)
        self.headers = dict(headers or {})
        self.lags = Lags(consistency)
        self.requests = 0
        self.waited = 0.0
        self.deadline: float | None = None
        self.stopped = False
        self._lock = Lock()
        self.timeout = timeout
        self._pool = pool_manager(self.url, timeout)

    def close(self) -> None:
        """Close the connections that wait for a next request."""
        self._pool.clear()

    def send(self, call: Call) -> Exchange:
        """Send the request, waiting where a limit asks for it.

        Raises:
            NotExercised: it may change what this run did not create.
            Trouble: no answer, or one that is not the server's own.
            OutOfTime: there is no time left.
        """
        why = self.guard.refuses(call) or self.orphans.refuses(call)
        if why is not None:
            raise NotExercised(why)
        self.orphans.before(call)
        is_safe = call.operation.method.upper() in SAFE
        if is_safe:
            self.lags.wait(call.operation)
        for attempt in range(ATTEMPTS):
            self.check_time()
            try:
                exchange = self._answer(call)
            except (urllib3.exceptions.HTTPError, HTTPException) as error:
                if is_safe and attempt < 2 and not isinstance(error, UnfitAnswer):
                    continue
                slow = isinstance(error, UnfitAnswer | urllib3.exceptions.ReadTimeoutError)
                raise (Trouble if slow else Unanswered)(reason(error)) from None
            finally:
                if not is_safe:
                    self.lags.wrote()
            if exchange.status not in (429, 502, 503, 504) or str(exchange.status) in call.operation.statuses - {"429"}:
                self.orphans.after(call, exchange.status)
                return exchange
            self._wait(exchange, attempt)
        raise Trouble(_turned_away(exchange))

    def post_form(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> tuple[int, Any]:
        """The status and the JSON that are answered to a form; None where it is no JSON.

        Raises:
            Trouble: no answer.
            OutOfTime: there is no time left.
        """
        sent = {"Accept": "application/json", "Content-Type": FORM, **headers}
        reply = self._aside("POST", url, urlencode(form).encode(), sent)
        return reply.status, reply.json

    def submit(self, url: str, form: Mapping[str, str]) -> tuple[int, str]:
        """The status that is answered to a form of a page, and where it leads; empty where it leads nowhere.

        Raises:
            Trouble: no answer.
            OutOfTime: there is no time left.
        """
        sent = {"Accept": "text/html", "Content-Type": FORM}
        reply = self._aside("POST", url, urlencode(form).encode(), sent)
        return reply.status, reply.headers.get("location", "")

    def get_json(self, url: str) -> Any:
        """The JSON at an address that is none of the contract's.

        Raises:
            Trouble: no answer.
            OutOfTime: there is no time left.
        """
        return self._aside("GET", url, None, {"Accept": "application/json"}).json

    def read_page(self, path: str) -> Reply:
        """Read a page of the server, as nobody.

        Raises:
            Trouble: no answer.
            OutOfTime: there is no time left.
        """
        return self._aside("GET", self.url + path, None, {"Accept": "application/json, text/html", **self.headers})

    def _aside(self, method: str, url: str, content: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Ask what is no operation of the contract, with no credentials of its users."""
        self.check_time()
        try:
            answer = self._pool.request(
                method, url, body=content, headers=dict(headers), redirect=False, preload_content=False,
                timeout=self.patience(),
            )  # fmt: skip
            received = read(answer, self.patience())
        except (urllib3.exceptions.HTTPError, HTTPException) as error:
            raise Trouble(reason(error)) from None
        answer.release_conn()
        try:
            document = json.loads(received)
        except (ValueError, RecursionError):
            document = None
        return Reply(answer.status, _fields(answer), _cookies(answer), document)

    def patience(self) -> float:
        """The seconds that an answer may take: no more than there are left."""
        if self.deadline is None:
            return self.timeout
        return max(0.1, min(self.timeout, self.deadline - time.monotonic()))

    def check_time(self) -> None:
        """Raise OutOfTime where there is none left."""
        if self.stopped or (self.deadline is not None and time.monotonic() > self.deadline):
            raise OutOfTime

    def _wait(self, exchange: Exchange, attempt: int) -> None:
        asked = exchange.headers.get("retry-after", "")
        pause = retry_after(asked, attempt)
        if not pause <= LONGEST_PAUSE:  # not a number, too
            raise Trouble(f"the server answers {exchange.status} and asks to wait for {asked[:40]} (Retry-After)")
        if self.deadline is not None and time.monotonic() + pause > self.deadline:
            raise OutOfTime
        with self._lock:
            self.waited += pause
        time.sleep(pause)

    def address(self, call: Call) -> tuple[str, Mapping[str, str]]:
        """The address that a call is sent to, and the headers that carry its credentials."""
        credentials, query = self.callers.authorize(call)
        if call.address is not None:
            return call.address, credentials
        return self.url + _path(call, self.base_path, {**call.query, **query}), credentials

    def _answer(self, call: Call) -> Exchange:
        """The answer to a call, its challenge answered where there is one, and its cookies kept."""
        exchange = self._send(call)
        if exchange.status == 401 and self.callers.challenged(call, exchange.headers.get("www-authenticate", "")):
            exchange = self._send(call)
        if exchange.cookies and exchange.ok:
            self.callers.answered(call, exchange.cookies)
        return exchange

    def _send(self, call: Call) -> Exchange:
        url, credentials = self.address(call)
        proof = self.callers.proof(call, call.operation.method.upper(), url)
        headers = {"Accept": acceptable(call.operation), **self.headers, **call.headers, **credentials, **proof}
        content = call.raw
        if content is not None:
            headers.setdefault("Content-Type", call.media_type)
        elif call.has_body:
            is_form = call.media_type.startswith(FORM) and isinstance(call.body, dict)
            text = json.dumps(call.body, ensure_ascii=False)
            content = form.written(call.body) if is_form else text.encode("utf-8", "surrogatepass")
            headers.setdefault("Content-Type", call.media_type)
        started, clock = time.time(), time.perf_counter()
        with self._lock:
            self.requests += 1
        method = call.operation.method.upper()
        number = self.guard.ledger.send(call)
        try:
            answer = self._pool.request(
                method, url, body=content, headers=headers, redirect=False, preload_content=False,
                timeout=self.patience(),
            )  # fmt: skip
            received = read(answer, self.patience())
        except (UnfitAnswer, urllib3.exceptions.ReadTimeoutError):
            self.guard.ledger.attempts.late(number)
            raise
        answer.release_conn()
        exchange = Exchange(
            call, method, url, headers, content, answer.status, _fields(answer), received, started,
            time.perf_counter() - clock, _cookies(answer),
        )  # fmt: skip
        self.guard.ledger.answer(number, call, exchange)
        return exchange


def _fields(answer: urllib3.BaseHTTPResponse) -> dict[str, str]:
    """The header fields by name in lower case, the lines of one name together (RFC 9110, 5.2)."""
    return {name.lower(): value for name, value in answer.headers.itermerged()}


def _cookies(answer: urllib3.BaseHTTPResponse) -> tuple[str, ...]:
    """What each cookie is set by: these lines alone cannot be put together (RFC 6265, 3)."""
    return tuple(answer.headers.getlist("set-cookie"))


def _path(call: Call, base_path: str, query: Mapping[str, Any]) -> str:
    path = filled(call.operation.path, call.path).removeprefix(base_path)
    spelled = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
    return path + ("?" + urlencode(spelled, doseq=True) if query else "")


def retry_after(text: str, attempt: int) -> float:
    """The seconds that a `Retry-After` asks for, or a growing pause where there is none that can be read."""
    try:
        return max(float(text), 0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0)
    except (TypeError, ValueError, OverflowError):
        return float(0.1 * 2**attempt)


def _turned_away(exchange: Exchange) -> str:
    if exchange.status == 429:
        return f"the server still limits the rate of requests (429) after {ATTEMPTS} attempts"
    return f"something before the server answers {exchange.status}, after {ATTEMPTS} attempts"
