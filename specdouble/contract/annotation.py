"""Reads the annotations of a contract: resources, identities; and refuses those that nothing read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache, lru_cache
from typing import Any

from specdouble.contract.action import DOES
from specdouble.contract.audience import ROLE, Access
from specdouble.contract.document import Document
from specdouble.contract.kind import Reading, kinds, kinds_by_keyword, misspelt, nearest, suggestion
from specdouble.contract.misshapen import find_misshapen
from specdouble.contract.pointer import look_up, pointer
from specdouble.contract.properties import properties_of
from specdouble.contract.resource import Identity, Resource
from specdouble.contract.rule import Rule

# Annotations that are no rules, and what they stand on.
PLACES = {
    "x-resource": "an object schema",
    "x-identity": "a security scheme",
    "x-action": "an operation",
}
_HOLDER = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"property": {"type": "string"}, "claim": {"type": "string"}},
            "required": ["property"],
            "additionalProperties": False,
        },
    ],
    "description": "the property that holds a claim of the caller, and the claim where it has another name",
}
_WHO = {
    "anyOf": [
        {"enum": ["owner", "tenant", "anyone"]},
        {
            "type": "object",
            "properties": {
                "by": {"enum": ["owner", "tenant", "anyone"]},
                "roles": {"type": "array", "items": {"type": "string"}},
                "claim": {"type": "string"},
            },
            "additionalProperties": False,
        },
    ],
    "description": "who may, beside the owner: the tenant, anyone, or callers of certain roles",
}
# A collection is one of MongoDB's, and `mock_data/` has a file of its name: what either cannot be called is no name.
_PART = r"[^.$/\\\u0000-\u001f]+"
COLLECTION_NAME = rf"^(?!system\.){_PART}(\.{_PART})*$"
_ALLOWED = r"leave out `/`, `\`, `$` and control characters, dots at its ends or in a row, and `system.` before it"
_COLLECTION = {"type": "string", "pattern": COLLECTION_NAME}
# The JSON Schema of each, as a kind has one of its own.
SHAPES: dict[str, dict[str, Any]] = {
    "x-resource": {
        "anyOf": [
            _COLLECTION,
            {
                "type": "object",
                "properties": {
                    "collection": _COLLECTION,
                    "id": {"type": "string"},
                    **dict.fromkeys(("owner", "tenant"), _HOLDER),
                    "shared": {"type": "boolean", "description": "whether others read what only its owner changes"},
                    **dict.fromkeys(("read", "write"), _WHO),
                },
                "required": ["collection"],
                "additionalProperties": False,
            },
        ],
        "description": "documents of this schema are kept in that collection",
    },
    "x-identity": {
        "type": "object",
        "properties": {
            "collection": {"type": "string"},
            "claims": {"type": "object", "additionalProperties": {"type": "string"}},
            "credential": {"type": "string"},
            "expires": {"type": "integer", "minimum": 0},
        },
        "required": ["collection"],
        "additionalProperties": False,
        "description": "whose credential it is: a user of the collection",
    },
    "x-action": {
        "anyOf": [
            {"enum": [*DOES]},
            {
                "type": "object",
                "properties": {
                    "action": {"enum": [*DOES]},
                    "collection": {"type": "string"},
                    "id": {"type": "string"},
                    "set": {"type": "object", "description": "the properties that the operation sets, by its meaning"},
                },
                "additionalProperties": False,
            },
        ],
        "description": "what the operation does to which documents",
    },
}
_ON_A_PROPERTY = re.compile(r"/properties/[^/]+/x-[^/]+$")
_OF_A_SCHEMA = re.compile(r"/(components/schemas|definitions)/[^/]+/properties/[^/]+/[^/]+")
_OF_NO_DOCUMENT = ": no documents of this schema are kept, and rules speak of the properties of a document itself"
_INSIDE = ": rules speak of the properties of a document itself, not of what is inside of them or in an alternative"
SILENCING = "x-specdouble-ignore"  # `silence` reads it
# Extensions of others that are one letter away from ours.
_NOT_OURS = {"x-resources", "x-reference"}
_RESOURCE_KEYS = ("collection", "id", "owner", "tenant", "shared", "read", "write")
_ACCESS = ("owner", "tenant", "anyone")
_ACCESS_KEYS = ("by", "roles", "claim")


def read_resources(document: Document) -> dict[str, Resource]:
    """The resources by collection, their rules unread; what is wrong with an `x-resource` becomes a finding."""
    found: dict[str, Resource] = {}
    for at, schema in _schemas(document):
        resource = _resource(document, schema, at) if "x-resource" in schema else None
        if resource is None:
            continue
        if resource.collection in found:
            reason = f"two schemas keep their documents in `{resource.collection}`"
            remedy = "give each its own collection, or let one refer to the other"
            document.find(at + "/x-resource", reason, remedy)
            continue
        found[resource.collection] = resource
    return found


def _schemas(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    place = "/definitions" if "swagger" in document.data else "/components/schemas"
    schemas = document.get(place)
    for name, schema in schemas.items() if isinstance(schemas, dict) else ():
        if isinstance(schema, dict):
            yield place + pointer(name), schema


def _resource(document: Document, schema: dict[str, Any], at: str) -> Resource | None:
    raw, place = schema["x-resource"], at + "/x-resource"
    raw = {"collection": raw} if isinstance(raw, str) else raw
    properties = {name: part for name, part, _ in properties_of(document, schema, at)}
    if not isinstance(raw, dict) or not isinstance(raw.get("collection"), str):
        _find_no_collection(document, raw, place, "x-resource", "write `x-resource: {collection: things, id: id}`")
        return None
    if not re.fullmatch(COLLECTION_NAME, raw["collection"]):
        reason = f"`{raw['collection']}` cannot be the name of a collection, nor of its file in `mock_data/`"
        document.find(place, reason, _ALLOWED)
        return None
    if not properties:
        reason = "`x-resource` stands on a schema without properties, and only objects are documents"
        document.find(place, reason, "move it to the schema of the documents")
        return None
    raw, claims = _holders(document, raw, place)
    read, write = _access(document, raw, place)
    raw = {key: value for key, value in raw.items() if key not in ("shared", "read", "write")}
    for key, value in raw.items():
        if key not in _RESOURCE_KEYS:
            document.find(place + pointer(key), f"`x-resource` has no key `{key}`", suggestion(key, _RESOURCE_KEYS))
        elif key != "collection" and (not isinstance(value, str) or value not in properties):
            reason = f"the schema has no property `{value}` to hold the {key}"
            remedy = suggestion(str(value), properties)
            more = "" if nearest(str(value), properties) else ", or add it to the schema"
            document.find(place + pointer(key), reason, remedy + more)
    raw = {key: value for key, value in raw.items() if isinstance(value, str)}
    identity = raw.get("id") or next((name for name in ("_id", "id", "uuid") if name in properties), "_id")
    return Resource(
        collection=raw["collection"],
        schema=schema,
        pointer=at,
        id=identity,
        owner=raw.get("owner"),
        tenant=raw.get("tenant"),
        properties=properties,
        claims=claims,
        read=read,
        write=write,
    )


def _access(document: Document, raw: dict[str, Any], place: str) -> tuple[Access, Access]:
    """Who reads and who changes documents; whoever changes one reads it, too."""
    write = _said_access(document, raw, place, "write")
    read = _said_access(document, raw, place, "read")
    shared = raw.get("shared", False)
    if not isinstance(shared, bool):
        document.find(place + pointer("shared"), "`shared` is neither true nor false", "write `shared: true`")
    elif shared and "read" in raw:
        document.find(place + pointer("shared"), "`shared` and `read` both say who reads", "remove one of them")
    elif shared:
        read = Access("tenant" if "tenant" in raw else "anyone")
    if ("owner" not in raw and "tenant" not in raw) and (shared is True or read != Access() or write != Access()):
        reason = "nothing says whose the documents are: all callers read and change all of them"
        document.find(place, reason, "name the `owner`, or remove what says who reads and writes")
    by = max(read.by, write.by, key=lambda one: _ACCESS.index(one) if one else -1)
    roles = tuple(dict.fromkeys([*read.roles, *write.roles]))
    return Access(by, roles, read.claim if read.roles else write.claim), write


def _said_access(document: Document, raw: dict[str, Any], place: str, key: str) -> Access:
    said = raw.get(key)
    said = {"by": said} if isinstance(said, str) else said
    at = place + pointer(key)
    if said is None:
        return Access()
    if not isinstance(said, dict):
        document.find(at, f"`{key}` says nobody", f"write `{key}: anyone`, or `{key}: {{roles: [ADMIN]}}`")
        return Access()
    for name in said:
        if name not in _ACCESS_KEYS:
            document.find(at + pointer(name), f"`{key}` has no key `{name}`", suggestion(name, _ACCESS_KEYS))
    by, roles, claim = said.get("by", ""), said.get("roles", []), said.get("claim", ROLE)
    if by and by not in _ACCESS:
        document.find(at, f"`{by}` is nobody who could {key}", suggestion(str(by), _ACCESS))
        by = ""
    elif by in ("owner", "tenant") and by not in raw:
        document.find(at, f"the documents have no {by}", f"name the `{by}`, or write `{key}: anyone`")
        by = ""
    if not isinstance(roles, list) or not all(isinstance(one, str) for one in roles):
        document.find(at, "`roles` lists no roles", "write `roles: [ADMIN]`")
        roles = []
    return Access(str(by), tuple(roles), str(claim))


def _holders(document: Document, raw: dict[str, Any], place: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The annotation with `owner` and `tenant` as properties alone, and the claims that these hold by another name."""
    plainly, claims = dict(raw), dict[str, str]()
    for key in ("owner", "tenant"):
        held = raw.get(key)
        if not isinstance(held, dict):
            continue
        for name in (one for one in held if one not in ("property", "claim")):
            reason = f"`{key}` of `x-resource` has no key `{name}`"
            document.find(place + pointer(key, name), reason, suggestion(name, ("property", "claim")))
        plainly[key] = held.get("property")
        claim = held.get("claim")
        if isinstance(claim, str) and isinstance(plainly[key], str):
            claims[plainly[key]] = claim
        elif claim is not None:
            document.find(place + pointer(key, "claim"), "`claim` is no name", "name a claim of an `x-identity`")
    return plainly, claims


