"""Quantity: how many documents there may be, how long a text is, how large a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specdouble.discover.prose.pattern import pattern
from specdouble.discover.prose.reading import Reading
from specdouble.discover.prose.sentence import Sentence
from specdouble.discover.prose.subject import singular

_N = r"(?P<n>\d{1,3}(?:,\d{3})+|\d+)"
_COUNT = r"(?P<n>\d{1,3}(?:,\d{3})+|\d+|one|two|three|four|five|ten)"
_MOST = (
    r"(?:up to|at most|no more than|not more than|a maximum of|maximum of|max(?:imum)?(?: of)?|a limit of"
    r"|limit of|limited to|only)"
)
_HOLDER = (
    r"(?P<{0}>user|account|organi[sz]ation|org|team|workspace|project|customer|company|tenant|owner|caller|member"
    r"|group|\w+)"
)
_LIMITS = (
    pattern(
        rf"\b(?:an?|each|every|one|per|any|the) (?:\w+ )?(?!(?:can|may|could|must"
        rf"|is)\b){_HOLDER.format('per')} (?:can|may|could|is allowed to"
        rf"|is limited to|must)? ?(?:only |not )?(?:have|create|add|own|hold|contain|register|store|define|configure"
        rf"|be associated with)?(?: in total)? ?{_MOST} {_N} (?P<noun>[\w\-]+(?: [\w\-]+){{0,2}})"
    ),
    pattern(
        rf"\b{_MOST} {_COUNT} (?P<noun>[\w\-]+(?: [\w\-]+)??) (?:(?:can|may) (?:exist|be (?:created|added"
        rf"|attached|assigned|stored|registered|defined)) |(?:(?:is|are) )?(?:allowed|permitted) )?(?:per|for each"
        rf"|for every|in each|for one|in a single|for any|(?:within|in|to|on) an?|(?:to|on) each) "
        rf"{_HOLDER.format('per')}\b"
    ),
    pattern(
        rf"\bat most,? (?:an?|each|every|one) {_HOLDER.format('per')} (?:can|may) (?:have|hold|own|create|contain) "
        rf"{_N} (?P<noun>[\w\-]+(?: [\w\-]+)??)(?=[.,;)]|$)"
    ),
    pattern(
        rf"\b(?:the )?(?:maximum|max)(?: allowed)? number of (?P<noun>[\w\-]+(?: [\w\-]+)??) (?:(?:per|for each"
        rf"|in an?|for an?|in each|you can (?:create|have) (?:per|in an?)"
        rf"|allowed per) {_HOLDER.format('per')} )?(?:is|:) {_N}\b"
    ),
    pattern(
        rf"\b(?:the )?(?:total )?number of (?P<noun>[\w\-]+(?: [\w\-]+)??) (?:on|in|of|per|for|below) "
        rf"(?:an?|each|every|one) {_HOLDER.format('per')} (?:cannot|can't|must not|may not) "
        rf"(?:exceed|be (?:more|greater|larger) than) {_N}\b"
    ),
    pattern(
        rf"\byou (?:can|may) (?:only )?(?:have|create|own|register|configure|define"
        rf"|store) (?:only )?{_MOST} {_N} (?P<noun>[\w\-]+(?: [\w\-]+)??)(?: (?:per|for each|in each|in an?"
        rf"|for your|in your) (?P<per>\w+))?(?=[.,;)]|$| at any)"
    ),
)
_RATE = pattern(
    r"\b(?:per|in|for|each|every|a|one|single|this|within \d*) ?(?:request|call|page|second|minute|hour|day"
    r"|week|month|year|response|api call|invocation|operation|batch|query|time|transaction)\b"
    r"|\breturn|\bretriev|\bretri|\bat (?:a time|once)\b|\bfetch|\bresults?\b|\brate limit|\bgroup by\b"
    r"|\bfree plan\b|\btrial\b|\bsearch\b|\bper \d|\b(?:public|free|basic) users\b|\babuse\b|\bshown\b"
    r"|\bdisplay|\bago\b|\bpast\b|\bbeta\b|\bsent\b"
)
_NOT_THINGS = pattern(
    r"^(?:characters?|chars?|items?|results?|records?|bytes?|kb|mb|gb|kib|mib|times?|requests?|seconds?"
    r"|minutes?|hours?|days?|weeks?|months?|years?|digits?|letters?|words?|entries|"
    r"elements?|rows?|decimal\w*|percent|pixels?|ms|levels?|concurrent|px|calls?|and|or|of|other|different"
    r"|values?|lines?|attempts?|total|ids?|more|alphanumeric|objects?|retries)\b"
)

# Lengths and numbers

_NO_HOLDER = pattern(r"(?:only|limit|maximum|most|total|you|we|they|it)$")
_ADJECTIVES = pattern(r"^(?:(?:active|different|custom|additional|unique|distinct|concurrent|total|open) )+")
_BEHIND = pattern(
    r" (?:per|in|for|at|and|or|can|may|are|is|to|with|each|on|that|from|of|as|total|which|including|before|by)\b.*$"
)

_CHARS = r"(?:unicode |ascii |utf-8 |alphanumeric |printable )?(?:characters?|chars?|letters|symbols|digits)"
_MOST_CHARS = (
    pattern(
        rf"\b(?:up to|at most|no more than|not more than|a maximum of|maximum(?: length)?(?: of| is|:)?|max(?:\."
        rf"|imum)?(?: length)?(?: of| is|:)?|not exceed|cannot exceed|limited to|limit(?: of| is|:)|no longer than"
        rf"|shorter than or equal to|must be under or equal to|less than or equal to) {_N}[- ]{_CHARS}\b"
    ),
    pattern(rf"\b{_N} {_CHARS} (?:or (?:less|fewer|shorter)|max(?:imum)?\b|at most|maximum|limit)"),
    pattern(
        rf"\b(?:max(?:imum)?\.?|maximal) (?:\w+ )?length(?: is| of|:| =|=| must be)? ?{_N}\b(?! (?:bytes|kb"
        rf"|items|mb))"
    ),
    pattern(
        rf"\b(?:cannot|can't|must not|may not|should not|can not) (?:be (?:longer|more) than|have more than"
        rf"|contain more than|exceed) {_N} {_CHARS}\b"
    ),
)
_LEAST_CHARS = (
    pattern(
        rf"\b(?:at least|a minimum of|minimum of|min(?:\.|imum)?(?: length)?(?: of| is|:)?|no (?:fewer|less"
        rf"|shorter) than|not less than) {_N} {_CHARS}\b"
    ),
    pattern(rf"\b{_N} {_CHARS} (?:or (?:more|longer)|min(?:imum)?\b|at least)"),
    pattern(rf"\b(?:min(?:imum)?\.?|minimal) (?:string )?length(?: is| of|:| =|=| must be)? ?{_N}\b"),
)
_RANGE = r"(?P<low>-?\d[\d,]*(?:\.\d+)?) ?(?:and|to|-|\u2013|\.\.) ?(?P<high>-?\d[\d,]*(?:\.\d+)?)"
_CHARS_BETWEEN = pattern(rf"(?:\bbetween |\bfrom |\b|\()\(?{_RANGE} {_CHARS}\b")
_EXACT_CHARS = pattern(
    rf"\b(?:must be|exactly|has to be|is|must have|must contain)(?: exactly)? {_N}[- ]{_CHARS}(?: long"
    rf"| in length)?\b(?! (?:or|max|min))"
)
_BETWEEN = pattern(
    rf"\b(?:between|from|range(?:s)?(?: is| of| from|:)?|in the range(?: of| from)?|valid (?:values|range)(?: are"
    rf"| is|:)?(?: between| from)?) \[?{_RANGE}\b(?! ?(?:characters|chars|digits|minutes|letters))"
)
# What values of a range do, and not that there are no others: "values between 0 and 1 make it slower".
_EFFECT = pattern(
    rf"^(?:values|numbers|settings?) (?:between|from|in the range of) {_RANGE} (?!(?:(?:are|is) )?(?:accepted|allowed"
    r"|valid|possible|permitted|supported|inclusive|exclusive|only)\b|(?:can|may) be\b)[a-z]"
)
_NUMBER = r"(?P<n>-?\d[\d,]*(?:\.\d+)?)(?![\w:/-]|\.\d)"
_NUMBERS = (
    (
        "exclusiveMinimum",
        pattern(r"\b(?:must be|should be|has to be|is) (?:an? )?(?:strictly )?(?:positive|greater than zero)\b(?! or)"),
    ),
    (
        "minimum",
        pattern(
            r"\bnon-?negative\b|\b(?:must not|cannot|can't|may not) be negative\b|\bzero or (?:greater|more"
            r"|positive)\b|\bpositive or zero\b|\bgreater than or equal to (?:zero)\b"
        ),
    ),
    (
        "minimum",
        pattern(
            rf"\b(?:must|should|has to|needs to|can only) (?:be )?(?:at least|no less than|not less than"
            rf"|greater than or equal to|equal to or greater than|>=) {_NUMBER}|\b(?:cannot|can't|must not"
            rf"|may not) be (?:less|lower|smaller) than {_NUMBER.replace('<n>', '<m>')}"
        ),
    ),
    (
        "minimum",
        pattern(
            rf"\b(?:minimum|min\.?|minimal)(?: allowed)?(?: value)?(?: is|:| of| =)? {_NUMBER}(?! (?:char|digit"
            rf"|item))"
        ),
    ),
    (
        "maximum",
        pattern(
            rf"\b(?:must|should|has to|needs to|can) (?:be )?(?:at most|no more than|not more than"
            rf"|less than or equal to|not exceed|<=|up to) {_NUMBER}|\b(?:cannot|can't|must not|may not|can not"
            rf"|should not) (?:exceed|be (?:more|greater|higher|larger"
            rf"|bigger) than) {_NUMBER.replace('<n>', '<m>')}"
        ),
    ),
    (
        "maximum",
        pattern(
            rf"\b(?:maximum|max\.?|maximal)(?: allowed)?(?: value)?(?: is|:| of| =)? {_NUMBER}(?! (?:char|digit"
            rf"|item))"
        ),
    ),
    (
        "exclusiveMinimum",
        pattern(
            rf"\b(?:must|should|has to|needs to) be (?:strictly )?(?:greater|higher|larger"
            rf"|more) than {_NUMBER}(?! or equal)"
        ),
    ),
    (
        "exclusiveMaximum",
        pattern(
            rf"\b(?:must|should|has to|needs to) be (?:strictly )?(?:less|lower"
            rf"|smaller) than {_NUMBER}(?! or equal)"
        ),
    ),
)
_ITEMS = (
    (
        "maxItems",
        pattern(
            rf"\b{_MOST} {_N} (?:\w+ )?\w+|\b(?:cannot|can't|must not|may not) (?:contain"
            rf"|have) more than {_N.replace('<n>', '<m>')}|\b{_N.replace('<n>', '<o>')} (?:items|elements"
            rf"|entries) (?:max|at most|or fewer)"
        ),
    ),
    (
        "minItems",
        pattern(
            rf"\b(?:must (?:contain|have|include) )?(?:at least|a minimum of|minimum of) {_N} (?:\w+)|\b(?:must"
            rf"|should) (?:contain|have|include) at least (?P<word>one|two|three)\b"
        ),
    ),
)
_CLASS = (
    (pattern(r"\blower(?:case)?-? and upper-?case letters|\bupper(?:case)?-? and lower-?case letters"), "a-zA-Z"),
    (pattern(r"\blowercase (?:letters|characters|alphanumerics?|alphanumeric characters)"), "a-z"),
    (pattern(r"(?<!and )\buppercase (?:letters|characters)"), "A-Z"),
    (pattern(r"(?<!lowercase )(?<!uppercase )\b(?:letters|alphabetic characters|alphabets?)\b"), "a-zA-Z"),
    (pattern(r"(?<!lowercase )\balpha-?numeric\w*(?: characters?)?"), "a-zA-Z0-9"),
    (pattern(r"\blowercase alpha-?numeric"), "a-z0-9"),
    (pattern(r"\b(?:numbers|digits|numerals|numeric characters)\b"), "0-9"),
    (pattern(r"\bunderscores?\b|\"_\"|`_`|'_'"), "_"),
    (pattern(r"\b(?:periods?|dots?|full stops?)\b|\"\.\"|`\.`|'\.'"), "."),
    (pattern(r"\bspaces?\b"), " "),
    (pattern(r"\b(?:hyphens?|dash(?:es)?)\b|\"-\"|`-`|'-'"), "-"),
)
_CHARACTERS = pattern(
    r"\b(?:(?:can|may|must|should) (?:only )?(?:contain|consist of|include|be|use)(?: only)?|only"
    r"|consists? (?:only )?of|allowed characters(?: are|:)?|limited to|restricted to|comprised of"
    r"|made up of)\b(?P<rest>.*)"
)
_ONLY = pattern(
    r"\bonly\b|\bmust (?:be alpha|consist|contain alpha)|\bconsists? of\b|\ballowed characters|\blimited to\b"
    r"|\brestricted to\b"
)
_SOFT = pattern(
    r"\bif\b|\bwhether\b|\brecommend|\bwhen\b|\bor (?:null|empty|-?\d+)\b|\bat least (?:one|1) |\bunless\b"
    r"|\bfirst \d+ char|\bdefault|\btypically\b|\busually\b|\bapproximately|\bnormally|\btruncated\b|\bexample\b"
)
_HINT = pattern(
    r"\d|positive|negative|zero|alpha|letters|lowercase|characters|at least|\b(?:only|exactly) (?:one|two|three)\b"
)
_SPOKEN = {"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
# How many entries there must be, whatever is said of single ones.
_ITEMS_BETWEEN = pattern(rf"\b(?:must|should|has to|have to) (?:have|contain|include) (?:between )?{_RANGE} [a-z]\w+")
_ITEMS_NEEDED = pattern(
    rf"^at least {_COUNT} [\w ]{{2,30}}? (?:must be (?:provided|given|specified|present|included)|is required)\b"
)
_ITEMS_EXACTLY = pattern(rf"\b(?:must|should|has to|have to) (?:have|contain|include|hold) exactly {_COUNT} [a-z]\w+")
_TWO_COUNTS = pattern(r"\band at least\b|\bup to\b|\btotal\b|\bif\b|\bwhen\b|\bunless\b")


def read(sentence: Sentence) -> Iterator[Reading]:
    """What a sentence says of numbers."""
    text = sentence.text
    if not _HINT.search(text):
        return
    limit = _limit(text)
    if limit is not None and not (sentence.is_about_a_property and sentence.place.type == "array"):
        yield limit
    elif sentence.is_about_a_property and sentence.place.type == "array" and _counts_all(text):
        yield from _entries(text)
    elif sentence.is_about_a_property and not _SOFT.search(text):
        yield from _bounds(sentence)


def _is_of_documents(found: re.Match[str]) -> bool:
    """Whether the words bound how many documents there are: no size, no rate, and nothing that is denied."""
    if _NOT_THINGS.match(found["noun"]) or _NO_HOLDER.match(found["per"] or ""):
        return False
    if "exceed" in found[0] and "number of" not in found[0].lower():
        return False
    return re.search(r"\bnot\b", found[0].replace("must not exceed", "")) is None


def _limit(text: str) -> Reading | None:
    """How many documents there may be."""
    if _RATE.search(text):
        return None
    for words in _LIMITS:
        found = words.search(text)
        if found is None or not _is_of_documents(found):
            continue
        noun = _ADJECTIVES.sub("", _BEHIND.sub("", found["noun"].lower()))
        value: dict[str, object] = {"max": _counted(found["n"]), "of": singular(noun)}
        per = (found["per"] or "").lower()
        if per:
            value["per"] = singular(per)
        return Reading("x-limit", value, (), 0.75) if value["max"] else None
    return None


def _counts_all(text: str) -> bool:
    """Whether it says plainly how many entries an array has."""
    counts = (_ITEMS_BETWEEN, _ITEMS_NEEDED, _ITEMS_EXACTLY)
    return any(words.search(text) for words in counts) and not _TWO_COUNTS.search(text)


def _entries(text: str) -> Iterator[Reading]:
    between, needed = _ITEMS_BETWEEN.search(text), _ITEMS_NEEDED.search(text)
    if between:
        yield Reading("minItems", _int(between["low"]), (), 0.8)
        yield Reading("maxItems", _int(between["high"]), (), 0.8)
    elif needed:
        yield Reading("minItems", _counted(needed["n"]), (), 0.75)
    elif exact := _ITEMS_EXACTLY.search(text):
        yield Reading("minItems", _counted(exact["n"]), (), 0.75)
        yield Reading("maxItems", _counted(exact["n"]), (), 0.75)


def _bounds(sentence: Sentence) -> Iterator[Reading]:
    kind, text = sentence.place.type, sentence.text
    if re.match(r"(?:the|an?|each|every) (?:template|file|url|path|domain|item|line|row)\b", text, re.IGNORECASE):
        return  # it is that which has so many
    if kind == "string":
        yield from _lengths(text)
        yield from _pattern(text)
    elif kind in ("integer", "number"):
        yield from _numbers(text)
    elif kind == "array" and not re.search(_CHARS, text, re.IGNORECASE):
        for keyword, words in _ITEMS:
            found = words.search(text)
            if found and not re.search(r"\b(?:return|result|default|at once|at a time|in one)", text, re.IGNORECASE):
                groups = found.groupdict()
                number = next((groups[one] for one in ("word", "n", "m", "o") if groups.get(one)), "0")
                yield Reading(keyword, _counted(number), (), 0.75)


def _lengths(text: str) -> Iterator[Reading]:
    between = _CHARS_BETWEEN.search(text)
    if between:
        yield Reading("minLength", _int(between["low"]), (), 0.85)
        yield Reading("maxLength", _int(between["high"]), (), 0.85)
        return
    most = next((found for words in _MOST_CHARS if (found := words.search(text))), None)
    least = next((found for words in _LEAST_CHARS if (found := words.search(text))), None)
    if most:
        yield Reading("maxLength", _int(most["n"]), (), 0.85)
    if least:
        yield Reading("minLength", _int(least["n"]), (), 0.85)
    exact = _EXACT_CHARS.search(text)
    if exact and not most and not least and not re.search(r"\b(?:max|min|up to)", text, re.IGNORECASE):
        yield Reading("minLength", _int(exact["n"]), (), 0.75)
        yield Reading("maxLength", _int(exact["n"]), (), 0.75)


def _numbers(text: str) -> Iterator[Reading]:
    between = None if _EFFECT.match(text) else _BETWEEN.search(text)
    if between and _number(between["low"]) < _number(between["high"]):
        yield Reading("minimum", _number(between["low"]), (), 0.85)
        yield Reading("maximum", _number(between["high"]), (), 0.85)
        return
    told: set[str] = set()
    for keyword, words in _NUMBERS:
        found = words.search(text)
        if found and keyword not in told:
            told.add(keyword)
            groups = found.groupdict()
            yield Reading(keyword, _number(groups.get("n") or groups.get("m") or "0"), (), 0.8)


def _pattern(text: str) -> Iterator[Reading]:
    """The characters that a text may be made of."""
    found = _CHARACTERS.search(text) if _ONLY.search(text) else None
    if found is None or re.search(
        r"\b(?:special|other|not|except|start|begin|end|unicode|any|symbols|punctuation|slashes|accent|followed"
        r"|prefix|same|at least|uri|url|first|last|colon)\w*\b",
        found[0],
        re.IGNORECASE,
    ):
        return
    classes = [spelt for words, spelt in _CLASS if words.search(found["rest"])]
    if any(spelt[0].isalnum() for spelt in classes):
        inner = "".join(dict.fromkeys(classes))
        yield Reading("pattern", f"^[{inner}]*$", (), 0.7)


_LARGEST = 1e15  # whoever writes more means no bound


def _counted(text: str) -> int:
    return _SPOKEN.get(text.lower()) or _int(text)


def _int(text: str) -> int:
    return int(_number(text))


def _number(text: str) -> int | float:
    number = min(float(text.replace(",", "")), _LARGEST)
    return int(number) if number.is_integer() else number
