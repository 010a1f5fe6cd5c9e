"""Every `$ref` of a contract leads inside its one document: what lies in other files is brought in.

References stay in the contract's folder, and in those that the user allows: a contract is data from anywhere, and
what it refers to is shown to whoever asks the double for its documentation.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import Any
from urllib.parse import quote, unquote

from specdouble.contract.document import MAX_CHAIN, Document
from specdouble.contract.finding import ContractError
from specdouble.contract.pointer import fragment, look_up, pointer
from specdouble.contract.source import Source, load

# Values of these keywords are data, not parts of the contract: a `$ref` inside is just a string.
_DATA = {"example", "default", "enum", "const", "value"}
# The keys below these are names that the author chose, not keywords.
_NAMED = {
    "properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "schemas", "responses",
    "parameters", "examples", "requestBodies", "headers", "securitySchemes", "links", "callbacks", "pathItems",
    "paths", "content", "encoding", "variables", "mediaTypes", "additionalOperations", "webhooks", "x-bundled",
}  # fmt: skip
# OpenAPI has no reference at these, and authors who split a contract into files write one all the same.
_INLINED = {
    "info", "servers", "tags", "security", "paths", "webhooks", "components", "definitions", "schemas", "responses",
    "parameters", "requestBodies", "headers", "securitySchemes", "links", "callbacks", "pathItems", "examples",
    "content", "encoding", "properties", "patternProperties",
    "get", "put", "post", "delete", "options", "head", "patch", "trace", "query",
}  # fmt: skip
# What another file contributes is kept where the published document expects its kind.
_KIND = {
    "schema": "schemas", "items": "schemas", "properties": "schemas", "allOf": "schemas", "oneOf": "schemas",
    "anyOf": "schemas", "not": "schemas", "additionalProperties": "schemas", "schemas": "schemas",
    "definitions": "schemas", "parameters": "parameters", "responses": "responses", "requestBody": "requestBodies",
    "headers": "headers", "links": "links", "examples": "examples",
}  # fmt: skip

Place = tuple[str | int, ...]


def bring_references_inside(document: Document, allowed: list[Path]) -> None:
    """Check every `$ref`, and bring what lies in other files into the document.

    Args:
        document: the contract; what is wrong with a reference becomes a finding, and the reference is left out.
        allowed: the folders outside of the contract's own that files may be read from.
    """
    _Bundler(document, allowed).run()


def _is_data(key: str, value: object) -> bool:
    if key == "examples":
        return isinstance(value, list)  # a schema's, in OpenAPI 3.1; elsewhere they are named objects
    return key in _DATA or (key.startswith("x-") and key != "x-bundled")


def _anchors(value: object, path: Place, named: bool = False) -> Iterator[tuple[str, str]]:
    """The names of the schemas that have one, and their pointers."""
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _anchors(item, (*path, index))
    elif isinstance(value, dict):
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(value.get(keyword), str):
                yield value[keyword], pointer(*path)
        for key, item in value.items():
            if named or not _is_data(key, item):
                yield from _anchors(item, (*path, key), not named and key in _NAMED)


class _Bundler:
    def __init__(self, document: Document, allowed: list[Path]) -> None:
        self.document = document
        self.own_location = document.source.path.resolve()
        self.folders = [self.own_location.parent, document.source.path.parent.resolve()]
        self.folders += [folder.resolve() for folder in allowed]
        self.sources = {self.own_location: document.source}
        self.homes: dict[tuple[Path, str], str] = {}
        self.anchors: dict[Path, dict[str, str]] = {}
        # What is still to be looked at: a value, its place, its file, and whether its keys are names.
        self.waiting: list[tuple[Any, Place, Source, bool]] = []
        self.seen: set[int] = set()  # mappings with a `$ref`: one behind a YAML alias stands in several places

    def run(self) -> None:
        self.waiting.append((self.document.data, (), self.document.source, False))
        while self.waiting:
            self.look(*self.waiting.pop())

    def look(self, value: Any, path: Place, source: Source, named: bool) -> None:
        if isinstance(value, list):
            inside = [(item, (*path, index), source, False) for index, item in enumerate(value)]
        else:
            inside = []
            for key, item in list(value.items()):
                if named or not _is_data(key, item):
                    place, origin = (*path, key), source
                    if not named and key in _INLINED and _is_reference(item):
                        item, origin = self.inlined(item, place, source)
                        value[key] = item
                    inside.append((item, place, origin, not named and key in _NAMED))
            if not named and isinstance(value.get("$ref"), str) and id(value) not in self.seen:
                self.seen.add(id(value))
                self.reference(value, path, source)
        # The last one is taken first: what stands first in the file is looked at first.
        self.waiting += [one for one in reversed(inside) if isinstance(one[0], dict | list)]

    def reference(self, holder: dict[str, Any], path: Place, source: Source) -> None:
        reference = holder["$ref"]
        file, _, _ = reference.partition("#")
        at = fragment(reference)
        if file and file == self.document.data.get("$self"):
            file = ""  # the contract's own name for itself (OpenAPI 3.2)
        if _is_remote(file):
            self.refuse_network(holder, path)
            return
        if not file and source is self.document.source and at[:1] in ("", "/"):
            self.check_inside(holder, at, path)
            return
        target = self.opened(holder, file, path, source) if file else source
        if target is None:
            return
        if at[:1] not in ("", "/"):
            anchored = self.anchored(target).get(at)
            if anchored is None:
                reason, remedy = f"`$ref: {_shown(reference)}` names no `$anchor`", "define the `$anchor`"
                remedy += ", or write a pointer: `#/components/schemas/...`"
                self.refuse(holder, path, reason, remedy, "ref")
                return
            at = anchored
        if target is self.document.source:
            holder["$ref"] = "#" + quote(at)
            self.check_inside(holder, at, path)
            return
        self.bring(holder, target, at, path)

    def inlined(self, holder: dict[str, Any], path: Place, source: Source) -> tuple[Any, Source]:
        """What a reference leads to that stands where OpenAPI has none, to stand there itself; and its file."""
        value: Any = holder
        for _ in range(MAX_CHAIN):
            reference = value["$ref"]
            file, at = reference.partition("#")[0], fragment(reference)
            if _is_remote(file):
                self.refuse_network(holder, path)
                return holder, source
            target = self.opened(value, file, path, source) if file else source
            if target is None:
                return holder, source
            try:
                found = look_up(target.data, at)
            except LookupError:
                break
            self.document.note_origin(pointer(*path), target, at)
            beside = {key: part for key, part in value.items() if key != "$ref"}
            value, source = {**found, **beside} if beside and isinstance(found, dict) else found, target
            if not _is_reference(value):
                return value, source
        self.refuse(holder, path, f"`$ref: {_shown(holder['$ref'])}` leads to nothing", "correct the pointer", "ref")
        return holder, source

    def opened(self, holder: dict[str, Any], file: str, path: Place, source: Source) -> Source | None:
        """The file that a reference names; None where it may not or cannot be read."""
        written = source.path.parent / unquote(file)
        shown = f"`$ref: {_shown(holder['$ref'])}`"
        try:
            location = written.resolve()
        except (OSError, ValueError, RuntimeError):  # a circle of links; a NUL
            self.refuse(holder, path, f"{shown} leads to a file that cannot be read", "correct the path", "ref")
            return None
        if location in self.sources:
            return self.sources[location]
        if not any(location.is_relative_to(folder) for folder in self.folders):
            reason = f"{shown} leads out of the contract's folder"
            folder = os.path.normpath(written.parent)
            remedy = f"keep a copy beside the contract, or allow the other folder: `--allow-refs {folder}`"
            self.refuse(holder, path, reason, remedy, "ref-outside")
            return None
        try:
            # Called as the user named the contract, however often references go up and down again.
            name = os.path.normpath(Path(source.name).parent / unquote(file))
            target = self.sources[location] = load(location, name)
        except ContractError as error:
            reasons = [finding.reason.removeprefix("the file cannot be read: ") for finding in error.findings]
            why = "; ".join(reasons)
            self.document.findings += [finding for finding in error.findings if finding.line]
            remedy = _remedy(file)
            self.refuse(holder, path, f"{shown} leads to a file that cannot be read: {why}", remedy, "ref")
            return None
        self.document.findings += target.findings
        return target

    def anchored(self, source: Source) -> dict[str, str]:
        """The pointer of each `$anchor` of a file (JSON Schema 2020-12, Core, 8.2.2)."""
        known = self.anchors.get(source.path)
        if known is None:
            known = self.anchors[source.path] = {}
            for name, at in _anchors(source.data, ()):
                known.setdefault(name, at)
        return known

    def check_inside(self, holder: dict[str, Any], at: str, path: Place) -> None:
        shown = f"`$ref: {_shown(holder['$ref'])}`"
        try:
            self.document.follow({"$ref": "#" + quote(at)}, at)
        except LookupError as error:
            if self.exists(str(error.args[0])):
                reason = f"{shown} leads in a circle, or through more than {MAX_CHAIN} references"
                self.refuse(holder, path, reason, "let one of them say what it is", "ref")
            else:
                self.refuse_nothing(holder, path)

    def refuse_nothing(self, holder: dict[str, Any], path: Place) -> None:
        reason, kind = f"`$ref: {_shown(holder['$ref'])}` leads to nothing", "ref"
        if _KIND.get(_keyword(path)) == "schemas":
            # Anything can stand for a schema: what has it is served, as are all others.
            reason, kind = f"{reason}: any value is taken in its place", "ref-kind"
        self.refuse(holder, path, reason, "define it, or correct the pointer", kind)

    def exists(self, at: str) -> bool:
        try:
            look_up(self.document.data, at)
        except LookupError:
            return False
        return True

    def bring(self, holder: dict[str, Any], target: Source, at: str, path: Place) -> None:
        """Put what another file says under a name of its own into the document."""
        key = (target.path.resolve(), at)
        home = self.homes.get(key)
        if home is None:
            try:
                value = look_up(target.data, at)
            except LookupError:
                self.refuse_nothing(holder, path)
                return
            section = self.section(path)
            place = self.place(section)
            name = _free_name(place, target, at)
            home = self.homes[key] = pointer(*section, name)
            place[name] = value
            self.document.note_origin(home, target, at)
            if isinstance(value, dict | list):
                self.waiting.append((value, (*section, name), target, False))
        holder["$ref"] = "#" + quote(home)

    def section(self, path: Place) -> tuple[str, ...]:
        kind = _KIND.get(_keyword(path))
        if kind is None:
            return ("x-bundled",)
        if "swagger" in self.document.data:
            return ("definitions",) if kind == "schemas" else ("x-bundled",)
        return ("components", kind)

    def place(self, section: tuple[str, ...]) -> dict[str, Any]:
        """The mapping of the document at these names, made where there is none."""
        place = self.document.data
        for name in section:
            inside = place.get(name)
            if not isinstance(inside, dict):
                if name in place:
                    reason = f"`{name}` is no mapping"
                    self.document.find(pointer(*section), reason, "write it as a mapping", id="structure")
                inside = place[name] = {}
            place = inside
        return place

    def refuse_network(self, holder: dict[str, Any], path: Place) -> None:
        shown = str(holder["$ref"])
        is_file = shown.lower().startswith("file:")
        where = "is the URL of a file on one machine" if is_file else "leads over the network"
        remedy = "keep a copy beside the contract" + (", and name it as it lies from there" if is_file else "")
        self.refuse(holder, path, f"`$ref: {_shown(shown)}` {where}", remedy, "ref-network")

    def refuse(self, holder: dict[str, Any], path: Place, reason: str, remedy: str, kind: str) -> None:
        self.document.find(pointer(*path, "$ref"), reason, remedy, id=kind)
        self.document.dangling.add(id(holder))


def _remedy(file: str) -> str:
    r"""What to do about the path of a file: on Windows it is often written as `schemas\Pet.yaml`, and is a URL."""
    if PureWindowsPath(file).drive:
        return "write it as it lies from the contract, with `/`"
    return f"write `{file.replace(chr(92), '/')}`: a reference is a URL" if chr(92) in file else "correct the path"


def _keyword(path: Place) -> str:
    """The last keyword of a path: of `properties/links` it is `properties`, for `links` is a name there."""
    keyword, named = "", False
    for part in path:
        if named or isinstance(part, int):
            named = False
        else:
            keyword, named = part, part in _NAMED
    return keyword


def _is_reference(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("$ref"), str)


def _is_remote(file: str) -> bool:
    return "://" in file or file[:2] == "//"


def _free_name(place: dict[str, Any], target: Source, at: str) -> str:
    stem = at.rpartition("/")[2] if at.strip("/") else target.path.stem
    stem = "".join(char if char.isalnum() or char in "._-" else "_" for char in stem)
    name, number = stem, 2
    while name in place:
        name, number = f"{stem}_{number}", number + 1
    return name


def _shown(reference: str) -> str:
    return reference if len(reference) <= 120 else f"{reference[:120]}…"
