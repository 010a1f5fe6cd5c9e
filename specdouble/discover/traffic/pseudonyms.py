"""Pseudonyms: what stands for identifiers, secrets and people, the same wherever the same was."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Iterable
from typing import Any

from mimesis import Person
from mimesis.locales import Locale

from specdouble.contract.properties import plain

_SECRET = re.compile(
    r"passw|secret|token|apikey|authoriz|credential|privatekey|accesskey|signature|cookie|sessionid|otp$|^pin$|cvc|cvv"
    r"|cardnumber|iban|accountnumber|ssn|taxid|passport"
)
_PHONE = re.compile(r"phone|mobile|^fax|^tel")
_FIRST, _LAST = re.compile(r"^(?:first|given)name$"), re.compile(r"^(?:last|family|sur)name$")
_FULL = re.compile(r"^(?:full|display|real|contact|customer|recipient|author|owner)name$")
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_TOKEN = re.compile(r"\beyJ[\w\-]+\.[\w\-]+\.[\w\-]*")  # a JSON Web Token (RFC 7519)
_ADDRESS = re.compile(r"\b(?!192\.0\.2\.)(?:\d{1,3}\.){3}\d{1,3}\b")
_PHONE_INSIDE = re.compile(r"(?<![\w+.])\+\d{1,3}[ (.\-]?\(?\d[\d ().\-]{5,16}\d\b")  # as abroad (E.123)
_SHORTEST = 6  # characters of an id that is looked for inside texts


class Pseudonyms:
    """Replaces values, and remembers what stands for each.

    Args:
        ids: the ids of documents, wherever they may stand.
        seed: makes the pseudonyms repeat; they depend on the order in which values come, and not on the values.
    """

    def __init__(self, ids: Iterable[Any], seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.person = Person(Locale.EN, seed=seed)
        self.known: dict[tuple[str, str], str] = {}
        self.taken: set[str] = set()
        self.numbers: dict[int, int] = {}
        texts = sorted({one for one in ids if isinstance(one, str) and one}, key=len, reverse=True)
        self.ids = set(texts)
        inside = [re.escape(one) for one in texts if len(one) >= _SHORTEST and re.search(r"\d", one)]
        self.inside = re.compile("|".join(inside)) if inside else None

    def of(self, value: Any, name: str = "") -> Any:
        """What stands for a value, and for all that is inside it.

        Args:
            value: any JSON value.
            name: of the property that holds it.
        """
        if isinstance(value, dict):
            return {key: self.of(part, key) for key, part in value.items()}
        if isinstance(value, list):
            return [self.of(part, name) for part in value]
        return self._text(value, plain(name)) if isinstance(value, str) and value else value

    def _text(self, text: str, name: str) -> str:
        if text in self.ids:
            return self._known("id", text, lambda: _like(text, self.random))
        if _SECRET.search(name):
            return self._known("secret", text, lambda: _like(text, self.random))
        for pattern, made in (
            (_FIRST, self.person.first_name),
            (_LAST, self.person.last_name),
            (_FULL, self.person.full_name),
        ):
            if pattern.search(name):
                return self._known(pattern.pattern, text, made)
        if _PHONE.search(name) and re.search(r"\d", text):
            return self._phone(text)
        return self._inside(text)

    def _inside(self, text: str) -> str:
        """The text with pseudonyms in it."""
        text = _TOKEN.sub(lambda found: self._known("secret", found[0], lambda: _like(found[0], self.random)), text)
        text = _EMAIL.sub(lambda found: self._email(found[0]), text)
        text = _ADDRESS.sub(lambda found: self._known("ip", found[0], self._address), text)
        text = _PHONE_INSIDE.sub(lambda found: self._phone(found[0]), text)
        if self.inside is not None:
            text = self.inside.sub(lambda found: self.of(found[0]), text)
        return text

    def _email(self, address: str) -> str:
        # Domains for examples are nobody's (RFC 2606, 3).
        return self._known("email", address.casefold(), lambda: f"{self.person.username(mask='l_d')}@example.com")

    def _phone(self, number: str) -> str:
        return self._known("phone", number, lambda: f"+1555010{self.random.randrange(10**4):04}")

    def _address(self) -> str:
        return f"192.0.2.{self.random.randrange(1, 255)}"  # for documentation (RFC 5737)

    def _known(self, kind: str, text: str, made: Callable[[], str]) -> str:
        """What stands for the text already, else a new one that stands for nothing else."""
        if (kind, text) not in self.known:
            new = made()
            for _ in range(100):
                if new not in self.taken and new != text:
                    break
                new = made()
            self.taken.add(new)
            self.known[kind, text] = new
        return self.known[kind, text]


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def _like(text: str, chance: random.Random) -> str:
    """A text of the same shape: as long, digits for digits, and letters for letters that may stand there."""
    hexadecimal = bool(re.fullmatch(r"[0-9a-f\-]{8,}", text))
    made = "".join(_character(one, hexadecimal, chance) for one in text)
    if _UUID.fullmatch(text):  # its version and variant stay (RFC 9562, 4)
        return f"{made[:14]}{text[14]}{made[15:19]}{text[19]}{made[20:]}"
    return made


def _character(one: str, hexadecimal: bool, chance: random.Random) -> str:
    if hexadecimal and one != "-":
        return chance.choice("0123456789abcdef")
    if one.isdigit():
        return chance.choice(string.digits)
    if one.isalpha() and one.isascii():
        return chance.choice(string.ascii_uppercase if one.isupper() else string.ascii_lowercase)
    return one
