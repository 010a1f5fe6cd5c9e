"""What keeps rules from meaning what they say: claims that nobody has, documents that no collection holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.operation import Operation
from specdouble.contract.properties import is_array, parts_of
from specdouble.contract.resource import Action, Identity, Resource
from specdouble.contract.rule import PropertyRule, Rule, ScopeRule


def check_scopes(
    document: Document, resources: Mapping[str, Resource], rules: list[Rule], identities: Mapping[str, Identity]
) -> None:
    """The property that holds a caller's id has the name of a claim: it is filled from that, and compared with it."""
    claims = {claim for identity in identities.values() for claim in identity.claims}
    for rule in rules if identities else ():
        if not isinstance(rule, ScopeRule):
            continue
        name, whose = resources[rule.collection].claim(rule.name), rule.kind
        if name in claims:
            continue
        reason = f"no `x-identity` has a claim `{name}`: every document would have no {whose}, and all callers see it"
        remedy = (
            f"write `{name}: {resources[rule.collection].id}` among the claims, or name the claim that it holds: "
            f"`{whose}: {{property: {rule.name}, claim: …}}`"
        )
        document.find(rule.pointer, reason, remedy, id="owner-claim")


def check_inside(
    document: Document, operations: list[Operation], actions: Mapping[str, Action], resources: Mapping[str, Resource]
) -> None:
    """Rules of documents that a request holds inside of another document: these are no documents of a collection."""
    kept_of = {one.pointer: one for one in resources.values() if any(map(_is_of_documents_alone, one.rules))}
    for operation in operations:
        action, media = actions.get(operation.id), operation.json_body
        if action is None or media is None or action.does not in ("create", "replace", "update"):
            continue
        for name, part, at in parts_of(document, media.schema, media.pointer + "/schema"):
            inside = kept_of.get(_of_one(document, part, at))
            if inside is not None and inside.collection != action.collection:
                kept = next(one.id for one in inside.rules if _is_of_documents_alone(one))
                reason = f"what `{name}` holds is no document of {inside.collection}: {kept} is not kept there"
                remedy = "give it a schema of its own, without the annotations"
                document.find(at, reason, remedy, "warning", id="inside")


def _is_of_documents_alone(rule: Rule) -> bool:
    return isinstance(rule, PropertyRule) and rule.refuses and not rule.native


def _of_one(document: Document, schema: Any, at: str) -> str:
    """Where the schema of a property stands, or that of each item of it."""
    try:
        followed, at = document.follow(schema, at)
        if isinstance(followed, dict) and followed.get("readOnly") is not True and is_array(followed):
            _, at = document.follow(followed["items"], at + "/items")
    except LookupError:
        return ""
    return at
