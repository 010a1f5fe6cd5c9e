"""The miner of prose: says in the names of a contract what the sentences of its descriptions mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from specdouble.contract import Contract, Operation, Resource
from specdouble.contract.pointer import look_up, pointer
from specdouble.contract.properties import properties_of, types_of
from specdouble.discover.hypothesis import Hypothesis, Miner, Source
from specdouble.discover.prose.reading import Reading
from specdouble.discover.prose.readings import readings
from specdouble.discover.prose.sentence import Place, Sentence, sentences
from specdouble.discover.prose.vocabulary import Vocabulary
from specdouble.verify.values import merged

_WRITING = ("create", "create_many", "update", "replace")
_OF_SCHEMAS = {
    "default", "required", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "pattern", "minItems", "maxItems",
}  # fmt: skip


@dataclass(frozen=True)
class Said:
    """A reading of a sentence, where it was said.

    Args:
        resource: the resource whose documents it is about.
        reading: what the sentence says.
        sentence: the sentence.
        at: the pointer of the text that it is part of.
        holder: the pointer of the property's schema, the operation or the schema that the text describes.
        operation: the operation that is described, if one is.
    """

    resource: Resource
    reading: Reading
    sentence: Sentence
    at: str
    holder: str
    operation: Operation | None = None


def mine(contract: Contract) -> Iterator[Hypothesis]:
    """What the sentences of a contract say of its rules."""
    vocabulary = Vocabulary(contract)
    meaning = Meaning(vocabulary)
    found = [one for said in _said(contract, vocabulary) for one in meaning.of(said)]
    yield from _together(found)


# What is said where


def _said(contract: Contract, vocabulary: Vocabulary) -> Iterator[Said]:
    for resource in contract.resources.values():
        for name, (schema, at) in vocabulary.places(resource).items():
            yield from _of_property(contract, resource, name, schema, at)
        yield from _read(resource, contract.document.get(resource.pointer), resource.pointer, Place("schema"))
    for operation_id, action in contract.actions.items():
        operation, resource = contract.operations[operation_id], contract.resources[action.collection]
        yield from _of_operation(contract, operation, resource)
        if action.does in _WRITING and operation.json_body and not action.wrapper:
            yield from _of_body(contract, operation, resource)


def _of_property(
    contract: Contract, resource: Resource, name: str, schema: Any, at: str, operation: Operation | None = None
) -> Iterator[Said]:
    types = types_of(schema) - {"null", None}
    values = merged(schema, contract.resolve).get("enum")  # what may be null has them in one of two schemas
    place = Place(
        "property",
        name=name,
        method=operation.method if operation else "",
        type=str(next(iter(types), "string")),
        values=tuple(str(value) for value in values if value is not None) if isinstance(values, list) else (),
    )
    yield from _read(resource, schema, at, place, operation)


def _of_body(contract: Contract, operation: Operation, resource: Resource) -> Iterator[Said]:
    media = operation.json_body
    assert media is not None
    for name, schema, at in properties_of(contract.document, media.schema, media.pointer + "/schema"):
        yield from _of_property(contract, resource, name, schema, at, operation)


def _of_operation(contract: Contract, operation: Operation, resource: Resource) -> Iterator[Said]:
    raw = look_up(contract.data, operation.pointer)
    yield from _read(resource, raw, operation.pointer, Place("operation", method=operation.method), operation)
    for status in raw.get("responses") or ():
        if str(status)[:1] == "4":
            at = operation.pointer + pointer("responses", status)
            try:
                response, at = contract.document.follow(raw["responses"][status], at)
            except LookupError:
                continue
            yield from _read(
                resource, response, at, Place("response", method=operation.method, status=str(status)), operation
            )


def _read(resource: Resource, holder: Any, at: str, place: Place, operation: Operation | None = None) -> Iterator[Said]:
    """The readings of the texts of something that is described."""
    for key in ("title", "summary", "description") if isinstance(holder, dict) else ():
        text = holder.get(key)
        if not isinstance(text, str):
            continue
        for words in sentences(text):
            sentence = Sentence(words, place)
            for reading in readings(sentence):
                yield Said(resource, reading, sentence, at + pointer(key), at, operation)


# What it means


class Meaning:
    """Says a reading in the names of the contract.

    Args:
        vocabulary: the contract's names.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary, self.contract = vocabulary, vocabulary.contract
        self._needed: dict[str, frozenset[str]] = {}

    def of(self, said: Said) -> Iterator[Hypothesis]:
        """The hypotheses that a reading amounts to; none where its names are not the contract's."""
        keyword = said.reading.keyword
        if keyword in ("owner", "tenant"):
            yield from self.document(said)
        elif keyword == "x-roles":
            yield from self.roles(said)
        elif keyword == "x-limit":
            yield from self.limit(said)
        elif keyword == "x-soft-delete":
            yield self.hypothesis(
                said, said.resource.pointer, said.reading.value if said.reading.about == () else said.reading.about[0]
            )
        elif (
            keyword == "x-validations"
            and not said.reading.about
            and "order" not in said.reading.value
            and "if" not in said.reading.value
        ):
            yield from self.validation(said, "")
        else:
            for name in self.properties(said):
                yield from self.about_property(said, name)

    def properties(self, said: Said) -> list[str]:
        """The properties that a reading speaks of."""
        if not said.reading.about:
            return [said.sentence.place.name] if said.sentence.is_about_a_property else self.by_target(said)
        needed = self.needed(said.resource)
        if said.sentence.is_a_refusal and said.reading.keyword == "x-references":
            return self.by_target(said)
        named = [self.vocabulary.property(said.resource, one, needed) for one in said.reading.about]
        return [one for one in named if one is not None] or self.by_target(said)

    def by_target(self, said: Said) -> list[str]:
        """The property that a sentence about another collection means: "the prompt does not exist"."""
        if said.reading.keyword != "x-references":
            return []
        target = self.vocabulary.collection(said.reading.value or "")
        if target == said.resource.collection:
            return []  # "no such prompt" where a prompt is asked for
        named = _path_names(said.operation) if said.operation else []
        if any(self.vocabulary.collection(name) == target for name in named) or (
            named and said.sentence.place.status == "404"
        ):
            return []  # it is the path that names it
        names = self.vocabulary.references(said.resource, target) if target else []
        return names if len(names) == 1 else []

    def needed(self, resource: Resource) -> frozenset[str]:
        """What every creation must send."""
        if resource.collection not in self._needed:
            creating = [
                self.contract.operations[key]
                for key, one in self.contract.actions_of.get(resource.collection, ())
                if one.does == "create"
            ]
            bodies = [self.contract.described(one.json_body.schema) for one in creating if one.json_body]
            self._needed[resource.collection] = frozenset(
                name for body in bodies for name in body.get("required") or () if isinstance(name, str)
            )
        return self._needed[resource.collection]

    def about_property(self, said: Said, name: str) -> Iterator[Hypothesis]:
        """What a reading says of a property of the resource."""
        schema, at = self.vocabulary.places(said.resource).get(name, ({}, ""))
        keyword, value = said.reading.keyword, said.reading.value
        if keyword in _OF_SCHEMAS:
            yield from self.of_the_schema(said, name)
        elif not at or (name == said.resource.id and keyword != "readOnly"):
            return  # the id is unique, and final, anyway
        elif keyword == "x-references":
            yield from self.reference(said, name, at, value)
        elif keyword == "x-validations":
            yield from self.validation(said, name)
        elif _can_be(keyword, schema):
            yield self.hypothesis(said, at, self.value(said))

    def value(self, said: Said) -> Any:
        """What the annotation of a property says, in the names of the contract."""
        if said.reading.keyword == "x-unique":
            return self.unique(said)
        if said.reading.keyword == "x-computed":
            return self.expression(said.resource, said.reading.value)
        return said.reading.value

    def of_the_schema(self, said: Said, name: str) -> Iterator[Hypothesis]:
        """What JSON Schema has a keyword for, where the schema that is described does not use it."""
        keyword, value = said.reading.keyword, said.reading.value
        schema = self.contract.document.get(said.holder)
        if not isinstance(schema, dict) or said.operation is None or name != said.sentence.place.name:
            return
        if keyword == "required":
            body = said.operation.json_body
            required = self.contract.described(body.schema).get("required") if body else None
            if said.operation.method == "post" and body and name not in (required or ()):
                yield self.hypothesis(said, said.holder.rpartition("/properties/")[0], [name])
        elif keyword not in schema and (keyword == "default" or _leaves_open(schema, keyword)):
            yield self.hypothesis(said, said.holder, value)

    def unique(self, said: Said) -> Any:
        """The annotation's scope, in the names of the contract."""
        value = said.reading.value
        if not isinstance(value, dict):
            return value
        scopes = [self.vocabulary.scope(said.resource, noun) for noun in value.get("within", ())]
        found = {"within": [one for one in scopes if one], "ignore": value.get("ignore", [])}
        return {key: part for key, part in found.items() if part} or True

    def reference(self, said: Said, name: str, at: str, noun: str | None) -> Iterator[Hypothesis]:
        """The collection that a noun names, or the property's own name."""
        schema = self.vocabulary.places(said.resource)[name][0]
        if "properties" in schema or schema.get("type") == "object":
            return  # the document itself is shown, not its id
        target = self.vocabulary.collection(noun or name) or self.vocabulary.collection(
            re.sub(r"_?(?:id|Id|ID|uuid)$", "", name)
        )
        if target is not None and (target != said.resource.collection or (noun and said.reading.promises)):
            yield self.hypothesis(said, at, target)

    def document(self, said: Said) -> Iterator[Hypothesis]:
        """Whose the documents are: a part of `x-resource`."""
        resource, part = said.resource, said.reading.keyword
        known = resource.owner if part == "owner" else resource.tenant
        named = self.vocabulary.owner(resource) if part == "owner" else self.vocabulary.tenant(resource)
        found = said.reading.about[0] if said.reading.about else named
        if found is not None and known is None and not resource.why:  # a part of an annotation that is there
            reads = said.operation is not None and said.operation.method == "get"
            told = replace(said, reading=replace(said.reading, promises=False)) if reads else said
            yield self.hypothesis(told, resource.pointer, {part: found})  # a list may be of the caller's own alone

    def roles(self, said: Said) -> Iterator[Hypothesis]:
        """The roles that an operation is for."""
        if said.operation is None:
            return
        value, known = said.reading.value, list(self.vocabulary.roles.values())
        if isinstance(value, dict):
            shut_out = [self.vocabulary.role(one) for one in value["except"]]
            value = [role for role in known if role not in shut_out] if any(shut_out) else None
            if value is None:
                return
        elif value is not None:
            value = [self.vocabulary.role(one) or one for one in value] if known else value
        claim = self.vocabulary.role_claim
        if value is not None and claim != "role":
            value = {"roles": value, "claim": claim}
        yield self.hypothesis(said, said.operation.pointer, value)

    def limit(self, said: Said) -> Iterator[Hypothesis]:
        """How many documents there may be."""
        value = said.reading.value
        collection = self.vocabulary.collection(value["of"])
        if collection is None:
            return
        resource = self.contract.resources[collection]
        per = self.vocabulary.scope(resource, value["per"]) if "per" in value else None
        if per is not None and per == value["per"] and per not in resource.properties:
            return  # counted within something that the contract does not know
        yield self.hypothesis(said, resource.pointer, {"max": value["max"], **({"per": per} if per else {})})

    # Expressions

    def validation(self, said: Said, name: str) -> Iterator[Hypothesis]:
        """A relation between properties, in CEL."""
        rule = self._rule(said.resource, said.reading.value, name)
        if rule:
            yield self.hypothesis(said, said.resource.pointer, [{"rule": rule, "message": said.sentence.words}])

    def _rule(self, resource: Resource, value: dict[str, Any], name: str) -> str:
        if "order" in value:
            other = self.vocabulary.property(resource, value["other"])
            if other is None or other == name or not _are_comparable(self.vocabulary.places(resource), name, other):
                return ""
            return f"!has({_of(name)}) || !has({_of(other)}) || {_of(name)} {value['order']} {_of(other)}"
        if "if" in value:
            return self._conditional(resource, value, name)
        names = [self.vocabulary.property(resource, one) for one in value.get("exclusive") or value["any"]]
        if None in names or len({*names}) < 2:
            return ""
        first, second = (f"has({_of(str(one))})" for one in names)
        return f"!({first} && {second})" if "exclusive" in value else f"{first} || {second}"

    def _conditional(self, resource: Resource, value: dict[str, Any], name: str) -> str:
        other = self.vocabulary.property(resource, value["if"])
        if other is None or other == name:
            return ""
        told = f"has({_of(other)})"
        if "equals" in value:
            told = f"{told} && {_of(other)} == {_cel(value['equals'])}"
        meant = "present" not in value or value["present"]
        if meant == bool(value.get("unless")):
            return f"({told}) || has({_of(name)})"
        return f"!({told}) || has({_of(name)})"

    def expression(self, resource: Resource, value: str | None) -> str | None:
        """A computation, in CEL."""
        parts = re.fullmatch(r"(\S+) ([+*\-]) (\S+)", value or "")
        names = [self.vocabulary.property(resource, parts[index]) for index in (1, 3)] if parts else [None]
        return f"{_of(str(names[0]))} {parts[2]} {_of(str(names[1]))}" if parts and all(names) else None

    def hypothesis(self, said: Said, at: str, value: Any) -> Hypothesis:
        """The reading as a hypothesis, with the line of its sentence."""
        file, line = self.line(said)
        miner: Miner = "prose" if said.reading.promises else "name"
        return Hypothesis(
            said.reading.keyword if said.reading.keyword not in ("owner", "tenant") else "x-resource",
            at,
            value,
            Source(miner, file, line, said.sentence.words),
            said.reading.confidence,
        )

    def line(self, said: Said) -> tuple[str, int]:
        """Where the sentence begins: in YAML a text may have many lines below that of its key."""
        document = self.contract.document
        source, inside = document.origin(said.at)
        first = source.line(inside)
        start = " ".join(said.sentence.words.split()[:3]).replace("`", "")
        lines = source.text.splitlines()[first - 1 : first + 60]
        below = (index for index, line in enumerate(lines) if start in line.replace("`", "").replace("*", ""))
        return source.name, first + next(below, 0)


