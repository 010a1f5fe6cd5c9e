"""`x-roles`: an operation is for callers of certain roles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from specdouble.contract.kind import Belied, Kind, OnOperation, Reading, Shown, mapping, suggestion
from specdouble.contract.resource import Identity
from specdouble.contract.rule import OperationRule

CLAIM = "role"
_ROLES = {"type": "array", "items": {"type": "string"}, "minItems": 1}


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

    def admits(self, held: Any) -> bool:
        """Whether a caller whose claim is this may ask."""
        return any(one in self.roles for one in (held if isinstance(held, list) else [held]))

    def looser_than(self, other: Self) -> bool | None:
        """Whether callers of more roles may ask."""
        own, others = {*self.roles}, {*other.roles}
        is_comparable = self.claim == other.claim and (own >= others or own <= others)
        return own > others if is_comparable else None

    def __str__(self) -> str:
        return f"{self.operation} is for callers whose {self.claim} is {' or '.join(self.roles)}"


def _read(reading: Reading) -> Iterator[Roles]:
    for annotation in reading.on_operations("x-roles"):
        raw = annotation.raw
        roles = raw.get("roles") if isinstance(raw, dict) else raw
        if not isinstance(roles, list) or not roles or not all(isinstance(role, str) for role in roles):
            annotation.find("`x-roles` lists no roles", "write `x-roles: [ADMIN, ...]`")
            continue
        annotation.find_unknown_keys(("roles", "claim", "status"))
        claim = raw.get("claim", CLAIM) if isinstance(raw, dict) else CLAIM
        yield from _of_claim(reading, annotation, tuple(roles), claim)


def _of_claim(reading: Reading, annotation: OnOperation, roles: tuple[str, ...], claim: Any) -> Iterator[Roles]:
    """The rule, where each way to be authenticated tells the claim."""
    operation = annotation.operation
    if not operation.security or () in operation.security:
        remedy = "name a scheme with `x-identity` under `security`"
        annotation.find("the operation asks nobody who they are: a caller has no role", remedy)
        return
    for alternative in operation.security:
        identities = [reading.identities[name] for name in alternative if name in reading.identities]
        telling = next((one for one in identities if claim in one.claims), None)
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
    place="an operation",
    written="`x-roles: [ADMIN, ...]` or `{roles: [ADMIN, ...], claim: role}`",
    means="the operation is for callers whose claim (`role`, unless told) of `x-identity` is one of these",
    refused="403, whatever else is wrong with it",
    read=_read,
    belied=_belied,
    shape={"anyOf": [_ROLES, mapping({"roles": _ROLES, "claim": {"type": "string"}}, "roles")]},
)
