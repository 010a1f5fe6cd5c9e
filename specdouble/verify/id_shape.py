"""What ids look like: which kind of text one is, and whether chance may hit one."""

from __future__ import annotations

import re

UNGUESSABLE = 16  # characters of an id that is not hit by chance
RANDOM = 7  # characters in which two ids differ that were drawn, and not counted
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"\W*(\d+)")  # "7", but also "7.5" and "7 apples", of which servers take the beginning
_HEX = re.compile(r"[0-9a-fA-F]+")


def bare_id(answer: object) -> str | int | None:
    """The id that is the whole of an answer: a number, a UUID or hexadecimal digits; None where it is anything else."""
    if isinstance(answer, bool) or not isinstance(answer, str | int):
        return None
    return None if shape_of(answer) == "text" else answer


def shape_of(value: object) -> str:
    """What an id looks like: hexadecimal digits of some length, a UUID, perhaps a number, or text."""
    text = str(value)
    if _UUID.fullmatch(text):
        return "uuid"
    is_small = text.isdecimal() and is_guessable(text)  # zeros before it are none of its digits
    if len(text) >= UNGUESSABLE and _HEX.fullmatch(text) and not is_small:
        return f"{len(text)} hexadecimal digits"
    return "number" if isinstance(value, bool) or _NUMBER.match(text) else "text"


def counted(text: str) -> tuple[str, str]:
    """What stands before the number that an id ends in, and the number; empty where it ends in none."""
    word = text.rstrip("0123456789")
    return word, text[len(word) :]


def _differ(one: str, other: str) -> int:
    """In how many places two ids of one length differ; 0 where they are of two."""
    return sum(a != b for a, b in zip(one, other, strict=True)) if len(one) == len(other) else 0


def is_guessable(value: object) -> bool:
    """Whether chance may hit a document with the value, or with what a server takes of it: `-5.7e-244` may be 0."""
    text = str(value)
    begun = _NUMBER.match(text)
    return len(text) < UNGUESSABLE or (begun is not None and len(begun[1].lstrip("0")) < UNGUESSABLE)


def are_drawn(one: str, other: str) -> bool:
    """Whether two ids differ in as many characters as ids do that were drawn, and not counted."""
    return _differ(one, other) >= RANDOM
