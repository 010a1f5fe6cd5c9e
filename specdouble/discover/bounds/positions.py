"""What each character of a text must be, where texts have one form: `ABC-1234`."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from specdouble.discover.bounds.bound import Bound
from specdouble.discover.bounds.property import Property

LONGEST = 24  # characters of a text that is looked at one by one
_CLASSES = {"[A-Z]": string.ascii_uppercase, "[a-z]": string.ascii_lowercase, "[0-9]": string.digits}
_EXAMPLES = 4  # texts of the pattern that must be taken


@dataclass(frozen=True)
class Run:
    """Characters of one kind in a row.

    Args:
        kinds: the classes that each may be of; none where it must be itself.
        text: the characters.
    """

    kinds: tuple[str, ...]
    text: str

    def another(self, length: int | None = None) -> str:
        """Characters that may stand there as well."""
        alphabet = "".join(_CLASSES[kind] for kind in self.kinds)
        size = len(self.text) if length is None else length
        return "".join(secrets.choice(alphabet) for _ in range(size)) if alphabet else self.text

    @property
    def pattern(self) -> str:
        """It as a pattern."""
        if not self.kinds:
            return re.sub(r"([\\^$.*+?()\[\]{}|/])", r"\\\1", self.text)  # ECMA 262 knows no `\-`
        inner = "".join(kind[1:-1] for kind in self.kinds)
        return f"[{inner}]" + (f"{{{len(self.text)}}}" if len(self.text) > 1 else "")


def seen(one: Property, text: str) -> Iterator[Bound]:
    """The pattern of texts like one that is taken."""
    if not 1 < len(text) <= LONGEST:
        return
    runs = _runs(one, text)
    varied = sum(len(run.text) for run in runs if run.kinds)
    if 2 * varied < len(text) or any(_may_be_longer(one, runs, place) for place in range(len(runs))):
        return  # it is one of few texts, or a name; or the form is a looser one than this says
    if not all(one.takes(lambda: "".join(run.another() for run in runs)) for _ in range(_EXAMPLES)):
        return
    pattern = "^" + "".join(run.pattern for run in runs) + "$"
    if one.parts(lambda: "".join(run.another() for run in runs), lambda: _broken(runs)):
        yield one.bound("pattern", pattern)


def _runs(one: Property, text: str) -> list[Run]:
    kinds = [_kinds(one, text, place) for place in range(len(text))]
    found: list[Run] = []
    for kind, places in groupby(range(len(text)), key=lambda place: kinds[place]):
        found.append(Run(kind, "".join(text[place] for place in places)))
    return found


def _kinds(one: Property, text: str, place: int) -> tuple[str, ...]:
    """The classes of which any character may stand in a place."""
    found = []
    for kind, alphabet in _CLASSES.items():
        others = [letter for letter in alphabet if letter != text[place]]
        if one.takes(lambda others=others: text[:place] + secrets.choice(others) + text[place + 1 :]):  # type: ignore[misc]
            found.append(kind)
    return tuple(found)


def _may_be_longer(one: Property, runs: list[Run], place: int) -> bool:
    """Whether a run may have one character more, or less."""
    if not runs[place].kinds:
        return False
    for length in (len(runs[place].text) + 1, len(runs[place].text) - 1):

        def text(length: int = length) -> str:
            parts = [run.another(length if index == place else None) for index, run in enumerate(runs)]
            return "".join(parts)

        if one.takes(text):
            return True
    return False


def _broken(runs: list[Run]) -> str:
    """A text that is one character too long."""
    return "".join(run.another() for run in runs) + runs[-1].another(1)[:1]
