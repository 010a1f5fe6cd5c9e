"""What is wrong with a contract that could be read: its structure, its operations, its examples, its rules."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.form_example import Check, is_form, violations_as_sent
from specdouble.contract.kind import Example, kinds, suggestion
from specdouble.contract.operation import Media, Operation, Parameter
from specdouble.contract.pattern import lengths
from specdouble.contract.pointer import look_up, pointer
from specdouble.contract.properties import described, is_array, parts_of, properties_of
from specdouble.contract.resource import Action, Identity, Resource
from specdouble.contract.rule import CollectionRule, OperationRule, PropertyRule, Rule, ScopeRule
from specdouble.contract.schema import Schemas
from specdouble.contract.violation import Violation

_NESTED = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_NESTED_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_NOTES = ("title", "description", "example", "examples", "default", "deprecated", "externalDocs", "xml", "$comment")
# What other formats there are say nothing that is checked.
_FORMATS = {
    "date", "date-time", "time", "duration", "email", "idn-email", "hostname", "idn-hostname", "ipv4", "ipv6", "uri",
    "uri-reference", "iri", "iri-reference", "uri-template", "uuid", "json-pointer", "relative-json-pointer", "regex",
    "int32", "int64",
}  # fmt: skip
_ROUTERS_PARAMETER = re.compile(r":(?P<colon>[A-Za-z_]\w*)|<(?:\w+:)?(?P<angle>[A-Za-z_]\w*)>")
_NESTED_MAPS = ("properties", "patternProperties", "$defs", "dependentSchemas")


def lint(
    document: Document,
    schemas: Schemas,
    operations: list[Operation],
    resources: Mapping[str, Resource],
    identities: Mapping[str, Identity],
    actions: Mapping[str, Action],
    rules: list[Rule],
    done: Mapping[str, Action],
) -> None:
    """Note every finding in the document.

    Args:
        document: the document.
        schemas: its schemas.
        operations: its operations.
        resources: the resources that annotations name.
        identities: whom credentials stand for.
        actions: what annotations say that operations do.
        rules: the rules.
        done: what operations do, guesses among it.
    """
    _check_operations(document, operations, identities, resources)
    _check_schemas(document, schemas, operations)
    _check_examples(document, schemas, operations, resources, actions)
    _check_refusals(document, operations, actions, rules)
    _check_invalid(document, operations)
    _check_missing(document, operations, done)
    _check_unauthorized(document, operations)
    _check_scopes(document, resources, rules, identities)
    _check_inside(document, operations, actions, resources)


def _check_operations(
    document: Document,
    operations: list[Operation],
    identities: Mapping[str, Identity],
    resources: Mapping[str, Resource],
) -> None:
    schemes: Any = document.get("/components/securitySchemes") or document.get("/securityDefinitions") or {}
    templates: dict[tuple[str, str], Operation] = {}
    for operation in operations:
        shape = re.sub(r"\{[^{}]*\}", "{}", operation.path)
        twin = templates.setdefault((operation.method, shape), operation)
        if twin is not operation:
            reason = f"the path differs from `{twin.path}` in the names of its parameters alone"
            document.find(operation.pointer, reason, "no request can tell them apart: keep one", id="same-path")
        for alternative in operation.security:
            for name in alternative:
                if name not in schemes:
                    reason = f"`security` names the scheme `{name}`, which is not defined"
                    # Where it stands: for all operations at once, it is one finding.
                    own = "security" in look_up(document.data, operation.pointer)
                    at = operation.pointer if own else "/security"
                    document.find(at, reason, "define it under components/securitySchemes", id="security-scheme")
        _check_path(document, operation)
        _check_routers_parameters(document, operation)
    for name, identity in identities.items():
        if identity.collection not in resources:
            reason = f"`x-identity` names the collection `{identity.collection}`, which no `x-resource` keeps"
            at = f"/components/securitySchemes{pointer(name)}/x-identity/collection"
            remedy = "name the collection of users, annotate its schema with `x-resource`, or put its documents into"
            document.find(at, reason, f"{remedy} mock_data/{identity.collection}.json")
        else:
            _check_claims(document, name, identity, resources[identity.collection])


def _check_claims(document: Document, scheme: str, identity: Identity, users: Resource) -> None:
    """A claim of what no user has is nobody's: documents would be owned by nobody, and everybody's."""
    known = {*users.properties, users.id}
    for claim, name in identity.claims.items():
        if name not in known and users.properties:
            at = f"/components/securitySchemes{pointer(scheme, 'x-identity', 'claims', claim)}"
            reason = f"the claim `{claim}` is the property `{name}`, which no document of {identity.collection} has"
            remedy = suggestion(str(name), known)
            document.find(at, reason, remedy, "warning", id="owner-claim")


def _check_path(document: Document, operation: Operation) -> None:
    declared = {parameter.name for parameter in operation.parameters if parameter.location == "path"}
    for name in declared:
        if "{" + name + "}" not in operation.path:
            reason = f"the path parameter `{name}` does not stand in the path"
            document.find(
                operation.pointer,
                reason,
                "write it into the path in braces, or remove it",
                "warning",
                id="path-parameter",
            )
    known = {parameter.name for parameter in operation.parameters}
    for part in operation.path.split("{")[1:]:
        name = part.partition("}")[0]
        if name not in (known if "?" in operation.path else declared):
            reason = f"the path's parameter `{name}` is not declared"
            document.find(
                operation.pointer, reason, "add it to `parameters` with `in: path`", "warning", id="path-parameter"
            )


def _check_routers_parameters(document: Document, operation: Operation) -> None:
    """What routers write for a parameter (`/:id`, `/<int:id>`) is in OpenAPI a segment that must be asked for as is."""
    for segment in operation.path.split("/"):
        match = _ROUTERS_PARAMETER.fullmatch(segment)
        if match:
            name = match["colon"] or match["angle"]
            reason = f"the segment `{segment}` is no parameter: it is asked for as it stands here"
            remedy = f"write `{{{name}}}`, and declare it in `parameters` with `in: path`"
            document.find(operation.pointer, reason, remedy, "warning", id="path-parameter")


def _check_schemas(document: Document, schemas: Schemas, operations: list[Operation]) -> None:
    """The patterns, and each schema's own `example` and `default`."""
    values: list[tuple[dict[str, Any], Any, str, str]] = []
    texts: set[str] = set()
    for schema, at, is_text in _all_schemas(document, operations):
        if isinstance(schema.get("pattern"), str):
            _check_lengths(document, schema, at)
        _check_alternatives(document, schema, at)
        _check_closed(document, schema, at)
        keywords = [keyword for keyword in ("example", "default") if keyword in schema and "$ref" not in schema]
        values += [(schema, schema[keyword], at + pointer(keyword), keyword) for keyword in keywords]
        texts |= {at + "/example"} if is_text else set()
    # All slots before the first check: one that is added later has all of them compiled anew.
    slots = [(schemas.slot(schema, "response"), schemas.slot(schema, "request")) for schema, _, _, _ in values]
    for (_, value, at, what), (slot, other) in zip(values, slots, strict=True):
        if not schemas.is_valid(slot, value) and not schemas.is_valid(other, value):
            _note_value(document, schemas, slot, value, at, what, at in texts)


