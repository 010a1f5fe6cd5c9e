"""Documents that others may see or change: what owners and tenants share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.contract.audience import NOBODY
from specdouble.contract.digits import number_of
from specdouble.contract.rule import ScopeRule
from specdouble.double.http.compiled_operation import Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World
from specdouble.prove.change import Asked, answering, kept_as, unscoped
from specdouble.prove.facts import ONE, creators, doing
from specdouble.prove.fault import Mutant, Mutants

_DOES = {"read": "read", "list": "list", "update": "change", "replace": "replace", "delete": "delete"}


def of_rule(contract: Contract, resource: Resource, rule: ScopeRule, who: str, why: str = "") -> Mutants:
    """The mutants of one rule.

    Args:
        contract: where it stands.
        resource: whose documents it hides.
        rule: whose they are.
        who: who sees them where it is not kept, as a sentence begins.
        why: why it does not show that the rule is not kept; empty where it does.
    """
    if not doing(contract, resource.collection, *_DOES):
        unseen = f"no operation reads or changes documents of {resource.collection}"
        yield _unchecked(rule, resource, who, "", (), unseen)
    for key, does in operations(contract, resource):
        open_to = rule.readers if does in ("read", "list") else rule.writers
        if not open_to.anyone:
            yield _unchecked(rule, resource, who, does, (key,), why)
    if rule.is_opened:
        sentence = f"Documents of {resource.collection} that others may read exist for nobody else."
        change = kept_as(rule, replace(rule, readers=NOBODY))
        yield Mutant(f"{rule.kind}.closed", rule.about, sentence, change, (rule.id,), equivalent=why)


def operations(contract: Contract, resource: Resource) -> Iterator[tuple[str, str]]:
    """The ids of the operations on documents that exist, and what each does to one."""
    for key, action in contract.actions.items():
        if action.collection == resource.collection and action.does in _DOES:
            yield key, _DOES[action.does]
    keys = {contract.actions[key].id for key in doing(contract, resource.collection, *ONE)} - {None}
    for key in creators(contract, resource.collection):
        body = contract.operations[key].body
        medias = body.content.values() if body else ()
        if any(keys & set(contract.properties(media.schema)) for media in medias):
            yield key, "change"


def _unchecked(rule: ScopeRule, resource: Resource, who: str, does: str, ids: tuple[str, ...], why: str) -> Mutant:
    sentence = f"{who} can {does or 'see'} a document of {resource.collection}."
    target = ids[0] if ids else f"{resource.collection}.{rule.name}"
    change = unscoped(ids, resource.collection, {rule.name})
    return Mutant(
        f"{rule.kind}.unchecked", f"{target}.{rule.name}" if ids else target, sentence, change, (rule.id,), ids, why
    )


def disclosed(contract: Contract, resource: Resource, rule: ScopeRule) -> Mutants:
    """Mutants that answer 403 where another's document should not exist for the caller."""
    for key, does in operations(contract, resource) if not rule.is_opened else ():
        action = contract.actions[key]
        if action.id is not None and "404" in contract.operations[key].statuses:
            sentence = f"Who tries to {does} another's document of {resource.collection} is told that it exists: 403."
            change = answering((key,), _forbidding(resource.collection, resource.id, action.id))
            target = f"{key}.{rule.name}"
            yield Mutant(f"{rule.kind}.forbidden-not-hidden", target, sentence, change, (rule.id,), (key,))


def _forbidding(collection: str, property: str, parameter: str) -> Any:
    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        outcome = await asked(request, world)
        raw = request.path.get(parameter) or _queried(request, parameter)
        values = [one for one in (raw, number_of(raw)) if one is not None]
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
