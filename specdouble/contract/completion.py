"""What rules add to operations: parameters, statuses and header fields that the shape of a contract is silent on.

What keeps and tries these by the shape of an operation needs no annotation of its own then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from specdouble.contract.operation import Header, Operation, Parameter, Response
from specdouble.contract.resource import Action
from specdouble.contract.rule import CollectionRule, OperationRule, Rule

_TEXT = {"type": "string"}


def completed(operations: list[Operation], actions: Mapping[str, Action], rules: Iterable[Rule]) -> list[Operation]:
    """The operations with what the rules about them add."""
    about: dict[tuple[str, str], list[Rule]] = defaultdict(list)
    for rule in rules:
        if type(rule).completes is Rule.completes:
            continue
        if isinstance(rule, OperationRule):
            about["operation", rule.operation].append(rule)
        elif isinstance(rule, CollectionRule):
            about["collection", rule.collection].append(rule)
    return [_completed(one, actions.get(one.id), about) for one in operations] if about else operations


def _completed(operation: Operation, action: Action | None, about: Mapping[tuple[str, str], list[Rule]]) -> Operation:
    rules = list(about.get(("operation", operation.id), ()))
    if action is not None:
        rules += about.get(("collection", action.collection), ())
    for rule in rules:
        operation = rule.completes(operation, action.does if action else "none")
    return operation


def with_request_field(operation: Operation, name: str, at: str, *, required: bool = False) -> Operation:
    """The operation with a header field that a request may hold, or has to; what is declared stays as it is."""
    for index, known in enumerate(operation.parameters):
        if known.location == "header" and known.name.lower() == name.lower():
            asked = replace(known, required=known.required or required)
            parameters = (*operation.parameters[:index], asked, *operation.parameters[index + 1 :])
            return replace(operation, parameters=parameters)
    added = Parameter(name, "header", required, _TEXT, None, "simple", False, None, at)
    return replace(operation, parameters=(*operation.parameters, added))


def with_status(operation: Operation, status: int, description: str) -> Operation:
    """The operation with a status that it may answer; its body is what the operation's other refusals have."""
    if str(status) in operation.responses:
        return operation
    like = operation.response(status) or _refusal(operation)
    content = like.content if like and status >= 400 else {}
    response = Response(str(status), description, content, {})
    return replace(operation, responses={**operation.responses, str(status): response})


def with_response_field(operation: Operation, status: int, name: str) -> Operation:
    """The operation with a header field in its answers of a status."""
    response = operation.responses.get(str(status))
    if response is None or any(known.lower() == name.lower() for known in response.headers):
        return operation
    told = replace(response, headers={**response.headers, name: Header(name, False, _TEXT, None)})
    return replace(operation, responses={**operation.responses, str(status): told})


def _refusal(operation: Operation) -> Response | None:
    """The first of the operation's refusals that has a body."""
    refusals = [one for key, one in operation.responses.items() if key[:1] == "4" and one.content]
    return next(iter(refusals), None)
