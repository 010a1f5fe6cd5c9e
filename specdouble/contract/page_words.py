"""What the words of a contract promise of the pages of a list: of a cursor that is unknown, of changes, of the end."""

from __future__ import annotations

import re

from specdouble.contract.operation import Operation, Parameter

REFUSALS = (400, 422, 404, 410)  # of a cursor; the first that is declared is the usual one
_CURSOR = r"(cursor|(page|continuation|next)[- ]?token|marker|bookmark)s?\b"
_UNKNOWN = (
    r"\b(invalid|malformed|unknown|unreadable|undecodable|garbage|foreign|tampered|bad|unparsable|unusable"
    r"|not (valid|recogni[sz]ed|understood|known)|cannot be (read|decoded|understood)|none of (this|the)"
    r"|never (issued|given|handed))"
)
_REFUSED = re.compile(r"\b(refus|reject|400|422|404|410|error|problem)", re.IGNORECASE)
_UNKNOWN_CURSOR = re.compile(
    rf"{_UNKNOWN}\W+(?:\w+\W+){{0,4}}?{_CURSOR}|{_CURSOR}\W+(?:\w+\W+){{0,5}}?{_UNKNOWN}", re.IGNORECASE
)
_STEADY = re.compile(
    r"\b(stable|steady|consistent)\b[^.;]{0,60}\b(insert|delet|remov|add|creat|chang|writ|between|while|under)"
    r"|\b(insert|delet|remov|add|creat|chang)\w*[^.]{0,80}"
    r"\b(neither|never|no(t|r|ne|thing)?|without|does ?n.t|do ?n.t)\b[^.;]{0,40}"
    r"\b(skip|repeat|shift|twice|duplicat|miss)"
    r"|\b(neither|never|no(t|r|ne|thing)?|without)\b[^.;]{0,40}\b(skip|repeat|shift|twice|duplicat|miss)\w*[^.;]{0,80}"
    r"\b(insert|delet|remov|add|creat|chang)",
    re.IGNORECASE,
)
_UNSTEADY = re.compile(
    r"\b(not|cannot|no)\b[^.;]{0,30}\b(stable|steady|consistent)|n['’]t [^.;]{0,20}\b(stable|steady|consistent)"
    r"|\b(may|might|can|could|will)\b[^.;]{0,40}\b(skip|repeat|shift|twice|duplicat|miss)",
    re.IGNORECASE,
)
_END = re.compile(
    r"\b(last page|final page|no (more|further|next)|nothing (more|follows|left)|the end\b|end of the list|exhausted)",
    re.IGNORECASE,
)


def refusal_of_unknown(operation: Operation, cursor: Parameter) -> int | None:
    """The status that the words promise a cursor that the server never gave; None where they promise none."""
    declared = [status for status in REFUSALS if str(status) in operation.responses]
    for status in declared:
        if _UNKNOWN_CURSOR.search(operation.responses[str(status)].description):
            return status
    says = cursor.description
    is_said = re.search(_UNKNOWN, says, re.IGNORECASE) and _REFUSED.search(says)
    return declared[0] if is_said and declared else None


def promises_steadiness(said: str) -> bool:
    """Whether words about a list say that what changes between two pages makes none repeat or skip a document."""
    return _STEADY.search(said) is not None and _UNSTEADY.search(said) is None


def promises_end(description: str) -> bool:
    """Whether words about what tells the next page say what stands there on the last one."""
    return _END.search(description) is not None
