"""A double for tests: one server, and a world of its own for each test.

```python
with specdouble.testing.double("openapi.yaml") as double, double.world() as world:
    answer = world.client("ada@tether.example").post("/api/lead-management", json={...})
    assert world.refused("unique:lead_management.configurationName")
```
"""

from __future__ import annotations

import ssl
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from specdouble.rules import KINDS

WORLD = "X-Specdouble-World"
_CONTROL = "/_specdouble"
_TIMEOUT = 30  # seconds
_NEAR = 5  # names that are told where one is misspelt
_LISTED = 20  # names that are told where none is near
_IDLE = 1  # seconds after which a connection is not used again: a server may close it as it pleases
_OF_TRANSPORT = {"transport", "mounts", "proxy", "verify", "cert", "http1", "http2", "limits"}  # options of a client


class Unanswered(Exception):
    """What was asked of a double's control plane cannot be done; its words say why."""


class DoubleClient:
    """A double that serves, asked over HTTP: directly, whatever proxy the environment names.

    Args:
        url: its base URL, wherever it runs.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=_IDLE)
        self.connections = Lent(httpx.HTTPTransport(verify=_certificates(), limits=limits))
        self._http = httpx.Client(base_url=self.url, timeout=_TIMEOUT, transport=self.connections.transport)

    def find(self) -> None:
        """See that it serves.

        Raises:
            Unanswered: it does not.
        """
        try:
            self.control("GET", "health")
        except httpx.TransportError as error:
            reason = f"no double answers at {self.url}: {error}\n    remedy: `specdouble serve` starts one"
            raise Unanswered(reason) from error

    def world(self, name: str | None = None) -> WorldClient:
        """A world of this double; without a name one that nobody else has."""
        return WorldClient(self, name or uuid.uuid4().hex)

    def set_clock(self, at: str | None = None, *, shift: str | None = None, speed: float | None = None) -> None:
        """Move the time of all worlds; without arguments, back to the machine's.

        Args:
            at: a moment (RFC 3339), at which time stands still unless it has a speed.
            shift: how far it runs ahead (`+3h`).
            speed: seconds in a second.
        """
        given = {"at": at, "shift": shift, "speed": speed}
        wanted = {name: value for name, value in given.items() if value is not None}
        self.control("PUT", "clock", json=wanted) if wanted else self.control("DELETE", "clock")

    def forget(self, world: str) -> None:
        """Let a world go, if it has been used at all."""
        self._http.delete(f"{_CONTROL}/worlds/{world}")

    def control(self, method: str, path: str, **options: Any) -> Any:
        """Ask the control plane; gives the JSON that it answers, or None.

        Raises:
            Unanswered: it refuses.
            httpx.TransportError: nobody answers.
        """
        answer = self._http.request(method, f"{_CONTROL}/{path}", **options)
        if answer.is_error:
            raise Unanswered(_reason(answer))
        return answer.json() if answer.content else None

    def control_text(self, path: str) -> str:
        """What the control plane tells in a form of its own: `coverage?format=lcov`, `journal?format=pytest`.

        Raises:
            Unanswered: it refuses.
            httpx.TransportError: nobody answers.
        """
        answer = self._http.get(f"{_CONTROL}/{path}")
        if answer.is_error:
            raise Unanswered(_reason(answer))
        return answer.text

    def coverage(self) -> dict[str, Any]:
        """Which operations, statuses and refusals clients have provoked, in all worlds, and which `never`."""
        report: dict[str, Any] = self.control("GET", "coverage")
        return report

    def hold_to_contract(self, wanted: Mapping[str, str | int]) -> None:
        """Hold what is looked for to what the contract has: of a misspelt name there is never an exchange.

        A handler may refuse by a rule of its own, of no kind that contracts have.

        Raises:
            LookupError: the contract has no such rule or operation.
        """
        if not {"rule", "operation"} & wanted.keys():
            return
        contract = self.control("GET", "contract")
        rules = [rule["id"] for rule in contract["rules"]]
        rule = str(wanted.get("rule", ""))
        is_meant = rule.partition(":")[0] in KINDS or any(rule in known for known in rules)
        if rule and rule not in rules and is_meant:
            raise LookupError(_unknown("rule", rule, rules))
        operations = [operation["id"] for operation in contract["operations"]]
        operation = str(wanted.get("operation", ""))
        if operation and operation not in operations:
            raise LookupError(_unknown("operation", operation, operations))

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()


class Lent(httpx.BaseTransport):
    """Connections that many clients use: to open one takes as long as a request.

    Args:
        transport: holds them; who closes a client that was lent them leaves them open.
    """

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self.transport = transport

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request."""
        return self.transport.handle_request(request)