def _check_lengths(document: Document, schema: dict[str, Any], at: str) -> None:
    """A pattern whose matches are all longer than `maxLength`, or shorter than `minLength`, takes no text."""
    found = lengths(schema["pattern"])
    shortest, longest = found or (0, None)
    least, most = schema.get("minLength"), schema.get("maxLength")
    reason = ""
    if isinstance(most, int) and shortest > most:
        reason = f"the pattern takes {shortest} characters or more, `maxLength` no more than {most}: no text conforms"
    elif isinstance(least, int) and longest is not None and longest < least:
        reason = f"the pattern takes {longest} characters or fewer, `minLength` no fewer than {least}: no text conforms"
    if reason:
        document.find(at + "/pattern", reason, "correct the pattern or the length", id="pattern-length")


def _check_alternatives(document: Document, schema: dict[str, Any], at: str) -> None:
    """A `oneOf` in which each alternative stands twice takes nothing: a value that fits one fits its twin."""
    branches = schema.get("oneOf")
    if not isinstance(branches, list):
        return
    # Counted as texts: to compare each with each takes the square of their number.
    times = Counter(json.dumps(_asserted(branch), sort_keys=True, default=str) for branch in branches)
    if branches and all(count > 1 for count in times.values()):
        reason = (
            "each alternative of the `oneOf` equals another one, so that a value fits both or none: nothing conforms"
        )
        document.find(at + "/oneOf", reason, "keep one of the equal ones, or write `anyOf`", id="equal-alternatives")


