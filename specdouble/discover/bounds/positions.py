"""What each character of a text must be, where texts have one form: `ABC-1234`, or `+491511` and more digits."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from specdouble.discover.bounds.bound import Bound
from specdouble.discover.bounds.property import Property, last_taken

LONGEST = 24  # characters of a text that is looked at one by one
_CLASSES = {"A-Z": string.ascii_uppercase, "a-z": string.ascii_lowercase, "0-9": string.digits}
_MARKS = "-_/.: "
_EXAMPLES = 4  # texts of the pattern that must be taken
_SOME = 3  # characters of a class that stand for all of it
_FAR = 100  # characters in a row: where so many are taken, nothing that has a form bounds them


@dataclass(frozen=True)
class Run:
    """Characters of one kind in a row.

    Args:
        alphabet: what each may be; nothing where it must be itself.
        text: the characters.
        least: how few there may be, where not just as many as these.
        most: how many there may be, where not just as many as these.
    """

    alphabet: str
    text: str
    least: int = 0
    most: int = 0

    def another(self, length: int | None = None) -> str:
        """Characters that may stand there as well."""
        size = len(self.text) if length is None else length
        return "".join(secrets.choice(self.alphabet) for _ in range(size)) if self.alphabet else self.text

    @property
    def pattern(self) -> str:
        """It as a pattern."""
        if not self.alphabet:
            return re.sub(r"([\\^$.*+?()\[\]{}|/])", r"\\\1", self.text)  # ECMA 262 knows no `\-`
        inner = _as_class(self.alphabet)
        if self.most:
            return f"[{inner}]{{{self.least},{self.most}}}"
        return f"[{inner}]" + (f"{{{len(self.text)}}}" if len(self.text) > 1 else "")

    @property
    def lengths(self) -> tuple[int, int]:
        """How few and how many characters there may be."""
        return (self.least, self.most) if self.most else (len(self.text), len(self.text))


def seen(one: Property, text: str) -> Iterator[Bound]:
    """The pattern of texts like one that is taken."""
    if not 1 < len(text) <= LONGEST:
        return
    runs = _runs(one, text)
    varied = sum(len(run.text) for run in runs if any(letters in run.alphabet for letters in _CLASSES.values()))
    if 2 * varied < len(text):
        return  # it is one of few texts, or a name
    looser = [place for place in range(len(runs)) if _may_differ_in_length(one, runs, place)]
    if len(looser) > 1:
        return  # the form is a looser one than a pattern of runs says
    for place in looser:
        runs[place] = _stretched(one, runs, place)
        if runs[place].most >= _FAR:
            return
    if not all(one.takes(lambda: _text(runs)) for _ in range(_EXAMPLES)):
        return
    pattern = "^" + "".join(run.pattern for run in runs) + "$"
    place = looser[0] if looser else len(runs) - 1
    least, most = runs[place].lengths
    outside = [most + 1, *([least - 1] if looser and least > 1 else [])]
    if all(one.parts(lambda: _text(runs), lambda size=size: _text(runs, place, size)) for size in outside):  # type: ignore[misc]
        yield one.bound("pattern", pattern)


def _text(runs: list[Run], place: int = -1, length: int | None = None) -> str:
    """A text of these runs, one of which may be of another length; what can only be itself is followed by its end."""
    parts = []
    for index, run in enumerate(runs):
        least, most = run.lengths
        size = length if index == place and length is not None else least + secrets.randbelow(most - least + 1)
        parts.append(run.another(size) if run.alphabet else run.text + run.text[-1:] * (size - len(run.text)))
    return "".join(parts)


def _stretched(one: Property, runs: list[Run], place: int) -> Run:
    """The run with as few and as many characters as there may be."""
    run, usual = runs[place], len(runs[place].text)

    def takes(length: int) -> bool:
        return one.takes(lambda: _text(runs, place, length))

    most = _FAR if takes(_FAR) else last_taken(takes, usual, _FAR)
    least = 0 if takes(0) else last_taken(takes, usual, 0)
    return replace(run, least=least, most=most)


def _as_class(alphabet: str) -> str:
    """The characters as a class of a pattern has them: `A-F0-9`, the mark that makes a range last."""
    spans: list[str] = []
    for char in sorted({*alphabet} - {"-"}):
        if spans and ord(char) == ord(spans[-1][-1]) + 1:
            spans[-1] += char
        else:
            spans.append(char)
    inner = "".join(f"{span[0]}-{span[-1]}" if len(span) > 2 else span for span in spans)
    return inner + ("-" if "-" in alphabet else "")


def _runs(one: Property, text: str) -> list[Run]:
    alphabets = [_alphabet(one, text, place) for place in range(len(text))]
    found: list[Run] = []
    for alphabet, places in groupby(range(len(text)), key=lambda place: alphabets[place]):
        found.append(Run(alphabet, "".join(text[place] for place in places)))
    return found


def _alphabet(one: Property, text: str, place: int) -> str:
    """What may stand in a place: all of a class of which some others may; else each that may of those like it."""
    known = {text[place]: True}

    def takes(char: str) -> bool:
        if char not in known:
            known[char] = one.takes(lambda: text[:place] + char + text[place + 1 :])
        return known[char]

    whole = [letters for letters in _CLASSES.values() if all(map(takes, _some(letters, without=text[place])))]
    if whole:
        return "".join(whole)
    like = next((letters for letters in (*_CLASSES.values(), _MARKS) if text[place] in letters), "")
    taken = "".join(filter(takes, like))
    return taken if len(taken) > 1 else ""


def _some(letters: str, without: str) -> list[str]:
    """A few of a class by chance: one alone would be taken where few may stand."""
    return secrets.SystemRandom().sample([one for one in letters if one != without], _SOME)


def _may_differ_in_length(one: Property, runs: list[Run], place: int) -> bool:
    """Whether a run may have one character more, or less."""
    usual = len(runs[place].text)
    return bool(runs[place].alphabet) and any(
        one.takes(lambda size=size: _text(runs, place, size))  # type: ignore[misc]
        for size in (usual + 1, usual - 1)
    )
