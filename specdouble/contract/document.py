"""The contract as one self-contained document, whatever number of files it was written in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from specdouble.contract.finding import ContractError, Finding, Severity
from specdouble.contract.pointer import fragment, longest_prefix, look_up, pointer
from specdouble.contract.source import Source, load

FILE_NAMES = ("openapi.yaml", "openapi.yml", "openapi.json", "swagger.yaml", "swagger.yml", "swagger.json")

_EXTENDING = {"properties", "allOf", "oneOf", "anyOf"}
# Values of these keywords are data, not parts of the contract: a `$ref` inside is just a string.
_DATA = {"example", "default", "enum", "const", "value"}
# The keys below these are names that the author chose, not keywords.
_NAMED = {
    "properties", "patternProperties", "dependentSchemas", "$defs", "definitions", "schemas", "responses",
    "parameters", "examples", "requestBodies", "headers", "securitySchemes", "links", "callbacks", "pathItems",
    "paths", "content", "encoding", "variables", "x-bundled",
}  # fmt: skip
# What another file contributes is kept where the published document expects its kind.
_KIND = {
    "schema": "schemas", "items": "schemas", "properties": "schemas", "allOf": "schemas", "oneOf": "schemas",
    "anyOf": "schemas", "not": "schemas", "additionalProperties": "schemas", "schemas": "schemas",
    "definitions": "schemas", "parameters": "parameters", "responses": "responses", "requestBody": "requestBodies",
    "headers": "headers", "links": "links", "examples": "examples",
}  # fmt: skip


@dataclass
class Document:
    """A contract with every reference inside itself.

    Args:
        source: the file that was named.
        data: the whole document; each `$ref` in it is `#` and a JSON pointer.
        findings: what is wrong so far.
        extensions: the `x-` keys with their pointers, once somebody has looked for them.
    """

    source: Source
    data: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    extensions: list[tuple[str, str]] | None = None
    _origins: dict[str, tuple[Source, str]] = field(default_factory=dict)

    def locate(self, at: str) -> tuple[str, int, str]:
        """The file, line and pointer in that file of what stands at the document's pointer."""
        home = longest_prefix(self._origins, at)
        source, inside = self._origins[home] if home is not None else (self.source, "")
        inside += at[len(home or "") :]
        return source.name, source.line(inside), inside

    def find(self, at: str, reason: str, remedy: str, severity: Severity = "error") -> None:
        """Note a finding about the value at the pointer."""
        self.findings.append(Finding(*self.locate(at), reason, remedy, severity))

    def resolve(self, value: Any) -> Any:
        """The value, or what it refers to through any number of `$ref`.

        Raises:
            LookupError: a reference leads nowhere, or in a circle.
        """
        return self.follow(value, "")[0]

    def follow(self, value: Any, at: str) -> tuple[Any, str]:
        """The value behind `$ref`s and its pointer; `at` is the pointer of the value itself."""
        seen: set[str] = set()
        while isinstance(value, dict) and isinstance(value.get("$ref"), str) and not self._extends(value):
            at = fragment(value["$ref"])
            if at in seen:
                raise LookupError(at)
            seen.add(at)
            value = look_up(self.data, at)
        return value, at

    def _extends(self, schema: dict[str, Any]) -> bool:
        """Whether a schema of OpenAPI 3.1 says more than what it refers to: then it is a schema of its own."""
        return not _EXTENDING.isdisjoint(schema) and str(self.data.get("openapi", "")).startswith("3.1")

    def get(self, at: str) -> Any:
        """The value at the pointer, behind its `$ref`s; None where there is none."""
        try:
            return self.resolve(look_up(self.data, at))
        except LookupError:
            return None


def read_document(path: Path) -> Document:
    """Read a contract from a file, or from the folder that holds it.

    Raises:
        ContractError: no file, or one that is neither YAML nor JSON, or not an OpenAPI description.
    """
    if path.is_dir():
        found = next((path / name for name in FILE_NAMES if (path / name).is_file()), None)
        if found is None:
            remedy = "name the file, or put the contract there as openapi.yaml"
            raise ContractError([Finding(str(path), 0, "", "the folder holds no OpenAPI contract", remedy)])
        path = found
    source = load(path, str(path))
    version = _version(source.data)
    if version is None:
        reason = "not an OpenAPI description: neither `openapi: 3.x` nor `swagger: 2.0` stands at the top"
        remedy = "begin the file with `openapi: 3.0.3`, `info` and `paths`"
        raise ContractError([Finding(source.name, 1, "", reason, remedy)])
    document = Document(source, source.data)
    _Bundler(document).run()
    for duplicated, line in source.duplicates:
        reason = f"the key `{duplicated}` stands twice in one mapping: the first is lost"
        document.findings.append(Finding(source.name, line, "", reason, "keep one of the two, or rename one"))
    return document


def _version(data: Any) -> str | None:
    if not isinstance(data, dict):
        return None
    version = str(data.get("openapi") or data.get("swagger") or "")
    return version if version.startswith(("3.0", "3.1", "2.0")) else None


def _is_data(key: str, value: Any) -> bool:
    if key == "examples":
        return isinstance(value, list)  # a schema's, in OpenAPI 3.1; elsewhere they are named objects
    return key in _DATA or (key.startswith("x-") and key != "x-bundled")


