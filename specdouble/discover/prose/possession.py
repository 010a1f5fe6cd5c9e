"""Possession: whose a document is, and who may ask, in sentences such as "only the owner may change it"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from specdouble.discover.prose.pattern import pattern
from specdouble.discover.prose.reading import Reading
from specdouble.discover.prose.sentence import Sentence

_CALLER = (
    r"(?:the )?(?:(?:current(?:ly)?|authenticated|authorized|calling|requesting|logged[- ]in|signed[- ]in"
    r"|invoking|active)"
    r"(?:[- ](?:logged[- ]in|authenticated))? (?:user|caller|account|client|principal|customer|member)|caller"
    r"|requester)"
)
_TEAM = r"(?:organi[sz]ation|org|team|workspace|tenant|company)"
_OWNED = pattern(
    rf"\b(?:belongs?|belonging) to (?:{_CALLER})(?!'s)\b|\bowned by (?:{_CALLER}|one user)(?!'s)\b|\b(?:one"
    rf"|some) of (?:the )?(?:caller|user)'s own\b"
    rf"|\bcreated by (?:{_CALLER})(?!'s)\b|\b{_CALLER}'s own\b|\b(?:must|has to|needs to) be owned by (?:you"
    rf"|the (?:user|caller))\b"
    r"|\b(?:must|has to|have to|needs? to) be (?:logged|signed|authenticated)(?: ?-?in)? as (?:the )?"
    r"(?:user|account|person|member) (?:who|that|which) (?:created|owns|uploaded|wrote)\b(?!.*\bor (?:have|has|be)\b)"
    r"|\b(?:you|the caller|the user|users?) (?:must|has to|have to|needs? to) (?:own|be the (?:owner|creator"
    r"|author) of) (?:the|this|it|that)\b"
    r"|\bonly (?:returns?|lists?|shows?|includes?|gives?) (?:your own|the (?:caller|user)'s(?: own)?)\b"
    r"|\busers? can only (?:see|access|read|view|list|update|modify|edit|delete|change|manage"
    r"|retrieve) (?:their|its|his or her) own\b"
    r"|\byou can only (?:see|access|read|view|list|update|modify|edit|delete|change|manage"
    r"|retrieve) (?:your own|\w+ (?:that )?you(?:'ve| have)? (?:own|created))\b"
    r"|\b(?:can|may) only (?:see|access|read|view|list|update|modify|edit|delete|remove|change|manage|retrieve) "
    rf"[\w ]{{2,25}} (?:that|which) (?:was|were|is|are|has been|have been) (?:added|created|made|written|uploaded"
    rf"|sent) by (?:you|{_CALLER})(?!'s)\b"
)
_OTHERS = pattern(
    r"\b(?:belongs? to|owned by|of) (?:somebody else|someone else|another (?:user|caller|account)"
    r"|other users)\b|\banother user's\b"
)
_ONLY_OWNER = pattern(
    r"\bonly (?:the |its |an? )?(?:owner|creator|author|(?:user|account|person) (?:that|who|which) (?:created"
    r"|owns)(?: it| the \w+)?)(?: of (?:the|this|an?) [\w ]{2,25}?)? "
    r"(?:may|can|is (?:allowed|able|permitted)|has|have)\b|\b(?:can|may) only be (?:[\w, ]{3,30}?) by (?:the"
    r"|its) (?:owner|creator|author)\b"
)
_OWNER_ID = pattern(
    r"^(?:the )?(?:(?:unique )?(?:id|identifier|username|uuid) of (?:the )?)?(?:(?:user|account|person"
    r"|member) (?:who|that|which) (?:created|owns|owned)|owner|creator|author)\b(?!'s)"
    r"(?! (?:name|email|type|first|last|avatar|url|role|of the (?:repo|account|org)))"
)
_TENANTED = pattern(
    rf"\bbelongs? to (?:the |your |a single |one )?(?:{_CALLER}'s |caller's |owner's |user's |same )?{_TEAM}\b"
    rf"|\b(?:visible|available|accessible|shared|scoped|limited|restricted) (?:only )?(?:to|within|in) (?:the "
    rf"|your |its |one |a single |the \w+'s )?(?:own |same )?{_TEAM}\b"
    rf"|\b(?:belongs? to|of) (?:somebody else|another user) or (?:another )?{_TEAM}\b|\banother {_TEAM}'s\b"
    rf"|\b(?:belongs? to|owned by|one of|some of) [\w ]{{0,30}}(?:{_CALLER}|owner)'s {_TEAM}\b"
)
_TENANT_ID = pattern(
    rf"^(?:the )?(?:(?:unique )?(?:id|identifier|uuid) of (?:the )?)?(?:owner's |user's |owning "
    rf"|caller's )?{_TEAM}(?: (?:that|which|to which|this)\b.*| id| identifier)?\.?$"
)
_HEDGED = pattern(
    r"\bif\b|\bunless\b|\bwhether\b|\bnot (?:necessarily|only)\b|\bcan also\b|\bby default\b|\boptional\b"
    r"|\bno longer\b"
)

_ROLE = (
    r"(?P<{0}>(?:(?:org(?:anization)?|team|workspace|account|system|site|project|super|global|company|domain"
    r"|group|server)[ -]?)?"
    r"(?:admin(?:istrator)?|superuser|moderator|manager|maintainer|sysadmin|supervisor|staff|operator|editor"
    r"|auditor|developer)s?"
    r"|[A-Z][A-Z_]{{3,}})"
)


def _role(group: str) -> str:
    return _ROLE.format(group)


_MAY = (
    r"(?:may|can|is able to|are able to|is allowed|are allowed|has access|have access|is permitted|are permitted"
    r"|should)"
)
_VERBS = r"(?:available|accessible|allowed|restricted|limited|reserved|permitted|open|visible|usable|intended|meant)"
_ROLES = (
    re.compile(
        rf"\b(?:only|just) (?:an? |the |users? (?:with|having|in) (?:the |an? )?)?{_role('a')}(?: (?:users?|role"
        rf"|roles|accounts?|members?|privileges?|permissions?))? {_MAY}\b"
    ),
    re.compile(
        rf"\b{_VERBS} (?:only )?(?:to|for|by) (?:the |an? |users? (?:with|having) (?:the |an? )?"
        rf"|users? who are )?{_role('a')}s?(?: (?:users?|role|accounts?))?\b(?! and (?:users|members|regular))"
    ),
    re.compile(
        rf"\b(?:requires?|needs?|requiring|must have|(?:needs?|has|have|required) to have) (?:the |an? "
        rf"|to be an? |at least (?:the )?)?{_role('a')}(?:[ -]level)? (?:role|rights?|privileges?|permissions?"
        rf"|access|status|level|user)\b"
    ),
    re.compile(
        rf"\b(?:must be|has to be|needs? to be|have to be|required to be) (?:an? |the "
        rf"|logged in as (?:an? )?)?{_role('a')}(?: (?:user|role|account|of|in|to)\b|[.,;)]|$)"
    ),
    re.compile(
        rf"^\W*(?:for )?{_role('a')}s?[ -]?only\b|\bonly for {_role('b')}s?\b|\((?:for )?{_role('c')}s? only\)"
        rf"|\b(?:for|by|is) {_role('d')}s? only\b"
    ),
    re.compile(
        rf"\b(?:can|may) (?:only )?be (?:used|called|performed|executed|made|invoked"
        rf"|accessed) (?:only )?by (?:an? |the )?{_role('a')}s?\b"
    ),
    re.compile(
        rf"\brequires? (?:the |an? )?(?:role|permission|privilege|rights?)(?: of)?:? (?:an? )?[`\"]?{_role('a')}"
    ),
)
_NAMED = pattern(
    r"\b(?:requires?|needs?|must have|has to have|have to have|need to have) (?:the |an? |at least (?:the |an? )?)?"
    r"(?P<all>[`\"]?[\w ]+?[`\"]?(?:(?:, | or |, or | and )[`\"]?[\w ]+?[`\"]?){0,4}) roles?\b"
)
_NO_NAMES = {
    "a",
    "an",
    "any",
    "some",
    "at",
    "following",
    "appropriate",
    "necessary",
    "same",
    "right",
    "correct",
    "this",
    "that",
    "required",
    "one",
}
_OPEN = pattern(
    r"\bif\b|\bdo(?:n't| not)\b|\bor (?:you|be)\b|\bin order to (?:see|view)|\bnot (?:only|required|need)"
    r"|\bwhether\b|\bcan also\b"
    r"|\bor (?:the|any|regular|their|its|your) (?:user|own|member|owner|creator)|\bdoes(?:n't| not)\b"
    r"|\b(?:other|some) fields?\b|\bparameter\b|\bwhen\b|\bfiltered?\b|\bscope\b|\bby default\b|\bor (?:their"
    r"|your) own\b|\bwithout\b|\bunless\b|\bexcept\b"
)
_FORBIDDEN = pattern(
    r"\b(?:role|permission|privilege)s?\b.*\b(?:may not|not allowed|insufficient|lacks?|missing|cannot|does not"
    r"|doesn't)|\b(?:insufficient|lacks?|missing|without)\b.*\b(?:role|permission|privilege)s?\b"
)


_READ_ONLY = pattern(
    r"^(?P<role>[A-Za-z]+(?: [a-z]+){0,2}?)s (?:may|can) (?:only (?:read|view|see)\b|(?:read|view"
    r"|see) [\w ]+ only\b)"
)


def read(sentence: Sentence) -> Iterator[Reading]:
    """What a sentence says of whose a document is, and of the callers that an operation is for."""
    text = sentence.text
    if sentence.is_about_a_property:
        yield from _named(sentence)
        return
    if not _HEDGED.search(text) and sentence.place.on in ("operation", "schema"):
        yield from _possessed(text)
    if sentence.is_a_refusal and sentence.place.status in ("403", "404") and _OTHERS.search(text):
        yield Reading("owner", True, (), 0.6)
    if sentence.place.on in ("operation", "response"):
        yield from _roles(sentence)


def _named(sentence: Sentence) -> Iterator[Reading]:
    """A property that holds the id of the owner, or of the tenant."""
    if sentence.place.type not in ("string", "integer"):
        return
    if _OWNER_ID.search(sentence.text):
        yield Reading("owner", True, (sentence.place.name,), 0.5, promises=False)
    elif _TENANT_ID.search(sentence.text):
        yield Reading("tenant", True, (sentence.place.name,), 0.5, promises=False)


def _possessed(text: str) -> Iterator[Reading]:
    if _TENANTED.search(text):
        yield Reading("tenant", True, (), 0.6)
    if _OWNED.search(text) or _ONLY_OWNER.search(text) or _OTHERS.search(text):
        yield Reading("owner", True, (), 0.75)


def _roles(sentence: Sentence) -> Iterator[Reading]:
    text = sentence.text
    refused = sentence.place.on == "response"
    if refused and sentence.place.status != "403":
        return
    if _OPEN.search(text) and not refused:
        return
    roles = [role for words in _ROLES for found in words.finditer(_lowered(text)) for role in _listed(text, found)]
    named = _NAMED.search(text)
    if named and not refused:
        roles = _names(named["all"]) or roles
    roles = list(dict.fromkeys(roles))
    reading_alone = _READ_ONLY.search(text)
    if reading_alone and not refused and sentence.place.method != "get":
        yield Reading("x-roles", {"except": [reading_alone["role"].lower()]}, (), 0.6)
    if roles:
        yield Reading("x-roles", roles, (), 0.75)
    elif refused and _FORBIDDEN.search(text):
        yield Reading("x-roles", None, (), 0.4)


def _lowered(text: str) -> str:
    """The text with its words in lower case, but for those that are written in capitals: they may be roles."""
    return re.sub(
        r"[A-Za-z]+", lambda word: word[0] if word[0].isupper() and len(word[0]) > 3 else word[0].lower(), text
    )


def _names(text: str) -> list[str]:
    """The names of roles in a list of them; none where it only says that there are some."""
    names = [re.sub(r"^(?:the|an?) ", "", one.strip('`" ')) for one in re.split(r", or |, | or | and ", text)]
    if any(not one or len(one.split()) > 2 or one.split()[0].lower() in _NO_NAMES for one in names):
        return []
    return [one if one.isupper() else one.lower() for one in names]


_MORE = re.compile(r"^(?:,? (?:and|or) |, )(?:an? |the )?" + _role("more"))
_NO_ROLES = {
    "HTTP", "OAUTH", "POST", "REST", "JSON", "SAML", "LDAP", "NOTE", "ONLY", "SCIM", "DELETE", "PATCH", "BETA",
    "HTTPS", "HTML", "ISO", "UUID",
}  # fmt: skip


def _listed(text: str, found: re.Match[str]) -> list[str]:
    """The role that was found, and those that are listed after it."""
    first = next((one for one in found.groups() if one), "")
    roles, rest = [first], _lowered(text)[found.start() + found[0].find(first) + len(first) :]
    while more := _MORE.match(rest):
        roles.append(more["more"])
        rest = rest[more.end() :]
    return [_one(role) for role in roles if role not in _NO_ROLES]


def _one(role: str) -> str:
    return role if role.isupper() else role.removesuffix("s") if role != "staff" else role
