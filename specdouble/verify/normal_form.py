"""Normal forms: how a server may write anew what it is sent, where the words of the contract say that it does."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from specdouble.verify.equality import same
from specdouble.verify.values import Resolve, merged

ROUNDED = re.compile(r"\bround(?:s|ed)\b", re.IGNORECASE)
TO_CENTS = re.compile(r"\b(?:cents?|hundredths?|(?:two|2) (?:decimals?|digits|places))\b", re.IGNORECASE)
SLACK = 1e-9  # what is lost in binary fractions


class Form(NamedTuple):
    """A way to write a value anew.

    Args:
        words: a pattern of what says that a server does.
        key: what is alike of values that have the same form.
    """

    words: str
    key: Callable[[Any], Any]


def _of_texts(key: Callable[[str], str]) -> Callable[[Any], Any]:
    """The key of a text, or of each text of a list."""

    def of(value: Any) -> Any:
        if isinstance(value, list):
            return [of(one) for one in value]
        return key(value) if isinstance(value, str) else value

    return of


def _of_lists(key: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    return lambda value: key(value) if isinstance(value, list) else value


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _letters_and_digits(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(char for char in plain if char.isalnum())


def _without_markup(text: str) -> str:
    return re.sub(r"[\s<>&\"']+", "", re.sub(r"<[^>]*>|&#?\w+;", "", text))


def _without_fraction(text: str) -> str:
    return re.sub(r"(:\d\d)\.\d+", r"\1", text)


def _each_once(values: list[Any]) -> list[Any]:
    return list({_written(one): one for one in values}.values())


FORMS = (
    Form(
        r"\bsanitized\b|\bsanitised\b|\b(?:html|tags|markup) (?:is|are) (?:taken|stripped|removed|escaped)",
        _of_texts(_without_markup),
    ),
    Form(r"\b(?:trim(?:s|med)|stripped|collapsed)\b", _of_texts(lambda text: " ".join(text.split()))),
    Form(r"\b(?:(?:lower|upper)[- ]?cased?|(?:small|capital) letters)\b", _of_texts(str.casefold)),
    Form(r"\b(?:normali[sz]ed|canonical|E\.?164|slugif\w+|as a slug)\b", _of_texts(_letters_and_digits)),
    Form(r"\b(?:de-?duplicated|duplicates? (?:is|are)|each once|distinct)\b", _of_lists(_each_once)),
    Form(r"\bsort(?:s|ed)\b|\balphabetical", _of_lists(lambda values: sorted(values, key=_written))),
    Form(r"\b(?:to the|whole) seconds?\b", _of_texts(_without_fraction)),
    Form(r"\bempty\b[^.;]*\bnull\b", lambda value: None if value in ("", []) else value),
)


def is_normal_form(seen: object, sent: object, schema: Any, resolve: Resolve) -> bool:
    """Whether what is seen is what was sent, as the property's description says that it is written anew.

    Args:
        seen: what an answer shows.
        sent: what a client sent.
        schema: the property's; what is said of the entries of a list counts, too.
        resolve: follows a reference.
    """
    told = " ".join(_descriptions(schema, resolve))
    for form in FORMS:
        if re.search(form.words, told, re.IGNORECASE):
            sent, seen = form.key(sent), form.key(seen)
    return same(sent, seen) or (bool(ROUNDED.search(told)) and _is_near(sent, seen, told))


def _descriptions(schema: Any, resolve: Resolve) -> Iterator[str]:
    whole = merged(schema, resolve)
    yield str(whole.get("description") or "")
    if "items" in whole:
        yield str(merged(whole["items"], resolve).get("description") or "")


def _is_near(sent: object, seen: object, told: str) -> bool:
    """Whether two numbers are one that is rounded: to cents where that is said, else to whole ones at most."""
    if not (isinstance(sent, int | float) and isinstance(seen, int | float)) or isinstance(seen, bool):
        return False
    return abs(sent - seen) <= (0.005 if TO_CENTS.search(told) else 0.5) + SLACK * abs(sent)
