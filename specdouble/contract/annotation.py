"""Reads the annotations of a contract: resources, rules, identities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.pointer import pointer
from specdouble.contract.resource import Identity, Resource
from specdouble.contract.rule import (
    Immutable,
    Owner,
    ReadOnly,
    References,
    Rule,
    Tenant,
    Timestamp,
    Transitions,
    Unique,
)

ON_A_PROPERTY = ("x-unique", "x-references", "x-transitions", "x-immutable", "x-timestamp")
KNOWN = ("x-resource", *ON_A_PROPERTY, "x-identity", "x-action")
_PLACES = {
    "x-resource": "an object schema",
    "x-identity": "a security scheme",
    "x-action": "an operation",
    **dict.fromkeys(ON_A_PROPERTY, "a property of a schema that carries `x-resource`"),
}
# Extensions of others that are one letter away from ours.
_NOT_OURS = {"x-resources", "x-reference"}


def read_resources(document: Document) -> dict[str, Resource]:
    """The resources by collection; what is wrong with an annotation becomes a finding."""
    return _Reader(document).resources()


def is_annotated(document: Document) -> bool:
    """Whether the contract carries an annotation of ours anywhere."""
    return any(key in KNOWN and (key != "x-timestamp" or "/properties/" in at) for at, key in extensions(document))


def extensions(document: Document) -> list[tuple[str, str]]:
    """The `x-` keys of the contract with their pointers, looked for once."""
    if document.extensions is None:
        document.extensions = list(_extensions(document.data, ""))
    return document.extensions


def read_identities(document: Document) -> dict[str, Identity]:
    """The identities by the name of their security scheme."""
    schemes, at = _security_schemes(document)
    return {
        name: Identity(
            collection=str(raw["collection"]),
            claims=raw.get("claims") or {},
            credential=raw.get("credential"),
            expires=int(raw.get("expires", 8 * 3600)),
        )
        for name, scheme in schemes.items()
        if isinstance(scheme, dict)
        and (raw := scheme.get("x-identity")) is not None
        and _is_identity(document, raw, at + pointer(name, "x-identity"))
    }


def _is_identity(document: Document, raw: Any, at: str) -> bool:
    known = {"collection": str, "claims": dict, "credential": str, "expires": int}
    if not isinstance(raw, dict) or not isinstance(raw.get("collection"), str):
        document.find(at, "`x-identity` names no collection of users", "write `x-identity: {collection: users, ...}`")
        return False
    for key, value in raw.items():
        if key not in known:
            document.find(at + pointer(key), f"`x-identity` has no key `{key}`", _suggestion(key, known))
        elif not isinstance(value, known[key]):
            document.find(at + pointer(key), f"`{key}` is not {_article(known[key])}", "correct its type")
            return False
    return True


def _article(kind: type) -> str:
    return {str: "a string", dict: "a mapping", int: "a whole number"}[kind]


def _security_schemes(document: Document) -> tuple[dict[str, Any], str]:
    if "swagger" in document.data:
        return document.data.get("securityDefinitions") or {}, "/securityDefinitions"
    components = document.data.get("components") or {}
    return components.get("securitySchemes") or {}, "/components/securitySchemes"


def _suggestion(word: str, known: Any) -> str:
    near = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return f"write `{near[0]}`" if near else f"use one of {', '.join(f'`{one}`' for one in known)}"


def properties_of(document: Document, schema: Any, at: str) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The properties of an object schema, through `$ref` and `allOf`: name, resolved schema, pointer."""
    for name, part, place in parts_of(document, schema, at):
        beside = part if isinstance(part, dict) else {}
        try:
            yield name, {**described(document, part), **{key: beside[key] for key in beside if key != "$ref"}}, place
        except LookupError:
            continue


def described(document: Document, schema: Any) -> dict[str, Any]:
    """What a schema says, through `$ref`; its type also through `allOf`.

    Authors wrap a `$ref` in an `allOf` to write a description beside it.

    Raises:
        LookupError: a `$ref` leads to nothing.
    """
    schema = document.resolve(schema)
    if not isinstance(schema, dict):
        return {}
    parts = schema.get("allOf")
    if "type" in schema or not isinstance(parts, list):
        return schema
    kinds = [
        behind["type"] for part in parts if isinstance(behind := document.resolve(part), dict) and "type" in behind
    ]
    return {**schema, "type": kinds[0]} if kinds else schema


def is_array(schema: dict[str, Any]) -> bool:
    """Whether a schema is one of an array: it has `items`, and no `type` says otherwise."""
    told = schema.get("type", "array")
    return "items" in schema and "array" in (told if isinstance(told, list) else [told])


def parts_of(document: Document, schema: Any, at: str) -> Iterator[tuple[str, Any, str]]:
    """The properties of an object schema, through `$ref` and `allOf`: name, the property as it stands, pointer."""
    yield from _parts(document, schema, at, set())


