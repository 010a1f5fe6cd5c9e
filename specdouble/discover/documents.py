"""Which schemas are of documents, and what operations do to them: hypotheses that the others stand on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specdouble.contract import Contract, Operation
from specdouble.contract.bodies import Bodies, Found
from specdouble.contract.properties import plain
from specdouble.discover.hypothesis import Hypothesis, Source

_IDS = ("_id", "id", "uuid", "guid")
# What authors write behind the name of a thing.
_SUFFIX = re.compile(r"(?<=[a-z])(?:Dto|DTO|Response|Resource|Model|Entity|Object|Out|Read|Schema|View)$")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def mine(contract: Contract) -> Iterator[Hypothesis]:
    """`x-resource` for each named schema of documents, `x-action` where neither method nor path tells the action."""
    bodies, named = Bodies(contract.document), dict[str, str]()
    for operation in contract.operations.values():
        found = _document(contract, bodies, operation)
        if found is not None and found.pointer not in named and not _is_nested(contract, found.pointer):
            named[found.pointer] = collection = _collection(contract, found, operation, set(named.values()))
            value = {"collection": collection, "id": _id(contract, found)}
            words = f"{operation} answers with {found.name}, which has an id"
            yield _hypothesis(contract, "x-resource", found.pointer, value, words)
    for operation in contract.operations.values():
        found = _document(contract, bodies, operation)
        if found is not None and found.pointer in named:
            yield from _action(contract, operation, found, named[found.pointer])


def _document(contract: Contract, bodies: Bodies, operation: Operation) -> Found | None:
    """The document of a success, nearest to the root: an object with an id, whose schema has a name."""
    for found in bodies.shown(operation):
        if found.name and _id(contract, found):
            return found
    return None


def _id(contract: Contract, found: Found) -> str:
    """The property that holds a document's id; empty where none does."""
    inferred = next((one for one in contract.resources.values() if one.pointer == found.pointer), None)
    if inferred is not None:
        return inferred.id if inferred.id in found.properties else ""
    of_name = plain(_SUFFIX.sub("", found.name)) + "id"
    return next((name for name in found.properties if name in _IDS or plain(name) == of_name), "")


def _is_nested(contract: Contract, at: str) -> bool:
    """Whether ids alone do not tell the documents apart: paths name their parents, which an annotation cannot."""
    resource = next((one for one in contract.resources.values() if one.pointer == at), None)
    if resource is None:
        return False
    scopes = any(action.scope for _, action in contract.actions_of.get(resource.collection, ()))
    return bool(resource.within or resource.parents or resource.id_path or resource.single or scopes)


def _collection(contract: Contract, found: Found, operation: Operation, taken: set[str]) -> str:
    """The name of the collection: as it was inferred, as the path has it, else the schema's own name in the plural."""
    inferred = next((name for name, one in contract.resources.items() if one.pointer == found.pointer), None)
    name = inferred or _called(found, operation).replace("-", "_")
    return name if name not in taken else plain(found.name)


def _called(found: Found, operation: Operation) -> str:
    """What the documents are called: the segment of the path that is the schema's name, for authors know its plural."""
    words = "_".join(word.lower() for word in _WORDS.findall(_SUFFIX.sub("", found.name)))
    plural = _plural(words or found.name)
    likely = {plain(words), plain(plural)}
    segments = [one for one in operation.path.split("/") if one and not one.startswith("{")]
    return next((one for one in reversed(segments) if plain(one) in likely), plural)


def _plural(word: str) -> str:
    if re.search(r"[^aeiou]y$", word):
        return word[:-1] + "ies"
    if word.endswith("s"):
        return word
    return f"{word}es" if re.search(r"(x|ch|sh)$", word) else f"{word}s"


def _action(contract: Contract, operation: Operation, found: Found, collection: str) -> Iterator[Hypothesis]:
    """What an operation does whose path names no document: it saves one that the body holds, or reads by a query."""
    known = contract.actions.get(operation.id)
    is_read_so = known is not None and contract.resources[known.collection].pointer == found.pointer
    if found.many or operation.path.endswith("}") or is_read_so:
        return
    value: dict[str, str] = {}
    if operation.method == "post" and _saves(contract, operation, found):
        value = {"action": "create", "collection": collection}
    elif operation.method == "get" and (key := _asked_by_id(contract, operation, found)):
        value = {"action": "read", "collection": collection, "id": key}
    if value:
        words = f"{operation} answers with one {found.name}"
        yield _hypothesis(contract, "x-action", operation.pointer, value, words)


def _saves(contract: Contract, operation: Operation, found: Found) -> bool:
    """Whether the body holds what is answered with; one that is said to be created (201) is known without asking."""
    if operation.json_body is None or "201" in operation.statuses:
        return False
    shared = contract.properties(operation.json_body.schema).keys() & found.properties.keys()
    return len(shared) > 1


def _asked_by_id(contract: Contract, operation: Operation, found: Found) -> str:
    """The parameter of the query that names the document."""
    stem = plain(_SUFFIX.sub("", found.name))
    names = (plain(_id(contract, found)), stem + "id", stem + "uuid")
    queries = (one.name for one in operation.parameters if one.location == "query")
    return next((name for name in queries if plain(name) in names), "")


def _hypothesis(contract: Contract, keyword: str, at: str, value: object, words: str) -> Hypothesis:
    return Hypothesis(keyword, at, value, Source("shape", *contract.locate(at), words), 0.9)
