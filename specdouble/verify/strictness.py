"""Strictness: how much a failure weighs, from what breaks a client to the letters of the RFCs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from specdouble.verify.case import Names
from specdouble.verify.semantics import EXPECTED
from specdouble.verify.settings import STRICTNESS
from specdouble.verify.verdict import Failure

CLIENT, CONTRACT, RFC = STRICTNESS

# Statuses that any HTTP server may answer, whether or not the contract declares them.
COMMON = frozenset({401, 403, 405, 406, 408, 411, 413, 414, 415, 417, 421, 426, 428, 429, 431})
UNDECLARED = re.compile(r"^(one of the statuses|what Schemathesis' check status_code_conformance)\b")
SAYS_NOT_HOW = "an answer 401 to say how to authenticate"
READS_NO_LIST = "a change to be done where one of the tags in If-Match is current"  # hardly a client sends several
WITHOUT_FIELD = ", which the contract requires"
# Checks of Schemathesis' that hold a server to HTTP alone, where no client that keeps the contract meets them.
OF_HTTP_ALONE = ("unsupported_method", "allow_header_conformance")
# What only shows to clients that break the contract themselves, or in the shape of what refuses them.
OF_REFUSALS_ALONE = (Names.error_shape, Names.unknown_properties)
OF_LAX = " refuses what does not fit"  # in a query: many servers take the nearest number that fits
LAX = ("negative_data_rejection", "missing_required_header")


def weight(failure: Failure) -> str:
    """The lowest strictness at which a failure counts."""
    status = failure.steps[-1].status if failure.steps else 0
    if failure.expected.startswith((SAYS_NOT_HOW, EXPECTED)) or failure.detail in OF_HTTP_ALONE:
        return RFC
    if UNDECLARED.search(failure.expected) and status in COMMON:
        return RFC
    if status >= 500 or ":" in failure.check:
        return CLIENT
    if failure.expected == READS_NO_LIST:
        return RFC
    if status >= 400 and failure.expected.endswith(WITHOUT_FIELD):
        return CONTRACT
    if failure.check in OF_REFUSALS_ALONE or failure.detail in LAX or failure.promise.endswith(OF_LAX):
        return CONTRACT
    if 400 <= status < 500 and UNDECLARED.search(failure.expected):
        return CONTRACT
    return CLIENT


def asked_of(failure: Failure, default: str, single: Mapping[str, str]) -> str:
    """The strictness that a failure is looked at with.

    Args:
        failure: of a rule or check, or of a check of Schemathesis'.
        default: the strictness of all that is not named.
        single: the strictness of rules and checks by name; Schemathesis' own come first.
    """
    return single.get(failure.detail) or single.get(failure.check) or default


def counts(failure: Failure, default: str, single: Mapping[str, str]) -> bool:
    """Whether a failure is heavy enough to count."""
    asked = asked_of(failure, default, single)
    return STRICTNESS.index(weight(failure)) <= STRICTNESS.index(asked)
