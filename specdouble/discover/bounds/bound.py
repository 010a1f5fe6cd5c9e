"""A bound: a keyword of JSON Schema that a server holds values to, with the pair of requests that shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from specdouble.verify.exchange import Exchange

# Keywords of which a server can be asked with two values of one property.
KEYWORDS = (
    "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
    "multipleOf", "minItems", "maxItems", "uniqueItems", "required",
)  # fmt: skip
_SENTENCES = {
    "minLength": "{name} has at least {value} characters",
    "maxLength": "{name} has at most {value} characters",
    "pattern": "{name} matches {value}",
    "format": "{name} is of the format {value}",
    "minimum": "{name} is at least {value}",
    "maximum": "{name} is at most {value}",
    "exclusiveMinimum": "{name} is greater than {value}",
    "exclusiveMaximum": "{name} is less than {value}",
    "multipleOf": "{name} is a multiple of {value}",
    "minItems": "{name} has at least {value} entries",
    "maxItems": "{name} has at most {value} entries",
    "uniqueItems": "no two entries of {name} are the same",
    "required": "a create must send {name}",
}


@dataclass(frozen=True)
class Bound:
    """What a server holds the values of one property to.

    Args:
        name: the property.
        keyword: one of `KEYWORDS`.
        value: what the keyword says; for `required` the list of this one name.
        offence: the request that was refused for what it sent.
        control: the one like it that was accepted.
    """

    name: str
    keyword: str
    value: Any
    offence: Exchange
    control: Exchange

    @property
    def sentence(self) -> str:
        """It as a sentence."""
        return sentence(self.name, self.keyword, self.value)


def sentence(name: str, keyword: str, value: Any) -> str:
    """What a keyword says of a property, as a sentence."""
    return _SENTENCES[keyword].format(name=name, value=value)
