"""The document that a 404 hides: it is there, and another's. Whoever asks is not told; who watches the double is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import unquote

from specdouble.contract import Action, Contract, Resource
from specdouble.contract.digits import number_of
from specdouble.contract.json_type import JSON
from specdouble.contract.path_expression import path_expression
from specdouble.contract.rule import ScopeRule
from specdouble.double.state.accounts import Accounts
from specdouble.double.state.journal import Entry
from specdouble.double.state.keeper import Document
from specdouble.double.state.world import World

_PARAMETER = re.compile(r"\{([^{}]+)\}")


class Hidden(NamedTuple):
    """A document that does not exist for the caller.

    Args:
        rule: the rule that hides it.
        document: its id.
        message: whose it is, as a sentence.
    """

    rule: ScopeRule
    document: JSON
    message: str

    def as_json(self) -> dict[str, JSON]:
        """It as a JSON document."""
        return {"rule": self.rule.id, "document": self.document, "message": self.message}


class HiddenDocuments:
    """Finds out what a 404 hid, when somebody asks: while it serves, nothing of it is worked out.

    Args:
        contract: whose rules say whose a document is.
        accounts: the users of schemes without an `x-identity`.
        world: the world of that name, where there is one.
    """

    def __init__(self, contract: Contract, accounts: Accounts, world: Callable[[str], World | None]) -> None:
        self._contract, self._accounts, self._world = contract, accounts, world

    def of(self, entry: Entry) -> Hidden | None:
        """The document that the exchange was about and that is another's; None where it is about none such."""
        world, action = self._world(entry.world), self._contract.actions.get(entry.operation or "")
        if entry.status != 404 or entry.caller is None or world is None or action is None or action.id is None:
            return None
        resource = self._contract.resources[action.collection]
        rules = resource.of(ScopeRule)
        document = self._document(world, resource, action, entry) if rules else None
        if document is None:
            return None
        claims = self._claims(world, entry.caller)
        for rule in rules:
            of, asking = document.get(rule.name), claims.get(resource.claim(rule.name), entry.caller)
            if str(of) != str(asking):
                message = f"{rule.name} is {of}, and the caller's is {asking}: for the caller it does not exist"
                return Hidden(rule, document.get(resource.id), message)
        return None

    def _document(self, world: World, resource: Resource, action: Action, entry: Entry) -> Document | None:
        values = _values(self._contract.operations[entry.operation or ""].path, entry.path)
        wanted = values.get(action.id or "")
        if wanted is None:
            return None
        number = number_of(wanted)
        ids = [wanted] if number is None else [wanted, number]
        found = world.collection(resource.collection, None).find({resource.id: {"$in": ids}})
        below = set(values.values())  # the ids of its parents: another parent's document may have the same id
        return next((one for one in found if all(str(one.get(name)) in below for name in resource.parents)), None)

    def _claims(self, world: World, caller: JSON) -> Mapping[str, JSON]:
        """What the caller's user says of the caller; nothing, where there is no such user."""
        for claims in self._known(world, caller):
            return claims
        return {}

    def _known(self, world: World, caller: JSON) -> Iterator[Mapping[str, JSON]]:
        for identity in self._contract.identities.values():
            id_name = self._contract.resources[identity.collection].id
            user = world.collection(identity.collection, None).find_one({id_name: caller})
            if user is not None:
                yield {claim: user.get(name) for claim, name in identity.claims.items()}
        account = self._accounts.of_id(world, str(caller))
        if account is not None:
            yield self._accounts.caller(account)


def _values(template: str, path: str) -> dict[str, str]:
    """The values of a path's parameters; the path may begin with that of a server."""
    pieces = _PARAMETER.split(template)
    match = path_expression(pieces[::2], "$").search(path)
    return {} if match is None else dict(zip(pieces[1::2], map(unquote, match.groups()), strict=True))
