"""Texts of one alphabet, made by chance, of whatever length is wanted."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass

from specdouble.discover.bounds.property import Property

FAR = 5001  # characters; a server that takes so many bounds nothing that a client would meet
_USUAL_LENGTHS = (10, 20, 5)  # characters of a text, the first of which is new by chance
_ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)


@dataclass
class Texts:
    """Texts of one property, made by chance of one alphabet.

    Args:
        one: the property.
        alphabet: the characters that they are made of, which the server takes in any order.
        least: how many there must be, as far as is known.
        most: how many there may be.
        usual: how many are taken.
        is_counted_apart: whether there may be a mark at an end, beyond as many as there may be.
    """

    one: Property
    alphabet: str
    least: int = 0
    most: int = FAR
    usual: int = _USUAL_LENGTHS[0]
    is_counted_apart: bool = False

    def made(self, length: int) -> str:
        """A text that no document has."""
        return "".join(secrets.choice(self.alphabet) for _ in range(length))

    def takes(self, length: int) -> bool:
        """Whether a text of so many characters is taken."""
        return self.one.takes(lambda: self.made(length))


def texts_of(one: Property) -> Texts | None:
    """Texts of the first alphabet that the server takes; None where it takes no such texts at all."""
    least, most = one.schema.get("minLength", 0), one.schema.get("maxLength", FAR)
    for alphabet in _ALPHABETS:
        texts = Texts(one, alphabet, least, most)
        for length in dict.fromkeys(max(least, min(most, length)) for length in _USUAL_LENGTHS):
            if one.session.bodies.property_fits(one.schema, texts.made(length)) and texts.takes(length):
                texts.usual = length
                return texts
    return None
