"""How well sentences are read: precision and recall over a table of sentences from public contracts, worded anew.

    python -m benchmarks.prose            each part, by kind of rule
    python -m benchmarks.prose --wrong    and each sentence that was misread

Half of the table is what the patterns were made for. The other half was held back until it was read once, which is told
in it; `unseen` is what no pattern was made for or mended by; `blind` and `blind_second` were judged before any pattern
read them, and have mended them since. A reading counts as right when its keyword, its value and
the properties that it speaks of are those of the table. What a sentence only hints at ("the id of the customer") makes
no rule that words promise, and is not counted.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from specdouble.discover.prose.reading import Reading
from specdouble.discover.prose.readings import readings
from specdouble.discover.prose.sentence import Place, Sentence

TABLE = Path(__file__).parent.parent / "tests" / "discover" / "sentences"
HALVES = ("development", "held_back")
UNSEEN = "unseen"
SECOND = "blind_second"
BLIND = "blind"
NONE = "only_sounds_like_it"


@dataclass(frozen=True)
class Row:
    """A sentence of the table, and what it says.

    Args:
        kind: the kind of rule; `NONE` where it only sounds like one.
        sentence: the sentence at its place.
        expected: the values by keyword.
        about: the properties that it speaks of, where it is not the one that it describes.
    """

    kind: str
    sentence: Sentence
    expected: dict[str, Any]
    about: tuple[str, ...]


@dataclass
class Score:
    """What was read of sentences.

    Args:
        right: readings that the table has.
        wrong: readings that it does not have.
        missed: what it has and was not read.
        misread: the sentences with wrong or missed readings, each with what was read of it.
    """

    right: int = 0
    wrong: int = 0
    missed: int = 0
    misread: list[tuple[str, Sequence[Reading]]] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """The part of the readings that is right."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 1.0

    @property
    def recall(self) -> float:
        """The part of the table that was read."""
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    def note(self, row: Row, found: Sequence[Reading]) -> None:
        """Count what was read of one sentence."""
        right = sum(_is_right(row, one) for one in found)
        self.right += right
        self.wrong += len(found) - right
        self.missed += max(0, len(row.expected) - right)
        if right < max(len(found), len(row.expected)):
            self.misread.append((row.sentence.words, found))


def rows(half: str) -> Iterator[Row]:
    """The sentences of one half of the table."""
    for kind, entries in yaml.safe_load((TABLE / f"{half}.yaml").read_text("utf-8")).items():
        for entry in entries:
            yield Row(
                kind, Sentence(entry["say"], _place(entry)), entry.get("expect", {}), tuple(entry.get("about", ()))
            )


def _place(entry: dict[str, Any]) -> Place:
    on, _, more = entry.get("at", "property").partition(" ")
    return Place(
        on,
        name=entry.get("name", ""),
        method=more if on == "operation" else "",
        status=more if on == "response" else "",
        type=entry.get("type", "string"),
        values=tuple(map(str, entry.get("values", ()))),
    )


def _is_right(row: Row, reading: Reading) -> bool:
    if reading.keyword not in row.expected or reading.value != row.expected[reading.keyword]:
        return False
    # A reference is known by what it refers to.
    return reading.keyword == "x-references" or reading.about in (row.about, ())


def scores(half: str) -> dict[str, Score]:
    """The score of each kind of rule, that of all beside them as `all`."""
    found: dict[str, Score] = defaultdict(Score)
    for row in rows(half):
        promised = [one for one in readings(row.sentence) if one.promises]
        found[row.kind].note(row, promised)
        found["all"].note(row, promised)
    return found


def main() -> None:
    """Print the scores of all parts."""
    for half in (*HALVES, UNSEEN, BLIND, SECOND):
        found = scores(half)
        print(f"{half:24} {'precision':>10} {'recall':>8} {'right':>6} {'wrong':>6} {'missed':>7}")
        for kind, one in found.items():
            print(f"  {kind:22} {one.precision:10.2f} {one.recall:8.2f} {one.right:6} {one.wrong:6} {one.missed:7}")
        for words, read in found["all"].misread if "--wrong" in sys.argv[1:] else ():
            told = "; ".join(f"{one.keyword} {one.value} {' '.join(one.about)}".strip() for one in read)
            print(f"    {words}\n        read: {told or 'nothing'}")


if __name__ == "__main__":
    main()
