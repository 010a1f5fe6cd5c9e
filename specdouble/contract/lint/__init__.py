"""What is wrong with a contract that could be read: its structure, its operations, its examples, its rules."""

from __future__ import annotations

from collections.abc import Mapping

from specdouble.contract.document import Document
from specdouble.contract.lint.examples import check_examples
from specdouble.contract.lint.operations import check_operations
from specdouble.contract.lint.rules import check_inside, check_scopes
from specdouble.contract.lint.schemas import check_schemas
from specdouble.contract.lint.statuses import check_invalid, check_missing, check_refusals, check_unauthorized
from specdouble.contract.operation import Operation
from specdouble.contract.resource import Action, Identity, Resource
from specdouble.contract.rule import Rule
from specdouble.contract.schema import Schemas


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
    check_operations(document, operations, identities, resources)
    check_schemas(document, schemas, operations)
    check_examples(document, schemas, operations, resources, actions)
    check_refusals(document, operations, actions, rules)
    check_invalid(document, operations)
    check_missing(document, operations, done)
    check_unauthorized(document, operations)
    check_scopes(document, resources, rules, identities)
    check_inside(document, operations, actions, resources)
