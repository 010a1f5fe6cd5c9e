"""Paths that say with a word what elsewhere the method says: `POST /tasks/create`, `DELETE /tasks/delete/{id}`."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from specdouble.contract.identity import singular
from specdouble.contract.operation import Operation
from specdouble.contract.properties import plain

_ALL = re.compile(r"(?P<base>.*/[^/{}]+)/(?P<word>[A-Za-z][\w-]*)/?")
_ONE = re.compile(r"(?P<base>.*/[^/{}]+)/(?P<word>[A-Za-z][\w-]*)/(?P<key>\{[^{}/]+\})/?")
_ONE_FIRST = re.compile(r"(?P<base>.*/[^/{}]+)/(?P<key>\{[^{}/]+\})/(?P<word>[A-Za-z][\w-]*)/?")
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_CREATE = {"create", "add", "new", "store", "insert", "save"}
_LIST = {"list", "all", "getall", "viewall", "findall", "listall", "index", "my", "mine"}
_READ = {"get", "read", "view", "show", "detail", "details", "find", "single"}
_UPDATE = {"update", "edit", "modify", "change"}
_DELETE = {"delete", "remove", "destroy"}


def as_methods_say(operations: list[Operation]) -> list[Operation]:
    """The operations as they would be written without such a word; as they stand where it says nothing, or is needed.

    It is needed where another operation has the method and path, and where two say the same.
    """
    taken = {(one.method, one.path.rstrip("/")) for one in operations}
    meant = {one.id: found for one in operations if (found := _meant(one)) and found not in taken}
    times = Counter(meant.values())
    once = {key: found for key, found in meant.items() if times[found] == 1}
    # A word alone tells of no collection: its path, or that of another word, is one that others stand at too.
    bases = Counter(_collection(path) for path in [path for _, path in taken] + [path for _, path in once.values()])
    return [
        replace(one, method=once[one.id][0], path=once[one.id][1])
        if one.id in once and bases[_collection(once[one.id][1])] > 1
        else one
        for one in operations
    ]


def _collection(path: str) -> str:
    return re.sub(r"/\{[^{}/]+\}$", "", path)


def _meant(operation: Operation) -> tuple[str, str] | None:
    """The method and path that say the same; None where no word does."""
    for expression, named in ((_ONE, True), (_ONE_FIRST, True), (_ALL, False)):
        match = expression.fullmatch(operation.path)
        if match is None:
            continue
        base = match["base"]
        path = f"{base}/{match['key']}" if named else base
        method = _method(_verb(match["word"], base), operation.method, named=named)
        if method is not None:
            return method, path
    return None


def _verb(word: str, base: str) -> str:
    """The word without what it is about: of `createTask` below `/tasks` that is `create`."""
    words = [one.lower() for one in _WORDS.findall(word)]
    about = plain(singular(base.rpartition("/")[2]))
    return "".join(one for one in words if plain(singular(one)) != about) or word.lower()


def _method(word: str, method: str, *, named: bool) -> str | None:
    """The method that says what the word says of one document, which is named, or of all; None where none does."""
    if not named:
        is_said = (method == "post" and word in _CREATE) or (method == "get" and word in _LIST)
        return method if is_said else None
    if method == "get" and word in _READ:
        return "get"
    if method in ("put", "patch", "post") and word in _UPDATE:
        return "put" if method == "put" else "patch"
    return "delete" if method in ("delete", "post") and word in _DELETE else None