def _path_names(operation: Operation) -> list[str]:
    return [one.name for one in operation.parameters if one.location == "path"]


def _of(name: str) -> str:
    return f"self.{name}" if re.fullmatch(r"[A-Za-z_]\w*", name) else f"self[{_cel(name)}]"


def _cel(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else "'" + str(value).replace("\\", "\\\\").replace("'", "\\'") + "'"


def _are_comparable(places: dict[str, tuple[dict[str, Any], str]], one: str, other: str) -> bool:
    """Whether both are numbers, or both are times."""
    if one not in places or other not in places:
        return False
    first, second = places[one][0], places[other][0]
    numbers = {"integer", "number"}
    both_numbers = bool(types_of(first) & numbers) and bool(types_of(second) & numbers)
    return both_numbers or (
        first.get("format") == second.get("format") and first.get("format") in ("date", "date-time")
    )


def _can_be(keyword: str, schema: dict[str, Any]) -> bool:
    """Whether the annotation would say something of a property with this schema."""
    if keyword == "x-unique":
        return not {"boolean", "array", "object"} & types_of(schema) and "enum" not in schema
    return keyword not in ("readOnly", "x-immutable") or schema.get("readOnly") is not True


_IMPLIED = {
    "minimum": "exclusiveMinimum",
    "maximum": "exclusiveMaximum",
    "exclusiveMinimum": "minimum",
    "exclusiveMaximum": "maximum",
}


def _leaves_open(schema: dict[str, Any], keyword: str) -> bool:
    """Whether nothing in the schema bounds values closer than the keyword would, or as it would."""
    return schema.keys().isdisjoint(("enum", "const", "format")) and not _says_so(schema, keyword)


def _says_so(schema: dict[str, Any], keyword: str) -> bool:
    return _IMPLIED.get(keyword) in schema


# What several sentences say of one thing


def _together(found: Iterable[Hypothesis]) -> Iterator[Hypothesis]:
    """Of what is said of one thing, all of it, with the sentence that says most."""
    known: dict[tuple[str, ...], list[Hypothesis]] = {}
    for one in found:
        known.setdefault(one.place, []).append(one)
    for same in known.values():
        yield from _MERGED.get(same[0].keyword, _likeliest)(same)


def _likeliest(same: list[Hypothesis]) -> Iterator[Hypothesis]:
    best = max(same, key=lambda one: (one.value is not None, one.source.claims, one.prior))
    yield replace(best, prior=max(one.prior for one in same if one.value == best.value))


def _mapping(same: list[Hypothesis]) -> Iterator[Hypothesis]:
    """Scopes and parts that different sentences tell."""
    best = max(same, key=lambda one: (one.source.claims, isinstance(one.value, dict), one.prior))
    merged: dict[str, Any] = {}
    for one in sorted(same, key=lambda one: one is best):
        merged.update(one.value if isinstance(one.value, dict) else {})
    yield replace(best, value=merged or best.value)


def _lists(same: list[Hypothesis]) -> Iterator[Hypothesis]:
    """Rules that stand beside one another in one list."""
    best = max(same, key=lambda one: one.prior)
    rules = {json_rule["rule"]: json_rule for one in same for json_rule in one.value}
    yield replace(best, value=list(rules.values()))


def _required(same: list[Hypothesis]) -> Iterator[Hypothesis]:
    best = max(same, key=lambda one: one.prior)
    yield replace(best, value=list(dict.fromkeys(name for one in same for name in one.value)))


def _moves(same: list[Hypothesis]) -> Iterator[Hypothesis]:
    """The moves of all sentences; that there are some, where one of them only forbids."""
    best = max(same, key=lambda one: (one.value is not None, one.prior))
    merged: dict[str, list[str]] = {}
    for one in same:
        for before, after in (one.value or {}).items():
            merged[before] = [*dict.fromkeys([*merged.get(before, []), *after])]
    yield replace(best, value=merged or None)


_MERGED = {
    "x-unique": _mapping,
    "x-resource": _mapping,
    "x-validations": _lists,
    "required": _required,
    "x-transitions": _moves,
}
