"""Permanence: what no change reaches, what the server alone sets, and what it fills in."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from specdouble.discover.prose.pattern import pattern
from specdouble.discover.prose.reading import Reading
from specdouble.discover.prose.sentence import Sentence
from specdouble.discover.prose.subject import bare, is_meant, subject

# Immutable

_NOT = (
    r"(?:cannot|can't|can not|must not|may not|could not|shall not|should not|(?:is|are) not allowed to|(?:is"
    r"|are) never|will not|won't)"
)
_CHANGED = r"(?:changed|modified|updated|edited|altered|renamed|reassigned|overwritten|mutated|changeable|amended)"
_FIXED = pattern(
    rf"\b{_NOT} (?:\w+ )?be (?:\w+ )?{_CHANGED}\b|\bnot (?:be )?(?:changeable|editable|modifiable|updatable"
    rf"|updateable|mutable)\b|\bnever changes\b"
)
_NOBODY_CHANGES = pattern(
    r"\b(?:you|clients?|users?|callers?) (?:cannot|can't|can not|must not|may not) (?:change|modify|update"
    r"|edit|alter|rename) "
    r"(?:(?:this|that) (?P<own>value|property|field|attribute|setting)|(?:the |its |an? |their )?"
    r"(?P<noun>`[^`]+`|\w+))(?= (?:of|after|once)\b|[.,;)]|$)"
)
_IMMUTABLE = pattern(
    r"^\W*(?:read.?only.{0,5} )?immutable\W*$|^\W*immutable[.,;:)\]]|\b(?:is|are|be|becomes?"
    r"|remains?) (?:an? )?immutable\b|\bimmutable (?:after|once|upon|field|property|value)\b"
    r"|[(\[]immutable[)\]]|^(?:an? |the )?(?:unique,? (?:and )?)?immutable (?:name|slug|key|code|handle|label"
    r"|username|title|alias)\b"
)
_ONCE = pattern(
    r"\b(?:can|may|must|should) (?:only )?be (?:set|specified|provided|defined|assigned|supplied|chosen"
    r"|configured|given) (?:only )?(?:once\b(?! the)|(?:at|on|during|upon"
    r"|when) (?:the )?(?:initial )?(?:\w+ )?(?:creat\w+|insert\w*))"
    r"|\b(?:can|may) only be (?:set|specified|provided|defined|assigned|supplied|chosen"
    r"|configured) (?:once\b(?! the)|(?:at|on|during|upon|when) (?:the )?(?:initial )?(?:\w+ )?(?:creat\w+"
    r"|insert\w*))"
    r"|\bwrite[- ]once\b|\bset[- ]once\b(?! (?:the|an?|it|this)\b)|\bcreate[- ]only\b|\bonly (?:settable"
    r"|writable|writeable|valid"
    r"|allowed|accepted|used|applies|applicable) (?:at|on|during|upon|when|for) (?:\w+ )?creat\w+"
    r"|\b(?:is |are |be )?ignored (?:on|in|during|for|by|when) (?:an? |the )?(?:updat\w+|PUT\b|PATCH\b|edit\w*)"
)
_KEPT_ON_UPDATE = pattern(
    r"^(?:only )?set (?:only )?(?:on|at|during|upon) (?:the )?creat\w+ (?:only|alone)\b",
    r"\bnot (?:changed|changeable|updated|modified) (?:on|by|in|during|with) (?:an? |the )?updat\w+",
)
_IS_DEMAND = pattern(r"\bmust be (?:set|specified|provided|supplied|given) (?:when|on|at|during)")
_AFTER_CREATION = pattern(
    r"\b(?:once|after|when)(?: (?:the |an? |it |this |that |they |has been |have been |is |are |was |being "
    r"|been |its |initially |initial |\w+ ){0,4}?)(?:set|creat\w+|assigned|defined|chosen"
    r"|specified|written|recorded|saved)\b(?! (?:to|as|by))"
)
_CONDITION = pattern(
    r"\b(?:if|unless|until|while|when|whenever|except|once|after|before|as long as|for (?:these|those|free))\b"
)
_ELSEWHERE = pattern(
    r"\b(?:with|using|via|through|by|from|in) (?:this|the|that) (?:\w+ ){0,3}(?:endpoint|method|call|api"
    r"|operation|request|page|interface|ui|dashboard|form|route)\b|\bchanged (?:back )?(?:to|from|into)\b"
    r"|\bdefault (?:list|role|project|branch|group)|\bwhether\b|\bmultiple\b|\bin place\b|\bdirectly\b"
    r"|\bexisting (?:values|data|records) (?:can|will)|\bby (?:the )?(?:users?|clients?|you|non)\b"
)
_THING = pattern(
    r"\bimmutable (?:record|snapshot|log|schema|copy|object|resource|collection|list|tag|identifier|id|ID|history"
    r"|release|version|additions)"
)

# What is said of those that somebody has, and not of all: "the owner's role".
_OF_SOMEBODY = pattern(
    r"\b(?:owner|admin(?:istrator)?|creator|author|member)s?'s? [a-z]\w+ (?:cannot|can't|must not|may not)\b"
)

# Set by the server

_READ_ONLY = pattern(
    r"^\W*read[- ]?only\W*$|^\W*\(?\[?read[- ]?only\b[.,:;)\]]|[(\[]read[- ]?only[)\]]\W*$"
    r"|^\W*[(\[]read[- ]?only[)\]]|\b(?:is|are) (?:a "
    r"|always |an )?(?:read[- ]?only|output[- ]?only)\b(?! (?:access|for|when|if|in|mode|to|after|once|user"
    r"|unless|and can))"
    r"|\bread[- ]?only (?:field|property|attribute|value|parameter|timestamp|identifier|id)\b"
    r"|^\W*output[- ]?only\b|[,;.] read[- ]?only\.?$"
    r"|\b(?:you|clients?|users?|callers?) (?:can|may) only read (?:this|it\b(?! (?:if|when|in)\b))"
)
_READ_ONLY_KIND = pattern(r"an? read[- ]?only (?:boolean|string|text|integer|number|array|list|object|flag|date)\b")
_SERVER = r"(?:the )?(?:server|system|api|backend|service|platform|database|application server|api server|data ?store)"
_DONE = (
    r"(?:generated|assigned|set|created|populated|calculated|computed|filled(?: in)?|incremented|maintained"
    r"|managed|updated|provided|defined|determined|added|allocated|issued)"
)
_BY_SERVER = pattern(
    rf"\b{_DONE} (?:automatically |internally |only |randomly )?by {_SERVER}\b(?! (?:admin|owner|user|config"
    rf"|caller|client|consumer|call|request"
    rf"|key|operator))|\b(?:server|system)[- ](?:generated|assigned|set|managed|defined|created|maintained)\b"
    rf"|\b{_SERVER} (?:automatically |always |will )*(?:assigns|generates|sets|populates|assign"
    rf"|generate) (?:this|it|the (?:value|id))\b"
)
_AUTOMATIC = pattern(
    rf"(?:\b(?:is|are|be|gets|was) |^)(?:automatically|auto[- ]?)[ -]?(?:generated|assigned|set"
    rf"|populated|calculated|computed|filled(?: in)?|incremented|maintained|updated)\b"
    rf"|\b{_DONE} automatically\b"
)
_IGNORED = pattern(
    r"\b(?:cannot|can't|can not|must not|may not|should not) be (?:set|specified|provided|supplied|assigned"
    r"|sent) (?:by|in|from) (?:the |an? )?(?:client|user|caller|request|api)s?\b"
    r"|\b(?:is|are|will be|be) ignored (?:if|when) (?:\w+ )?(?:sent|provided|supplied|set|passed|specified"
    r"|present|included)(?: (?:by|in) (?:the |an? )?(?:client|request|user)\w*)?[.,;)]?$"
    r"|\bany value (?:sent|supplied|provided|specified|set)[\w ]*(?:is|will be) (?:ignored|overwritten"
    r"|discarded)|\bignored (?:on|in) (?:input|write|requests?)\b"
)
_FALLS_BACK = pattern(
    r"\b(?:if|when|unless|in case|where)\b[\w `'\"]* ?(?:\bnot\b|n't\b|\bomitted|\babsent|\bempty|\bblank"
    r"|\bmissing|\bnone\b|\bnull\b|\bleft\b|\bunspecified|\bspecif|\bprovided)|\bunless\b|\bby default\b"
    r"|\bif (?:true|set|enabled)\b|\bwhether\b|\bindicates\b|\bdefaults?\b"
)
_PREDICATE = pattern(r"(?:^|\s)(?:is|are|was|were|be|will be|gets)(?:\s*$|\s(?=auto))")
_OTHERS = pattern(
    r"\bread[- ]?only (?:access|token|mode|user|view|key|permission|replica|scope|copy|link|api|role|memory"
    r"|database|volume|file)|\bmount"
)

# Defaults

_LITERAL = (
    r"(?P<value>`[^`]*`|\"[^\"]*\"|'[^']*'|-?\d+(?:\.\d+)?(?![\w:/-])|true\b|false\b|[A-Za-z][\w\-]*(?:\.[\w\-]+)*)"
)
_DEFAULTS = (
    pattern(
        rf"\bdefault(?:s|ing|ed)? (?:is |value is |value )?to (?:the (?:value"
        rf"|string) )?(?:of )?{_LITERAL}(?P<after>[^.,;)]*)"
    ),
    pattern(
        rf"\bdefault(?: value)?(?: is|:| is:| =|=| will be| of| value is| value:|s?: is) (?:set to "
        rf"|the value )?{_LITERAL}(?P<after>[^.,;)]*)"
    ),
    pattern(r"\bdefault(?: value)? (?P<value>`[^`]+`|\"[^\"]+\"|-?\d+(?:\.\d+)?(?![\w:/-]))(?P<after>[^.,;)]*)"),
    pattern(
        rf"\b(?:if|when) (?:\w+ )?(?:omitted|not (?:specified|provided|set|given|supplied|present|passed)|absent"
        rf"|left (?:empty|blank)|unspecified|missing),? (?:the (?:value )?|it |this |a )?(?:value |field "
        rf"|type )?(?:is |will be |of )?(?:assumed |taken |set |treated )?(?:to be |as "
        rf"|to )?{_LITERAL}(?P<after>[^.,;)]*)"
    ),
    pattern(
        r"(?P<value>`[^`]+`|\"[^\"]+\") ?(?:\((?:the )?default\)|(?:is )?(?:used |assumed |set "
        r"|applied )?by default\b|is (?:assumed|used) (?:if|when) (?:omitted|not |absent|missing))(?P<after>)"
    ),
    pattern(r"(?P<value>\btrue|\bfalse|(?<![\w.-])-?\d+(?:\.\d+)?) by default(?P<after>)"),
    pattern(
        r"^(?P<value>`[^`]+`|\"[^\"]+\"|true|false|-?\d+) is the default(?: (?:value|state|setting|option))?"
        r"(?=[.,;)]|$)(?P<after>)"
    ),
    pattern(
        r"^(?P<value>`[^`]+`|\"[^\"]+\"|true|false|-?\d+) (?:if|when) (?:it is |this is )?(?:omitted|absent"
        r"|missing|unspecified"
        r"|not (?:provided|specified|set|given|sent|present))(?P<after>)"
    ),
)
_NO_VALUE = {
    "the", "a", "an", "none", "null", "empty", "current", "no", "not", "all", "value", "values", "is", "to",
    "in", "for", "and", "or", "now", "today", "unlimited", "this", "it", "if", "will", "when", "that", "by",
    "only", "be", "as", "any", "set", "used", "your", "their", "same", "one", "first", "unspecified", "with",
    "of", "on", "are", "can", "may", "has", "whatever", "behavior", "behaviour", "uses", "setting", "whichever",
    "settings", "undefined", "we", "you", "using", "at", "from", "its", "text", "so", "account", "user",
    "project", "organization", "which", "what", "created",
}  # fmt: skip
_NOT_A_DEFAULT = pattern(
    r"\bnot set to\b|\bnot configured\b|\b(?:does(?:n't| not)|do not|don't|no longer|never|not) default"
    r"|\b(?:the|a|an|your|its|this|user's|account's"
    r"|their|is|as|per) default (?!(?:value|state|setting|option)\b|is\b|to\b)"
    r"|\bdefault (?:branch|role|project|group|settings?|language of)"
    r"|\b(?:if|when) [\w `'\"]+ (?:is|are) (?!not|omitted|absent|unspecified|missing|empty|left|unset|null|blank)"
)


def read(sentence: Sentence) -> Iterator[Reading]:
    """What a sentence says of values that a client cannot change, cannot set, or need not send."""
    yield from _defaulted(sentence)
    if _is_set_by_server(sentence):
        yield from _server_set(sentence)
    else:
        yield from _immutable(sentence)


def _immutable(sentence: Sentence) -> Iterator[Reading]:
    text = sentence.text
    elsewhere = any(words.search(text) for words in (_ELSEWHERE, _THING, _OF_SOMEBODY))
    if sentence.place.on not in ("property", "operation") or elsewhere:
        return
    found = _FIXED.search(text)
    rest = _AFTER_CREATION.sub("", text)
    if found and not _CONDITION.search(rest):
        about = subject(sentence, found.start())
        if about or sentence.is_about_a_property:
            yield Reading("x-immutable", True, about, 0.9 if rest != text else 0.75)
        return
    active = _NOBODY_CHANGES.search(text)
    if active and not _CONDITION.search(rest):
        noun = bare(active["noun"] or "")
        is_own = sentence.is_about_a_property and (not noun or is_meant(noun, sentence.place.name))
        if is_own or noun:
            yield Reading("x-immutable", True, () if is_own else (noun,), 0.8)
        return
    found = _ONCE.search(text) or _KEPT_ON_UPDATE.search(text) or _IMMUTABLE.search(text)
    if found and not _CONDITION.search(rest.replace(found[0], "")) and not _IS_DEMAND.search(text):
        about = subject(sentence, found.start()) if " " in text[: found.start()].strip() else ()
        if about or sentence.is_about_a_property:
            yield Reading("x-immutable", True, about, 0.85)


def _is_set_by_server(sentence: Sentence) -> bool:
    text = sentence.text
    if sentence.is_about_a_property and _READ_ONLY_KIND.match(text):
        return True
    if _OTHERS.search(text) or _FALLS_BACK.search(text) or sentence.place.on not in ("property", "operation"):
        return False
    patterns = (_READ_ONLY, _BY_SERVER, _IGNORED, _AUTOMATIC)
    chosen = re.search(r"\b(?:generated|assigned|set|created) or \w+", text)  # by the server, or by somebody else
    return not chosen and any(words.search(text) for words in patterns)


def _server_set(sentence: Sentence) -> Iterator[Reading]:
    text = sentence.text
    for words, sure in (
        (_READ_ONLY_KIND, 0.9),
        (_READ_ONLY, 0.9),
        (_BY_SERVER, 0.85),
        (_IGNORED, 0.85),
        (_AUTOMATIC, 0.75),
    ):
        found = words.search(text)
        if found is None:
            continue
        about = (
            ()
            if words in (_READ_ONLY, _READ_ONLY_KIND) and sentence.is_about_a_property
            else subject(sentence, found.start())
        )
        tells_of_another = _PREDICATE.search(text[: found.start()]) or _PREDICATE.match(found[0])
        if sentence.is_about_a_property and about and not tells_of_another and not _names_another(about):
            about = ()  # "the id of the ticket, generated by the server"
        if about or sentence.is_about_a_property:
            yield Reading("readOnly", True, about, sure)
        return


def _names_another(about: tuple[str, ...]) -> bool:
    """Whether it looks like the name of a property rather than a description."""
    return any(re.search(r"[a-z][A-Z]|_", name) for name in about)


def _defaulted(sentence: Sentence) -> Iterator[Reading]:
    text = sentence.text
    if (
        not sentence.is_about_a_property
        or ("efault" not in text and not re.search(r"\b(?:if|when)\b", text, re.IGNORECASE))
        or _NOT_A_DEFAULT.search(text)
    ):
        return
    for words in _DEFAULTS:
        found = words.search(text)
        value = _literal(found, sentence) if found else None
        if value is not None:
            yield Reading("default", value, (), 0.8)
            return


def _literal(found: re.Match[str], sentence: Sentence) -> Any:
    """The value that a default has; None where the words describe it, or it does not fit the property."""
    written, after = found["value"], found["after"]
    place, plain = sentence.place, written.strip("`\"'")
    if plain.lower() in ("null", "none"):
        return None
    if re.match(
        r"\s*(?:\w+ )*(?:if|when|for|in|on|unless)\b(?! (?:it is |this is |they are )?(?:not |none |omitted|absent"
        r"|unspecified|missing|empty|left|no ))",
        after,
        re.IGNORECASE,
    ):
        return None  # on a condition
    if place.type == "boolean":
        return {"true": True, "false": False}.get(plain.lower())
    if place.type in ("integer", "number"):
        return _number(plain, after, place.type)
    if place.values:
        return next((one for one in place.values if one.lower() == plain.lower()), None)
    if place.type != "string" or (written == plain and (plain.lower() in _NO_VALUE or after.strip())):
        return None
    return plain if written != plain or re.fullmatch(r"[A-Za-z][\w\-.]*|-?\d+(\.\d+)?", plain) else None


_SPOKEN = {"zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "ten": "10"}


def _number(text: str, after: str, kind: str) -> Any:
    text = _SPOKEN.get(text.lower(), text)
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", text) or re.match(r"\s*(?:%|percent)", after):
        return None
    number = float(text)
    if not math.isfinite(number):
        return None
    return int(number) if kind == "integer" or number.is_integer() else number