def read_rules(reading: Reading) -> list[Rule]:
    """Every rule of the contract, kind by kind; annotations that mean nothing become findings."""
    rules = [rule for kind in kinds().values() for rule in kind.read(reading)]
    _refuse_the_rest(reading)
    return list({rule.id: rule for rule in rules}.values())


@cache
def keywords() -> tuple[str, ...]:
    """All that an annotation may be called: ours, and those keywords of OpenAPI's own that a kind reads."""
    return tuple(dict.fromkeys([*PLACES, *(kind.keyword for kind in kinds().values()), SILENCING]))


def _known() -> dict[str, str]:
    """What each annotation of ours stands on."""
    return {**{keyword: said[0].place for keyword, said in kinds_by_keyword().items()}, **PLACES}


@cache
def _shapes(keyword: str) -> tuple[Mapping[str, Any], ...]:
    """The JSON Schemas of what an annotation can be, on whatever it stands."""
    if keyword in SHAPES:
        return (SHAPES[keyword],)
    said = kinds_by_keyword()[keyword]
    return tuple(shape for kind in said for shape in (kind.shape, kind.shape_on_schemas) if shape)


def _refuse_the_rest(reading: Reading) -> None:
    """Annotations that nothing read: misspelt, or in a place where they mean nothing."""
    document, known = reading.document, _known()
    identities = _security_schemes(document)[1] + "/"
    schemas = {at + "/x-resource" for at, _ in _schemas(document)}
    for at, key in extensions(document):
        if at in document.foreign:
            continue
        if key in known:
            elsewhere = {
                "x-resource": at not in schemas,
                "x-identity": not at.startswith(identities),
                "x-action": not at.startswith("/paths/"),
            }
            if elsewhere.get(key, at not in reading.read):
                document.find(at, *_meaning_nothing(reading, at, key, known[key]))
            else:
                document.annotations.append(at)
                find_misshapen(document, at, key, _shapes(key))
        elif key == SILENCING:
            document.annotations.append(at)
        elif key not in _NOT_OURS:
            meant = _meant_by(key)
            if meant is not None:
                document.find(at, f"unknown annotation `{key}`", f"write `{meant}`")


