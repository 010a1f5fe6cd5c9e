"""Relation: what one property says of another: an order, a condition, a sum."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specdouble.discover.prose.pattern import pattern
from specdouble.discover.prose.reading import Reading
from specdouble.discover.prose.sentence import Sentence
from specdouble.discover.prose.subject import DETERMINER, NAME, bare, same, subject

_MUST = r"(?:must|should|shall|has to|have to|needs to|need to|will always|can only)"
_NEVER = r"(?:cannot|can't|can not|must not|may not|should not|shall not|mustn't|shouldn't)"
_NEEDED = rf"(?:{_MUST}(?: always)?|{_NEVER})"
_OTHER = (
    rf"(?P<other>{DETERMINER}(?:value of (?:the )?)?{NAME}(?: {NAME}){{0,2}}?)(?=[.,;)]|$| (?:if|when|field|value"
    rf"|property|date|parameter|attribute|and|or|of this|for)\b)"
)
_ORDERS = (
    (
        ">=",
        (
            r"(?:(?:be )?(?:on or after|at or after|after or equal to|equal to or (?:after|later than|greater than)"
            r"|greater than or equal to|no earlier than|not earlier than|at least|>=|later than or equal to"
            r"|not less than|no less than))"
        ),
    ),
    (
        "<=",
        (
            r"(?:(?:be )?(?:on or before|at or before|before or equal to|equal to or (?:before|earlier than|less than)"
            r"|less than or equal to|lower than or equal to|smaller than or equal to|no later than|not later than"
            r"|at most|<=|earlier than or equal to|not greater than|no more than|not exceed|no greater than)|exceed)"
        ),
    ),
    (
        ">",
        (
            r"(?:be |come |occur |fall |lie )?(?:strictly )?(?:later than|after|greater than|larger than|higher than"
            r"|bigger than|more than|>)"
        ),
    ),
    (
        "<",
        (
            r"(?:be |come |occur |fall |lie )?(?:strictly )?(?:earlier than|before|prior to|less than|smaller than"
            r"|lower than|<)"
        ),
    ),
)
_BESIDE = r"(?:be (?:in the (?:future|past)|valid|positive|set),? and )?"
_ORDER = tuple((sign, pattern(rf"\b(?P<must>{_NEEDED}) {_BESIDE}{words} {_OTHER}")) for sign, words in _ORDERS)
_INVERSE = {">": "<=", "<": ">=", ">=": "<", "<=": ">"}
_NO_NAMES = pattern(
    r"^(?:now|today|zero|one|two|three|current|present|future|past|maximum|minimum|max|min|\d.*|next|last"
    r"|first|creation|it|that|this|all|any|being|you|we|each|end|beginning|current \w+|today's \w+|limit|size"
    r"|length|number)$"
)

_REQUIRED = pattern(
    rf"^\W*required\W*$|^\W*\(?required\)?[.:)\]]|^\[?required\]|^mandatory\b(?! (?:if|when|for|unless))"
    rf"|\b(?:is|are) (?:always |a )?(?:required|mandatory)(?: field| property| parameter| attribute)?(?=[.,;)]"
    rf"|$| and\b| on creat| to creat| when creat)"
    rf"|\b{_MUST} (?:always |also )?be (?:provided|specified|supplied|given|included|present|sent)(?=[.,;)]|$"
    rf"| in (?:the|every|each) request| when creating| on creat)"
)
_NOT_REQUIRED = pattern(
    r"\bnot (?:be )?(?:required|mandatory|needed)|\bno longer\b|\boptional\b|\bif\b|\bwhen\b(?! creat)|\bunless\b"
    r"|\bonly\b|\beither\b|\bat least one\b|\bone of\b|\bwhether\b|\bscope\b|\bmay be\b|\bfor\b|\bor\b"
    r"|\bauthenticat|\b(?:auth|permission|role|token|login|approval)\w* (?:is|are) required"
)

_CONDITIONAL = pattern(
    rf"\b(?:(?:is |are )?(?:only |also )?(?:required|mandatory)|{_MUST} (?:also |only )?be (?:provided"
    rf"|specified|set|present|supplied|given|included|sent)) (?:only )?(?P<how>if|when|unless|where"
    rf"|for)(?: and only if)? (?P<condition>.+?)[.,;)]?$"
)
_VALUE = r"(?P<value>`[^`]+`|\"[^\"]+\"|'[^']+'|true|false|-?\d+(?:\.\d+)?|(?-i:[A-Z][A-Z_]{2,}))"
_EQUALS = pattern(
    rf"^(?:the )?(?:value of )?(?:the )?(?P<name>`[^`]+`|\"\w+\"|'\w+'|[A-Za-z]\w*)(?: (?:field|property|attribute"
    rf"|parameter|value))?(?: is| equals| =| ==|=|:| is set to| is equal to| has (?:the )?value| set to"
    rf"| was set to) ?{_VALUE}(?: (?:is selected|is chosen))?[.,;)]?$"
)
_PRESENT = pattern(
    r"^(?:the )?(?P<name>`[^`]+`|\"\w+\"|'\w+'|[A-Za-z]\w*)(?: (?:field|property|attribute|parameter"
    r"|value))? (?:is |are |has been |was )?(?P<how>(?:not |also )?(?:set|provided|specified|present|given"
    r"|supplied|used|included|sent|omitted|absent|missing|empty|null))[.,;)]?$"
)
_EXCLUSIVE = pattern(
    rf"\bmutually exclusive (?:with|to) (?:the )?(?P<other>{NAME})|\b{_NEVER} be (?:used|specified|set"
    rf"|provided|combined|present|supplied|given)(?: together| in conjunction| in combination| along"
    rf"| alongside| at the same time)* (?:with|as) (?:the )?(?P<other2>{NAME})"
    rf"|\bexclusive (?:of|with) (?:the )?(?P<other3>`[^`]+`|\"\w+\")|^(?:only "
    rf"|exactly )?one of (?P<a>`?\w+`?) (?:and|or) (?P<b>`?\w+`?) (?:can|may|must|should) be (?:set|specified"
    rf"|provided|given|supplied|used)"
)
_NOT_BESIDE = pattern(
    rf"\b{_NEVER} be (?:used|specified|set|provided|present|supplied|given|sent) (?:if|when) (?:the )?"
    rf"(?P<other>{NAME})(?: (?:field|property|attribute|parameter|value))? (?:is|are|has been) (?:also )?"
    rf"(?:set|provided|specified|present|given|supplied|used|sent)(?: (?:too|as well))?[.,;)]?$"
)
_ONE_OF = pattern(
    rf"\b(?:only|exactly|at most|no more than) (?:one|1) of (?:the )?(?P<all>{NAME}(?:, {NAME})*,? (?:or|and) {NAME}) "
    r"(?:can|may|must|should) be (?:set|specified|provided|given|supplied|used|sent|present)\b"
)
_EITHER = pattern(
    rf"\b(?:either|at least one of|one of) (?:the )?(?P<a>{NAME}) (?:or"
    rf"|and) (?:the )?(?P<b>{NAME})(?: or both)? (?:\w+ )?(?:must|is required|are required|has to|should|needs? to"
    rf"|have to)\b"
)

_SUM = pattern(
    rf"\b(?:the )?(?P<how>sum|product|difference) (?:of|between) (?:the )?(?P<a>{NAME}) (?:and"
    rf"|from) (?:the )?(?P<b>{NAME})(?=[.,;)]|$)"
)
_TIMES = pattern(
    r"(?P<a>`[a-z]\w*`|\b[a-z]\w+) (?:times|multiplied by|x|\*|\u00d7|minus|plus|less|-|\+) (?P<b>`[a-z]\w*`"
    r"|[a-z]\w+)(?=[.,;)]|$)"
)
_COMPUTED = pattern(
    r"^(?:the )?(?:value (?:is )?)?(?:automatically )?(?:calculated|computed"
    r"|derived) (?:automatically )?(?:from|as|by|based on|field|value|on the)\b|\b(?:is|are) (?:automatically "
    r"|always )?(?:calculated|computed|derived) (?:automatically )?(?:from|as|by|based on|on the (?:fly"
    r"|server))\b|[(\[](?:calculated|computed|derived)[)\]]"
)
_SIGNS = {
    "sum": "+",
    "plus": "+",
    "+": "+",
    "product": "*",
    "times": "*",
    "multiplied": "*",
    "x": "*",
    "*": "*",
    "\u00d7": "*",
    "difference": "-",
    "minus": "-",
    "less": "-",
    "-": "-",
}
_HEDGED = pattern(r"\bif\b|\bwhether\b|\bwhen\b|\bunless\b|\breturns?\b|\bfilters?\b|\bshow\b|\bselect|\bquer")


def read(sentence: Sentence) -> Iterator[Reading]:
    """What a sentence says of how properties hang together."""
    if sentence.place.on not in ("property", "operation", "schema"):
        return
    yield from _ordered(sentence)
    yield from _conditional(sentence)
    yield from _alternatives(sentence)
    if sentence.is_about_a_property:
        needed = _REQUIRED.search(sentence.text)
        if needed and not _NOT_REQUIRED.search(sentence.text):
            yield Reading("required", True, subject(sentence, needed.start()), 0.75)
        yield from _computed(sentence)


def _ordered(sentence: Sentence) -> Iterator[Reading]:
    if _HEDGED.search(sentence.text):
        return
    for sign, words in _ORDER:
        found = words.search(sentence.text)
        if found is None:
            continue
        other = bare(re.sub(r"^(?:the )?value of ", "", found["other"], flags=re.IGNORECASE))
        moment = re.match(r" (?:date|time)\b", sentence.text[found.end() :], re.IGNORECASE)
        if moment and other.lower() in ("start", "end", "begin", "due"):
            other += moment[0]
        if _NO_NAMES.match(other) or not other:
            return
        if re.match(_NEVER, found["must"], re.IGNORECASE) and not found[0].lower().startswith(
            (
                "cannot exceed",
                "must not exceed",
                "may not exceed",
                "can't exceed",
                "should not exceed",
                "can not exceed",
            )
        ):
            sign = _INVERSE[sign]
        about = subject(sentence, found.start())
        if len(about) <= 1 and (about or sentence.is_about_a_property):
            yield Reading("x-validations", {"order": sign, "other": other}, about, 0.8)
        return


def _conditional(sentence: Sentence) -> Iterator[Reading]:
    found = _CONDITIONAL.search(sentence.text)
    if (
        found is None
        or re.search(r"\bnot (?:be )?(?:required|mandatory)", sentence.text, re.IGNORECASE)
        or " or " in found["condition"]
        or " and " in found["condition"]
    ):
        return
    about = subject(sentence, found.start())
    if len(about) > 1 or not (about or sentence.is_about_a_property) or found["how"].lower() == "for":
        return
    value: dict[str, object] | None = None
    if equal := _EQUALS.match(found["condition"]):
        value = {"if": bare(equal["name"]), "equals": _literal(equal["value"])}
    elif present := _PRESENT.match(found["condition"]):
        absent = re.search(r"not |omitted|absent|missing|empty|null", present["how"], re.IGNORECASE)
        value = {"if": bare(present["name"]), "present": not absent}
    if value is not None and not same(str(value["if"]), sentence.place.name or "-"):
        yield Reading(
            "x-validations", {**value, "unless": True} if found["how"].lower() == "unless" else value, about, 0.75
        )


def _literal(text: str) -> object:
    plain = text.strip("`\"'")
    if plain.lower() in ("true", "false"):
        return plain.lower() == "true"
    return int(plain) if re.fullmatch(r"-?\d{1,18}", plain) else plain


def _alternatives(sentence: Sentence) -> Iterator[Reading]:
    beside = _NOT_BESIDE.search(sentence.text) if sentence.is_about_a_property else None
    if beside and not subject(sentence, beside.start()) and not _NO_NAMES.match(bare(beside["other"])):
        yield Reading("x-validations", {"exclusive": [sentence.place.name, bare(beside["other"])]}, (), 0.7)
        return
    if re.search(r"\bif\b|\bwhen\b|\bparameters\b", sentence.text, re.IGNORECASE):
        return
    if several := _ONE_OF.search(sentence.text):
        names = [bare(one) for one in re.split(r",? (?:or|and) |, ", several["all"])]
        yield Reading("x-validations", {"exclusive": names}, (), 0.7)
        return
    found = _EXCLUSIVE.search(sentence.text)
    if found and found["a"]:
        yield Reading("x-validations", {"exclusive": [bare(found["a"]), bare(found["b"])]}, (), 0.7)
    elif found and sentence.is_about_a_property:
        other = bare(found["other"] or found["other2"] or found["other3"] or "")
        if other and not _NO_NAMES.match(other) and other not in ("other", "others", "another", "a", "an", "the"):
            yield Reading("x-validations", {"exclusive": [sentence.place.name, other]}, (), 0.7)
    elif (either := _EITHER.search(sentence.text)) and not re.search(
        r"\bmust be (?:one|either)\b", sentence.text, re.IGNORECASE
    ):
        yield Reading("x-validations", {"any": [bare(either["a"]), bare(either["b"])]}, (), 0.7)


def _computed(sentence: Sentence) -> Iterator[Reading]:
    text = sentence.text
    if (
        sentence.place.type not in ("integer", "number", "string")
        or _HEDGED.search(text)
        or re.search(r"\bunless\b|\bnot\b", text)
    ):
        return
    if found := _SUM.search(text):
        yield Reading("x-computed", f"{bare(found['a'])} {_SIGNS[found['how'].lower()]} {bare(found['b'])}", (), 0.7)
    elif (
        sentence.place.type != "string"
        and (found := _TIMES.search(text))
        and re.search(r"`|\bcalculated|\bcomputed|\bequals?|^\w+ (?:times|multiplied)", text)
    ):
        sign = re.sub(r"^\S+ | \S+$", "", found[0].replace("multiplied by", "*"))
        yield Reading("x-computed", f"{bare(found['a'])} {_SIGNS.get(sign.lower(), '*')} {bare(found['b'])}", (), 0.7)
    elif (told := _COMPUTED.search(text)) and not subject(sentence, told.start()):
        yield Reading("x-computed", None, (), 0.65)
