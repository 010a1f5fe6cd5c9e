"""What the code flow of a provider promises (RFC 6749, 4.1; RFC 7636, 4.6): a code is good once, for whom it is.

The requests make tokens, and no documents.
"""

from __future__ import annotations

import secrets
from functools import partial

from specdouble.verify.case import Case, Names, Plan
from specdouble.verify.code_flow import AuthorizationEndpoint, Code
from specdouble.verify.identity import User
from specdouble.verify.oauth import TokenEndpoint
from specdouble.verify.problem import Broken, CouldNotRun, NotExercised
from specdouble.verify.session import Session
from specdouble.verify.trial import Trial

ELSEWHERE = "https://specdouble.invalid/"
_CHANGES: dict[str, dict[str, str | None]] = {
    "no verifier": {"code_verifier": None},
    "another verifier": {"code_verifier": "another-verifier-of-at-least-forty-three-characters"},
    "another redirect_uri": {"redirect_uri": ELSEWHERE},
    "another client": {"client_id": "specdouble-another"},
}


def plan(session: Session) -> Plan:
    """The cases for the way that the users sign in by."""
    endpoint, user = session.sign_in.endpoint, session.crowd.first
    if endpoint is None or endpoint.authorization is None or not user.account.login:
        return
    promise = "a code of the sign-in is good once, and for whoever asked for it"
    run = partial(_used_twice, endpoint=endpoint, user=user)
    yield Case(Names.authentication, promise, run, "a code that was used")
    for what, changes in _CHANGES.items():
        changed = partial(_changed, endpoint=endpoint, user=user, what=what, changes=changes)
        yield Case(Names.authentication, promise, changed, f"a code with {what}")
    promise = "the sign-in sends nobody elsewhere"
    sent = partial(_sent_elsewhere, endpoint=endpoint, authorization=endpoint.authorization, user=user)
    yield Case(Names.authentication, promise, sent, "a redirect_uri elsewhere")


def _code(trial: Trial, endpoint: TokenEndpoint, user: User) -> Code:
    assert endpoint.authorization is not None
    try:
        return endpoint.authorization.code(trial.session.client, user.account, endpoint.scope)
    except CouldNotRun as error:
        raise NotExercised(str(error)) from None


def _used_twice(trial: Trial, endpoint: TokenEndpoint, user: User) -> None:
    code = _code(trial, endpoint, user)
    _hold_good(trial, endpoint, user, code)
    _refuse(trial, endpoint, user, code.form(), "a code that was used")


def _changed(trial: Trial, endpoint: TokenEndpoint, user: User, what: str, changes: dict[str, str | None]) -> None:
    _refuse(trial, endpoint, user, _code(trial, endpoint, user).form(**changes), f"a code with {what}")
    # Its control: the same with another code, unchanged.
    _hold_good(trial, endpoint, user, _code(trial, endpoint, user))


def _hold_good(trial: Trial, endpoint: TokenEndpoint, user: User, code: Code) -> None:
    status, _ = endpoint.answered(trial.session.client, user.account, code.form())
    if status != 200:
        raise NotExercised(f"the token endpoint answers {status} to a good code")


def _refuse(trial: Trial, endpoint: TokenEndpoint, user: User, form: dict[str, str], what: str) -> None:
    status, _ = endpoint.answered(trial.session.client, user.account, form)
    if status < 400:
        raise Broken(f"{what} to be refused with 400 (RFC 6749, 5.2)", f"the token endpoint answered {status}")


def _sent_elsewhere(trial: Trial, endpoint: TokenEndpoint, authorization: AuthorizationEndpoint, user: User) -> None:
    _code(trial, endpoint, user)  # its control
    verifier = secrets.token_urlsafe(48)
    client = trial.session.client
    _, location = authorization.sent_to(client, user.account, endpoint.scope, ELSEWHERE, verifier)
    if location.startswith(ELSEWHERE):
        raise Broken(
            "a client that asks to be answered elsewhere to be refused without a redirect (RFC 6749, 4.1.2.1)",
            f"the user is sent to {ELSEWHERE}",
        )
