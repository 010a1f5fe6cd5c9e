"""Examples of forms and parameters: they carry texts, and what is written as one means the value that it spells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qs

from specdouble.contract.operation import FORM
from specdouble.contract.pointer import is_index, look_up, pointer, tokens
from specdouble.contract.violation import Violation

_FORMS = (FORM, "multipart/")
Check = Callable[[Any], list[Violation]]


def is_form(media_type: str) -> bool:
    """Whether a body of this media type has fields."""
    return media_type.lower().startswith(_FORMS)


def violations_as_sent(value: object, check: Check) -> list[Violation]:
    """What is wrong with an example once it is read as a form, or a query, would carry it.

    Args:
        value: the example: `{"size": "2.5"}`, or a whole form as a text, `size=2.5`.
        check: tells what is wrong with a value.
    """
    violations = check(value)
    if isinstance(value, str) and "=" in value and violations:
        value = {name: texts if len(texts) > 1 else texts[0] for name, texts in parse_qs(value).items()}
        violations = check(value)
    for violation in violations:
        value = _spelled(value, violation.pointer, check)
    return check(value) if violations else []


def _spelled(value: object, at: str, check: Check) -> Any:
    """The value, with the text at the pointer in the place of which something else was meant, where that conforms."""
    try:
        text = look_up(value, at)
    except LookupError:
        return value
    for meant in _readings(text) if isinstance(text, str) else ():
        changed = _replaced(value, tokens(at), meant)
        if not any(violation.pointer.startswith(at) for violation in check(changed)):
            return changed
    return value


def _readings(text: str) -> Iterator[Any]:
    """What a text may stand for: a number, a boolean, JSON, nothing; one of several, where a field may be repeated."""
    try:
        found = json.loads(text) if text else None
    except (ValueError, RecursionError):
        yield [text]
    else:
        yield from (found, [text], [found])


def _replaced(value: object, path: list[str], meant: object) -> Any:
    if not path:
        return meant
    changed = deepcopy(value)
    holder = look_up(changed, pointer(*path[:-1]))
    holder[int(path[-1]) if isinstance(holder, list) and is_index(path[-1]) else path[-1]] = meant
    return changed
