"""Roles: users of each role ask; those of the rule's roles are let in, the others are refused."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.contract.token_claims import token_claims
from specdouble.rules.roles.rule import Roles
from specdouble.verify.attack import Attack
from specdouble.verify.case import Case, Missing, Plan
from specdouble.verify.identity import User
from specdouble.verify.problem import Broken, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.trial import Trial

# What says nothing of roles: the credentials are not taken, or the request does not get through at all.
_NO_ANSWER = {401, 429}


def plan(session: Session, _subject: None, rule: Roles) -> Plan:
    """One case for each user whose role is known."""
    operation = session.contract.operations[rule.operation]
    known = {user.name: held for user in session.crowd for held in held_by(session, user, rule)}
    admitted = {name for name, held in known.items() if rule.admits(held)}
    if not admitted or admitted == known.keys():
        lacking = "of one of the roles" if not admitted else "of another role"
        how = f"with a token that tells the {rule.claim}, or `{rule.claim}` in the user's entry"
        yield Missing(rule.id, f"needs a user {lacking} in the settings, {how}", decisive=True)
    for name in known:
        of: dict[str, Any] = {"rule": rule, "name": name}
        if name in admitted:
            promise, run = f"{operation} lets its roles in", partial(_let_in, **of)
        else:
            promise, run = f"{operation} refuses other roles", partial(_refused, **of, admitted=sorted(admitted))
        yield Case(rule.id, promise, run, f"{name}, {known[name]}", (operation.id,), unaided=True)


def held_by(session: Session, user: User, rule: Roles) -> Iterator[Any]:
    """What the claim of the user is, where the credential that the operation takes tells it."""
    for alternative in session.contract.operations[rule.operation].security:
        if all(scheme in user.credentials for scheme in alternative):
            for scheme in alternative:
                claims = token_claims(user.credentials[scheme])
                if rule.claim in claims:
                    yield claims[rule.claim]
                    return
            # An opaque credential tells nothing of its user: the settings may.
            if rule.claim in user.account.login:
                yield user.account.login[rule.claim]
            return


def _ask(trial: Trial, rule: Roles, name: str, maker: str | None = None) -> int:
    """The status that the user gets for a request that the contract takes, made with documents of the maker's."""
    operation = trial.contract.operations[rule.operation]
    crowd = trial.session.crowd
    parts = _request(trial, operation, crowd.users[maker or name])
    status: int = trial.send(operation, crowd.users[name], **parts).status
    if status in _NO_ANSWER or status >= 500:
        raise NotExercised(f"{operation} answers {name} with {status}")
    return status


def _request(trial: Trial, operation: Operation, user: User) -> dict[str, Any]:
    """The parts of a request that the contract takes; of one that creates a document there is room for."""
    subject = trial.session.written(operation)
    if subject is None or operation not in subject.creators[:1]:
        parts: dict[str, Any] = trial.session.request(operation, user)
        return parts
    call = trial.create_call(subject, user, trial.body(subject, operation, user))
    return {"path": call.path, "query": call.query, "headers": call.headers, "body": call.body}


def _let_in(trial: Trial, rule: Roles, name: str) -> None:
    status = _ask(trial, rule, name)
    if status == rule.status_among(trial.contract.operations[rule.operation].statuses):
        raise Broken(f"{name}, whose {rule.claim} is one of the rule's, to be let in", f"the server answered {status}")
    if not 200 <= status < 300:
        raise NotExercised(f"a request that keeps the contract is answered {status}")


def _refused(trial: Trial, rule: Roles, name: str, admitted: list[str]) -> None:
    operation = trial.contract.operations[rule.operation]
    wanted = rule.status_among(operation.statuses)
    # The control: the same request of a user who may ask, else a refusal may be for anything.
    maker = admitted[0] if admitted else None
    control = None if maker is None else _ask(trial, rule, maker)
    status = _ask(trial, rule, name, maker)
    if status == 404 and "{" in operation.path and wanted != 404:
        raise NotExercised(f"{operation} looks for its document before it looks at the role")
    if 200 <= status < 300 or status != wanted:
        raise Broken(f"{name}, who has none of the roles, to be refused with {wanted}", f"the server answered {status}")
    if control is None or not 200 <= control < 300:
        raise NotExercised("nobody of the rule's roles is let in: a refusal shows nothing")


ATTACK = Attack(plan, shows="access")
