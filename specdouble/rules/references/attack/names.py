"""What names a document, by its id or by another property, and what names none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from specdouble.rules.references.rule import OnDelete, References
from specdouble.verify.document import Document
from specdouble.verify.exchange import Exchange
from specdouble.verify.identity import User
from specdouble.verify.problem import NotExercised
from specdouble.verify.shared import Shared
from specdouble.verify.trial import Trial
from specdouble.verify.values import unlike


def names_of_none(session: Shared, rule: References) -> dict[str, Callable[[Any], Any]]:
    """Ways to an id of no document, from the id of one."""
    if _is_name(session, rule):  # one that is nearly another's may be somebody's
        return {
            f"a {rule.key or 'name'} of none": lambda known: of_none(session, rule, known),
            "empty": lambda known: "" if isinstance(known, str) else 0,
            "a space": lambda known: " " if isinstance(known, str) else 0,
        }
    return {
        "its last character other": lambda known: _other_last(known),
        "its first character other": unlike,
        "its characters in another order": lambda known: _turned(known),
        "all zeros": lambda known: _filled(known, "0"),
        "one character more": lambda known: f"{known}0" if isinstance(known, str) else known + 10**9,
        "one character less": lambda known: known[:-1] if isinstance(known, str) else 0,
        "no id at all": lambda known: "nonsense" if isinstance(known, str) else -1,
        "text that no id holds": lambda known: "ñ/../{}$%" if isinstance(known, str) else -2,
        "empty": lambda known: "" if isinstance(known, str) else 0,
        "a space": lambda known: " " if isinstance(known, str) else 0,
    }


def of_none(session: Shared, rule: References, known: object) -> Any:
    """What names no document, where the value names one."""
    return session.fresh.text() if _is_name(session, rule) and isinstance(known, str) else _other_last(known)


def _is_name(session: Shared, rule: References) -> bool:
    """Whether clients choose the values that name a document."""
    return bool(rule.key) or session.subjects[rule.target].named_by_client


def _other_last(known: Any) -> Any:
    return known[:-1] + ("0" if known[-1:] != "0" else "1") if isinstance(known, str) else known + 987_654


def _turned(known: object) -> Any:
    return known[::-1] if isinstance(known, str) and known[::-1] != known else _other_last(known)


def _filled(known: object, char: str) -> Any:
    return "".join(char if one.isalnum() else one for one in known) if isinstance(known, str) else 0


def word_for(rule: References) -> str:
    """The word for what names a document."""
    return rule.key or "id"


def named_by(rule: References | OnDelete, document: Document) -> Any:
    """The value that names a document."""
    if not rule.key:
        return document.id
    held = {**document.sent, **document.shown}
    if held.get(rule.key) is None:
        raise NotExercised(f"nothing tells the {rule.key} of a document of {document.subject.collection}")
    return held[rule.key]


def known_to(trial: Trial, rule: References, user: User) -> Any:
    """The value that names a document which the user may refer to.

    Raises:
        NotExercised: there is none.
    """
    session, target = trial.session, trial.session.subjects[rule.target]
    key = session.referents.of(rule.target, user)
    if not rule.key:
        return key
    made = session.referents.as_made(target, key)
    if made.get(rule.key) is not None:
        return made[rule.key]
    listed = trial.listed(target, user, until=key) if target.listers else []
    found = next((one[rule.key] for one in listed if one.get(target.key) == key and one.get(rule.key)), None)
    if found is None:
        raise NotExercised(f"nothing tells the {rule.key} of a document of {rule.target}")
    return found


def statuses_of(rule: References, exchange: Exchange) -> set[int]:
    """The statuses that refuse what names none."""
    return {rule.status_among(exchange.call.operation.statuses)}
