"""Pairs of values of which one is the other, or nearly: by case, by spaces, by how Unicode writes it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from specdouble.contract import Operation
from specdouble.rules.unique.rule import Unique
from specdouble.verify.problem import NotExercised
from specdouble.verify.session import Session
from specdouble.verify.shared import Shared
from specdouble.verify.subject import Subject
from specdouble.verify.values import kind, merged

# Phrase, variant, and what must be ignored for them to be the same ("" is nothing, "-" is never).
_VARIANTS: tuple[tuple[str, str, str, str], ...] = (
    ("the same value", "Autumn", "Autumn", ""),
    ("other case", "Autumn Webinar", "AUTUMN WEBINAR", "case"),
    ("other case within", "Autumn Webinar", "aUTUMN wEBINAR", "case"),
    ("other case beyond ASCII", "Ärzte Öl", "ärzte öl", "case"),
    ("other case in Cyrillic", "Привет", "ПРИВЕТ", "case"),
    ("sharp s", "Straße", "STRASSE", "case"),
    ("final sigma", "Οδυσσεύς", "ΟΔΥΣΣΕΎΣ", "case"),
    ("a ligature", "\ufb01nal", "final", "case"),
    ("a dotted capital I", "İstanbul", "i\u0307stanbul", "case"),
    ("composed or not", "Caf\u00e9 cr\u00e8me", "Cafe\u0301 cre\u0300me", "case"),
    ("Hangul composed or not", "한글", unicodedata.normalize("NFD", "한글"), "case"),
    ("spaces around", "Autumn", "  Autumn  ", "space"),
    ("a space before", "Autumn", " Autumn", "space"),
    ("a space after", "Autumn", "Autumn ", "space"),
    ("a tab and a line break around", "Autumn", "\tAutumn\n", "space"),
    ("a no-break space after", "Autumn", "Autumn\u00a0", "space"),
    ("spaces around and other case", "Autumn", " AUTUMN ", "case space"),
    ("one character more", "Autumn", "Autumnx", "-"),
    ("one character less", "Autumn", "Autum", "-"),
    ("one character other", "Autumn", "Auturn", "-"),
    ("two spaces within", "Autumn Webinar", "Autumn  Webinar", "-"),
    ("no space within", "Autumn Webinar", "AutumnWebinar", "-"),
    ("a hyphen for a space", "Autumn Webinar", "Autumn-Webinar", "-"),
    ("a dot for a letter", "A.C", "ABC", "-"),
    ("a letter for a dot", "ABC", "A.C", "-"),
    ("a pattern of it", "Autumn", "A.*", "-"),
    ("a class of it", "Leads", "[A-Z]eads", "-"),
    ("a wildcard of it", "Autumn", "Aut%", "-"),
    ("an underscore for a letter", "Autumn", "Autum_", "-"),
    ("an asterisk", "Autumn", "Autumn*", "-"),
    ("without its accents", "résumé", "resume", "-"),
    ("full-width letters", "Sales", "Ｓａｌｅｓ", "-"),
    ("other digits", "Team 1", "Team １", "-"),
    ("a leading zero", "Team 7", "Team 07", "-"),
    ("a full stop at its end", "Autumn", "Autumn.", "-"),
    ("an emoji of another skin tone", "Wave 👋🏻", "Wave 👋🏿", "-"),
)
# What is tried in the place of some where a new word and such a text would be too long.
_SHORT: dict[str, tuple[str, str]] = {
    "the same value": ("a", "a"),
    "other case": ("Ab", "aB"),
    "other case beyond ASCII": ("Ä", "ä"),
    "composed or not": ("é", "e\u0301"),
    "a space before": ("a", " a"),
    "a space after": ("a", "a "),
    "one character more": ("a", "ab"),
    "one character other": ("a", "b"),
    "a wildcard of it": ("a", "%"),
    "without its accents": ("é", "e"),
    "full-width letters": ("a", "ａ"),
}
_SHORT_WORD = {"type": "string", "maxLength": 9}
# Two texts that are the same where case is ignored as Unicode folds it, and not where that of ASCII letters is.
FOLDED = tuple((one, other) for _, one, other, needs in _VARIANTS if needs == "case" and not (one + other).isascii())
# Of slugs and codes: a server that leaves marks out of account takes the two for one.
_MARKS: tuple[Callable[[str], str], ...] = (
    lambda value: value[:-1] + "-" + value[-1:],
    lambda value: value[:-1] + "_" + value[-1:],
    lambda value: value[:-1] + "." + value[-1:],
    lambda value: value.replace("-", ""),
    lambda value: value.replace("-", "_"),
)
_MARKED_ADDRESSES: dict[str, Callable[[str], str]] = {
    "a tag of its own": lambda value: value.replace("@", "+tag@"),
    "a dot within": lambda value: f"{value[:1]}.{value[1:]}",
}
_LONG = (32, 50, 64, 100, 128, 255, 256, 500)


@dataclass(frozen=True)
class Pair:
    """Two values, the same or nearly: the words in them are new each time that they are minted.

    Args:
        what: how they differ.
        mint: makes the first and the second.
        equal: whether the rule takes them for the same.
    """

    what: str
    mint: Callable[[], tuple[Any, Any]]
    equal: bool


def pairs(session: Session, subject: Subject, rule: Unique, creator: Operation) -> Iterator[Pair]:
    """The pairs of values that the schema takes."""
    declared = subject.taken(creator)[rule.name]
    schema = merged(declared, session.contract.resolve)
    fresh = partial(session.fresh.value, schema)
    if rule.name in subject.referring:  # it names a document, which has to be there
        yield from _plain_pairs(lambda: session.bodies.value(subject, rule.name, declared, session.crowd.first))
        return
    if kind(schema) != "string":
        yield from _plain_pairs(fresh)
        return
    yield from _variants_of_text(session, rule, declared)
    if schema.get("format") == "email":
        yield from _addresses(session, rule, declared, fresh)
    elif "pattern" in schema or "format" in schema:
        yield from _plain_pairs(fresh)
        cased = partial(_beside, session, declared, fresh, str.swapcase, str.upper, str.lower)
        if "format" not in schema and _is_minted(cased):  # a UUID in capitals is the same
            yield Pair("other case", cased, rule.ignores("ascii-case"))
        marked = partial(_beside, session, declared, fresh, *_MARKS)
        if "format" not in schema and _is_minted(marked):
            yield Pair("a mark more or less", marked, False)


def _plain_pairs(fresh: Callable[[], Any]) -> Iterator[Pair]:
    yield Pair("the same value", lambda: (value := fresh(), value), True)
    yield Pair("another value", lambda: (fresh(), fresh()), False)


def _variants_of_text(session: Session, rule: Unique, declared: object) -> Iterator[Pair]:
    """The variants that the schema takes behind a word."""
    for what, one, other, needs in (*_VARIANTS, *_long_values()):
        if needs == "case" and "case" not in rule.ignore and _is_open(rule, what, one + other):
            continue
        mint = partial(_minted, session, declared, what, (one, other))
        if _is_minted(mint):
            yield Pair(what, mint, needs != "-" and all(map(rule.ignores, _needed(needs, one + other))))


def _minted(session: Session, declared: object, what: str, texts: tuple[str, str]) -> tuple[str, str]:
    """The two texts behind one and the same new word; shorter ones of the kind where they would be too long.

    Raises:
        NotExercised: the schema takes neither; words grow with their number.
    """
    tried = [(session.fresh.word, texts)]
    if what in _SHORT:
        tried.append((partial(session.fresh.value, _SHORT_WORD), _SHORT[what]))
    for word, pair in tried:
        new = word()
        one, other = (with_word(new, text) for text in pair)
        if all(session.bodies.property_fits(declared, value) for value in (one, other)):
            return one, other
    raise NotExercised(f"the schema has no room for {other!r}")


def _beside(
    session: Session, declared: object, fresh: Callable[[], Any], *changes: Callable[[str], str]
) -> tuple[str, str]:
    """A new value, and the first of what it is changed into that the schema takes.

    Raises:
        NotExercised: it takes none of them.
    """
    value = str(fresh())
    for change in changes:
        other = change(value)
        if other != value and session.bodies.property_fits(declared, other):
            return value, other
    raise NotExercised(f"the schema takes nothing that is nearly {value!r}")


def _is_minted(mint: Callable[[], tuple[Any, Any]]) -> bool:
    with suppress(NotExercised):
        return bool(mint())
    return False


def _addresses(session: Session, rule: Unique, declared: object, fresh: Callable[[], Any]) -> Iterator[Pair]:
    yield Pair("the same value", lambda: (value := fresh(), value), True)
    yield Pair("other case", lambda: (value := fresh(), value.upper()), rule.ignores("ascii-case"))
    yield Pair("another value", lambda: (value := fresh(), f"x{value}"), False)
    for what, marked in _MARKED_ADDRESSES.items():
        mint = partial(_beside, session, declared, fresh, marked)
        if _is_minted(mint):
            yield Pair(what, mint, False)
    if all(session.bodies.property_fits(declared, value) for value in _long_addresses(session)):
        yield Pair("a long address", partial(_long_addresses, session), False)


def _is_open(rule: Unique, what: str, texts: str) -> bool:
    """Whether nothing is said of it without `ignore: case`: normal forms, and beside `ascii-case` what is not ASCII."""
    return "composed" in what or "ligature" in what or ("ascii-case" in rule.ignore and not texts.isascii())


def _needed(needs: str, texts: str) -> list[str]:
    """What must be ignored for texts to be the same: of those in ASCII, its case alone."""
    return ["ascii-case" if word == "case" and texts.isascii() else word for word in needs.split()]


def _long_addresses(session: Session) -> tuple[str, str]:
    """Two e-mail addresses that differ after their 80th character."""
    word = "".join(char for char in session.fresh.word() if char.isalnum())
    start = f"{word}@{'n' * 60}.{'n' * 20}"
    return f"{start}one.example", f"{start}two.example"


def _long_values() -> Iterator[tuple[str, str, str, str]]:
    for length in _LONG:
        yield f"{length} characters alike", "n" * length + "one", "n" * length + "two", "-"
    yield "300 characters, the same", "n" * 300, "n" * 300, ""


def told_apart(session: Shared, one: str, other: str) -> tuple[str, str]:
    """The two texts with one and the same new word in them, outer spaces kept outside."""
    word = session.fresh.word()
    return with_word(word, one), with_word(word, other)


def with_word(word: str, text: str) -> str:
    """The text with a word before it, outer spaces kept outside."""
    core = text.strip()
    before, _, after = text.partition(core)
    return f"{before}{word} {core}{after}"
