"""Contracts without a line of code beside them, and clients of their doubles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from specdouble.double.double import Settings
from specdouble.double.server import serving

FOLDER = Path(__file__).parent
BASES = {"petstore": "/v3", "petstore20": "/v2", "petstore31": "", "blog": "", "members": "", "tasks": "/api/v1"}


@contextmanager
def client_of(name: str, seed: int | None = 1) -> Iterator[httpx.Client]:
    """A client of a double of the contract of that name."""
    with (
        serving(Settings(FOLDER / f"{name}.yaml", seed=seed)) as url,
        httpx.Client(base_url=url + BASES[name], timeout=30) as client,
    ):
        yield client


@contextmanager
def client_for(text: str, folder: Path, seed: int | None = 1, store: str | None = None) -> Iterator[httpx.Client]:
    """A client of a double of a contract that is written here."""
    (folder / "openapi.yaml").write_text(text, "utf-8")
    with serving(Settings(folder, seed=seed, store=store)) as url, httpx.Client(base_url=url, timeout=30) as client:
        yield client
