"""The cause of a failure: what fails in one way for many operations is told once, with the list of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TypeVar

from specdouble.verify.verdict import Failure, Verdict

Cause = tuple[str, ...]
Key = TypeVar("Key")

_OPERATION = re.compile(r"\b(GET|PUT|POST|DELETE|OPTIONS|HEAD|PATCH|TRACE) /\S*?(?=:? |:?$)")
_UNDECLARED = re.compile(r"^(one of the statuses|what Schemathesis' check status_code_conformance)\b")
_UNKEPT = re.compile(r"^\S+ to be (?!accepted$)")
_IN_A_LIST = re.compile(r"^(/[^/:\s]+)*/\d+(?=/)")  # where a document stands: `/mappings/5` of `/mappings/5/name`
DEMAND: Cause = ("demand",)  # what is asked for beside the schema: one mend is to say it there
_MEDIA_TYPE = re.compile(r"(?:Received: |it is )([\w.+-]+/[\w.+-]+|of no type)")
# Of failures with one cause in several rows, the one that says most precisely what is refused.
_MOST_PRECISE = ("boundaries", "read_your_writes", "partial_update", "unknown_properties", "error_shape", "conformance")


def gather(verdict: Verdict) -> None:
    """Tell each cause once, in the row that says it best; a rule of the contract has promises for its sides."""
    rows = [row for row in verdict.rows.values() if ":" not in row.check]
    failures = {(row.check, promise): one for row in rows for promise, one in row.failures.items()}
    ranked = dict(sorted(failures.items(), key=lambda item: _rank(item[0][0], item[1])))
    kept = {id(one) for one in gathered(ranked).values()}
    for row in rows:
        mine = {promise: one for promise, one in row.failures.items() if id(one) in kept}
        row.told_elsewhere += len(row.failures) - len(mine)
        row.failures = mine


def _rank(check: str, failure: Failure) -> int:
    others = len(_MOST_PRECISE) if _cause(failure) == DEMAND else -1  # who needs a document says least of a refusal
    return _MOST_PRECISE.index(check) if check in _MOST_PRECISE else others


def gathered(failures: Mapping[Key, Failure]) -> dict[Key, Failure]:
    """The failures of some checks, each cause once.

    Args:
        failures: by what the server was held to; of those with one cause the first is kept.
    """
    first: dict[Cause, Failure] = {}
    kept: dict[Key, Failure] = {}
    bodies = dict(_judged_bodies(failures.values()))
    for promise, failure in failures.items():
        cause = _cause(failure)
        known = bodies.get(cause) or first.setdefault(cause, failure)
        if known is failure:
            kept[promise] = failure
            continue
        known.also += failure.also + 1
        known.others = (*known.others, failure)
        known.operations = tuple(dict.fromkeys([*known.operations, *failure.operations]))
    return kept


def _judged_bodies(failures: Iterable[Failure]) -> Iterable[tuple[Cause, Failure]]:
    """What our own judge said of a body, by the operation and the status: Schemathesis says it again."""
    told: dict[Cause, Failure] = {}
    for failure in failures:
        if failure.expected.startswith("the body that the contract declares"):
            first = told.setdefault(_cause(failure), failure)
            yield _schema_violation(failure), first


def _schema_violation(failure: Failure) -> Cause:
    return ("schema violation", _status(failure), *failure.operations)


def _cause(failure: Failure) -> Cause:
    """What two failures share that need one mend: what was asked and seen, whichever the operation was."""
    status = _status(failure)
    if status.startswith("5") and failure.steps:
        return ("server error", _without_values(failure.steps[-1].told(80)))
    if _UNDECLARED.search(failure.expected):
        return ("undeclared status", status)
    if failure.check == "authentication":
        return (_without_operation(failure.promise), failure.detail)
    if failure.expected.startswith("what Schemathesis"):
        return _cause_by_schemathesis(failure)
    return _own_cause(failure, status)


def _own_cause(failure: Failure, status: str) -> Cause:
    """The cause of what a check of ours found."""
    media_type = _MEDIA_TYPE.match(failure.seen)
    if media_type and failure.expected.startswith("an answer "):
        return ("media type", media_type[1])
    if failure.expected.endswith(" to be accepted") and status.startswith("4"):
        return DEMAND
    if failure.expected.startswith("the body that the contract declares"):
        return ("body", _IN_A_LIST.sub("", _without_operation(failure.seen)))  # one of a list, or alone
    if "refuses what does not fit" in failure.promise:
        return _laxity(failure)
    if "refuses a body that is no object" in failure.promise:
        return ("no object", failure.detail)
    if _UNKEPT.match(failure.expected) and failure.check in ("read_your_writes", "boundaries"):
        return ("unkept", _place(failure))
    return (_without_operation(failure.seen), status)


def _cause_by_schemathesis(failure: Failure) -> Cause:
    """The cause of what a check of Schemathesis' found: where ours find the same, it is one."""
    check = failure.detail
    media_type = _MEDIA_TYPE.match(failure.seen)
    if check == "content_type_conformance" and media_type:
        return ("media type", media_type[1])
    if check == "response_schema_conformance":
        return _schema_violation(failure)
    if check == "positive_data_acceptance":
        return DEMAND
    if check == "unsupported_method":
        return (check,)
    if check == "negative_data_rejection":
        return _laxity(failure)
    return (check, _without_operation(failure.seen))


def _laxity(failure: Failure) -> Cause:
    """What is taken though it does not fit: one cause for all that writes the same documents."""
    if not failure.steps:
        return ("laxity", *failure.operations)
    operation = failure.steps[-1].call.operation
    writes = operation.method in ("post", "put", "patch")
    return ("laxity", *([_stem(operation.path)] if writes else failure.operations))


def _stem(path: str) -> str:
    return re.sub(r"/\{[^}]*\}$", "", path)


def _status(failure: Failure) -> str:
    return str(failure.steps[-1].status) if failure.steps else ""


def _place(failure: Failure) -> str:
    """The path of the documents that a failure is about."""
    match = _OPERATION.search(failure.promise)
    return _stem(match[0].partition(" ")[2]) if match else ""


def _without_operation(text: str) -> str:
    return _OPERATION.sub("…", text)


def _without_values(text: str) -> str:
    """A text without what differs from request to request: what stands in quotation marks, and digits."""
    return re.sub(r"'[^']*'|\d+", "…", text[3:])
