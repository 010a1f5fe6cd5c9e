"""A reading: what a sentence says of a rule, in its own words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reading:
    """What a sentence says of a rule; names are as the sentence has them.

    Args:
        keyword: the annotation, or OpenAPI's own keyword: `x-unique`, `readOnly`, `maxLength`. An owner and a tenant,
            which are parts of `x-resource`, are `owner` and `tenant`.
        value: what the annotation would say; None where the words tell that there is such a rule, and not which.
        about: the names of the properties that it speaks of; none where it is that of the place.
        confidence: how likely a reader of English would agree, from 0 to 1.
        promises: whether the words demand it. Others only describe what a server may well hold to: "the id of the
            customer" promises nothing about customers that do not exist.
    """

    keyword: str
    value: Any = field(default=True, hash=False)
    about: tuple[str, ...] = ()
    confidence: float = 0.8
    promises: bool = True
