"""Injected faults: answers that are slow, refused, cut or missing, to rehearse what a client does then."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from random import Random
from typing import Literal
from uuid import uuid4

import msgspec

from specdouble.contract import Contract, Operation
from specdouble.contract.json_type import JSON
from specdouble.double.http.asgi import Message, Receive, Scope, Send
from specdouble.double.state.met import Met
from specdouble.double.state.problem import Problem

TRANSPORT = "specdouble.transport"  # the extension of the ASGI scope by which a connection can be dropped
_LONGEST = 600.0  # seconds
_PIECES = 20  # of a body that trickles
_SEVERAL = re.compile(r"\s*,\s*")


class Delay(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True, frozen=True):
    """Seconds that differ from answer to answer: uniform from `low` to `high`, or log-normal about a `median`.

    Args:
        low: the least.
        high: the most.
        median: half of all answers take less.
        sigma: how far they lie apart, as the standard deviation of their logarithm.
    """

    low: float | None = None
    high: float | None = None
    median: float | None = None
    sigma: float = 0.5

    def __post_init__(self) -> None:
        is_uniform = self.low is not None and self.high is not None and self.median is None and self.low <= self.high
        is_normal = self.median is not None and self.low is None and self.high is None and self.median > 0
        if not (is_uniform or is_normal) or self.sigma < 0:
            raise ValueError("a delay is seconds, `low` and `high` with low <= high, or a `median` above 0 and `sigma`")

    def drawn(self, random: Random) -> float:
        """One of them."""
        if self.median is not None:
            return self.median * random.lognormvariate(0, self.sigma)
        return random.uniform(self.low or 0, self.high or 0)


def _hold(name: str, value: float, most: float) -> None:
    if not 0 <= value <= most:
        raise ValueError(f"`{name}` is from 0 to {most:g}, not {value:g}")


class InjectedFault(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What goes wrong, for which requests.

    Args:
        operation: the operationId, or `POST /path` as the contract has it; None for all.
        world: the world; None for all.
        share: of the requests that it concerns, from 0 to 1.
        times: how often, then no more; None for ever.
        delay: seconds before anything is done.
        status: the answer's status, with a body as the operation declares it; nothing is done.
        rule: the id of a rule that refuses, as if the request broke it; nothing is done.
        connection: `drop` closes it before anything is done, `drop-after` when the request had its effect, `cut` in the
            middle of the body.
        trickle: seconds over which the body is spread.
    """

    operation: str | None = None
    world: str | None = None
    share: float = 1
    times: int | None = None
    delay: float | Delay = 0
    status: int | None = None
    rule: str | None = None
    connection: Literal["drop", "drop-after", "cut"] | None = None
    trickle: float = 0

    def __post_init__(self) -> None:
        _hold("share", self.share, 1)
        _hold("trickle", self.trickle, _LONGEST)
        _hold("delay", 0 if isinstance(self.delay, Delay) else self.delay, _LONGEST)
        if self.status is not None and not 200 <= self.status < 600:
            raise ValueError(f"`status` is from 200 to 599, not {self.status}")
        if self.status is not None and self.rule is not None:
            raise ValueError("a rule has a status of its own: name one of the two")
        if not (self.delay or self.status or self.rule or self.connection or self.trickle):
            raise ValueError("nothing goes wrong: name a delay, status, rule, connection or trickle")

    @property
    def spoils(self) -> bool:
        """Whether the answer does not come as it is."""
        return bool(self.connection or self.trickle)

    def concerns(self, operation: Operation, world: str) -> bool:
        """Whether a request for the operation in that world may meet it."""
        names = (None, operation.id, f"{operation.method.upper()} {operation.path}")
        return self.operation in names and self.world in (None, world)


class FaultInjection:
    """The faults of a double, and how often each was met.

    Args:
        seed: makes the same requests meet the same faults; None for others at each start.
    """

    def __init__(self, seed: int | None = None) -> None:
        self._seed = seed
        self.times = Met()
        self.replace([])

    @property
    def name(self) -> str:
        """What tells these faults from all that were set before or will be."""
        return self.times.name

    def replace(self, faults: Iterable[InjectedFault], name: str = "") -> None:
        """Have these faults and no others, none of them met.

        Args:
            faults: the faults.
            name: the one under which another process has them; a new one, where there is none.
        """
        self.faults = list(faults)
        self.times.begin(name or uuid4().hex, len(self.faults))
        self._random = Random(self._seed)

    def met(self, operation: Operation, world: str) -> InjectedFault | None:
        """The fault that the next request meets: the first that concerns it and falls to its share."""
        for index, fault in enumerate(self.faults):
            if not fault.concerns(operation, world) or fault.times == 0:
                continue
            falls = fault.share == 1 or self._random.random() < fault.share
            if falls and self.times.take(index, fault.times):
                return fault
        return None

    async def wait(self, fault: InjectedFault) -> None:
        """Let its delay pass."""
        delay = fault.delay.drawn(self._random) if isinstance(fault.delay, Delay) else fault.delay
        if delay:
            await asyncio.sleep(min(delay, _LONGEST))

    def listed(self) -> list[dict[str, JSON]]:
        """The faults as a JSON document, each with how often it was met."""
        told = []
        for fault, met in zip(self.faults, self.times.counts(), strict=True):
            # Processes that ask at the same moment count on, though only so many of them have met it.
            told.append({**_said(fault), "met": met if fault.times is None else min(met, fault.times)})
        return told


