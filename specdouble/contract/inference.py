"""Resources and actions that no annotation tells, read from the shape of paths and schemas.

`/things` and `/things/{id}`, with a schema that has a property for the id: that is a collection. Where the shape
leaves a doubt, nothing is inferred: such an operation is answered with a sample.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.kind import Clues, kinds
from specdouble.contract.operation import JSON_PATCH, Media, Operation
from specdouble.contract.pointer import pointer
from specdouble.contract.properties import is_array, is_scalar, plain, properties_of, types_of
from specdouble.contract.resource import Action, Resource
from specdouble.contract.rule import CollectionRule

HIDDEN = "_specdouble_"
HIDDEN_ID = "specdouble id"  # where the store looks for the id of documents that have theirs inside
_ITEM = re.compile(r"(?P<above>.*)/\{(?P<name>[^{}/]+)\}(?P<suffix>\.\w+)?/?$")
_IDS = ("id", "_id", "uuid", "guid", "gid", "sid")
_NAMES = ("name", "slug", "key", "code", "username", "login")
_HOLDING = {"properties", "items", "allOf", "anyOf", "oneOf"}

Properties = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class _Found:
    """A document's schema inside a body: where it stands, and the way to it."""

    schema: Any
    pointer: str
    properties: Properties
    envelope: tuple[str, ...]
    many: bool
    id_path: tuple[str, ...] = ()


@dataclass
class _Group:
    """The operations on `/things` and on `/things/{id}`."""

    path: str
    parameter: str | None
    on_all: dict[str, Operation]
    on_one: dict[str, Operation]

    @property
    def segment(self) -> str:
        parts = [part for part in self.path.split("/") if part and "{" not in part]
        return re.sub(r"\.\w+$", "", parts[-1]) if parts else "documents"


def infer(
    document: Document, operations: list[Operation], resources: Mapping[str, Resource], actions: Mapping[str, Action]
) -> tuple[dict[str, Resource], dict[str, Action]]:
    """The resources and actions of the contract, the inferred ones after those that annotations tell.

    Args:
        document: the contract's document.
        operations: its operations.
        resources: those that annotations tell.
        actions: those that annotations tell.
    """
    inference = _Inference(document, dict(resources), dict(actions))
    inference.run(operations)
    return inference.resources, inference.actions