def _meaning_nothing(reading: Reading, at: str, key: str, place: str) -> tuple[str, str]:
    """Why an annotation of ours means nothing where it stands, and what to do about it."""
    collection = reading.guessed.get(at.rpartition("/")[0])
    if collection is not None:
        why = f"that documents of this schema are kept is inferred, and other tools write `{key}` too"
        reason = f"`{key}` is no rule here: {why}"
        return reason, f"write `x-resource: {{collection: {collection}}}` on the schema"
    why = _OF_NO_DOCUMENT if _OF_A_SCHEMA.fullmatch(at) else _INSIDE if _ON_A_PROPERTY.search(at) else ""
    reason, remedy = f"`{key}` means nothing here{why}", f"it belongs on {place}: move it or remove it"
    kinds_here = kinds_by_keyword().get(key) if why and "inside" not in place else None
    return reason, f"{remedy}; {kinds_here[0].inside}" if kinds_here else remedy


@lru_cache(maxsize=1024)  # generated contracts write the few of their generator thousands of times
def _meant_by(key: str) -> str | None:
    """The annotation of ours that a misspelt one is near to."""
    near = get_close_matches(key, _known(), n=1, cutoff=0.85)
    return near[0] if near else None


def names_a_collection(document: Document) -> bool:
    """Whether an `x-resource`, however it is misspelt, is written as ours is: a mapping that names a collection."""
    for at, key in extensions(document):
        if key == "x-resource" or _meant_by(key) == "x-resource":
            value = look_up(document.data, at)
            if isinstance(value, dict) and get_close_matches("collection", map(str, value), cutoff=0.85):
                return True
    return False


