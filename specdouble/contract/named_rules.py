"""`rules.yaml`: annotations by the names of what they speak of, for people who do not write JSONPath.

    Thing: {x-resource: {collection: things, owner: userId}}
    Thing.name: {x-unique: {within: [userId]}}
    POST /things: {x-roles: [ADMIN]}
    bearerAuth: {x-identity: {collection: users}}

It is no dialect of Overlay: a name means what the contract means by it, through `$ref`, `allOf` and other files, which
no JSONPath follows.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import cached_property
from typing import Any
from urllib.parse import quote

from specdouble.contract.annotation import keywords
from specdouble.contract.colon_paths import in_braces
from specdouble.contract.document import Document
from specdouble.contract.finding import Finding
from specdouble.contract.keywords import article, shown
from specdouble.contract.kind import suggestion
from specdouble.contract.operation import METHODS
from specdouble.contract.pointer import look_up, pointer, tokens
from specdouble.contract.properties import parts_of
from specdouble.contract.source import Source

_SCHEMA_KEY = "$schema"  # where editors look for the schema of a file in JSON


def lay_rules(document: Document, files: list[Source]) -> None:
    """Put the annotations of such files where they belong; what is wrong with them becomes a finding.

    Args:
        document: the contract, every reference inside itself.
        files: the files, in the order in which they are laid.
    """
    for source in files:
        _File(document, source).lay()


class _File:
    def __init__(self, document: Document, source: Source) -> None:
        self.document = document
        self.source = source

    def lay(self) -> None:
        data = self.source.data
        if not isinstance(data, dict):
            self.find(
                "", f"the file is {article(data)}, not a mapping of names", "write `Thing.name: {x-unique: true}`"
            )
            return
        for name, said in data.items():
            at = pointer(name)
            if name == _SCHEMA_KEY:
                continue
            if not isinstance(said, dict):
                reason = f"`{shown(name)}` is {article(said)}, not a mapping of annotations"
                self.find(at, reason, "write `{x-unique: true}` or the like")
                continue
            place = self.place(name, said)
            for keyword, value in said.items() if place is not None else ():
                if keyword in keywords():
                    path = (*tokens(place or ""), keyword)
                    self.document.layers.put(path, value, (self.source, at + pointer(keyword)))
                else:
                    self.find(at + pointer(keyword), f"`{keyword}` is no annotation", suggestion(keyword, keywords()))

    # Where a name leads

    def place(self, name: str, said: dict[str, Any]) -> str | None:
        """The pointer of what a name means; None where it means nothing, which is found."""
        method, _, path = name.partition(" ")
        if path.strip().startswith("/"):
            return self.operation(name, method, path.strip())
        if "x-identity" in said:
            return self.named(name, self.schemes, "security scheme")
        schema = self.schema_of(name)
        if schema is None:
            return self.named(name, self.schemas, "schema")
        at = self.schemas[schema]
        for part in name[len(schema) + 1 :].split(".") if name != schema else ():
            inside = self.property(name, at, part)
            if inside is None:
                return None
            at = inside
        return at

    def operation(self, name: str, method: str, path: str) -> str | None:
        paths = self.document.get("/paths") or {}
        known = {f"{verb.upper()} {in_braces(one)}": one for one, item in paths.items() for verb in self.methods(item)}
        written = known.get(f"{method.upper()} {in_braces(path)}")
        if written is not None:
            return self.followed(pointer("paths", written)) + pointer(method.lower())
        self.unknown(name, "operation", known)
        return None

    def methods(self, item: object) -> list[str]:
        try:
            item = self.document.resolve(item)
        except LookupError:
            return []
        return [verb for verb in METHODS if verb in item] if isinstance(item, dict) else []

    def schema_of(self, name: str) -> str | None:
        """The schema that a name begins with: the longest, since schemas may have dots in their names too."""
        names = name.split(".")
        beginnings = (".".join(names[:length]) for length in range(len(names), 0, -1))
        return next((one for one in beginnings if one in self.schemas), None)

    def property(self, name: str, at: str, part: str) -> str | None:
        """The pointer of a property of the schema at the pointer; of one that it takes from another, made its own."""
        schema = self.document.get(at)
        found = {one: place for one, _, place in parts_of(self.document, schema, at)}
        if part not in found:
            self.unknown(name, "property", [name[: -len(part)] + one for one in found])
            return None
        own = at + pointer("properties", part)
        if found[part] != own:
            # What another schema says of it stays that one's: the annotation is about this schema alone.
            origin = (self.source, pointer(name))
            if not isinstance(schema.get("properties"), dict):
                self.document.layers.put((*tokens(at), "properties"), {}, origin)
            inherited = {"allOf": [{"$ref": "#" + quote(found[part])}]}
            self.document.layers.put(tuple(tokens(own)), inherited, origin)
        elif not isinstance(look_up(self.document.data, own), dict):
            self.find(pointer(name), f"`{shown(name)}` has no schema to annotate", "write one in the contract")
            return None
        return own

    def named(self, name: str, known: dict[str, str], what: str) -> str | None:
        if name not in known:
            self.unknown(name, what, known)
        return known.get(name)

    @cached_property
    def schemas(self) -> dict[str, str]:
        """The pointer of each schema that has a name, behind what only refers to another."""
        return dict(self.section("components/schemas", "definitions"))

    @cached_property
    def schemes(self) -> dict[str, str]:
        """The pointer of each security scheme."""
        return dict(self.section("components/securitySchemes", "securityDefinitions"))

    def section(self, *places: str) -> Iterator[tuple[str, str]]:
        for place in places:
            found = self.document.get("/" + place)
            for name in found if isinstance(found, dict) else ():
                yield name, self.followed(f"/{place}{pointer(name)}")

    def followed(self, at: str) -> str:
        """The pointer behind the references of what stands at the pointer."""
        try:
            return self.document.follow(look_up(self.document.data, at), at)[1]
        except LookupError:
            return at

    # Findings

    def unknown(self, name: str, what: str, known: Any) -> None:
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        remedy = f"write `{near[0]}`" if near else f"name a {what} of the contract"
        self.find(pointer(name), f"the contract has no {what} `{shown(name)}`", remedy)

    def find(self, at: str, reason: str, remedy: str) -> None:
        finding = Finding(self.source.name, self.source.line(at), at, reason, remedy, id="overlay")
        self.document.findings.append(finding)
