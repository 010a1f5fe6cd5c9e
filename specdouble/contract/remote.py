"""A contract from a URL: fetched anew each time, and read from the last copy where it cannot be had."""

from __future__ import annotations

import asyncio
import hashlib
import ipaddress
import os
import re
import shutil
import tempfile
from pathlib import Path

import httpx

from specdouble.contract.source import MAX_BYTES
from specdouble.outbound import outbound_proxy
from specdouble.whole_files import write_whole

_MOST_COPIES = 50
_TIMEOUT = 30  # seconds until the server begins to answer, and between two parts of the answer
_LONGEST: float = 120  # seconds until all of it is there
_PASSWORD = re.compile(r"^(\w+://[^/?#:@]*):[^/?#]*@")


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
        write_whole(copy, content)  # one that was cut would be read in place of the contract
        _leave_the_latest(copy.parent)
    except OSError as error:
        message = (
            f"the copy of {_public(url)} cannot be written to {folder}: {error.strerror}\n"
            "    remedy: make room for it there"
        )
        raise FetchError(message) from None
    return copy


def copy_of(url: str) -> Path:
    """Where the copy of a contract is kept."""
    is_json = url.partition("?")[0].partition("#")[0].lower().endswith(".json")
    name = "openapi.json" if is_json else "openapi.yaml"
    return _copies() / hashlib.sha256(url.encode()).hexdigest()[:16] / name


def is_copy(file: Path) -> bool:
    """Whether a file is the copy of a contract from a URL."""
    return file.is_relative_to(_copies())


def _copies() -> Path:
    return _cache() / "contracts"


def _leave_the_latest(kept: Path) -> None:
    """Remove the copies that were written longest ago, where there are too many; never the one to be kept."""
    others = [folder for folder in _copies().iterdir() if folder != kept]
    others.sort(key=lambda folder: folder.stat().st_mtime, reverse=True)
    for folder in others[_MOST_COPIES - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


def _get(url: str) -> bytes:
    try:
        return asyncio.run(_got(url))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        why = str(error) or f"it takes longer than {_LONGEST} s"
        message = (
            f"{_public(url)} cannot be fetched: {why}\n"
            "    remedy: correct the URL, or save the contract and name the file"
        )
        raise UnreachableError(message) from None


async def _got(url: str) -> bytes:
    """What is there, all of it within a time: a timeout of HTTPX begins anew with each byte."""
    leads = _Leads(url)
    client = httpx.AsyncClient(
        follow_redirects=True,
        timeout=_TIMEOUT,
        headers={"Accept-Encoding": "gzip"},
        transport=httpx.AsyncHTTPTransport(proxy=outbound_proxy(url)),
        event_hooks={"request": [leads.check]},
    )
    async with asyncio.timeout(_LONGEST), client, client.stream("GET", url) as answer:
        if answer.status_code != 200:
            message = f"{_public(url)} answered {answer.status_code}\n    remedy: give the URL of the contract itself"
            raise FetchError(message)
        content = bytearray()
        async for part in answer.aiter_bytes():
            content += part
            if len(content) > MAX_BYTES:
                large = f"{_public(url)} is larger than {MAX_BYTES // 1024 // 1024} MiB"
                raise FetchError(f"{large}\n    remedy: split the contract")
        return bytes(content)


class _Leads:
    """Where the redirects of an answer may lead: nowhere that fewer can reach than the address that was named.

    Else a server on the internet has this machine, or the host of its container, read what only they can see.

    Args:
        url: the address that was named.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._host: str | None = None
        self._reach = 0

    async def check(self, request: httpx.Request) -> None:
        """Look at a request before it is sent.

        Raises:
            FetchError: it may not be sent.
        """
        host = request.url.host
        if self._host is None:
            self._host, self._reach = host, await _reach(host)
        elif host != self._host and await _reach(host) < self._reach:
            message = f"{_public(self._url)} redirects to {host}, which is nearer to this machine than itself"
            raise FetchError(f"{message}\n    remedy: name the other URL, if you trust it")


async def _reach(host: str) -> int:
    """From how far a host can be reached: 0 its own link, 1 this machine, 2 its network, 3 everywhere."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None)
    except (OSError, UnicodeError):
        return 3  # a proxy may know it; else nobody answers
    return min(_reach_of(ipaddress.ip_address(str(address[0]).partition("%")[0])) for *_, address in found)


def _reach_of(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> int:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if address.is_link_local:  # where clouds tell a machine its credentials
        return 0
    if address.is_loopback or address.is_unspecified:
        return 1
    return 3 if address.is_global else 2


def _public(url: str) -> str:
    """The URL as it may be shown: without a password."""
    return _PASSWORD.sub(r"\1:***@", url)


def _cache() -> Path:
    """The user's folder for what can be fetched again (XDG Base Directory Specification)."""
    home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if home.is_absolute():
        return home / "specdouble"
    try:
        return Path.home() / ".cache" / "specdouble"
    except RuntimeError:  # there is no home
        return Path(tempfile.gettempdir()) / "specdouble"