def extensions(document: Document) -> list[tuple[str, str]]:
    """The `x-` keys of the contract with their pointers, looked for once."""
    if document.extensions is None:
        document.extensions = list(_extensions(document.data, ""))
    return document.extensions


def read_identities(document: Document) -> dict[str, Identity]:
    """The identities by the name of their security scheme."""
    schemes, at = _security_schemes(document)
    identities = {}
    for name, scheme in schemes.items():
        raw = scheme.get("x-identity") if isinstance(scheme, dict) else None
        if raw is not None and _is_identity(document, raw, at + pointer(name, "x-identity")):
            identities[name] = Identity(
                collection=str(raw["collection"]),
                claims=raw.get("claims") or {},
                credential=raw.get("credential"),
                expires=int(raw.get("expires", 8 * 3600)),
            )
    return identities


def _find_no_collection(document: Document, raw: object, at: str, keyword: str, remedy: str) -> None:
    written = misspelt("collection", raw)
    if written is not None:
        document.find(at + pointer(written), f"`{keyword}` has no key `{written}`", "write `collection`")
    else:
        document.find(at, f"`{keyword}` names no collection", remedy)


def _is_identity(document: Document, raw: object, at: str) -> bool:
    known = {"collection": str, "claims": dict, "credential": str, "expires": int}
    if not isinstance(raw, dict) or not isinstance(raw.get("collection"), str):
        _find_no_collection(document, raw, at, "x-identity", "write `x-identity: {collection: users, ...}`")
        return False
    for key, value in raw.items():
        if key not in known:
            document.find(at + pointer(key), f"`x-identity` has no key `{key}`", suggestion(key, known))
        elif not isinstance(value, known[key]):
            document.find(at + pointer(key), f"`{key}` is not {_article(known[key])}", "correct its type")
            return False
    return _tells_claims(document, raw, at) and _ends_in_time(document, raw, at)


def _tells_claims(document: Document, raw: dict[str, Any], at: str) -> bool:
    for claim, name in (raw.get("claims") or {}).items():
        if not isinstance(name, str):
            reason = f"the claim `{claim}` names no property of a user"
            document.find(at + pointer("claims", claim), reason, "write `claims: {claim: property}`")
            return False
    return True


def _ends_in_time(document: Document, raw: dict[str, Any], at: str) -> bool:
    expires = raw.get("expires", 1)
    if isinstance(expires, bool) or not 0 < expires <= _LONGEST_LIFETIME:
        reason = "`expires` is not a time for which a token can be good"
        document.find(at + pointer("expires"), reason, f"write seconds, from 1 to {_LONGEST_LIFETIME}")
        return False
    return True


def _article(kind: type) -> str:
    return {str: "a string", dict: "a mapping", int: "a whole number"}[kind]


def _security_schemes(document: Document) -> tuple[dict[str, Any], str]:
    if "swagger" in document.data:
        return document.data.get("securityDefinitions") or {}, "/securityDefinitions"
    components = document.data.get("components") or {}
    return components.get("securitySchemes") or {}, "/components/securitySchemes"


_LONGEST_LIFETIME = 10**9  # seconds: thirty years
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
