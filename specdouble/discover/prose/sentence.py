"""A sentence of a contract, and the place that it stands at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from specdouble.discover.prose.markup import paragraphs
from specdouble.discover.prose.pattern import pattern

Kind = Literal["property", "operation", "response", "schema"]

# A full stop ends a sentence, unless it stands behind an abbreviation or a single letter.
_END = re.compile(r"(?<=[.!?;])[\"')\]]?\s+(?=[\"'(`\[]?[A-Z0-9`a-z])")
_ABBREVIATED = pattern(r"(?:\b(?:e\.g|i\.e|etc|vs|incl|approx|resp|cf|no|min|max|ex|aka|a\.k\.a)|\b[A-Za-z])\.$")
_EXAMPLE = pattern(r"\s*\((?:e\.g\.|i\.e\.|for example|such as|ex:?)[^()]*\)|,?\s*\b(?:e\.g\.|for example,).*$")
_LONGEST = 400  # characters; what is longer is no sentence, and would be matched slowly


@dataclass(frozen=True)
class Place:
    """What a sentence stands at.

    Args:
        on: a property, an operation, one of its refusals, or the schema of documents.
        name: the property's name.
        method: the operation's, in lower case.
        status: the response's.
        type: the property's type.
        values: the property's, where it has an `enum`.
    """

    on: Kind = "property"
    name: str = ""
    method: str = ""
    status: str = ""
    type: str = "string"
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sentence:
    """A sentence and its place.

    Args:
        words: as they are written, without markup.
        place: where.
    """

    words: str
    place: Place = Place()

    @cached_property
    def text(self) -> str:
        """What is read of it: quotation marks are plain, and examples are left out."""
        plain = self.words.translate(_QUOTES)
        return _EXAMPLE.sub("", plain)

    @property
    def is_about_a_property(self) -> bool:
        """Whether it describes a property: then that is what it speaks of, unless it names another."""
        return self.place.on == "property"

    @property
    def is_a_refusal(self) -> bool:
        """Whether it describes an answer that refuses."""
        return self.place.on == "response" and self.place.status[:1] == "4"


_QUOTES = str.maketrans({"\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2011": "-", "\u00a0": " "})


def sentences(text: str) -> Iterator[str]:
    """The sentences of a description in Markdown or HTML; a part behind a semicolon counts as one."""
    for paragraph in paragraphs(text):
        held = ""
        for part in _END.split(paragraph):
            held = f"{held} {part}".strip()
            if not _ABBREVIATED.search(held):
                yield from _sentence(held)
                held = ""
        yield from _sentence(held)


def _sentence(words: str) -> Iterator[str]:
    if 2 < len(words) <= _LONGEST:
        yield words
