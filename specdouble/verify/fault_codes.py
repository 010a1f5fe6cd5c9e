"""The fault codes of the Web Fuzzing Commons (https://github.com/WebFuzzing/Commons), by which tools are compared."""

from __future__ import annotations

from collections.abc import Callable

from specdouble.rules import of_all
from specdouble.verify.case import Names
from specdouble.verify.checks.replacement import CREATES_NOTHING
from specdouble.verify.semantics import MEANINGS
from specdouble.verify.strictness import SAYS_NOT_HOW, UNDECLARED
from specdouble.verify.verdict import Failure


def _status(failure: Failure) -> int:
    return failure.steps[-1].status if failure.steps else 0


def _wrote(failure: Failure) -> bool:
    return any(step.method in ("PUT", "PATCH") for step in failure.steps)


def _is_undeclared(failure: Failure, status: int) -> bool:
    return _status(failure) == status and UNDECLARED.search(failure.expected) is not None


def _asks_for_nothing(failure: Failure) -> bool:
    """Whether the contract names no credentials for the operation that was asked for."""
    return not failure.steps[-1].call.operation.security


def _shows(failure: Failure) -> str:
    """What a failure of a business rule shows, by the rule's kind."""
    kind, is_rule, _ = failure.check.partition(":")
    attack = of_all("attack").get(kind.lower()) if is_rule else None
    return "" if attack is None else attack.ATTACK.shows


def _is_let_in(failure: Failure) -> bool:
    return _shows(failure) == "access"


# The first that fits; a failure of a business rule has no code of theirs.
CODES: tuple[tuple[int, Callable[[Failure], bool]], ...] = (
    *((one.code, lambda failure, told=one.told: failure.seen.endswith(told)) for one in MEANINGS),
    (205, lambda failure: _status(failure) == 501),
    (100, lambda failure: _status(failure) >= 500),
    (109, lambda failure: failure.expected.startswith(SAYS_NOT_HOW)),
    (113, lambda failure: failure.check == Names.deletion and "deleted" in failure.promise),
    (114, lambda failure: failure.check == Names.refused_leaves_no_trace and _wrote(failure)),
    (116, lambda failure: failure.expected == CREATES_NOTHING),
    (115, lambda failure: failure.check == Names.replacement and "creates once" in failure.promise),
    (118, lambda failure: failure.check == Names.replacement and "second time" in failure.promise),
    (117, lambda failure: failure.check == Names.replacement),
    (119, lambda failure: failure.check == Names.partial_update),
    (120, lambda failure: failure.check == Names.header_fields and "Location" in failure.promise),
    (202, lambda failure: _is_undeclared(failure, 401) and _asks_for_nothing(failure)),
    (203, lambda failure: _is_undeclared(failure, 403) and "401" not in failure.steps[-1].call.operation.statuses),
    (303, lambda failure: _shows(failure) == "setting"),
    (304, lambda failure: _is_let_in(failure) and _status(failure) == 403),
    (306, lambda failure: _is_let_in(failure) and _wrote(failure)),
    (307, lambda failure: failure.check == Names.authentication and _status(failure) < 300),
    (201, lambda failure: failure.detail == "allow_header_conformance"),
    (206, lambda failure: failure.detail == "negative_data_rejection"),
    (206, lambda failure: failure.expected.endswith("to be refused") and 0 < _status(failure) < 300),
    (200, lambda failure: bool(UNDECLARED.search(failure.expected)) or failure.check == Names.error_shape),
    (200, lambda failure: failure.expected.startswith(("the body that the contract declares", "an answer "))),
    (200, lambda failure: failure.detail.startswith(("response_", "content_type", "status_code"))),
)


def fault_code(failure: Failure) -> int | None:
    """The code of a failure; None where it breaks what no such code speaks of."""
    return next((code for code, fits in CODES if fits(failure)), None)
