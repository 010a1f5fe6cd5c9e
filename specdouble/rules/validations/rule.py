"""`x-validations`: what documents keep to, as expressions in CEL, written as Kubernetes writes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, NamedTuple

from specdouble.contract.document import Document as OpenAPI
from specdouble.contract.expression import EvaluationError, Expression, ExpressionError, compiled
from specdouble.contract.expression_tree import Call, Field, Has, Name, Node, text_of, walk
from specdouble.contract.foregone import foregone
from specdouble.contract.kind import Annotation, Belied, Kind, Reading, Shown, located, mapping, suggestion
from specdouble.contract.operation import Operation
from specdouble.contract.plausible_value import PlausibleValues
from specdouble.contract.pointer import pointer
from specdouble.contract.program import program_of
from specdouble.contract.resource import Resource
from specdouble.contract.rule import CollectionRule
from specdouble.contract.solver import Solver, Wish
from specdouble.contract.transition import of_pair, pair_schema
from specdouble.contract.typing import fields_of, takes_null, whole

Document = Mapping[str, Any]

KEYWORD = "x-validations"
KUBERNETES = "x-kubernetes-validations"
_KEYS = ("rule", "message", "messageExpression", "status", "reason", "fieldPath")
_SHAPE = {key: {"type": "string"} for key in _KEYS if key != "status"}
_EACH = "*"  # in a path: each item of an array, each value of a map
_DEEPEST = 12
_MOST = 10_000  # places in one document
_SEARCH = 3.0  # seconds for each side of a rule; one that takes longer says nothing
# What a search follows; of the rest it knows too little to say that nothing is there.
_SEARCHED = {
    "_&&_", "_||_", "!_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "size", "@in", "double",
    "timestamp", "isoDuration", "startsWith", "endsWith", "contains",
}  # fmt: skip
_NAMED = 3  # properties in an id


class Found(NamedTuple):
    """What an expression speaks of in a document.

    Args:
        pointer: where it stands.
        value: `self`.
        old: `oldSelf`; None where there was none.
    """

    pointer: str
    value: Any
    old: Any


@dataclass(frozen=True, kw_only=True)
class Validation(CollectionRule):
    """An expression holds for every document, or for a part of it.

    As in Kubernetes, a property that is not there has its default, where its schema has one.

    Args:
        label: what its id names: the properties that it is about.
        path: the names that lead to what `self` is; `*` is each item of an array, and each value of a map.
        expression: what holds, as it is written.
        program: the same, with conversions where schemas ask for them.
        message: what a refusal says.
        message_expression: an expression for that.
        reason: why it is refused, in a word for programs.
        field_path: the pointer below `self` of what is to blame.
        defaults: what the document's properties are where they are not there.
    """

    kind = "validations"
    refused_with = (422, 400)

    label: str
    path: tuple[str, ...] = ()
    expression: str
    program: str
    message: str = ""
    message_expression: str = ""
    reason: str = ""
    field_path: str = ""
    defaults: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def about(self) -> str:
        """The collection, and the properties that it is about."""
        return f"{self.collection}.{self.label}"

    @property
    def compiled(self) -> Expression:
        """What is evaluated."""
        return compiled(self.program)

    @property
    def is_transition(self) -> bool:
        """Whether it speaks of how the document was: then it holds for changes alone."""
        return any(node == Name("oldSelf") for node in walk(self.compiled.tree))

    @property
    def names(self) -> frozenset[str] | None:
        """The properties of a document that it reads; None where it may read all."""
        if self.path:
            return frozenset({self.path[0]})
        read, old = self.compiled.names("self"), self.compiled.names("oldSelf")
        return None if read is None or old is None else read | old

    def spelled_out(self, resource: Resource) -> Validation:
        """The same of what clients set: a computed property is chosen by what it is made of."""
        tree = self.compiled.tree if self.path else resource.spelled_out(self.compiled.tree)
        if tree == self.compiled.tree:
            return self
        try:
            return replace(self, program=compiled(text_of(tree)).text)
        except ExpressionError:  # it is too long so
            return self

    def places(self, document: Document, before: Document | None) -> Iterator[Found]:
        """What it speaks of in a document; nothing where that is not there, or where a transition has no before."""
        if self.is_transition and before is None:
            return
        document = {**self.defaults, **document}
        before = None if before is None else {**self.defaults, **before}
        for at, value in _reached(document, self.path, ()):
            old = before if not at else next((one for _, one in _reached(before, at, ())), None)
            if not self.is_transition or old is not None:
                yield Found(pointer(*at), value, old)

    def holds(self, document: Document, before: Document | None = None) -> bool:
        """Whether the document keeps it; what cannot be evaluated does not."""
        return all(self.compiled.holds(variables(found)) for found in self.places(document, before))

    def is_false(self, document: Document, before: Document | None = None) -> bool:
        """Whether the document plainly breaks it: somewhere its value is false, and nowhere it has none."""
        values = [self._value(found) for found in self.places(document, before)]
        return None not in values and False in values

    def _value(self, found: Found) -> Any:
        try:
            return self.compiled.value(variables(found))
        except EvaluationError:
            return None

    def told(self, found: Found) -> str:
        """What a refusal says of a place where it does not hold."""
        try:
            self.compiled.value(variables(found))
        except EvaluationError as error:
            return f"`{self.expression}` cannot be evaluated: {error}"
        if self.message_expression:
            try:
                said = compiled(self.message_expression).value(variables(found))
                if isinstance(said, str) and said.strip():
                    return said
            except EvaluationError:
                pass
        return self.message or f"failed rule: {self.expression}"

    def __str__(self) -> str:
        return self.message or f"`{self.expression}` holds"


def variables(found: Found) -> dict[str, Any]:
    """The variables of an expression."""
    return {"self": found.value} if found.old is None else {"self": found.value, "oldSelf": found.old}


def _reached(value: object, path: tuple[str, ...], at: tuple[str | int, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if not path:
        if value is not None:
            yield at, value
        return
    name, *rest = path
    inside: list[tuple[Any, Any]]
    if isinstance(value, list):
        inside = list(enumerate(value)) if name == _EACH else []
    elif isinstance(value, Mapping):
        inside = list(value.items()) if name == _EACH else [(name, value.get(name))]
    else:
        return
    for key, one in inside:
        yield from _reached(one, tuple(rest), (*at, key))


# Reading


class _Place(NamedTuple):
    schema: dict[str, Any]
    pointer: str
    path: tuple[str, ...]


def _read(reading: Reading) -> Iterator[Validation]:
    writers = _writers(reading)
    places = _Places(reading.document)
    for resource in reading.resources.values():
        numbers: Counter[str] = Counter()
        for found in _of_resource(reading, places, resource, writers.get(resource.collection, ())):
            numbers[found.label] += 1
            number = numbers[found.label]
            _find_one_sided(reading, resource, found)
            yield found if number == 1 else replace(found, label=f"{found.label}#{number}")


def _find_one_sided(reading: Reading, resource: Resource, rule: Validation) -> None:
    """Note a rule that no document keeps, or that none breaks, as far as a search understands what it says."""
    always = foregone(rule.compiled.tree, _Choices(reading.document, resource.schema, rule.path).of)
    if always is not None:
        _find_always(reading, rule, always)
        return
    called = {node.function for node in walk(rule.compiled.tree) if isinstance(node, Call)}
    if not called <= _SEARCHED:
        return
    schema: Any = resource.schema
    if rule.is_transition:
        if rule.path:
            return
        # A search changes one document: here that is the two together, for either may have to be another.
        schema = pair_schema(schema)
        rule = replace(rule, program=text_of(of_pair(rule.compiled.tree)), defaults={})
    start = next(PlausibleValues(reading.document).of(schema), None)
    if not isinstance(start, dict):
        return
    for holds, met in ((True, rule.holds), (False, rule.is_false)):
        wish = Wish(rule.compiled.tree, rule.path, holds, met)
        solver = Solver(reading.document, schema)
        if next(solver.solutions([wish], start, None, _SEARCH), None) is None and not solver.ran_out:
            _find_always(reading, rule, not holds)


def _find_always(reading: Reading, rule: Validation, value: bool) -> None:
    side, remedy = ("breaks", "correct it, or remove it: it says nothing")
    if not value:
        side, remedy = "keeps", "correct it: every write would be refused"
    reading.document.find(rule.pointer, f"`{rule.expression}`: no document was found that {side} it", remedy, "warning")


class _Choices:
    """The values that a part of an expression can have, where its schema says that they are few.

    Args:
        document: the contract's document.
        schema: the documents'.
        path: the names that lead to what `self` is.
    """

    def __init__(self, document: OpenAPI, schema: Any, path: tuple[str, ...]) -> None:
        self._document = document
        self._self: Any = schema
        for name in path:
            self._self = self._inside(self._self, name)

    def of(self, node: Node) -> list[Any] | None:
        """The values; None where they are many."""
        schema = self._schema(node)
        if not schema:
            return None
        told = [False, True] if schema.get("type") == "boolean" else schema.get("enum")
        if not isinstance(told, list) or any(isinstance(value, dict | list) for value in told):
            return None
        return [*told, None] if takes_null(schema) and None not in told else told

    def _schema(self, node: Node) -> dict[str, Any]:
        if isinstance(node, Field) and isinstance(node.operand, Name):
            known = node.operand.name in ("self", "oldSelf")
            return self._inside(self._self, node.name) if known else {}
        return self._inside(self._schema(node.operand), node.name) if isinstance(node, Field) else {}

    def _inside(self, schema: Any, name: str) -> dict[str, Any]:
        told = self._whole(schema)
        if name == _EACH:
            return self._whole(told.get("items", told.get("additionalProperties")))
        return fields_of(self._document, told).get(name, {})

    def _whole(self, schema: Any) -> dict[str, Any]:
        try:
            return whole(self._document, schema) if isinstance(schema, dict) else {}
        except LookupError:
            return {}


def _writers(reading: Reading) -> dict[str, list[Operation]]:
    """The operations that write whole documents, by collection."""
    found: dict[str, list[Operation]] = {}
    for operation in reading.operations:
        action = reading.actions.get(operation.id)
        if action is None or action.wrapper or action.does not in ("create", "replace", "update"):
            continue
        if operation.json_body:
            found.setdefault(action.collection, []).append(operation)
    return found


def _of_resource(
    reading: Reading, places: _Places, resource: Resource, writers: Iterable[Operation]
) -> Iterator[Validation]:
    seen: set[tuple[Any, ...]] = set()
    for root, at in _schemas_of(resource, writers):
        for place in places.of(root, at):
            for keyword in (KEYWORD, KUBERNETES):
                if keyword in place.schema:
                    reading.read.add(place.pointer + pointer(keyword))
                    for found in _rules(reading, resource, place, keyword):
                        if (found.path, found.expression) not in seen:
                            seen.add((found.path, found.expression))
                            yield found


def _schemas_of(resource: Resource, writers: Iterable[Operation]) -> Iterator[tuple[Any, str]]:
    """The schema of the documents, then those of the bodies that write them."""
    yield resource.schema, resource.pointer
    for operation in writers:
        if operation.json_body:
            yield operation.json_body.schema, operation.json_body.pointer + "/schema"


class _Places:
    """Finds the schemas of documents, and of what is inside of them, that rules can stand on.

    A schema may be inside of another in more ways than can be gone; nearly all lead to no rule.

    Args:
        document: the contract's document.
    """

    def __init__(self, document: OpenAPI) -> None:
        self._document = document
        self._leads: dict[str, bool] = {}

    def of(self, schema: Any, at: str) -> Iterator[_Place]:
        """The schema and those inside of it, each with the names that lead there."""
        yield from islice(self._of(schema, at, (), frozenset()), _MOST)

    def _of(self, schema: Any, at: str, path: tuple[str, ...], above: frozenset[str]) -> Iterator[_Place]:
        schema, at = self._followed(schema, at)
        if not isinstance(schema, dict) or at in above or len(path) > _DEEPEST or not self._leads_to_rules(schema, at):
            return
        yield _Place(schema, at, path)
        above |= {at}
        for part, part_at, name in _parts(schema, at):
            yield from self._of(part, part_at, path if name is None else (*path, name), above)

    def _followed(self, schema: Any, at: str) -> tuple[Any, str]:
        try:
            return self._document.follow(schema, at)
        except LookupError:
            return None, at

    def _leads_to_rules(self, schema: dict[str, Any], at: str) -> bool:
        """Whether a rule stands on the schema, or on one that can be reached from it."""
        if at not in self._leads:
            reached: set[str] = set()
            self._leads[at] = self._reaches_rules(schema, at, reached)
            if not self._leads[at]:
                self._leads.update(dict.fromkeys(reached, False))
        return self._leads[at]

    def _reaches_rules(self, schema: dict[str, Any], at: str, reached: set[str]) -> bool:
        waiting: list[tuple[Any, str]] = [(schema, at)]
        while waiting:
            schema, at = self._followed(*waiting.pop())
            if not isinstance(schema, dict) or at in reached or self._leads.get(at) is False:
                continue
            reached.add(at)
            if KEYWORD in schema or KUBERNETES in schema:
                return True
            waiting += [(part, part_at) for part, part_at, _ in _parts(schema, at)]
        return False


def _parts(schema: dict[str, Any], at: str) -> Iterator[tuple[Any, str, str | None]]:
    """The schemas inside of a schema, and where each stands: with the name that leads there, None for its own parts."""
    for index, part in enumerate(schema.get("allOf") or ()):
        yield part, at + pointer("allOf", index), None
    inside = schema.get("properties")
    for name, part in inside.items() if isinstance(inside, dict) else ():
        yield part, at + pointer("properties", name), name
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            yield schema[key], at + pointer(key), _EACH


def _rules(reading: Reading, resource: Resource, place: _Place, keyword: str) -> Iterator[Validation]:
    raw, at = place.schema[keyword], place.pointer + pointer(keyword)
    if not isinstance(raw, list):
        remedy = f'write `{keyword}: [{{rule: "self.min <= self.max", message: …}}]`'
        reading.document.find(at, f"`{keyword}` is no list of rules", remedy)
        return
    for index, one in enumerate(raw):
        annotation = Annotation(reading.document, keyword, one, at + pointer(index))
        found = _Reader(reading, resource, place, annotation).read()
        if found is not None:
            yield found


class _Reader:
    """Reads one rule of a list."""

    def __init__(self, reading: Reading, resource: Resource, place: _Place, annotation: Annotation) -> None:
        self.reading, self.resource, self.place, self.annotation = reading, resource, place, annotation
        self.schema = resource.schema if not place.path else place.schema
        self.sound = True

    def read(self) -> Validation | None:
        raw = self.annotation.raw
        if not isinstance(raw, dict) or not isinstance(raw.get("rule"), str):
            reason = f"an entry of `{self.annotation.keyword}` has no `rule`"
            self.annotation.find_lacking("rule", reason, "write `rule:` and an expression in CEL")
            return None
        self.annotation.find_unknown_keys(_KEYS)
        texts = {key: raw[key] for key in _KEYS if isinstance(raw.get(key), str)}
        for key in ("message", "messageExpression", "reason", "fieldPath"):
            if key in raw and key not in texts:
                self.annotation.find(f"`{key}` is no text", "write it as a string", key)
        program = self.program(texts["rule"], "rule", "BOOL")
        told = texts.get("messageExpression")
        told = self.program(told, "messageExpression", "STRING") if told is not None else ""
        field_path = self.field_path(texts.get("fieldPath", ""))
        if not self.sound or program is None:
            return None
        place = {**located(self.reading.document, self.annotation.pointer), "status": self.annotation.status}
        properties = self.resource.properties
        defaults = {name: properties[name]["default"] for name in properties if "default" in properties[name]}
        return Validation(
            collection=self.resource.collection, label=self.label(program), path=self.place.path,
            expression=texts["rule"].strip(), program=program, message=texts.get("message", "").strip(),
            message_expression=told or "", reason=texts.get("reason", ""), field_path=field_path,
            defaults=defaults, **place,
        )  # fmt: skip

    def program(self, text: str, key: str, kind: str) -> str | None:
        """The expression with its conversions; None where it is none."""
        found = program_of(self.annotation, text, self.schema, key, kind=kind, variables=("self", "oldSelf"))
        self.sound = self.sound and found is not None
        if found is None:
            return None
        if _EACH in self.place.path and any(node == Name("oldSelf") for node in walk(compiled(found).tree)):
            reason = "`oldSelf` means nothing for an item: nothing tells which one it was"
            self.find(reason, "write the rule on the schema that holds the items", key)
            return None
        return found

    def field_path(self, text: str) -> str:
        """The JSON pointer of a path such as `.address.zip`."""
        names = [name for name in text.replace("['", ".").replace("']", "").split(".") if name]
        schema: Any = self.schema
        for name in names:
            known = fields_of(self.reading.document, schema)
            if known and name not in known:
                self.find(f"`fieldPath` names `{name}`, which is no property", suggestion(name, known), "fieldPath")
            schema = known.get(name, {})
        return pointer(*names)

    def label(self, program: str) -> str:
        """The properties that it is about, in the order in which they are named."""
        if self.place.path:
            return ".".join(self.place.path)
        read = (node.name for node in walk(compiled(program).tree) if isinstance(node, Field | Has)
                and node.operand in (Name("self"), Name("oldSelf")))  # fmt: skip
        return "+".join([*dict.fromkeys(read)][:_NAMED]) or "document"

    def find(self, reason: str, remedy: str, key: str) -> None:
        self.sound = False
        self.annotation.find(reason, remedy, key)


def _belied(shown: Shown) -> Iterator[Belied]:
    """A document that plainly breaks an expression, all that this reads being shown."""
    for rule in shown.of(Validation):
        if rule.is_transition or rule.names is None:
            continue
        for at, document in shown.documents:
            if rule.names <= document.keys() and rule.is_false(document):
                yield rule, at, f"{rule}: `{rule.expression}` is false"


KIND = Kind(
    keyword=KEYWORD,
    place="a schema that carries `x-resource`, or what is inside it, but for the alternatives of `oneOf` and `anyOf`",
    written='`x-validations: [{rule: "self.from < self.to", message: …}]`; `x-kubernetes-validations` is the same',
    means="an expression in [CEL](https://cel.dev) that holds for each document, or for the part that it stands on",
    refused="the first of 422, 400",
    read=_read,
    belied=_belied,
    shape={"type": "array", "items": mapping(_SHAPE, "rule")},
)
