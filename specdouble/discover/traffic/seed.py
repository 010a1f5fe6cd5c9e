"""Seed documents: of a recording what was there at its end, under pseudonyms."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from specdouble.contract import Resource
from specdouble.discover.traffic.pseudonyms import Pseudonyms
from specdouble.discover.traffic.recording import Recording
from specdouble.whole_files import write_whole

FOLDER = "mock_data"
_HOLDS_AN_ID = re.compile(r"(?:^|_)(?:id|uuid|guid)$|(?:Id|ID|Uuid|UUID)$")


@dataclass(frozen=True)
class Seed:
    """The documents that a double begins with.

    Args:
        documents: by collection.
        left_out: how many of each collection were left out, for they do not fit the contract's schema.
    """

    documents: dict[str, list[dict[str, Any]]]
    left_out: dict[str, int] = field(default_factory=dict)

    def write(self, folder: Path) -> list[tuple[Path, bool]]:
        """Write a file for each collection; each with whether it was written: what is there already is kept.

        Args:
            folder: that of the contract; the files are written into `mock_data` in it.
        """
        written = []
        for collection, documents in self.documents.items():
            file = folder / FOLDER / f"{collection}.json"
            is_new = not file.exists()
            if is_new:
                write_whole(file, json.dumps(documents, indent=2, ensure_ascii=False) + "\n")
            written.append((file, is_new))
        return written


def seed_of(recording: Recording) -> Seed:
    """The last state of each document that was not deleted, as far as it was shown whole."""
    known_ids = [one for ids in recording.ids.values() for one in ids]
    pseudonyms = Pseudonyms([*known_ids, *_others(recording)])
    documents: dict[str, list[dict[str, Any]]] = {}
    left_out: dict[str, int] = {}
    for resource in recording.contract.resources.values():
        known = [pseudonyms.of(one) for one in recording.last(resource)]
        fitting = [one for one in known if _fits(recording, resource, one)]
        if fitting:
            documents[resource.collection] = fitting
        if len(fitting) < len(known):
            left_out[resource.collection] = len(known) - len(fitting)
    return Seed(documents, left_out)


def _others(recording: Recording) -> Iterator[str]:
    """The ids of what is outside of the recording, users and tenants for the most part, by the names that hold them."""
    for resource in recording.contract.resources.values():
        held = {resource.owner, resource.tenant, *(name for name in resource.properties if _HOLDS_AN_ID.search(name))}
        for state in recording.states(resource):
            found = (value for name, value in state.document.items() if name in held)
            yield from (value for value in found if isinstance(value, str))


def _fits(recording: Recording, resource: Resource, document: dict[str, Any]) -> bool:
    schemas = recording.contract.schemas
    return schemas.is_valid(schemas.slot(resource.schema, "response"), document)
