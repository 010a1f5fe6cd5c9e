"""A kind of rules: how it is written, and what reads it out of a contract."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, cached_property
from typing import Any

import jsonschema_rs

from specdouble.contract.document import Document
from specdouble.contract.json_type import JSON
from specdouble.contract.operation import Operation
from specdouble.contract.pointer import pointer
from specdouble.contract.properties import properties_of
from specdouble.contract.resource import Action, AnyRule, Identity, Resource
from specdouble.contract.rule import CollectionRule, PropertyRule, Rule, ScopeRule
from specdouble.rules import of_all

STATUS: Mapping[str, Any] = {
    "type": "integer", "minimum": 400, "maximum": 499, "description": "the status of a refusal, in place of the usual"
}  # fmt: skip
WORDS: Mapping[str, Any] = {"type": ["string", "array"], "items": {"type": "string"}}
ON_A_PROPERTY = "a property of a schema that carries `x-resource`"
BY_AN_EXPRESSION = "`x-validations` speaks of what is inside, too: `self.a.b == oldSelf.a.b`"
BY_A_HANDLER = (
    "an expression sees one document alone: what is inside of it is held to others by a handler, and tried by a check "
    "of your own"
)
_LISTED = 12  # names that are told where none is near
Found = tuple[str, str, str]  # a pointer, the reason and the remedy of a finding
Belied = tuple[Rule, str, str]  # the rule, the pointer of what shows that it is broken, and how that reads


@dataclass(frozen=True)
class Kind:
    """What is known of a kind of rules before a contract is read.

    Args:
        keyword: the annotation, or the keyword of OpenAPI's own, that says it.
        place: what the keyword stands on.
        written: how it is written, in Markdown.
        means: what it promises, in Markdown.
        refused: what becomes of a request that breaks it, in Markdown.
        read: finds its rules in a contract, and notes what is wrong with them.
        guess: finds rules of the kind that the shape of the contract suggests. They make answers, never verdicts.
        contradicted: tells where an example breaks rules of the kind.
        belied: tells where what an exchange shows belies rules of the kind.
        of_ids: the rule of the kind that holds for the ids of any resource, though no annotation says it.
        collection: the collection that an annotation of this value names.
        shape: the JSON Schema of the annotation's value, for editors and for `rules.yaml`.
        shape_on_schemas: the same where it stands on a schema, if that is another one.
        inside: the remedy where the keyword stands on what is inside of a document.
        alias: what `foreign` calls the annotations of others that say the same as `keyword: true`.
    """

    keyword: str
    place: str
    written: str
    means: str
    refused: str
    read: Callable[[Reading], Iterable[Rule]]
    guess: Callable[[Clues], Iterable[CollectionRule]] = lambda _: ()
    contradicted: Callable[[Example], Iterable[Found]] = lambda _: ()
    belied: Callable[[Shown], Iterable[Belied]] = lambda _: ()
    of_ids: Callable[[Resource], PropertyRule] | None = None
    collection: Callable[[Any], Any] = lambda _: None
    shape: Mapping[str, Any] = field(default_factory=dict)
    shape_on_schemas: Mapping[str, Any] | None = None
    inside: str = BY_AN_EXPRESSION
    alias: str = ""

    @property
    def row(self) -> str:
        """Its row in the table of the documentation."""
        return f"| {self.written} | {self.place} | {self.means} | {self.refused} |"


@cache
def kinds() -> dict[str, Kind]:
    """Every kind, by its folder."""
    return {name: module.KIND for name, module in of_all("rule").items()}


def mapping(properties: Mapping[str, Any], *required: str) -> dict[str, Any]:
    """The JSON Schema of an annotation that is a mapping with these keys and no other, and perhaps a `status`."""
    known = {**properties, "status": STATUS}
    return {"type": "object", "properties": known, "required": [*required], "additionalProperties": False}


def kinds_by_keyword() -> dict[str, list[Kind]]:
    """The kinds that each annotation says, by its keyword; keywords of OpenAPI's own are none."""
    found: dict[str, list[Kind]] = {}
    for kind in kinds().values():
        if kind.keyword.startswith("x-"):
            found.setdefault(kind.keyword, []).append(kind)
    return found


