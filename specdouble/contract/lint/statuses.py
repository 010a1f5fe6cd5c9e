"""Which statuses operations do not declare, and answer all the same: for what is refused, invalid or not there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.operation import Operation, Parameter
from specdouble.contract.properties import described, properties_of
from specdouble.contract.resource import Action
from specdouble.contract.rule import CollectionRule, OperationRule, PropertyRule, Rule


def check_refusals(
    document: Document, operations: list[Operation], actions: Mapping[str, Action], rules: list[Rule]
) -> None:
    """An operation that can break a rule declares a status with which it refuses."""
    by_collection: dict[str, list[CollectionRule]] = defaultdict(list)
    by_operation: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        if isinstance(rule, CollectionRule) and rule.refused_with:
            by_collection[rule.collection].append(rule)
        elif isinstance(rule, OperationRule):
            by_operation[rule.about].append(rule)
    for operation in operations:
        about = [*by_operation[operation.id]]
        action = actions.get(operation.id)
        if action is not None and action.does in ("create", "update", "replace"):
            taken = _properties_of_body(document, operation, action)
            about += [rule for rule in by_collection[action.collection] if _may_break(action, taken, rule)]
        for rule in about:
            _check_refusal(document, operation, rule)


def _may_break(action: Action, taken: Collection[str], rule: CollectionRule) -> bool:
    """Whether an operation that takes these properties can break the rule."""
    if not isinstance(rule, PropertyRule):
        return action.does in rule.shown_by
    return rule.name in taken and not rule.server_sets  # what the server sets has no effect


def _check_refusal(document: Document, operation: Operation, rule: Rule) -> None:
    if not rule.refused_with or operation.response(rule.status_among(operation.statuses)) is not None:
        return
    statuses = [str(status) for status in ([rule.status] if rule.status else rule.refused_with)]
    reason = f"the operation may break {rule.id} and declares no status for its refusal"
    remedy = f"declare {'one of ' if len(statuses) > 1 else ''}{', '.join(statuses)} under `responses`"
    document.find(operation.pointer + "/responses", reason, remedy, "warning", id="refusal-status")


def check_invalid(document: Document, operations: list[Operation]) -> None:
    """An operation that takes a body, or a value that can be wrong, declares a status for what is invalid."""
    for operation in operations:
        if any(operation.response(status) is not None for status in (400, 422)):
            continue
        # What no document can be named by is answered as a document that is not there, where that is declared alone.
        is_missed = operation.response(404) is not None
        asked = [one for one in operation.parameters if not (is_missed and one.location == "path")]
        strict = [one.name for one in asked if _can_be_wrong(document, one)]
        if operation.body is None and not strict:
            continue
        taken = "a body" if operation.body is not None else f"the parameter `{strict[0]}`"
        reason = f"the operation takes {taken}, and declares no status for an invalid one: the double answers 400"
        at = operation.pointer + "/responses"
        document.find(at, reason, "declare 400, 422, 4XX or `default`", "warning", id="invalid-status")


def check_missing(document: Document, operations: list[Operation], done: Mapping[str, Action]) -> None:
    """An operation on a document that may not be there declares a status for that."""
    created = {action.collection for action in done.values() if action.does == "create"}
    for operation in operations:
        action = done.get(operation.id)
        if action is None or action.does not in ("read", "update", "delete") or action.collection not in created:
            continue
        if action.id is None or any(operation.response(status) is not None for status in (404, 410)):
            continue
        reason = f"the operation names a document of {action.collection}, and declares no status for one that is gone"
        at = operation.pointer + "/responses"
        document.find(at, reason, "declare 404, 4XX or `default`", "warning", id="missing-status")


def check_unauthorized(document: Document, operations: list[Operation]) -> None:
    """An operation that asks for a credential declares a status for who has none."""
    for operation in operations:
        asks = operation.security and all(operation.security)  # an empty alternative lets everybody in
        if not asks or operation.response(401) is not None:
            continue
        reason = "the operation asks for a credential, and declares no status for a request without: it is 401"
        at = operation.pointer + "/responses"
        document.find(at, reason, "declare 401, 4XX or `default`", "warning", id="unauthorized-status")


def _can_be_wrong(document: Document, parameter: Parameter) -> bool:
    """Whether a request may leave the parameter out, or write it, so that it is refused."""
    try:
        schema = described(document, parameter.schema)
    except LookupError:
        return parameter.required and parameter.location != "path"
    asks = ("enum", "pattern", "format", "minLength", "maxLength", "anyOf", "oneOf")
    is_text = schema.get("type", "string") == "string" and not any(keyword in schema for keyword in asks)
    # What a rule adds is not validated: the rule has a status of its own.
    may_be_missing = parameter.required and parameter.location != "path"
    return (may_be_missing and parameter.slot is not None) or not is_text


def _properties_of_body(document: Document, operation: Operation, action: Action) -> set[str]:
    """The properties of a document that a client may send: not those that are read-only."""
    taken: set[str] = set()
    for media in operation.body.content.values() if operation.body else ():
        schema: Any = media.schema
        for outer in action.wrapper:
            schema = next((part for name, part, _ in properties_of(document, schema, "") if name == outer), None)
        parts = properties_of(document, schema, "")
        taken |= {name for name, part, _ in parts if part.get("readOnly") is not True}
    return taken
