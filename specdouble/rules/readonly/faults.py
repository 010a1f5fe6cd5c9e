"""What the server alone sets, taken from the client."""

from __future__ import annotations

from collections.abc import Callable

from specdouble.contract import Contract, PropertyRule, Resource
from specdouble.double.state.keeper import Document
from specdouble.prove.change import changed, created, sent
from specdouble.prove.facts import changers, creators, document_schema, resolved, sendable, unwritten
from specdouble.prove.fault import Mutant, Mutants


def mutants(contract: Contract) -> Mutants:
    """The mutants of every property that a client's value has no effect on, times included."""
    for resource in contract.resources.values():
        for name in server_set(resource):
            yield from _from_client(contract, resource, name)


def server_set(resource: Resource) -> list[str]:
    """The properties that a client's value has no effect on."""
    return list(dict.fromkeys(rule.name for rule in resource.of(PropertyRule) if rule.server_sets))


def _from_client(contract: Contract, resource: Resource, name: str) -> Mutants:
    things, target = resource.collection, f"{resource.collection}.{name}"
    why = unwritten(contract, things) or _closed(contract, things, name, *creators(contract, things))
    concerns = tuple(rule.id for rule in resource.of(PropertyRule) if rule.name == name)
    if creators(contract, things) or why:
        sentence = f"Who creates a document of {things} chooses its {name}."
        yield Mutant(
            "readOnly.from-client-on-create",
            target,
            sentence,
            created(things, _taken(resource, name)),
            concerns,
            (),
            why,
        )
    if changers(contract, things) and name != resource.id:
        sentence = f"A change of a document of {things} may set its {name}."
        change = changed(things, _taken_on_change(name))
        why = _closed(contract, things, name, *changers(contract, things))
        yield Mutant("readOnly.from-client-on-update", target, sentence, change, concerns, (), why)


def _closed(contract: Contract, collection: str, name: str, *ids: str) -> str:
    """Why no request that is taken can hold the property; empty where one can."""
    for key in ids:
        operation = contract.operations[key]
        media = operation.json_body
        schema = resolved(contract, document_schema(contract, operation, media)) if media else {}
        if media and (name in sendable(contract, operation) or schema.get("additionalProperties") is not False):
            return ""
    return f"every request that writes {collection} is refused where it holds {name}: its schema is closed"


def _taken(resource: Resource, name: str) -> Callable[[Document], None]:
    stored = "_id" if name == resource.id else name

    def alter(document: Document) -> None:
        value = sent().get(name)
        if value is not None and (stored != "_id" or isinstance(value, str | int)):
            document[stored] = value

    return alter


def _taken_on_change(name: str) -> Callable[[Document, Document], None]:
    def alter(_before: Document, after: Document) -> None:
        if name in sent():
            after[name] = sent()[name]

    return alter
