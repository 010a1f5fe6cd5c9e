"""All that a sentence says of rules: each reader knows the words of some kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

from specdouble.discover.prose import existence, movement, permanence, possession, quantity, relation, uniqueness
from specdouble.discover.prose.reading import Reading
from specdouble.discover.prose.sentence import Sentence

READERS: tuple[Callable[[Sentence], Iterator[Reading]], ...] = (
    uniqueness.read,
    existence.read,
    possession.read,
    permanence.read,
    movement.read,
    quantity.read,
    relation.read,
)


@lru_cache(maxsize=20_000)  # generated contracts repeat themselves: Kubernetes' has some sentences a hundred times
def readings(sentence: Sentence) -> tuple[Reading, ...]:
    """What the sentence says of rules; nothing where it only sounds like it."""
    return tuple(reading for read in READERS for reading in read(sentence))
