"""What others wrote already counts: annotations of Azure, Google and CloudFormation that say what ours say.

Only what is one-to-one is read. `REQUIRED` of Google's is not: it speaks of requests that create alone, and OpenAPI's
`required` speaks of answers and partial updates too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from specdouble.contract.annotation import extensions
from specdouble.contract.document import Document
from specdouble.contract.kind import kinds
from specdouble.contract.pointer import look_up, pointer, tokens

CREATE_ONLY = "create-only"  # OpenAPI has no word for it, and a kind has an annotation

# Of Azure (AutoRest, `x-ms-mutability`): what may be done to a property, and what that means.
_MUTABILITY = {
    frozenset({"read"}): ("readOnly",),
    frozenset({"create", "read"}): (CREATE_ONLY,),
    frozenset({"create", "update"}): ("writeOnly",),
    frozenset({"create"}): ("writeOnly", CREATE_ONLY),
}
# Of Google (google.api.FieldBehavior, AIP-203), as generators write it.
_BEHAVIOR = {"OUTPUT_ONLY": "readOnly", "INPUT_ONLY": "writeOnly", "IMMUTABLE": CREATE_ONLY}
_BEHAVIOR_KEYS = ("x-google-field-behavior", "x-field-behavior")
# Of AWS CloudFormation's resource schemas: lists of pointers to properties, on the schema that has them.
_LISTS = {"createOnlyProperties": CREATE_ONLY, "readOnlyProperties": "readOnly", "writeOnlyProperties": "writeOnly"}
_IDENTIFIER = "primaryIdentifier"
_FOREIGN = ("x-ms-mutability", *_BEHAVIOR_KEYS)


def read_foreign(document: Document) -> None:
    """Write what others' annotations say as ours do, each at the place where they say it.

    Nothing that the contract says itself is changed by them.
    """
    found = [one for one in extensions(document) if one[1] in _FOREIGN]
    for at, key in found:
        value = look_up(document.data, at)
        said = _mutability(value) if key == "x-ms-mutability" else _behavior(value)
        for keyword in said:
            _write(document, at.rpartition("/")[0], keyword, True, at)
    for at, schema in _schemas(document):
        for key in _LISTS.keys() & schema.keys():
            for place in _listed(document, at, schema[key]):
                _write(document, place, _LISTS[key], True, at + pointer(key))
        _identify(document, at, schema)
    document.extensions = None  # there are more of them now


def _mutability(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        return ()
    return _MUTABILITY.get(frozenset(value), ())


def _behavior(value: object) -> tuple[str, ...]:
    names = value if isinstance(value, list) else [value]
    return tuple(_BEHAVIOR[name] for name in names if isinstance(name, str) and name in _BEHAVIOR)


def _schemas(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for place in ("/components/schemas", "/definitions"):
        schemas = document.get(place)
        for name, schema in schemas.items() if isinstance(schemas, dict) else ():
            if isinstance(schema, dict):
                yield place + pointer(name), schema


def _listed(document: Document, at: str, value: object) -> Iterator[str]:
    """The pointers of the properties that a list names: `/properties/Name`, or below it `/properties/Name/Part`."""
    for one in value if isinstance(value, list) else ():
        names = tokens(one) if isinstance(one, str) else []
        if names[:1] != ["properties"]:
            continue
        place = at + "".join(pointer("properties", name) for name in names[1:])
        if len(names) > 1 and isinstance(_found(document, place), dict):
            yield place


def _identify(document: Document, at: str, schema: Mapping[str, Any]) -> None:
    """One property that identifies is the `id` of an `x-resource` that names none."""
    value, resource = schema.get(_IDENTIFIER), schema.get("x-resource")
    names = tokens(value[0]) if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) else []
    if isinstance(resource, dict) and "id" not in resource and len(names) == 2 and names[0] == "properties":
        _write(document, at + "/x-resource", "id", names[1], at + pointer(_IDENTIFIER))


def _write(document: Document, at: str, said: str, value: object, said_at: str) -> None:
    holder = _found(document, at)
    keyword = next((kind.keyword for kind in kinds().values() if kind.alias == said), said)
    if not isinstance(holder, dict) or keyword in holder:
        return
    document.layers.put((*tokens(at), keyword), value, document.origin(said_at))
    document.foreign[at + pointer(keyword)] = tokens(said_at)[-1]


def _found(document: Document, at: str) -> Any:
    try:
        return look_up(document.data, at)
    except LookupError:
        return None
