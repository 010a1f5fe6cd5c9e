"""What words claim of single values: the pair of values of which one keeps it, and one does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from specdouble.contract.pattern import matches
from specdouble.discover.bounds.alphabet import texts_of
from specdouble.discover.bounds.lists import entries
from specdouble.discover.bounds.property import Make, Property
from specdouble.verify.patterns import matching
from specdouble.verify.problem import NotExercised

_CENT = 0.01
# Texts of which hardly any pattern takes all.
_UNLIKELY = ("no-such_text!", "Ünlikely 价", "ABC DEF", "x", "0", "é", "-.-", "")


def pair(one: Property, keyword: str, value: Any) -> tuple[Make, Make]:
    """What makes values that keep a keyword, on the bound itself, and what makes values that just do not.

    Raises:
        NotExercised: the property takes no such values.
    """
    if keyword in ("minLength", "maxLength"):
        return _lengths(one, keyword, value)
    if keyword == "pattern":
        return _texts(one, value)
    if keyword in ("minItems", "maxItems"):
        beyond = value + (1 if keyword == "maxItems" else -1)
        return lambda: entries(one, value), lambda: entries(one, beyond)
    if keyword == "uniqueItems":
        return lambda: entries(one, 2), lambda: entries(one, 1) * 2
    if keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        return _numbers(one, keyword, value)
    raise NotExercised(f"no pair of values is known for {keyword}")


def _lengths(one: Property, keyword: str, value: int) -> tuple[Make, Make]:
    texts = texts_of(one)
    if texts is None:
        raise NotExercised(f"{one.name} takes no text of letters or digits alone")
    beyond = value + (1 if keyword == "maxLength" else -1)
    return lambda: texts.made(value), lambda: texts.made(beyond)


def _texts(one: Property, pattern: str) -> tuple[Make, Make]:
    usual = one.usual()
    keeping = [usual] if isinstance(usual, str) and matches(pattern, usual) else matching(pattern, 0)
    breaking = [text for text in _other_texts(usual) if not matches(pattern, text)]
    if not keeping or not breaking:
        raise NotExercised(f"no texts are known of which one matches {pattern} and one does not")
    return (one.usual if keeping == [usual] else lambda: keeping[0]), lambda: breaking[0]


def _other_texts(usual: Any) -> Iterator[str]:
    """Texts that a pattern may refuse, those first that are like a usual one."""
    if isinstance(usual, str) and usual:
        yield from (usual[: len(usual) // 2] + mark + usual[len(usual) // 2 :] for mark in "! é")
        yield from (usual.upper(), usual.lower())
    yield from _UNLIKELY


def _numbers(one: Property, keyword: str, value: float) -> tuple[Make, Make]:
    step = (1 if one.kind == "integer" else _CENT) * (1 if keyword.endswith("aximum") else -1)
    if keyword.startswith("exclusive"):
        return lambda: value - step, lambda: value
    return lambda: value, lambda: value + step
