"""The contract: what both halves share, and all that they share."""

from specdouble.contract.contract import Contract, read
from specdouble.contract.finding import ContractError, Finding, Refused
from specdouble.contract.operation import JSON_PATCH, Media, Operation, Parameter, RequestBody, Response
from specdouble.contract.resource import Action, Identity, Resource
from specdouble.contract.rule import (
    Default,
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
from specdouble.contract.schema import Schemas, Violation

__all__ = [
    "JSON_PATCH",
    "Action",
    "Contract",
    "ContractError",
    "Default",
    "Finding",
    "Identity",
    "Immutable",
    "Media",
    "Operation",
    "Owner",
    "Parameter",
    "ReadOnly",
    "References",
    "Refused",
    "RequestBody",
    "Resource",
    "Response",
    "Rule",
    "Schemas",
    "Tenant",
    "Timestamp",
    "Transitions",
    "Unique",
    "Violation",
    "read",
]
