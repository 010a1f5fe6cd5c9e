"""What each operation does to which resource, read from its method, path and schemas (or its `x-action`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from specdouble.contract.bodies import Bodies
from specdouble.contract.document import Document
from specdouble.contract.identity import segment_of, singular
from specdouble.contract.kind import suggestion
from specdouble.contract.operation import Operation
from specdouble.contract.people import is_of_a_session
from specdouble.contract.pointer import pointer
from specdouble.contract.properties import is_array, plain
from specdouble.contract.resource import Action, Resource

_KEYS = ("action", "collection", "id", "set")
_DEEPEST = 2  # below the root, so many envelopes may stand around a document
_PARAMETER = re.compile(r"\{([^{}]+)\}")
DOES = ("create", "read", "list", "replace", "update", "delete", "none")


def read_actions(
    document: Document, operations: list[Operation], resources: Mapping[str, Resource]
) -> dict[str, Action]:
    """The action of each operation that has one, by operation id."""
    reader = _Reader(document, resources)
    actions: dict[str, Action] = {}
    for operation in operations:
        action = reader.action(operation)
        if action is not None:
            actions[operation.id] = action
    for operation in [one for one in operations if _is_of_one(one, actions)]:
        del actions[operation.id]
    for operation in _naming_others(operations, actions):
        action = actions.pop(operation.id)
        if action.does == "create":  # of what lies below the one that it names
            actions[operation.id] = replace(action, id=None)
    actions.update(_told_by_siblings(reader, operations, actions))
    return actions


def _told_by_siblings(reader: _Reader, operations: list[Operation], actions: Mapping[str, Action]) -> dict[str, Action]:
    """What operations do that show no document themselves, by what another operation on the same path does."""
    by_path: dict[str, Action] = {}
    for operation in operations:
        if operation.id in actions:
            by_path.setdefault(operation.path, actions[operation.id])
    found: dict[str, Action] = {}
    for operation in operations:
        sibling = by_path.get(operation.path)
        if sibling is None or operation.id in actions or "x-action" in operation.extensions:
            continue
        if operation.method == "delete" and operation.path.endswith("}"):
            found[operation.id] = Action("delete", sibling.collection, sibling.id, ())
        elif operation.method == "post" and sibling.does == "list":
            created = reader.create(operation, sibling.collection)
            if created is not None:
                found[operation.id] = created
    return found


def _is_of_one(operation: Operation, actions: Mapping[str, Action]) -> bool:
    """Whether what looks like a create shows the very document that its path leads through: `/orders/{id}/cancel`."""
    action = actions.get(operation.id)
    is_guessed = "x-action" not in operation.extensions and "201" not in operation.responses
    if action is None or action.does != "create" or not is_guessed:
        return False
    above = re.sub(r"[/:][^/:{}]+/?$", "", operation.path)
    named = {one.id for one in actions.values() if one.collection == action.collection}
    return any(above.endswith("{" + name + "}") for name in named if name is not None)


def _naming_others(operations: list[Operation], actions: Mapping[str, Action]) -> list[Operation]:
    """Those whose path ends in the id of another thing: `PUT /tasks/{project}/steps/{step}`, `POST /tasks/{project}`.

    What reads a document tells how it is named.
    """
    reading: dict[str, list[str]] = {}
    for operation in operations:
        action = actions.get(operation.id)
        if action is not None and action.does == "read":
            reading.setdefault(action.collection, []).append(operation.path)
    found = []
    for operation in operations:
        action = actions.get(operation.id)
        if action is None or action.id is None or "x-action" in operation.extensions:
            continue
        paths = reading.get(action.collection, [])
        names_one = action.does in ("create", "replace", "update", "delete")
        if names_one and paths and not any(_name_alike(operation.path, path) for path in paths):
            found.append(operation)
    return found


def _name_alike(path: str, other: str) -> bool:
    """Whether two paths end in the same parameter, or in parameters that stand behind the same word."""
    last, parents = path.rpartition("/")[2], other.split("/")[:-1]
    if last in parents:
        return False
    return last == other.rpartition("/")[2] or segment_of(path) == segment_of(other)


def creates_by_path(operation: Operation) -> bool:
    """Whether it says that it makes what the end of its path names, and nothing of what is there: `POST /users/{name}`.

    A `PUT` may replace what is there (RFC 9110, 9.3.4), unless it is in conflict with that.
    """
    successes = {status for status in operation.responses if status.startswith("2")}
    is_new = operation.method == "post" or (operation.method == "put" and _replaces_nothing(operation))
    return is_new and operation.path.endswith("}") and successes == {"201"}


def _replaces_nothing(operation: Operation) -> bool:
    return "409" in operation.responses or operation.body is None


def is_of_no_resource(operation: Operation) -> bool:
    """Whether the contract says itself that the operation does nothing to documents."""
    raw = operation.extensions.get("x-action")
    return raw == "none" or (isinstance(raw, dict) and raw.get("action") == "none")


class _Shown(NamedTuple):
    """Where a response shows documents of a resource."""

    collection: str
    envelope: tuple[str, ...]
    many: bool


class _Reader:
    """Reads what one operation does.

    Args:
        document: the contract's document.
        resources: those that annotations tell of.
    """

    def __init__(self, document: Document, resources: Mapping[str, Resource]) -> None:
        self.document = document
        self.resources = resources
        self.places = {resource.pointer: name for name, resource in resources.items()}
        self.bodies = Bodies(document)

    def action(self, operation: Operation) -> Action | None:
        """What the operation does by its `x-action`, else by what its success shows."""
        annotation = self.annotation(operation)
        does, wanted, sets = annotation.get("action"), annotation.get("collection"), annotation.get("set")
        if does == "none":
            return None
        shown = self.in_response(operation, wanted)
        collection = shown.collection if shown is not None else wanted
        if collection is None:
            if sets:
                reason = "nothing tells whose documents the operation changes: its answer shows none"
                self.document.find(operation.pointer + "/x-action", reason, "name the `collection` in `x-action`")
            return None
        envelope = shown.envelope if shown is not None else ()
        resource = self.resources.get(collection)
        if resource is None:
            return None
        if sets:
            return self.acting(operation, resource, annotation, envelope)
        many = shown is not None and shown.many
        does = does or self.guess(operation, envelope, many, resource)
        if does is None:
            return None
        sent = self.bodies.sent_document(operation, resource.properties) if does == "create" else None
        if sent is not None and sent.many:
            return Action("create_many", collection, None, envelope, wrapper=sent.wrapper, in_array=many)
        names_one = does not in ("create", "list") or creates_by_path(operation)
        key = annotation.get("id") or (self.last_parameter(operation) if names_one else None)
        return Action(does, collection, key, envelope, wrapper=self.wrapper(operation, does, resource))

    def create(self, operation: Operation, collection: str) -> Action | None:
        """The create of a document of a collection that the operation's success shows; None where it shows none."""
        shown = self.in_response(operation, collection)
        if shown is None or shown.many:
            return None
        wrapper = self.wrapper(operation, "create", self.resources[collection])
        return Action("create", collection, None, shown.envelope, wrapper=wrapper)

    def acting(
        self, operation: Operation, resource: Resource, annotation: Mapping[str, Any], envelope: tuple[str, ...]
    ) -> Action:
        """What an operation does that sets values of its own: `POST /orders/{id}/cancel` the `status` `cancelled`."""
        at = operation.pointer + pointer("x-action", "set")
        for name, value in annotation["set"].items():
            schema = resource.properties.get(name)
            if schema is None:
                reason = f"`x-action` sets `{name}`, which is no property of {resource.collection}"
                self.document.find(at + pointer(name), reason, suggestion(name, resource.properties))
            elif isinstance(schema.get("enum"), list) and value not in schema["enum"]:
                known = [str(one) for one in schema["enum"]]
                reason = f"`{value}` is no value of the property `{name}`"
                self.document.find(at + pointer(name), reason, suggestion(str(value), known))
        key = annotation.get("id") or next(reversed(_PARAMETER.findall(operation.path)), None)
        return Action("act", resource.collection, key, envelope, sets=tuple(annotation["set"].items()))

    def wrapper(self, operation: Operation, does: str, resource: Resource) -> tuple[str, ...]:
        """The property names that lead from the request's body to the document: `{article: {...}}` is usual."""
        if does not in ("create", "replace", "update"):
            return ()
        sent = self.bodies.sent_document(operation, resource.properties)
        return sent.wrapper if sent and not sent.many else ()

    def annotation(self, operation: Operation) -> dict[str, Any]:
        """The operation's `x-action`, written out; empty where there is none, or it cannot be understood."""
        raw = operation.extensions.get("x-action", {})
        raw = {"action": raw} if isinstance(raw, str) else raw
        at = operation.pointer + "/x-action"
        if not isinstance(raw, dict):
            self.document.find(at, "`x-action` is no mapping", "write `x-action: {action: update}`")
            return {}
        if not self._has_form(raw, at) or not self._is_known(raw, at):
            return {}
        names = {parameter.name for parameter in operation.parameters}
        if "id" in raw and raw["id"] not in names:
            reason = f"`x-action` names the parameter `{raw['id']}`, which the operation has not"
            self.document.find(at + "/id", reason, f"name one of {', '.join(sorted(names)) or 'its parameters'}")
        return raw

    def _has_form(self, raw: Mapping[str, Any], at: str) -> bool:
        """Whether the keys of an `x-action` hold what they may; what they do not is noted."""
        for key, value in raw.items():
            if key not in _KEYS:
                self.document.find(at + pointer(key), f"`x-action` has no key `{key}`", suggestion(key, _KEYS))
            if key == "set" and not isinstance(value, dict):
                remedy = "write the properties and their values: `set: {status: cancelled}`"
                self.document.find(at + "/set", "`set` of `x-action` is no mapping", remedy)
                return False
            if key != "set" and not isinstance(value, str):
                self.document.find(at + pointer(key), f"`{key}` of `x-action` is no string", "write a name")
                return False
        return True

    def _is_known(self, raw: Mapping[str, Any], at: str) -> bool:
        """Whether there are the action and the collection that an `x-action` names; what is not is noted."""
        if raw.get("action", "none") not in DOES:
            reason = f"`x-action` knows no action `{raw['action']}`"
            self.document.find(at + "/action", reason, suggestion(str(raw["action"]), DOES))
            return False
        if "collection" in raw and raw["collection"] not in self.resources:
            reason = f"`x-action` names the collection `{raw['collection']}`, which no `x-resource` keeps"
            none = "annotate the schema of its documents with `x-resource`"
            remedy = suggestion(raw["collection"], self.resources) if self.resources else none
            self.document.find(at + "/collection", reason, remedy)
            return False
        return True

    @staticmethod
    def last_parameter(operation: Operation) -> str | None:
        last = operation.path.rpartition("/")[2]
        return last[1:-1] if last[:1] == "{" and last[-1:] == "}" else None

    def guess(self, operation: Operation, envelope: tuple[str, ...], many: bool, resource: Resource) -> str | None:
        """What a method means where documents of the resource are shown; None where that leaves a doubt."""
        if many:
            return "list" if operation.method == "get" else None
        if self.last_parameter(operation) is not None:
            return self._guess_on_one(operation, resource)
        if operation.method == "post" and not self._shows_who_signs_in(operation, resource):
            return "create" if "201" in operation.responses or not envelope else None
        return None

    @staticmethod
    def _shows_who_signs_in(operation: Operation, resource: Resource) -> bool:
        """Whether it shows somebody who was there before, as `POST /login` does; `/sessions` may make a session."""
        own = singular(plain(resource.collection))
        return is_of_a_session(operation) and singular(plain(segment_of(operation.path))) != own

    def _guess_on_one(self, operation: Operation, resource: Resource) -> str | None:
        if operation.method == "get":
            return "read"
        if creates_by_path(operation):
            return "create"
        if operation.method == "patch" or self._says_what_it_becomes(operation, resource):
            return "update"
        return {"put": "replace", "delete": "delete"}.get(operation.method)

    def _says_what_it_becomes(self, operation: Operation, resource: Resource) -> bool:
        """Whether a POST to one document takes properties of it and no others."""
        if operation.method != "post":
            return False
        sent = self.bodies.sent_document(operation, resource.properties)
        return sent is not None and not sent.many and set(sent.properties) <= set(resource.properties)

    def in_response(self, operation: Operation, wanted: str | None) -> _Shown | None:
        """Where the operation's success shows documents: those of the collection, if one is wanted."""
        response = operation.response(operation.success)
        for media in response.content.values() if response else ():
            for found in self.search(media.schema, (), 0):
                if wanted in (None, found.collection):
                    return found
        return None

    def search(self, schema: Any, path: tuple[str, ...], depth: int) -> Iterator[_Shown]:
        """The resources inside a body, nearest to its root first."""
        schema, at = self.resolve(schema)
        if not isinstance(schema, dict):
            return
        if at in self.places:
            yield _Shown(self.places[at], path, False)
            return
        items, items_at = self.resolve(schema.get("items"))
        if items_at in self.places and items is not None and is_array(schema):
            yield _Shown(self.places[items_at], path, True)
        if depth < _DEEPEST:
            for part in schema.get("allOf") or ():
                yield from self.search(part, path, depth + 1)
            for name, part in (schema.get("properties") or {}).items():
                yield from self.search(part, (*path, name), depth + 1)

    def resolve(self, schema: Any) -> tuple[Any, str]:
        # What stands in place has no pointer of its own here; only components can be resources.
        try:
            return self.document.follow(schema, pointer("in place"))
        except LookupError:
            return None, ""
