"""What a clause speaks of: the noun before its verb, compared with the property that the sentence describes."""

from __future__ import annotations

import re

import inflection

from specdouble.discover.prose.pattern import pattern
from specdouble.discover.prose.sentence import Sentence

# A name as writers mark it, or a plain word.
NAME = r"(?:`[^`]+`|\"[\w .\-]+\"|'[\w .\-]+'|[A-Za-z][\w.\-]*)"
NAMES = rf"{NAME}(?:(?:,? (?:and|or) |, ){NAME})*"
DETERMINER = (
    r"(?:(?:the|a|an|its|it's|this|that|these|those|their|your|our|each|every|any|all|such|new|given|specified"
    r"|provided|supplied|requested|resulting|both|either)\s+)*"
)

_CLAUSE = pattern(r"[,;:()]|\s-\s|\b(?:but|because|since|so|that|which|when|whenever|note|if|as|where|then)\b")
_DETERMINERS = pattern(rf"^(?:also|please|however|and|or)?\s*{DETERMINER}")
_OF = pattern(r"\s+(?:of|for|in|on|to|from|within|by|with|at)\s.*$")
_VERB = pattern(r"\s+(?:is|are|was|were|will|must|can|may|has|have|should)\b")
_THIS = pattern(r"^(?:(?:this|these) [\w ]*|(?:is|are|was|can|may|must|will|has|cannot|always|never|only)\b.*)$")
_SPLIT = re.compile(r"\s*,\s*(?:and\s+|or\s+)?|\s+(?:and|or)\s+")
# Words that mean whatever is described.
GENERIC = {
    "", "it", "this", "that", "they", "these", "value", "values", "field", "fields", "property", "attribute",
    "parameter", "string", "identifier", "text", "which", "and", "entry", "input", "setting", "option", "and it",
    "its value", "number", "this one", "element", "data", "content", "key", "id", "name",
}  # fmt: skip
_MARKS = "`\"' ."


def subject(sentence: Sentence, end: int) -> tuple[str, ...]:
    """The names of what stands before the verb; none where that is the described property itself.

    Args:
        sentence: the sentence.
        end: where the verb begins.
    """
    clause = _CLAUSE.split(sentence.text[:end])[-1].strip()
    if sentence.is_about_a_property and _THIS.match(clause):
        return ()
    clause = _VERB.split(_DETERMINERS.sub("", clause.strip()))[0]
    names = [bare(one) for one in _SPLIT.split(clause)]
    names = [name for name in names if name]
    place = sentence.place
    if sentence.is_about_a_property and all(is_meant(name, place.name) for name in names):
        return ()
    if sentence.is_about_a_property and same(clause.split(" ", 1)[0], place.name):
        return ()  # of "paths start with a slash and must be unique", the paths
    return tuple(name for name in names if len(name.split()) < 6)


def bare(phrase: str) -> str:
    """The noun of a phrase, without marks, determiners and what is said of it behind: of `the ID of the user`, `ID`."""
    marked = re.search(r"`([^`]+)`|\"([\w .\-]+)\"", phrase)
    if marked:
        return marked[1] or marked[2]
    owned = _OF.sub("", _DETERMINERS.sub("", phrase.strip(_MARKS)))
    return re.sub(r"^[\w ]+'s? ", "", owned).strip(_MARKS)


def words_of(name: str) -> list[str]:
    """The words of a name, in lower case: `defaultProcess`, `default_process` and `Default Process` have the same."""
    return re.findall(r"[a-z0-9]+", inflection.underscore(name.replace(" ", "_")))


def singular(word: str) -> str:
    """The word in the singular."""
    return inflection.singularize(word)


def same(one: str, other: str) -> bool:
    """Whether two names are of the same words, in the singular or in the plural."""
    first, second = words_of(one), words_of(other)
    return first == second or [singular(word) for word in first] == [singular(word) for word in second]


def is_meant(phrase: str, name: str) -> bool:
    """Whether a phrase in the description of a property means that property."""
    if phrase.lower() in GENERIC or same(phrase, name):
        return True
    if len(phrase.split()) > 2 and not set(words_of(phrase)) & set(words_of(name)):
        return False
    words, own = [singular(word) for word in words_of(phrase)], [singular(word) for word in words_of(name)]
    return bool(words) and (words[-1] in {own[-1:][0] if own else "", *GENERIC} or words == own[: len(words)])
