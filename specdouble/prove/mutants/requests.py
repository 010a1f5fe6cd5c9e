"""Requests that are taken though they do not fit, refused though they do, or that crash the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from specdouble.contract import Contract, Media, Operation, PropertyRule
from specdouble.double.http.compiled_operation import CompiledOperation, Outcome
from specdouble.double.http.request import Request
from specdouble.double.state.problem import Problem
from specdouble.double.state.world import World
from specdouble.prove.change import Asked, answering, changed_answer, loaded, operating
from specdouble.prove.facts import (
    document_schema,
    has_always,
    is_free_text,
    kind_of,
    required_names,
    resolved,
    writable,
)
from specdouble.prove.fault import Change, Mutant, Mutants
from specdouble.verify.attack import attack_of

CONFORMANCE, TRACE, BOUNDS = "conformance", "refused_leaves_no_trace", "boundaries"
LONG = 255
Schema = dict[str, Any]


def mutants(contract: Contract) -> Mutants:
    """The mutants of every operation's requests."""
    for operation in contract.operations.values():
        media = operation.json_body
        if media is None or media.slot is None:
            continue
        for name, schema in writable(contract, operation).items():
            yield from _property(contract, operation, name, resolved(contract, schema))
        yield from _required(contract, operation, media)
        yield from _unknown(contract, operation, media)
        yield from _crashes(contract, operation)


def _property(contract: Contract, operation: Operation, name: str, schema: Schema) -> Mutants:
    for kind, sentence, other, check in _faults(schema):
        change, concerns = _taking(operation, _property_of(name, other)), (check, CONFORMANCE, TRACE)
        sentence, target = f"{operation} {sentence.format(name=name)}", f"{operation.id}.{name}"
        why = "" if kind.endswith("refused") else _refused_all_the_same(contract, operation, name, kind)
        yield Mutant(f"request.{kind}", target, sentence, change, concerns, (operation.id,), why)


def _refused_all_the_same(contract: Contract, operation: Operation, name: str, kind: str) -> str:
    """Why a rule refuses each value that the schema no longer does; empty where one is taken."""
    action = contract.actions.get(operation.id)
    if action is None or action.does not in ("create", "update", "replace"):
        return ""
    resource = contract.resources[action.collection]
    rules = [rule for rule in resource.of(PropertyRule) if rule.name == name]
    if kind == "type-unchecked" and any(_is_named_by_number(contract, rule) for rule in rules):
        return f"{name} names a document by a number: a text names none, and is refused as any other that names none is"
    if action.does == "create":
        return ""
    if kind != "enum-unchecked":
        fixed = any(rule.final for rule in rules)
        return f"{name} cannot be changed: a value that does not fit is refused as any other is" if fixed else ""
    # A value outside the enum can be the first that a document without one gets: it is seen.
    bound = any(attack_of(rule).bound_on_update for rule in rules)
    if not bound or _may_create(operation) or not has_always(contract, resource, name):
        return ""
    return f"no change leads from a {name} that there is to one outside the enum: it is refused as others are"


def _is_named_by_number(contract: Contract, rule: PropertyRule) -> bool:
    """Whether the property is the id, or another key, of a document, and that is a number."""
    target = contract.resources.get(rule.refers_to or "")
    key = target.properties.get(rule.refers_by or target.id) if target is not None else None
    return key is not None and kind_of(resolved(contract, key)) in ("integer", "number")


def _may_create(operation: Operation) -> bool:
    """Whether a change of what is not there may make it."""
    return "201" in operation.responses or operation.response(404) is None


Other = Callable[[Schema], Schema]


def _faults(schema: Schema) -> Iterator[tuple[str, str, Other, str]]:
    for keyword, step, words in _LIMITS:
        limit = schema.get(keyword)
        if (
            isinstance(limit, int | float)
            and not isinstance(limit, bool)
            and limit - step >= 0 - (keyword == "minimum")
        ):
            yield (
                f"{keyword}-off-by-one",
                f"takes a {{name}} {words} than {limit} allows.",
                _set(keyword, limit - step),
                BOUNDS,
            )
            yield f"{keyword}-refused", f"refuses a {{name}} of just {limit}.", _set(keyword, limit + step), BOUNDS
    if "enum" in schema:
        yield "enum-unchecked", "takes any {name}.", _without("enum"), TRACE
    if "pattern" in schema:
        yield "pattern-unchecked", "takes a {name} of another pattern.", _without("pattern"), TRACE
    if schema.get("format") in ("email", "uuid", "date", "date-time", "uri"):
        yield "format-unchecked", f"takes a {{name}} that is no {schema['format']}.", _without("format"), TRACE
    if kind_of(schema) in ("boolean", "number", "integer"):
        yield "type-unchecked", "takes a text as {name}.", _also("string"), TRACE


_LIMITS = (
    ("minimum", 1, "less"), ("maximum", -1, "more"), ("minLength", 1, "shorter"), ("maxLength", -1, "longer"),
    ("minItems", 1, "shorter"), ("maxItems", -1, "longer"),
)  # fmt: skip


