"""Resources and actions that no annotation tells, read from the shape of paths and schemas.

`/things` and `/things/{id}`, with a schema that has a property for the id: that is a collection. Where the shape
leaves a doubt, nothing is inferred: such an operation is answered with a sample. Of the operations on the documents
of a collection all are inferred, or none: a server that remembers half of what it was told is worse than one that
does not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from specdouble.contract.action import creates_by_path, is_of_no_resource
from specdouble.contract.bodies import Bodies, Found, Properties
from specdouble.contract.custom_methods import infer_custom_methods
from specdouble.contract.document import Document
from specdouble.contract.guesses import Guesses, can_succeed, is_mostly, is_part
from specdouble.contract.identity import identity_of, is_number, kind_of, segment_of
from specdouble.contract.kind import Clues, kinds
from specdouble.contract.nesting import Nesting
from specdouble.contract.operation import Operation
from specdouble.contract.properties import plain, synonyms, types_of
from specdouble.contract.resource import HIDDEN, HIDDEN_ID, Action, Resource
from specdouble.contract.rule import CollectionRule
from specdouble.contract.singletons import infer_singletons

_ITEM = re.compile(r"(?P<above>.*)/\{(?P<name>[^{}/]+)\}(?P<suffix>\.\w+)?/?$")
_DEMANDING = ("type", "format", "pattern", "minLength", "maxLength", "enum")
_OF_PAGES = {"limit", "page", "pagesize", "perpage", "offset"}
_WRITING = {"create", "create_many", "update", "replace", "delete"}


@dataclass
class _Group:
    """The operations on `/things` and on `/things/{id}`.

    Args:
        path: that of all documents.
        parameter: the name of the parameter for one; operations may differ in it.
        on_all: those on all, by method.
        on_one: those on one, by method.
    """

    path: str
    parameter: str | None = None
    on_all: dict[str, Operation] = field(default_factory=dict)
    on_one: dict[str, Operation] = field(default_factory=dict)

    @property
    def segment(self) -> str:
        return segment_of(self.path)

    @property
    def operations(self) -> Iterator[Operation]:
        """All of them."""
        yield from self.on_all.values()
        yield from self.on_one.values()

    def key_of(self, operation: Operation) -> str:
        """The name of the parameter that names the document in the operation's own path."""
        match = _ITEM.match(operation.path)
        return match["name"] if match else self.parameter or ""


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
    known, done = dict(resources), dict(actions)
    guesses = Guesses(Bodies(document), Nesting(operations, known, done), known, done)
    _Collections(guesses).infer(operations)
    open_ones = [one for one in operations if one.id not in done and not is_of_no_resource(one)]
    infer_custom_methods(guesses, operations, open_ones)
    infer_singletons(guesses, [one for one in open_ones if one.id not in done])
    return known, done


