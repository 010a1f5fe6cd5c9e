"""The contract's own sign-in and sign-up: the token in the answer is the user's, where no annotation says how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.arguments import wanted_arguments
from specdouble.contract.json_type import JSON
from specdouble.contract.people import is_open, renews, signs_in
from specdouble.contract.pointer import value_at
from specdouble.contract.properties import plain, synonyms
from specdouble.double.answers.completion import with_value_at
from specdouble.double.answers.people import NAMES, People, is_text, texts_of
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.state.conforming import body_within
from specdouble.double.state.exchange import current, new_token
from specdouble.double.state.keeper import Document

Answer = Callable[..., Any]
Place = tuple[str, ...]
_OWN_IDS = ("id", "_id", "userId", "user_id")
_TOKENS = {"token", "accesstoken", "access", "authtoken", "jwt", "jwttoken", "bearertoken", "idtoken", "sessiontoken"}


def with_token(contract: Contract, operation: Operation, answer: Answer, sampler: Sampler) -> Answer:
    """The answer, with a token of who signs in or up, and with that user, where the answer shows them.

    Args:
        contract: the contract.
        operation: the operation.
        answer: what answers it.
        sampler: makes a user whom nobody has created.
    """
    people, action = contract.signing_in, contract.actions.get(operation.id)
    if people is None:
        return answer
    signs_up = action is not None and action.does == "create" and action.collection == people.collection
    response = operation.response(operation.success)
    media = response.media() if response else None
    is_asked = signs_up or signs_in(operation) or renews(operation)
    if media is None or media.slot is None or "json" not in media.type or not is_asked:
        return answer
    fits, kept = partial(contract.schemas.is_valid, media.slot), People(contract, people, sampler)
    signed_in = _SignedIn(contract, media.schema, people, kept, fits)
    wanted = wanted_arguments(answer, operation)

    def answered(**arguments: JSON) -> Any:
        answered, status, headers = answer(**{one: arguments[one] for one, _, _ in wanted if one in arguments})
        body = body_within(answered)
        world = current.get().world
        can_issue = isinstance(body, dict) and bool(world.tokens or world.token_of)
        document = _who(kept, operation, arguments.get("body"), signs_up) if can_issue else None
        if document is None:
            return answered, status, headers
        whole = signed_in.shown(body, document)
        return (whole if fits(whole) else answered), status, headers

    return answered if signed_in.is_shown else answer


class _SignedIn:
    """Shows who has signed in where an answer has places for a token and a user.

    Args:
        contract: the contract.
        schema: the answer's.
        people: what its users are.
        kept: those that there are.
        fits: whether the answer may be so.
    """

    def __init__(
        self, contract: Contract, schema: Any, people: Resource, kept: People, fits: Callable[[JSON], bool]
    ) -> None:
        self._id, self._kept, self._fits = people.id, kept, fits
        self._tokens = [*_tokens(contract, schema)]
        self._users = [*_users(contract, schema, people)]

    @property
    def is_shown(self) -> bool:
        """Whether the answer has such a place."""
        return bool(self._tokens or self._users)

    def shown(self, body: JSON, document: Document) -> JSON:
        """The body with the user, and then the token: the user's own `token` may be the place for it."""
        for place, called in self._users:
            shown = self._kept.shown(document[self._id])
            user = {called[name]: value for name, value in shown.items() if name in called}
            body = _showing(body, place, user, self._fits)
        for place in self._tokens:
            if isinstance(value_at(body, place[:-1]), dict):
                told = document if current.get().world.tokens else {"id": document[self._id]}
                body = with_value_at(body, place, new_token(told))
        return body


def _who(kept: People, operation: Operation, body: JSON, signs_up: bool) -> Document | None:
    """The document of who signs in or up, or has done so before; None where nothing says who that is."""
    told = dict(texts_of(body))
    named = {name: told[name] for name in NAMES if name in told}
    document = kept.last_seen() if renews(operation) else None
    if document is None and named:
        document = kept.known_as(named) or kept.made(named, "signed in")
    if document is None and signs_up:
        document = kept.newest()  # whoever has no name was made a moment ago all the same
    if document is not None and is_open(operation):
        kept.see(document)
    return document


def _showing(
    whole: dict[str, JSON], place: Place, user: dict[str, JSON], fits: Callable[[JSON], bool]
) -> dict[str, JSON]:
    """The answer with the user in it; with what was made beside it, where the answer demands that."""
    made = value_at(whole, place)
    if not isinstance(made, dict):
        return whole
    if not place:
        return {**whole, **user}
    alone = with_value_at(whole, place, user)
    return alone if fits(alone) else with_value_at(whole, place, {**made, **user})


def _tokens(contract: Contract, schema: JSON) -> Iterator[Place]:
    """Where a token stands in the answer: at its root, or in an object in it."""
    for name, part in contract.fields(schema).items():
        if plain(name) in _TOKENS and is_text(part) and not contract.fields(part):
            yield (name,)
        for inner, schema_inside in contract.fields(part).items():
            if plain(inner) in _TOKENS and is_text(schema_inside):
                yield (name, inner)


def _users(contract: Contract, schema: JSON, people: Resource) -> Iterator[tuple[Place, dict[str, str]]]:
    """Where the user stands in the answer, and what its properties are called there."""
    inside: list[tuple[dict[str, Any], Place]] = [(contract.parts(schema), ())]
    inside += [(contract.parts(part), (name,)) for name, part in contract.parts(schema).items()]
    found = [((*at, name), part) for parts, at in inside for name, part in parts.items()]
    places = [(place, called) for place, part in found if (called := _called(contract, part, people))]
    at_root = _called(contract, schema, people)
    return iter(places if places or not at_root else [((), at_root)])


def _called(contract: Contract, schema: JSON, people: Resource) -> dict[str, str]:
    """What the properties of one of them are called where the schema is shown; empty where it shows none of them."""
    if contract.resolve(schema) is people.schema:
        return {name: name for name in people.properties}
    fields = contract.properties(schema)
    called = synonyms(people.properties, fields, people.kind)
    if people.id not in called:
        own = next((name for name in _OWN_IDS if name in fields), None)
        called |= {people.id: own} if own is not None else {}
    is_somebody = any(plain(name) in NAMES for name in called)
    return called if is_somebody and len(called) > 1 and 2 * len(called) >= len(fields) else {}
