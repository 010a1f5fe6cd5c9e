"""The contract: operations, resources and rules, and what follows from them. It is read once, and never changes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.finding import Finding
from specdouble.contract.nesting import path_to
from specdouble.contract.operation import Media, Operation, Parameter, examples_of
from specdouble.contract.plausible_value import Texts
from specdouble.contract.pointer import look_up
from specdouble.contract.properties import described, is_array, parts_of, properties_of
from specdouble.contract.reserved import ReservedNames
from specdouble.contract.resource import CALLER, Action, Identity, Resource
from specdouble.contract.rule import CollectionRule, OperationRule, PropertyRule, Rule
from specdouble.contract.schema import Schemas
from specdouble.contract.solver import Solver

_CREATING = ("create", "create_many")
_DEEPEST = 20  # an `allOf` behind an `allOf`, so often
_FORM = re.compile(r"(?<=\})(\.\w+)?/?$")  # `/things/{id}.json` names what `/things/{id}/parts.json` stands under


@dataclass(frozen=True)
class Contract:
    """An OpenAPI description and the rules in it.

    Args:
        path: the file.
        data: the document, every `$ref` inside itself; never to be changed.
        schemas: its schemas, compiled.
        operations: by id.
        resources: by collection.
        identities: whom a credential stands for, by security scheme.
        actions: what operations do to resources, by operation id.
        rules: all of them, by id.
        findings: the warnings; errors do not get this far.
        reserved: the property names that it admits, though a store would take them for operators or paths.
        overlays: the files that were laid over it, in their order.
        document: what it was read from.
    """

    path: Path
    data: dict[str, Any]
    schemas: Schemas
    operations: Mapping[str, Operation]
    resources: Mapping[str, Resource]
    identities: Mapping[str, Identity]
    actions: Mapping[str, Action]
    rules: Mapping[str, Rule]
    findings: tuple[Finding, ...]
    reserved: ReservedNames
    overlays: tuple[Path, ...]
    document: Document
    _known_properties: dict[int, dict[str, dict[str, Any]]] = field(default_factory=dict, init=False, repr=False)

    @property
    def title(self) -> str:
        """The API's title and version, in one line."""
        info = self.data.get("info") or {}
        return " ".join(f"{info.get('title', 'untitled')} {info.get('version', '')}".split())

    # Looked up rather than searched for: a large contract has ten thousand operations.

    @cached_property
    def created(self) -> frozenset[str]:
        """The collections that an operation creates documents of."""
        creating = [one for key, one in self.actions.items() if one.does in _CREATING or self._puts_new(key)]
        return frozenset(action.collection for action in creating)

    def _puts_new(self, operation_id: str) -> bool:
        """Whether a `PUT` may make the document that its path names (RFC 9110, 9.3.4)."""
        operation = self.operations[operation_id]
        return operation.method == "put" and "201" in operation.statuses

    @cached_property
    def findable(self) -> frozenset[str]:
        """The collections that an operation creates documents of, whose ids the creation or a list tells."""
        showing = [(key, one) for key, one in self.actions.items() if one.does in (*_CREATING, "list")]
        created = [(key, one) for key, one in showing if one.collection in self.created]
        return frozenset(action.collection for key, action in created if self._tells_id(key, action))

    def _tells_id(self, operation_id: str, action: Action) -> bool:
        """Whether the operation's success shows the id of a document, in a header field or in the document."""
        operation, resource = self.operations[operation_id], self.resources[action.collection]
        response = operation.response(operation.success)
        if (response is not None and "Location" in response.headers) or not resource.why:
            return True
        media = response.media() if response is not None else None
        schema = self.item(media.schema) if media is not None else None
        for name in (*action.envelope, *resource.id_path[:-1]):
            schema = self.item(self.properties(schema).get(name))
        keys = {action.id for _, action in self.actions_of[resource.collection]}
        keys.add(resource.id_path[-1] if resource.id_path else resource.id)
        return not keys.isdisjoint(self.fields(schema))

    @cached_property
    def claims(self) -> frozenset[str]:
        """What has to be known of a caller: the claims that documents are scoped by."""
        names = {
            resource.claim(name)
            for resource in self.resources.values()
            for name in (resource.owner, resource.tenant)
            if name
        }
        has_own = any(action.mine for action in self.actions.values())
        if has_own or any(resource.single == "caller" for resource in self.resources.values()):
            names.add(CALLER)
        return frozenset(names)

    @cached_property
    def people(self) -> Resource | None:
        """Those who sign in, where that is inferred."""
        return next((one for one in self.resources.values() if one.signs_in), None)

    @cached_property
    def signing_in(self) -> Resource | None:
        """Those who sign in: as it is inferred, else those for whom the tokens of an `x-identity` stand."""
        tokens = (self.resources[one.collection] for one in self.identities.values() if one.credential is None)
        return self.people or next(tokens, None)

    @cached_property
    def shared_examples(self) -> frozenset[str]:
        """The examples, as texts, of the error responses of several statuses; a class or the default is none."""
        statuses: dict[str, set[str]] = defaultdict(set)
        for status, media in self._error_bodies():
            for example in media.examples.values():
                statuses[repr(example)].add(status)
        return frozenset(example for example, those in statuses.items() if len(those) > 1)

    def _error_bodies(self) -> Iterator[tuple[str, Media]]:
        """The bodies of error responses with their status, each once: one component stands for many operations."""
        seen: set[tuple[str, str]] = set()
        for operation in self.operations.values():
            for status, response in operation.responses.items():
                if not (status.isdigit() and status[0] in "45"):
                    continue
                for media in response.content.values():
                    if (media.pointer, status) not in seen:
                        seen.add((media.pointer, status))
                        yield status, media

    @cached_property
    def actions_of(self) -> Mapping[str, list[tuple[str, Action]]]:
        """The actions on each collection, with the ids of their operations."""
        found: dict[str, list[tuple[str, Action]]] = defaultdict(list)
        for operation_id, action in self.actions.items():
            found[action.collection].append((operation_id, action))
        return dict(found)

    @cached_property
    def action_at(self) -> Mapping[tuple[str, str | None], Action]:
        """The action on what a path names with a parameter; of several, the one that reads it."""
        found: dict[tuple[str, str | None], Action] = {}
        for operation_id, action in self.actions.items():
            place = (_FORM.sub("", self.operations[operation_id].path), action.id)
            if action.does == "read" or place not in found:
                found[place] = action
        return found

    def said_of(self, operation: Operation) -> str:
        """What is said of an operation, its parameters and its success, in words."""
        raw, answer = look_up(self.data, operation.pointer), operation.response(operation.success)
        told = [operation.summary, str(raw.get("description") or ""), answer.description if answer is not None else ""]
        return " ".join([*told, *(one.description for one in operation.parameters)])

    def shown_by(self, operation: Operation) -> Operation:
        """The operation whose answer tells what this one's header fields say: of a HEAD the GET (RFC 9110, 9.3.2)."""
        if operation.method != "head":
            return operation
        beside = (one for one in self.operations.values() if one.path == operation.path and one.method == "get")
        return next(beside, operation)

    def action_on(self, path: str, parameter: str) -> Action | None:
        """The action on what a path names with a parameter, whatever stands behind it; None where it names nothing."""
        return self.action_at.get((path_to(path, parameter), parameter))

    def above(self, collection: str) -> Iterator[tuple[str, Resource, str]]:
        """What each document of a collection names by the path that it was created at: property, documents, their key.

        Who may not see that sees nothing of what lies below it, whatever path shows it.
        """
        creating = [one for _, one in self.actions_of.get(collection, ()) if one.does in _CREATING]
        held = [{to for _, to in one.scope} for one in creating]
        for rule in self.resources[collection].of(PropertyRule) if held else ():
            target = self.resources.get(rule.refers_to or "")
            if target is not None and target.collection != collection and all(rule.name in one for one in held):
                yield rule.name, target, rule.refers_by or target.id

    @cached_property
    def security_schemes(self) -> Mapping[str, Any]:
        """The security schemes by name, `$ref`s resolved."""
        data = self.data
        schemes = data.get("securityDefinitions") or (data.get("components") or {}).get("securitySchemes") or {}
        return {name: self.resolve(scheme) for name, scheme in schemes.items()}

    def resolve(self, value: object) -> Any:
        """The value, or what it refers to through any number of `$ref`."""
        return self.document.resolve(value)

    def examples(self, parameter: Parameter) -> dict[str, Any]:
        """The values of the examples that stand at the parameter itself, by name."""
        try:
            told = self.resolve(look_up(self.data, parameter.pointer))
        except LookupError:
            return {}
        return examples_of(self.document, told) if isinstance(told, dict) else {}

    def is_structured(self, schema: Any) -> bool:
        """Whether the schema describes what is inside a value, and not its text as a whole."""
        resolved = self.resolve(schema)
        return isinstance(resolved, dict) and resolved.get("type") != "string"

    def described(self, schema: Any) -> dict[str, Any]:
        """What a schema says, through `$ref`; its type also through `allOf`."""
        return described(self.document, schema)

    def properties(self, schema: Any) -> dict[str, dict[str, Any]]:
        """The properties of an object schema by name, through `$ref` and `allOf`."""
        try:
            resolved = self.resolve(schema)
        except LookupError:
            return {}
        if not self.schemas.is_named(resolved):
            return self._properties_of(resolved)
        # Each of the operations on a collection asks for the same ones.
        if id(resolved) not in self._known_properties:
            self._known_properties[id(resolved)] = self._properties_of(resolved)
        return self._known_properties[id(resolved)]

    def _properties_of(self, schema: Any) -> dict[str, dict[str, Any]]:
        return {name: part for name, part, _ in properties_of(self.document, schema, "")}

    def item(self, schema: Any) -> Any:
        """The schema of an array's items, also where an `allOf` wraps the array; any other schema itself."""
        resolved = self.resolve(schema)
        if not isinstance(resolved, dict):
            return resolved
        if is_array(resolved):
            return self.resolve(resolved["items"])
        parts = [self.resolve(part) for part in resolved.get("allOf") or ()]
        return next((self.resolve(one["items"]) for one in parts if isinstance(one, dict) and is_array(one)), resolved)

    def fields(self, schema: Any) -> dict[str, dict[str, Any]]:
        """The properties that a value may have: the schema's own, its alternatives', and those of what builds on it."""
        resolved = self.resolve(schema)
        known = resolved if isinstance(resolved, dict) else {}
        alternatives = [*(known.get("oneOf") or ()), *(known.get("anyOf") or ())]
        alternatives += self.schemas.subtypes(resolved)
        found = {name: part for one in alternatives for name, part in self.properties(one).items()}
        return {**found, **self.properties(schema)}

    def is_open_ended(self, schema: Any, depth: int = 0) -> bool:
        """Whether values of an object schema may have further properties, of alternatives or of what builds on it."""
        schema = self.resolve(schema)
        if not isinstance(schema, dict) or depth > _DEEPEST:
            return False
        if any(key in schema for key in ("oneOf", "anyOf", "discriminator")):
            return True
        parts = schema.get("allOf") or ()
        if len(parts) > 1 or "properties" in schema:  # it builds on a part, and is what that one's discriminator means
            parts = [part for part in parts if not self._is_base(part)]
        return any(self.is_open_ended(part, depth + 1) for part in parts)

    def _is_base(self, part: object) -> bool:
        schema = self.resolve(part)
        return isinstance(schema, dict) and "discriminator" in schema and not {"oneOf", "anyOf"} & schema.keys()

    def parts(self, schema: Any) -> dict[str, Any]:
        """The properties of an object schema by name as they stand, their own `$ref` unresolved."""
        return {name: part for name, part, _ in parts_of(self.document, schema, "")}

    @cached_property
    def scopes_alike(self) -> Mapping[str, tuple[str, ...]]:
        """For each property that scopes documents, those that hold the same claim by another name, if any do."""
        named: dict[str, set[str]] = defaultdict(set)
        for resource in self.resources.values():
            for name in (resource.owner, resource.tenant):
                if name:
                    named[resource.claim(name)].add(name)
        return {name: tuple(sorted(names - {name})) for names in named.values() if len(names) > 1 for name in names}

    @cached_property
    def scoping(self) -> frozenset[str]:
        """The properties that tell whose documents are."""
        named = {name for resource in self.resources.values() for name in (resource.owner, resource.tenant)}
        return frozenset(name for name in named if name)

    @cached_property
    def keys_of(self) -> Mapping[str, set[str]]:
        """The properties of a collection's documents by which others refer to them, by collection."""
        found: dict[str, set[str]] = defaultdict(set)
        for rule in self.rules.values():
            if isinstance(rule, PropertyRule) and rule.refers_to and rule.refers_by:
                found[rule.refers_to].add(rule.refers_by)
        return found

    @cached_property
    def parent_keys(self) -> Mapping[str, set[str]]:
        """The properties that tell which document those of a collection lie below, as paths ask for them."""
        found: dict[str, set[str]] = defaultdict(set)
        for action in self.actions.values():
            found[action.collection].update(to for _, to in action.scope)
        return found

    @cached_property
    def rules_about(self) -> Mapping[str, list[OperationRule]]:
        """The rules about operations themselves, by operation id."""
        found: dict[str, list[OperationRule]] = defaultdict(list)
        for rule in self.rules.values():
            if isinstance(rule, OperationRule):
                found[rule.about].append(rule)
        return found

    def solver(
        self,
        schema: Any,
        fits: Callable[[dict[str, Any]], bool] = lambda _: True,
        free: frozenset[str] | None = None,
        texts: Texts = lambda _: (),
    ) -> Solver:
        """What finds documents of a schema for which expressions hold; see `Solver`."""
        return Solver(self.document, schema, fits, free, texts)

    def rules_of(self, operation: Operation) -> list[Rule]:
        """The rules that the operation can break or show."""
        action = self.actions.get(operation.id)
        return [rule for rule in self.rules.values() if _concerns(rule, operation, action)]

    def foreign(self, rule: Rule) -> str:
        """The annotation of others' that the rule was read from; empty where it was ours."""
        return self.document.foreign.get(rule.pointer, "")

    def locate(self, at: str) -> tuple[str, int]:
        """The file and line of what stands at the document's pointer."""
        return self.document.locate(at)[:2]


def _concerns(rule: Rule, operation: Operation, action: Action | None) -> bool:
    if isinstance(rule, OperationRule):
        return rule.operation == operation.id
    if not isinstance(rule, CollectionRule) or action is None:
        return False
    return rule.collection == action.collection and action.does in rule.shown_by
