"""What is wrong with operations: their paths, the parameters in them, and who may ask."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.kind import suggestion
from specdouble.contract.operation import Operation
from specdouble.contract.pointer import look_up, pointer
from specdouble.contract.resource import Identity, Resource

_ROUTERS_PARAMETER = re.compile(r":(?P<colon>[A-Za-z_]\w*)|<(?:\w+:)?(?P<angle>[A-Za-z_]\w*)>")


def check_operations(
    document: Document,
    operations: list[Operation],
    identities: Mapping[str, Identity],
    resources: Mapping[str, Resource],
) -> None:
    """Note what is wrong with paths, their parameters, and who may ask."""
    templates: dict[tuple[str, str], Operation] = {}
    for operation in operations:
        shape = re.sub(r"\{[^{}]*\}", "{}", operation.path)
        twin = templates.setdefault((operation.method, shape), operation)
        if twin is not operation:
            reason = f"the path differs from `{twin.path}` in the names of its parameters alone"
            document.find(
                operation.pointer,
                reason,
                "keep one: of the values the first takes what fits it, the other the rest",
                id="same-path",
            )
        _check_security(document, operation)
        _check_path(document, operation)
        _check_routers_parameters(document, operation)
    for scheme, identity in identities.items():
        _check_identity(document, scheme, identity, resources)


def _check_security(document: Document, operation: Operation) -> None:
    schemes: Any = document.get("/components/securitySchemes") or document.get("/securityDefinitions") or {}
    for alternative in operation.security:
        for name in alternative:
            if name in schemes:
                continue
            reason = f"`security` names the scheme `{name}`, which is not defined"
            # Where it stands: for all operations at once, it is one finding.
            own = "security" in look_up(document.data, operation.pointer)
            at = operation.pointer if own else "/security"
            document.find(at, reason, "define it under components/securitySchemes", id="security-scheme")


def _check_identity(document: Document, scheme: str, identity: Identity, resources: Mapping[str, Resource]) -> None:
    users = resources.get(identity.collection)
    if users is not None:
        _check_claims(document, scheme, identity, users)
        return
    reason = f"`x-identity` names the collection `{identity.collection}`, which no `x-resource` keeps"
    at = f"/components/securitySchemes{pointer(scheme)}/x-identity/collection"
    named = suggestion(identity.collection, resources) if resources else "name the collection of users"
    remedy = f"{named}, annotate its schema with `x-resource`, or put its documents into"
    document.find(at, reason, f"{remedy} mock_data/{identity.collection}.json")


def _check_claims(document: Document, scheme: str, identity: Identity, users: Resource) -> None:
    """A claim of what no user has is nobody's: documents would be owned by nobody, and everybody's."""
    known = {*users.properties, users.id}
    for claim, name in identity.claims.items():
        if name not in known and users.properties:
            at = f"/components/securitySchemes{pointer(scheme, 'x-identity', 'claims', claim)}"
            reason = f"the claim `{claim}` is the property `{name}`, which no document of {identity.collection} has"
            remedy = suggestion(str(name), known)
            document.find(at, reason, remedy, "warning", id="owner-claim")


def _check_path(document: Document, operation: Operation) -> None:
    find = partial(document.find, operation.pointer, severity="warning", id="path-parameter")
    declared = {parameter.name for parameter in operation.parameters if parameter.location == "path"}
    for name in declared:
        if "{" + name + "}" not in operation.path:
            reason = f"the path parameter `{name}` does not stand in the path"
            find(reason, "write it into the path in braces, or remove it")
    # Behind a `?` in a path stand parameters of the query.
    known = {parameter.name for parameter in operation.parameters} if "?" in operation.path else declared
    for part in operation.path.split("{")[1:]:
        name = part.partition("}")[0]
        if name not in known:
            find(f"the path's parameter `{name}` is not declared", "add it to `parameters` with `in: path`")


def _check_routers_parameters(document: Document, operation: Operation) -> None:
    """What routers write for a parameter (`/:id`, `/<int:id>`) is in OpenAPI a segment that must be asked for as is."""
    for segment in operation.path.split("/"):
        match = _ROUTERS_PARAMETER.fullmatch(segment)
        if match:
            name = match["colon"] or match["angle"]
            reason = f"the segment `{segment}` is no parameter: it is asked for as it stands here"
            remedy = f"write `{{{name}}}`, and declare it in `parameters` with `in: path`"
            document.find(operation.pointer, reason, remedy, "warning", id="path-parameter")
