"""How hypotheses about one place compare: what the words leave open, experiments may fill in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from specdouble.contract import Contract, Resource
from specdouble.discover.hypothesis import Hypothesis

SCOPES = ("owner", "tenant")
# The key that a short form of an annotation stands for: `x-limit: 10` is `{max: 10}`.
_SHORT = {"x-references": "collection", "x-limit": "max", "x-roles": "roles"}
# What keeps a word as people mean it: who compares in lower case ignores case, whatever `ß` becomes.
_KEPT_BY = {"case": {"ascii-case"}}


def is_refined_by(claim: Hypothesis, found: Hypothesis) -> bool:
    """Whether what was found says all that the claim says, and perhaps more."""
    return claim.place == found.place and _says_no_less(found.value, claim.value)


def with_status(hypothesis: Hypothesis, status: int) -> Hypothesis:
    """The hypothesis of a rule whose refusals have another status than is usual."""
    value = hypothesis.value
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return replace(hypothesis, value=[{**one, "status": status} for one in value])
    if isinstance(value, dict):
        return replace(hypothesis, value={**value, "status": status})
    key = _SHORT.get(hypothesis.keyword)
    return replace(hypothesis, value={**({key: value} if key else {}), "status": status})


def _says_no_less(found: Any, claim: Any) -> bool:
    if claim is None or claim is True or found == claim:
        return True
    if isinstance(claim, str) and isinstance(found, dict):
        return found.get("collection") == claim
    if isinstance(claim, dict) and isinstance(found, dict):
        return all(_says_no_less(found.get(key, []), value) for key, value in claim.items())
    if isinstance(claim, list) and isinstance(found, list):
        known = set(map(str, found))
        return all(word in known or _KEPT_BY.get(word, set()) & known for word in map(str, claim))
    return False


def resolved(contract: Contract, hypothesis: Hypothesis) -> Hypothesis | None:
    """The hypothesis with properties in the place of `owner` and `tenant`; None where no property holds them."""
    value = hypothesis.value
    if not isinstance(value, dict) or "within" not in value:
        return hypothesis
    resource = _resource(contract, hypothesis.pointer)
    names = value["within"] if isinstance(value["within"], list) else [value["within"]]
    known = [_property(resource, name) for name in names]
    if None in known:
        return None
    kept = {key: part for key, part in value.items() if key != "within"}
    return replace(hypothesis, value={"within": known, **kept})


def _resource(contract: Contract, at: str) -> Resource | None:
    holding = [one for one in contract.resources.values() if at.startswith(one.pointer + "/")]
    return holding[0] if holding else None


def _property(resource: Resource | None, name: str) -> str | None:
    if resource is None:
        return None
    if name in resource.properties:
        return name
    found = {"owner": resource.owner, "tenant": resource.tenant}.get(name)
    return found or None
