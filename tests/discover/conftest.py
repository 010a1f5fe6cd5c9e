"""Discoveries: of contracts without their annotations, on servers that keep the rules, or break one."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import yaml

from specdouble.contract import Contract, read
from specdouble.discover.discovery import Discovery
from specdouble.discover.outcome import CONFIRMED, SILENT
from specdouble.verify import Settings

OFFICE = Path(__file__).parent / "office"
WORKSHOP = Path(__file__).parent / "workshop"


def stripped(contract: Path, folder: Path, kept: Collection[str] = ()) -> Contract:
    """The contract as others would have written it: without annotations, but for those of the users."""
    data = yaml.safe_load(contract.read_text("utf-8"))
    file = folder / "openapi.yaml"
    file.write_text(yaml.safe_dump(without_annotations(data, kept), sort_keys=False, allow_unicode=True), "utf-8")
    return read(file)


def without_annotations(value: Any, kept: Collection[str] = ()) -> Any:
    """A copy of a contract without its annotations, but for those of the kept collections."""
    if isinstance(value, list):
        return [without_annotations(one, kept) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: without_annotations(one, kept) for name, one in value.items() if not _is_annotation(name, one, kept)}


def _is_annotation(name: Any, value: Any, kept: Collection[str]) -> bool:
    of_users = isinstance(value, dict) and value.get("collection") in kept
    return isinstance(name, str) and name.startswith("x-") and not of_users


def discovered(contract: Contract, settings: Settings) -> Discovery:
    """What is found out at the server of the settings."""
    discovery = Discovery(contract, settings)
    discovery.run()
    return discovery


def sentences(discovery: Discovery) -> dict[str, str]:
    """The rules that hold, by id, as sentences."""
    return {one.rule: one.sentence for one in discovery.outcomes if one.rule and one.state in (CONFIRMED, SILENT)}
