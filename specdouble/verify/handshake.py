"""The handshake: the server is reached, its users sign in, and what is there already is met."""

from __future__ import annotations

import time
from dataclasses import replace

from specdouble.contract import Operation
from specdouble.url import split_url
from specdouble.verify.census import is_whole
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.judge import trouble
from specdouble.verify.problem import CouldNotRun, Interruption, OutOfTime, Trouble, Unanswered
from specdouble.verify.session import Session
from specdouble.verify.settings import Settings
from specdouble.verify.shown import ids_in

BETWEEN_KNOCKS = 0.2  # seconds
LAST_LOOK = 3  # seconds, in the end
READS_LOOKED_AT = 3  # so many operations that are not there are no accident
NOWHERE = "/specdouble-nowhere"
SLOW = 0.25  # seconds an answer
WORKERS_WHEN_SLOW = 8
TIME_WHEN_SLOW = 300.0  # seconds


def prepare(session: Session) -> float:
    """Reach the server and sign its users in; how many seconds it takes for an answer.

    Raises:
        CouldNotRun: it cannot be reached, is another, or takes nobody.
    """
    settings = session.settings
    patience = max(60.0, 6 * settings.timeout)
    session.client.deadline = time.monotonic() + min(patience, settings.max_time or patience)
    clock = time.perf_counter()
    try:
        exchange = _awaited(session)
    except (Trouble, OutOfTime) as problem:
        why = str(problem) or f"no answer within {patience:.0f} s"
        raise CouldNotRun(
            f"{session.client.url} cannot be verified: {why}; is the server up, and the address right?"
        ) from None
    latency = time.perf_counter() - clock
    stands_in_the_way = None if 300 <= exchange.status < 400 else trouble(exchange)
    if stands_in_the_way:
        raise CouldNotRun(f"{session.client.url} is not this API: {stands_in_the_way}")
    try:
        session.sign_in.all()
    except OutOfTime:
        raise CouldNotRun(f"{session.client.url} does not let its users sign in in the time there is") from None
    _someone_is_taken(session)
    _hold_that_it_is_there(session)
    meet_strangers(session)
    session.client.deadline = None
    return min(latency, exchange.elapsed or latency)


def _awaited(session: Session) -> Exchange:
    """The first answer of a server that may be starting still."""
    ends = time.monotonic() + session.settings.wait_for_server
    session.client.deadline = (session.client.deadline or 0) + session.settings.wait_for_server
    while True:
        try:
            return _knock(session)
        except Trouble:
            if time.monotonic() > ends:
                raise
            time.sleep(BETWEEN_KNOCKS)


def gone(session: Session) -> str:
    """Why the server can be reached no longer; empty where somebody answers, or is slow."""
    session.client.deadline, session.client.stopped = time.monotonic() + LAST_LOOK, False
    for _ in range(2):  # one that has just been started again may be late
        try:
            _knock(session)
        except Unanswered as problem:
            why = str(problem)
        except Interruption:
            return ""
        else:
            return ""
        time.sleep(BETWEEN_KNOCKS)
    return why


def _knock(session: Session) -> Exchange:
    """The answer to a request that changes nothing."""
    operations = session.contract.operations.values()
    reads = _reads(session)
    operation = next(iter(_plain(reads) or reads), None)
    if operation is None:
        if not operations:
            raise CouldNotRun("the contract has no operations")
        # A HEAD is asked in place of an operation that writes: that the server answers is all that counts.
        first = next(iter(operations))
        operation = replace(first, id=f"head {first.path}", method="head", responses={}, body=None)
    return session.client.send(Call(operation, path={one.name: "probe" for one in operation.parameters}))


def _reads(session: Session) -> list[Operation]:
    """The operations that read, but for those that are never sent."""
    operations = session.contract.operations.values()
    return [one for one in operations if one.method == "get" and one.id not in session.selection.left_out]


def _plain(operations: list[Operation]) -> list[Operation]:
    """Those of the operations whose path needs no document."""
    return [one for one in operations if "{" not in one.path]


def _someone_is_taken(session: Session) -> None:
    """Hold that the server takes the first user's credentials somewhere."""
    refused = None
    for operation in _plain(_reads(session)):
        user = session.crowd.first
        asked = session.crowd.asked_by(operation, user)
        if not (asked and user.name and session.crowd.may_call(asked, user)):
            continue
        exchange = session.client.send(Call(operation, user.name))
        if exchange.status != 401:
            return
        refused = exchange
    if refused is not None:
        raise CouldNotRun(
            f"{session.crowd.first.name}'s credentials are not taken: {refused.call.operation} answers "
            f"{refused.told(80)}; check [tool.specdouble.verify]"
        )


def _hold_that_it_is_there(session: Session) -> None:
    """Hold that some operation is found at the address: many a server publishes its contract above a prefix.

    Raises:
        CouldNotRun: each is answered as what is not there at all.
    """
    reads = _plain(_reads(session))[:READS_LOOKED_AT]
    if len(reads) < READS_LOOKED_AT:
        return
    first, *others = reads
    nowhere = replace(first, id="nowhere", path=first.path.rstrip("/") + NOWHERE)
    try:
        told = _told_as_missing(session, first)
        lost = told is not None and all(_told_as_missing(session, one) == told for one in (*others, nowhere))
    except Interruption:
        return
    if lost:
        raise CouldNotRun(
            f"{session.client.url} is not this API: {', '.join(map(str, reads))} are answered as what is not there "
            f"(404)\n    remedy: {_right_address(session.client.url, reads)}"
        )


def _right_address(url: str, reads: list[Operation]) -> str:
    """How to name the address of a server at which none of the reads is there."""
    prefix = split_url(url).path.rstrip("/")
    if prefix and all(one.path.startswith(f"{prefix}/") for one in reads):
        return f"the paths of the contract begin with {prefix} themselves: name {url.rstrip('/').removesuffix(prefix)}"
    return f"name the address with the prefix of its paths, such as {url}/api"


def _told_as_missing(session: Session, operation: Operation) -> str | None:
    """What is said of a path that is not there (404), without the path; None where it is there."""
    exchange = session.client.send(Call(operation, session.crowd.first.name or None))
    text = exchange.text
    return text.replace(operation.path, "") if exchange.status == 404 else None


def meet_strangers(session: Session) -> None:
    """Learn which documents there are before anything is written: a create that answers with one of them made none."""
    if session.guard.is_open:
        return
    for operation in _plain(_reads(session)):
        for user in list(session.crowd) or [session.crowd.first]:
            try:
                exchange = session.client.send(Call(operation, user.name or None))
            except Interruption:
                break
            if is_whole(session.contract, exchange):
                session.ledger.whole.append(exchange.call)
            for kind, key in ids_in(session, operation, exchange.json if exchange.ok else None):
                session.ledger.strangers.meet(kind, key)


def paced(settings: Settings, latency: float) -> tuple[Settings, str]:
    """The settings for a server of this speed, and what to say of it."""
    if latency <= SLOW:
        return settings, ""
    workers = settings.workers or WORKERS_WHEN_SLOW
    limit = settings.max_time or TIME_WHEN_SLOW
    said = (
        f"The server takes {latency:.1f} s for an answer: {workers} cases run at once, and it ends after {limit:.0f} s "
        "(--workers, --max-time)."
    )
    return replace(settings, workers=workers, max_time=limit), said