class _Collections:
    def __init__(self, guesses: Guesses) -> None:
        self.guesses = guesses
        self.bodies = guesses.bodies
        self.resources = guesses.resources
        self.actions = guesses.actions
        self.paths: set[str] = set()

    def infer(self, operations: list[Operation]) -> None:
        self.paths = {one.path for one in operations}
        for group in _groups(operations, self.bodies):
            self.complete(group)
        open_ones = [one for one in operations if one.id not in self.actions and not is_of_no_resource(one)]
        groups = [group for group in _groups(open_ones, self.bodies) if not self.group(group)]
        # What alone would say too little belongs to what is known by now: `/things/{id}` to `/shelves/{id}/things`.
        for group in groups:
            self.group_elsewhere(group)
        for operation in open_ones:
            if operation.method == "get" and operation.id not in self.actions:
                self.listing_elsewhere(operation)
        for group in groups:
            self.lone_list(group)
        for group in _groups([one for one in operations if one.id in self.actions], self.bodies):
            self.scope_annotated(group)
        self.name_parents()

    def name_parents(self) -> None:
        """Tell of each collection what every path to one of its documents names."""
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

    # What an annotation tells of

    def complete(self, group: _Group) -> None:
        """Tell what the other operations do on the documents of a group that an annotation tells of.

        A response's schema is annotated; what changes or lists documents may have schemas of its own.
        """
        found = self.annotated(group)
        if found is None:
            return
        resource = next(one for one in self.resources.values() if one.pointer == found.pointer)
        scope = self.guesses.nesting.scope(group.path, found.properties, resource.id)
        held = tuple((name, to) for name, to in scope if to[:12] != HIDDEN)
        left_out = {one.id for one in group.operations if one.id in self.actions or is_of_no_resource(one)}
        for operation_id, action in self.group_actions(group, found, resource.id):
            if operation_id not in left_out:
                self.actions[operation_id] = replace(action, collection=resource.collection, scope=held)

    def annotated(self, group: _Group) -> Found | None:
        """The documents of the group whose schema has an `x-resource`, as one of its operations shows them."""
        for operation in (*group.on_one.values(), *group.on_all.values()):
            action = self.actions.get(operation.id)
            if action is None or action.why:
                continue
            pointer = self.resources[action.collection].pointer
            shown = [one for one in self.bodies.shown(operation) if one.pointer == pointer]
            if shown and pointer in self.guesses.annotated:
                return shown[0]
        return None

    # One collection

    def group(self, group: _Group) -> bool:
        """Infer a collection of a group of operations; whether one was inferred."""
        shape = self.shape(group)
        if shape is None or shape[0].pointer in self.guesses.annotated:
            return False
        found, identity = shape
        if found.many and self.is_named_by_two(group):
            return False
        actions = dict(self.group_actions(group, found, identity))
        does = {action.does for action in actions.values()}
        if len(does) < 2 or not does & {"read", "list"} or not does & {*_WRITING, "list"}:
            return False
        return self.keep(group, found, identity, actions, self.guesses.name(group.path, found.pointer))

    def is_named_by_two(self, group: _Group) -> bool:
        """Whether `/tags/{type}` only lists some of the documents, each of which `/tags/{type}/{value}` names."""
        listing = group.on_one.get("get")
        if listing is None or not group.on_one.keys() <= {"get", "head"}:
            return False
        deeper = re.compile(re.escape(listing.path.rstrip("/")) + r"/\{[^{}/]+\}/?")
        return any(deeper.fullmatch(path) for path in self.paths)

    def keep(self, group: _Group, found: Found, identity: str, actions: dict[str, Action], collection: str) -> bool:
        """Note what the operations of the group do to a collection, all of them or none."""
        kind = kind_of(identity, group.segment)
        if any(self.concerns(one, found, group, kind) for one in group.operations if one.id not in actions):
            return False
        scope = self.guesses.nesting.scope(group.path, found.properties, identity)
        known = self.resources.get(collection)
        within = tuple(dict.fromkeys([*(known.within if known else ()), *(to for _, to in scope if to[:12] == HIDDEN)]))
        if known is None:
            self.resources[collection] = self.resource(collection, group, found, identity, within)
        else:
            self.resources[collection] = replace(known, within=within)
        for operation_id, action in actions.items():
            self.actions[operation_id] = replace(action, collection=collection, scope=scope)
        return True

    def concerns(self, operation: Operation, found: Found, group: _Group, kind: str) -> bool:
        """Whether an operation shows or changes one of the documents: without it, half would be remembered."""
        on_one = group.on_one.get(operation.method) is operation
        if not can_succeed(operation):
            return False
        if operation.method == "get":
            shown = [one for one in self.bodies.shown(operation) if on_one or one.many]
            return any(one.pointer == found.pointer or is_mostly(one, found, kind) for one in shown)
        if operation.method in ("put", "patch") and on_one:
            sent = self.guesses.sent(operation, found)
            return sent is not None and bool(synonyms(sent.properties, found.properties))
        return operation.method == "delete" and on_one

    def shape(self, group: _Group) -> tuple[Found, str] | None:
        """The schema of the group's documents and its id property; None where there is none to be sure of."""
        sources = [group.on_one.get("get"), group.on_one.get("put"), group.on_one.get("patch")]
        sources += [group.on_all.get("get"), group.on_all.get("post")]
        for operation in sources if group.parameter else ():
            if operation is None:
                continue
            on_one = operation in group.on_one.values()
            for found in _likeliest_first(self.bodies.shown(operation), many=not on_one):
                parameter = group.key_of(operation) if on_one else group.parameter or ""
                numbered = is_number(operation, parameter)
                identity = identity_of(found.properties, parameter, group.segment, numbered, found.name)
                if identity is not None:
                    inside = self.with_id_inside(group, operation, found, identity)
                    return inside or self.with_id_beside(group, operation, found, identity) or (found, identity)
            if operation.method == "get" and on_one:
                return self.with_id_told_elsewhere(group, operation)
        return self.shape_without_one(group) if group.parameter is None else None

    def shape_without_one(self, group: _Group) -> tuple[Found, str] | None:
        """The schema of documents that can be listed and created, and not asked for one by one."""
        listing, creating = group.on_all.get("get"), group.on_all.get("post")
        if listing is None or creating is None or not creating.body:
            return None
        shown = self.bodies.shown(listing)
        if shown and not shown[0].many and len(synonyms(self.bodies.sent(creating), shown[0].properties)) > 1:
            return None  # what is taken is the whole that holds the array, and no item of it
        found = next((one for one in shown if one.many), None)
        return (found, identity_of(found.properties, "", group.segment) or "_id") if found else None

    def with_id_told_elsewhere(self, group: _Group, reading: Operation) -> tuple[Found, str] | None:
        """The document that is read without its id, where who creates it is told the id.

        What is read has to be what was sent; else the parameter may be anything, and a guess would be wrong.
        """
        creating = group.on_all.get("post")
        if creating is None or not can_succeed(creating):
            return None
        parameter = group.key_of(reading)
        shown = [one for one in self.bodies.shown(creating) if not one.many]
        keys = [(one, identity_of(one.properties, parameter, group.segment)) for one in shown]
        identity = next((key for _, key in keys if key is not None), None)
        if identity is None:
            return None
        for found in _likeliest_first(self.bodies.shown(reading), many=False):
            sent = self.guesses.sent(creating, found)
            if not found.many and sent is not None and synonyms(sent.properties, found.properties):
                schema = next(one.properties[key] for one, key in keys if key == identity)
                return replace(found, properties={**found.properties, identity: schema}), identity
        return None

    def with_id_inside(
        self, group: _Group, operation: Operation, found: Found, identity: str
    ) -> tuple[Found, str] | None:
        """The document that holds what was found beside other things: `metadata`, with its `name`, beside `spec`.

        It is no envelope where a client sends the whole, what was found being one part of it.
        """
        if not found.envelope or found.many:
            return None
        root = self.bodies.shown(operation)[0]
        senders = [group.on_all.get("post"), group.on_one.get("put"), group.on_one.get("patch")]
        sent = next((properties for one in senders if one and (properties := self.bodies.sent(one))), {})
        common = sent.keys() & root.properties.keys()
        if root.envelope or root.many or found.envelope[0] not in common or len(common) < 2:
            return None
        return replace(root, id_path=(*found.envelope, identity)), HIDDEN_ID

    def with_id_beside(
        self, group: _Group, operation: Operation, found: Found, identity: str
    ) -> tuple[Found, str] | None:
        """The `result` of `{id, result}`, where clients send what stands in it and nothing of what was found."""
        senders = [group.on_all.get("post"), group.on_one.get("put"), group.on_one.get("patch")]
        sent = next((properties for one in senders if one and (properties := self.bodies.sent(one))), {})
        if found.envelope or found.many or synonyms(sent, found.properties):
            return None
        for inner in self.bodies.shown(operation):
            if len(inner.envelope) == 1 and not inner.many and 2 * len(synonyms(sent, inner.properties)) > len(sent):
                properties = {identity: found.properties[identity], **inner.properties}
                return replace(inner, properties=properties), identity
        return None

    # What operations do to its documents

    def group_actions(self, group: _Group, found: Found, identity: str) -> Iterator[tuple[str, Action]]:
        for operation in group.on_all.values():
            action = self.action_on_all(operation, found, identity) if can_succeed(operation) else None
            if action is not None:
                yield operation.id, action
        for operation in group.on_one.values():
            key = group.key_of(operation)
            action = self.action_on_one(operation, found, identity, key) if can_succeed(operation) else None
            if action is not None:
                yield operation.id, action

    def action_on_all(self, operation: Operation, found: Found, identity: str) -> Action | None:
        place_of = self.guesses.place_of
        if operation.method == "get":
            place = place_of(operation, found, identity, many=True)
            return None if place is None else Action("list", "", None, place, why="its answer is an array of them")
        if operation.method == "delete":
            is_plain = not any(one.required for one in operation.parameters if one.location == "query")
            return Action("delete_many", "", None, (), why="DELETE of the collection") if is_plain else None
        sent = self.guesses.sent(operation, found)
        if sent is None or operation.method not in ("post", "put"):
            return None
        if sent.many:
            place = place_of(operation, found, identity, many=True)
            why = f"{operation.method.upper()} of an array of them"
            shown = place is not None
            return Action("create_many", "", None, place or (), wrapper=sent.wrapper, in_array=shown, why=why)
        if operation.method == "put" and not _names_itself(sent.properties, identity):
            return None
        does = "create" if operation.method == "post" else "replace"
        why = "POST to the collection" if does == "create" else f"PUT of a document that holds its `{identity}`"
        action = Action(does, "", None, (), wrapper=sent.wrapper, why=why)
        return self.showing(action, operation, found, identity) or action

    def action_on_one(self, operation: Operation, found: Found, identity: str, parameter: str) -> Action | None:
        method = operation.method
        if creates_by_path(operation) and not found.id_path:
            return self.action_by_path(operation, found, identity, parameter)
        does = {"get": "read", "put": "replace", "patch": "update", "post": "update", "delete": "delete"}.get(method)
        if does is None or (does in ("replace", "update") and not self.bodies.takes_change(operation)):
            return None
        sent = self.guesses.sent(operation, found) if does in ("replace", "update") else None
        why = f"`{{{parameter}}}` is its `{identity}`"
        action = Action(does, "", parameter, (), wrapper=sent.wrapper if sent else (), why=why)
        showing = self.showing(action, operation, found, identity)
        if showing is not None:
            return showing
        # A POST may do anything: it changes the document where its answer shows it, or where it takes the like.
        is_doubtful = method == "post" and not (sent and (is_mostly(sent, found) or is_part(sent, found)))
        return None if does == "read" or is_doubtful else action

    def action_by_path(self, operation: Operation, found: Found, identity: str, parameter: str) -> Action | None:
        """The create of the document that the path names, with a body or without: its answer shows it, or nothing."""
        sent = self.guesses.sent(operation, found)
        why = f"`{{{parameter}}}` is the `{identity}` of what is created"
        action = Action("create", "", parameter, (), wrapper=sent.wrapper if sent else (), why=why)
        is_alike = sent is None or is_mostly(sent, found) or is_part(sent, found)
        return self.showing(action, operation, found, identity) or (action if is_alike else None)

    def showing(self, action: Action, operation: Operation, found: Found, identity: str) -> Action | None:
        """The action with the place of the document in the success; None where the success shows none."""
        place = self.guesses.place_of(operation, found, identity, many=False)
        if place is not None:
            return replace(action, envelope=place)
        place = None if action.does == "delete" else self.guesses.place_of(operation, found, identity, many=True)
        return None if place is None else replace(action, envelope=place, in_array=True)

    def resource(
        self, collection: str, group: _Group, found: Found, identity: str, within: tuple[str, ...]
    ) -> Resource:
        resource = Resource(
            collection=collection,
            schema=found.schema,
            pointer=found.pointer,
            id=identity,
            owner=None,
            tenant=None,
            properties=self.with_demands(found.properties, identity, group),
            within=within,
            id_path=found.id_path,
            why=f"the shape of {group.path}" + (f" and {group.path}/{{{group.parameter}}}" if group.parameter else ""),
        )
        return replace(resource, rules=tuple(self.rules(resource, group)))

    def with_demands(self, properties: Properties, identity: str, group: _Group) -> Properties:
        """The properties, the id held to what the parameters of paths that name it demand of it too."""
        if identity not in properties:
            return properties
        own = properties[identity]
        schemas = self.guesses.nesting.demands(f"{group.path}/{{{group.parameter}}}")
        demands: dict[str, object] = {}
        for schema in schemas:  # that of the path itself before those of deeper ones
            if schema.get("type") == schemas[0].get("type"):
                demands = {key: schema[key] for key in _DEMANDING if key in schema} | demands
        if types_of(own) == {"string"} and any(types_of(one) & {"integer", "number"} for one in schemas):
            demands["pattern"] = "^[1-9][0-9]{5}$"  # a text in the document, a number in a path
        choices = demands.get("enum")
        if isinstance(choices, list) and "string" not in types_of(own):  # the other way round
            demands["enum"] = [int(one) if re.fullmatch(r"\d{1,18}", str(one)) else one for one in choices]
        return {**properties, identity: {**demands, **own}}

    def rules(self, resource: Resource, group: _Group) -> Iterator[CollectionRule]:
        """What the schemas say of the server's part. Guesses are the double's alone: no verifier asks for them."""
        creating = group.on_all.get("post")
        sent = self.bodies.sent(creating) if creating else {}
        clues = Clues(resource, [name for name, part in sent.items() if part.get("readOnly") is not True])
        for kind in kinds().values():
            yield from kind.guess(clues)

    # What belongs to a collection that other paths tell of

    def group_elsewhere(self, group: _Group) -> None:
        """`POST /shelves/{id}/things` and `/things/{id}` speak of the same things."""
        shape = self.shape(group) or self.created_elsewhere(group)
        kept = self.guesses.kept(shape[0].pointer) if shape else None
        is_named_alike = kept is not None and kept.collection.endswith(re.sub(r"\W+", "_", group.segment))
        if shape is None or kept is None or group.path.endswith("}") or not is_named_alike:
            return
        found, identity = shape
        if identity != kept.id:
            by_id = [one for one in self.actions.values() if one.collection == kept.collection and one.id is not None]
            if by_id or identity not in kept.properties:
                return
            self.resources[kept.collection] = replace(kept, id=identity)
        self.keep(group, found, identity, dict(self.group_actions(group, found, identity)), kept.collection)

    def created_elsewhere(self, group: _Group) -> tuple[Found, str] | None:
        creating = group.on_all.get("post")
        for found in self.bodies.shown(creating) if creating is not None and not group.on_one else ():
            kept = self.guesses.kept(found.pointer)
            if kept is not None and not found.many:
                return found, kept.id
        return None

    def listing_elsewhere(self, operation: Operation) -> None:
        """`GET /things/search`: an array of documents that are kept, all path parameters held by properties."""
        for found in self.bodies.shown(operation):
            kept = self.guesses.kept(found.pointer)
            if not found.many or kept is None or not found.pointer.count("/") < 4:
                continue
            scope = self.guesses.nesting.scope(operation.path, found.properties, kept.id)
            if all(to[:12] != HIDDEN for _, to in scope):
                why = "its answer is an array of them"
                self.actions[operation.id] = Action("list", kept.collection, None, found.envelope, scope, why=why)
            return

    def lone_list(self, group: _Group) -> None:
        """`GET /stations`, and nothing else: documents that nobody writes, and of which a query chooses."""
        operation = group.on_all.get("get")
        if operation is None or len(list(group.operations)) > 1 or operation.id in self.actions:
            return
        asked = {plain(one.name) for one in operation.parameters if one.location == "query"}
        found = next((one for one in self.bodies.shown(operation) if one.many), None)
        if "{" in operation.path or not asked or found is None or not can_succeed(operation):
            return
        identity = identity_of(found.properties, "", group.segment) or ("_id" if asked & _OF_PAGES else None)
        if identity is None or any(one.pointer == found.pointer for one in self.resources.values()):
            return
        action = Action("list", "", None, found.envelope, why="its answer is an array of them")
        self.keep(group, found, identity, {operation.id: action}, self.guesses.name(group.path, found.pointer))

    def scope_annotated(self, group: _Group) -> None:
        """Paths of annotated resources are scoped by the parameters that one of the properties holds."""
        for operation in group.operations:
            action = self.actions[operation.id]
            if action.why:
                continue
            resource = self.resources[action.collection]
            if action.id is not None and action.id == group.parameter:
                properties = self.with_demands(dict(resource.properties), resource.id, group)
                resource = self.resources[action.collection] = replace(resource, properties=properties)
            scope = self.guesses.nesting.scope(group.path, resource.properties, resource.id)
            held = tuple((name, to) for name, to in scope if to[:12] != HIDDEN and name != action.id)
            if held:
                self.actions[operation.id] = replace(action, scope=held)


