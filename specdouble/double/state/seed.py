"""The documents that a world begins with: `mock_data/<collection>.json`, checked against the contract."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path

from specdouble.contract import Contract, ContractError, Finding, Refused, Resource
from specdouble.contract.json_type import JSON
from specdouble.contract.keywords import article
from specdouble.contract.pointer import pointer
from specdouble.contract.rule import ScopeRule
from specdouble.contract.source import Source, load, read_text
from specdouble.double.state.clock import Clock
from specdouble.double.state.keeper import Document, Keeper, keepers_of
from specdouble.double.state.storable import unstorable
from specdouble.double.state.upload import FILES, Upload

Seed = dict[str, list[Document]]
USERS = "users"
SCOPES = ("scopes", "scope")
_SIGNING_IN = frozenset({"password", *SCOPES, "apiKey", "api_key"})


class SeedError(Refused):
    """The documents of `mock_data/` break the contract."""


def read_seed(folder: Path, contract: Contract) -> Seed:
    """Read every collection of the folder; none where the folder does not exist.

    Raises:
        SeedError: with every document that no store can keep, or that breaks its schema, a unique rule or a reference.
        ContractError: a file is not JSON, or leads out of the project.
    """
    sources: dict[str, Source] = {}
    for file in _files(folder):
        if file.suffix == ".json":
            sources[file.stem] = _load(file, folder)
    return _checked(sources, contract)


def seed_of(text: str, name: str, contract: Contract) -> Seed:
    """Read the documents of several collections from one text: a JSON object of arrays, by the collections' names.

    Args:
        text: the object.
        name: how messages call it.
        contract: what the documents are held to.

    Raises:
        SeedError: as `read_seed` does.
        ContractError: it is not such an object.
    """
    data = read_text(text, Path(f"{name}.json"), name).data
    if not isinstance(data, dict):
        remedy = 'write `{"collection": [{...}, {...}], ...}`'
        raise ContractError([Finding(name, 1, "", "the text is no object of collections", remedy, id="mock-data")])
    sources = {}
    for collection, documents in data.items():
        lines = json.dumps(documents, indent=1, ensure_ascii=False)
        sources[collection] = Source(Path(f"{collection}.json"), f"{name}: {collection}", lines, documents)
    return _checked(sources, contract)


def _checked(sources: dict[str, Source], contract: Contract) -> Seed:
    checker = _Checker(contract, sources)
    checker.check()
    if checker.findings:
        raise SeedError(checker.findings)
    return {name: list(source.data) for name, source in sources.items()}


def sign_in(documents: Iterable[Mapping[str, JSON]]) -> bool:
    """Whether the documents are somebody who signs in, and not merely what the API keeps."""
    return any(not _SIGNING_IN.isdisjoint(document) for document in documents)


def stray_files(folder: Path, contract: Contract) -> list[Finding]:
    """A warning for each file of the folder that no collection of the contract is filled from."""
    findings = []
    has_handlers = (folder.parent / "handlers").is_dir()
    for file in _files(folder):
        if file.suffix == ".json" and file.stem in contract.resources:
            continue
        near = get_close_matches(file.stem, contract.resources, n=1, cutoff=0.6)
        if file.suffix != ".json":
            wanted = near[0] if near else file.stem
            reason = "the file is not read: documents stand in `<collection>.json`"
            findings.append(_warning(file, reason, f"write them as JSON into `{wanted}.json`"))
        elif file.stem == USERS and sign_in(_documents(file, folder)):
            continue  # they sign in, whatever the contract keeps
        elif near or not has_handlers:
            # Without a near name, it may be the collection of a handler's own.
            known = ", ".join(f"`{name}`" for name in contract.resources) or "none"
            remedy = f"rename it to `{near[0]}.json`" if near else f"the contract keeps {known}"
            findings.append(_warning(file, f"the contract keeps no collection `{file.stem}`", remedy))
    return findings


def _documents(file: Path, folder: Path) -> list[Document]:
    """The objects of a file; none where it cannot be read, which `read_seed` tells."""
    try:
        data = _load(file, folder).data
    except ContractError:
        return []
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


def _warning(file: Path, reason: str, remedy: str) -> Finding:
    return Finding(str(file), 1, "", reason, remedy, "warning", "mock-data")


def _files(folder: Path) -> list[Path]:
    """What may be meant as documents: neither hidden files nor a README."""
    if not folder.is_dir():
        return []
    found = []
    for file in sorted(folder.iterdir()):
        is_aside = file.name[:1] == "." or file.stem.upper() == "README"
        if not is_aside and not file.is_dir():
            found.append(file)
    return found


def _load(file: Path, folder: Path) -> Source:
    location = Path(os.path.realpath(file))  # unlike `resolve`, it takes a circle of links
    if not location.is_relative_to(folder.resolve()) and not location.is_relative_to(folder.parent.resolve()):
        remedy = "put the documents themselves into the folder"
        finding = Finding(str(file), 1, "", "the file is a link that leads out of the project", remedy, id="mock-data")
        raise ContractError([finding])
    return load(file, str(file))


class _Checker:
    """Holds the documents of a seed to the contract; `findings` says what breaks it.

    Args:
        contract: the contract.
        sources: the files, by collection.
    """

    def __init__(self, contract: Contract, sources: dict[str, Source]) -> None:
        self.contract = contract
        self.sources = sources
        self.findings: list[Finding] = []
        self.ids: dict[str, dict[JSON, Document]] = {}
        self.readable: set[str] = set()
        self.keepers: dict[str, list[Keeper]] = {}

    def check(self) -> None:
        for name, source in self.sources.items():
            self.findings += source.findings
            if not isinstance(source.data, list) or not all(isinstance(one, dict) for one in source.data):
                self.find(source, "", "the file is no array of documents", "write `[{...}, {...}]`")
                continue
            if self.is_storable(source):
                self.readable.add(name)
            self.read_ids(name, source)
        for name, source in self.sources.items():
            resource = self.contract.resources.get(name)
            # What no store can keep, no rule can be asked of.
            if resource is not None and name in self.readable:
                self.check_schema(resource, source)
                self.check_rules(resource, source)
        if FILES in self.readable:
            self.check_files(self.sources[FILES])

    def is_storable(self, source: Source) -> bool:
        """What a request may not bring in, a seed may not either."""
        violations = unstorable(source.data, "body", self.contract.reserved)
        for violation in violations:
            place = violation.pointer or "the file"
            self.find(source, violation.pointer, f"{place} {violation.message}", "no store can keep it: change it")
        return not violations

    def read_ids(self, name: str, source: Source) -> None:
        resource = self.contract.resources.get(name)
        key = resource.id if resource else "_id"
        parents = resource.parents if resource else ()
        seen = self.ids.setdefault(name, {})
        for index, document in enumerate(source.data):
            value = document.get(key)
            if value is None:
                # A handler's own collection may do without ids.
                if resource is not None:
                    reason, remedy = f"the document has no `{key}`", "give it an id, so that it can be found"
                    self.find(source, pointer(index), reason, remedy)
                continue
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                reason = f"the id is {article(value)}, and has to be a string or a number"
                self.find(source, pointer(index, key), reason, "write a string or a number")
                continue
            other = seen.get(value)
            # Under another parent, another document may have the same id.
            if other is not None and all(other.get(one) == document.get(one) for one in parents):
                self.find(source, pointer(index, key), f"the id `{value}` is that of another document", "change one")
            seen[value] = document

    def check_schema(self, resource: Resource, source: Source) -> None:
        slot = self.contract.schemas.slot(resource.schema, "response")
        for index, document in enumerate(source.data):
            for violation in self.contract.schemas.violations(slot, document, "body"):
                at = pointer(index) + violation.pointer
                reason = f"the document breaks its schema: {violation.pointer}: {violation.message}"
                self.find(source, at, reason, "correct the document")

    def check_rules(self, resource: Resource, source: Source) -> None:
        places = [index for index, document in enumerate(source.data) if not self.is_gone(resource, document)]
        there = [source.data[index] for index in places]
        for keeper in self.keepers_of(resource):
            for index, name, reason, remedy in keeper.breaches(there, self.visible):
                self.find(source, pointer(places[index], name), reason, remedy)

    def is_gone(self, resource: Resource, document: Document) -> bool:
        """Whether the document was deleted: it breaks no rule any more, and nobody may name it."""
        return any(keeper.is_gone(document) for keeper in self.keepers_of(resource))

    def check_files(self, source: Source) -> None:
        for index, document in enumerate(source.data):
            try:
                Upload.of_kept(document)
            except ValueError as error:
                remedy = "write `name`, `type` and, of its bytes, `base64`, as an exported snapshot has them"
                self.find(source, pointer(index), f"the document keeps no file: {error}", remedy)

    def keepers_of(self, resource: Resource) -> list[Keeper]:
        if resource.collection not in self.keepers:
            self.keepers[resource.collection] = keepers_of(resource, Clock())
        return self.keepers[resource.collection]

    def visible(self, target: str, value: JSON, referrer: Document, key: str) -> bool:
        if not isinstance(value, str | int | float):
            return False
        if key:
            there = self.sources[target].data if target in self.readable else []
            return any(one.get(key) == value and self.is_seen(target, one, referrer) for one in there)
        found = self.ids.get(target, {}).get(value)
        return found is not None and self.is_seen(target, found, referrer)

    def is_seen(self, target: str, document: Document, referrer: Document) -> bool:
        """Whether the owner of the referring document sees the other one."""
        resource = self.contract.resources[target]
        if self.is_gone(resource, document):
            return False
        closed = [rule.name for rule in resource.of(ScopeRule) if not rule.readers.anyone]
        for name in closed:
            names = (name, *self.contract.scopes_alike.get(name, ()))
            held = next((other for other in names if other in referrer), None)
            if held is not None and document.get(name) != referrer[held]:
                return False
        return True

    def find(self, source: Source, at: str, reason: str, remedy: str) -> None:
        self.findings.append(Finding(source.name, source.line(at), at, reason, remedy, id="mock-data"))
