"""Values that no document holds yet: words of this run, and what a schema makes of them."""

from __future__ import annotations

import re
import secrets
import string
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count, islice
from threading import Lock
from typing import Any

from specdouble.verify.codes import drawn_like, is_code, redrawn
from specdouble.verify.patterns import each_once
from specdouble.verify.values import Resolve, kind, merged, plausible, within

_LOWER_BOUNDS, _UPPER_BOUNDS = ("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")
MOST_TRIED = 300  # texts of a pattern, where other keywords refuse them


class FreshValues:
    """The new values of one run.

    Args:
        prefix: what each of its words begins with.
        resolve: follows a reference of the contract.
        mint: notes a value that this run made, and gives it back.
        fits: whether a property with a schema may have a value.
    """

    def __init__(
        self, prefix: str, resolve: Resolve, mint: Callable[[Any], Any], fits: Callable[[Any, Any], bool]
    ) -> None:
        self._prefix, self._resolve, self._mint, self._fits = prefix, resolve, mint, fits
        self.run, self._numbers = secrets.token_hex(2), count(1)  # what all new names of this run share
        self._turns: dict[tuple[Any, ...], count[int]] = {}  # of the numbers between two bounds
        self.vary = False  # from their first character on: some servers compare no more than a beginning
        self.codes: set[str] = set()  # that this run made, each of the form of one that the server has taken
        self._texts: dict[str, Iterator[str]] = {}  # by pattern, those that are still to be given
        self._given: set[str] = set()  # for a pattern
        self._lock = Lock()
        prefix = re.escape(prefix)
        self._word = re.compile(rf"{prefix}[ -]{self.run}-\d+|\d+-{self.run}[ -]{prefix}")
        self._blurred = re.compile(rf"{prefix}.{{0,8}}{self.run}|{self.run}.{{0,8}}{prefix}", re.IGNORECASE)

    def word(self) -> str:
        """A word that is found in no other text."""
        number = next(self._numbers)
        if self.vary:
            return f"{number:05}"[::-1] + f"-{self.run} {self._prefix}"
        return f"{self._prefix} {self.run}-{number}"

    def is_word(self, text: str) -> bool:
        """Whether the text has a word of this run in it."""
        return self._word.search(text) is not None

    def is_own(self, value: object) -> bool:
        """Whether it is a text with a word of this run in it, or a code that this run made."""
        return isinstance(value, str) and (self.is_word(value) or value in self.codes)

    def words_in(self, held: Mapping[str, Any]) -> dict[str, str]:
        """What of a document has a word of this run in it, by property."""
        return {name: value for name, value in held.items() if isinstance(value, str) and self.is_word(value)}

    def bears_word(self, text: str) -> bool:
        """Whether the text has a word of this run in it, even if a server has written it anew, for an address or so."""
        return self._blurred.search(text) is not None

    def code_like(self, text: str) -> str | None:
        """Another code of the form of a text that is one, as `AB-1234` is; None where it is none.

        From then on each body has another one.
        """
        if not is_code(text):
            return None
        self.codes.add(text)
        drawn = (drawn_like(text) for _ in range(MOST_TRIED))
        # Short ones are soon given, and no second document may have one.
        code: str = self._mint(next((one for one in drawn if not self._is_used(one)), text))
        self.codes.add(code)
        return code

    def again(self, value: object) -> Any:
        """The value with new words in the place of those of this run."""
        if isinstance(value, str) and value in self.codes:
            return self.code_like(value)
        if isinstance(value, str):
            return self._word.sub(lambda match: self.word().replace(" ", "-" if " " not in match[0] else " "), value)
        if isinstance(value, dict):
            return {name: self.again(one) for name, one in value.items()}
        return [self.again(one) for one in value] if isinstance(value, list) else value

    def text(self, phrase: str = "") -> str:
        """A text that no document holds yet."""
        return f"{self.word()} {phrase}".strip() if phrase else self.word()

    def value(self, schema: Any, compact: bool = False) -> Any:
        """A value of the schema that no document holds yet; a compact one is fit for a path."""
        return self._mint(self._value(schema, compact))

    def longer(self, value: object, schema: Any) -> str | None:
        """A text that no document holds yet and that begins with one that this run made; None where none fits."""
        text = f"{value}0"
        return self._mint(text) if isinstance(value, str) and self._fits(schema, text) else None

    def _value(self, schema: Any, compact: bool) -> Any:
        schema = merged(schema, self._resolve)
        if kind(schema) in ("integer", "number"):
            return within(schema, self._number(schema))
        if schema.get("format"):
            return plausible(schema, self._resolve, f"{self.run}{next(self._numbers)}")
        word = self.word().replace(" ", "-") if compact else self.word()
        longest = schema.get("maxLength")
        if longest is not None and len(word) > longest:
            word = (f"{next(self._numbers):x}" + self.run)[:longest]
        word = word.ljust(schema.get("minLength", 0), "x")
        return self._patterned(schema, word) if "pattern" in schema else word

    def _number(self, schema: Mapping[str, Any]) -> int:
        """A large number; where there are few that fit, as of the ports of a machine, each in turn before any again."""
        large = int(time.time() * 1000) * 1000 % 2**40
        if all(schema.get(bound) is None for bound in _UPPER_BOUNDS):
            return large + next(self._numbers)
        span = tuple(schema.get(bound) for bound in (*_LOWER_BOUNDS, *_UPPER_BOUNDS))
        return next(self._turns.setdefault(span, count(large)))

    def _patterned(self, schema: Any, word: str) -> str:
        """The word as the pattern has it: in capitals, with other characters between, or of letters or digits alone."""
        number, letters = next(self._numbers), string.ascii_lowercase
        spelled = "".join(letters[int(digit)] for digit in f"{time.time_ns() // 1000}{number}")
        of_word = [word, *(re.sub(r"[^A-Za-z0-9]+", between, word) for between in ("-", "_", ""))]
        counted = [self.run + f"{number:x}", spelled, f"{time.time_ns() // 1000}{number}"]
        shapes = [shape for one in (*of_word, *counted) for shape in _cases(one)]
        for length in (12, 10, 8, 6, 5, 4, 3):  # that part of each which no other has
            shapes += [shape[:length] if self.vary else shape[-length:] for one in of_word for shape in _cases(one)]
            shapes += [shape[-length:] for one in counted for shape in _cases(one)]
        spelled_so = (one for one in shapes if self._fits(schema, one))
        return next(spelled_so, None) or self._matching(schema) or word

    def _matching(self, schema: Any) -> str | None:
        """A text that matches the pattern and was not given before, as long as there are such.

        Other runs solve the pattern alike, and what they made may still be there: each letter and digit is drawn first.
        """
        pattern = str(schema["pattern"])
        with self._lock:
            texts = self._texts.setdefault(pattern, each_once(pattern, int(self.run, 16) * 1000))
            fitting = (text for text in islice(texts, MOST_TRIED) if self._fits(schema, text))
            tried = (one for text in fitting for one in (redrawn(text, partial(self._fits, schema)), text))
            found = next((one for one in tried if not self._is_used(one)), None)
            self._given |= {found} if found is not None else set()
            return found

    def _is_used(self, text: str) -> bool:
        return text in self._given or text in self.codes


def _cases(text: str) -> tuple[str, ...]:
    return (text, text.upper(), text.lower(), text.capitalize())
