"""Which characters a text may have: within, first, last, and beside each other."""

from __future__ import annotations

import re
import string
from collections.abc import Iterator, Sequence

from specdouble.discover.bounds.alphabet import FAR, Texts
from specdouble.discover.bounds.bound import Bound
from specdouble.verify.patterns import matching
from specdouble.verify.problem import NotExercised

# One of each class that patterns have a short name for, and every other character that keyboards have.
CLASSES = {"q": "a-z", "Q": "A-Z", "7": "0-9"}
_BEYOND = "é"  # stands for all letters that ASCII does not have
_ASCII = "".join(CLASSES) + " " + string.punctuation
_AROUND = 3  # characters before and behind
_EXAMPLES = 3  # texts of a pattern that must be taken


def seen(texts: Texts) -> Iterator[Bound]:
    """The pattern of what a text is made of, where the server does not take every character."""
    within = _Frame(texts, "{0}{1}{0}")
    allowed = within.allowed(_ASCII + _BEYOND)
    refused = [one for one in _ASCII + _BEYOND if one not in allowed]
    if not refused or not allowed:
        return
    pattern = _with_edges(texts, _pattern(texts, allowed, refused), allowed, refused)
    if pattern is None or not _are_taken(texts, pattern):
        return
    one = texts.one
    if one.parts(lambda: within.text(allowed[0]), lambda: within.text(refused[0])):
        yield one.bound("pattern", pattern)


class _Frame:
    """A place in a text where characters are tried.

    Args:
        texts: the texts.
        shape: what stands around the characters, which are `{1}`.
    """

    def __init__(self, texts: Texts, shape: str) -> None:
        self.texts, self.shape = texts, shape
        self.room = texts.most - _AROUND * shape.count("{0}")

    def text(self, characters: str) -> str:
        """A text with the characters in it."""
        filled = self.shape.replace("{1}", characters, 1)
        while "{0}" in filled:
            filled = filled.replace("{0}", self.texts.made(_AROUND), 1)
        return filled + self.texts.made(0)

    def allowed(self, characters: str) -> str:
        """Those of the characters that are taken: of many at once, else of each half."""
        if not characters:
            return ""
        if len(characters) <= self.room and self.texts.one.takes(lambda: self.text(characters)):
            return characters
        if len(characters) == 1:
            return ""
        middle = len(characters) // 2
        return self.allowed(characters[:middle]) + self.allowed(characters[middle:])


def _pattern(texts: Texts, allowed: str, refused: Sequence[str]) -> str | None:
    """The pattern of texts that have these characters; None where none says it shortly."""
    if _BEYOND in allowed:
        if any(one in CLASSES for one in refused):
            return None
        return f"^[^{_class(refused)}]*$"
    if not any(one in CLASSES for one in allowed):
        return None
    first = _Frame(texts, "{1}{0}{0}")
    starting = "".join(one for one in allowed if first.allowed(one))
    last = _Frame(texts, "{0}{0}{1}")
    ending = "".join(one for one in allowed if last.allowed(one))
    marks = "".join(one for one in allowed if one not in CLASSES)
    if starting == ending == allowed:
        return f"^[{_class(allowed)}]{'+' if texts.least else '*'}$"
    plain = "".join(one for one in allowed if one in CLASSES)
    twice = _Frame(texts, "{0}{1}{0}")
    if starting == ending == plain and not any(texts.one.takes(lambda c=c: twice.text(c + c)) for c in marks):  # type: ignore[misc]
        found = f"[{_class(plain)}]+(?:[{_class(marks)}][{_class(plain)}]+)*"
    else:
        found = f"[{_class(starting)}](?:[{_class(allowed)}]*[{_class(ending)}])?"
    return f"^{found}$" if texts.least else f"^(?:{found})?$"


def _with_edges(texts: Texts, pattern: str | None, allowed: str, refused: Sequence[str]) -> str | None:
    """The pattern with the marks that are taken at one end alone: the plus sign of a telephone number."""
    marks = [one for one in refused if one in string.punctuation]
    first, last = _Frame(texts, "{1}{0}{0}"), _Frame(texts, "{0}{0}{1}")
    leading, trailing = ("".join(one for one in marks if frame.allowed(one)) for frame in (first, last))
    if pattern is None or not leading + trailing:
        return pattern
    if pattern != f"^[{_class(allowed)}]+$":
        return None  # no short pattern says it, and one without them would refuse what is taken
    ends = [f"[{_class(marks)}]?" if marks else "" for marks in (leading, trailing)]
    texts.is_counted_apart = _are_counted_apart(texts, leading[:1], trailing[:1])
    most = "" if texts.most == FAR else texts.most
    size = f"{{{texts.least},{most}}}" if texts.is_counted_apart else "+"
    return f"^{ends[0]}[{_class(allowed)}]{size}{ends[1]}$"


def _are_counted_apart(texts: Texts, first: str, last: str) -> bool:
    """Whether marks at an end are none of the characters that there may be so many of."""
    first, last = (first, "") if first else ("", last)

    def takes(length: int) -> bool:
        return texts.one.takes(lambda: first + texts.made(length) + last)

    return (texts.most < FAR and takes(texts.most)) or (texts.least > 1 and not takes(texts.least - 1))


def _class(characters: Sequence[str]) -> str:
    """What stands between the brackets; a hyphen at the end, where it means itself."""
    named = [CLASSES.get(one) or re.sub(r"([\\\]\[^])", r"\\\1", one) for one in characters if one != "-"]
    order = {"a-z": 0, "A-Z": 1, "0-9": 2}
    named.sort(key=lambda one: order.get(one, 3))
    return "".join(named) + ("-" if "-" in characters else "")


def _are_taken(texts: Texts, pattern: str) -> bool:
    """Whether texts that match are taken: what is demanded beyond the characters would be a lie by omission."""
    fitting = [one for one in matching(pattern, 0) if texts.least <= len(one) <= texts.most and len(one) > 1]
    for one in fitting[:_EXAMPLES]:
        try:
            if not texts.one.takes(lambda one=one: one):  # type: ignore[misc]
                return False
        except NotExercised:
            continue  # so short a text may well be taken
    return True
