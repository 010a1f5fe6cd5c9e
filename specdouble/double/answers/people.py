"""Whose document is the caller's: of `GET /users/me`, and of who signs in or up, where no annotation says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from specdouble.contract import Contract, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.properties import plain, types_of
from specdouble.contract.resource import CALLER, HIDDEN
from specdouble.double.answers.completion import Completion
from specdouble.double.answers.placement import as_id
from specdouble.double.answers.samples.sampler import Sampler, UnsatisfiableError
from specdouble.double.state.exchange import collection, current
from specdouble.double.state.keeper import Document

NAMES = ("email", "username", "login", "user", "name")
_NAMED = {"email", "emailaddress", "mail", "username", "login", "handle", "phone", "phonenumber"}


class People:
    """Finds the documents of those who sign in, and makes those that are not there.

    Args:
        contract: the contract.
        resource: what such documents are.
        sampler: makes them.
    """

    def __init__(self, contract: Contract, resource: Resource, sampler: Sampler) -> None:
        self._resource = resource
        self._completion = Completion(contract, resource, sampler)
        self._sampler = sampler
        self._links = f"{HIDDEN}callers_{resource.collection}"
        self._seen = f"{HIDDEN}seen_{resource.collection}"
        self._named = [name for name in resource.properties if plain(name) in _NAMED]

    def id_of_caller(self) -> JSON:
        """The id of the caller's document: of the user that the token names, else of one that is the caller's now."""
        user = current.get().user or {}
        caller = str(user.get(CALLER))
        documents, name = collection(self._resource.collection), self._resource.id
        own = as_id(self._resource, name, caller)
        if documents.find_one({name: own}) is not None:
            return own
        link = collection(self._links).find_one({"_id": caller})
        if link is not None and documents.find_one({name: link["document"]}) is not None:
            return link["document"]
        document = self.known_as(_told(user)) or self.made(_told(user), caller)
        collection(self._links).delete_one({"_id": caller})
        collection(self._links).insert_one({"_id": caller, "document": document[name]})
        return document[name]

    def see(self, document: Document) -> None:
        """Note who has signed in."""
        collection(self._seen).delete_many({})
        collection(self._seen).insert_one({"_id": "last", "document": document[self._resource.id]})

    def last_seen(self) -> Document | None:
        """The document of the caller, where somebody calls; else of who signed in last."""
        if current.get().user is not None:
            return self.shown(self.id_of_caller())
        last = collection(self._seen).find_one({"_id": "last"})
        return None if last is None else self.shown(last["document"])

    def newest(self) -> Document | None:
        """The document that was made last."""
        documents = collection(self._resource.collection).find()
        return documents[-1] if documents else None

    def shown(self, id: JSON) -> Document:
        """The document of that id, as another one may hold it."""
        found = collection(self._resource.collection).find_one({self._resource.id: id}) or {}
        return {name: value for name, value in found.items() if name in self._resource.properties}

    def known_as(self, told: Mapping[str, str]) -> Document | None:
        """The document of who is called so: by the e-mail address, or whatever else tells people apart."""
        documents = collection(self._resource.collection)
        for value in told.values():
            for name in self._named:
                found = documents.find_one({name: value})
                if found is not None:
                    return found
        return None

    def made(self, told: Mapping[str, str], key: str) -> Document:
        """A new document of who is called so."""
        by_plain = {plain(name): name for name in self._resource.properties}
        given = {by_plain[name]: value for name, value in told.items() if name in by_plain}
        documents = collection(self._resource.collection)
        try:
            sample = self._sampler.sample(self._completion.slot, f"{self._resource.collection} {key}", [])
        except UnsatisfiableError:
            sample = {}
        whole = {**(sample if isinstance(sample, dict) else {}), **given}
        whole.pop(self._resource.id, None)
        draft = self._completion.completed(documents.draft(whole), given.keys())
        documents.insert_one(draft)
        return draft


def _told(user: Mapping[str, JSON]) -> dict[str, str]:
    """What is known of a user that the double has made up: a name, and an address of it."""
    name, tenant = user.get("name"), user.get("tenant")
    if not isinstance(name, str) or "sub" not in user:
        return {}
    return {"email": f"{name}@{tenant}.example", "username": name, "name": name.capitalize()}


def texts_of(body: JSON) -> Iterator[tuple[str, str]]:
    """What a body says of a person, by plain names; whatever stands in an object of it too."""
    for name, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, str) and value:
            yield plain(name), value
        elif isinstance(value, dict):
            yield from texts_of(value)


def is_text(schema: Mapping[str, JSON]) -> bool:
    """Whether a property may be a text."""
    return bool(types_of(schema) & {"string", None})
