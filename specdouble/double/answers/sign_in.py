"""The contract's own sign-in and sign-up: the token in the answer is the user's, where no annotation says how."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.arguments import wanted_arguments
from specdouble.contract.json_type import JSON
from specdouble.contract.people import signs_in
from specdouble.contract.pointer import value_at
from specdouble.contract.properties import plain
from specdouble.double.answers.completion import with_value_at
from specdouble.double.answers.people import NAMES, People, is_text, texts_of
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.state.conforming import body_within
from specdouble.double.state.exchange import current

Answer = Callable[..., Any]
Place = tuple[str, ...]
_TOKENS = {"token", "accesstoken", "access", "authtoken", "jwt", "jwttoken", "bearertoken", "idtoken", "sessiontoken"}


def with_token(contract: Contract, operation: Operation, answer: Answer, sampler: Sampler) -> Answer:
    """The answer, with a token of who signs in or up, and with that user, where the answer shows them.

    Args:
        contract: the contract.
        operation: the operation.
        answer: what answers it.
        sampler: makes a user whom nobody has created.
    """
    people, action = contract.people, contract.actions.get(operation.id)
    if people is None:
        return answer
    signs_up = action is not None and action.does == "create" and action.collection == people.collection
    response = operation.response(operation.success)
    media = response.media() if response else None
    is_json = media is not None and "json" in media.type
    if media is None or media.slot is None or not is_json or not (signs_up or signs_in(operation)):
        return answer
    fits, kept = partial(contract.schemas.is_valid, media.slot), People(contract, people, sampler)
    tokens, users = [*_tokens(contract, media.schema)], [*_users(contract, media.schema, people)]
    wanted = wanted_arguments(answer, operation)

    def answered(**arguments: JSON) -> Any:
        answered, status, headers = answer(**{one: arguments[one] for one, _, _ in wanted if one in arguments})
        body = body_within(answered)
        told, issue = dict(texts_of(arguments.get("body"))), current.get().world.token_of
        named = {name: told[name] for name in NAMES if name in told}
        if not isinstance(body, dict) or not named or issue is None:
            return answered, status, headers
        document = kept.known_as(named) or kept.made(named, "signed in")
        whole = body
        for place in users:
            whole = _showing(whole, place, kept.shown(document[people.id]), fits)
        for place in tokens:
            if isinstance(value_at(whole, place[:-1]), dict):  # the user's own `token` among them
                whole = with_value_at(whole, place, issue({"id": document[people.id]}))
        return (whole if fits(whole) else answered), status, headers

    return answered if tokens or users else answer


def _showing(
    whole: dict[str, JSON], place: Place, user: dict[str, JSON], fits: Callable[[JSON], bool]
) -> dict[str, JSON]:
    """The answer with the user in it; with what was made beside it, where the answer demands that."""
    made = value_at(whole, place)
    if not isinstance(made, dict):
        return whole
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


def _users(contract: Contract, schema: JSON, people: Resource) -> Iterator[Place]:
    """Where the user stands in the answer."""
    for name, part in contract.parts(schema).items():
        if contract.resolve(part) is people.schema:
            yield (name,)
        for inner, schema_inside in contract.parts(part).items():
            if contract.resolve(schema_inside) is people.schema:
                yield (name, inner)