class _Inference:
    def __init__(self, document: Document, resources: dict[str, Resource], actions: dict[str, Action]) -> None:
        self.document = document
        self.resources = resources
        self.actions = actions
        self.found: dict[str, list[_Found]] = {}
        self.annotated = {resource.pointer for resource in resources.values()}
        self.paths: dict[str, str] = {}
        self.known_properties: dict[tuple[int, str], tuple[Any, Properties]] = {}

    def run(self, operations: list[Operation]) -> None:
        open_ones = [one for one in operations if one.id not in self.actions and "x-action" not in one.extensions]
        groups = _groups(open_ones)
        self.paths = {one.id: one.path for one in operations}
        for group in groups:
            self.group(group)
        for operation in open_ones:
            if operation.method == "get" and operation.id not in self.actions:
                self.listing_elsewhere(operation)
        for group in _groups([one for one in operations if one.id in self.actions]):
            self.scope_annotated(group)
        on_one: dict[str, list[Action]] = {}
        for action in self.actions.values():
            if action.does != "list":
                on_one.setdefault(action.collection, []).append(action)
        for name, resource in self.resources.items():
            if resource.why:
                parents = self.parents(resource, on_one.get(resource.collection, []))
                self.resources[name] = replace(resource, parents=parents)

    @staticmethod
    def parents(resource: Resource, on_one: list[Action]) -> tuple[str, ...]:
        """What every operation on one of the documents names beside its id; nothing where the store's id is its own."""
        if resource.id == "_id" or (resource.id not in resource.properties and not resource.id_path):
            return ()
        scopes = [[to for _, to in action.scope if to != resource.id] for action in on_one]
        return tuple(to for to in scopes[0] if all(to in scope for scope in scopes)) if scopes else ()

    # One collection

    def group(self, group: _Group) -> None:
        shape = self.shape(group)
        if shape is None or shape[0].pointer in self.annotated:
            return
        found, identity = shape
        actions = dict(self.group_actions(group, found, identity))
        does = {action.does for action in actions.values()}
        if not does & {"create", "list", "update", "replace", "delete"} or not does & {"read", "list"} or len(does) < 2:
            return
        collection = self.name(group, found)
        scope = self.scope(group, found.properties, identity)
        known = self.resources.get(collection)
        within = tuple(dict.fromkeys([*(known.within if known else ()), *(to for _, to in scope if to[:12] == HIDDEN)]))
        if known is None:
            self.resources[collection] = self.resource(collection, group, found, identity, within)
        else:
            self.resources[collection] = replace(known, within=within)
        for operation_id, action in actions.items():
            self.actions[operation_id] = replace(action, collection=collection, scope=scope)

    def shape(self, group: _Group) -> tuple[_Found, str] | None:
        """The schema of the group's documents and its id property; None where there is none to be sure of."""
        parameter = group.parameter
        sources = [group.on_one.get("get"), group.on_one.get("put"), group.on_one.get("patch")]
        sources += [group.on_all.get("get"), group.on_all.get("post")]
        for operation in sources if parameter else ():
            for found in self.documents_of(operation) if operation else ():
                numbered = _is_number(operation, parameter)
                identity = identity_of(found.properties, parameter or "", group.segment, numbered)
                if identity is not None:
                    return self.with_id_inside(group, operation, found, identity) or (found, identity)
            if operation is not None and operation.method == "get" and operation in group.on_one.values():
                return None  # what is read by the parameter does not hold it: a guess would be wrong
        listing, creating = group.on_all.get("get"), group.on_all.get("post")
        if parameter is None and listing is not None and creating is not None and creating.body:
            for found in self.documents_of(listing):
                if found.many:
                    return found, identity_of(found.properties, "", group.segment) or "_id"
        return None

    def with_id_inside(
        self, group: _Group, operation: Operation | None, found: _Found, identity: str
    ) -> tuple[_Found, str] | None:
        """The document that holds what was found beside other things: `metadata`, with its `name`, beside `spec`.

        It is no envelope where a client sends the whole, what was found being one part of it.
        """
        if operation is None or not found.envelope or found.many:
            return None
        root = self.documents_of(operation)[0]
        senders = [group.on_all.get("post"), group.on_one.get("put"), group.on_one.get("patch")]
        sent = next((properties for one in senders if one and (properties := self.sent(one))), {})
        common = sent.keys() & root.properties.keys()
        if root.envelope or root.many or found.envelope[0] not in common or len(common) < 2:
            return None
        return replace(root, id_path=(*found.envelope, identity)), HIDDEN_ID

    def group_actions(self, group: _Group, found: _Found, identity: str) -> Iterator[tuple[str, Action]]:
        for method, operation in group.on_all.items():
            action = self.action_on_all(method, operation, found, identity)
            if action is not None:
                yield operation.id, action
        for method, operation in group.on_one.items():
            action = self.action_on_one(method, operation, found, identity, group.parameter or "")
            if action is not None:
                yield operation.id, action

    def action_on_all(self, method: str, operation: Operation, found: _Found, identity: str) -> Action | None:
        if method == "get":
            place = self.place_of(operation, found, identity, many=True)
            return None if place is None else Action("list", "", None, place, why="its answer is an array of them")
        if method == "post" and self.takes_document(operation):
            place = self.place_of(operation, found, identity, many=False)
            wrapper = self.wrapper(operation, found)
            return Action("create", "", None, place or (), wrapper=wrapper, why="POST to the collection")
        if method == "put" and self.names_itself(operation, identity):
            place = self.place_of(operation, found, identity, many=False)
            return Action("replace", "", None, place or (), why=f"PUT of a document that holds its `{identity}`")
        return None

    def action_on_one(
        self, method: str, operation: Operation, found: _Found, identity: str, parameter: str
    ) -> Action | None:
        does = {"get": "read", "put": "replace", "patch": "update", "post": "update", "delete": "delete"}.get(method)
        if does is None or (does in ("replace", "update") and not self.takes_change(operation)):
            return None
        place = self.place_of(operation, found, identity, many=False)
        if place is None and (does == "read" or method == "post"):
            return None  # a POST may do anything: it changes the document where its answer shows it
        wrapper = self.wrapper(operation, found) if operation.body else ()
        why = f"`{{{parameter}}}` is its `{identity}`"
        return Action(does, "", parameter, place or (), wrapper=wrapper, why=why)

    def resource(
        self, collection: str, group: _Group, found: _Found, identity: str, within: tuple[str, ...]
    ) -> Resource:
        resource = Resource(
            collection=collection,
            schema=found.schema,
            pointer=found.pointer,
            id=identity,
            owner=None,
            tenant=None,
            properties=self.with_parameter(found.properties, identity, group),
            within=within,
            id_path=found.id_path,
            why=f"the shape of {group.path}" + (f" and {group.path}/{{{group.parameter}}}" if group.parameter else ""),
        )
        return replace(resource, rules=tuple(self.rules(resource, group)))

    @staticmethod
    def with_parameter(properties: Properties, identity: str, group: _Group) -> Properties:
        """The properties, the id held to what the path's parameter demands of it too."""
        operations = (*group.on_one.values(),)
        parameters = [one for operation in operations for one in operation.parameters if one.name == group.parameter]
        schema = parameters[0].schema if parameters else None
        if identity not in properties or not isinstance(schema, dict):
            return properties
        narrowing = ("type", "format", "pattern", "minLength", "maxLength", "enum")
        demands = {key: schema[key] for key in narrowing if key in schema}
        told = properties[identity]
        if schema.get("type") in ("integer", "number") and told.get("type") == "string":
            demands["pattern"] = "^[1-9][0-9]{5}$"  # a text in the document, a number in the path
        return {**properties, identity: {**demands, **told}}

    def rules(self, resource: Resource, group: _Group) -> Iterator[CollectionRule]:
        """What the schemas say of the server's part. Guesses are the double's alone: no verifier asks for them."""
        creating = group.on_all.get("post")
        told = self.sent(creating) if creating else {}
        clues = Clues(resource, [name for name, part in told.items() if part.get("readOnly") is not True])
        for kind in kinds().values():
            yield from kind.guess(clues)

    def name(self, group: _Group, found: _Found) -> str:
        """The last word of the path, unless another schema's documents are kept under it."""
        words = [re.sub(r"\W+", "_", part) for part in group.path.split("/") if part and "{" not in part]
        words = [word.removesuffix("_json") for word in words] or ["documents"]
        for length in range(1, len(words) + 1):
            name = "_".join(words[-length:])
            known = self.resources.get(name)
            if known is None or (known.pointer == found.pointer and known.why):
                return name
        return f"{'_'.join(words)}_{len(self.resources)}"

    # Nested paths

    def scope(self, group: _Group, properties: Properties, identity: str) -> tuple[tuple[str, str], ...]:
        found, parent = [], ""
        for part in group.path.split("/"):
            if part[:1] == "{" and part[-1:] == "}":
                held = _holder(part[1:-1], parent, properties, identity)
                above = group.path.partition(part)[0] + part
                if held and not (
                    self.can_hold(properties[held], above) and self.takes_all(group, part[1:-1], properties[held])
                ):
                    held = None
                hidden = HIDDEN + re.sub(r"\W+", "_", f"{parent}_{part[1:-1]}")
                found.append((part[1:-1], held or hidden))
            elif part:
                parent = part
        return tuple(found)

    def can_hold(self, schema: Mapping[str, Any], path: str) -> bool:
        """Whether the property's type takes the id of the document at the path: none takes a text for a number."""
        for operation_id, action in self.actions.items():
            if action.does == "read" and self.paths.get(operation_id) == path:
                parent = self.resources[action.collection]
                texts = "string" in types_of(parent.properties.get(parent.id))
                return not (texts and types_of(schema) <= {"integer", "number", "null"})
        return True

    @staticmethod
    def takes_all(group: _Group, name: str, schema: Mapping[str, Any]) -> bool:
        """Whether the property takes whatever the path's parameter does: a pattern may shut out names."""
        operations = (*group.on_all.values(), *group.on_one.values())
        told = [one.schema for operation in operations for one in operation.parameters if one.name == name]
        parameter = told[0] if told and isinstance(told[0], dict) else {}
        narrower = ("pattern", "enum", "format", "const")
        return all(parameter.get(keyword) == schema[keyword] for keyword in narrower if keyword in schema)

    def scope_annotated(self, group: _Group) -> None:
        """Paths of annotated resources are scoped by the parameters that one of the properties holds."""
        for operation in (*group.on_all.values(), *group.on_one.values()):
            action = self.actions[operation.id]
            if action.why:
                continue
            resource = self.resources[action.collection]
            scope = self.scope(group, dict(resource.properties), resource.id)
            held = tuple((name, to) for name, to in scope if to[:12] != HIDDEN and name != action.id)
            if held:
                self.actions[operation.id] = replace(action, scope=held)

    def listing_elsewhere(self, operation: Operation) -> None:
        """`GET /things/search`: an array of documents that are kept, all path parameters held by properties."""
        for found in self.documents_of(operation):
            kept = [one for one in self.resources.values() if one.pointer == found.pointer and one.why]
            if not found.many or len(kept) != 1 or not found.pointer.count("/") < 4:
                continue
            group = _Group(operation.path, None, {}, {})
            scope = self.scope(group, found.properties, kept[0].id)
            if all(to[:12] != HIDDEN for _, to in scope):
                why = "its answer is an array of them"
                self.actions[operation.id] = Action("list", kept[0].collection, None, found.envelope, scope, why=why)
            return

    # Bodies

    def documents_of(self, operation: Operation) -> list[_Found]:
        """The objects inside an operation's success, nearest to the root first."""
        if operation.id not in self.found:
            response = operation.response(operation.success)
            medias = list(response.content.values()) if response else []
            media = next((one for one in medias if "json" in one.type or "*" in one.type), None)
            media = media or next((one for one in medias if "xml" in one.type), None)
            found = self.search(media.schema, media.pointer + "/schema", (), 0) if media else ()
            self.found[operation.id] = list(found)
        return self.found[operation.id]

    def search(self, schema: Any, at: str, path: tuple[str, ...], depth: int) -> Iterator[_Found]:
        schema, at = self.array_inside(*self.follow(schema, at))
        if not isinstance(schema, dict):
            return
        if is_array(schema):
            items, items_at = self.follow(schema["items"], at + "/items")
            properties = self.properties(items, items_at)
            if properties:
                yield _Found(items, items_at, properties, path, True)
            return
        properties = self.properties(schema, at)
        if properties:
            yield _Found(schema, at, properties, path, False)
        else:
            yield from self.alternatives(schema, at, path, depth)
        if depth < 2:
            for name, part, part_at in list(properties_of(self.document, schema, at)):
                if _HOLDING.isdisjoint(part):
                    continue
                yield from self.search(part, part_at, (*path, name), depth + 1)

    def array_inside(self, schema: Any, at: str) -> tuple[Any, str]:
        """The array that an `allOf` wraps, to write a description beside its `$ref`; else the schema itself."""
        parts = schema.get("allOf") if isinstance(schema, dict) and "items" not in schema else None
        for index, part in enumerate(parts or ()):
            inner, inner_at = self.follow(part, at + pointer("allOf", index))
            if isinstance(inner, dict) and is_array(inner):
                return inner, inner_at
        return schema, at

    def alternatives(self, schema: dict[str, Any], at: str, path: tuple[str, ...], depth: int) -> Iterator[_Found]:
        """Of `anyOf: [X, DeletedX]` the one that says most of a document."""
        if depth > 3:
            return
        options = [
            found
            for keyword in ("anyOf", "oneOf")
            for index, option in enumerate(schema.get(keyword) or ())
            for found in self.search(option, at + pointer(keyword, index), path, depth + 3)
            if found.envelope == path
        ]
        if options:
            yield max(options, key=lambda one: len(one.properties))

    def place_of(self, operation: Operation, wanted: _Found, identity: str, many: bool) -> tuple[str, ...] | None:
        """The way to the documents in an operation's success: to the same schema, else to one with the same id."""
        candidates = [one for one in self.documents_of(operation) if one.many == many]
        same = [one.envelope for one in candidates if one.pointer == wanted.pointer]
        alike = [one.envelope for one in candidates if identity in one.properties and identity != "_id"]
        if wanted.id_path:
            alike = [one.envelope for one in candidates if wanted.id_path[0] in one.properties]
        return next(iter([*same, *alike]), None)

    def takes_document(self, operation: Operation) -> bool:
        return bool(self.sent(operation))

    def takes_change(self, operation: Operation) -> bool:
        """Whether it takes a document, or the operations of a JSON Patch (RFC 6902) on one."""
        medias = operation.body.content if operation.body else {}
        return self.takes_document(operation) or (
            operation.method == "patch" and any(one.startswith(JSON_PATCH) for one in medias)
        )

    def sent(self, operation: Operation) -> Properties:
        """The properties of the document that an operation takes, in any of its alternatives."""
        media = self.taken(operation)
        if media is None:
            return {}
        schema, at = self.follow(media.schema, media.pointer + "/schema")
        found = self.properties(schema, at)
        for keyword in ("anyOf", "oneOf") if isinstance(schema, dict) else ():
            for index, option in enumerate(schema.get(keyword) or ()):
                found = {**self.properties(option, at + pointer(keyword, index)), **found}
        return found

    @staticmethod
    def taken(operation: Operation) -> Media | None:
        medias = list(operation.body.content.values()) if operation.body else []
        return next((media for media in medias if "json" in media.type or "*" in media.type), next(iter(medias), None))

    def wrapper(self, operation: Operation, found: _Found) -> tuple[str, ...]:
        """`{article: {...}}`: the one property of the request that is no property of the document."""
        sent = self.sent(operation)
        known = {plain(name) for name in found.properties}
        outer = [name for name in sent if plain(name) not in known]
        if len(sent) == len(outer) == 1:
            inner = self.properties(sent[outer[0]], "")
            if inner.keys() & found.properties.keys():
                return (outer[0],)
        return ()

    def names_itself(self, operation: Operation, identity: str) -> bool:
        told = self.sent(operation).get(identity)
        return told is not None and told.get("readOnly") is not True and not self.is_array(operation)

    def is_array(self, operation: Operation) -> bool:
        media = self.taken(operation)
        schema = self.follow(media.schema, "")[0] if media else None
        return isinstance(schema, dict) and is_array(schema)

    def properties(self, schema: Any, at: str) -> Properties:
        known = self.known_properties.get((id(schema), at))
        if known is None:
            found = {name: part for name, part, _ in properties_of(self.document, schema, at or pointer("in place"))}
            # The schema is kept beside them: its identity must not be given to another.
            known = self.known_properties[id(schema), at] = (schema, found)
        return known[1]

    def follow(self, schema: Any, at: str) -> tuple[Any, str]:
        try:
            return self.document.follow(schema, at)
        except LookupError:
            return None, at


