"""The clean-up: what this run created is deleted again, children first; what stays is named."""

from __future__ import annotations

import shlex
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

from specdouble.verify.census import count_strays
from specdouble.verify.exchange import Call
from specdouble.verify.identity import User
from specdouble.verify.ledger import Ledger
from specdouble.verify.problem import Interruption, NotExercised, OutOfTime
from specdouble.verify.refusal import GONE
from specdouble.verify.register import Created
from specdouble.verify.secret_texts import variable
from specdouble.verify.session import Session
from specdouble.verify.traces import find_traces
from specdouble.verify.trial import Trial

LONGEST = 30.0  # seconds that are kept of a limit, at most
WITHOUT_LIMIT = 300.0  # seconds, where nobody set one
SHARE = 0.2  # of `max_time`, at most
ROUNDS = 3  # of those whose delete was refused: what stood in the way may be gone by then
WORKERS = 4
CONDITION_FAILED = (400, 412, 422, 428)  # where If-Match is not taken for what it says
MOST_TOLD = 5  # ids of what is new in one list
LONGEST_TOLD = 60  # characters of one of them
SHARE_OF_TRACES = 0.25  # of the time: what no answer told of is looked for, where the rest is not deleted too


def time_kept(max_time: float | None) -> float:
    """The seconds that are kept for the clean-up."""
    return WITHOUT_LIMIT if max_time is None else min(LONGEST, max_time * SHARE)


def clean_up(session: Session, seconds: float) -> int:
    """Delete what was created, newest first; how many documents are gone."""
    ledger = session.ledger
    before = len(ledger.newest_first())
    ends, session.client.stopped = time.monotonic() + seconds, False
    session.client.deadline = ends - seconds * SHARE_OF_TRACES
    with suppress(OutOfTime, KeyboardInterrupt):  # what is left is named
        _delete_all(session)
    session.client.deadline = ends
    with suppress(OutOfTime, KeyboardInterrupt):
        find_traces(session)  # in lists that are shorter by now
        _delete_all(session)
        count_strays(session)
    return before - len(ledger.newest_first()) - len(ledger.unfound)


def _delete_all(session: Session) -> None:
    """Delete what can be deleted, until no more of it goes: at once, then one by one, for some servers lock."""
    ledger = session.ledger
    for number in range(ROUNDS):
        waiting = [one for one in ledger.newest_first() if ledger.deleter(one) is not None]
        if not waiting:
            return
        there = len(ledger.newest_first())
        for generation in _generations(waiting):
            _delete(session, generation, WORKERS if number == 0 else 1)
        if number > 0 and len(ledger.newest_first()) == there:
            return


def _generations(waiting: list[Created]) -> Iterator[list[Created]]:
    """Runs of documents of one kind: those of a kind do not contain each other, and may go at once."""
    generation: list[Created] = []
    for one in waiting:
        if generation and generation[-1].kind != one.kind:
            yield generation
            generation = []
        generation.append(one)
    yield generation


def _delete(session: Session, generation: list[Created], workers: int) -> None:
    if min(workers, len(generation)) == 1:
        for one in generation:
            _delete_one(session, one)
        return
    with ThreadPoolExecutor(min(workers, len(generation))) as pool:
        futures = [pool.submit(_delete_one, session, one) for one in generation]
    for future in futures:
        future.result()


def _delete_one(session: Session, made: Created) -> None:
    call = session.deletion(made)
    if call is None:
        return
    try:
        status = _deleted(session, call)
    except OutOfTime:
        raise
    except (NotExercised, Interruption):
        return
    if 200 <= status < 300:
        session.ledger.remove(made)
    elif status in GONE and not made.seen and _sees(session, call, made):  # what a list shows is there
        session.ledger.miss(made)


def _sees(session: Session, call: Call, made: Created) -> bool:
    """Whether who asks would be shown the document: to another organization it does not exist while it is there."""
    asking, making = (session.crowd.users.get(name or "") for name in (call.user, made.user))
    return asking is None or making is None or asking.tenant == making.tenant


def _deleted(session: Session, call: Call) -> int:
    """The status that a delete is answered with; where it is refused, with the tag that the document has by now."""
    status = session.client.send(call).status
    if status not in CONDITION_FAILED:
        return status
    user = session.crowd.users.get(call.user or "") or session.crowd.who((call.operation.id,))
    parts = {"path": dict(call.path), "headers": dict(call.headers)}
    named = replace(call, headers=Trial(session).as_of_now(call.operation, user, parts)["headers"])
    return status if named == call else session.client.send(named).status


def left_over(session: Session) -> list[str]:
    """What could not be deleted: each document with the command that deletes it, where there is one."""
    ledger = session.ledger
    orphans, without = session.client.orphans.broken(), Counter[str]()
    failing = [one for one in dict.fromkeys(ledger.failing) if not any(f"{one} fails" in told for told in orphans)]
    lines = [*orphans, *(f"{one} fails since this run began: look what it wrote there" for one in failing)]
    for made in (*ledger.newest_first(), *ledger.unfound):
        if ledger.deleter(made) is None:
            without[f"made by {made.by}" if "/" in made.kind else f"of {made.kind}"] += 1
        else:
            lines.append(f"{made.kind} {made.id}{_doubt(ledger, made)}: {_command(session, made)}")
    lines += [f"{count} {which}: no operation deletes them" for which, count in without.items()]
    lines += [
        f"{len(ids)} in {listing} that no answer told of, new since this run began and perhaps its own: {_told(ids)}"
        for listing, ids in ledger.stray.items()
    ]
    unnamed = Counter(str(call.operation) for call in ledger.unnamed)
    lines += [f"{count} made by {operation}, whose answers do not say which" for operation, count in unnamed.items()]
    unanswered = Counter(str(call.operation) for call in ledger.attempts.unanswered())
    lines += [f"{count} perhaps, by {operation}, which was not answered" for operation, count in unanswered.items()]
    return lines


def _told(ids: list[Any]) -> str:
    more = [f"{len(ids) - MOST_TOLD} more"] if len(ids) > MOST_TOLD else []
    return ", ".join([str(one)[:LONGEST_TOLD] for one in ids[:MOST_TOLD]] + more)


def _doubt(ledger: Ledger, made: Created) -> str:
    if made.name in ledger.unfound:
        return ", which may be there: its create told no id, and nothing is found by the name that it asked for"
    if made.sure:
        return ""
    known = "which a list shows" if made.seen else "which may be there"
    return f", {known}: no create said that it was made"


def _command(session: Session, made: Created) -> str:
    call = session.deletion(made)
    assert call is not None
    url, headers = session.client.address(call)
    words = ["curl", "-X", "DELETE", shlex.quote(url)]
    user: User | None = session.crowd.users.get(made.user or "")
    secrets = session.crowd.secrets()
    for name, value in (*call.headers.items(), *headers.items()):
        for secret, stands_for in secrets.items():
            value = value.replace(secret, f"${stands_for}")
        words += ["-H", f'"{name}: {value}"']
    return " ".join(words) if user is None or headers else " ".join([*words, f"# as {variable(user.name)}"])