def _anchors(value: Any, path: tuple[str | int, ...], named: bool = False) -> Iterator[tuple[str, str]]:
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
    """Checks every `$ref`, and brings what lies in other files into the document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.sources = {document.source.path.resolve(): document.source}
        self.homes: dict[tuple[Path, str], str] = {}
        self.anchors: dict[Path, dict[str, str]] = {}

    def run(self) -> None:
        self.walk(self.document.data, (), self.document.source, named=False)

    def walk(self, value: Any, path: tuple[str | int, ...], source: Source, named: bool) -> None:
        if isinstance(value, list):
            for index, item in enumerate(value):
                if isinstance(item, dict | list):
                    self.walk(item, (*path, index), source, named=False)
        elif isinstance(value, dict):
            if not named and isinstance(value.get("$ref"), str):
                self.reference(value, path, source)
            for key, item in list(value.items()):
                if isinstance(item, dict | list) and (named or not _is_data(key, item)):
                    self.walk(item, (*path, key), source, named=not named and key in _NAMED)

    def reference(self, holder: dict[str, Any], path: tuple[str | int, ...], source: Source) -> None:
        reference = holder["$ref"]
        file, _, _ = reference.partition("#")
        at = fragment(reference)
        if "://" in file:
            self.refuse(
                (*path, "$ref"), f"`$ref: {reference}` leads over the network", "keep a copy beside the contract"
            )
            return
        if not file and source is self.document.source and at[:1] in ("", "/"):
            self.check_inside(reference, at, path)
            return
        target = source
        if file:
            location = (source.path.parent / file).resolve()
            try:
                target = self.sources.get(location) or load(location, str(source.path.parent / file))
            except ContractError as error:
                self.document.findings += error.findings
                self.refuse(
                    (*path, "$ref"), f"`$ref: {reference}` leads to a file that cannot be read", "correct the path"
                )
                return
            self.sources[location] = target
        if at[:1] not in ("", "/"):
            anchored = self.anchored(target).get(at)
            if anchored is None:
                reason, remedy = f"`$ref: {reference}` names no `$anchor`", "define the `$anchor`, or write a pointer"
                self.refuse((*path, "$ref"), reason, f"{remedy}: `#/components/schemas/...`")
                return
            at = anchored
        if target is self.document.source:
            holder["$ref"] = "#" + at
            self.check_inside(reference, at, path)
            return
        self.bring(holder, target, at, path)

    def anchored(self, source: Source) -> dict[str, str]:
        """The pointer of each `$anchor` of a file (JSON Schema 2020-12, Core, 8.2.2)."""
        known = self.anchors.get(source.path)
        if known is None:
            known = self.anchors[source.path] = {}
            for name, at in _anchors(source.data, ()):
                known.setdefault(name, at)
        return known

    def check_inside(self, reference: str, at: str, path: tuple[str | int, ...]) -> None:
        try:
            self.document.follow({"$ref": "#" + quote(at)}, at)
        except LookupError as error:
            if str(error.args[0]) == at and self.exists(at):
                reason, remedy = f"`$ref: {reference}` leads in a circle", "let one of them say what it is"
            else:
                reason, remedy = f"`$ref: {reference}` leads to nothing", "define it, or correct the pointer"
            self.refuse((*path, "$ref"), reason, remedy)

    def exists(self, at: str) -> bool:
        try:
            look_up(self.document.data, at)
        except LookupError:
            return False
        return True

    def bring(self, holder: dict[str, Any], target: Source, at: str, path: tuple[str | int, ...]) -> None:
        key = (target.path.resolve(), at)
        home = self.homes.get(key)
        if home is None:
            try:
                value = look_up(target.data, at)
            except LookupError:
                self.refuse((*path, "$ref"), f"`$ref: {holder['$ref']}` leads to nothing", "correct the pointer")
                return
            section, name = self.section(path), self.free_name(path, target, at)
            home = self.homes[key] = pointer(*section, name)
            place = self.document.data
            for part in section:
                place = place.setdefault(part, {})
            place[name] = value
            self.document._origins[home] = (target, at)
            self.walk(value, (*section, name), target, named=False)
        holder["$ref"] = "#" + home

    def section(self, path: tuple[str | int, ...]) -> tuple[str, ...]:
        names = [part for part in path if isinstance(part, str)]
        kind = next((_KIND[part] for part in reversed(names[-2:]) if part in _KIND), None)
        if kind is None:
            return ("x-bundled",)
        if "swagger" in self.document.data:
            return ("definitions",) if kind == "schemas" else ("x-bundled",)
        return ("components", kind)

    def free_name(self, path: tuple[str | int, ...], target: Source, at: str) -> str:
        stem = at.rpartition("/")[2] if at.strip("/") else target.path.stem
        stem = "".join(char if char.isalnum() or char in "._-" else "_" for char in stem)
        place: Any = self.document.data
        for part in self.section(path):
            place = place.get(part, {})
        name, number = stem, 2
        while name in place:
            name, number = f"{stem}_{number}", number + 1
        return name

    def refuse(self, path: tuple[str | int, ...], reason: str, remedy: str) -> None:
        self.document.find(pointer(*path), reason, remedy)
