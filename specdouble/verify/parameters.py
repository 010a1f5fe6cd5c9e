"""Values for the parameters of requests: from the settings, of documents that exist, of the contract's examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specdouble.contract import Operation, Parameter
from specdouble.verify.creation import ends_in_parameter
from specdouble.verify.examples import of_parameter
from specdouble.verify.exchange import Call
from specdouble.verify.identity import User
from specdouble.verify.preconditions import is_key_of
from specdouble.verify.problem import Interruption
from specdouble.verify.shared import Shared
from specdouble.verify.shown import ID_NAMES, entries
from specdouble.verify.values import merged, plausible, within

MOST_OF_A_KIND = 20  # documents of others that are remembered to be read


class Parameters:
    """Finds values for parameters, the likeliest to be taken first.

    Args:
        session: the server, its documents, and the settings.
    """

    def __init__(self, session: Shared) -> None:
        self.session = session
        self._listed: dict[str, list[Any]] = {}

    def value(self, operation: Operation, parameter: Parameter, user: User) -> Any:
        """The value that is most likely to be taken."""
        return next(self.candidates(operation, parameter, user))

    def candidates(self, operation: Operation, parameter: Parameter, user: User) -> Iterator[Any]:
        """Values that may be taken; the last is one that fits the schema."""
        fixed = self.session.settings.parameters
        if parameter.name in fixed:
            yield fixed[parameter.name]
            return
        if is_key_of(operation, parameter):
            yield self.session.fresh.value(parameter.schema, compact=True)
        elif parameter.location == "header" and parameter.name.lower() == "if-match":
            yield "*"  # whichever version there is (RFC 9110, 13.1.1)
        if parameter.location == "path":
            yield from self._documents(operation, parameter, user)
        yield from of_parameter(self.session.contract, parameter)
        schema = merged(parameter.schema, self.session.contract.resolve)
        value = plausible(schema, self.session.contract.resolve, "probe")
        # A number in an address counts things: pages of seven and a quarter are not what anybody means.
        yield within(schema, int(value)) if isinstance(value, float) else value

    def _documents(self, operation: Operation, parameter: Parameter, user: User) -> Iterator[Any]:
        """The ids of documents that the path may lead to, those of this run first."""
        ledger, place = self.session.ledger, self.session.ledger.kinds.named(operation, {})
        named = {name: kind for name, kind, _ in place}
        wanted = named.get(parameter.name)
        if wanted is None:
            return
        last = ends_in_parameter(operation) and place[-1][0] == parameter.name
        makers = ledger.kinds.makers(wanted)
        if last and operation in makers:
            yield self.session.fresh.value(parameter.schema, compact=True)
            return
        anew = last and operation.method == "delete"  # what is deleted must not be what others are read by
        own = None if anew else ledger.oldest(wanted)
        if own is not None:
            yield own.id
        else:
            for maker in makers:
                made = self.session.baselines.anew(maker, user)
                if made is not None and ledger.owned(wanted, made):
                    yield made
                    break
        yield from self._ids(wanted, user, parameter.name)

    def _ids(self, wanted: str, user: User, parameter: str) -> Iterator[Any]:
        """The ids of documents of a kind that are listed, whoever made them."""
        collection = self.session.contract.resources.get(wanted)
        names = (collection.id,) if collection else (parameter, *ID_NAMES)
        for entry in self.existing(wanted, user):
            held = [entry[name] for name in names if name in entry] if isinstance(entry, dict) else [entry]
            yield from (one for one in held[:1] if isinstance(one, str | int) and not isinstance(one, bool))

    def existing(self, wanted: str, user: User) -> list[Any]:
        """The documents of a kind that a list shows, whoever made them."""
        if wanted not in self._listed:
            self._listed[wanted] = []  # a list that leads through its own documents does not go round
            for operation in self.session.contract.operations.values():
                if self._lists(operation, wanted):
                    self._listed[wanted] += self._entries(operation, user)
        return self._listed[wanted]

    def _lists(self, operation: Operation, wanted: str) -> bool:
        """Whether the operation shows many documents of the kind."""
        if operation.method != "get" or operation.id in self.session.selection.left_out:
            return False
        return not ends_in_parameter(operation) and self.session.ledger.kinds.of_children(operation) == wanted

    def _entries(self, operation: Operation, user: User) -> list[Any]:
        parts: dict[str, Any] = self.session.surroundings(operation, user, None)
        try:
            exchange = self.session.client.send(Call(operation, user.name or None, **parts))
        except Interruption:
            return []
        return list(entries(exchange.json))[:MOST_OF_A_KIND] if exchange.ok else []
