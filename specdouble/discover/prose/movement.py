"""Movement: from which state to which a document goes, and what is left of one that is deleted."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from specdouble.discover.prose.pattern import pattern
from specdouble.discover.prose.reading import Reading
from specdouble.discover.prose.sentence import Sentence

_VALUE = r"(?:`[\w\- ]+`|\"[\w\- ]+\"|'[\w\- ]+'|(?!(?:from|to|and|or)\b)[A-Za-z][\w\-]*)"
_VALUES = rf"{_VALUE}(?:(?:, | or |, or |/| and |, and ){_VALUE})*"
_MOVE = pattern(
    rf"\b(?:transition|mov|chang|go|switch|advanc|progress|pass|updat|set)\w*(?: (?:the )?(?:status"
    rf"|state))?(?: only)? from (?P<before>{_VALUES})(?: (?:state"
    rf"|status))? (?:in)?to (?:the )?(?P<after>{_VALUES})"
)
_MORE = pattern(rf"\bfrom (?P<before>{_VALUES}) (?:in)?to (?P<after>{_VALUES})")
_ARROW = re.compile(rf"{_VALUE}(?:\s*(?:->|→|=>|-->)\s*{_VALUE})+")
_DENIED = pattern(r"\b(?:cannot|can't|can not|may not|must not|not allowed|not possible|never|no longer|not be)\b")
_FINAL = pattern(
    rf"\bonce (?:[\w ]{{1,30}} (?:is|are|was|has been|have been|becomes?|reaches) |in "
    rf"|it's )?(?:the )?(?P<state>{_VALUE})(?: state| status)?,? [\w ]{{0,30}}?\b(?:cannot|can't|can not"
    rf"|may not|can no longer|must not)\b[\w ]*"
    rf"|\b(?:an?|the|any) (?P<state2>{_VALUE}) (?P<noun>\w+) (?:cannot|can't|can not|may not|can no longer"
    rf"|must not) be (?P<verb>\w+)"
    rf"|(?P<state3>{_VALUE}) is (?:an? )?(?:final|terminal) (?:state|status)\b"
)
_ONLY = pattern(
    rf"\bonly (?:an? |the )?(?P<states>{_VALUES}) (?:\w+ )?(?:can|may) be (?P<verb>\w+)"
    rf"|\bonly (?:\w+ )?(?:in|with|that are|which are|whose status is) (?:the |an? )?(?:status "
    rf"|state )?(?P<states2>{_VALUES})(?: state| status)? (?:can|may) be (?P<verb2>\w+)"
    rf"|\b(?:must be|has to be|needs to be) (?:in (?:the )?)?(?P<states3>{_VALUES})(?: state"
    rf"| status)? (?:to be|before it can be|in order to be) (?P<verb3>\w+)"
    rf"|\b(?:can|may) only be (?P<verb4>\w+) (?:if|when|while) (?:\w+ ){{0,3}}(?:is|are"
    rf"|in) (?:in )?(?:the )?(?:status |state )?(?P<states4>{_VALUES})"
)
# A state that is told by what it means: "the run must be in a final status".
_CLASSED = pattern(
    r"\b(?:must|has to|needs to) (?:not )?(?:yet )?be (?:in )?(?:an? |the )?(?:non-?)?(?:final|terminal)(?: yet)?"
    r"(?: (?:status|state)\b| ?\(|[.,;]|$)"
)
_BACK = pattern(
    rf"\b(?:cannot|can't|can not|may not|must not) be (?:changed|moved|set|reverted"
    rf"|returned) back to (?P<state>{_VALUE})"
)
_STATE_NAME = pattern(r"(?:status|state|stage|phase|lifecycle)$")
_HINT = pattern(r"\b(?:transition|once|only|final|terminal|from|back)\b|->|→|=>|cannot|can't|must be")
_STATES = {
    "draft", "pending", "active", "inactive", "open", "closed", "published", "archived", "cancelled",
    "canceled", "completed", "paid", "approved", "rejected", "paused", "submitted", "sent", "processed",
    "finalized", "voided", "void", "shipped", "delivered", "failed", "expired", "accepted", "declined",
    "confirmed", "suspended", "resolved", "terminated", "scheduled", "unpublished", "queued", "running",
    "stopped", "finished", "deleted", "disabled", "enabled", "released", "locked", "authorized", "captured",
    "refunded", "posted", "started", "new", "done", "blocked", "settled", "processing", "created", "ended",
    "succeeded", "reviewed", "in_progress", "uncaptured", "on_hold", "held", "executed", "signed", "issued",
    "unpaid", "complete", "incomplete",
}  # fmt: skip

_SOFT = pattern(
    r"\bsoft[- ]?delet\w*|\b(?:is|are|be|gets?) (?:only |merely |just )?(?:marked|flagged) as (?:deleted"
    r"|removed)\b|\bmarks? (?:the |an? |it )?\w* ?as (?:deleted|removed)\b"
    r"|\bdeleted [\w ]{2,30} (?:are|is|will be) (?:kept|retained|hidden|excluded|still (?:available|stored"
    r"|retrievable))"
    r"|\bdeleted [\w ]{2,25}can be (?:restored|undeleted|recovered)|\b(?:moved?s?|moves? (?:the |an? )?\w+"
    r"|sent) to (?:the )?(?:trash"
    r"|recycle bin)\b"
)
_HARD = pattern(
    r"\bpermanent\w*\b|\bif\b|\bor\b|\bcannot be (?:undone|restored|recovered)|\bwhether\b|\brestores?\b"
    r"|\binclud\w+\b|\bfilter|\bemails?\b"
)
_GONE = pattern(
    r"^(?:(?:the )?(?:date|time|timestamp|moment|date ?time)(?: and time)?(?: (?:at|on|in) which| when|,? when"
    r"| that)?|(?:(?:is )?(?:set|filled in) )?when) [\w ]{2,30}(?:is|was|has been|were) (?:soft[- ])?deleted"
)


def read(sentence: Sentence) -> Iterator[Reading]:
    """What a sentence says of the states of a document."""
    yield from _deleted(sentence)
    if not _HINT.search(sentence.text) or sentence.place.on == "schema":
        return
    if sentence.is_about_a_property and not (sentence.place.values or _STATE_NAME.search(sentence.place.name)):
        return
    moves = _moves(sentence)
    if moves is not None:
        yield Reading("x-transitions", moves or None, (), 0.75 if moves else 0.6)


def _moves(sentence: Sentence) -> dict[str, list[str]] | None:
    """The moves that a sentence allows; empty where it forbids one; None where it speaks of none."""
    text = sentence.text
    if found := _BACK.search(text):
        return {} if _known(sentence, found["state"]) else None
    if found := _ARROW.search(text):
        return _chain(sentence, re.split(r"\s*(?:-->|->|→|=>)\s*", found[0]))
    if found := _MOVE.search(text):
        moves = _each(sentence, found)
        if moves and not _is_past(text, found):
            return {} if _DENIED.search(text[: found.start("after")]) else moves
    if sentence.place.on == "operation" and sentence.place.method != "get" and _CLASSED.search(text):
        return {}
    if found := _ONLY.search(text):
        return _allowed(sentence, found)
    return _ended(sentence)


def _each(sentence: Sentence, found: re.Match[str]) -> dict[str, list[str]]:
    """The move that was found, and those that are named after it: "and from open to paid"."""
    moves: dict[str, list[str]] = {}
    for one in (found, *_MORE.finditer(sentence.text[found.end() :])):
        after = _listed(sentence, one["after"])
        moves |= {state: after for state in _listed(sentence, one["before"]) if after}
    return moves


def _is_past(text: str, found: re.Match[str]) -> bool:
    """Whether it tells of an event, and not of what is possible: "when the status changed from open to closed"."""
    return bool(re.match(r"(?:chang|mov|updat|switch|transition)ed\b", found[0], re.IGNORECASE)) and not re.search(
        r"\b(?:can|may|must|only)\b", text, re.IGNORECASE
    )


def _chain(sentence: Sentence, names: list[str]) -> dict[str, list[str]] | None:
    states = [_known(sentence, name) for name in names]
    if not all(states):
        return None
    return {one: [after] for one, after in itertools.pairwise(states)}


def _allowed(sentence: Sentence, found: re.Match[str]) -> dict[str, list[str]] | None:
    states = _listed(
        sentence, next((found[name] for name in ("states", "states2", "states3", "states4") if found[name]), "")
    )
    verb = next((found[name] for name in ("verb", "verb2", "verb3", "verb4") if found[name]), "")
    after = _known(sentence, verb)
    if not states:
        return None
    if verb in ("deleted", "removed") and not sentence.place.values:
        # A document that is gone is in no state; what is written as code may be a kind of document, too.
        return {} if all(one.lower() in _STATES for one in states) else None
    return {one: [after] for one in states} if after else {} if _is_change(verb) else None


def _ended(sentence: Sentence) -> dict[str, list[str]] | None:
    """A state that nothing follows, or a move that is forbidden."""
    found = _FINAL.search(sentence.text)
    state = (
        _known(sentence, next((found[name] for name in ("state", "state2", "state3") if found[name]), ""))
        if found
        else ""
    )
    if not found or not state:
        return None
    if found["state3"]:
        return {state: []}
    return {} if any(_is_change(word) or _known(sentence, word) for word in re.findall(r"\w+", found[0])[-4:]) else None


def _is_change(verb: str) -> bool:
    return bool(
        re.fullmatch(
            r"re\w+ed|un\w+ed|changed|modified|cancell?ed|edited|updated|deleted|started|stopped|paid|refunded"
            r"|published|approved",
            verb,
            re.IGNORECASE,
        )
    )


def _listed(sentence: Sentence, text: str) -> list[str]:
    names = re.split(r",? (?:or|and) |, |/", text)
    return [state for name in names if (state := _known(sentence, name))]


def _known(sentence: Sentence, name: str) -> str:
    """The state of that name: a value of the property's, or what is marked as one, or a word for a state."""
    plain = name.strip("`\"' ")
    folded = re.sub(r"[\s_\-]", "", plain).lower()
    for value in sentence.place.values:
        if re.sub(r"[\s_\-]", "", value).lower() in (
            folded,
            folded.replace("cancelled", "canceled"),
            folded.replace("canceled", "cancelled"),
        ):
            return value
    if sentence.place.values:
        return ""
    return plain if plain != name.strip() or folded in _STATES or plain.lower() in _STATES else ""


def _deleted(sentence: Sentence) -> Iterator[Reading]:
    """Documents that stay when they are deleted."""
    text = sentence.text
    if sentence.is_about_a_property:
        if _GONE.search(text) or (
            _SOFT.search(text)
            and re.match(r"(?:is_?)?(?:deleted|archived|removed)", sentence.place.name, re.IGNORECASE)
        ):
            yield Reading("x-soft-delete", True, (sentence.place.name,), 0.5, promises=False)
    elif (sentence.place.on == "schema" or sentence.place.method == "delete") and (
        _SOFT.search(text) and not _HARD.search(text)
    ):
        yield Reading("x-soft-delete", None, (), 0.7)
