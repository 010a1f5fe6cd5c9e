"""What the control plane tells of exchanges: the journal, what decided, exports, coverage; and sends one again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from specdouble.contract import CollectionRule
from specdouble.contract.digits import number_of
from specdouble.contract.json_type import JSON
from specdouble.double.http.administration import json_object, json_response, whole_number
from specdouble.double.http.asgi import ASGIApp, Receive, Scope, Send
from specdouble.double.http.aside import aside
from specdouble.double.http.credentials import Credentials, Placed, name_of
from specdouble.double.http.exports import Exported, curl, http_archive, pytest_test
from specdouble.double.http.sending import NOBODY, send
from specdouble.double.http.served import Served
from specdouble.double.state.decisions import Decision, decisions
from specdouble.double.state.documents import Written
from specdouble.double.state.enforcement import presented
from specdouble.double.state.excerpt import deciding
from specdouble.double.state.hidden import HiddenDocuments
from specdouble.double.state.ignored import ignored
from specdouble.double.state.journal import FIELDS, Beginning, Entry
from specdouble.double.state.masking import Exchanged, Masking
from specdouble.double.state.problem import Problem
from specdouble.double.state.streams import Streams
from specdouble.double.state.worlds import DEFAULT_WORLD

FORGOTTEN = "X-Specdouble-Forgotten"  # how many exchanges had to make room in the journal
_FORMS = ("json", "summary", "har", "curl", "pytest")
_FURTHER = ("since", "limit", "wait", "format")
_LONGEST_WAIT = 60.0  # seconds
_LOOK = 0.05  # seconds between two looks at what is new, for who waits
_TICK = 0.2  # the same for a console
_SHOWN = 100  # exchanges that a console is told of in a tick: nobody reads more
_BREATH = 2.0  # seconds of silence after which a stream says that it lives, and learns whether anybody listens


@dataclass(frozen=True)
class _Search:
    """What is looked for in the journal.

    Args:
        wanted: what fields of an exchange have to be.
        since: only exchanges of that number or later.
        limit: no more than so many.
        wait: seconds to wait for the first one.
        form: how they are told.
    """

    wanted: Mapping[str, str]
    since: int
    limit: int
    wait: float
    form: str


class Inspection:
    """Answers the paths that tell of exchanges.

    Args:
        double: the double.
        prefix: what stands before each path.
        operations: what answers requests to the contract's operations.
    """

    def __init__(self, double: Served, prefix: str, operations: ASGIApp) -> None:
        self._double = double
        self._operations = operations
        self._hidden = HiddenDocuments(double.contract, double.accounts, double.worlds.at_hand)
        self._gathering: asyncio.Task[None] | None = None
        self._masking: Masking | None = None  # made when it is asked for: it reads the whole contract
        one = f"{prefix}/journal/{{number:int}}"
        self.routes = [
            Route(f"{prefix}/journal", self._journal, methods=["GET"]),
            Route(f"{prefix}/journal/count", self._count, methods=["GET"]),
            Route(one, self._one, methods=["GET"]),
            Route(f"{one}/again", self._again, methods=["POST"]),
            Route(f"{prefix}/send", self._send, methods=["POST"]),
            Route(f"{prefix}/events", self._events, methods=["GET"]),
            Route(f"{prefix}/coverage", self._coverage, methods=["GET"]),
            Route(f"{prefix}/coverage", self._clear_coverage, methods=["DELETE"]),
        ]

    # The journal

    async def _journal(self, request: Request) -> Response:
        search = _search(request)
        found = await self._found(search)
        answer = self._told(found, search.form, request)
        answer.headers[FORGOTTEN] = str(self._double.journal.forgotten)
        return answer

    async def _count(self, request: Request) -> Response:
        return json_response({"count": len(await self._found(_search(request)))})

    async def _found(self, search: _Search) -> list[tuple[int, Entry]]:
        """The exchanges that are looked for, the last one first; at least one of them, where there is time to wait."""
        found = self._look(search)
        if found or not search.wait:
            return found
        waited = 0.0
        with self._double.streams.one():
            while not found and waited < search.wait and await self._double.streams.rest(_LOOK):
                waited += _LOOK
                await self._gather()
                found = self._look(search)
        return found

    async def _gather(self) -> None:
        """Have at hand what other processes have answered since; those who look at the same moment look once."""
        if not self._double.waits:
            return
        if self._gathering is None or self._gathering.done():
            self._gathering = asyncio.create_task(asyncio.to_thread(self._double.gather))
        await asyncio.shield(self._gathering)  # whoever leaves takes it from nobody

    def _look(self, search: _Search) -> list[tuple[int, Entry]]:
        found: list[tuple[int, Entry]] = []
        for numbered in self._double.journal.found(search.wanted, search.since):
            if len(found) == search.limit:
                break
            found.append(numbered)
        return found

    def _told(self, found: list[tuple[int, Entry]], form: str, request: Request) -> Response:
        if form == "json":
            masking = self._current_masking()
            return json_response([{"number": number, **entry.shown(masking.exchange())} for number, entry in found])
        if form == "summary":
            masking = self._current_masking()
            return json_response([self._summary(number, entry, masking.exchange()) for number, entry in found])
        exported = [self._exported(entry) for _, entry in found]
        if form == "har":
            return Response(http_archive(exported, _base(request)), media_type="application/json")
        exported.reverse()  # in the order in which they are to be done
        write = _writer(form, request)
        return PlainTextResponse("\n".join(write(one) for one in exported))

    async def _one(self, request: Request) -> Response:
        number, entry = self._entry(request)
        form = _form(request)
        if form == "json":
            return json_response(self.explained(number, entry))
        if form == "har":
            return Response(http_archive([self._exported(entry)], _base(request)), media_type="application/json")
        return PlainTextResponse(_writer(form, request)(self._exported(entry)))

    def _entry(self, request: Request) -> tuple[int, Entry]:
        number: int = request.path_params["number"]
        entry = self._double.journal.of(number)
        if entry is None:
            raise Problem(404, detail=f"the journal has no exchange {number}, or has forgotten it")
        return number, entry

    def explained(self, number: int, entry: Entry) -> dict[str, JSON]:
        """An exchange with all that decided its answer."""
        contract = self._double.contract
        masked = self._current_masking().exchange()
        told = {"number": number, **entry.shown(masked)}
        found = decisions(contract, entry, self._hidden.of(entry))
        resolution = self._double.resolutions.get(entry.operation or "")
        refusing = [decision.rule for decision in found if decision.verdict == "refused"]
        return {
            **told,
            "media_type": entry.media_type.decode("latin-1"),
            "caller": self._caller(entry),
            "is_cut": isinstance(entry.request_body, Beginning),
            "answered": None if resolution is None else {"by": resolution.by, "why": resolution.why},
            "is_read": entry.is_read,
            "decisions": [self._told_decision(decision, entry, masked) for decision in found],
            "writes": [self._told_write(write, masked) for write in entry.writes],
            "ignored": [asdict(one) for one in ignored(contract, entry)],
            "contract": [asdict(one) for one in deciding(contract, entry, refusing)],
        }

    def _in_the_way(self, decision: Decision, entry: Entry, masked: Exchanged) -> JSON:
        """The document that was in the way, as it is now."""
        world, rule = self._double.worlds.at_hand(entry.world), decision.rule
        if world is None or decision.document is None or not isinstance(rule, CollectionRule):
            return None
        stored = world.stored(rule.collection, decision.document)
        return (
            None
            if stored is None
            else masked.value(presented(stored, self._double.contract.resources[rule.collection]))
        )

    def _told_decision(self, decision: Decision, entry: Entry, masked: Exchanged) -> dict[str, JSON]:
        rule = decision.rule
        return {
            "rule": rule.id,
            "sentence": str(rule),
            "verdict": decision.verdict,
            "message": masked.text(decision.message),
            "document": decision.document,
            "in_the_way": self._in_the_way(decision, entry, masked),
            "file": rule.file,
            "line": rule.line,
        }

    def _told_write(self, write: Written, masked: Exchanged) -> dict[str, JSON]:
        collection, before, after, size, is_refused = write
        if before is None and after is None:
            return {"collection": collection, "left_out": size}
        resource = self._double.contract.resources.get(collection)
        shown = [None if one is None else masked.value(presented(one, resource)) for one in (before, after)]
        return {"collection": collection, "before": shown[0], "after": shown[1], "refused": is_refused}

    def _caller(self, entry: Entry) -> str | None:
        if entry.caller is None:
            return None
        world = self._double.worlds.at_hand(entry.world) or self._double.world(DEFAULT_WORLD)
        return name_of(self._double.contract, world, entry.caller)

    def _exported(self, entry: Entry) -> Exported:
        who = self._caller(entry)
        credentials: Placed | None = None
        if who is not None:
            try:
                credentials = self._credentials(entry.world, who)
            except Problem:  # the user is there no more
                who = None
        return Exported(entry, self._current_masking().exchange(), who, credentials)

    def _credentials(self, world: str, who: str) -> Placed:
        return Credentials(self._double).of(self._double.world(world), who)

    def _current_masking(self) -> Masking:
        if self._masking is None:
            self._masking = Masking(self._double.contract)
        return self._masking

    # Sending

    async def _again(self, request: Request) -> Response:
        """Send a request of the journal again, as the same caller or as another."""
        _, entry = self._entry(request)
        if isinstance(entry.request_body, Beginning):
            raise Problem(409, "Too large to be sent again", "the journal keeps the beginning of its body alone")
        given = await json_object(request)
        who = given.get("as", self._caller(entry))
        target = entry.path + (f"?{entry.query.decode('latin-1')}" if entry.query else "")
        headers = {"content-type": entry.media_type.decode("latin-1")} if entry.media_type else {}
        return await self._answered(entry.method, target, headers, entry.request_body, entry.world, who)

    async def _send(self, request: Request) -> Response:
        """Send a request: `method`, `target`, `headers`, `body`, `world`, and as whom (`as`)."""
        given = await json_object(request)
        headers, body = given.get("headers", {}), given.get("body", "")
        texts = [given.get("method", "GET"), given.get("target"), body, given.get("world", DEFAULT_WORLD)]
        is_fitting = isinstance(headers, dict) and all(isinstance(one, str) for one in [*texts, *headers.values()])
        if not is_fitting or not str(given.get("target")).startswith("/"):
            raise Problem(422, detail="write `method`, `target` (a path), `headers`, `body`, `world` and `as` as texts")
        method, target, _, world = texts
        return await self._answered(method, target, headers, body.encode(), world, given.get("as"))

    async def _answered(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, world: str, who: Any
    ) -> Response:
        credentials = NOBODY if who is None else self._credentials(world, str(who))
        sent = await send(self._operations, method, target, {**headers, "x-specdouble-world": world}, body, credentials)
        # Nothing is recorded by this process between the end of that and now.
        latest = self._double.journal.own.latest
        if self._double.waits:
            await asyncio.to_thread(self._double.gather)
        return json_response({"number": self._double.journal.number_of(latest), **sent.as_json()})

    # Events

    async def _events(self, request: Request) -> Response:
        since = whole_number(request.query_params, "since", self._double.journal.recorded)
        last = number_of(request.headers.get("last-event-id"))
        if last is not None:  # a browser that connects again has seen this one
            since = last + 1
        return _Stream(self._double.streams, self._news(since))

    async def _news(self, seen: int) -> AsyncIterator[bytes]:
        """What is new, as server-sent events; a line of silence tells that the stream lives."""
        journal, masking = self._double.journal, self._current_masking()
        yield b"retry: 1000\n: the exchanges as they come\n\n"
        silent = 0.0
        while await self._double.streams.rest(_TICK):
            silent += _TICK
            with suppress(Problem):  # the store is away: there is nothing new
                await self._gather()
            recorded = journal.recorded
            if recorded > seen:
                told = self._news_since(max(seen, recorded - _SHOWN), masking)
                news = {"exchanges": told, "left_out": max(0, recorded - seen - len(told))}
                yield b"id: %d\nevent: exchanges\ndata: %s\n\n" % (recorded - 1, orjson.dumps(news, default=str))
                seen, silent = recorded, 0.0
            elif silent >= _BREATH:
                yield b": still here\n\n"
                silent = 0.0

    def _news_since(self, number: int, masking: Masking) -> list[dict[str, JSON]]:
        found = self._double.journal.found({}, number)
        told = [self._summary(number, entry, masking.exchange()) for number, entry in found]
        return told[::-1]

    def _summary(self, number: int, entry: Entry, masked: Exchanged) -> dict[str, JSON]:
        """An exchange without bodies."""
        told = {"number": number, **entry.shown(masked)}
        del told["request"], told["response"]
        hidden = self._hidden.of(entry)
        return told if hidden is None else {**told, "hidden": hidden.as_json()}

    # Coverage

    async def _coverage(self, request: Request) -> Response:
        report = await aside(self._double, lambda: self._double.coverage.report(self._double.contract))
        form = request.query_params.get("format", "json")
        if form == "lcov":
            return PlainTextResponse(report.lcov())
        if form != "json":
            raise Problem(400, detail=f"coverage is told as json or lcov, not as {form}")
        return json_response(report.as_json())

    async def _clear_coverage(self, _request: Request) -> Response:
        await aside(self._double, self._double.coverage.clear)
        return Response(status_code=204)


class _Stream(StreamingResponse):
    """Server-sent events, until the client leaves or the server ends."""

    def __init__(self, streams: Streams, content: AsyncIterator[bytes]) -> None:
        super().__init__(content, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._streams.one():
            await super().__call__(scope, receive, send)


def _search(request: Request) -> _Search:
    """What a query asks of the journal.

    Raises:
        Problem: 400, it asks by what an exchange has not, or for what is no number.
    """
    given = dict(request.query_params)
    unknown = given.keys() - {*FIELDS, *_FURTHER}
    if unknown:
        raise Problem(400, detail=f"the journal is searched by {', '.join(FIELDS)}, not by {', '.join(unknown)}")
    wanted = {name: given[name] for name in FIELDS if name in given}
    since, limit = whole_number(given, "since", 0), whole_number(given, "limit", 1_000_000)
    wait = min(float(whole_number(given, "wait", 0)), _LONGEST_WAIT)
    return _Search(wanted, since, limit, wait, _form(request))


def _form(request: Request) -> str:
    form = request.query_params.get("format", "json")
    if form not in _FORMS:
        raise Problem(400, detail=f"exchanges are told as {', '.join(_FORMS)}, not as {form[:40]}")
    return form


def _writer(form: str, request: Request) -> Callable[[Exported], str]:
    if form == "pytest":
        return pytest_test
    url = _base(request)
    return lambda exported: curl(exported, url)


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")
