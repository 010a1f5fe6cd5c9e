"""The contract: what both halves share, and all that they share."""

from specdouble.contract.contract import Contract
from specdouble.contract.finding import ContractError, Finding, Refused
from specdouble.contract.operation import JSON_PATCH, Header, Media, Operation, Parameter, RequestBody, Response
from specdouble.contract.reading import read
from specdouble.contract.resource import Action, Identity, Resource
from specdouble.contract.rule import CollectionRule, OperationRule, PropertyRule, Rule
from specdouble.contract.schema import Schemas
from specdouble.contract.violation import Violation

__all__ = [
    "JSON_PATCH",
    "Action",
    "CollectionRule",
    "Contract",
    "ContractError",
    "Finding",
    "Header",
    "Identity",
    "Media",
    "Operation",
    "OperationRule",
    "Parameter",
    "PropertyRule",
    "Refused",
    "RequestBody",
    "Resource",
    "Response",
    "Rule",
    "Schemas",
    "Violation",
    "read",
]