def rule_of_ids(resource: Resource) -> PropertyRule:
    """What holds for the ids of a resource, though no annotation says it."""
    return next(kind.of_ids(resource) for kind in kinds().values() if kind.of_ids is not None)


@dataclass(frozen=True)
class Annotation:
    """A keyword of a kind, where it stands.

    Args:
        document: the contract's document.
        raw: its value.
        pointer: where it stands.
    """

    document: Document
    keyword: str
    raw: Any
    pointer: str

    @property
    def place(self) -> dict[str, Any]:
        """Pointer, file, line and status, as a rule takes them."""
        return {**located(self.document, self.pointer), "status": self.status}

    @property
    def status(self) -> int | None:
        """The status that it names for a refusal; what is none is found."""
        status = self.raw.get("status") if isinstance(self.raw, dict) else None
        if status is None or isinstance(status, list):  # a list: a property with a value that is named `status`
            return None
        if not isinstance(status, int) or not 400 <= status <= 499:
            self.find(f"`{status}` is no status of a refusal", "write a number from 400 to 499", "status")
            return None
        return status

    def find(self, reason: str, remedy: str, *below: str | int) -> None:
        """Note what is wrong with it, or with what stands below."""
        self.document.find(self.pointer + pointer(*below), reason, remedy)

    def find_lacking(self, key: str, reason: str, remedy: str) -> None:
        """Note that its mapping lacks a key: which one is misspelt, else why and what to do."""
        written = misspelt(key, self.raw)
        if written is not None:
            reason, remedy = f"`{self.keyword}` has no key `{written}`", f"write `{key}`"
        self.find(reason, remedy)

    def find_unknown_keys(self, known: Sequence[str]) -> None:
        """Note each key of its mapping that is none of these."""
        for key in self.raw if isinstance(self.raw, dict) else ():
            if key not in known:
                self.find(f"`{self.keyword}` has no key `{key}`", suggestion(key, known), key)


@dataclass(frozen=True)
class OnSchema(Annotation):
    """A keyword on a resource's schema.

    Args:
        resource: the resource.
    """

    resource: Resource

    @property
    def place(self) -> dict[str, Any]:
        """What a rule about a collection takes."""
        return {**super().place, "collection": self.resource.collection}


@dataclass(frozen=True)
class OnProperty(OnSchema):
    """A keyword on a property of a resource's schema.

    Args:
        name: the property.
        schema: its schema.
    """

    name: str
    schema: Mapping[str, Any]

    @property
    def place(self) -> dict[str, Any]:
        """What a rule about a property takes."""
        return {**super().place, "name": self.name}


@dataclass(frozen=True)
class OnOperation(Annotation):
    """A keyword on an operation.

    Args:
        operation: the operation.
    """

    operation: Operation

    @property
    def place(self) -> dict[str, Any]:
        """What a rule about an operation takes."""
        return {**super().place, "operation": self.operation.id}


