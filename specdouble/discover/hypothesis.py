"""A hypothesis: an annotation that a contract may deserve, with where the guess came from."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Miner = Literal["contract", "prose", "name", "shape", "trial", "traffic"]


@dataclass(frozen=True)
class Source:
    """Where a guess came from.

    Args:
        miner: what found it: a keyword of OpenAPI's own, a sentence, a name, the shape of the contract, a trial of the
            server, recorded traffic.
        file: the file, as messages call it.
        line: the line in it, from 1; 0 where there is none.
        words: the words that say it, as they stand there; for a trial, what was seen.
    """

    miner: Miner
    file: str = ""
    line: int = 0
    words: str = ""

    @property
    def claims(self) -> bool:
        """Whether the contract itself promises it, so that a server that does otherwise has a bug."""
        return self.miner in ("contract", "prose")

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        said = f"“{self.words}”" if self.miner == "prose" else self.words
        return " ".join(part for part in (place, said) if part)


@dataclass(frozen=True)
class Hypothesis:
    """An annotation that a contract may deserve.

    Args:
        keyword: the annotation: `x-unique`, or OpenAPI's own `readOnly` and `default`.
        pointer: JSON pointer (RFC 6901) of what it stands on in the contract's document, through `$ref`: a property's
            schema, an object schema, an operation, or a security scheme.
        value: what the annotation says, as it would be written. A scope may be `owner`, `tenant` or `parent`, where the
            words name no property: experiments learn which one holds it. None where the words say that there is such a
            rule, and not which: experiments learn that, too.
        source: where the guess came from.
        prior: how likely it is before it is tried, from 0 to 1.
    """

    keyword: str
    pointer: str
    value: Any = field(hash=False)
    source: Source
    prior: float = 0.5

    @property
    def is_open(self) -> bool:
        """Whether the words say that there is such a rule, and not which."""
        return self.value is None and self.keyword != "default"

    @property
    def is_one_of_several(self) -> bool:
        """Whether its value is an entry of a list that others may have entries in; a default may be a list itself."""
        return isinstance(self.value, list) and self.keyword != "default"

    @property
    def place(self) -> tuple[str, ...]:
        """What two hypotheses that cannot both be written have in common."""
        if self.is_one_of_several:
            return self.pointer, self.keyword, self.key
        keys = sorted(self.value) if self.keyword == "x-resource" and isinstance(self.value, dict) else []
        return self.pointer, self.keyword, *keys

    @cached_property
    def key(self) -> str:
        """The same for hypotheses that say the same, whoever says it, from run to run."""
        return json.dumps([self.keyword, self.pointer, self.value], sort_keys=True, default=str)
