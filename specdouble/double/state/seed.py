"""The documents that a world begins with: `mock_data/<collection>.json`, checked against the contract."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from specdouble.contract import Contract, Finding, Refused, Resource
from specdouble.contract.pointer import pointer
from specdouble.contract.source import Source, load
from specdouble.double.state.enforcement import Document, unique_key
from specdouble.rules.references.rule import References
from specdouble.rules.unique.rule import Unique

Seed = dict[str, list[Document]]


class SeedError(Refused):
    """The documents of `mock_data/` break the contract."""


def read_seed(folder: Path, contract: Contract) -> Seed:
    """Read every collection of the folder; none where the folder does not exist.

    Raises:
        SeedError: with every document that breaks its schema, a unique rule or a reference.
        ContractError: a file is not JSON.
    """
    files = sorted(folder.glob("*.json"))
    sources = {file.stem: load(file, str(file)) for file in files}
    checker = _Checker(contract, sources)
    checker.check()
    if checker.findings:
        raise SeedError(checker.findings)
    return {name: list(source.data) for name, source in sources.items()}


class _Checker:
    def __init__(self, contract: Contract, sources: dict[str, Source]) -> None:
        self.contract = contract
        self.sources = sources
        self.findings: list[Finding] = []
        self.ids: dict[str, dict[Any, Document]] = {}

    def check(self) -> None:
        for name, source in self.sources.items():
            if not isinstance(source.data, list) or not all(isinstance(one, dict) for one in source.data):
                self.find(source, "", "the file is no array of documents", "write `[{...}, {...}]`")
                return
            self.read_ids(name, source)
        for name, source in self.sources.items():
            resource = self.contract.resources.get(name)
            if resource is not None:
                self.check_schema(resource, source)
                self.check_unique(resource, source)
                self.check_references(resource, source)

    def read_ids(self, name: str, source: Source) -> None:
        resource = self.contract.resources.get(name)
        key = resource.id if resource else "_id"
        parents = resource.parents if resource else ()
        seen = self.ids.setdefault(name, {})
        for index, document in enumerate(source.data):
            value = document.get(key)
            if value is None and resource is not None:
                self.find(
                    source, pointer(index), f"the document has no `{key}`", "give it an id, so that it can be found"
                )
            elif value in seen and all(seen[value].get(one) == document.get(one) for one in parents):
                self.find(source, pointer(index, key), f"the id `{value}` is that of another document", "change one")
            seen[value] = document

    def check_schema(self, resource: Resource, source: Source) -> None:
        slot = self.contract.schemas.slot(resource.schema, "response")
        for index, document in enumerate(source.data):
            for violation in self.contract.schemas.violations(slot, document, "body"):
                at = pointer(index) + violation.pointer
                reason = f"the document breaks its schema: {violation.pointer}: {violation.message}"
                self.find(source, at, reason, "correct the document")

    def check_unique(self, resource: Resource, source: Source) -> None:
        for rule in resource.of(Unique):
            seen: dict[str, int] = {}
            for index, document in enumerate(source.data):
                key = unique_key(rule, document)
                if key is None:
                    continue
                if key in seen:
                    reason = f"`{document[rule.name]}` breaks {rule.id}: document {seen[key]} has the value too"
                    self.find(source, pointer(index, rule.name), reason, "change one of the two")
                seen.setdefault(key, index)

    def check_references(self, resource: Resource, source: Source) -> None:
        for rule in resource.of(References):
            for index, document in enumerate(source.data):
                value = document.get(rule.name)
                for one in value if isinstance(value, list) else [value]:
                    if one is not None and not self.visible(rule.target, one, document):
                        reason = f"`{one}` breaks {rule.id}: its owner has no document of that id in {rule.target}"
                        self.find(source, pointer(index, rule.name), reason, "name a document that exists")

    def visible(self, target: str, key: Any, referrer: Document) -> bool:
        found = self.ids.get(target, {}).get(key)
        if found is None:
            return False
        resource = self.contract.resources[target]
        scopes = [name for name in (resource.owner, resource.tenant) if name is not None and name in referrer]
        return all(found.get(name) == referrer[name] for name in scopes)

    def find(self, source: Source, at: str, reason: str, remedy: str) -> None:
        self.findings.append(Finding(source.name, source.line(at), at, reason, remedy))
