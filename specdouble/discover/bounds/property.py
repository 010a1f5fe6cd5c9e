"""One property of new documents under trial: which values does the server take?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.discover.bounds.bound import Bound
from specdouble.verify.examples import of_schema, quoted, usual
from specdouble.verify.exchange import Exchange
from specdouble.verify.problem import NotExercised
from specdouble.verify.refusal import says_taken
from specdouble.verify.session import Session
from specdouble.verify.sight import let_go, new_trial
from specdouble.verify.subject import Subject
from specdouble.verify.values import Schema, kind, merged

Make = Callable[[], Any]

_UNFIT = frozenset({400, 422})  # with which a value is refused on its own account
_RENEWALS = 3  # of a value that another document has
TIMES = 2  # that both sides of a bound are asked for once more


class Property:
    """One property under trial, by creates in which everything else is usual.

    Args:
        session: the server.
        subject: the documents.
        name: the property.
    """

    def __init__(self, session: Session, subject: Subject, name: str) -> None:
        self.session, self.subject, self.name = session, subject, name
        self.trial = new_trial(session, subject)
        self.schema: Schema = merged(subject.requested(self.creator)[name], session.contract.resolve)
        self.control: Exchange | None = None  # the last that was accepted
        self.offence: Exchange | None = None  # the last that was refused
        self._has_made_room = False
        self._known: Any = None  # a value that is taken, though creates do not usually send one

    @property
    def creator(self) -> Operation:
        """The operation that is asked."""
        return self.subject.creators[0]

    @property
    def kind(self) -> str:
        """The JSON type of its values."""
        return kind(self.schema)

    @property
    def requests(self) -> int:
        """How many were sent."""
        return len(self.trial.exchanges)

    def usual(self) -> Any:
        """A value that creates usually have, or the first one like that which the server takes.

        Raises:
            NotExercised: none is known.
        """
        body = self.trial.body(self.subject, self.creator, self.trial.user, full=True)
        if self.name in body:
            return body[self.name]
        if self._known is None:
            self._known = self._first_taken()
        if self._known is None:
            raise NotExercised(f"no value of {self.name} is known that {self.creator} takes")
        return self._known

    def _first_taken(self) -> Any:
        for candidate in self._candidates():
            if self.takes(partial(_itself, candidate)):
                return candidate
        return None

    def _candidates(self) -> Iterator[Any]:
        """Values of the contract's examples, then what servers often ask for, then what refusals have named."""
        resolve = self.session.contract.resolve
        word = self.session.fresh.value({"type": "string"}, compact=True)
        yield from of_schema(self.schema, resolve)
        shown = self.trial.create(self.subject).shown.get(self.name)
        yield from [shown] if shown is not None else []  # what the server has filled in
        yield from usual(self.schema, resolve, word)
        if self.kind == "string" and self.offence is not None:
            yield from quoted(self.offence.text)

    def takes(self, make: Make) -> bool:
        """Whether a create with such a value is accepted.

        Args:
            make: a value, another one each time: what a second document cannot have says nothing.

        Raises:
            NotExercised: the answer says neither.
        """
        for _ in range(_RENEWALS):
            exchange = self._sent({self.name: make()})
            if exchange.ok:
                self.control = exchange
                return True
            if exchange.status in _UNFIT and not says_taken(exchange):
                self.offence = exchange
                return False
            if not says_taken(exchange):
                break
            self._make_room()
        raise NotExercised(f"{self.creator} answers {exchange.told(60)}")

    def _make_room(self) -> None:
        """Delete what was made before, once: of short codes there are few."""
        if not self._has_made_room:
            self._has_made_room = True
            self.session.referents.make_room(self.subject, self.trial.user)

    def is_needed(self) -> bool:
        """Whether a create without it is refused, and one with it is not."""
        for _ in range(TIMES):
            exchange = self._sent({}, without=self.name)
            if exchange.status not in _UNFIT or says_taken(exchange):
                return False
            self.offence = exchange
            if not self.takes(self.usual):
                return False
        return not self.gives_way()

    def gives_way(self) -> bool:
        """Whether a create without it is accepted where everything else is sent: another property will do as well."""
        body = self.trial.body(self.subject, self.creator, self.trial.user, full=True)
        body.pop(self.name, None)
        return self.trial.try_create(self.subject, self.trial.user, body, as_it_is=True)[0].ok

    def parts(self, inside: Make, outside: Make) -> bool:
        """Whether a value is taken and another is not, time after time."""
        return all(self.takes(inside) and not self.takes(outside) for _ in range(TIMES))

    def bound(self, keyword: str, value: Any) -> Bound:
        """The bound that the last two requests show.

        Raises:
            NotExercised: one of the two is wanting.
        """
        if self.offence is None or self.control is None:
            raise NotExercised(f"nothing shows the {keyword} of {self.name}")
        return Bound(self.name, keyword, value, self.offence, self.control)

    def _sent(self, values: dict[str, Any], without: str = "") -> Exchange:
        let_go(self.session)
        body = self.trial.body(self.subject, self.creator, self.trial.user) | values
        body.pop(without, None)
        return self.trial.try_create(self.subject, self.trial.user, body, as_it_is=True)[0]


def _itself(value: Any) -> Any:
    return value


def last_taken(takes: Callable[[int], bool], taken: int, refused: int) -> int:
    """The number next to those that are refused, between one that is taken and one that is not.

    Args:
        takes: whether a number is taken; the refused ones lie together at one end.
        taken: one that is.
        refused: one that is not; it may be less or more.
    """
    while abs(refused - taken) > 1:
        middle = (taken + refused) // 2
        if takes(middle):
            taken = middle
        else:
            refused = middle
    return taken
