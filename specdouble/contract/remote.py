"""A contract from a URL: fetched once, kept, and read from its copy from then on."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from specdouble.contract.source import MAX_BYTES

_TIMEOUT = 30  # seconds until the server begins to answer, and between two parts of the answer


class FetchError(Exception):
    """A contract cannot be fetched; the message says why, and the remedy."""


def fetched(url: str) -> Path:
    """The copy of a contract; what it refers to is not fetched.

    Args:
        url: where it is, by HTTP.

    Raises:
        FetchError: there is no copy, and none can be had.
    """
    folder = _cache() / "contracts" / hashlib.sha256(url.encode()).hexdigest()[:16]
    is_json = urlsplit(url).path.lower().endswith(".json")
    copy = folder / ("openapi.json" if is_json else "openapi.yaml")
    if copy.is_file():
        return copy
    content = _get(url)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Whole or not at all: a copy that was cut would be read for ever.
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            file.write(content)
        Path(file.name).replace(copy)
    except OSError as error:
        message = (
            f"the copy of {url} cannot be written to {folder}: {error.strerror}\n    remedy: make room for it there"
        )
        raise FetchError(message) from None
    return copy


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
        raise FetchError(message) from None
    return bytes(content)


def _cache() -> Path:
    """The user's folder for what can be fetched again (XDG Base Directory Specification)."""
    told = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if told.is_absolute():
        return told / "specdouble"
    try:
        return Path.home() / ".cache" / "specdouble"
    except RuntimeError:  # there is no home
        return Path(tempfile.gettempdir()) / "specdouble"