def written(faults: Iterable[InjectedFault]) -> bytes:
    """Faults as `faults_of` reads them."""
    return msgspec.json.encode([_said(fault) for fault in faults])


def faults_of(text: bytes | str, contract: Contract) -> list[InjectedFault]:
    """Read faults: a JSON array of objects with the fields of an `InjectedFault`.

    Raises:
        ValueError: it is none, or names what the contract has not.
    """
    faults: list[InjectedFault] = msgspec.json.decode(text, type=list[InjectedFault])
    for fault in faults:
        _look_up(fault, contract)
    return faults


def fault_of(text: str, contract: Contract) -> InjectedFault:
    """Read a fault in one line: `POST /things: status=503, share=0.1`, `delay=0.2`, `delay=0.1..2`.

    Raises:
        ValueError: it is none, or names what the contract has not.
    """
    place, colon, rest = text.rpartition(": ")
    fields: dict[str, str | dict[str, str]] = {"operation": place.strip()} if colon else {}
    for pair in _SEVERAL.split((rest if colon else text).strip()):
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"`{pair}` is no name=value")
        low, spans, high = value.partition("..")
        fields[name] = {"low": low, "high": high} if spans and name == "delay" else value
    fault: InjectedFault = msgspec.convert(fields, InjectedFault, strict=False)
    _look_up(fault, contract)
    return fault


def _look_up(fault: InjectedFault, contract: Contract) -> None:
    operations = [*contract.operations, *map(str, contract.operations.values())]
    for what, name, known in (("operation", fault.operation, operations), ("rule", fault.rule, [*contract.rules])):
        if name is not None and name not in known:
            near = get_close_matches(name, known, n=1)
            raise ValueError(f"the contract has no {what} `{name}`" + (f": is `{near[0]}` meant?" if near else ""))


def _said(fault: InjectedFault) -> dict[str, JSON]:
    told: dict[str, JSON] = msgspec.to_builtins(fault)
    return {name: value for name, value in told.items() if value not in (None, 0) or name == "share"}


def preferred(fault: InjectedFault, operation: Operation, headers: Mapping[bytes, bytes]) -> Mapping[bytes, bytes]:
    """The header fields of a request that meets the fault: it prefers what the operation declares.

    Raises:
        Problem: the status, where the operation declares none such.
    """
    if fault.rule is not None:
        return {**headers, b"prefer": f'rule="{fault.rule}"'.encode()}
    if fault.status is None:
        return headers
    if operation.response(fault.status) is None or fault.status >= 400:
        raise Problem(fault.status, detail="an injected fault")
    return {**headers, b"prefer": f"code={fault.status}".encode()}


def spoiling(fault: InjectedFault, scope: Scope, receive: Receive, send: Send) -> Send:
    """What sends an answer as a fault has it: slowly, in part, or not at all."""

    async def spoilt(message: Message) -> None:
        if message["type"] != "http.response.body":
            if fault.connection in (None, "cut"):
                await send(message)
        elif fault.connection is None:
            await _trickle(send, message["body"], fault.trickle)
        else:
            if fault.connection == "cut":
                half = message["body"][: len(message["body"]) // 2]
                await send({"type": "http.response.body", "body": half, "more_body": True})
            await _drop(scope, receive)

    return spoilt


async def _trickle(send: Send, body: bytes, seconds: float) -> None:
    size = max(1, len(body) // _PIECES)
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    for piece in pieces:
        await asyncio.sleep(seconds / len(pieces))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _drop(scope: Scope, receive: Receive) -> None:
    extension = scope.get("extensions", {}).get(TRANSPORT)
    if extension is None:
        raise ConnectionAbortedError("an injected fault drops the connection")
    extension["transport"].close()
    while (await receive())["type"] != "http.disconnect":
        pass
