"""Resources and actions that no annotation tells, read from the shape of paths and schemas.

`/things` and `/things/{id}`, with a schema that has a property for the id: that is a collection. Where the shape
leaves a doubt, nothing is inferred: such an operation is answered with a sample. Of the operations on the documents
of a collection all are inferred, or none: a server that remembers half of what it was told is worse than one that
does not.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from specdouble.contract.action import is_of_no_resource
from specdouble.contract.bodies import Bodies, Found, Properties
from specdouble.contract.bulk import infer_bulk_creates
from specdouble.contract.custom_methods import infer_custom_methods
from specdouble.contract.document import Document
from specdouble.contract.group_actions import GroupActions
from specdouble.contract.group_shape import Shape, Shapes
from specdouble.contract.groups import Group, groups_of
from specdouble.contract.guesses import Guesses, can_succeed, is_mostly
from specdouble.contract.identity import identity_of, kind_of, singular
from specdouble.contract.kind import Clues, kinds
from specdouble.contract.nesting import Nesting, Scope
from specdouble.contract.operation import Operation
from specdouble.contract.parts import holding, infer_parts
from specdouble.contract.people import infer_people
from specdouble.contract.properties import plain, synonyms, types_of
from specdouble.contract.resource import HIDDEN, Action, Resource
from specdouble.contract.rule import CollectionRule
from specdouble.contract.singletons import infer_singletons
from specdouble.contract.verb_paths import as_methods_say

_DEMANDING = ("type", "format", "pattern", "minLength", "maxLength", "enum")
_OF_PAGES = {"limit", "page", "pagesize", "perpage", "offset"}
_WRITING = {"create", "create_many", "update", "replace", "delete"}
_NUMBER_AS_TEXT = "^[1-9][0-9]{5}$"


def infer(
    document: Document,
    operations: list[Operation],
    resources: Mapping[str, Resource],
    actions: Mapping[str, Action],
    *,
    tells_callers: bool,
) -> tuple[dict[str, Resource], dict[str, Action]]:
    """The resources and actions of the contract, the inferred ones after those that annotations tell.

    Args:
        document: the contract's document.
        operations: its operations.
        resources: those that annotations tell.
        actions: those that annotations tell.
        tells_callers: whether annotations tell who signs in (`x-identity`).
    """
    known, done = dict(resources), dict(actions)
    plainly = as_methods_say(operations)
    guesses = Guesses(Bodies(document), Nesting(plainly, known, done), known, done)
    _Collections(guesses, plainly).infer()
    open_ones = [one for one in operations if one.id not in done and not is_of_no_resource(one)]
    if not tells_callers:
        infer_people(guesses, operations, open_ones)
        open_ones = [one for one in open_ones if one.id not in done]
    infer_bulk_creates(guesses, operations, open_ones)
    open_ones = [one for one in open_ones if one.id not in done]
    infer_custom_methods(guesses, operations, open_ones)
    infer_singletons(guesses, [one for one in open_ones if one.id not in done])
    infer_parts(guesses, operations, [one for one in open_ones if one.id not in done])
    return known, done


class _Collections:
    """Infers collections: what an annotation tells of first, then what stands alone, then what others help to tell.

    Args:
        guesses: what is known so far; it becomes more.
        operations: those of the contract.
    """

    def __init__(self, guesses: Guesses, operations: list[Operation]) -> None:
        self._guesses = guesses
        self._bodies = guesses.bodies
        self._resources = guesses.resources
        self._actions = guesses.actions
        self._operations = operations
        self._paths = {one.path for one in operations}
        self._shapes = Shapes(guesses)
        self._group_actions = GroupActions(guesses)

    def infer(self) -> None:
        for group in self._groups(self._operations):
            self._complete_annotated(group)
        open_ones = [one for one in self._operations if one.id not in self._actions and not is_of_no_resource(one)]
        groups = [group for group in self._groups(open_ones) if not self._infer_group(group)]
        groups = [group for group in groups if not self._infer_unread(group)]
        # What alone would say too little belongs to what is known by now: `/things/{id}` to `/shelves/{id}/things`.
        for group in groups:
            self._infer_group_elsewhere(group)
        for operation in open_ones:
            if operation.method == "get" and operation.id not in self._actions:
                self._infer_listing_elsewhere(operation)
            if operation.method == "get" and operation.id not in self._actions:
                self._infer_reading_elsewhere(operation)
        for group in groups:
            self._infer_lone_list(group)
        for group in self._groups(one for one in self._operations if one.id in self._actions):
            self._scope_annotated(group)
        self._name_parents()

    def _groups(self, operations: Iterable[Operation]) -> list[Group]:
        return groups_of(list(operations), self._bodies)

    # What an annotation tells of

    def _complete_annotated(self, group: Group) -> None:
        """Tell what the other operations do on the documents of a group that an annotation tells of.

        A response's schema is annotated; what changes or lists documents may have schemas of its own.
        """
        found = self._annotated(group)
        if found is None:
            return
        resource = next(one for one in self._resources.values() if one.pointer == found.pointer)
        scope = _held(self._guesses.nesting.scope(group.path, found.properties, resource.id))
        left_out = {one.id for one in group.operations if one.id in self._actions or is_of_no_resource(one)}
        for operation_id, action in self._group_actions.of(group, Shape(found, resource.id)):
            if operation_id not in left_out:
                self._actions[operation_id] = replace(action, collection=resource.collection, scope=scope)

    def _annotated(self, group: Group) -> Found | None:
        """The documents of the group whose schema has an `x-resource`, as one of its operations shows them."""
        for operation in (*group.on_one.values(), *group.on_all.values()):
            action = self._actions.get(operation.id)
            if action is None or action.why:
                continue
            pointer = self._resources[action.collection].pointer
            shown = [one for one in self._bodies.shown(operation) if one.pointer == pointer]
            if shown and pointer in self._guesses.annotated:
                return shown[0]
        return None

    def _scope_annotated(self, group: Group) -> None:
        """Paths of annotated resources are scoped by the parameters that one of the properties holds."""
        for operation in group.operations:
            action = self._actions[operation.id]
            if action.why:
                continue
            resource = self._resources[action.collection]
            if action.id is not None and action.id == group.parameter:
                properties = self._with_demands(dict(resource.properties), resource.id, group)
                resource = self._resources[action.collection] = replace(resource, properties=properties)
            held = _held(self._guesses.nesting.scope(group.path, resource.properties, resource.id))
            parents = tuple((name, to) for name, to in held if name != action.id)
            if parents:
                self._actions[operation.id] = replace(action, scope=parents)

    # One collection

    def _infer_unread(self, group: Group) -> bool:
        """`POST /water` and `PATCH /water/{id}`, and nothing that reads: their answers show what was made."""
        is_unread = not group.on_one.keys() - {"put", "patch", "delete"} and "get" not in group.on_all
        is_whole = "post" in group.on_all and group.on_one and is_unread
        return bool(is_whole) and not self._is_part(group) and self._infer_group(group, is_read=False)

    def _is_part(self, group: Group) -> bool:
        """Whether what is read above shows an array of them: `/orders/{id}/items`."""
        above, _, segment = group.path.rpartition("/")
        reading = (one for one in self._operations if one.method == "get" and one.path.rstrip("/") == above)
        return any(holding(found.properties, segment) for one in reading for found in self._bodies.shown(one))

    def _infer_group(self, group: Group, *, is_read: bool = True) -> bool:
        """Infer a collection of a group of operations; whether one was inferred."""
        shape = self._shapes.of(group)
        if shape is None or shape.found.pointer in self._guesses.annotated:
            return False
        if shape.found.many and self._is_named_by_two(group):
            return False
        actions = dict(self._group_actions.of(group, shape))
        does = {action.does for action in actions.values()}
        # One action alone tells no collection, and what nothing shows needs no memory.
        is_shown = does & ({"read", "list"} if is_read else {"create"})
        if len(does) < 2 or not is_shown or not does & {*_WRITING, "list"}:
            return False
        return self._keep(group, shape, actions, self._guesses.name(group.path, shape.found.pointer))

    def _is_named_by_two(self, group: Group) -> bool:
        """Whether `/tags/{type}` only lists some of the documents, each of which `/tags/{type}/{value}` names."""
        listing = group.on_one.get("get")
        if listing is None or not group.on_one.keys() <= {"get", "head"}:
            return False
        deeper = re.compile(re.escape(listing.path.rstrip("/")) + r"/\{[^{}/]+\}/?")
        return any(deeper.fullmatch(path) for path in self._paths)

    def _keep(self, group: Group, shape: Shape, actions: dict[str, Action], collection: str) -> bool:
        """Note what the operations of the group do to a collection, all of them or none; whether they were."""
        kind = kind_of(shape.identity, group.segment)
        others = [one for one in group.operations if one.id not in actions]
        if any(self._is_about(one, shape.found, group, kind) for one in others):
            return False
        scope = self._guesses.nesting.scope(group.path, shape.found.properties, shape.identity)
        hidden = [to for _, to in scope if to.startswith(HIDDEN)]
        known = self._resources.get(collection)
        if known is None:
            self._resources[collection] = self._resource(collection, group, shape, _each_once(hidden))
        else:
            self._resources[collection] = replace(known, within=_each_once([*known.within, *hidden]))
        for operation_id, action in actions.items():
            self._actions[operation_id] = replace(action, collection=collection, scope=scope)
        return True

    def _is_about(self, operation: Operation, found: Found, group: Group, kind: str) -> bool:
        """Whether an operation shows or changes one of the documents: without it, half would be remembered."""
        if not can_succeed(operation):
            return False
        on_one = group.on_one.get(operation.method) is operation
        if operation.method == "get":
            shown = [one for one in self._bodies.shown(operation) if on_one or one.many]
            return any(one.pointer == found.pointer or is_mostly(one, found, kind) for one in shown)
        if operation.method in ("put", "patch") and on_one:
            sent = self._guesses.sent(operation, found)
            return sent is not None and bool(synonyms(sent.properties, found.properties))
        return operation.method == "delete" and on_one

    def _resource(self, collection: str, group: Group, shape: Shape, within: tuple[str, ...]) -> Resource:
        found, identity = shape
        path_to_one = f" and {group.path}/{{{group.parameter}}}" if group.parameter else ""
        resource = Resource(
            collection=collection,
            schema=found.schema,
            pointer=found.pointer,
            id=identity,
            owner=None,
            tenant=None,
            properties=self._with_demands(found.properties, identity, group),
            within=within,
            id_path=found.id_path,
            id_inside=self._id_inside(found),
            why=f"the shape of {group.path}{path_to_one}",
        )
        return replace(resource, rules=tuple(self._rules(resource, group)))

    def _id_inside(self, found: Found) -> Mapping[str, Any]:
        properties: Properties = found.properties
        for name in found.id_path[:-1]:
            properties = self._bodies.properties(properties[name], "")
        return properties[found.id_path[-1]] if found.id_path else {}

    def _rules(self, resource: Resource, group: Group) -> Iterator[CollectionRule]:
        """What the schemas say of the server's part. Guesses are the double's alone: no verifier asks for them."""
        creating = group.on_all.get("post")
        sent = self._bodies.sent(creating) if creating else {}
        clues = Clues(resource, [name for name, part in sent.items() if part.get("readOnly") is not True])
        for kind in kinds().values():
            yield from kind.guess(clues)

    def _with_demands(self, properties: Properties, identity: str, group: Group) -> Properties:
        """The properties, the id held to what the parameters of paths that name it demand of it too."""
        if identity not in properties:
            return properties
        own = properties[identity]
        schemas = self._guesses.nesting.demands(f"{group.path}/{{{group.parameter}}}")
        demands: dict[str, object] = {}
        for schema in schemas:  # that of the path itself before those of deeper ones
            if schema.get("type") == schemas[0].get("type"):
                demands = {key: schema[key] for key in _DEMANDING if key in schema} | demands
        types = types_of(own)
        is_number_in_path = any(types_of(one) & {"integer", "number"} for one in schemas)
        if types == {"string"} and is_number_in_path:
            demands["pattern"] = _NUMBER_AS_TEXT
        choices = demands.get("enum")
        if isinstance(choices, list) and "string" not in types:  # texts in the path, numbers in the document
            demands["enum"] = [int(one) if re.fullmatch(r"\d{1,18}", str(one)) else one for one in choices]
        told = {**demands, **own}
        # Paths to the same document may each narrow what its id can be.
        narrowing = dict.fromkeys(one.get("pattern") for one in schemas if isinstance(one.get("pattern"), str))
        others = [{"pattern": one} for one in narrowing if one != told.get("pattern")]
        if others and types == {"string"}:
            told["allOf"] = [*(told.get("allOf") or ()), *others]
        return {**properties, identity: told}

    # What belongs to a collection that other paths tell of

    def _infer_group_elsewhere(self, group: Group) -> None:
        """`POST /shelves/{id}/things` and `/things/{id}` speak of the same things."""
        shape = self._shapes.of(group) or self._created_elsewhere(group)
        kept = self._kept(shape.found, group.path) if shape else None
        if shape is None or kept is None or group.path.endswith("}"):
            return
        if not singular(kept.collection).endswith(singular(re.sub(r"\W+", "_", group.segment))):
            return
        if shape.identity != kept.id:
            is_named_already = any(
                one.collection == kept.collection and one.id is not None for one in self._actions.values()
            )
            if is_named_already or shape.identity not in kept.properties:
                return
            self._resources[kept.collection] = replace(kept, id=shape.identity)
        self._keep(group, shape, dict(self._group_actions.of(group, shape)), kept.collection)

    def _kept(self, found: Found, path: str) -> Resource | None:
        """The resource that documents are of which a path shows: by the name of their schema, or by their own."""
        has_name = found.pointer.count("/") < 4  # no schema that stands within a response
        return (self._guesses.kept(found.pointer) if has_name else None) or self._guesses.like(found, path)

    def _created_elsewhere(self, group: Group) -> Shape | None:
        creating = group.on_all.get("post")
        if creating is None or group.on_one:
            return None
        for found in self._bodies.shown(creating):
            kept = self._guesses.kept(found.pointer)
            if kept is not None and not found.many:
                return Shape(found, kept.id)
        return None

    def _infer_listing_elsewhere(self, operation: Operation) -> None:
        """`GET /things/search`: an array of documents that are kept, all path parameters held by properties."""
        for found in self._bodies.shown(operation):
            kept = self._kept(found, operation.path)
            if not found.many or kept is None:
                continue
            scope = self._guesses.nesting.scope(operation.path, found.properties, kept.id)
            if scope == _held(scope):
                why = "its answer is an array of them"
                self._actions[operation.id] = Action("list", kept.collection, None, found.envelope, scope, why=why)
            return

    def _infer_reading_elsewhere(self, operation: Operation) -> None:
        """`GET /users/by-email/{email}`: one document that is kept, all path parameters held by properties."""
        if not operation.path.rstrip("/").endswith("}") or not can_succeed(operation):
            return
        for found in self._bodies.shown(operation):
            kept = self._kept(found, operation.path)
            if found.many or kept is None:
                continue
            scope = self._guesses.nesting.scope(operation.path, found.properties, kept.id)
            if scope == _held(scope):
                why = f"`{scope[-1][1]}` names one of them"
                self._actions[operation.id] = Action("read", kept.collection, None, found.envelope, scope, why=why)
            return

    def _infer_lone_list(self, group: Group) -> None:
        """`GET /stations`, and nothing else: documents that nobody writes, and of which a query chooses."""
        operation = group.on_all.get("get")
        if operation is None or len(list(group.operations)) > 1 or operation.id in self._actions:
            return
        asked = {plain(one.name) for one in operation.parameters if one.location == "query"}
        found = next((one for one in self._bodies.shown(operation) if one.many), None)
        if "{" in operation.path or not asked or found is None or not can_succeed(operation):
            return
        identity = identity_of(found.properties, "", group.segment) or ("_id" if asked & _OF_PAGES else None)
        if identity is None or any(one.pointer == found.pointer for one in self._resources.values()):
            return
        action = Action("list", "", None, found.envelope, why="its answer is an array of them")
        name = self._guesses.name(group.path, found.pointer)
        self._keep(group, Shape(found, identity), {operation.id: action}, name)

    # Parents

    def _name_parents(self) -> None:
        """Tell of each collection what every path to one of its documents names."""
        on_one: dict[str, list[Action]] = defaultdict(list)
        for action in self._actions.values():
            if action.does != "list":
                on_one[action.collection].append(action)
        for name, resource in self._resources.items():
            if resource.why:
                self._resources[name] = replace(resource, parents=_parents(resource, on_one[resource.collection]))


def _parents(resource: Resource, on_one: list[Action]) -> tuple[str, ...]:
    """What every operation on one of the documents names beside its id; nothing where the store's id is its own."""
    is_stores_own = resource.id == "_id" or (resource.id not in resource.properties and not resource.id_path)
    if is_stores_own or not on_one:
        return ()
    scopes = [[to for _, to in action.scope if to != resource.id] for action in on_one]
    return tuple(to for to in scopes[0] if all(to in scope for scope in scopes))


def _held(scope: Scope) -> Scope:
    """The parents that properties of the documents hold, without those that the store keeps beside them."""
    return tuple((name, to) for name, to in scope if not to.startswith(HIDDEN))


def _each_once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
