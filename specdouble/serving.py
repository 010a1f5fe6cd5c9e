"""A double of a command's own: on a free port, in a state of its own, for as long as the command asks it something."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from specdouble.opening import opened

if TYPE_CHECKING:
    from specdouble.double.double import Double, Settings
    from specdouble.verify.settings import Started


@contextmanager
def serving(
    path: Path, seed: int | None, allow_refs: tuple[Path, ...] = (), overlays: tuple[Path, ...] = ()
) -> Iterator[Started]:
    """One that takes nobody but its users."""
    from specdouble.double.double import Settings
    from specdouble.prove.sign_in import started

    settings = Settings(path, seed, allow_refs=allow_refs, overlays=overlays, strict_auth=True)
    with _served(settings) as (double, url):
        yield started(double, url)


@contextmanager
def serving_anybody(
    path: Path, seed: int | None, allow_refs: tuple[Path, ...] = (), overlays: tuple[Path, ...] = ()
) -> Iterator[tuple[str, str]]:
    """One that takes the credentials of another server, each for a caller: its URL, and the secret of its tokens."""
    from specdouble.double.double import Settings

    settings = Settings(path, seed, allow_refs=allow_refs, overlays=overlays, takes_foreign=True)
    with _served(settings) as (double, url):
        yield url, double.secret


@contextmanager
def _served(settings: Settings) -> Iterator[tuple[Double, str]]:
    from specdouble.double.server import Server

    double = opened(settings)
    with Server(double, "127.0.0.1", 0).running() as url:
        yield double, url
