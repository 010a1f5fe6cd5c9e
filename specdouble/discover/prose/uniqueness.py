"""Uniqueness: sentences such as "must be unique per user (case-insensitive)"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specdouble.discover.prose.pattern import pattern
from specdouble.discover.prose.reading import Reading
from specdouble.discover.prose.sentence import Sentence
from specdouble.discover.prose.subject import bare, is_meant, singular, subject

_TRIGGER = pattern(r"uniq|distinct|alread|taken|duplica|no two|same|in use|reuse|used by|must be (?:new|free)|differ")
_MUST = r"(?:must|should|shall|has to|have to|needs to|need to|will|can only|ought to)"
_DEMANDED = pattern(
    rf"\b{_MUST} (?:also |always |either |both )?(?:be|remain|have) (?:an? |the )?(?:globally |universally |itself )?"
    r"(?:unique|distinct|(?:new|free) (?:among|within|in))\b(?! (?:id|identifier)\b)"
)
_STATED = pattern(
    r"\b(?:is|are|were) (?:always |globally |guaranteed to be |guaranteed |required to be |considered "
    r"|enforced to be )*"
    r"(?:unique|distinct)\b(?! (?:id|identifier|to (?:your|each|the) (?:app|request|error)))"
)
_ELLIPTIC = pattern(
    r"^(?:[\w ]{0,30}[,:(\-] ?)?(?:a |an )?(?:globally )?unique(?:[.,;)]|$| (?:within|across|per|among|in"
    r"|for (?:each|every|the|an?) "
    r"(?:user|account|project|org\w*|team|workspace|customer|company|tenant)))"
)
_HAVING = pattern(
    rf"\b{_MUST} (?:have|use|get|be given|carry) (?:an? |its own |their own )?(?:unique|distinct) (?P<noun>[\w`]+)"
)
_SCOPED = pattern(
    r"^(?:the |an? )?(?:\w+'s )?unique [\w ]{2,40}?[,(]? ?(?:within|across|per|among) "
    r"(?!this (?:response|request|list|page))",
    r"^(?:the |an? )?(?:\w+'s )?(?:globally|universally|system-wide) unique (?:[\w\-]+ )?"
    r"(?:name|label|title|slug|handle|alias|code|username|login|nickname|domain|subdomain)\b",
)
_ADJECTIVE = pattern(
    r"^(?:\(?(?:required|optional)\)?[.:]? ?)?(?:the |an? |your )?(?:application-defined |user-defined |user-friendly |"
    r"human-readable |short |display |client-defined |globally |required |string )*unique(?:,? [\w\-]+){0,2} "
    r"(?P<noun>name|label|title|slug|handle|alias|code|sku|username|login|email|e-mail|nickname|domain|subdomain|number"
    r"|key)\b(?! (?:identifying|that identif))"
)
_IDENTIFIES = pattern(r"\b(?:to )?uniquely identif(?:y|ies) (?:the|this|an?|each) ")
_PRONOUNS = ("", "one", "it")  # the property itself: "no two orders have the same one"
_NO_TWO = pattern(
    r"\bno two [\w ]{2,30}? (?:may |can |must |should |will |are allowed to )?(?:ever )?(?:have|share|use"
    r"|with) (?:the )?(?:same|a) "
    r"(?P<noun>[\w `]{2,30}?)(?=[.,;)]|$| (?:in|within|per|for|under|on|across)\b)"
    r"|\b(?:cannot|can't|can not|must not|may not) (?:have|share"
    r"|use) the same (?P<noun2>[\w `]{2,30}?)(?=[.,;)]|$| (?:as|in|within|per))"
)
_NOT_TAKEN = pattern(
    r"\b(?:must not|may not|cannot|can't|should not|shall not) (?:already "
    r"|yet )?(?:be )?(?:already )?(?:exist\b|in use|taken|"
    r"used (?:by (?:an)?other|already|before)|reused|shared by|duplicated"
    r"|the same as (?:that of )?(?:an)?other)"
    r"|\bmust (?:be (?:new|free)|differ from|be different from)(?: those of| that of)? (?:among|all other"
    r"|every other|any other|that of any)"
)
_NOUN = (
    r"(?P<noun>(?!(?:if|when|because|that|which)\b)[\w`'\-]+(?: (?!(?:is|are|has|have|was|were"
    r"|already)\b)[\w`'\-]+)?)"
)
_TAKEN = pattern(
    rf"\b(?:the |this |that |such |an? |same |your |new |or )*{_NOUN}(?: (?:provided|given|specified|supplied"
    rf"|chosen|sent))? "
    r"(?:is |has |was |are |were |have )?(?:been )?(?:already|not unique|isn't unique)\b(?: been| exists?\b"
    r"| in use| taken| used"
    r"| registered| claimed|(?<=unique))"
    r"|\b(?:the |this |that |such |an? |new )*(?P<noun4>[\w`'\-]+) (?:is|has been) (?:taken|not unique"
    r"|no longer free)\b"
    r"|\bduplicate(?:d)? (?P<noun2>[\w`'\-]+(?: [\w`'\-]+)?)"
    r"|\b(?:the |this |that |such |an? )*(?P<noun5>[\w`'\-]+) (?:is|has been) (?:in use|taken|used|registered) "
    r"already\b"
    r"|\b(?:with|has|have|having|uses|using|of) (?:the |this |that |such |an? )*(?:same |given |specified "
    r"|provided |supplied )?(?P<noun3>[\w`'\-]+(?: [\w`'\-]+)?) "
    r"(?:already exists?|(?:is )?already)\b"
)
_REFUSED = pattern(
    r"\bduplicates? (?P<noun>[\w`]*?(?: [\w`]+)?) ?(?:are|is) (?:not allowed|rejected|refused|forbidden|not permitted)"
)
_DENIED = pattern(
    r"\b(?:not|n't|never|no|without|un)\b[\w ,'\-]{0,40}\b(?:unique|distinct)\b|\bnon-?unique"
    r"|\bregardless of (?:being )?uniq"
    r"|\b(?:may|can|might|could) (?:be (?:the same|shared|reused|duplicated)|not be unique)|\bunique (?:or not"
    r"|values? only)"
    r"|\bwhether\b|(?<!unique )\bnumber of\b|\bcount(?:s)? of\b|\btotal\b|\bboolean\b|\bif (?:true|set|enabled"
    r"|checked)\b"
    r"|\bset (?:this )?(?:to )?true\b|\bflag\b"
)
_INSIDE = pattern(
    r"\b(?:unique|distinct|duplicat\w*)[\w ]{0,15} (?:within|in|inside|across|for|per|to|among) (?:the |this "
    r"|that |each |a |an |every |your |our |one |single )*"
    r"(?:array|list|request|response|file|batch|set|payload|call|page|document|transaction|message|body"
    r"|collection of items|session|event|attempt|"
    r"order line|output|results?|graph|template|object)\b"
    r"|\b(?:items|elements|entries|values|ids|tags) (?:in|of) (?:the|this) (?:array|list)|\bidempot"
    r"|\bfor (?:each|every) request"
    r"|\b(?:array|list|collection|set|sequence) of\b|\brequest id\b|\bidempotency\b"
)
_OTHER_SENSE = pattern(
    r"\bunique (?:visitor|user|open|click|view|viewer|listener|impression|device|customer|value|word|way"
    r"|feature|page|ip|session|selling|experience|token|url|link|set|combination of features)s?\b"
)
_PARTLY = pattern(
    r"\bcombination of\b|\bunique (?:across|among|within|per) (?:all )?(?:the )?(?:active|open|enabled"
    r"|published|live|undeleted)\b"
)
_SCOPE = pattern(
    r"\b(?:(?:unique|distinct|free|new|same [\w`]+)\b[\w ]{0,20}?,? ?"
    r"\b(?:within|across|per|inside|among(?:st)?|throughout|for(?= (?:each|every|the|an?)\b)|to(?= (?:the|an?"
    r"|each)\b)|by(?= (?:the|an?|each)\b)"
    r"|on|under|in)|already (?:exists?|taken|in use|used|registered) (?:within|in|for|on)) "
    r"(?P<all>(?:(?:the|a|an|each|every|your|their|its|one|same|any|this|that|given|single|particular|specific"
    r"|entire|whole|parent|current|own|other|of|all)\s+)*)"
    r"(?P<noun>(?:[\w`\-]+)(?:'s?)?(?: (?:[\w`\-]+)(?:'s?)?)?)"
)
# All of something that one thing has: "across all parts of a site", "among all rooms within the same house".
_ALL_OF = pattern(
    r"\b(?:across|among(?:st)?) (?:all|every) (?:the )?(?P<all>[\w ]{2,30}?) (?:of|within|in) "
    r"(?:the same|an?|each|one) (?P<noun>[\w`\-]+)"
)
_EVERYWHERE = pattern(r"\b(?:globally|universally|system-wide) unique [\w ]+ for (?:an?|the)\b")
_ONE = pattern(r"\b(?:single|same|given|one|particular|specific)\b")
_EACH = pattern(r"\b(?:each|every) \w+ (?:of|in|within) (?P<all>(?:an?|the|one) )(?P<noun>\w+)")
_SAME = pattern(r"\b(?:in|within|under|of|for) (?P<all>the same |(?:this|that) (?=\w+[.,;)]|\w+$))(?P<noun>\w+)")
_GLOBAL = {
    "system", "platform", "service", "world", "server", "application", "api", "site", "instance", "database",
    "globe", "deployment", "installation", "time", "products", "registry", "cluster",
}  # fmt: skip
_CASE = pattern(
    r"\bcase[- ]?insensitiv|\bignor\w* (?:the )?(?:upper|letter )?case\b|\b(?:regardless"
    r"|irrespective) of (?:the |letter |upper )*case\b"
    r"|\bupper and lower case are (?:the same|not distinguished|treated alike)|\bwhatever the case\b"
    r"|\bcase is (?:ignored|not (?:considered|significant))|\bnot case[- ]sensitive\b"
    r"|\bwithout regard to case\b"
    r"|\bdiffers? only in case\b|\bcase does(?:n't| not) matter\b"
)
_SPACES = pattern(
    r"\b(?:is|are|be|being|after|once) (?:being )?trimm(?:ed|ing)\b|\btrimmed\b|\b(?:leading|trailing"
    r"|surrounding)[\w ]* (?:white ?)?spaces? (?:is|are) (?:ignored|"
    r"removed|stripped|trimmed)|\bignor\w* (?:surrounding |leading |trailing )?(?:white ?)?spaces?\b"
    r"|\bwhite ?space is ignored"
)
_NO_NOUN = {
    "it", "one", "which", "resource", "object", "item", "entity", "record", "request", "element", "that", "has",
    "is", "been",
}  # fmt: skip


def read(sentence: Sentence) -> Iterator[Reading]:
    """What a sentence says of values that no two documents share."""
    text = sentence.text
    if not _TRIGGER.search(text) or any(words.search(text) for words in (_INSIDE, _OTHER_SENSE, _PARTLY)):
        return
    if sentence.is_about_a_property and sentence.place.type in ("array", "object", "boolean"):
        return  # it is within the property that something is unique
    if sentence.is_a_refusal or sentence.place.on == "operation":
        yield from _refused(sentence)
    if not _DENIED.search(text):
        yield from _stated(sentence)


def _stated(sentence: Sentence) -> Iterator[Reading]:
    text = sentence.text
    if (found := _NO_TWO.search(text)) or (found := _REFUSED.search(text)):
        noun = next((one for one in found.groups() if one), "")
        yield _reading(sentence, _about(sentence, noun), 0.85)
    elif found := _HAVING.search(text):
        yield _reading(sentence, _about(sentence, found["noun"]), 0.85)
    elif found := _DEMANDED.search(text):
        sure = 0.9 if re.match(r"must|has|have|need|shall|can", found[0], re.IGNORECASE) else 0.7
        yield _reading(sentence, subject(sentence, found.start()), sure)
    elif found := _NOT_TAKEN.search(text):
        yield _reading(sentence, subject(sentence, found.start()), 0.85)
    elif found := _STATED.search(text):
        yield _reading(sentence, subject(sentence, found.start()), 0.8)
    elif (
        sentence.is_about_a_property
        and (_ELLIPTIC.search(text) or _SCOPED.search(text))
        and not re.search(r"unique (?:id|identifier)", text, re.IGNORECASE)
    ):
        yield _reading(sentence, (), 0.85)
    elif sentence.is_about_a_property and (_ADJECTIVE.search(text) or _IDENTIFIES.search(text)):
        yield _reading(sentence, (), 0.5, promises=False)


def _refused(sentence: Sentence) -> Iterator[Reading]:
    """A refusal that says what is taken: "a project with this name already exists"."""
    if sentence.is_a_refusal and sentence.place.status not in ("400", "409", "412", "422"):
        return
    if re.search(
        r"\bno effect|\b(?:is|be|will) (?:updated|replaced|overwritten|ignored|returned)|\bupdates?\b",
        sentence.text,
        re.IGNORECASE,
    ):
        return
    if sentence.place.on == "operation" and not re.search(
        r"\b(?:fail|error|reject|refus|conflict|409|400|422|cannot|can't)", sentence.text, re.IGNORECASE
    ):
        return
    for found in _TAKEN.finditer(sentence.text):
        nouns = (found["noun3"], found["noun"], found["noun2"], found["noun4"], found["noun5"])
        noun = bare(next((one for one in nouns if one), ""))
        noun = re.sub(r"^(?:with|has|have|or|and|of|same|this|the|that) ", "", noun)
        if noun.lower().split()[-1:] and noun.lower().split()[-1] not in _NO_NOUN:
            yield _reading(sentence, (noun,), 0.6)
            return


def _about(sentence: Sentence, noun: str) -> tuple[str, ...]:
    noun = bare(noun)
    own = sentence.place.name
    return () if sentence.is_about_a_property and (noun.lower() in _PRONOUNS or is_meant(noun, own)) else (noun,)


def _reading(sentence: Sentence, about: tuple[str, ...], confidence: float, promises: bool = True) -> Reading:
    value: dict[str, list[str]] = {}
    within = _scope(sentence.text)
    if within:
        value["within"] = [within]
    ignored = [word for word, words in (("case", _CASE), ("space", _SPACES)) if words.search(sentence.text)]
    if ignored:
        value["ignore"] = ignored
    return Reading("x-unique", value or True, about, confidence, promises)


def _scope(text: str) -> str:
    """The noun that values are compared within; empty where it is all documents."""
    of_one = _ALL_OF.search(text)
    if of_one and of_one["all"].lower().split()[-1] not in _GLOBAL:
        return singular(of_one["noun"].strip("`").lower())
    if _EVERYWHERE.search(text):
        return ""
    found = list(_SCOPE.finditer(text))
    found += _EACH.finditer(text)
    narrow = next((one for one in found if _ONE.search(one["all"])), None) or _SAME.search(text)
    scope = narrow or next(iter(found), None)
    if scope is None:
        return ""
    nouns = re.sub(r"['`]s?\b|`", "", scope["noun"]).lower().split()
    determiners = scope["all"].lower().split()
    whose = "'" in scope["noun"] and len(nouns) > 1 and nouns[1] in _GLOBAL  # the platform of a brand
    if whose or nouns[0] in _GLOBAL or nouns[0].rstrip("s") in _GLOBAL or "all" in determiners:
        return ""
    if "own" in determiners[-1:]:
        return "owner"
    return "parent" if "parent" in determiners else singular(nouns[0])
