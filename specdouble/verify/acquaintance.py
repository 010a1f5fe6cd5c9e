"""What users are to each other, where no token tells it: by what the server says of each, and by what each creates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from specdouble.contract import Operation
from specdouble.verify.exchange import Call
from specdouble.verify.identity import User
from specdouble.verify.problem import Interruption, OutOfTime
from specdouble.verify.session import Session
from specdouble.verify.subject import Subject
from specdouble.verify.trial import Trial

# How a path ends that shows who asks.
_OF_THE_CALLER = {"me", "whoami", "self", "profile", "userinfo", "currentuser", "identity", "account", "user"}
DEEPEST = 2  # properties that an answer wraps around who asks


def acquaint(session: Session) -> None:
    """Learn each user's organization, and the id that owner properties hold.

    Raises:
        OutOfTime: there is no time left.
    """
    for user in list(session.crowd):
        for look in (_by_the_server, _by_documents):
            if not _is_known(session, user):
                user = _learned(session, user, look(session, user))


def _is_known(session: Session, user: User) -> bool:
    """Whether all is known of a user that a rule could ask for."""
    resources = session.contract.resources.values()
    tenant = user.tenant is not None or not any(one.tenant for one in resources)
    return tenant and (user.id is not None or not any(one.owner for one in resources))


def _learned(session: Session, user: User, found: tuple[Any, Any]) -> User:
    tenant, key = (None if one is None else str(one) for one in found)
    session.crowd.users[user.name] = user = replace(user, tenant=user.tenant or tenant, id=user.id or key)
    return user


def _by_the_server(session: Session, user: User) -> tuple[Any, Any]:
    """The organization and the id that an answer like that of `/me` tells."""
    tenants = {one.tenant for one in session.contract.resources.values() if one.tenant}
    for operation in session.contract.operations.values():
        if not _shows_the_caller(operation) or operation.id in session.selection.left_out:
            continue
        try:
            exchange = session.client.send(Call(operation, user.name))
        except OutOfTime:
            raise
        except Interruption:
            continue
        for shown in _objects(exchange.json if exchange.ok else None, DEEPEST):
            tenant = next((shown[name] for name in tenants if isinstance(shown.get(name), str | int)), None)
            if tenant is not None:
                return tenant, shown.get("id", shown.get("_id"))
    return None, None


def _shows_the_caller(operation: Operation) -> bool:
    last = re.sub(r"[^a-z]", "", operation.path.rstrip("/").rpartition("/")[2].lower())
    return operation.method == "get" and "{" not in operation.path and last in _OF_THE_CALLER


def _objects(value: object, depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in value.values() if depth else ():
            yield from _objects(item, depth - 1)


def _by_documents(session: Session, user: User) -> tuple[Any, Any]:
    """The organization and the id that a new document of the user holds."""
    tenant = key = None
    for subject in session.subjects.values():
        if subject.creators and (subject.resource.tenant or subject.resource.owner):
            shown = _new(session, subject, user)
            tenant = tenant or shown.get(subject.resource.tenant or "")
            tenant = tenant or (None if shown else _listed(session, subject, user))
            key = key or shown.get(subject.resource.owner or "")
    return tenant, key


def _listed(session: Session, subject: Subject, user: User) -> Any:
    """The organization that all documents of a user's list are of, where there was no room for a new one; None else."""
    if not subject.resource.tenant or not subject.listers:
        return None
    try:
        held = {one.get(subject.resource.tenant) for one in Trial(session).listed(subject, user)}
    except OutOfTime:
        raise
    except Interruption:
        return None
    return held.pop() if len(held) == 1 else None


def _new(session: Session, subject: Subject, user: User) -> dict[str, Any]:
    """A new document as the server shows it; nothing where none could be made."""
    trial = Trial(session)
    try:
        document = trial.create(subject, user)
        return trial.look(document) if subject.observable else document.shown
    except OutOfTime:
        raise
    except Interruption:
        return {}