def _groups(operations: list[Operation], bodies: Bodies) -> list[_Group]:
    """The operations by collection, those with the shortest path first: `/things` names its documents."""
    groups: dict[str, _Group] = {}
    by_path: dict[str, dict[str, Operation]] = defaultdict(dict)
    for operation in operations:
        by_path[operation.path][operation.method] = operation
    listing = {path for path, methods in by_path.items() if _lists_below(path, methods, by_path, bodies)}
    parents = {*_parent_paths(by_path), *listing}
    apart = dict(_items_apart(by_path, listing))
    # Of paths that differ in the parameter's name alone, the one that reads is met first.
    for path, methods in sorted(by_path.items(), key=lambda item: "get" not in item[1]):
        match = None if path in parents else _ITEM.match(path)
        above = apart.get(path) or re.sub(r"\.\w+$", "", match["above"] if match else path.rstrip("/"))
        group = groups.setdefault(above, _Group(above))
        if match is None:
            group.on_all = {**methods, **group.on_all}
        else:
            group.parameter = group.parameter or match["name"]
            group.on_one = {**methods, **group.on_one}
    return sorted(groups.values(), key=lambda group: (group.path.count("{"), group.path.count("/")))


def _parent_paths(paths: Mapping[str, Collection[str]]) -> Iterator[str]:
    """Of `/rules/{InstanceId}` and `/rules/{InstanceId}/{RuleId}` the first is all the rules of an instance.

    It is where there is no `/rules`, and where documents are created there and none is changed or deleted.
    """
    for path in paths:
        match = _ITEM.match(path)
        above = _ITEM.match(match["above"]) if match else None
        if match and above and match["above"] in paths:
            methods = {*paths[match["above"]]}
            if above["above"] not in paths or ("post" in methods and methods <= {"get", "post", "head"}):
                yield match["above"]


