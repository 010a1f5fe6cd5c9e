"""Sends the requests of one trial, and has every answer judged."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Barrier
from typing import Any

from specdouble.contract import Contract, Operation
from specdouble.verify.exchange import Call, Exchange
from specdouble.verify.identity import User
from specdouble.verify.judge import NOT_IMPLEMENTED, judge
from specdouble.verify.moment import resolution
from specdouble.verify.problem import Broken, NobodyNamed, NotExercised, Trouble
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject

CLIENTS = 8  # in a volley
# What may be over when the same is asked again: rights, a lock, a conflict, a limit (RFC 9110, 15.5; RFC 6585, 4).
PASSING = (401, 403, 408, 409, 423, 425, 429)
LATE = 1.05  # times the resolution of a clock until it surely shows another moment
FICKLE = 2  # times that a refused request was taken when it was sent again: once may have had another reason
PERSISTENCE = 5  # times that a request is sent again to a server that is known to refuse by chance


@dataclass
class Objection:
    """What the judge of every answer saw."""

    broken: Broken
    exchange: Exchange
    trace: list[Exchange] = field(default_factory=list)


class Sender:
    """Sends requests, and remembers what was answered.

    Args:
        session: what all trials share: contract, client, users, documents that can be referred to.
        operations: the ids of those that it is about.
    """

    def __init__(self, session: Shared, operations: Iterable[str] = ()) -> None:
        self.session, self.operations = session, operations
        self.contract: Contract = session.contract
        self.exchanges: list[Exchange] = []
        self.objections: list[Objection] = []
        self._waited = 0.0

    @property
    def user(self) -> User:
        """The user that it is run as, where it does not say another: one who may ask for what it is about."""
        user: User = self.session.crowd.who(self.operations)
        return user

    @property
    def users(self) -> list[User]:
        """Every user that the server takes."""
        return list(self.session.crowd)

    def subject(self, collection: str) -> Subject:
        """The documents of a collection, for the methods below."""
        subject: Subject = self.session.subjects[collection]
        return subject

    def call(self, operation_id: str, user: User | None = None, **parts: Any) -> Exchange:
        """Send a request of an operation: `path`, `query`, `headers` and `body` are its parts."""
        return self.send(self.contract.operations[operation_id], user or self.user, **parts)

    def send(self, operation: Operation, user: User | None = None, **parts: Any) -> Exchange:
        """Send a request; every answer is judged."""
        parts.setdefault("has_body", "body" in parts and (parts["body"] is not None or operation.body is not None))
        call = Call(operation, user.name if user else None, waited=self._waited, **parts)
        self._waited = 0
        exchange = self._answer(call)
        if exchange.status == 401 and call.shows_own_credentials and operation.security:
            exchange = self._signed_in_again(call, exchange)
        self._note(exchange)
        return exchange

    def _answer(self, call: Call) -> Exchange:
        """The answer; that a user is wanting, where documents are for want of one, so that nothing may be sent."""
        try:
            exchange: Exchange = self.session.client.send(call)
        except NotExercised:
            found = self.session.baselines.found.values()
            if not call.user and call.operation.security and any(one.nobody for one in found):
                raise NobodyNamed(call.operation.security) from None
            raise
        return exchange

    def _signed_in_again(self, call: Call, refused: Exchange) -> Exchange:
        """The answer with a new token: the old one may have expired."""
        user = self.session.crowd.users.get(call.user or "")
        if user is None:
            raise NobodyNamed(call.operation.security)
        if not self.session.crowd.may_call(call.operation.security, user):
            raise NotExercised(f"{user.name} has no credentials for {call.operation}")
        exchange: Exchange = self.session.renewed(call, refused)
        return exchange

    def _note(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        stands_in_the_way = self.session.pages.trouble(exchange)
        if stands_in_the_way:
            raise stands_in_the_way
        for broken in judge(self.contract, exchange):
            self.objections.append(Objection(broken, exchange, list(self.exchanges)))
            if exchange.status >= 500 and exchange.status != NOT_IMPLEMENTED:
                raise self._failing(broken, exchange)

    def _failing(self, broken: Broken, exchange: Exchange) -> Broken:
        """What a server's own failure breaks: what the case is about, or nothing but itself, on the way to that."""
        operation = exchange.call.operation
        if not self.operations or operation.id in self.operations:
            return Broken(broken.expected, broken.seen)
        return Broken(broken.expected, broken.seen, broken.check, f"{operation} answering 5xx: {broken.expected}")

    @staticmethod
    def call_of(operation: Operation, user: User, parts: Mapping[str, Any], **more: Any) -> Call:
        """A request that is sent later, or more than once: `path`, `query`, `headers` and `body` are its parts."""
        whole = {**parts, **more}
        return Call(operation, user.name or None, has_body="body" in whole, **whole)

    def resend(self, call: Call) -> Exchange:
        """Send a request as it is, perhaps once more; the answer is judged."""
        exchange: Exchange = self.session.client.send(call)
        self._note(exchange)
        return exchange

    def again(self, refused: Exchange) -> Exchange:
        """The answer to a refused request that is sent once more; the refusal itself where that would tell nothing.

        Nothing has happened between the two: a server that takes it now refuses by chance.
        """
        call, fickle = refused.call, self.session.fickle
        if not refused.refused or refused.status in PASSING or call.together or self.session.settings.consistency:
            return refused
        for _ in range(PERSISTENCE if fickle[call.operation.id] else 1):
            exchange = self.resend(call)
            if exchange.ok:
                fickle[call.operation.id] += 1
                if is_fickle(self.session, refused):
                    self._object_to_chance(refused)
                return exchange
        return refused

    def _object_to_chance(self, refused: Exchange) -> None:
        told = f"it was refused with {refused.told(80)}, and taken when it was sent once more"
        broken = Broken("the same answer to the same request", told, "conformance")
        self.objections.append(Objection(broken, refused, list(self.exchanges)))

    def fetch(self, operation: Operation, user: User, address: str) -> Exchange:
        """Read what an answer gave the address of, as the operation would."""
        return self.resend(Call(operation, user.name or None, address=address))

    def volley(self, calls: list[Call], least: int | None = None) -> list[Exchange]:
        """Send the requests at the same moment.

        Args:
            calls: the requests.
            least: how many answers are enough, where it does not matter to which; None where each has to be answered.

        Raises:
            Trouble: fewer came from the server.
        """
        heard: list[Exchange] = []
        spoilt: list[Trouble] = []
        failed: Broken | None = None
        for answer in self._fired(calls):
            try:
                heard.append(self._heard(answer))
            except Trouble as trouble:
                spoilt.append(trouble)
            except Broken as broken:
                failed = broken
        if spoilt and len(calls) - len(spoilt) < (len(calls) if least is None else least):
            raise spoilt[0]
        if failed:
            raise failed
        return heard

    def _fired(self, calls: list[Call]) -> list[Exchange | Exception]:
        number = sum(1 for one in self.exchanges if one.call.together is not None) + 1
        barrier = Barrier(len(calls))

        def fire(call: Call) -> Exchange | Exception:
            barrier.wait(timeout=10)
            try:
                exchange: Exchange = self.session.client.send(replace(call, together=number))
                return exchange
            except Exception as error:  # a thread's exception is told by the caller's
                return error

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(fire, calls))

    def _heard(self, answer: Exchange | Exception) -> Exchange:
        if isinstance(answer, Exception):
            raise answer
        self._note(answer)
        return answer

    def tick(self, stamp: object = None) -> None:
        """Wait until the server's clock has moved on by more than its resolution.

        Args:
            stamp: a moment as the server shows it: where it is one of whole seconds, the next second is waited for.
        """
        wait = max(self.session.settings.tick, LATE * resolution(stamp))
        time.sleep(wait)
        self._waited += wait

    def has_ticked(self, stamp: object) -> bool:
        """Whether a wait that knew nothing of a moment was long enough for a later one to be written otherwise."""
        return 0 < LATE * resolution(stamp) <= self.session.settings.tick


def is_fickle(session: Shared, refused: Exchange) -> bool:
    """Whether the operation of a refused request is known to refuse by chance."""
    return bool(session.fickle[refused.call.operation.id] >= FICKLE)
