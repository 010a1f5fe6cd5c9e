"""The cause of a failure: what fails in one way for many operations is told once, with the list of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from specdouble.verify.verdict import Failure

_OPERATION = re.compile(r"\b(GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH|TRACE) /\S*?(?=:? |:?$)")
_UNDECLARED = re.compile(r"^(one of the statuses|what Schemathesis' check status_code_conformance)\b")


def gathered(failures: Mapping[str, Failure]) -> dict[str, Failure]:
    """The failures of one check, each cause once.

    Args:
        failures: by what the server was held to.
    """
    first: dict[tuple[str, ...], Failure] = {}
    kept: dict[str, Failure] = {}
    for promise, failure in failures.items():
        known = first.setdefault(_cause(failure), failure)
        if known is failure:
            kept[promise] = failure
            continue
        known.also += failure.also + 1
        known.operations = tuple(dict.fromkeys([*known.operations, *failure.operations]))
    return kept


def _cause(failure: Failure) -> tuple[str, ...]:
    """What two failures share that need one mend: what was asked and seen, whichever the operation was."""
    status = str(failure.steps[-1].status) if failure.steps else ""
    if _UNDECLARED.search(failure.expected):
        return ("undeclared status", status)
    if failure.check == "authentication":
        return (_without_operation(failure.promise), failure.detail)
    if failure.expected.startswith("what Schemathesis"):
        kind = status if "_data_" in failure.detail else _without_operation(failure.seen)
        return (failure.detail, kind, *(failure.operations if "_data_" in failure.detail else ()))
    return (_without_operation(failure.seen), status)


def _without_operation(text: str) -> str:
    return _OPERATION.sub("…", text)
