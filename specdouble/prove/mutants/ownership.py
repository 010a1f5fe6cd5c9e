"""Documents that others may see or change."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from specdouble.contract import Contract, Owner, Resource, Rule, Tenant
from specdouble.double.http.compiled import Outcome, Request
from specdouble.double.state.enforcement import Enforcement
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World
from specdouble.prove.change import Asked, answering, around, in_operations
from specdouble.prove.facts import ONE, creators, doing
from specdouble.prove.fault import Change, Mutant, Mutants

_DOES = {"read": "read", "list": "list", "update": "change", "replace": "replace", "delete": "delete"}


def mutants(contract: Contract) -> Mutants:
    """The mutants of every rule of owners and tenants."""
    for resource in contract.resources.values():
        for rule in (*resource.of(Owner), *resource.of(Tenant)):
            if not doing(contract, resource.collection, *_DOES):
                why = f"no operation reads or changes documents of {resource.collection}"
                yield _unchecked(rule, resource, "", (), why)
            for key, does in _operations(contract, resource):
                yield _unchecked(rule, resource, does, (key,), _equivalent(contract, rule, resource))
        yield from _together(contract, resource)
        yield from _told(contract, resource)


def _operations(contract: Contract, resource: Resource) -> Iterator[tuple[str, str]]:
    for key, action in contract.actions.items():
        if action.collection == resource.collection and action.does in _DOES:
            yield key, _DOES[action.does]
    keys = {contract.actions[key].id for key in doing(contract, resource.collection, *ONE)} - {None}
    for key in creators(contract, resource.collection):
        body = contract.operations[key].body
        medias = body.content.values() if body else ()
        if any(keys & set(contract.properties(media.schema)) for media in medias):
            yield key, "change"


def _unchecked(rule: Rule, resource: Resource, does: str, ids: tuple[str, ...], why: str) -> Mutant:
    who = "A colleague" if isinstance(rule, Owner) else "Another organization's user"
    sentence = f"{who} can {does or 'see'} a document of {resource.collection}."
    target = ids[0] if ids else f"{resource.collection}.{rule.name}"
    change = _scoped_without(ids, resource, {rule.name})
    return Mutant(
        f"{rule.kind}.unchecked", f"{target}.{rule.name}" if ids else target, sentence, change, (rule.id,), ids, why
    )


def _equivalent(contract: Contract, rule: Rule, resource: Resource) -> str:
    """A tenant is told by the owner where each user has one of either."""
    if not isinstance(rule, Tenant) or not resource.owner or not _is_of_users(contract, resource):
        return ""
    return f"{resource.owner} is checked too, and a user belongs to one {resource.tenant}: nobody else has both"


def _is_of_users(contract: Contract, resource: Resource) -> bool:
    claimed = [identity.claims for identity in contract.identities.values()]
    return all(resource.owner in claims and resource.tenant in claims for claims in claimed)


def _scoped_without(ids: tuple[str, ...], resource: Resource, names: set[str]) -> Change:
    def alter(enforcement: Enforcement) -> None:
        def scope(original: Any, user: Any) -> dict[str, Any]:
            return {name: value for name, value in original(user).items() if name not in names}

        whole = copy.copy(enforcement)
        around(enforcement, "scope", scope)
        around(enforcement, "completed", lambda _, *given: whole.completed(*given))  # a new document is the caller's

    return in_operations(ids, resource.collection, alter)


def _together(contract: Contract, resource: Resource) -> Mutants:
    """Where both are checked, one hides that the other is not."""
    if not resource.owner or not resource.tenant:
        return
    concerns = (f"owner:{resource.collection}.{resource.owner}", f"tenant:{resource.collection}.{resource.tenant}")
    for key, does in _operations(contract, resource):
        change = _scoped_without((key,), resource, {resource.owner, resource.tenant})
        sentence = f"Anybody who is signed in can {does} a document of {resource.collection}."
        yield Mutant("tenant.open-to-all", f"{key}.{resource.tenant}", sentence, change, concerns, (key,))


def _told(contract: Contract, resource: Resource) -> Mutants:
    scope = resource.owner or resource.tenant
    if scope is None:
        return
    kind = "owner" if resource.owner else "tenant"
    for key, does in _operations(contract, resource):
        action = contract.actions[key]
        if action.id is not None and "404" in contract.operations[key].statuses:
            sentence = f"Who tries to {does} another's document of {resource.collection} is told that it exists: 403."
            change = answering((key,), _forbidding(resource.collection, resource.id, action.id))
            yield Mutant(
                f"{kind}.forbidden-not-hidden",
                f"{key}.{scope}",
                sentence,
                change,
                (f"{kind}:{resource.collection}.{scope}",),
                (key,),
            )


def _forbidding(collection: str, property: str, parameter: str) -> Any:
    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        outcome = await asked(request, world)
        raw = request.path.get(parameter) or _queried(request, parameter)
        values = [raw, int(raw)] if raw and raw.isdigit() else [raw]
        if outcome.answer.status == 404 and any(
            world.collection(collection, None).find_one({property: one}) for one in values
        ):
            refused: Outcome = asked.compiled.refused(Problem(403, "Forbidden"))
            return refused
        return outcome

    return answer


def _queried(request: Request, parameter: str) -> str:
    from urllib.parse import parse_qs

    return next(iter(parse_qs(request.query.decode("latin-1")).get(parameter, [])), "")