class WorldClient:
    """One isolated state of a double; forgotten at the end of its context.

    Args:
        double: the double.
        name: the world's name, as the header `X-Specdouble-World` has it.
    """

    def __init__(self, double: DoubleClient, name: str) -> None:
        self.double = double
        self.name = name
        self.url = double.url
        self.headers = {WORLD: name}
        self._clients: list[httpx.Client] = []

    def __enter__(self) -> WorldClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def client(self, user: str | None = None, **options: Any) -> httpx.Client:
        """A client for this world; it is closed with the world.

        Args:
            user: who is signed in, by e-mail address or another unique property, or id; nobody where it is None.
            options: `httpx.Client`'s own; with one about connections it has some of its own.
        """
        placed = self.credentials(user) if user is not None else {"headers": {}, "query": {}, "cookies": {}}
        is_alike = _OF_TRANSPORT.isdisjoint(options)
        connections = {"transport": self.double.connections} if is_alike else {"verify": _certificates()}
        client = httpx.Client(
            base_url=self.url,
            headers={**self.headers, **placed["headers"], **options.pop("headers", {})},
            params={**placed["query"], **options.pop("params", {})},
            cookies={**placed["cookies"], **options.pop("cookies", {})},
            **{"timeout": _TIMEOUT, **connections, **options},
        )
        self._clients.append(client)
        return client

    def credentials(self, user: str) -> dict[str, dict[str, str]]:
        """The `headers`, `query` parameters and `cookies` that make a request that user's.

        Raises:
            Unanswered: the world has no such user.
        """
        placed: dict[str, dict[str, str]] = self.double.control("GET", f"credentials/{user}", headers=self.headers)
        return placed

    def seed(self, **collections: list[dict[str, Any]]) -> None:
        """Have these documents and, of the collections that are not named, those of the seed.

        Raises:
            Unanswered: they break the contract.
        """
        snapshot = f"snapshots/{self.name}"
        self.double.control("PUT", snapshot, json=collections)
        try:
            self.double.control("POST", f"{snapshot}/restore", headers=self.headers)
        finally:
            self.double.control("DELETE", snapshot)

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        """What the world holds, by collection."""
        snapshot = f"snapshots/{self.name}"
        self.double.control("PUT", snapshot, headers=self.headers)
        held: dict[str, list[dict[str, Any]]] = self.double.control("GET", snapshot)
        self.double.control("DELETE", snapshot)
        return held

    def reset(self) -> None:
        """Have the seed again."""
        self.double.control("POST", "reset", headers=self.headers)

    def journal(self, **wanted: str | int) -> list[dict[str, Any]]:
        """The exchanges of this world, the last one first.

        Args:
            wanted: what their `operation`, `method`, `status` or `rule` has to be.

        Raises:
            LookupError: none has been, and the contract has no such rule or operation: a misspelt one is never found.
        """
        exchanges: list[dict[str, Any]] = self.double.control("GET", "journal", params={"world": self.name, **wanted})
        if not exchanges:
            self.double.hold_to_contract(wanted)
        return exchanges

    def await_exchange(self, seconds: int = 10, **wanted: str | int) -> dict[str, Any]:
        """The last exchange of this world that has these fields; it is waited for.

        Args:
            seconds: for how long at most.
            wanted: what its `operation`, `method`, `status` or `rule` has to be.

        Raises:
            TimeoutError: there was none in that time.
            LookupError: the contract has no such rule or operation.
        """
        self.double.hold_to_contract(wanted)
        found = self.journal(**wanted, wait=seconds, limit=1)
        if not found:
            raise TimeoutError(f"no exchange of world {self.name} has {wanted} after {seconds} s")
        return found[0]

    def refused(self, rule: str) -> list[dict[str, Any]]:
        """The exchanges that a rule has refused; none is false.

        Raises:
            LookupError: it is of a kind that contracts have, and not one of the contract's; those near are named.
        """
        return self.journal(rule=rule)

    def close(self) -> None:
        """Close the clients, and forget the world if it was used."""
        for client in self._clients:
            client.close()
        self._clients.clear()
        self.double.forget(self.name)


def _reason(answer: httpx.Response) -> str:
    """What was asked, and why that cannot be done: in the words of problem details, where they are there."""
    text = answer.text
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        problem = answer.json()
        text = f"{problem['title']}: {problem['detail']}" if problem.get("detail") else problem["title"]
    return f"{answer.request.method} {answer.url} answered {answer.status_code}: {text}"


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    """That there is no such thing, with the names that are near; with all of them, where none is."""
    names = list(known)
    near = get_close_matches(name, names, n=_NEAR, cutoff=0.5)
    told = ", ".join(f"`{one}`" for one in near or names[:_LISTED]) or "none at all"
    return f"the contract has no {what} `{name}`; " + (f"near are {told}" if near else f"there are {told}")


@cache
def _certificates() -> ssl.SSLContext:
    """One for all clients: to read the certificates takes longer than a test."""
    return httpx.create_ssl_context()


@contextmanager
def double(contract: str | Path = ".", *, seed: int | None = None, clock: str | None = None) -> Iterator[DoubleClient]:
    """Serve a double while the context lasts.

    Args:
        contract: a project's folder, or a contract's file.
        seed: makes ids and samples repeat.
        clock: a moment at which time stands still, or a shift (`+3h`).

    Raises:
        specdouble.contract.Refused: the contract or its documents are wrong; the findings say where.
    """
    from specdouble.double.double import Settings
    from specdouble.double.server import serving

    with serving(Settings(Path(contract), seed, clock)) as url:
        client = DoubleClient(url)
        try:
            yield client
        finally:
            client.close()
