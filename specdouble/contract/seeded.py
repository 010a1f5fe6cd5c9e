"""Collections that no schema describes: an annotation names them, and `mock_data/` has their documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os.path import isfile  # which says of a name that is too long what it is: no file
from pathlib import Path
from typing import Any

from specdouble.contract.annotation import extensions
from specdouble.contract.document import Document
from specdouble.contract.finding import ContractError
from specdouble.contract.kind import kinds_by_keyword
from specdouble.contract.pointer import look_up, pointer
from specdouble.contract.resource import Resource
from specdouble.contract.source import load

FOLDER = "mock_data"
_IDS = ("_id", "id", "uuid")


def read_seeded(document: Document, resources: Mapping[str, Resource]) -> dict[str, Resource]:
    """The resources of the collections that annotations name and the seed alone has, by collection.

    Args:
        document: the contract's document.
        resources: those that an `x-resource` tells of.
    """
    folder = document.source.path.parent / FOLDER
    names = dict.fromkeys(name for name in _named(document) if name not in resources)
    return {name: _resource(name, folder / f"{name}.json") for name in names if _has(folder, name)}


def _named(document: Document) -> Iterator[str]:
    """The collections that annotations name."""
    known = kinds_by_keyword()
    for at, key in extensions(document):
        if key != "x-identity" and key not in known:
            continue
        raw = look_up(document.data, at)
        names = [kind.collection(raw) for kind in known.get(key, ())]
        if key == "x-identity" and isinstance(raw, dict):
            names.append(raw.get("collection"))
        yield from (name for name in names if isinstance(name, str))


def _has(folder: Path, name: str) -> bool:
    # A name is no path: it leads nowhere else.
    return Path(name).name == name and "\0" not in name and isfile(folder / f"{name}.json")  # noqa: PTH113


def _resource(name: str, file: Path) -> Resource:
    documents = _documents(file)
    properties: dict[str, dict[str, Any]] = {key: {} for document in documents for key in document}
    identity = next((one for one in _IDS if one in properties), _IDS[0])
    return Resource(
        collection=name,
        schema={},
        pointer=pointer(FOLDER, name),
        id=identity,
        owner=None,
        tenant=None,
        properties=properties,
        seeded=tuple(document[identity] for document in documents if identity in document),
    )


def _documents(file: Path) -> list[dict[str, Any]]:
    """The documents of a file; what is wrong with it is told where the seed is read."""
    try:
        data = load(file, str(file)).data
    except ContractError:
        return []
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []
