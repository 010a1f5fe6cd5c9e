"""OpenAPI Overlay 1.0 and 1.1: what is laid over a contract from files beside it.

The standard lets a target that matches nothing succeed. Here it is a finding: a rule that lost its place is lost.
https://spec.openapis.org/overlay/latest.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from specdouble.contract.composer import MAX_DEPTH
from specdouble.contract.document import Document, version_of
from specdouble.contract.finding import ContractError, Finding, Severity
from specdouble.contract.keywords import article, shown
from specdouble.contract.kind import suggestion
from specdouble.contract.layers import Origin, Path
from specdouble.contract.pointer import pointer
from specdouble.contract.source import Source
from specdouble.url import split_url

_VERSION = re.compile(r"1\.[01]\.\d+")
_HYPHENED = re.compile(r"\.((?:\w+-)+\w+)")  # a name that stands after a dot, as JSONPath has none
_ROOT: dict[str, type] = {"overlay": str, "info": dict, "extends": str, "actions": list}
_INFO: dict[str, type] = {"title": str, "version": str, "description": str}
_ACTION: dict[str, type] = {"target": str, "description": str, "update": object, "remove": bool, "copy": str}
# What the actions may add, as what YAML's aliases may repeat: a few lines can stand for more than any machine holds.
_ADDED = 100_000
_ADDED_EACH = 10


def is_overlay(source: Source) -> bool:
    """Whether a file is meant as an overlay."""
    named = source.path.stem.endswith(".overlay")
    return named or (isinstance(source.data, dict) and "overlay" in source.data)


def extends_another(source: Source, document: Document) -> bool:
    """Whether an overlay says that it was made for another contract than this one.

    A file cannot be told from a copy of what an `extends` over the network names: it is taken for one.
    """
    from specdouble.contract.remote import copy_of, is_copy

    extends = source.data.get("extends") if isinstance(source.data, dict) else None
    if not isinstance(extends, str):
        return False
    path, parts = document.source.path, split_url(extends)
    if parts.scheme in ("http", "https"):
        return is_copy(path) and path != copy_of(extends)
    if not parts.path or is_copy(path):
        return False
    return (source.path.parent / unquote(parts.path)).resolve() != path.resolve()


def lay_over(document: Document, overlays: list[Source]) -> None:
    """Apply overlays to a contract, one after the other; what is wrong with them becomes findings.

    Args:
        document: the contract, whose references into other files are not yet followed.
        overlays: the overlays, in the order in which they are applied.

    Raises:
        ContractError: what is left is no OpenAPI description.
    """
    if overlays:
        bounds = _Bounds(document.data)
        for source in overlays:
            _Overlay(document, source, bounds).apply()
            if version_of(document.data) is None:
                reason = "the overlay leaves no `openapi: 3.x` or `swagger: 2.0` at the top of the contract"
                document.findings.append(
                    Finding(source.name, 1, "", reason, "leave the version as it is", id="overlay")
                )
                raise ContractError(document.findings)


class _Bounds:
    """How large the document is, and how much it may grow."""

    def __init__(self, data: object) -> None:
        self.size, self.depth = measure(data)
        self.room = _ADDED + _ADDED_EACH * self.size

    def take(self, size: int, depth: int) -> None:
        self.room -= size
        self.size += size
        self.depth = max(self.depth, depth)


class _Overlay:
    """One overlay, as it is applied."""

    def __init__(self, document: Document, source: Source, bounds: _Bounds) -> None:
        self.document = document
        self.source = source
        self.bounds = bounds
        self.is_first_version = False

    def apply(self) -> None:
        data = self.source.data
        if not isinstance(data, dict):
            self.find("", "not an overlay: it is no mapping", "begin the file with `overlay: 1.1.0`, `info`, `actions`")
            return
        self.check_version(data.get("overlay"))
        self.check(data, "", _ROOT, ("overlay", "info", "actions"))
        if isinstance(data.get("info"), dict):
            self.check(data["info"], "/info", _INFO, ("title", "version"))
        if extends_another(self.source, self.document):
            # One that lies beside the contract is left out before this: whoever names one means it.
            reason = f"`extends` names another contract: `{shown(data['extends'])}`; the overlay is laid all the same"
            remedy = f"name {self.document.source.path.name} as it is found from here, or leave it out"
            self.find("/extends", reason, remedy, "warning")
        actions = data.get("actions")
        if actions == []:
            self.find("/actions", "`actions` is empty", "write an action, or remove the overlay")
        self.act_in_turn(actions if isinstance(actions, list) else [])

    def act_in_turn(self, actions: list[Any]) -> None:
        for index, action in enumerate(actions):
            at = pointer("actions", index)
            if action in actions[:index]:
                self.find(at, "the action stands here a second time", "remove one of the two", "warning")
            if not isinstance(action, dict):
                self.find(at, f"an action is {article(action)}, not a mapping", "write `target` and `update` in it")
            elif self.check(action, at, self.fields, ("target",)):
                self.act(action, at)

    @property
    def fields(self) -> Mapping[str, type]:
        """The fields of an action; `copy` came with 1.1."""
        return {name: kind for name, kind in _ACTION.items() if name != "copy" or not self.is_first_version}

    def check_version(self, version: object) -> None:
        if version is None:
            return  # that it is missing is told with the other fields
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            reason = f"`overlay: {shown(str(version))}` is no version that is known"
            self.find("/overlay", reason, "write `overlay: 1.1.0`, or `1.0.0`")
        self.is_first_version = str(version).startswith("1.0")

    def check(self, mapping: dict[str, Any], at: str, known: Mapping[str, type], required: tuple[str, ...]) -> bool:
        """Whether a mapping has the fields that it must have, of the types that they must be of."""
        before = len(self.document.findings)
        for name in required:
            if name not in mapping:
                self.find(at, f"`{name}` is missing", f"write `{name}`")
        for name, value in mapping.items():
            place = at + pointer(name)
            if name[:2] == "x-":
                continue
            if name not in known:
                remedy = "write `overlay: 1.1.0`: it came with that" if name == "copy" else suggestion(name, known)
                self.find(place, f"an overlay has no field `{shown(name)}` here", remedy)
            elif not isinstance(value, known[name]):
                self.find(place, f"`{name}` is {article(value)}", f"write {_WANTED[known[name]]}")
        return len(self.document.findings) == before

    # Actions

    def act(self, action: dict[str, Any], at: str) -> None:
        matched = self.matched(action, at)
        if not matched:
            return
        if action.get("remove") is True:
            self.remove(matched, at)
        elif "update" in action and "copy" in action:
            self.find(at, "`update` stands beside `copy`: neither has an effect", "keep one of the two")
        elif "update" in action:
            self.update(matched, action["update"], (self.source, at + "/update"), at)
        elif "copy" in action:
            self.copy(matched, action["copy"], at)
        else:
            self.find(at, "the action does nothing", "write `update`, `copy` or `remove: true`", "warning")

    def matched(self, action: dict[str, Any], at: str) -> dict[Path, Any]:
        """What the target of an action selects."""
        place = at + "/target"
        found = self.select(action["target"], place)
        if found == {}:
            # What is to be gone and is not there loses nothing.
            severity: Severity = "warning" if action.get("remove") is True else "error"
            from specdouble.contract.jsonpath import JSONPath

            near = JSONPath(action["target"]).near(self.document.data)
            told = f": there is no `{shown(near[0])}`" if near else ""
            meant = f"write `{near[1]}`" if near and near[1] else "correct the target, or remove the action"
            self.find(place, f"the target `{shown(action['target'])}` matches nothing{told}", meant, severity)
        return found or {}

    def select(self, text: str, at: str) -> dict[Path, Any] | None:
        """What a JSONPath selects; None where it is none."""
        # Its library takes a tenth of the time of a start, and most contracts have no overlay.
        from specdouble.contract.jsonpath import JSONPath, WrongPath

        try:
            return JSONPath(text).find(self.document.data, self.bounds.size, self.bounds.depth)
        except WrongPath as error:
            remedy = "see RFC 9535: `$.components.schemas.Thing`, `$.paths['/things'].post`"
            hyphened = _HYPHENED.search(text)
            if hyphened is not None:
                remedy = f"write `['{shown(hyphened[1])}']` in place of `{shown(hyphened[0])}`: it has a hyphen"
            self.find(at, f"`{shown(text)}` is no JSONPath: {error}", remedy)
            return None

    def remove(self, matched: dict[Path, Any], at: str) -> None:
        if () in matched:
            self.find(at + "/target", "the target is the contract as a whole", "name what is to be removed from it")
            return
        self.document.layers.remove(matched)

    def copy(self, matched: dict[Path, Any], text: str, at: str) -> None:
        found = self.select(text, at + "/copy")
        if found is None:
            return
        if len(found) != 1:
            reason = f"`copy` selects {len(found)} values, and has to select one"
            self.find(at + "/copy", reason, "correct the path")
            return
        self.document.layers.close()
        (path,) = found
        origin = self.document.origin(pointer(*path))
        self.update(matched, found[path], origin, at)

    def update(self, matched: dict[Path, Any], update: object, origin: Origin, at: str) -> None:
        kinds = {_kind(value) for value in matched.values()}
        if len(kinds) > 1 and not self.is_first_version:
            reason = f"the target selects {' and '.join(sorted(kinds))}: one update cannot fit all"
            self.find(at + "/target", reason, "write an action for each")
            return
        size, depth = measure(update, self.bounds.room)
        deepest = max(len(path) for path in matched) + depth
        if size * len(matched) > self.bounds.room or deepest > MAX_DEPTH:
            reason = f"the update of {len(matched):,} values makes the contract too large or too deep"
            self.find(at + "/target", reason, "narrow the target, or write a schema once and refer to it with `$ref`")
            return
        self.bounds.take(size * len(matched), deepest)
        for path, value in matched.items():
            for reason, remedy, where in self.merge(path, value, update, origin):
                self.find_at(where, reason, remedy)

    def merge(self, path: Path, value: object, update: object, origin: Origin) -> Iterator[tuple[str, str, Origin]]:
        """Merge an update into what stands at the path; reason, remedy and place of what cannot be merged."""
        layers = self.document.layers
        if isinstance(value, list):
            parts = update if isinstance(update, list) else None
            origins = [layers.origin(update, origin, [str(index)]) for index in range(len(parts or ()))]
            layers.append(path, zip(parts, origins, strict=True) if parts is not None else [(update, origin)])
        elif isinstance(value, dict) and isinstance(update, dict):
            for name, part in update.items():
                where = layers.origin(update, origin, [name])
                if name not in value:
                    layers.put((*path, name), part, where)
                elif _kind(value[name]) != _kind(part):
                    reason = f"`{shown(name)}` is {article(part)} here and {article(value[name])} in the contract"
                    yield reason, "write the same kind of value, or remove the contract's first with `remove`", where
                else:
                    yield from self.merge((*path, name), value[name], part, where)
        elif _kind(value) == _kind(update) and path and not (self.is_first_version and origin[1].endswith("/update")):
            layers.put(path, update, origin)
        else:
            yield from self.unlike(value, update, origin)

    def unlike(self, value: object, update: object, origin: Origin) -> Iterator[tuple[str, str, Origin]]:
        if _kind(value) == _kind(update):
            yield "the target is no object and no array", "target what holds it, or write `overlay: 1.1.0`", origin
        else:
            reason = f"the update is {article(update)}, and the target {article(value)}"
            yield reason, f"write {article(value)}, or correct the target", origin

    def find(self, at: str, reason: str, remedy: str, severity: Severity = "error") -> None:
        self.find_at((self.source, at), reason, remedy, severity)

    def find_at(self, origin: Origin, reason: str, remedy: str, severity: Severity = "error") -> None:
        source, at = origin
        line = source.line(at)
        self.document.findings.append(Finding(source.name, line, at, reason, remedy, severity, "overlay"))


_WANTED = {str: "a string, in quotes where it looks like a number", dict: "a mapping", list: "a list",
           bool: "`true` or `false`"}  # fmt: skip


def _kind(value: object) -> str:
    return "objects" if isinstance(value, dict) else "arrays" if isinstance(value, list) else "primitive values"


def measure(value: object, most: int | None = None) -> tuple[int, int]:
    """How many values there are in a value, itself included, and how many levels; no more counted than `most`."""
    size, depth, level = 1, 0, [value]
    while level and (most is None or size <= most):
        holders = [one for one in level if isinstance(one, dict | list)]
        level = [part for one in holders for part in (one.values() if isinstance(one, dict) else one)]
        size, depth = size + len(level), depth + bool(level)
    return size, depth
