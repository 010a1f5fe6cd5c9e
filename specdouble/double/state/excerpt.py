"""The lines of a contract that decided an exchange, as they stand in its files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from specdouble.contract import Contract, Operation, Rule, Violation
from specdouble.contract.pointer import is_index, pointer, tokens
from specdouble.contract.properties import properties_of
from specdouble.double.state.journal import Entry

_AROUND = 2  # lines before it
_AFTER = 4
_LONGEST = 240  # characters of a line: a contract may be one line of JSON


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some lines of a file, about one that something stands on.

    Args:
        about: what stands there: `operation`, `rule`, `property`, `parameter`, `response`.
        name: which one.
        file: the file.
        line: its line, from 1.
        first: the line that the text begins with.
        text: the lines.
    """

    about: str
    name: str
    file: str
    line: int
    first: int
    text: str


def deciding(contract: Contract, entry: Entry, rules: list[Rule]) -> list[Excerpt]:
    """The lines that decided: of the rules that refused, of what was wrong in the request, of the answer's status."""
    operation = contract.operations.get(entry.operation or "")
    found = [excerpt(contract, "rule", rule.id, rule.pointer) for rule in rules]
    if operation is not None:
        found += _violated(contract, operation, entry)
        found.append(excerpt(contract, "operation", str(operation), operation.pointer))
        response = operation.response(entry.status)
        if response is not None:
            place = operation.pointer + pointer("responses", response.status)
            found.append(excerpt(contract, "response", response.status, place))
    return list({(one.file, one.line): one for one in reversed(found)}.values())[::-1]


def excerpt(contract: Contract, about: str, name: str, at: str) -> Excerpt:
    """The lines about what stands at a pointer of the contract."""
    source, inside = contract.document.origin(at)
    line = source.line(inside)
    first = max(1, line - _AROUND)
    shown = source.text.split("\n")[first - 1 : line + _AFTER]
    return Excerpt(about, name, source.name, line, first, "\n".join(one[:_LONGEST] for one in shown))


def _violated(contract: Contract, operation: Operation, entry: Entry) -> Iterator[Excerpt]:
    """Where the contract speaks of what was wrong in the request."""
    explanation = entry.explained() or {}
    for told in explanation.get("violations") or ():
        if not isinstance(told, dict):
            continue  # `… (30 in all)`
        violation = Violation(**told)
        if violation.location != "body":
            yield from _parameter(contract, operation, violation)
        elif operation.document_body is not None:
            at = operation.document_body.pointer + "/schema"
            yield _property(contract, operation.document_body.schema, at, violation)


def _parameter(contract: Contract, operation: Operation, violation: Violation) -> Iterator[Excerpt]:
    name = next(iter(tokens(violation.pointer)), "")
    for parameter in operation.parameters:
        if (parameter.location, parameter.name) == (violation.location, name):
            yield excerpt(contract, "parameter", name, parameter.pointer)


def _property(contract: Contract, schema: object, at: str, violation: Violation) -> Excerpt:
    """The property that a violation speaks of, or the nearest one around it."""
    for token in tokens(violation.pointer):
        if is_index(token):
            schema, at = contract.item(schema), at + "/items"
            continue
        parts = {name: (part, place) for name, part, place in properties_of(contract.document, schema, at)}
        if token not in parts:
            break
        schema, at = parts[token]
    return excerpt(contract, "property", violation.pointer or "the body", at)
