"""What a project can begin from that is no contract: the files of other tools."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from specdouble.contract import ContractError
from specdouble.contract.json_type import JSON
from specdouble.contract.written import in_yaml
from specdouble.har import Entry, read
from specdouble.project.exchange import Exchange, of_har, of_postman, of_wiremock
from specdouble.project.json_server import BadName, Documents, contract_of_database
from specdouble.project.recorded import Recorded
from specdouble.project.skeleton import Texts, document_text, mock_file

_SURROGATE = re.compile("[\ud800-\udfff]")


class NotReadable(Exception):
    """A file is none that a project can begin from; the message says why, and what would be."""


def begun_from(source: Path) -> Texts:
    """The contract and the documents that a file of another tool tells of.

    Args:
        source: `db.json` of json-server, a HAR file, a collection of Postman, or WireMock's folder or mapping.

    Raises:
        NotReadable: it is none of these.
    """
    data = _read(source)
    title = source.resolve().name.partition(".")[0]
    if isinstance(data, dict) and _is_har(data):
        return _of_exchanges(title, list(of_har(_entries(source))))
    if isinstance(data, dict) and not _is_of_exchanges(data):
        try:
            contract, documents = contract_of_database(title, data)
        except BadName as error:
            raise NotReadable(f"{error}\n    remedy: rename it, with letters, digits, `-`, `_` and `.`") from None
        if not contract["paths"]:
            told = "there is neither a collection nor a document in it"
            raise NotReadable(f'{told}\n    remedy: write an array of objects, as {{"posts": [{{"id": 1}}]}}')
        return _texts(contract, documents)
    return _of_exchanges(title, list(_exchanges(data)))


def _of_exchanges(title: str, exchanges: list[Exchange]) -> Texts:
    if not exchanges:
        raise NotReadable("there is no exchange in it\n    remedy: record some requests of the API, answers included")
    recorded = Recorded(title, exchanges)
    return _texts(recorded.contract(), recorded.documents())


def _texts(contract: dict[str, JSON], documents: Documents) -> Texts:
    found = {Path("openapi.yaml"): in_yaml(contract)}
    for name, held in documents.items():
        found[mock_file(name)] = document_text(held)
    if any(_SURROGATE.search(text) for text in found.values()):
        raise NotReadable("a text in it holds half of a character, which no file can\n    remedy: export it anew")
    return found


def _entries(source: Path) -> list[Entry]:
    try:
        return read(source)
    except ContractError as error:
        finding = error.findings[0]
        raise NotReadable(f"{finding.reason}\n    remedy: {finding.remedy}") from None


def _read(source: Path) -> Any:
    if not source.is_dir():
        return _json(source)
    folder = source / "mappings" if (source / "mappings").is_dir() else source
    mappings = [_json(file) for file in sorted(folder.rglob("*.json"))]
    if not mappings:
        raise NotReadable("the folder holds no mappings\n    remedy: name WireMock's folder, or a file")
    return mappings


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8-sig"))
    except (ValueError, RecursionError, OSError) as error:
        raise NotReadable(f"{file.name} is no JSON: {error}\n    remedy: export it anew") from None


def _is_har(data: dict[str, Any]) -> bool:
    return isinstance(data.get("log"), dict) and "entries" in data["log"]


def _is_of_exchanges(data: dict[str, Any]) -> bool:
    is_postman = "item" in data and isinstance(data.get("info"), dict)
    return is_postman or "mappings" in data or {"request", "response"} <= data.keys()


def _exchanges(data: object) -> Iterator[Exchange]:
    if isinstance(data, list):
        for one in data:
            yield from _exchanges(one)
    elif not isinstance(data, dict):
        return
    elif "item" in data:
        yield from of_postman(data)
    else:
        yield from of_wiremock(data)