def _set(keyword: str, value: object) -> Other:
    return lambda schema: {**schema, keyword: value}


def _without(keyword: str) -> Other:
    return lambda schema: {key: value for key, value in schema.items() if key != keyword}


def _also(kind: str) -> Other:
    def other(schema: Schema) -> Schema:
        kept = {"default": schema["default"]} if "default" in schema else {}
        return {"anyOf": [schema, {"type": kind}], **kept}

    return other


def _property_of(name: str, other: Other) -> Callable[[Contract, Schema], bool]:
    def alter(contract: Contract, schema: Schema) -> bool:
        properties = schema.get("properties") or {}
        if name in properties:
            properties[name] = other(dict(resolved(contract, properties[name])))
        return name in properties

    return alter


def _taking(operation: Operation, alter: Callable[[Contract, Schema], bool]) -> Change:
    """Validate the body of a request by another schema."""

    def make(make_operation: Any, contract: Contract, operation: Operation, *others: Any) -> CompiledOperation:
        media, body = operation.json_body, operation.body
        assert media is not None
        assert body is not None
        action = contract.actions.get(operation.id)
        schema = _altered(contract, media.schema, action.wrapper if action else (), alter)
        other = replace(media, schema=schema, slot=contract.schemas.slot(schema, "request"))
        content = {sort: other if one is media else one for sort, one in body.content.items()}
        compiled: CompiledOperation = make_operation(
            contract, replace(operation, body=replace(body, content=content)), *others
        )
        return compiled

    return operating((operation.id,), make)


def _altered(
    contract: Contract, schema: Any, path: tuple[str, ...], alter: Callable[[Contract, Schema], bool]
) -> Schema:
    """A copy of the schema, altered where the document is; references stay what they are but on the way there."""
    whole = dict(resolved(contract, schema))
    whole["properties"] = dict(whole.get("properties") or {})
    if path:
        whole["properties"][path[0]] = _altered(contract, whole["properties"].get(path[0]), path[1:], alter)
        return whole
    if "required" in whole:
        whole["required"] = list(whole["required"])
    if not alter(contract, whole) and "allOf" in whole:
        whole["allOf"] = [_altered(contract, part, (), alter) for part in whole["allOf"]]
    return whole


def _required(contract: Contract, operation: Operation, media: Media) -> Mutants:
    for name in required_names(contract, document_schema(contract, operation, media)):

        def alter(_: Contract, schema: Schema, name: str = name) -> bool:
            if name not in schema.get("required", ()):
                return False
            schema["required"] = [one for one in schema["required"] if one != name]
            return True

        change = _taking(operation, alter)
        sentence = f"{operation} takes a body without {name}."
        what = f"{operation.id}.{name}"
        yield Mutant("request.not-required", what, sentence, change, (TRACE, CONFORMANCE), (operation.id,))


def _unknown(contract: Contract, operation: Operation, media: Media) -> Mutants:
    closed = resolved(contract, document_schema(contract, operation, media)).get("additionalProperties") is False

    def alter(_: Contract, schema: Schema) -> bool:
        schema["additionalProperties"] = not schema.get("additionalProperties", True)
        return True

    kind = "unknown-taken" if closed else "unknown-refused"
    sentence = f"{operation} {'takes' if closed else 'refuses'} a property that its schema does not name."
    change = _taking(operation, alter)
    yield Mutant(
        f"request.{kind}", operation.id, sentence, change, ("unknown_properties", CONFORMANCE), (operation.id,)
    )


# Crashes


def _crashes(contract: Contract, operation: Operation) -> Mutants:
    texts = {
        name: schema
        for name, schema in writable(contract, operation).items()
        if kind_of(resolved(contract, schema)) == "string"
    }
    free = [name for name, schema in texts.items() if is_free_text(resolved(contract, schema))]
    for name in free[:1]:
        for kind, words, hits in _STUMBLES:
            change = answering((operation.id,), _crashing(name, hits))
            yield Mutant(
                f"crash.{kind}",
                f"{operation.id}.{name}",
                f"{operation} fails with 500 at {words} {name}.",
                change,
                (CONFORMANCE, "read_your_writes", BOUNDS),
                (operation.id,),
            )


_STUMBLES: tuple[tuple[str, str, Callable[[str], bool]], ...] = (
    ("non-ascii", "a non-ASCII", lambda text: not text.isascii()),
    ("empty", "an empty", lambda text: not text),
    ("long", f"a {LONG + 1} characters long", lambda text: len(text) > LONG),
)


def _crashing(name: str, hits: Callable[[str], bool]) -> Any:
    async def answer(asked: Asked, request: Request, world: World) -> Outcome:
        value = _found(loaded(request.body), name)
        if isinstance(value, str) and hits(value):
            failed: Outcome = asked.compiled.refused(Problem(500))
            return changed_answer(failed, status=500)
        return await asked(request, world)

    return answer


def _found(body: object, name: str) -> Any:
    """The first value of that name in a body."""
    if not isinstance(body, Mapping):
        return None
    inside = (_found(value, name) for value in body.values() if isinstance(value, Mapping))
    return body[name] if name in body else next(inside, None)