def _groups(operations: list[Operation]) -> list[_Group]:
    """The operations by collection, those with the shortest path first: `/things` names its documents."""
    groups: dict[str, _Group] = {}
    by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in operations:
        by_path[operation.path][operation.method] = operation
    for path, methods in by_path.items():
        match = _ITEM.match(path)
        if match:
            above = re.sub(r"\.\w+$", "", match["above"])
            group = groups.setdefault(above, _Group(above, None, {}, {}))
            if group.parameter is None or "get" in methods:
                group.parameter, group.on_one = match["name"], methods
    for path, methods in by_path.items():
        if not _ITEM.match(path):
            above = re.sub(r"\.\w+$", "", path.rstrip("/"))
            groups.setdefault(above, _Group(above, None, {}, {})).on_all = methods
    return sorted(groups.values(), key=lambda group: (group.path.count("{"), group.path.count("/")))


def identity_of(properties: Properties, parameter: str, segment: str, numbered: bool = False) -> str | None:
    """The property that a path parameter names; None where none is sure to be it.

    Args:
        properties: those of the document.
        parameter: the parameter's name.
        segment: the part of the path before it.
        numbered: whether the parameter is a number, which no name is.
    """
    scalars = {plain(name): name for name, schema in properties.items() if is_scalar(schema)}
    wanted, one = plain(parameter), plain(singular(segment))
    for candidate in (wanted, wanted.removeprefix(one)):
        if candidate and candidate in scalars:
            return scalars[candidate]
    if wanted.endswith(("id", "uuid", "guid")) or wanted in (one, "") or one in wanted or _ends(one, wanted):
        for candidate in (*_IDS, one + "id"):
            if plain(candidate) in scalars:
                return scalars[plain(candidate)]
    if numbered or not wanted:
        return None
    if wanted == one:
        return next((scalars[name] for name in _NAMES if name in scalars), None)
    return next((scalars[name] for name in _NAMES if name in scalars and wanted.endswith(name)), None)


def _ends(segment: str, parameter: str) -> bool:
    """Whether `{link}` stands for one of `file_links`."""
    return len(parameter) > 2 and segment.endswith(parameter)


def singular(word: str) -> str:
    """`posts` is `post`, `categories` is `category`."""
    lower = word.lower()
    if lower.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if lower.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if lower.endswith("s") and not lower.endswith(("ss", "us", "is")) else word


def _holder(parameter: str, parent: str, properties: Properties, identity: str) -> str | None:
    scalars = {plain(name): name for name, schema in properties.items() if is_scalar(schema) and name != identity}
    one = plain(singular(parent))
    wanted = plain(parameter)
    names = [one + "id", one] if wanted in ("id", "uuid", "_id", "slug") else [wanted, wanted.removesuffix("id")]
    if wanted == one:
        names.append(one + "id")
    return next((scalars[name] for name in names if name and name in scalars), None)


def _is_number(operation: Operation | None, parameter: str | None) -> bool:
    schemas = [one.schema for one in operation.parameters if one.name == parameter] if operation else []
    return any(isinstance(schema, dict) and schema.get("type") in ("integer", "number") for schema in schemas)
