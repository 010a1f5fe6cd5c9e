"""A contract from a URL: fetched anew each time, and read from the last copy where it cannot be had."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from specdouble.contract.source import MAX_BYTES

_MOST_COPIES = 50
_TIMEOUT = 30  # seconds until the server begins to answer, and between two parts of the answer


class FetchError(Exception):
    """A contract cannot be fetched; the message says why, and the remedy."""


class UnreachableError(FetchError):
    """Whether there is a contract cannot be known: nobody answers."""


def fetched(url: str) -> Path:
    """The copy of a contract; what it refers to is not fetched.

    An earlier copy stands in only where the server cannot be reached: without a network, work goes on.

    Args:
        url: where it is, by HTTP.

    Raises:
        FetchError: it cannot be fetched, and there is no copy; or the server answers that there is none.
    """
    copy = copy_of(url)
    folder = copy.parent
    try:
        content = _get(url)
    except UnreachableError:
        if copy.is_file():
            return copy
        raise
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(copy, content)
        _leave_the_latest(copy.parent)
    except OSError as error:
        message = (
            f"the copy of {url} cannot be written to {folder}: {error.strerror}\n    remedy: make room for it there"
        )
        raise FetchError(message) from None
    return copy


def copy_of(url: str) -> Path:
    """Where the copy of a contract is kept."""
    is_json = urlsplit(url).path.lower().endswith(".json")
    name = "openapi.json" if is_json else "openapi.yaml"
    return _copies() / hashlib.sha256(url.encode()).hexdigest()[:16] / name


def is_copy(file: Path) -> bool:
    """Whether a file is the copy of a contract from a URL."""
    return file.is_relative_to(_copies())


def _copies() -> Path:
    return _cache() / "contracts"


def _write(file: Path, content: bytes) -> None:
    """Write the file whole or not at all: one that was cut would be read in place of the contract."""
    with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as draft:
        try:
            draft.write(content)
            draft.close()
            Path(draft.name).replace(file)
        except BaseException:
            Path(draft.name).unlink(missing_ok=True)
            raise


def _leave_the_latest(kept: Path) -> None:
    """Remove the copies that were written longest ago, where there are too many; never the one to be kept."""
    others = [folder for folder in _copies().iterdir() if folder != kept]
    others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in others[_MOST_COPIES - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


def _get(url: str) -> bytes:
    content = bytearray()
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=_TIMEOUT) as answer:
            if answer.status_code != 200:
                message = f"{url} answered {answer.status_code}\n    remedy: give the URL of the contract itself"
                raise FetchError(message)
            for part in answer.iter_bytes():
                content += part
                if len(content) > MAX_BYTES:
                    message = f"{url} is larger than {MAX_BYTES // 1024 // 1024} MiB\n    remedy: split the contract"
                    raise FetchError(message)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        message = (
            f"{url} cannot be fetched: {error}\n    remedy: correct the URL, or save the contract and name the file"
        )
        raise UnreachableError(message) from None
    return bytes(content)


def _cache() -> Path:
    """The user's folder for what can be fetched again (XDG Base Directory Specification)."""
    home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if home.is_absolute():
        return home / "specdouble"
    try:
        return Path.home() / ".cache" / "specdouble"
    except RuntimeError:  # there is no home
        return Path(tempfile.gettempdir()) / "specdouble"