def _parts(document: Document, schema: Any, at: str, seen: set[str]) -> Iterator[tuple[str, Any, str]]:
    try:
        schema, at = document.follow(schema, at)
    except LookupError:
        return
    if not isinstance(schema, dict) or at in seen:
        return
    seen.add(at)
    if "$ref" in schema:
        yield from _parts(document, {"$ref": schema["$ref"]}, at, seen)
    for index, part in enumerate(schema.get("allOf") or ()):
        yield from _parts(document, part, at + pointer("allOf", index), seen)
    properties = schema.get("properties")
    for name, part in properties.items() if isinstance(properties, dict) else ():
        yield name, part, at + pointer("properties", name)


class _Reader:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.read: set[str] = set()  # pointers of the annotations that mean something

    def resources(self) -> dict[str, Resource]:
        found: dict[str, Resource] = {}
        places: dict[str, list[tuple[str, dict[str, Any], str]]] = {}
        for at, schema in self.schemas():
            if "x-resource" in schema:
                self.read.add(at + "/x-resource")
                resource, properties = self.resource(schema, at)
                if resource is None:
                    continue
                if resource.collection in found:
                    reason = f"two schemas keep their documents in `{resource.collection}`"
                    self.find(at + "/x-resource", reason, "give each its own collection, or let one refer to the other")
                    continue
                found[resource.collection], places[resource.collection] = resource, properties
        for collection, resource in found.items():
            rules = [rule for _, schema, at in places[collection] for rule in self.rules(resource, schema, at, found)]
            found[collection] = replace(resource, rules=(*self.scopes(resource), *rules))
        self.refuse_the_rest()
        return found

    def schemas(self) -> Iterator[tuple[str, dict[str, Any]]]:
        place = "/definitions" if "swagger" in self.document.data else "/components/schemas"
        schemas = self.document.get(place)
        for name, schema in schemas.items() if isinstance(schemas, dict) else ():
            if isinstance(schema, dict):
                yield place + pointer(name), schema

    def resource(
        self, schema: dict[str, Any], at: str
    ) -> tuple[Resource | None, list[tuple[str, dict[str, Any], str]]]:
        raw, place = schema["x-resource"], at + "/x-resource"
        raw = {"collection": raw} if isinstance(raw, str) else raw
        properties = list(properties_of(self.document, schema, at))
        names = [name for name, _, _ in properties]
        if not isinstance(raw, dict) or not isinstance(raw.get("collection"), str):
            remedy = "write `x-resource: {collection: things, id: id}`"
            self.find(place, "`x-resource` names no collection", remedy)
            return None, []
        keys = ("collection", "id", "owner", "tenant")
        for key, value in raw.items():
            if key not in keys:
                self.find(place + pointer(key), f"`x-resource` has no key `{key}`", _suggestion(key, keys))
            elif key != "collection" and value not in names:
                reason = f"the schema has no property `{value}` to hold the {key}"
                self.find(place + pointer(key), reason, _suggestion(str(value), names))
        identity = raw.get("id") or next((name for name in ("_id", "id", "uuid") if name in names), "_id")
        resource = Resource(
            collection=raw["collection"],
            schema=schema,
            pointer=at,
            id=identity,
            owner=raw.get("owner"),
            tenant=raw.get("tenant"),
            properties={name: part for name, part, _ in properties},
        )
        return resource, properties

    def scopes(self, resource: Resource) -> Iterator[Rule]:
        at = resource.pointer + "/x-resource"
        if resource.owner:
            yield Owner(name=resource.owner, **self.place(resource, at + "/owner"))
        if resource.tenant:
            yield Tenant(name=resource.tenant, **self.place(resource, at + "/tenant"))

    def place(self, resource: Resource, at: str) -> dict[str, Any]:
        file, line, _ = self.document.locate(at)
        return {"collection": resource.collection, "pointer": at, "file": file, "line": line}

    def rules(
        self, resource: Resource, schema: dict[str, Any], at: str, resources: dict[str, Resource]
    ) -> Iterator[Rule]:
        name = at.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        if schema.get("readOnly") is True:
            yield ReadOnly(name=name, **self.place(resource, at + "/readOnly"))
        for keyword in ON_A_PROPERTY:
            if keyword not in schema:
                continue
            place = at + pointer(keyword)
            self.read.add(place)
            rule = self.rule(keyword, schema, resource, resources, place, name)
            if rule is not None:
                yield rule

    def rule(
        self,
        keyword: str,
        schema: dict[str, Any],
        resource: Resource,
        resources: dict[str, Resource],
        at: str,
        name: str,
    ) -> Rule | None:
        raw = schema[keyword]
        if raw is False:
            return None
        common = {**self.place(resource, at), "name": name, "status": self.status(raw, at)}
        if keyword == "x-unique":
            return self.unique(raw, resource, at, common)
        if keyword == "x-references":
            return self.references(raw, resources, at, common)
        if keyword == "x-transitions":
            return self.transitions(raw, schema, at, common)
        if keyword == "x-timestamp":
            return self.timestamp(raw, at, common)
        if raw is not True and not (isinstance(raw, dict) and raw.keys() <= {"status"}):
            self.find(at, "`x-immutable` is neither true nor a mapping with `status`", "write `x-immutable: true`")
        return Immutable(**common)

    def status(self, raw: Any, at: str) -> int | None:
        status = raw.get("status") if isinstance(raw, dict) else None
        if isinstance(status, list):
            return None  # `x-transitions` of a property with a value named `status`
        if status is not None and (not isinstance(status, int) or not 400 <= status <= 499):
            self.find(at + "/status", f"`{status}` is no status of a refusal", "write a number from 400 to 499")
            return None
        return status

    def unique(self, raw: Any, resource: Resource, at: str, common: dict[str, Any]) -> Unique | None:
        raw = {} if raw is True else raw
        if not isinstance(raw, dict):
            self.find(at, "`x-unique` is neither true nor a mapping", "write `x-unique: true` or `{within: [owner]}`")
            return None
        keys = ("within", "ignore", "status")
        for key in raw:
            if key not in keys:
                self.find(at + pointer(key), f"`x-unique` has no key `{key}`", _suggestion(key, keys))
        within, ignore = self.words(raw.get("within")), self.words(raw.get("ignore"))
        for name in within:
            if name not in resource.properties:
                reason = f"`{name}` is the scope of a rule and no property of the schema"
                self.find(at + "/within", reason, _suggestion(name, resource.properties))
        for word in ignore:
            if word not in ("case", "space"):
                self.find(at + "/ignore", f"`{word}` cannot be ignored", _suggestion(word, ("case", "space")))
        return Unique(within=tuple(within), ignore=frozenset(ignore), **common)

    @staticmethod
    def words(raw: Any) -> list[str]:
        return [str(one) for one in raw] if isinstance(raw, list) else [] if raw is None else [str(raw)]

    def references(
        self, raw: Any, resources: dict[str, Resource], at: str, common: dict[str, Any]
    ) -> References | None:
        target = raw.get("collection") if isinstance(raw, dict) else raw
        if not isinstance(target, str):
            self.find(at, "`x-references` names no collection", "write `x-references: things`")
            return None
        if target not in resources:
            reason = f"`x-references` names the collection `{target}`, which no `x-resource` keeps"
            remedy = f"{_suggestion(target, resources)}, or annotate its schema with `x-resource`"
            self.find(at, reason, remedy)
            return None
        return References(target=target, **common)

    def transitions(self, raw: Any, schema: dict[str, Any], at: str, common: dict[str, Any]) -> Transitions | None:
        values = schema.get("enum")
        if not isinstance(values, list):
            self.find(at, "`x-transitions` stands on a property without `enum`", "list the values in `enum`")
            return None
        if not isinstance(raw, dict):
            self.find(at, "`x-transitions` is no mapping", "write `{from: [to, ...]}`")
            return None
        moves = {one: tuple(self.words(to)) for one, to in raw.items() if not isinstance(to, int)}
        for value in dict.fromkeys([*moves, *(to for targets in moves.values() for to in targets)]):
            if value not in values:
                known = [str(one) for one in values]
                self.find(at, f"`{value}` is no value of the property's `enum`", _suggestion(value, known))
        return Transitions(moves=moves, **common)

    def timestamp(self, raw: Any, at: str, common: dict[str, Any]) -> Timestamp | None:
        event = raw.get("event") if isinstance(raw, dict) else raw
        if event not in ("created", "updated"):
            remedy = _suggestion(str(event), ("created", "updated"))
            self.find(at, f"`x-timestamp` knows no event `{event}`", remedy)
            return None
        return Timestamp(event=event, **common)

    def refuse_the_rest(self) -> None:
        """Annotations that nothing read: misspelt, or in a place where they mean nothing."""
        for at, key in extensions(self.document):
            if key in KNOWN:
                if at in self.read or (key == "x-action" and at.startswith("/paths/")):
                    continue
                if key == "x-identity" and at.startswith(_security_schemes(self.document)[1] + "/"):
                    continue
                self.find(at, f"`{key}` means nothing here", f"it belongs on {_PLACES[key]}: move it or remove it")
            elif key not in _NOT_OURS:
                near = get_close_matches(key, KNOWN, n=1, cutoff=0.85)
                if near:
                    self.find(at, f"unknown annotation `{key}`", f"write `{near[0]}`")

    def find(self, at: str, reason: str, remedy: str) -> None:
        self.document.find(at, reason, remedy)


_CONTAINERS = (dict, list)
_DATA = {"example", "examples", "default", "enum"}


def _extensions(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """The `x-` keys below a value, with their pointers; examples and other data are passed over."""
    stack = [(value, at)]
    while stack:
        value, at = stack.pop()
        if isinstance(value, list):
            stack += [(item, f"{at}/{index}") for index, item in enumerate(value) if isinstance(item, _CONTAINERS)]
            continue
        named = at.endswith("/properties")
        for key, item in value.items():
            if key[:2] == "x-" and not named:
                yield at + pointer(key), key
            elif isinstance(item, _CONTAINERS) and key not in _DATA:
                stack.append((item, f"{at}/{key}" if key.isidentifier() else at + pointer(key)))