@dataclass
class Reading:
    """A contract whose rules are being read.

    Args:
        document: its document.
        operations: its operations.
        resources: its resources, by collection.
        actions: what operations do to them, by operation id.
        identities: whom credentials stand for, by security scheme.
        read: the pointers of the annotations that mean something.
    """

    document: Document
    operations: Sequence[Operation]
    resources: Mapping[str, Resource]
    actions: Mapping[str, Action]
    identities: Mapping[str, Identity]
    read: set[str] = field(default_factory=set)

    @cached_property
    def annotated(self) -> dict[str, Resource]:
        """The resources that an `x-resource` tells of, by collection."""
        return {name: resource for name, resource in self.resources.items() if not resource.why}

    def on_schemas(self, keyword: str) -> Iterator[OnSchema]:
        """The keyword wherever it stands on the schema of a resource; of an inferred one, where it is plainly ours."""
        for resource in self.resources.values():
            if isinstance(resource.schema, dict) and keyword in resource.schema:
                at = resource.pointer + pointer(keyword)
                if not resource.why or self._is_ours(keyword, at):
                    self.read.add(at)
                    yield OnSchema(self.document, keyword, resource.schema[keyword], at, resource)

    def on_properties(self, keyword: str) -> Iterator[OnProperty]:
        """The keyword wherever it stands on a property of a resource; `false` takes it back.

        On an inferred resource it counts where it is plainly ours; a keyword of OpenAPI's own is a clue there, no more.
        """
        for resource, name, schema, at in self._properties:
            if keyword not in schema:
                continue
            at += pointer(keyword)
            if not resource.why or self._is_ours(keyword, at):
                self.read.add(at)
                if schema[keyword] is not False:
                    yield OnProperty(self.document, keyword, schema[keyword], at, resource, name, schema)

    @cached_property
    def _properties(self) -> list[tuple[Resource, str, dict[str, Any], str]]:
        """Every property of the resources, with its schema and pointer: each kind of rules looks at all."""
        return [
            (resource, *found)
            for resource in self.resources.values()
            for found in properties_of(self.document, resource.schema, resource.pointer)
        ]

    def _is_ours(self, keyword: str, at: str) -> bool:
        """Whether a keyword on an inferred resource is no other tool's: others write `x-unique: true` too."""
        if at in self.document.foreign:
            return True
        laid = self.document.origin(at)[0] in self.document.laid
        return keyword[:2] == "x-" and (laid or self._is_annotated)

    @cached_property
    def _is_annotated(self) -> bool:
        """Whether anything in the contract is plainly ours: then so is what alone others might have written, too."""
        if self.annotated or self.identities:
            return True
        for resource, _, schema, at in [*self._properties, *((one, "", one.schema, "") for one in self._guessed)]:
            for keyword in schema if resource.why and isinstance(schema, dict) else ():
                is_read = at + pointer(keyword) in self.document.foreign
                if not is_read and keyword[:2] == "x-" and _says_it_in_our_words(keyword, schema[keyword]):
                    return True
        return False

    @property
    def _guessed(self) -> list[Resource]:
        return [one for one in self.resources.values() if one.why]

    @cached_property
    def guessed(self) -> dict[str, str]:
        """By the pointer of a schema or property, the collection that its documents are inferred to be kept in."""
        inside = {at: resource.collection for resource, _, _, at in self._properties if resource.why}
        return {**{one.pointer: one.collection for one in self._guessed}, **inside}

    def on_resources(self, key: str) -> Iterator[OnProperty]:
        """The key of `x-resource`, `owner` or `tenant`, wherever it names a property."""
        for resource in self.annotated.values():
            name = getattr(resource, key)
            if name in resource.properties:
                at = resource.pointer + pointer("x-resource", key)
                yield OnProperty(self.document, "x-resource", name, at, resource, name, resource.properties[name])

    def scopes(self, key: str, made: Callable[..., ScopeRule]) -> Iterator[ScopeRule]:
        """The rules of whose documents are: of the `owner`, or of the `tenant`, of each `x-resource` that names one."""
        for annotation in self.on_resources(key):
            resource = annotation.resource
            is_owned = resource.owner is not None
            readers, writers = (one.beside(key, is_owned=is_owned) for one in (resource.read, resource.write))
            yield made(readers=readers, writers=writers, **annotation.place)

    def on_operations(self, keyword: str) -> Iterator[OnOperation]:
        """The keyword wherever it stands on an operation."""
        for operation in self.operations:
            if keyword in operation.extensions:
                at = operation.pointer + pointer(keyword)
                self.read.add(at)
                yield OnOperation(self.document, keyword, operation.extensions[keyword], at, operation)


