"""What is wrong with the examples of bodies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from specdouble.contract.document import Document
from specdouble.contract.form_example import Check, is_form, violations_as_sent
from specdouble.contract.kind import Example, kinds
from specdouble.contract.operation import Media, Operation
from specdouble.contract.pointer import pointer
from specdouble.contract.resource import Action, Resource
from specdouble.contract.schema import Schemas
from specdouble.contract.violation import Violation


def check_examples(
    document: Document,
    schemas: Schemas,
    operations: list[Operation],
    resources: Mapping[str, Resource],
    actions: Mapping[str, Action],
) -> None:
    """Note the examples of bodies that break their schemas, or the rules about the documents in them."""
    for operation in operations:
        action = actions.get(operation.id)
        requests = list(operation.body.content.values()) if operation.body else []
        for media in medias(operation):
            is_request = media in requests
            for at, value in _examples(media):
                _check_against_schema(document, schemas, media, at, value)
                if action is not None:
                    documents = _documents(value, () if is_request else action.envelope, at)
                    _check_against_rules(document, Example(resources[action.collection], documents, is_request))


def medias(operation: Operation) -> Iterator[Media]:
    """What an operation takes and answers."""
    if operation.body:
        yield from operation.body.content.values()
    for response in operation.responses.values():
        yield from response.content.values()


def _examples(media: Media) -> Iterator[tuple[str, Any]]:
    """The examples, each with its pointer."""
    for name, value in media.examples.items():
        yield media.pointer + ("/example" if name == "example" else pointer("examples", name, "value")), value


def _check_against_schema(document: Document, schemas: Schemas, media: Media, at: str, value: object) -> None:
    # What stands at `*/*` is not written beside these examples: authors did not hold them to it.
    has_schema = not {"schema", "itemSchema"}.isdisjoint(document.get(media.pointer) or ())
    if not has_schema or media.slot is None:
        return
    check = partial(schemas.violations, media.slot, location="body")
    for violation in example_violations(value, check, as_sent=is_form(media.type)):
        reason = f"the example breaks its own schema: {violation.pointer or 'the value'}: {violation.message}"
        document.find(at + violation.pointer, reason, "correct the example or the schema", id="example")


def example_violations(value: object, check: Check, *, as_sent: bool) -> list[Violation]:
    """What is wrong with an example, which texts carry or not."""
    return violations_as_sent(value, check) if as_sent else check(value)


def _documents(value: object, envelope: tuple[str, ...], at: str) -> list[tuple[str, dict[str, Any]]]:
    """The documents in a body's example, each with its pointer."""
    for name in envelope:
        value, at = (value.get(name), at + pointer(name)) if isinstance(value, dict) else (None, at)
    found = [(f"{at}/{index}", one) for index, one in enumerate(value)] if isinstance(value, list) else [(at, value)]
    return [(place, one) for place, one in found if isinstance(one, dict)]


def _check_against_rules(document: Document, example: Example) -> None:
    """Each kind of rules says what contradicts it."""
    for kind in kinds().values():
        for at, reason, remedy in kind.contradicted(example):
            document.find(at, reason, remedy)
