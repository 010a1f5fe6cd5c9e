"""What a project's files say, read together."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

from specdouble.contract import Contract, Finding
from specdouble.contract import read as read_contract
from specdouble.double.answers.handled import unheeded
from specdouble.double.answers.handlers import Handlers
from specdouble.double.answers.resolution import Resolution, resolve_all
from specdouble.double.answers.samples.kept import KeptDocuments
from specdouble.double.answers.samples.made import Made
from specdouble.double.answers.samples.sampler import Sampler
from specdouble.double.settings import Settings
from specdouble.double.state.clock import Clock
from specdouble.double.state.seed import Seed, read_seed, stray_files

Resolutions = Mapping[str, Resolution]


class Reading(NamedTuple):
    """A project as it was read: it replaces what was read before as a whole, or not at all."""

    contract: Contract
    handlers: Handlers
    sampler: Sampler
    resolutions: Resolutions
    seed: Seed
    made: Made
    findings: list[Finding]


def read_project(settings: Settings, clock: Clock, earlier: Seed) -> Reading:
    """Read a project's contract, handlers and seed.

    Args:
        settings: where they are.
        clock: the time that made documents show.
        earlier: the documents that were made when it was last read; those that still conform are made again.

    Raises:
        Refused: the contract, the seed or a handler is wrong; its findings say where.
    """
    with _no_garbage_collection():
        return _read(settings, clock, earlier)


def _read(settings: Settings, clock: Clock, earlier: Seed) -> Reading:
    seed_folder = settings.project / "mock_data"
    contract = read_contract(settings.path, settings.allow_refs, settings.overlays)
    handlers = Handlers(settings.project.resolve(), contract.operations.values())
    sampler = Sampler(contract.schemas, settings.seed)
    sampler.documents = KeptDocuments(contract, clock)
    resolutions = resolve_all(contract, handlers, sampler)
    seed = read_seed(seed_folder, contract)
    made = Made(contract, sampler, seed, _answered_from(contract, resolutions), clock, earlier)
    strays = stray_files(seed_folder, contract)
    findings = [*contract.findings, *handlers.findings, *unheeded(contract, handlers), *strays]
    return Reading(contract, handlers, sampler, resolutions, seed, made, findings)


def _answered_from(contract: Contract, resolutions: Resolutions) -> dict[str, None]:
    """The collections that automatic operations answer from, in the order of the operations: so they are made."""
    wanted: dict[str, None] = {}
    for operation_id, action in contract.actions.items():
        if resolutions[operation_id].by == "automatic":
            wanted[action.collection] = None
    return wanted


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """A large contract makes a million objects that stay: looking for garbage among them doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
