"""The bounds of texts: how long they are, which characters they are made of, which form they have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from specdouble.discover.bounds import characters, positions
from specdouble.discover.bounds.alphabet import FAR, Texts, texts_of
from specdouble.discover.bounds.bound import Bound
from specdouble.discover.bounds.property import TIMES, Property, last_taken
from specdouble.verify.problem import NotExercised
from specdouble.verify.values import plausible

_FORMATS = ("email", "uuid", "date-time", "date", "uri", "ipv4")
_NONSENSE = ("nonsense", "1234567890", "no form at all", "x")


def seen(one: Property) -> Iterator[Bound]:
    """The bounds of a text that no keyword says."""
    if one.schema.get("format", "password") != "password" or {"enum", "const"} & one.schema.keys():
        return
    texts = texts_of(one)
    if texts is None:
        usual = one.usual()
        if isinstance(usual, str) and "pattern" not in one.schema:
            yield from _form(one, usual)
        return
    lengths = list(_lengths(texts))
    found: list[Bound] = []
    if "pattern" not in one.schema:
        with suppress(NotExercised):
            found = list(characters.seen(texts)) or list(_blank(texts))
    yield from () if texts.is_counted_apart else lengths  # else the pattern says it
    yield from found


def _lengths(texts: Texts) -> Iterator[Bound]:
    if "minLength" not in texts.one.schema:
        with suppress(NotExercised):
            yield from _least(texts)
    if "maxLength" not in texts.one.schema:
        with suppress(NotExercised):
            yield from _most(texts)


def _least(texts: Texts) -> Iterator[Bound]:
    one = texts.one
    if texts.takes(0):
        return
    texts.least = last_taken(texts.takes, texts.usual, 0)
    if one.parts(lambda: texts.made(texts.least), lambda: texts.made(texts.least - 1)):
        yield one.bound("minLength", texts.least)


def _most(texts: Texts) -> Iterator[Bound]:
    one = texts.one
    if texts.takes(FAR):
        return
    most = last_taken(texts.takes, texts.usual, FAR)
    if not one.parts(lambda: texts.made(most), lambda: texts.made(most + 1)):
        return
    texts.most = most
    found = one.bound("maxLength", most)
    if not _counts_bytes(texts):  # JSON Schema counts characters (RFC 8259, 7)
        yield found


def _blank(texts: Texts) -> Iterator[Bound]:
    """Whether a text of spaces alone is refused, as an empty one is."""
    one, length = texts.one, max(texts.least, 3)
    if texts.least and one.parts(lambda: f"{texts.made(length)} {texts.made(1)}", lambda: " " * length):
        yield one.bound("pattern", r"\S")


def _counts_bytes(texts: Texts) -> bool:
    """Whether characters beyond ASCII count as more than one."""
    one, half = texts.one, texts.most // 2
    if not one.takes(lambda: "é" * min(4, half) + texts.made(half)):
        return False  # it takes none of them
    return not one.takes(lambda: "é" * (texts.most - half) + texts.made(half))


def _form(one: Property, usual: str) -> Iterator[Bound]:
    """A format that all texts must be of; else what each character must be."""
    with suppress(NotExercised):
        if any(one.takes(lambda text=text: text) for text in _NONSENSE):  # type: ignore[misc]
            return
        fitting = [name for name in _FORMATS if one.takes(lambda name=name: _of_format(one, name))]  # type: ignore[misc]
        if len(fitting) == 1 and all(one.takes(lambda: _of_format(one, fitting[0])) for _ in range(TIMES)):
            if one.parts(lambda: _of_format(one, fitting[0]), lambda: _NONSENSE[0]):
                yield one.bound("format", fitting[0])
        elif not fitting:
            yield from positions.seen(one, usual)


def _of_format(one: Property, name: str) -> Any:
    return plausible({"type": "string", "format": name}, one.session.contract.resolve, one.session.fresh.word())
