"""Which property of a document a path parameter names, read from their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from specdouble.contract.operation import Operation
from specdouble.contract.properties import is_scalar, plain, types_of

_OF_F = re.compile(r"(?:shel|hal|wol|cal|loa|lea|thie|scar)ves$")
_SHORTEST_STEM = 3  # letters
_EITHER = re.compile(r"(?P<one>\w+?)(?:Or(?=[A-Z])|_or_)(?P<other>\w+)")

Properties = Mapping[str, dict[str, Any]]

_IDS = ("id", "_id", "uuid", "guid", "gid", "sid", "entity_id")
_NAMES = ("name", "slug", "key", "code", "username", "login")
_KEYS = ("key", "slug")  # what `/dashboards/{id}` names, where nothing is called an id
# What else tells things apart, where the parameter's last word is it: `{floating_ip}` of a document with an `ip`.
_NUMBERS = ("number", "email", "ip", "sha", "hash", "arn", "handle", "alias", "symbol", "token", "version")
# What a parameter is called that names a document of any kind: the documents below have one of their own, or may.
_WHOSE_EVER, _WHOSE_PERHAPS = ("id", "uuid", "_id", "slug"), ("code", "name", "key", "number")
_POSITIONS = ("index", "idx", "no", "num", "nr")  # what `/issues/{index}` calls the `number` of an issue


def identity_of(
    properties: Properties, parameter: str, segment: str, numbered: bool | None = None, kind: str = ""
) -> str | None:
    """The property that a path parameter names; None where none is sure to be it.

    Args:
        properties: those of the document.
        parameter: the parameter's name.
        segment: the part of the path before it.
        numbered: whether the parameter is a number, which no name is; None where nothing says.
        kind: the name of the document's schema.
    """
    scalars = {plain(name): name for name, schema in properties.items() if is_scalar(schema) and _tells_apart(schema)}
    wanted = plain(parameter)
    either = _EITHER.fullmatch(parameter)
    if either and wanted not in scalars:  # `{projectIdOrKey}`
        names = (either["one"], either["other"])
        found = [identity_of(properties, name, segment, numbered, kind) for name in names]
        return found[0] or found[1]
    one = wanted if wanted == plain(kind) else plain(singular(segment))  # `/members/{user}`, each of which is a User
    for candidate in (wanted, wanted.removeprefix(one)):
        if candidate and candidate in scalars:
            return scalars[candidate]
    by_id, by_name = _by_id(scalars, wanted, one), _by_name(scalars, wanted, one)
    if by_id is None:
        if wanted in _POSITIONS:
            return scalars.get("number")
        return None if numbered else by_name
    if by_name is None:
        return by_id
    if not _is_id(wanted, one):
        return by_id if numbered else by_name  # `{subuser_name}`, of what has an `id` and a `username`
    # `/repos/{repo}`, a text, names no document by its number where the document has a name.
    is_text_for_number = numbered is False and types_of(properties[by_id]) <= {"integer", "number", "null"}
    return by_name if wanted == one and is_text_for_number else by_id


def _by_id(scalars: Mapping[str, str], wanted: str, one: str) -> str | None:
    """The id, where the parameter is one by its name or stands for the whole thing."""
    if not (_is_id(wanted, one) or one in wanted or _ends(one, wanted)):
        return None
    return next((scalars[plain(name)] for name in (*_IDS, one + "id") if plain(name) in scalars), None)


def _is_id(wanted: str, one: str) -> bool:
    return wanted.endswith(("id", "uuid", "guid", "identifier")) or wanted in (one, "pk", "")


def _by_name(scalars: Mapping[str, str], wanted: str, one: str) -> str | None:
    """What else tells the thing apart: its name, or the number, hash or address that the parameter's name ends with."""
    if not wanted:
        return None
    names = [*_NAMES] if wanted == one else [*_KEYS] if wanted == "id" else []
    names += [name for name in (*_NAMES, *_NUMBERS) if wanted.endswith(name)]
    return next((scalars[name] for name in names if name in scalars), None)


def _tells_apart(schema: Mapping[str, Any]) -> bool:
    """Whether a property can have more than one value: the `code` of an envelope is always 2000."""
    values = schema.get("enum")
    return "const" not in schema and not (isinstance(values, list) and len(values) < 2)


def _ends(segment: str, parameter: str) -> bool:
    """Whether `{link}` stands for one of `file_links`."""
    return len(parameter) > 2 and segment.endswith(parameter)


def singular(word: str) -> str:
    """`posts` is `post`, `categories` is `category`, `shelves` is `shelf`."""
    lower = word.lower()
    if _OF_F.search(lower):
        return word[:-3] + "f"
    if lower.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if lower.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if lower.endswith("s") and not lower.endswith(("ss", "us", "is")) else word


def segment_of(path: str) -> str:
    """What a path calls its documents: the last part that is no parameter, without a suffix (`/things.json`)."""
    parts = [part for part in path.split("/") if part and "{" not in part]
    return re.sub(r"\.\w+$", "", parts[-1]) if parts else "documents"


def kind_of(identity: str, segment: str) -> str:
    """What documents are, in plain letters, by their id's name, else by the part of the path: an `asset`."""
    is_hidden = " " in identity  # what the store keeps beside a document has a name that no property has
    return ("" if is_hidden else plain(identity).removesuffix("id")) or plain(singular(segment))


def holder(parameter: str, parent: str, properties: Properties, identity: str) -> str | None:
    """The property that holds a parent's id: of what lies below `/shelves/{id}`, the `shelfId` or the `shelf`.

    Args:
        parameter: the name of the parameter that names the parent.
        parent: the part of the path before it.
        properties: those of the documents below.
        identity: the property that holds their own id.
    """
    scalars = {plain(name): name for name, schema in properties.items() if is_scalar(schema) and name != identity}
    one = plain(singular(parent))
    wanted = plain(parameter)
    says_no_whose = wanted in _WHOSE_EVER
    names = [one + wanted, one + "id", one] if says_no_whose or wanted in _WHOSE_PERHAPS else []
    names += [] if says_no_whose else [wanted, wanted.removesuffix("id")]
    if wanted == one:
        names.append(one + "id")
    for name in names:
        if name and name in scalars:
            return scalars[name]
    return _abbreviated(one, scalars) if says_no_whose or wanted == one + "id" else None


def _abbreviated(parent: str, scalars: Mapping[str, str]) -> str | None:
    """The property that holds the id of a parent whose name it cuts short: `appid` below `/application/{id}`."""
    stems = {name.removesuffix("id"): held for name, held in scalars.items() if name.endswith("id")}
    found = [held for stem, held in stems.items() if len(stem) >= _SHORTEST_STEM and parent.startswith(stem)]
    return found[0] if len(found) == 1 else None


def is_number(operation: Operation, parameter: str) -> bool | None:
    """Whether a path parameter is a number; None where its schema does not say."""
    schemas = (one.schema for one in operation.parameters if one.name == parameter)
    schema = next((one for one in schemas if isinstance(one, dict)), {})  # `true` says nothing
    told = schema.get("type")
    return told in ("integer", "number") if isinstance(told, str) else None
