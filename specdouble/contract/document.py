"""The contract as one self-contained document, whatever number of files it was written in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specdouble.contract.finding import ContractError, Finding, Severity
from specdouble.contract.layers import Layers, Origin
from specdouble.contract.pointer import fragment, look_up, tokens
from specdouble.contract.source import Source, load

FILE_NAMES = ("openapi.yaml", "openapi.yml", "openapi.json", "swagger.yaml", "swagger.yml", "swagger.json")
_MOST_NAMED = 50  # files of a folder that are looked into for a contract by another name
_BEGINNING = 4096  # bytes in which a contract says of which version it is
_VERSION = re.compile(rb"""(?m)^[\s{]*["']?(openapi|swagger)["']?\s*:\s*["']?[23]\.""")

# `$ref`s with these beside them say more than what they refer to.
_EXTENDING = {"properties", "allOf", "oneOf", "anyOf"}

# How many references may follow one another: each is followed anew wherever it stands, so that time without this
# bound is the square of a chain's length.
MAX_CHAIN = 20


@dataclass
class Document:
    """A contract with every reference inside itself.

    Args:
        source: the file that was named.
        data: the whole document; each `$ref` in it is `#` and a JSON pointer.
        findings: what is wrong so far.
        extensions: the `x-` keys with their pointers, once somebody has looked for them.
        annotations: the pointers of the annotations of ours that mean something, once they are read.
        laid: the files that are laid over it.
        foreign: the name of the annotation of others' that each keyword was read from, by the keyword's pointer.
        dangling: the identities of the mappings whose `$ref` leads nowhere.
        places: the document's pointer for the file, line and pointer of each finding.
    """

    source: Source
    data: dict[str, Any]
    findings: list[Finding] = field(default_factory=list)
    extensions: list[tuple[str, str]] | None = None
    annotations: list[str] = field(default_factory=list)
    laid: list[Source] = field(default_factory=list)
    foreign: dict[str, str] = field(default_factory=dict)
    dangling: set[int] = field(default_factory=set)
    places: dict[tuple[str, int, str], str] = field(default_factory=dict)
    _origins: dict[str, Origin] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.layers = Layers(self)

    def locate(self, at: str) -> tuple[str, int, str]:
        """The file, line and pointer in that file of what stands at the document's pointer."""
        source, inside = self.origin(at)
        return source.name, source.line(inside), inside

    def origin(self, at: str) -> Origin:
        """The file in which what stands at the document's pointer was written, and the pointer in that file."""
        home = at
        while home and home not in self._origins:
            home = home.rpartition("/")[0]
        try:
            value = look_up(self.data, home)
        except LookupError:  # it was left out since
            value = None
        return self.layers.origin(value, self._origins.get(home, (self.source, "")), tokens(at[len(home) :]))

    def find(self, at: str, reason: str, remedy: str, severity: Severity = "error", *, id: str = "annotation") -> None:
        """Note a finding about the value at the pointer."""
        finding = Finding(*self.locate(at), reason, remedy, severity, id)
        self.findings.append(finding)
        self.places.setdefault(finding.place, at)

    def note_origin(self, home: str, source: Source, at: str) -> None:
        """Remember that what stands at the pointer `home` was written in another file, at that pointer there."""
        self._origins[home] = (source, at)

    @property
    def version(self) -> str:
        """The version of OpenAPI or Swagger, as `3.1` or `2.0`."""
        return str(self.data.get("openapi") or self.data.get("swagger") or "")[:3]

    @property
    def is_json_schema(self) -> bool:
        """Whether its schemas are JSON Schema 2020-12, as from OpenAPI 3.1 on; before, a dialect of their own."""
        return self.version not in ("2.0", "3.0")

    def resolve(self, value: object) -> Any:
        """The value, or what it refers to through any number of `$ref`.

        Raises:
            LookupError: a reference leads nowhere, in a circle, or through more than `MAX_CHAIN` others.
        """
        return self.follow(value, "")[0]

    def follow(self, value: object, at: str) -> tuple[Any, str]:
        """The value behind `$ref`s and its pointer; `at` is the pointer of the value itself."""
        seen: set[str] = set()
        while isinstance(value, dict) and isinstance(value.get("$ref"), str) and not self._extends(value):
            at = fragment(value["$ref"])
            if at in seen or len(seen) == MAX_CHAIN:
                raise LookupError(at)
            seen.add(at)
            value = look_up(self.data, at)
        return value, at

    def _extends(self, schema: dict[str, Any]) -> bool:
        """Whether a schema of OpenAPI 3.1 says more than what it refers to: then it is a schema of its own."""
        return not _EXTENDING.isdisjoint(schema) and self.is_json_schema

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
    passed_over: list[Path] = []
    if path.is_dir():
        found = [path / name for name in FILE_NAMES if (path / name).is_file()]
        if not found:
            raise ContractError([_missing(path)])
        path, *passed_over = found
    source = load(path, str(path))
    if version_of(source.data) is None:
        reason = "not an OpenAPI description: neither `openapi: 3.x` nor `swagger: 2.0` stands at the top"
        remedy = (
            "begin the file with `openapi: 3.0.3`, `info` and `paths`; "
            "of db.json, a HAR or a file of Postman or WireMock, `specdouble init --from` makes a contract"
        )
        raise ContractError([Finding(source.name, 1, "", reason, remedy, id="version")])
    return Document(source, source.data, [*source.findings, *_passed_over(source, passed_over)])


def _passed_over(source: Source, others: list[Path]) -> Iterator[Finding]:
    """That a folder holds other contracts beside the one that is read; the same one in another form is none."""
    for other in others:
        if _begins_as_a_contract(other) and not _says_the_same(other, source.data):
            names = ", ".join(FILE_NAMES)
            reason = f"{other} is another contract, and is not read: {source.path.name} comes first of {names}"
            remedy = f"name the one that is meant, or move {other.name} to another folder"
            yield Finding(source.name, 0, "", reason, remedy, "warning", "other-contract")


def _says_the_same(other: Path, data: object) -> bool:
    try:
        return bool(load(other, str(other)).data == data)
    except ContractError:
        return False


def _missing(folder: Path) -> Finding:
    """That a folder holds no contract; with those that it holds by another name."""
    candidates = [file for file in sorted(folder.iterdir()) if file.suffix.lower() in (".yaml", ".yml", ".json")]
    others = [str(file) for file in candidates[:_MOST_NAMED] if _begins_as_a_contract(file)]
    is_called = f"under the name that is looked for, openapi.yaml; there is {', '.join(others)}" if others else ""
    reason = f"the folder holds no OpenAPI contract {is_called}".rstrip()
    remedy = f"name the file: {others[0]}" if others else "name the file, or put the contract there as openapi.yaml"
    return Finding(str(folder), 0, "", reason, remedy, id="unreadable")


def _begins_as_a_contract(file: Path) -> bool:
    try:
        if not file.is_file():  # a pipe would be waited for
            return False
        with file.open("rb") as opened:
            return _VERSION.search(opened.read(_BEGINNING)) is not None
    except OSError:
        return False


def version_of(data: object) -> str | None:
    """The version that a description says it is of, where it is one that is known."""
    if not isinstance(data, dict):
        return None
    version = str(data.get("openapi") or data.get("swagger") or "")
    return version if version.startswith(("3.0", "3.1", "3.2", "2.0")) else None
