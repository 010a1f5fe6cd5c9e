"""Which operations are for callers of certain roles: some are let in, others are forbidden."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.token_claims import token_claims
from specdouble.verify.identity import User
from specdouble.verify.problem import NotExercised
from specdouble.verify.session import Session
from specdouble.verify.sight import INCONCLUSIVE, Probe, Sight, new_trial
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

FORBIDDEN = 403


def _see(session: Session, subject: Subject) -> Iterator[Sight]:
    """The operations on the documents that let in callers with certain values of a claim, and no others."""
    for operation in session.contract.operations.values():
        action = session.contract.actions.get(operation.id)
        if action is None or action.collection != subject.collection or not operation.security:
            continue
        trial = new_trial(session, subject)
        with suppress(*INCONCLUSIVE):
            said = _claim(session, operation, _let_in(trial, operation))
            if said is not None:
                words = f"callers are let in by their {said['claim']}, and others forbidden"
                yield Sight("x-roles", operation.pointer, said, words, trial.exchanges)


def _let_in(trial: Trial, operation: Operation) -> dict[str, bool]:
    """Whether each user is let in; those of whom nothing is known are left out."""
    found: dict[str, bool] = {}
    for user in trial.users:
        with suppress(NotExercised):
            status = trial.send(operation, user, **_parts(trial, operation, user)).status
            if status == FORBIDDEN or 200 <= status < 300:
                found[user.name] = status != FORBIDDEN
    return found


def _parts(trial: Trial, operation: Operation, user: User) -> dict[str, Any]:
    """A request of the user's own documents; of the first user's, where this one can create none."""
    try:
        parts: dict[str, Any] = trial.session.request(operation, user)
    except NotExercised:
        parts = trial.session.request(operation, trial.user)
    return parts


def _claim(session: Session, operation: Operation, let_in: dict[str, bool]) -> dict[str, Any] | None:
    """The claim by whose values callers are let in, with those; None where no claim decides."""
    if len(set(let_in.values())) < 2:
        return None
    scheme = next((one for names in operation.security for one in names), "")
    identity = session.contract.identities.get(scheme)
    claims = {name: _claims(session.crowd.users[name], scheme) for name in let_in}
    for claim in identity.claims if identity else ():
        values = {name: held.get(claim) for name, held in claims.items()}
        good = [values[name] for name in let_in if let_in[name]]
        bad = [values[name] for name in let_in if not let_in[name]]
        texts = all(isinstance(one, str) for one in (*good, *bad))
        if texts and not set(good) & set(bad) and _is_a_role(session, scheme, claim):
            return {"roles": list(dict.fromkeys(good)), "claim": claim}
    return None


def _claims(user: User, scheme: str) -> dict[str, Any]:
    """What is known of a user: by the token, and by the settings, since an opaque credential tells nothing."""
    return {**user.account.login, **token_claims(user.credentials.get(scheme, ""))}


def _is_a_role(session: Session, scheme: str, claim: str) -> bool:
    """Whether a claim is one of few values, or is called so: an id tells callers apart, too."""
    identity = session.contract.identities[scheme]
    users = session.contract.resources[identity.collection]
    has_few = "enum" in users.properties.get(identity.claims[claim], {})
    return has_few or any(word in claim.lower() for word in ("role", "group", "scope", "permission"))


PROBE = Probe(_see)