def _asserted(schema: Any) -> Any:
    """The schema without what says nothing of values."""
    if not isinstance(schema, dict) or "$ref" in schema:
        return schema
    return {
        key: value
        for key, value in schema.items()
        if key not in _NOTES and key[:2] != "x-" and (key != "format" or str(value) in _FORMATS)
    }


def _check_closed(document: Document, schema: dict[str, Any], at: str) -> None:
    """An `allOf` with a closed schema in it takes only what that one lists: what others require is shut out."""
    if not isinstance(schema.get("allOf"), list):
        return
    parts = list(_joined(document, schema))
    required = {name for part in parts for name in _names(part.get("required"))}
    for part in parts:
        if part.get("additionalProperties") is False and "patternProperties" not in part:
            lacking = sorted(required - {*(part.get("properties") or {})})
            if lacking:
                reason = f"`additionalProperties: false` shuts out `{lacking[0]}`, which the `allOf` requires elsewhere"
                document.find(at, reason, "list all properties in the closed schema, or leave it open", id="closed")
                return


_JOINED = 200


def _joined(document: Document, schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and those of its `allOf`, however deep; no more than anybody has written by hand."""
    seen: set[int] = set()
    waiting = [schema]
    while waiting and len(seen) < _JOINED:
        try:
            part = document.resolve(waiting.pop())
        except LookupError:
            continue
        if isinstance(part, dict) and id(part) not in seen:
            seen.add(id(part))
            yield part
            inside = part.get("allOf")
            waiting += inside if isinstance(inside, list) else ()


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _note_value(document: Document, schemas: Schemas, slot: str, value: Any, at: str, what: str, is_text: bool) -> None:
    check = partial(schemas.violations, slot, location="body")
    for violation in _violations(value, check, as_sent=is_text):
        reason = f"the {what} breaks its own schema: {violation.pointer or 'the value'}: {violation.message}"
        document.find(at + violation.pointer, reason, f"correct the {what} or the schema", id=what)


def _all_schemas(document: Document, operations: list[Operation]) -> Iterator[tuple[dict[str, Any], str, bool]]:
    """Every schema: components, parameters, bodies, and what is nested in them; its pointer; whether texts carry it."""
    stack = [(at, schema, is_text) for at, (schema, is_text) in _root_schemas(document, operations).items()]
    while stack:
        at, schema, is_text = stack.pop()
        if isinstance(schema, dict):
            yield schema, at, is_text
            stack += [(*nested, is_text) for nested in _nested_schemas(schema, at)]


def _root_schemas(document: Document, operations: list[Operation]) -> dict[str, tuple[Any, bool]]:
    roots: dict[str, tuple[Any, bool]] = {}
    for place in ("/components/schemas", "/definitions"):
        found = document.get(place)
        for name, schema in found.items() if isinstance(found, dict) else ():
            roots[place + pointer(name)] = schema, False
    for operation in operations:
        for parameter in operation.parameters:
            roots[parameter.pointer + "/schema"] = parameter.schema, True
        for media in _medias(operation):
            roots[media.pointer + "/schema"] = media.schema, is_form(media.type)
    return roots


def _nested_schemas(schema: dict[str, Any], at: str) -> Iterator[tuple[str, Any]]:
    for key, value in schema.items():
        if key in _NESTED:
            yield at + pointer(key), value
        elif key in _NESTED_LISTS and isinstance(value, list):
            yield from ((at + pointer(key, index), part) for index, part in enumerate(value))
        elif key in _NESTED_MAPS and isinstance(value, dict):
            yield from ((at + pointer(key, name), part) for name, part in value.items())


def _medias(operation: Operation) -> Iterator[Media]:
    if operation.body:
        yield from operation.body.content.values()
    for response in operation.responses.values():
        yield from response.content.values()


def _check_examples(
    document: Document,
    schemas: Schemas,
    operations: list[Operation],
    resources: Mapping[str, Resource],
    actions: Mapping[str, Action],
) -> None:
    for operation in operations:
        action = actions.get(operation.id)
        resource = resources[action.collection] if action else None
        requests = list(operation.body.content.values()) if operation.body else []
        for media in _medias(operation):
            # What stands at `*/*` is not written beside these examples: authors did not hold them to it.
            is_own = not {"schema", "itemSchema"}.isdisjoint(document.get(media.pointer) or ())
            slot = media.slot if is_own else None
            for name, value in media.examples.items():
                at = media.pointer + ("/example" if name == "example" else pointer("examples", name, "value"))
                check = partial(schemas.violations, slot, location="body") if slot else None
                for violation in _violations(value, check, as_sent=is_form(media.type)) if check else ():
                    place = violation.pointer or "the value"
                    reason = f"the example breaks its own schema: {place}: {violation.message}"
                    document.find(at + violation.pointer, reason, "correct the example or the schema", id="example")
                if resource is not None and action is not None:
                    envelope = () if media in requests else action.envelope
                    _check_example(document, Example(resource, _documents(value, envelope, at), media in requests))


def _violations(value: Any, check: Check, *, as_sent: bool) -> list[Violation]:
    """What is wrong with an example, which texts carry or not."""
    return violations_as_sent(value, check) if as_sent else check(value)


def _documents(value: Any, envelope: tuple[str, ...], at: str) -> list[tuple[str, dict[str, Any]]]:
    """The documents in a body's example, each with its pointer."""
    for name in envelope:
        value, at = (value.get(name), at + pointer(name)) if isinstance(value, dict) else (None, at)
    found = [(f"{at}/{index}", one) for index, one in enumerate(value)] if isinstance(value, list) else [(at, value)]
    return [(place, one) for place, one in found if isinstance(one, dict)]


def _check_example(document: Document, example: Example) -> None:
    """Against the rules, whatever their kind."""
    for kind in kinds().values():
        for at, reason, remedy in kind.contradicted(example):
            document.find(at, reason, remedy)


def _check_refusals(
    document: Document, operations: list[Operation], actions: Mapping[str, Action], rules: list[Rule]
) -> None:
    """An operation that can break a rule declares a status with which it refuses."""
    by_collection: dict[str, list[CollectionRule]] = defaultdict(list)
    by_operation: dict[str, list[Rule]] = defaultdict(list)
    for rule in rules:
        if isinstance(rule, CollectionRule) and rule.refused_with:
            by_collection[rule.collection].append(rule)
        elif isinstance(rule, OperationRule):
            by_operation[rule.about].append(rule)
    for operation in operations:
        about = [*by_operation[operation.id]]
        action = actions.get(operation.id)
        if action is not None and action.does in ("create", "update", "replace"):
            taken = _properties_of_body(document, operation, action)
            about += [rule for rule in by_collection[action.collection] if _may_break(action, taken, rule)]
        for rule in about:
            _check_refusal(document, operation, rule)


def _may_break(action: Action, taken: Collection[str], rule: CollectionRule) -> bool:
    """Whether an operation that takes these properties can break the rule."""
    if not isinstance(rule, PropertyRule):
        return action.does in rule.shown_by
    return rule.name in taken and not rule.server_sets  # what the server sets has no effect


def _check_refusal(document: Document, operation: Operation, rule: Rule) -> None:
    if not rule.refused_with or operation.response(rule.status_among(operation.statuses)) is not None:
        return
    statuses = [str(status) for status in ([rule.status] if rule.status else rule.refused_with)]
    reason = f"the operation may break {rule.id} and declares no status for its refusal"
    remedy = f"declare {'one of ' if len(statuses) > 1 else ''}{', '.join(statuses)} under `responses`"
    document.find(operation.pointer + "/responses", reason, remedy, "warning", id="refusal-status")


def _check_invalid(document: Document, operations: list[Operation]) -> None:
    """An operation that takes a body, or a value that can be wrong, declares a status for what is invalid."""
    for operation in operations:
        if any(operation.response(status) is not None for status in (400, 422)):
            continue
        # What no document can be named by is answered as a document that is not there, where that is declared alone.
        is_missed = operation.response(404) is not None
        asked = [one for one in operation.parameters if not (is_missed and one.location == "path")]
        strict = [one.name for one in asked if _can_be_wrong(document, one)]
        if operation.body is None and not strict:
            continue
        taken = "a body" if operation.body is not None else f"the parameter `{strict[0]}`"
        reason = f"the operation takes {taken}, and declares no status for an invalid one: the double answers 400"
        at = operation.pointer + "/responses"
        document.find(at, reason, "declare 400, 422, 4XX or `default`", "warning", id="invalid-status")


def _check_missing(document: Document, operations: list[Operation], done: Mapping[str, Action]) -> None:
    """An operation on a document that may not be there declares a status for that."""
    created = {action.collection for action in done.values() if action.does == "create"}
    for operation in operations:
        action = done.get(operation.id)
        if action is None or action.does not in ("read", "update", "delete") or action.collection not in created:
            continue
        if action.id is None or any(operation.response(status) is not None for status in (404, 410)):
            continue
        reason = f"the operation names a document of {action.collection}, and declares no status for one that is gone"
        at = operation.pointer + "/responses"
        document.find(at, reason, "declare 404, 4XX or `default`", "warning", id="missing-status")


def _check_unauthorized(document: Document, operations: list[Operation]) -> None:
    """An operation that asks for a credential declares a status for who has none."""
    for operation in operations:
        asks = operation.security and all(operation.security)  # an empty alternative lets everybody in
        if not asks or operation.response(401) is not None:
            continue
        reason = "the operation asks for a credential, and declares no status for a request without: it is 401"
        at = operation.pointer + "/responses"
        document.find(at, reason, "declare 401, 4XX or `default`", "warning", id="unauthorized-status")


def _can_be_wrong(document: Document, parameter: Parameter) -> bool:
    """Whether a request may leave the parameter out, or write it, so that it is refused."""
    try:
        schema = described(document, parameter.schema)
    except LookupError:
        return parameter.required and parameter.location != "path"
    asks = ("enum", "pattern", "format", "minLength", "maxLength", "anyOf", "oneOf")
    is_text = schema.get("type", "string") == "string" and not any(keyword in schema for keyword in asks)
    # What a rule adds is not validated: the rule has a status of its own.
    may_be_missing = parameter.required and parameter.location != "path"
    return (may_be_missing and parameter.slot is not None) or not is_text


def _check_scopes(
    document: Document, resources: Mapping[str, Resource], rules: list[Rule], identities: Mapping[str, Identity]
) -> None:
    """The property that holds a caller's id has the name of a claim: it is filled from that, and compared with it."""
    claims = {claim for identity in identities.values() for claim in identity.claims}
    for rule in rules if identities else ():
        if not isinstance(rule, ScopeRule):
            continue
        name, whose = resources[rule.collection].claim(rule.name), rule.kind
        if name in claims:
            continue
        reason = f"no `x-identity` has a claim `{name}`: every document would have no {whose}, and all callers see it"
        remedy = (
            f"write `{name}: {resources[rule.collection].id}` among the claims, or name the claim that it holds: "
            f"`{whose}: {{property: {rule.name}, claim: …}}`"
        )
        document.find(rule.pointer, reason, remedy, id="owner-claim")


def _check_inside(
    document: Document, operations: list[Operation], actions: Mapping[str, Action], resources: Mapping[str, Resource]
) -> None:
    """Rules of documents that a request holds inside of another document: these are no documents of a collection."""
    kept_of = {one.pointer: one for one in resources.values() if any(map(_is_of_documents_alone, one.rules))}
    for operation in operations:
        action, media = actions.get(operation.id), operation.json_body
        if action is None or media is None or action.does not in ("create", "replace", "update"):
            continue
        for name, part, at in parts_of(document, media.schema, media.pointer + "/schema"):
            inside = kept_of.get(_of_one(document, part, at))
            if inside is not None and inside.collection != action.collection:
                kept = next(one.id for one in inside.rules if _is_of_documents_alone(one))
                reason = f"what `{name}` holds is no document of {inside.collection}: {kept} is not kept there"
                remedy = "give it a schema of its own, without the annotations"
                document.find(at, reason, remedy, "warning", id="inside")


def _is_of_documents_alone(rule: Rule) -> bool:
    return isinstance(rule, PropertyRule) and rule.refuses and not rule.native


def _of_one(document: Document, schema: Any, at: str) -> str:
    """Where the schema of a property stands, or that of each item of it."""
    try:
        followed, at = document.follow(schema, at)
        if isinstance(followed, dict) and followed.get("readOnly") is not True and is_array(followed):
            _, at = document.follow(followed["items"], at + "/items")
    except LookupError:
        return ""
    return at


def _properties_of_body(document: Document, operation: Operation, action: Action) -> set[str]:
    """The properties of a document that a client may send: not those that are read-only."""
    taken: set[str] = set()
    for media in operation.body.content.values() if operation.body else ():
        schema: Any = media.schema
        for outer in action.wrapper:
            schema = next((part for name, part, _ in properties_of(document, schema, "") if name == outer), None)
        parts = properties_of(document, schema, "")
        taken |= {name for name, part, _ in parts if part.get("readOnly") is not True}
    return taken
