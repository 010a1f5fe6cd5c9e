"""The passwords of those who signed up: the contract's own sign-in refuses another one, where it says that it does."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.arguments import wanted_arguments
from specdouble.contract.json_type import JSON
from specdouble.contract.people import signs_in
from specdouble.contract.properties import plain
from specdouble.contract.resource import HIDDEN
from specdouble.double.answers.people import NAMES, People, texts_of
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.state.exchange import collection
from specdouble.double.state.problem import Problem

Answer = Callable[..., Any]
_CALLED = {"password", "passwd", "pwd"}
# Whoever asks needs no credential for a sign-in: a 401 of it speaks of those that are sent. Of these it may be anything
# else that is wrong with the request, unless the contract says that it is they.
_OF_MANY_MEANINGS = ("403", "400", "422")
_WRONG = r"\b(wrong|invalid|incorrect)\b"
_OF_CREDENTIALS = re.compile(rf"\bcredentials?\b|{_WRONG}[^.]*\bpassword\b|\bpassword\b[^.]*{_WRONG}", re.IGNORECASE)


def with_password(contract: Contract, operation: Operation, answer: Answer, sampler: Sampler) -> Answer:
    """The answer of an operation that takes a password: it is remembered, or held to what is remembered.

    Args:
        contract: the contract.
        operation: the operation.
        answer: what answers it.
        sampler: makes users whom nobody has created.
    """
    people, action = contract.people, contract.actions.get(operation.id)
    if people is None or not _takes_password(contract, operation):
        return answer
    passwords = Passwords(People(contract, people, sampler), people)
    creates = action is not None and action.does == "create" and action.collection == people.collection
    status = _refusal(operation)
    wanted = wanted_arguments(answer, operation)

    def answered(**arguments: JSON) -> Any:
        told = dict(texts_of(arguments.get("body")))
        if signs_in(operation):
            if status is not None and passwords.differs(told):
                raise Problem(status, None, "the password is not the one that was set at the sign-up")
        elif not creates:
            passwords.forget()
        found = answer(**{one: arguments[one] for one, _, _ in wanted if one in arguments})
        if creates:
            passwords.remember(told)
        return found

    return answered


def _refusal(operation: Operation) -> int | None:
    """The status that the contract declares for wrong credentials; None where it declares none: then all are right."""
    if "401" in operation.responses:
        return 401
    declared = (one for one in _OF_MANY_MEANINGS if one in operation.responses)
    spoken = (int(one) for one in declared if _OF_CREDENTIALS.search(operation.responses[one].description))
    return next(spoken, None)


def _takes_password(contract: Contract, operation: Operation) -> bool:
    media = operation.document_body
    fields = contract.fields(media.schema) if media else {}
    inside = [name for part in fields.values() for name in contract.fields(part)]
    return any("passw" in plain(name) or plain(name) in _CALLED for name in (*fields, *inside))


class Passwords:
    """What people sign in with, as far as it is known: whoever set none, or another in a way of the contract's own,
    may sign in with any.

    Args:
        people: finds their documents.
        resource: what these are.
    """

    def __init__(self, people: People, resource: Resource) -> None:
        self._people = people
        self._resource = resource
        self._name = f"{HIDDEN}passwords_{resource.collection}"

    def remember(self, told: dict[str, str]) -> None:
        """Note with what somebody has signed up."""
        key, password = self._id(told), _password(told)
        if key is not None and password is not None:
            collection(self._name).delete_one({"_id": key})
            collection(self._name).insert_one({"_id": key, "hash": _hash(password)})

    def differs(self, told: dict[str, str]) -> bool:
        """Whether somebody signs in with another password than is known."""
        key, password = self._id(told), _password(told)
        known = None if key is None else collection(self._name).find_one({"_id": key})
        return known is not None and password is not None and known["hash"] != _hash(password)

    def forget(self) -> None:
        """Take any password again: nobody is locked out by one that was set anew."""
        collection(self._name).delete_many({})

    def _id(self, told: dict[str, str]) -> str | None:
        named = {name: told[name] for name in NAMES if name in told}
        document = self._people.known_as(named) if named else None
        return None if document is None else str(document[self._resource.id])


def _password(told: dict[str, str]) -> str | None:
    return next((told[name] for name in told if name in _CALLED), None)


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode("utf-8", "surrogatepass")).hexdigest()
