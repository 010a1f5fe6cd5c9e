"""Whether an answer shows again what was wrong with one when a failure was found.

Ids and moments are others each time: they are compared by the order in which they came.
It stands in the script of a failure, so it needs the standard library alone.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:[\d.]+)?(Z|[+-]\d\d:?\d\d)?")
ID = re.compile(r"[0-9a-fA-F]{16,}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[0-9A-HJKMNP-TV-Z]{26}")
OWN_ID = re.compile(r"_?id|uuid|key", re.IGNORECASE)


class Answer:
    """An answer: its status, media type, header fields by lower-case name, and body."""

    def __init__(
        self, status: int, headers: Mapping[str, str], content: bytes, cookies: Mapping[str, str] | None = None
    ) -> None:
        self.status, self.content, self.cookies = status, content, cookies or {}
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        try:
            self.json = json.loads(content)
        except (ValueError, RecursionError):
            self.json = None

    def given(self, source: Mapping[str, Any]) -> str | None:
        """What stands in a cookie, a header field, or at a path of the body."""
        if "cookie" in source:
            return self.cookies.get(source["cookie"])
        if "field" in source:
            return self.headers.get(source["field"])
        value = self.json
        try:
            for key in source["path"]:
                value = value[key]
        except (LookupError, TypeError):
            return None
        return value if isinstance(value, str) else None


def shows(symptom: Mapping[str, Any], then: list[Answer], now: list[Answer], said: str) -> bool:
    """Whether the last answer has what was wrong with it then.

    Args:
        symptom: where to look, and for what.
        then: the answers when the failure was found.
        now: the answers to the same requests.
        said: the requests.
    """
    old, new, kind = then[-1], now[-1], symptom["kind"]
    if kind == "status":
        wanted = symptom.get("wanted")
        if wanted == "refused":
            return new.status < 400
        return new.status >= 400 if wanted == "accepted" else new.status == old.status
    if kind == "type":
        return (new.status // 100, new.type) == (old.status // 100, old.type)
    if kind == "header":
        return new.status == old.status and (symptom["name"] in new.headers) == (symptom["name"] in old.headers)
    if new.status // 100 != old.status // 100:
        return False
    if kind == "listed":
        return bool(_entries(_pruned(symptom, _plain(now, said)[-1], said)) < symptom["count"])
    part = {"value": _named, "spelling": _spelt, "at": _at, "body": _pruned}[kind]
    was = part(symptom, _plain(then, said)[-1], said)
    return bool(was == part(symptom, _plain(now, said)[-1], said))


def _named(symptom: Mapping[str, Any], document: Any, _said: str) -> Any:
    """The values of a property, wherever they stand."""
    found: list[Any] = []
    if isinstance(document, dict):
        found += [document[symptom["name"]]] if symptom["name"] in document else []
        document = list(document.values())
    for item in document if isinstance(document, list) else ():
        found += _named(symptom, item, _said)
    return found


def _spelt(symptom: Mapping[str, Any], document: Any, said: str) -> list[str]:
    """How the values of a property are written; of moments, whenever they were."""
    return [re.sub(r"^<moment \d+ ", "<moment ", str(value)) for value in _named(symptom, document, said)]


def _at(symptom: Mapping[str, Any], document: Any, _said: str) -> Any:
    """What stands at a pointer: of an object its names, of a list its length at most one."""
    for key in symptom["path"]:
        try:
            document = document[key]
        except (LookupError, TypeError):
            return None
    if isinstance(document, dict):
        return sorted(document)
    return len(document) > 0 if isinstance(document, list) else document


def _pruned(symptom: Mapping[str, Any], document: Any, said: str) -> Any:
    """A body without what other documents add to it: entries of lists that no request made or named, and counts."""
    run = symptom.get("run") or ""

    def is_ours(entry: Any) -> bool:
        if isinstance(entry, dict):
            own = [value for name, value in entry.items() if OWN_ID.fullmatch(name)]
            return any(str(value).startswith("<id ") for value in own) or any(map(is_ours, entry.values()))
        if isinstance(entry, list):
            return any(map(is_ours, entry))
        return isinstance(entry, str) and run != "" and run in entry and entry in said

    def pruned(value: Any) -> Any:
        if isinstance(value, dict):
            lists = any(isinstance(item, list) for item in value.values())
            kept = {name: item for name, item in value.items() if not (lists and isinstance(item, int))}
            return {name: pruned(item) for name, item in kept.items()}
        if isinstance(value, list):
            return [pruned(item) for item in value if not isinstance(item, (dict, list)) or is_ours(item)]
        return value

    return pruned(document)


def _entries(document: Any) -> int:
    """How many documents a list has, wherever its array stands."""
    if isinstance(document, list):
        return len(document)
    return max(map(_entries, document.values()), default=0) if isinstance(document, dict) else 0


def _plain(answers: list[Answer], said: str) -> list[Any]:
    """The bodies, ids by the order in which they came, moments by their order among those of the same document.

    Those of other documents say nothing: two that are made at once have one order today and another tomorrow.
    """
    plain = _Plain(answers, said)
    plains = [plain.value(answer.json) for answer in answers[:-1]]
    plain.is_last = True
    return [*plains, plain.value(answers[-1].json)]


class _Plain:
    def __init__(self, answers: list[Answer], said: str) -> None:
        found: dict[str, set[str]] = {}
        for answer in answers:
            for owner, moment in _moments(answer.json):
                found.setdefault(owner, set()).add(moment)
        self.moments = {owner: sorted(known) for owner, known in found.items()}
        self.said = said
        self.names: dict[str, str] = {}
        self.is_last = False  # what only the last answer has is new, whichever number it would get

    def value(self, value: Any, key: str = "", owner: str = "") -> Any:
        if isinstance(value, dict):
            own = _id_of(value) or owner
            return {name: self.value(item, name, own) for name, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, key, owner) for item in value]
        if isinstance(value, str) and MOMENT.fullmatch(value) and value not in self.said:
            return f"<moment {self.moments[owner].index(value)} {re.sub('[0-9]', '0', value)}>"
        if isinstance(value, str) and ID.fullmatch(value):
            return value if value in self.said else self.named(value)
        is_id = type(value) is int and re.search(r"(^_?|[a-z_])id$", key, re.IGNORECASE)
        return self.named(str(value)) if is_id else value

    def named(self, id: str) -> str:
        if self.is_last:
            return self.names.get(id, "<new id>")
        return self.names.setdefault(id, f"<id {len(self.names)}>")


def _moments(value: Any, owner: str = "") -> Iterator[tuple[str, str]]:
    """Every moment, with the id of the document that it stands in."""
    if isinstance(value, (dict, list)):
        own = _id_of(value) or owner if isinstance(value, dict) else owner
        for item in value.values() if isinstance(value, dict) else value:
            yield from _moments(item, own)
    elif isinstance(value, str) and MOMENT.fullmatch(value):
        yield owner, value


def _id_of(document: Mapping[str, Any]) -> str:
    """The document's own id; nothing where it shows none."""
    ids = (value for name, value in document.items() if OWN_ID.fullmatch(name) and isinstance(value, (str, int)))
    return str(next(ids, ""))