def _says_it_in_our_words(keyword: str, value: JSON) -> bool:
    """Whether a mapping, or each of a list, has just the keys and values of ours: no other tool's would."""
    mappings = value if isinstance(value, list) else [value]
    if not mappings or not all(isinstance(one, dict) and one for one in mappings):
        return False
    shapes = [kind.shape for kind in kinds_by_keyword().get(keyword, ()) if kind.shape]
    return any(jsonschema_rs.is_valid(dict(shape), value) for shape in shapes)


@dataclass(frozen=True)
class Clues:
    """What the shape of a contract tells of an inferred resource.

    Args:
        resource: the resource.
        sent: the properties that a request may set when it creates a document.
    """

    resource: Resource
    sent: Collection[str]

    def place(self, name: str) -> dict[str, Any]:
        """What a rule about the property takes."""
        return {"collection": self.resource.collection, "name": name, "pointer": self.resource.pointer}


@dataclass(frozen=True)
class Example:
    """The documents of an example, with the pointers of each.

    Args:
        resource: whose documents they are.
        documents: each with the place where it stands.
        sent: whether they are a request's.
    """

    resource: Resource
    documents: Sequence[tuple[str, Mapping[str, Any]]]
    sent: bool


@dataclass(frozen=True)
class Shown:
    """What one successful exchange shows: of documents, and of who asked.

    Args:
        resource: whose documents they are; None where the operation is about none.
        rules: the promises about these documents and about the operation.
        does: what the operation does to them.
        sent: the document of the request; empty where it has none.
        documents: those of the answer, each with the place where it stands.
        claims: what the caller's token says of the caller; empty where nothing is known.
    """

    resource: Resource | None
    rules: Sequence[Rule]
    does: str
    sent: Mapping[str, Any]
    documents: Sequence[tuple[str, Mapping[str, Any]]]
    claims: Mapping[str, Any]

    def of(self, kind: type[AnyRule]) -> list[AnyRule]:
        """The rules of one kind."""
        return [rule for rule in self.rules if isinstance(rule, kind)]


def located(document: Document, at: str) -> dict[str, Any]:
    """Pointer, file and line of what stands at the pointer."""
    file, line, _ = document.locate(at)
    return {"pointer": at, "file": file, "line": line}


def suggestion(word: str, known: Iterable[str]) -> str:
    """The remedy for a misspelt word: the one that was meant, or those that there are, as far as anybody reads."""
    known = list(known)
    near = nearest(word, known)
    if near:
        return f"write `{near}`"
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"use one of {', '.join(f'`{one}`' for one in known[:_LISTED])}{more}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The word that was meant, if there is one near."""
    by_lower = {one.lower(): one for one in known}
    return next((by_lower[one] for one in get_close_matches(word.lower(), by_lower, n=1)), None)


def misspelt(key: str, raw: object) -> str | None:
    """The key of a mapping that is near to the one that it lacks."""
    return next(iter(get_close_matches(key, map(str, raw), n=1)), None) if isinstance(raw, dict) else None


def words(raw: object) -> list[str]:
    """One word or a list of them, as annotations take either."""
    if raw is None:
        return []
    return [str(one) for one in raw] if isinstance(raw, list) else [str(raw)]


def belied_scope(shown: Shown, kind: type[ScopeRule]) -> Iterator[Belied]:
    """The documents of another than the caller, where the caller's token says who that is."""
    for rule in shown.of(kind):
        claim = shown.claims.get(shown.resource.claim(rule.name)) if shown.resource else None
        for at, document in shown.documents if isinstance(claim, str | int) else ():
            held = document.get(rule.name)
            if isinstance(held, type(claim)) and held != claim:
                yield rule, at + pointer(rule.name), f"a document of {held!r} is shown to {claim!r}"
