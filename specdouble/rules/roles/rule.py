"""`x-roles`: an operation is for callers of certain roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from specdouble.contract.kind import Belied, Kind, OnOperation, OnSchema, Reading, Shown, mapping, suggestion
from specdouble.contract.operation import Operation
from specdouble.contract.pointer import pointer
from specdouble.contract.resource import Identity, Resource
from specdouble.contract.rule import OperationRule

CLAIM = "role"
# What may be kept for roles of a collection, and what operations do then.
_DOES = {
    "create": ("create", "create_many"),
    "read": ("read",),
    "list": ("list",),
    "update": ("update", "replace", "act"),
    "delete": ("delete", "delete_many"),
}
_ROLES = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_ONE = (_ROLES, mapping({"roles": _ROLES, "claim": {"type": "string"}}, "roles"))
_EACH = {
    "type": "object",
    "properties": {key: {"anyOf": [*_ONE]} for key in _DOES},
    "minProperties": 1,
    "additionalProperties": False,
}


@dataclass(frozen=True, kw_only=True)
class Roles(OperationRule):
    """Whoever has none of the roles is refused, whatever the request says.

    Args:
        roles: the roles, in the order of the annotation.
        claim: the claim of the caller that holds the caller's role, or an array of them.
    """

    kind = "roles"
    refused_with = (403,)
    roles: tuple[str, ...]
    claim: str

    def admits(self, held: object) -> bool:
        """Whether a caller whose claim is this may ask."""
        return any(one in self.roles for one in (held if isinstance(held, list) else [held]))

    def lets_in(self, caller: Mapping[str, Any]) -> bool | None:
        """Whether one of the caller's roles is among them."""
        return self.admits(caller[self.claim]) if self.claim in caller else None

    def looser_than(self, other: Self) -> bool | None:
        """Whether callers of more roles may ask."""
        own, others = {*self.roles}, {*other.roles}
        is_comparable = self.claim == other.claim and (own >= others or own <= others)
        return own > others if is_comparable else None

    def __str__(self) -> str:
        return f"{self.operation} is for callers whose {self.claim} is {' or '.join(self.roles)}"


def _read(reading: Reading) -> Iterator[Roles]:
    for annotation in reading.on_operations("x-roles"):
        yield from _of_operation(reading, annotation)
    for whole in reading.on_schemas("x-roles"):
        yield from _of_resource(reading, whole)


def _of_resource(reading: Reading, annotation: OnSchema) -> Iterator[Roles]:
    """The rules of the operations on a collection, by what they do; one that has roles of its own keeps those."""
    if not isinstance(annotation.raw, dict) or not annotation.raw:
        annotation.find(
            "`x-roles` means nothing here: it says of no action whose it is", "write `x-roles: {delete: [ADMIN]}`"
        )
        return
    annotation.find_unknown_keys([*_DOES])
    for key in (one for one in annotation.raw if one in _DOES):
        operations = [one for one in reading.operations if _does(reading, one, annotation.resource, key)]
        if not operations:
            reason = f"no operation is known to {key} documents of {annotation.resource.collection}"
            annotation.find(reason, "remove it, or say by `x-action` what the operation does", key)
        at = annotation.pointer + pointer(key)
        for operation in operations:
            if "x-roles" not in operation.extensions:
                said = OnOperation(reading.document, "x-roles", annotation.raw[key], at, operation)
                yield from _of_operation(reading, said)


def _does(reading: Reading, operation: Operation, resource: Resource, key: str) -> bool:
    action = reading.actions.get(operation.id)
    return action is not None and action.collection == resource.collection and action.does in _DOES[key]


def _of_operation(reading: Reading, annotation: OnOperation) -> Iterator[Roles]:
    raw = annotation.raw
    roles = raw.get("roles") if isinstance(raw, dict) else raw
    if not isinstance(roles, list) or not roles or not all(isinstance(role, str) for role in roles):
        annotation.find_lacking("roles", "`x-roles` lists no roles", "write `x-roles: [ADMIN, ...]`")
        return
    annotation.find_unknown_keys(("roles", "claim", "status"))
    claim = raw.get("claim", CLAIM) if isinstance(raw, dict) else CLAIM
    yield from _of_claim(reading, annotation, tuple(roles), claim)


def _of_claim(reading: Reading, annotation: OnOperation, roles: tuple[str, ...], claim: Any) -> Iterator[Roles]:
    """The rule, where each way to be authenticated tells the claim."""
    operation = annotation.operation
    if operation.is_public:
        remedy = "name a scheme with `x-identity` under `security`"
        annotation.find("the operation asks nobody who they are: a caller has no role", remedy)
        return
    for alternative in operation.security:
        identities = [reading.identities[name] for name in alternative if name in reading.identities]
        telling = next((one for one in identities if claim in [*one.claims]), None)  # which may be of any type
        if telling is None:
            known = [name for one in identities for name in one.claims]
            reason = f"no claim `{claim}` of the caller is named by the `x-identity` of {' and '.join(alternative)}"
            hint = (
                f"{suggestion(str(claim), known)} as `claim`, or add it to `claims`" if known else "add it to `claims`"
            )
            annotation.find(reason, hint)
            return
        _check_spelling(reading, annotation, roles, telling, claim)
    yield Roles(roles=roles, claim=claim, **annotation.place)


def _check_spelling(
    reading: Reading, annotation: OnOperation, roles: tuple[str, ...], identity: Identity, claim: str
) -> None:
    """A role that no user can have is misspelt."""
    users = reading.resources.get(identity.collection)
    schema = users.properties.get(identity.claims[claim], {}) if users else {}
    values = schema.get("enum") or (schema.get("items") or {}).get("enum")
    if not isinstance(values, list):
        return
    for role in roles:
        if role not in values:
            annotation.find(f"no user has the role `{role}`", suggestion(role, map(str, values)))


def _belied(shown: Shown) -> Iterator[Belied]:
    """A caller who was let in, and whose token says that none of the roles is held."""
    for rule in shown.of(Roles):
        held = shown.claims.get(rule.claim)
        if held is not None and not rule.admits(held):
            yield rule, "", f"a caller whose {rule.claim} is {held!r} was let in"


KIND = Kind(
    keyword="x-roles",
    place="an operation; by what operations do, an object schema that carries `x-resource`",
    written="`x-roles: [ADMIN, ...]` or `{roles: [ADMIN, ...], claim: role}`; on a schema `{delete: [ADMIN], ...}`",
    means="the operation is for callers whose claim (`role`, unless told) of `x-identity` is one of these; on a "
    "schema, each operation that does so: `create`, `read`, `list`, `update`, `delete`",
    refused="403, whatever else is wrong with it",
    read=_read,
    belied=_belied,
    shape={"anyOf": [*_ONE]},
    shape_on_schemas=_EACH,
)
