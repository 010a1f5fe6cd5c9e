"""The contract: operations, resources and rules, read once, checked, then fixed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from specdouble.contract.action import read_actions
from specdouble.contract.annotation import names_a_collection, read_identities, read_resources, read_rules
from specdouble.contract.beside import beside
from specdouble.contract.colon_paths import read_colon_paths
from specdouble.contract.completion import completed
from specdouble.contract.document import Document, read_document
from specdouble.contract.finding import ContractError, Finding, in_order
from specdouble.contract.foreign import read_foreign
from specdouble.contract.inference import infer
from specdouble.contract.kind import Reading
from specdouble.contract.lint import lint
from specdouble.contract.named_rules import lay_rules
from specdouble.contract.nesting import path_to
from specdouble.contract.operation import Operation, Parameter, Reader, examples_of, read_operations
from specdouble.contract.overlay import lay_over
from specdouble.contract.plausible_value import Texts
from specdouble.contract.pointer import look_up
from specdouble.contract.properties import described, is_array, parts_of, properties_of
from specdouble.contract.references import bring_references_inside
from specdouble.contract.reserved import ReservedNames, reserved_names
from specdouble.contract.resource import CALLER, Action, Identity, Resource
from specdouble.contract.rule import CollectionRule, OperationRule, PropertyRule, Rule
from specdouble.contract.schema import Schemas
from specdouble.contract.seeded import read_seeded
from specdouble.contract.settings import read_settings
from specdouble.contract.shape import bring_into_shape
from specdouble.contract.silence import without_silenced
from specdouble.contract.solver import Solver
from specdouble.contract.structure import note_structure_errors, structure_errors
from specdouble.contract.swagger import SwaggerReader

_CREATING = ("create", "create_many")
_DEEPEST = 20  # an `allOf` behind an `allOf`, so often
# The findings with which a part of the contract is lost that nothing can stand for.
_LOSING = {"annotation", "overlay", "ref", "ref-outside", "ref-network"}


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
        return frozenset(
            action.collection for key, action in self.actions.items() if action.does in _CREATING or self._puts_new(key)
        )

    def _puts_new(self, operation_id: str) -> bool:
        """Whether a `PUT` may make the document that its path names (RFC 9110, 9.3.4)."""
        operation = self.operations[operation_id]
        return operation.method == "put" and "201" in operation.statuses

    @cached_property
    def findable(self) -> frozenset[str]:
        """The collections that an operation creates documents of, whose ids the creation or a list tells."""
        return frozenset(
            action.collection
            for key, action in self.actions.items()
            if action.does in (*_CREATING, "list") and action.collection in self.created and self._tells_id(key, action)
        )

    def _tells_id(self, operation_id: str, action: Action) -> bool:
        operation, resource = self.operations[operation_id], self.resources[action.collection]
        response = operation.response(operation.success)
        media = response.media() if response else None
        if "Location" in (response.headers if response else ()) or not resource.why:
            return True
        schema = self.item(media.schema) if media else None
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
    def shared_examples(self) -> frozenset[str]:
        """The examples, as texts, of the error responses of several statuses; a class or the default is none."""
        statuses: dict[str, set[str]] = {}
        seen: set[tuple[str, str]] = set()
        for operation in self.operations.values():
            for status, response in operation.responses.items():
                for media in response.content.values() if status[:1] in "45" and status.isdigit() else ():
                    if (media.pointer, status) in seen:
                        continue  # one component of many operations
                    seen.add((media.pointer, status))
                    for example in media.examples.values():
                        statuses.setdefault(repr(example), set()).add(status)
        return frozenset(example for example, those in statuses.items() if len(those) > 1)

    @cached_property
    def actions_of(self) -> Mapping[str, list[tuple[str, Action]]]:
        """The actions on each collection, with the ids of their operations."""
        found: dict[str, list[tuple[str, Action]]] = {}
        for operation_id, action in self.actions.items():
            found.setdefault(action.collection, []).append((operation_id, action))
        return found

    @cached_property
    def action_at(self) -> Mapping[tuple[str, str | None], Action]:
        """The action on what a path names with a parameter; of several, the one that reads it."""
        found: dict[tuple[str, str | None], Action] = {}
        for operation_id, action in self.actions.items():
            place = (self.operations[operation_id].path, action.id)
            if action.does == "read" or place not in found:
                found[place] = action
        return found

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

    def resolve(self, value: Any) -> Any:
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

    def _is_base(self, part: Any) -> bool:
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


def read(
    path: Path, allow_refs: Iterable[Path] = (), overlays: Sequence[Path] = (), without: Collection[Path] = ()
) -> Contract:
    """Read a contract from its file, or the folder that holds it.

    Args:
        path: the file, or its folder.
        allow_refs: the folders outside of the contract's own that references may lead to.
        overlays: what is laid over it; without them, what the project's settings name, else what lies beside it.
        without: what lies beside it, and is not laid over it all the same.

    Raises:
        ContractError: with every finding, when one of them keeps the contract from being used: it cannot be read at
            all, or an annotation of ours in it cannot be kept. Whatever else is wrong is left out and told.
    """
    document = read_document(path)
    settings = read_settings(document.source.path.parent)
    laid = beside(document, overlays or settings.overlays, without)
    lay_over(document, laid.overlays)
    bring_references_inside(document, list(allow_refs))
    read_colon_paths(document)
    lay_rules(document, laid.rules)
    if settings.foreign:
        read_foreign(document)
    errors = structure_errors(document)
    note_structure_errors(document, errors, bring_into_shape(document))
    schemas = Schemas(document)
    reader = SwaggerReader if "swagger" in document.data else Reader
    operations = read_operations(document, schemas, reader)
    resources = read_resources(document)
    resources.update(read_seeded(document, resources))
    identities = read_identities(document)
    actions = read_actions(document, operations, resources)
    known, done = infer(document, operations, resources, actions, tells_callers=bool(identities))
    rules = read_rules(Reading(document, operations, known, done, identities))
    known = _ruled(known, rules)
    for resource in known.values():
        schemas.slot(resource.schema, "response")  # before the first check, that it may stay the only compilation
    annotated = {name: known[name] for name in resources}
    operations = completed(operations, done, rules)
    lint(document, schemas, operations, annotated, identities, actions, rules, done)
    meant = resources or identities or any(not rule.native and rule.pointer not in document.foreign for rule in rules)
    if not meant and not names_a_collection(document):
        _only_warn(document)
    _stop_where_a_part_is_lost(document)
    document.findings = [*without_silenced(document, settings.ignored), *settings.findings]
    return Contract(
        path=document.source.path,
        data=document.data,
        schemas=schemas,
        operations={operation.id: operation for operation in operations},
        resources=known,
        identities=identities,
        actions=done,
        rules={rule.id: rule for rule in rules},
        findings=tuple(in_order(document.findings)),
        reserved=reserved_names(document, _kept(operations, known), _shown(operations)),
        overlays=laid.files,
        document=document,
    )


def _concerns(rule: Rule, operation: Operation, action: Action | None) -> bool:
    if isinstance(rule, OperationRule):
        return rule.operation == operation.id
    if not isinstance(rule, CollectionRule) or action is None:
        return False
    return rule.collection == action.collection and action.does in rule.shown_by


def _kept(operations: list[Operation], resources: Mapping[str, Resource]) -> Iterator[Any]:
    """The schemas of what comes in and is stored."""
    yield from (resource.schema for resource in resources.values())
    for operation in operations:
        yield from (media.schema for media in (operation.body.content.values() if operation.body else ()))


def _shown(operations: list[Operation]) -> Iterator[Any]:
    """The examples of what comes in."""
    for operation in operations:
        for media in operation.body.content.values() if operation.body else ():
            yield from media.examples.values()


def _only_warn(document: Document) -> None:
    """Where no annotation can be meant as ours, all are another tool's: told once for each kind, and let be."""
    counts = Counter(finding.reason for finding in document.findings if finding.id == "annotation")
    kept: list[Finding] = []
    for finding in document.findings:
        if finding.id != "annotation":
            kept.append(finding)
        elif finding.reason in counts:
            others = counts.pop(finding.reason) - 1
            reason = finding.reason + (f" (and in {others} other places)" if others else "")
            remedy = "let it be if it is another tool's; else " + finding.remedy
            kept.append(replace(finding, reason=reason, remedy=remedy, severity="warning"))
    document.findings = kept


def _stop_where_a_part_is_lost(document: Document) -> None:
    """A double that leaves a rule out, or an operation that a reference stands for, would be another API.

    Without a schema that is defined nowhere it is the same one: what the contract does not say is not held to anything.
    """
    losing = [one for one in in_order(document.findings) if one.severity == "error" and one.id in _LOSING]
    if losing:
        raise ContractError(losing, [one for one in in_order(document.findings) if one not in losing])


def _ruled(resources: Mapping[str, Resource], rules: list[Rule]) -> dict[str, Resource]:
    """The resources with the rules about them, after what was guessed of them."""
    about = {name: {rule.id: rule for rule in resource.rules} for name, resource in resources.items()}
    for rule in rules:
        if isinstance(rule, CollectionRule):
            about[rule.collection][rule.id] = rule
    return {name: replace(resource, rules=tuple(about[name].values())) for name, resource in resources.items()}
