"""The symptom of a failure: which answer shows it, and what of that answer."""

from __future__ import annotations

import re
from typing import Any

from specdouble.contract.pointer import is_index
from specdouble.verify.exchange import Exchange
from specdouble.verify.verdict import Failure

# What an answer is told by, in clauses: whole, or its beginning.
LENGTHS = (160, 100, 80, 60, 40)
_PROPERTY = re.compile(r"^(\S+) (?:to|of a later)\b")
_PLACE = re.compile(r"^(the answer|a read|the list) shows\b")
_LISTED = re.compile(r"^the list to show all (\d+) new documents$")
_POINTER = re.compile(r"^(/\S*|the body): ")


def symptom_of(failure: Failure, steps: list[Exchange]) -> tuple[int, dict[str, Any]]:
    """The number of the step whose answer shows the failure, and what to look at in it.

    Args:
        failure: what was expected and seen.
        steps: every request that leads to it, in order.
    """
    volley = next((step.call.together for step in reversed(steps) if step.call.together is not None), None)
    if volley is not None and "at once" in failure.expected:
        last = max(number for number, step in enumerate(steps) if step.call.together == volley)
        return last, {"kind": "volley", "together": volley}
    number = _answered(failure, steps)
    if number is not None and failure.seen.startswith("it is not: ") and steps[number].ok:
        return number, {"kind": "body"}  # a list, without what should be in it
    if number is not None:
        return number, {"kind": "status", "wanted": _wanted(failure, steps[number])}
    return _in_the_answer(failure, steps)


def _answered(failure: Failure, steps: list[Exchange]) -> int | None:
    """The last step whose status and answer are what was seen."""
    if " answered " not in failure.seen and not failure.seen.startswith("it is not: "):
        return None
    for number, step in reversed(list(enumerate(steps))):
        if any(failure.seen.endswith(step.told(length)) for length in LENGTHS):
            return number
        if failure.seen.endswith(f"answered {step.status}"):
            return number
    return None


def _wanted(failure: Failure, step: Exchange) -> str:
    """What the answer should have been: accepted, refused, or anything with another status."""
    if step.ok and " refused" in failure.expected:
        return "refused"
    if step.refused and failure.expected.endswith(("to be accepted", "to be let in", "to be taken")):
        return "accepted"
    return "another"


def _in_the_answer(failure: Failure, steps: list[Exchange]) -> tuple[int, dict[str, Any]]:
    last = len(steps) - 1
    if failure.expected.startswith("what Schemathesis"):
        return last, _of_schemathesis(failure)
    if "WWW-Authenticate" in failure.seen:
        return last, {"kind": "header", "name": "www-authenticate"}
    if failure.expected.startswith("an answer ") and " of type " in failure.expected:
        return last, {"kind": "type"}
    pointer = _POINTER.match(failure.seen)
    if pointer and failure.expected.startswith("the body that the contract declares"):
        path = [_key(part) for part in pointer[1].split("/")[1:]] if pointer[1] != "the body" else []
        return last, {"kind": "at", "path": path}
    listed = _LISTED.match(failure.expected)
    if listed:
        return last, {"kind": "listed", "count": int(listed[1])}
    name = _PROPERTY.match(failure.expected)
    number = _showing(name[1], failure, steps) if name else None
    if name is None or number is None:
        return last, {"kind": "body"}
    kind = "spelling" if " to be written like " in failure.expected else "value"
    return number, {"kind": kind, "name": name[1]}


def _showing(name: str, failure: Failure, steps: list[Exchange]) -> int | None:
    """The number of the last answer that shows the property, or should; None where none does."""
    place = _PLACE.match(failure.seen)
    missing = place is not None and failure.seen.endswith("shows none")
    for number, step in reversed(list(enumerate(steps))):
        told = place is None or (place[1] == "the answer") == (step.method != "GET")
        if step.ok and told and (missing or _shows(step.json, name)):
            return number
    return None


def _of_schemathesis(failure: Failure) -> dict[str, Any]:
    """What a check of Schemathesis' looks at."""
    if failure.detail == "content_type_conformance":
        return {"kind": "type"}
    if failure.detail == "response_schema_conformance":
        return {"kind": "body"}
    if failure.detail in ("response_headers_conformance", "allow_header_conformance"):
        names = re.findall(r"[A-Za-z][A-Za-z-]+", failure.seen)
        missing = next((name.lower() for name in names if "-" in name or name == "Allow"), "")
        return {"kind": "header", "name": missing}
    wanted = {
        "negative_data_rejection": "refused",
        "missing_required_header": "refused",
        "ignored_auth": "refused",
        "positive_data_acceptance": "accepted",
    }
    return {"kind": "status", "wanted": wanted.get(failure.detail, "another")}


def _shows(value: object, name: str) -> bool:
    if isinstance(value, dict):
        return name in value or any(_shows(item, name) for item in value.values())
    return isinstance(value, list) and any(_shows(item, name) for item in value)


def _key(token: str) -> str | int:
    text = token.replace("~1", "/").replace("~0", "~")
    return int(text) if is_index(text) else text