def _lists_below(path: str, methods: Mapping[str, Operation], paths: Collection[str], bodies: Bodies) -> bool:
    """Whether `/tasks/{projectId}` is all the tasks of a project: it lists and creates them, and nothing is above."""
    match = _ITEM.match(path)
    if match is None or match["above"] in paths or not {"get", "post"} <= methods.keys() <= {"get", "post", "head"}:
        return False
    made = {one.pointer for one in bodies.shown(methods["post"]) if not one.many}
    listed = [one for one in bodies.shown(methods["get"]) if one.many and (not one.envelope or one.pointer in made)]
    return bool(listed)


def _items_apart(paths: Mapping[str, Collection[str]], listing: Collection[str]) -> Iterator[tuple[str, str]]:
    """Each path to one document that stands below its list by a word of its own: `/tasks/{projectId}/t/{taskId}`."""
    items: dict[str, list[str]] = defaultdict(list)
    for path, methods in paths.items():
        match = _ITEM.match(path)
        home = match["above"].rpartition("/")[0] if match else ""
        if match and home in listing and match["above"] not in paths and "get" in methods:
            items[home].append(path)
    for home, found in items.items():
        direct = any(one.startswith(home + "/{") for one in paths)
        if len(found) == 1 and not direct:
            yield found[0], home


def _likeliest_first(shown: list[Found], *, many: bool) -> list[Found]:
    """The documents of an answer: nearest to its root first, those that stand alone before those in arrays."""
    return shown if many else sorted(shown, key=lambda found: (found.many, len(found.envelope)))


def _names_itself(sent: Properties, identity: str) -> bool:
    schema = sent.get(identity)
    return schema is not None and schema.get("readOnly") is not True
