"""References: sentences such as "must resolve to an existing Prompt ID"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specdouble.discover.prose.pattern import pattern
from specdouble.discover.prose.reading import Reading
from specdouble.discover.prose.sentence import Sentence
from specdouble.discover.prose.subject import GENERIC, bare, subject

_MUST = r"(?:must|should|shall|has to|have to|needs to|need to)"
_THING = r"(?P<noun>`?[A-Za-z][\w\-]*`?(?: [A-Za-z][\w\-]*){0,2}?)"
_END = (
    r"(?=$|[.,;:()]|'s\b| (?:id|ids|identifiers?|uuid|object|record|resource|entity|and|or|that|which|in|of|on|for"
    r"|from|within|with|to|you|by|the|already|when|whose|owned|belonging|must)\b)"
)
_ID = r"(?:ids?|identifiers?|uuids?|keys?|names?|slugs?|codes?|refs?|references?|numbers?)"
_EXISTING = pattern(
    rf"\b(?:{_ID}|reference) (?:of|to|for|from) (?:an?|the|one of (?:the|your)|some|any) (?:previously created"
    rf"|already existing|existing|known|registered|already created) {_THING}{_END}"
)
_RESOLVES = pattern(
    rf"\b{_MUST} (?:also |always )?(?:be|refer to|reference|point to|resolve to|match|name|correspond to"
    rf"|identify|belong to|contain|represent|link to) "
    rf"(?:(?:the|an?|one of the) )?(?:valid |unique )?(?:{_ID} of )?(?:the |an? |one of (?:the|your) )?"
    rf"(?:valid,? |already |previously created |active,? )*(?:existing|known|registered|created) {_THING}{_END}"
)
_VALID = pattern(
    rf"\b{_MUST} (?:also |always )?be (?:a |the )?valid {_ID} (?:of|for) (?:an? |the )?{_THING}{_END}"
    rf"|\b{_MUST} (?:also |always )?be (?:a )?valid (?P<noun2>[A-Za-z][\w\-]*(?: [A-Za-z][\w\-]*)?) (?:id"
    rf"|identifier|ID)\b"
)
_EXISTS = pattern(
    rf"\b{_MUST} (?:already |currently |also )?exist\b(?! (?:if|when|only))|\b{_MUST} be (?:created"
    rf"|registered) (?:first|beforehand|before)\b"
)
_MISSING = pattern(
    r"\b(?:the |a |an |specified |given |provided |referenced |supplied |requested |target |parent |no "
    r"|unknown |invalid )*"
    r"(?P<noun>(?!(?:or|and|the|an?|if|that|when|since|because|as|but|one|it)\b)[a-z][\w\-]*(?: (?!(?:or|and"
    r"|the|an?)\b)[a-z][\w\-]*)?) (?:does not|doesn't|do not|did not|don't) exist\b"
    r"|\b(?:references?|refers? to|names?|specif\w+) (?:an? |the )?(?:non-?existent|non-?existing|unknown"
    r"|missing|invalid|nonexistent) (?P<noun2>[a-z][\w\-]*)"
    r"|\b(?:unknown|non-?existent|non-?existing|no such) (?P<noun3>[a-z][\w\-]*(?: id)?)\b"
)
_DESCRIBED = pattern(
    rf"^(?:the |a |an )?(?:unique |numeric )*(?:{_ID}) (?:of|for) (?:the |an? |its |this )?(?:parent |owning "
    rf"|associated |related |linked |target )?{_THING}"
    r"(?: (?:(?:that |which )?(?:this|the|an?|it|its|to which|of which|in which|for which|on which"
    r"|under which)\b.*|(?:associated|linked|related|to|that|which|from|used|where)\b.*))?[.,]?$"
)
_HOLDER = pattern(
    r"^(?:the )(?P<noun>[a-z][\w\-]*) (?:that|which|who|to which|in which|whose|this [\w ]+ (?:belongs|is)"
    r"|it )\b"
)
_FOREIGN = pattern(
    r"\bif\b|\bwhether\b|\bwhen\b|\bunless\b|\bneed not\b|\b(?:does|do|doesn't|don't)(?: not)? (?:need"
    r"|have) to\b|\bnot required to\b"
    r"|\b(?:will be|is|are|gets|be) created (?:if|when|automatically)|\bor (?:a )?new\b|\bif (?:one|it"
    r"|they) do(?:es)?(?: not|n't) exist"
)
_FORMATS = {
    "email", "url", "uri", "json", "date", "phone", "uuid", "ip", "domain", "iso", "http", "https", "css",
    "number", "string", "integer", "format", "regex", "country", "currency", "language", "timezone",
    "xml", "html", "client", "request", "a", "the", "valid", "base64", "ascii", "hex", "cron", "jwt", "access",
    "file", "path", "value", "resource", "object", "item", "record", "entity", "id", "page", "session", "data",
    "field", "property", "element", "one", "that", "it", "endpoint", "parameter", "code", "dns", "vin", "rfc",
}  # fmt: skip


def read(sentence: Sentence) -> Iterator[Reading]:
    """What a sentence says of documents that must exist."""
    text = sentence.text
    if sentence.is_a_refusal:
        yield from _refused(sentence)
        return
    if sentence.place.type not in ("string", "integer", "number", "array") and sentence.is_about_a_property:
        return
    yield from _demanded(sentence) if not _FOREIGN.search(text) else ()


def _demanded(sentence: Sentence) -> Iterator[Reading]:
    text = sentence.text
    for words, sure in ((_RESOLVES, 0.9), (_EXISTING, 0.8), (_VALID, 0.75)):
        found = words.search(text)
        noun = _noun(found)
        if found and noun:
            about = subject(sentence, found.start()) if words is not _EXISTING else _before_id(sentence, found.start())
            yield Reading("x-references", noun, about, sure, words is not _EXISTING or sure > 0.7)
            return
    found = _EXISTS.search(text)
    if found:
        yield from _exists(sentence, found)
    elif sentence.is_about_a_property:
        yield from _described(sentence)


def _before_id(sentence: Sentence, start: int) -> tuple[str, ...]:
    """The subject of "`x` is the id of an existing thing"; in a description it may be left out."""
    text = sentence.text[:start]
    verb = re.search(
        r"\b(?:must be|is|are|should be|be|contains?|holds?|must contain)(?: (?:the|an?|a valid|valid))*\s*$",
        text,
        re.IGNORECASE,
    )
    return subject(sentence, verb.start()) if verb else ()


def _exists(sentence: Sentence, found: re.Match[str]) -> Iterator[Reading]:
    """ "The project must exist": a property by its name, or what a property refers to."""
    names = _raw_subject(sentence, found.start())
    if sentence.is_about_a_property:
        noun = names[0] if names and names[0].lower() not in GENERIC else sentence.place.name
        yield Reading("x-references", _stripped(noun), (), 0.8)
        return
    for name in names:
        yield Reading("x-references", _stripped(name), (name,), 0.75)


def _raw_subject(sentence: Sentence, end: int) -> tuple[str, ...]:
    return subject(Sentence(sentence.words, type(sentence.place)("operation")), end)


def _refused(sentence: Sentence) -> Iterator[Reading]:
    if sentence.place.status not in ("400", "404", "409", "422"):
        return
    for found in _MISSING.finditer(sentence.text):
        noun = _noun(found)
        if noun:
            sure = 0.5 if sentence.place.status != "404" else 0.3
            yield Reading("x-references", noun, (noun,), sure)


def _described(sentence: Sentence) -> Iterator[Reading]:
    """ "The id of the customer that is billed": no promise about ids of no customer, and a hint all the same."""
    for words in (_DESCRIBED, _HOLDER):
        noun = _noun(words.search(sentence.text))
        if noun and sentence.place.type in ("string", "integer"):
            yield Reading("x-references", noun, (), 0.4 if words is _DESCRIBED else 0.3, promises=False)
            return


def _noun(found: re.Match[str] | None) -> str:
    if found is None:
        return ""
    noun = _stripped(bare(next((one for one in found.groups() if one), "")))
    return "" if not noun or noun.split()[-1].lower() in _FORMATS else noun


def _stripped(noun: str) -> str:
    """The thing itself: `Prompt ID` is a prompt."""
    return re.sub(
        r"[ _]?\b(?:ids?|identifiers?|uuids?|records?|resources?|objects?|entity)$",
        "",
        noun.strip(),
        flags=re.IGNORECASE,
    ).strip()
